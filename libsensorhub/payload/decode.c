#include "payload/decoders.h"

#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"

void shub__rows_hex(shub__rows *rows, size_t field, shub_slice bytes)
{
    char digits[2 * SHUB_PAYLOAD_MAX];
    shub__hex_write(bytes.ptr, bytes.len, digits);
    shub_value value = shub_text(shub_bytes(digits, 2 * bytes.len));
    shub__rows_put(rows, field, &value);
}

/* ---- one frame -------------------------------------------------------------------- */

static shub_status check_payload(const shub_frame *frame, shub_error *err)
{
    if (!frame->payload.len)
        return shub__fail(err, SHUB_E_FORMAT, 0, "empty payload");
    if (frame->payload.len > SHUB_PAYLOAD_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "payload of %zu bytes, at most %d", frame->payload.len,
                          SHUB_PAYLOAD_MAX);
    return SHUB_OK;
}

/* Whether what was appended before the failure stays. */
static int keeps(const shub_decoder *decoder, shub_status status)
{
    return !status ||
           (decoder->keeps_part && shub_status_class(status) == SHUB_CLASS_INPUT);
}

/* An error of an earlier frame is none of this one, and stays when there is none. */
static shub_status run(const shub_decoder *decoder, const shub_frame *frame,
                       shub_batch *batch, shub_error *err)
{
    const int32_t earlier = err ? err->code : 0;
    if (err)
        err->code = 0;
    shub_status status = decoder->decode(frame, batch, decoder->user, err);
    if (!status && err)
        err->code = earlier;
    return status;
}

shub_status shub_decode(const shub_decoder *decoder, const shub_frame *frame,
                        shub_batch *batch, shub_error *err)
{
    shub_frame ours;
    shub_status status = SHUB_OK;
    if (!decoder)
        return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE, "no such decoder");
    if (frame->size != sizeof ours) {
        status = shub__options_in(&ours, sizeof ours, frame, err);
        frame = &ours;
    }
    if (!status)
        status = check_payload(frame, err);
    if (status)
        return status;
    shub__batch_mark before = shub__batch_marked(batch);
    status = run(decoder, frame, batch, err);
    if (!shub__batch_holds(batch, &before))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "decoder %s cleared the batch",
                          decoder->name);
    if (!keeps(decoder, status) || batch->rows == before.rows)
        shub__batch_rewind(batch, &before);
    if (status && err && err->code != (int32_t)status)
        return shub__fail(err, status, SHUB_NONE, "decoder %s: %s", decoder->name,
                          shub_status_text(status));
    return status;
}
