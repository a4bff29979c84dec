/* shub__reader: a cursor over bytes that are not ours and not trusted.
 *
 * Every read checks the rest first (`len - pos < n`: nothing is added that could
 * overflow). The first failed read sticks: later reads return 0 and move nothing, so a
 * decoder reads its fields one a line and checks once at the end. */
#ifndef SHUB_BASE_READER_H
#define SHUB_BASE_READER_H

#include <sensorhub/base.h>

typedef struct shub__reader {
    const unsigned char *ptr;
    size_t len;
    size_t pos;
    shub_status status; /* SHUB_E_TRUNCATED after a read past the end */
} shub__reader;

void shub__reader_init(shub__reader *r, const void *ptr, size_t len);
size_t shub__reader_left(const shub__reader *r);
/* Sets the sticky status, unless one is set already. */
void shub__reader_fail(shub__reader *r, shub_status status);

uint8_t shub__read_u8(shub__reader *r);
uint16_t shub__read_u16be(shub__reader *r);
uint16_t shub__read_u16le(shub__reader *r);
uint32_t shub__read_u24be(shub__reader *r);
uint32_t shub__read_u32be(shub__reader *r);
uint32_t shub__read_u32le(shub__reader *r);
uint64_t shub__read_u64be(shub__reader *r);
uint64_t shub__read_u64le(shub__reader *r);
/* The next `len` bytes, empty on error. Lifetime: borrowed from the input. */
shub_slice shub__read_bytes(shub__reader *r, size_t len);
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
