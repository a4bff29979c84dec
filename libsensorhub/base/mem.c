#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static shub__mem_fail_fn *fail_fn;
static void *fail_user;

void shub__mem_set_fail(shub__mem_fail_fn *fn, void *user)
{
    fail_fn = fn;
    fail_user = user;
}

static int must_fail(size_t size)
{
    return fail_fn && fail_fn(size, fail_user);
}

void *shub__malloc(size_t size)
{
    return must_fail(size) ? NULL : malloc(size ? size : 1);
}

void *shub__calloc(size_t count, size_t size)
{
    return must_fail(size) ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *shub__realloc(void *ptr, size_t size)
{
    return must_fail(size) ? NULL : realloc(ptr, size ? size : 1);
}

void *shub__reallocarray(void *ptr, size_t count, size_t size)
{
    size_t bytes;

    return shub__size_mul(count, size, &bytes) ? shub__realloc(ptr, bytes) : NULL;
}

void shub__free(void *ptr)
{
    free(ptr);
}

char *shub__strndup(const char *ptr, size_t len)
{
    size_t bytes;
    char *copy;

    if (!shub__size_add(len, 1, &bytes) || !(copy = shub__malloc(bytes)))
        return NULL;
    if (len)
        memcpy(copy, ptr, len);
    copy[len] = '\0';
    return copy;
}

char *shub__strdup(const char *text)
{
    return text ? shub__strndup(text, strlen(text)) : NULL;
}

void shub__wipe(void *ptr, size_t len)
{
    volatile unsigned char *p = ptr;

    while (p && len--)
        *p++ = 0;
}

void shub__free_secret(char *secret)
{
    if (secret)
        shub__wipe(secret, strlen(secret));
    shub__free(secret);
}

/* What stands before each block of secrets, as well aligned as any. */
typedef union secret_front {
    size_t size; /* bytes behind it */
    max_align_t align;
} secret_front;

void *shub__secret_malloc(size_t size)
{
    secret_front *front;
    size_t bytes;

    if (!shub__size_add(sizeof *front, size, &bytes) || !(front = shub__malloc(bytes)))
        return NULL;
    front->size = size;
    return front + 1;
}

void *shub__secret_realloc(void *ptr, size_t size)
{
    void *moved = shub__secret_malloc(size);
    size_t before;

    if (!moved || !ptr)
        return moved;
    before = ((secret_front *)ptr - 1)->size;
    memcpy(moved, ptr, before < size ? before : size);
    shub__secret_free(ptr);
    return moved;
}

void shub__secret_free(void *ptr)
{
    secret_front *front = ptr;

    if (!front)
        return;
    front--;
    shub__wipe(ptr, front->size);
    shub__free(front);
}

int shub__size_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

int shub__size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

int shub__i64_add(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

int shub__i64_mul(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}
