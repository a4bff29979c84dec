/* Batches compared, for targets that write and read again. */
#ifndef TESTS_FUZZ_BACK_H
#define TESTS_FUZZ_BACK_H

#include <stdlib.h>
#include <string.h>

#include <sensorhub/sample.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static inline shub_batch *new_batch(void)
{
    shub_batch *batch;
    CHECK(!shub_batch_new(&batch, NULL));
    return batch;
}

static inline int same_sample(const shub_sample *a, const shub_sample *b)
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

static inline void check_same(const shub_batch *a, const shub_batch *b)
{
    CHECK(shub_batch_count(a) == shub_batch_count(b));
    for (size_t i = 0; i < shub_batch_count(a); i++) {
        shub_sample one, other;
        CHECK(!shub_batch_get(a, i, &one, NULL));
        CHECK(!shub_batch_get(b, i, &other, NULL));
        CHECK(same_sample(&one, &other));
    }
}

#endif
