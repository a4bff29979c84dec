/* The wire format of protobuf (protobuf.dev, "Encoding"): the fields of one message. */
#ifndef SHUB_UPLINK_PROTOBUF_H
#define SHUB_UPLINK_PROTOBUF_H

#include "base/reader.h"

enum {
    SHUB__PROTO_VARINT = 0,
    SHUB__PROTO_FIXED64 = 1,
    SHUB__PROTO_BYTES = 2,
    SHUB__PROTO_FIXED32 = 5
};

typedef struct shub__proto {
    shub__reader from;
    size_t start; /* of the field last read */
    uint32_t number;
    unsigned wire;
    uint64_t value;   /* of a number, its bits */
    shub_slice bytes; /* of BYTES. Lifetime: borrowed from the message */
} shub__proto;

void shub__proto_init(shub__proto *p, shub_slice message);
/* Reads the next field: 1, or 0 at the end and after an error, p->from.status. */
int shub__proto_next(shub__proto *p);

double shub__proto_double(uint64_t bits);
double shub__proto_float(uint64_t bits);

#endif
