/* Small work on text, independent of the locale. */
#ifndef SHUB_BASE_TEXT_H
#define SHUB_BASE_TEXT_H

#include <sensorhub/base.h>

/* ASCII only. */
static inline int shub__is_digit(char c)
{
    return c >= '0' && c <= '9';
}
int shub__is_space(char c);
char shub__lower(char c);
/* Value of a hexadecimal digit, or SHUB_NONE. */
int shub__hex_value(char c);

/* Without ASCII white space at both ends. Lifetime: borrowed. */
shub_slice shub__trim(shub_slice text);
/* Without one pair of quotation marks around it. Lifetime: borrowed. */
shub_slice shub__trim_quotes(shub_slice text);
/* 1 when equal but for ASCII case. */
int shub__equal_nocase(shub_slice a, shub_slice b);
int shub__starts_with(shub_slice text, shub_slice prefix);
int shub__ends_with(shub_slice text, shub_slice suffix);
/* The part before the first `byte`; `rest` is behind it. 0 when there is none: all of it,
 * rest empty. Lifetime: borrowed. */
int shub__cut(shub_slice text, char byte, shub_slice *head, shub_slice *rest);
/* Offset of the first byte that is not valid UTF-8 (RFC 3629: no overlong forms,
 * surrogates or values above U+10FFFF), or the length when all are. */
size_t shub__utf8_valid(shub_slice text);
/* Writes a code point as UTF-8, 1 to 4 bytes. */
size_t shub__utf8_write(uint32_t code_point, char dst[4]);

/* Lower-case hexadecimal, 2 * len bytes, no NUL. */
void shub__hex_write(const void *src, size_t len, char *dst);
/* Reads 2 * n digits of either case into n bytes. Errors: SHUB_E_FORMAT (other
 * characters, odd count), SHUB_E_LIMIT (more than `cap` bytes). */
shub_status shub__hex_read(shub_slice text, void *dst, size_t cap, size_t *len);

/* Bytes that base64 of `len` bytes has (RFC 4648 section 4, with padding), no NUL. */
size_t shub__base64_size(size_t len);
void shub__base64_write(const void *src, size_t len, char *dst);
/* Strict RFC 4648 section 4, padding may be missing. Errors: as shub__hex_read. */
shub_status shub__base64_read(shub_slice text, void *dst, size_t cap, size_t *len);

#endif
