/* The library's one allocator: the C library's, behind a hook that tests use to fail the
 * n-th call, and sizes that are checked before they are multiplied. */
#ifndef SHUB_BASE_MEM_H
#define SHUB_BASE_MEM_H

#include <sensorhub/base.h>

/* Tests set it before any other call: returns 1 to let an allocation of `size` bytes
 * fail. */
typedef int shub__mem_fail_fn(size_t size, void *user);
void shub__mem_set_fail(shub__mem_fail_fn *fn, void *user);

void *shub__malloc(size_t size);
void *shub__calloc(size_t count, size_t size);
void *shub__realloc(void *ptr, size_t size);
/* Room for `count` items of `size`; NULL also when the product overflows. */
void *shub__reallocarray(void *ptr, size_t count, size_t size);
void shub__free(void *ptr);
/* Copies `len` bytes and a NUL behind them. */
char *shub__strndup(const char *ptr, size_t len);
/* NULL stays NULL and is no failure: compare with the input. */
char *shub__strdup(const char *text);
/* Overwrites a secret in a way that is not optimised away. NULL is fine. */
void shub__wipe(void *ptr, size_t len);
/* Wipes and frees a NUL-terminated secret. NULL is fine. */
void shub__free_secret(char *secret);

/* Memory for secrets, wiped when it is freed or moved: for libraries that keep some in
 * memory of ours. The same as malloc, realloc and free. */
void *shub__secret_malloc(size_t size);
void *shub__secret_realloc(void *ptr, size_t size);
void shub__secret_free(void *ptr);

/* 1 and the result, or 0 when it does not fit. */
int shub__size_add(size_t a, size_t b, size_t *out);
int shub__size_mul(size_t a, size_t b, size_t *out);
int shub__i64_add(int64_t a, int64_t b, int64_t *out);
int shub__i64_mul(int64_t a, int64_t b, int64_t *out);

#endif
