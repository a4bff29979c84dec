/* The reader of JSON lines: whatever it takes is written in a form that reads back as the
 * same samples and is written the same again; what it reports is in the text. */
#include <stdlib.h>
#include <string.h>

#include <sensorhub/sample.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static int same(const shub_sample *a, const shub_sample *b)
{
    if (!shub_slice_equal(a->device, b->device) ||
        !shub_slice_equal(a->quantity, b->quantity) ||
        !shub_slice_equal(a->unit, b->unit))
        return 0;
    if (a->time_us != b->time_us || a->flags != b->flags ||
        a->value.kind != b->value.kind)
        return 0;
    if (a->value.kind == SHUB_KIND_TEXT)
        return shub_slice_equal(a->value.as.text, b->value.as.text);
    return !memcmp(&a->value.as, &b->value.as, sizeof(int64_t));
}

static void check_same(const shub_batch *a, const shub_batch *b)
{
    CHECK(shub_batch_count(a) == shub_batch_count(b));
    for (size_t i = 0; i < shub_batch_count(a); i++) {
        shub_sample one, other;
        CHECK(!shub_batch_get(a, i, &one, NULL));
        CHECK(!shub_batch_get(b, i, &other, NULL));
        CHECK(same(&one, &other));
    }
}

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
    shub_batch *batch;
    shub_batch *back;
    shub_slice text, again;
    size_t refused;
    if (shub_batch_new(&batch, NULL) || shub_batch_new(&back, NULL))
        abort();
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
