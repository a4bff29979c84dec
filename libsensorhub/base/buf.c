#include "base/buf.h"

#include "base/error.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CAP 256

void shub__buf_init(shub__buf *buf, size_t max)
{
    memset(buf, 0, sizeof *buf);
    buf->max = max;
}

void shub__buf_init_secret(shub__buf *buf, size_t max)
{
    shub__buf_init(buf, max);
    buf->secret = 1;
}

static void release(const shub__buf *buf)
{
    if (buf->secret)
        shub__wipe(buf->ptr, buf->cap);
    shub__free(buf->ptr);
}

void shub__buf_fini(shub__buf *buf)
{
    int secret = buf->secret;

    release(buf);
    shub__buf_init(buf, buf->max);
    buf->secret = secret;
}

void shub__buf_clear(shub__buf *buf)
{
    buf->len = 0;
    buf->status = SHUB_OK;
    if (buf->ptr)
        buf->ptr[0] = '\0';
}

/* A larger block with the same content. realloc would leave a copy of a secret behind. */
static char *enlarge(const shub__buf *buf, size_t cap)
{
    char *ptr;

    if (!buf->secret)
        return shub__realloc(buf->ptr, cap);
    ptr = shub__malloc(cap);
    if (!ptr)
        return NULL;
    if (buf->ptr)
        memcpy(ptr, buf->ptr, buf->len + 1);
    release(buf);
    return ptr;
}

/* Doubles, but asks for no more than the maximum. */
static int grow(shub__buf *buf, size_t need)
{
    size_t cap = buf->cap ? buf->cap : FIRST_CAP;
    char *ptr;

    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap > buf->max + 1 && buf->max != SIZE_MAX)
        cap = buf->max + 1;
    ptr = enlarge(buf, cap);
    if (!ptr) {
        buf->status = SHUB_E_NOMEM;
        return 0;
    }
    buf->ptr = ptr;
    buf->cap = cap;
    return 1;
}

char *shub__buf_room(shub__buf *buf, size_t more)
{
    if (buf->status)
        return NULL;
    if (buf->max - buf->len < more) {
        buf->status = SHUB_E_LIMIT;
        return NULL;
    }
    if (buf->cap - buf->len <= more && !grow(buf, buf->len + more + 1))
        return NULL;
    return buf->ptr + buf->len;
}

void shub__buf_added(shub__buf *buf, size_t len)
{
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}

void shub__buf_add(shub__buf *buf, const void *ptr, size_t len)
{
    char *room = shub__buf_room(buf, len);

    if (!room)
        return;
    if (len)
        memcpy(room, ptr, len);
    shub__buf_added(buf, len);
}

void shub__buf_slice(shub__buf *buf, shub_slice slice)
{
    shub__buf_add(buf, slice.ptr, slice.len);
}

void shub__buf_text(shub__buf *buf, const char *text)
{
    shub__buf_add(buf, text, strlen(text));
}

void shub__buf_byte(shub__buf *buf, char byte)
{
    shub__buf_add(buf, &byte, 1);
}

void shub__buf_printf(shub__buf *buf, const char *fmt, ...)
{
    va_list args;
    va_list again;
    char *room;
    int len;

    va_start(args, fmt);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    room = len < 0 ? NULL : shub__buf_room(buf, (size_t)len);
    if (room) {
        (void)vsnprintf(room, (size_t)len + 1, fmt, again);
        shub__buf_added(buf, (size_t)len);
    }
    va_end(again);
}

void shub__buf_drop(shub__buf *buf, size_t len)
{
    if (len >= buf->len) {
        shub__buf_cut(buf, 0);
        return;
    }
    memmove(buf->ptr, buf->ptr + len, buf->len - len + 1);
    buf->len -= len;
}

void shub__buf_cut(shub__buf *buf, size_t len)
{
    if (len >= buf->len)
        return;
    buf->len = len;
    buf->ptr[len] = '\0';
}

shub_slice shub__buf_view(const shub__buf *buf)
{
    return shub_bytes(buf->ptr ? buf->ptr : "", buf->len);
}

shub_status shub__buf_check(const shub__buf *buf, const char *what, shub_error *err)
{
    if (buf->status == SHUB_E_NOMEM)
        return shub__fail_nomem(err);
    if (buf->status)
        return shub__fail(err, buf->status, SHUB_NONE, "%s is larger than %zu bytes",
                          what, buf->max);
    return SHUB_OK;
}
