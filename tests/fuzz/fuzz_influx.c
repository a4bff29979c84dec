/* The reader of line protocol: whatever it takes is written in a form that reads back as
 * the same samples and is written the same again; what it reports is in the text. */
#include <stdlib.h>
#include <string.h>

#include <sensorhub/format.h>

#include "back.h"

static size_t count_lines(shub_slice text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    return lines + (text.len && text.ptr[text.len - 1] != '\n');
}

static void read_first(shub_batch *batch, shub_slice text)
{
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    size_t refused;
    opts.now_us = text.len % 2 ? 0 : 1426010041000000;
    shub_status status = shub_batch_add_influx(batch, text, &opts, &refused, &err);
    CHECK((status == SHUB_OK) == (refused == 0));
    if (status) {
        CHECK(err.code == status);
        CHECK(err.index >= 0 && err.index < (int64_t)count_lines(text));
        CHECK(err.pos >= 0 && err.pos <= (int64_t)text.len);
    }
}

/* A field of the key "time", which the writer refuses. */
static int has_time(const shub_batch *batch)
{
    shub_sample s;
    for (size_t i = 0; i < shub_batch_count(batch); i++) {
        CHECK(!shub_batch_get(batch, i, &s, NULL));
        if (shub_slice_equal(s.quantity, SHUB_LIT("time")))
            return 1;
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_batch *batch = new_batch();
    shub_batch *back = new_batch();
    shub_slice text;
    size_t refused;
    read_first(batch, shub_bytes(data, len));
    shub_status status = shub_batch_to_influx(batch, NULL, &text, NULL);
    /* The writer leaves the two ends of the range to the server. */
    CHECK(!status || status == SHUB_E_RANGE ||
          (status == SHUB_E_CONTENT && has_time(batch)));
    if (!status) {
        CHECK(!shub_batch_add_influx(back, text, NULL, &refused, NULL) && !refused);
        check_same(batch, back);
    }
    shub_batch_free(batch);
    shub_batch_free(back);
    return 0;
}
