/* shub__buf: bytes that grow up to a maximum that every user must name.
 *
 * Errors stick: after the first failed append the buffer refuses more, and the user
 * checks once, at the end, with shub__buf_check. The content is always NUL-terminated
 * once anything was appended. */
#ifndef SHUB_BASE_BUF_H
#define SHUB_BASE_BUF_H

#include <sensorhub/base.h>

typedef struct shub__buf {
    char *ptr;
    size_t len;
    size_t cap; /* bytes allocated, the NUL's included */
    size_t max; /* bytes allowed, the NUL's not included */
    shub_status status;
    int secret; /* 1: bytes are wiped before their memory is given back */
} shub__buf;

void shub__buf_init(shub__buf *buf, size_t max);
/* The same for secrets. */
void shub__buf_init_secret(shub__buf *buf, size_t max);
/* Frees; the buffer may be used again, with the same maximum, as secret as before. */
void shub__buf_fini(shub__buf *buf);
/* Empties, forgets errors, keeps the memory. */
void shub__buf_clear(shub__buf *buf);
/* Makes room for `more` bytes behind the end and returns where they go, NULL on error;
 * the writer then adds what it wrote with shub__buf_added. */
char *shub__buf_room(shub__buf *buf, size_t more);
void shub__buf_added(shub__buf *buf, size_t len);
void shub__buf_add(shub__buf *buf, const void *ptr, size_t len);
void shub__buf_slice(shub__buf *buf, shub_slice slice);
void shub__buf_text(shub__buf *buf, const char *text);
void shub__buf_byte(shub__buf *buf, char byte);
void shub__buf_printf(shub__buf *buf, const char *fmt, ...) SHUB_PRINTF(2, 3);
/* Removes the first `len` bytes. */
void shub__buf_drop(shub__buf *buf, size_t len);
/* Removes what is behind the first `len` bytes. */
void shub__buf_cut(shub__buf *buf, size_t len);
/* The content. Lifetime: until the buffer changes. */
shub_slice shub__buf_view(const shub__buf *buf);
/* SHUB_OK, or SHUB_E_NOMEM / SHUB_E_LIMIT told into `err`; `what` names the buffer. */
shub_status shub__buf_check(const shub__buf *buf, const char *what, shub_error *err);

#endif
