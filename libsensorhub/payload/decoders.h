/* The built-in decoders, one line each, and what they share. The table is table.c. */
#ifndef SHUB_PAYLOAD_DECODERS_H
#define SHUB_PAYLOAD_DECODERS_H

#include <sensorhub/payload.h>

#include "base/reader.h"
#include "sample/rows.h"

shub_decode_fn shub__cayenne_decode;
shub_decode_fn shub__clairchen_decode;
shub_decode_fn shub__elsys_decode;
shub_decode_fn shub__ers_decode;
shub_decode_fn shub__osm_decode;
shub_decode_fn shub__oy1012_decode;

extern const shub_decoder shub__decoders[];
extern const size_t shub__decoder_count;

/* A reader of the payload, and rows of its device at its time. */
static inline void shub__frame_read(const shub_frame *frame, shub__reader *reader)
{
    shub__reader_init(reader, frame->payload.ptr, frame->payload.len);
}

static inline void shub__frame_rows(const shub_frame *frame, shub_batch *batch,
                                    const shub__fields *fields, shub__rows *rows,
                                    shub_error *err)
{
    shub__rows_begin(rows, batch, fields, frame->device, frame->time_us, frame->flags,
                     err);
}

/* Bytes for people: puts them as hexadecimal digits. */
void shub__rows_hex(shub__rows *rows, size_t field, shub_slice bytes);

#endif
