/* The reader of SenML: whatever it takes is written in a form that reads back as the same
 * samples; what it reports is in the text. */
#include <stdlib.h>
#include <string.h>

#include <sensorhub/format.h>

#include "back.h"

#define NOW INT64_C(1426010041000000)

static void read_first(shub_batch *batch, shub_slice text)
{
    shub_error err = SHUB_ERROR_INIT;
    size_t refused;
    shub_status status = shub_batch_add_senml(batch, text, NOW, &refused, &err);
    CHECK(status != SHUB_OK || refused == 0);
    if (status) {
        CHECK(err.code == status && err.index >= 0);
        CHECK(err.pos >= 0 && err.pos <= (int64_t)text.len);
    }
}

/* What was relative may be too early to be written as absolute. */
static int can_be_written(const shub_batch *batch)
{
    shub_sample s;
    for (size_t i = 0; i < shub_batch_count(batch); i++) {
        CHECK(!shub_batch_get(batch, i, &s, NULL));
        if (s.time_us < INT64_C(268435456) * SHUB_SECOND_US)
            return 0;
        if (s.unit.len && !shub_senml_unit(s.unit))
            return 0;
    }
    return 1;
}

/* Writes the batch, with times relative to `now_us` unless it is 0, and reads it again.
 */
static shub_status write_and_read(shub_batch *batch, int64_t now_us)
{
    shub_senml_options opts = SHUB_SENML_OPTIONS_INIT;
    shub_batch *back = new_batch();
    shub_slice text;
    size_t refused;
    opts.now_us = now_us;
    shub_status status = shub_batch_to_senml(batch, &opts, &text, NULL);
    if (!status) {
        CHECK(!shub_batch_add_senml(back, text, now_us, &refused, NULL) && !refused);
        check_same(batch, back);
    }
    shub_batch_free(back);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_batch *batch = new_batch();
    read_first(batch, shub_bytes(data, len));
    CHECK(write_and_read(batch, 0) == SHUB_OK || !can_be_written(batch));
    write_and_read(batch, NOW);
    shub_batch_free(batch);
    return 0;
}
