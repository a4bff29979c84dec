#include "base/reader.h"

#include <string.h>

void shub__reader_init(shub__reader *r, const void *ptr, size_t len)
{
    r->ptr = ptr;
    r->len = len;
    r->pos = 0;
    r->status = SHUB_OK;
}

size_t shub__reader_left(const shub__reader *r)
{
    return r->status ? 0 : r->len - r->pos;
}

void shub__reader_fail(shub__reader *r, shub_status status)
{
    if (!r->status)
        r->status = status;
}

static const unsigned char *take(shub__reader *r, size_t n)
{
    const unsigned char *at;

    if (r->status)
        return NULL;
    if (r->len - r->pos < n) {
        r->status = SHUB_E_TRUNCATED;
        return NULL;
    }
    at = r->ptr + r->pos;
    r->pos += n;
    return at;
}

static uint64_t big(shub__reader *r, size_t n)
{
    const unsigned char *p = take(r, n);
    uint64_t value = 0;

    for (size_t i = 0; p && i < n; i++)
        value = value << 8 | p[i];
    return value;
}

static uint64_t little(shub__reader *r, size_t n)
{
    const unsigned char *p = take(r, n);
    uint64_t value = 0;

    for (size_t i = n; p && i > 0; i--)
        value = value << 8 | p[i - 1];
    return value;
}

uint8_t shub__read_u8(shub__reader *r)
{
    return (uint8_t)big(r, 1);
}

uint16_t shub__read_u16be(shub__reader *r)
{
    return (uint16_t)big(r, 2);
}

uint16_t shub__read_u16le(shub__reader *r)
{
    return (uint16_t)little(r, 2);
}

uint32_t shub__read_u24be(shub__reader *r)
{
    return (uint32_t)big(r, 3);
}

uint32_t shub__read_u32be(shub__reader *r)
{
    return (uint32_t)big(r, 4);
}

uint32_t shub__read_u32le(shub__reader *r)
{
    return (uint32_t)little(r, 4);
}

uint64_t shub__read_u64be(shub__reader *r)
{
    return big(r, 8);
}

uint64_t shub__read_u64le(shub__reader *r)
{
    return little(r, 8);
}

shub_slice shub__read_bytes(shub__reader *r, size_t len)
{
    const unsigned char *p = take(r, len);

    return shub_bytes(p, p ? len : 0);
}

void shub__skip(shub__reader *r, size_t len)
{
    (void)take(r, len);
}

int shub__peek(const shub__reader *r)
{
    return shub__reader_left(r) ? r->ptr[r->pos] : SHUB_NONE;
}

int shub__accept(shub__reader *r, char byte)
{
    if (shub__peek(r) != (unsigned char)byte)
        return 0;
    r->pos++;
    return 1;
}

shub_slice shub__read_until(shub__reader *r, char byte)
{
    size_t left = shub__reader_left(r);
    const unsigned char *start = r->ptr + r->pos;
    const unsigned char *found = left ? memchr(start, (unsigned char)byte, left) : NULL;

    return shub__read_bytes(r, found ? (size_t)(found - start) : left);
}

int shub__read_line(shub__reader *r, shub_slice *line)
{
    *line = shub_bytes(NULL, 0);
    if (!shub__reader_left(r))
        return 0;
    *line = shub__read_until(r, '\n');
    (void)shub__accept(r, '\n');
    if (line->len && line->ptr[line->len - 1] == '\r')
        line->len--;
    return 1;
}

void shub__skip_space(shub__reader *r)
{
    int c;

    while ((c = shub__peek(r)) == ' ' || c == '\t' || c == '\r' || c == '\n')
        r->pos++;
}
