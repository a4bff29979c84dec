/* The reader of JSON lines: whatever it takes is written in a form that reads back as the
 * same samples and is written the same again; what it reports is in the text. */
#include <stdlib.h>
#include <string.h>

#include <sensorhub/sample.h>

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
    shub_error err = SHUB_ERROR_INIT;
    size_t refused;
    shub_status status = shub_batch_add_jsonl(batch, text, &refused, &err);
    CHECK((status == SHUB_OK) == (refused == 0));
    CHECK(shub_batch_count(batch) + refused <= count_lines(text));
    if (status) {
        CHECK(err.code == status);
        CHECK(err.index >= 0 && err.index < (int64_t)count_lines(text));
        CHECK(err.pos >= 0 && err.pos <= (int64_t)text.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_batch *batch = new_batch();
    shub_batch *back = new_batch();
    shub_slice text, again;
    size_t refused;
    read_first(batch, shub_bytes(data, len));
    CHECK(!shub_batch_to_jsonl(batch, &text, NULL));
    CHECK(count_lines(text) == shub_batch_count(batch));
    CHECK(!shub_batch_add_jsonl(back, text, &refused, NULL) && !refused);
    check_same(batch, back);
    CHECK(!shub_batch_to_jsonl(back, &again, NULL));
    CHECK(shub_slice_equal(text, again));
    shub_batch_free(batch);
    shub_batch_free(back);
    return 0;
}
