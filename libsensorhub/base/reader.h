/* shub__reader: a cursor over bytes that are not ours and not trusted.
 *
 * Every read checks the rest first (`len - pos < n`: nothing is added that could
 * overflow). The first failed read sticks: later reads return 0 and move nothing, so a
 * decoder reads its fields one a line and checks once at the end. What decoders read most
 * is inline: a call would cost more than the field. */
#ifndef SHUB_BASE_READER_H
#define SHUB_BASE_READER_H

#include <sensorhub/base.h>

typedef struct shub__reader {
    const unsigned char *ptr;
    size_t len;
    size_t pos;
    shub_status status; /* SHUB_E_TRUNCATED after a read past the end */
} shub__reader;

static inline void shub__reader_init(shub__reader *r, const void *ptr, size_t len)
{
    r->ptr = (const unsigned char *)ptr;
    r->len = len;
    r->pos = 0;
    r->status = SHUB_OK;
}

static inline size_t shub__reader_left(const shub__reader *r)
{
    return r->status ? 0 : r->len - r->pos;
}

/* Sets the sticky status, unless one is set already. */
static inline void shub__reader_fail(shub__reader *r, shub_status status)
{
    if (!r->status)
        r->status = status;
}

/* Moves over the next `n` bytes, which are at `at`: 1, or 0 on error. For this header
 * alone. */
static inline int shub__reader_take(shub__reader *r, size_t n, const unsigned char **at)
{
    if (r->status || r->len - r->pos < n) {
        shub__reader_fail(r, SHUB_E_TRUNCATED);
        return 0;
    }
    *at = r->ptr + r->pos;
    r->pos += n;
    return 1;
}

static inline uint64_t shub__reader_big(shub__reader *r, size_t n)
{
    const unsigned char *p;
    uint64_t value = 0;

    if (!shub__reader_take(r, n, &p))
        return 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

static inline uint64_t shub__reader_little(shub__reader *r, size_t n)
{
    const unsigned char *p;
    uint64_t value = 0;

    if (!shub__reader_take(r, n, &p))
        return 0;
    for (size_t i = n; i > 0; i--)
        value = value << 8 | p[i - 1];
    return value;
}

static inline uint8_t shub__read_u8(shub__reader *r)
{
    return (uint8_t)shub__reader_big(r, 1);
}

static inline uint16_t shub__read_u16be(shub__reader *r)
{
    return (uint16_t)shub__reader_big(r, 2);
}

static inline uint16_t shub__read_u16le(shub__reader *r)
{
    return (uint16_t)shub__reader_little(r, 2);
}

static inline uint32_t shub__read_u24be(shub__reader *r)
{
    return (uint32_t)shub__reader_big(r, 3);
}

static inline uint32_t shub__read_u24le(shub__reader *r)
{
    return (uint32_t)shub__reader_little(r, 3);
}

static inline uint32_t shub__read_u32be(shub__reader *r)
{
    return (uint32_t)shub__reader_big(r, 4);
}

static inline uint32_t shub__read_u32le(shub__reader *r)
{
    return (uint32_t)shub__reader_little(r, 4);
}

static inline uint64_t shub__read_u64be(shub__reader *r)
{
    return shub__reader_big(r, 8);
}

static inline uint64_t shub__read_u64le(shub__reader *r)
{
    return shub__reader_little(r, 8);
}

/* The next `len` bytes, empty on error. Lifetime: borrowed from the input. */
static inline shub_slice shub__read_bytes(shub__reader *r, size_t len)
{
    shub_slice slice = {NULL, 0};
    const unsigned char *p;

    if (shub__reader_take(r, len, &p)) {
        slice.ptr = (const char *)p;
        slice.len = len;
    }
    return slice;
}

void shub__skip(shub__reader *r, size_t len);

/* Text: the next byte without moving, or SHUB_NONE at the end or after an error. */
int shub__peek(const shub__reader *r);
/* Moves over `byte` when it is next: 1, else 0. */
int shub__accept(shub__reader *r, char byte);
/* Bytes up to, not including, `byte` or the end. Lifetime: borrowed from the input. */
shub_slice shub__read_until(shub__reader *r, char byte);
/* The next line without its '\n' and a '\r' before it; 1, or 0 at the end of the input.
 * Lifetime: borrowed from the input. */
int shub__read_line(shub__reader *r, shub_slice *line);
/* Moves over space, tab, CR, LF. */
void shub__skip_space(shub__reader *r);

#endif
