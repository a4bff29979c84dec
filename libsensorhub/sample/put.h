/* Text put into room that is there. */
#ifndef SHUB_SAMPLE_PUT_H
#define SHUB_SAMPLE_PUT_H

#include <stddef.h>
#include <string.h>

/* Returns where the text ends. */
static inline char *shub__put(char *dst, const char *text, size_t len)
{
    memcpy(dst, text, len);
    return dst + len;
}

/* A literal, without its NUL. */
#define SHUB__PUT(dst, literal) shub__put(dst, literal, sizeof(literal) - 1)

#endif
