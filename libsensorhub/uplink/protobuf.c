#include "uplink/protobuf.h"

#include <string.h>

void shub__proto_init(shub__proto *p, shub_slice message)
{
    memset(p, 0, sizeof *p);
    shub__reader_init(&p->from, message.ptr, message.len);
}

/* Seven bits a byte, the lowest first; ten bytes hold 64. */
static uint64_t varint(shub__reader *from)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = shub__read_u8(from);
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    shub__reader_fail(from, SHUB_E_FORMAT);
    return 0;
}

int shub__proto_next(shub__proto *p)
{
    shub__reader *from = &p->from;
    if (from->status || !shub__reader_left(from))
        return 0;
    p->start = from->pos;
    uint64_t tag = varint(from);
    p->number = (uint32_t)(tag >> 3);
    p->wire = (unsigned)(tag & 7);
    p->value = 0;
    p->bytes = shub_bytes(NULL, 0);
    if (!p->number || tag > UINT32_MAX)
        shub__reader_fail(from, SHUB_E_FORMAT);
    if (p->wire == SHUB__PROTO_VARINT)
        p->value = varint(from);
    else if (p->wire == SHUB__PROTO_FIXED64)
        p->value = shub__read_u64le(from);
    else if (p->wire == SHUB__PROTO_FIXED32)
        p->value = shub__read_u32le(from);
    else if (p->wire != SHUB__PROTO_BYTES)
        shub__reader_fail(from, SHUB_E_FORMAT);
    else {
        uint64_t len = varint(from);
        if (len > shub__reader_left(from))
            shub__reader_fail(from, SHUB_E_TRUNCATED);
        else
            p->bytes = shub__read_bytes(from, (size_t)len);
    }
    return !from->status;
}

double shub__proto_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double shub__proto_float(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return (double)value;
}
