#include "base/reader.h"

#include <string.h>

void shub__skip(shub__reader *r, size_t len)
{
    (void)shub__read_bytes(r, len);
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
