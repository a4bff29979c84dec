/* Every decoder on any payload: byte 0 chooses it, byte 1 the port, byte 2 data rate,
 * flags and time, the rest is the payload. What is appended reads back from JSON lines,
 * says no (quantity, time) twice and is in order; what is refused says where. */
#include <stdlib.h>
#include <string.h>

#include <sensorhub.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static const char *const rates[] = {"", "SF7BW250", "SF9BW125", "SF12BW125"};
static const int64_t times[] = {1598966251500000, 0, INT64_MIN, INT64_MAX};

static const shub_decoder *decoder_of(unsigned number)
{
    size_t count = 0;
    while (shub_decoder_at(NULL, count))
        count++;
    return shub_decoder_at(NULL, number % count);
}

static void check_rows(const shub_batch *batch, size_t first)
{
    shub_columns c = {.size = sizeof c};
    shub_batch_columns(batch, &c);
    for (size_t i = first; i < c.rows; i++)
        for (size_t j = first; j < i; j++)
            CHECK(c.time_us[j] < c.time_us[i] ||
                  (c.time_us[j] == c.time_us[i] && c.quantity[j] != c.quantity[i]));
}

static void check_lines(shub_batch *batch)
{
    shub_batch *back;
    shub_slice text, again;
    if (shub_batch_to_jsonl(batch, &text, NULL))
        return; /* a time outside the years 0000 to 9999 */
    CHECK(!shub_batch_new(&back, NULL));
    CHECK(!shub_batch_add_jsonl(back, text, NULL, NULL));
    CHECK(shub_batch_count(back) == shub_batch_count(batch));
    CHECK(!shub_batch_to_jsonl(back, &again, NULL) && shub_slice_equal(text, again));
    shub_batch_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_frame frame = SHUB_FRAME_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    if (len < 3)
        return 0;
    const shub_decoder *decoder = decoder_of(data[0]);
    frame.payload = shub_bytes(data + 3, len - 3);
    frame.device = SHUB_LIT("a81758fffe052b0f");
    frame.port = data[1];
    frame.rate = shub_str(rates[data[2] & 3]);
    frame.flags = data[2] >> 2 & SHUB_TIME_ASSUMED;
    frame.time_us = times[data[2] >> 6];
    CHECK(!shub_batch_new(&batch, NULL));
    for (int round = 0; round < 2; round++) {
        size_t first = shub_batch_count(batch);
        shub_status status = shub_decode(decoder, &frame, batch, &err);
        CHECK(!status || status == SHUB_E_LIMIT ||
              shub_status_class(status) == SHUB_CLASS_INPUT);
        CHECK(!status || err.code == (int32_t)status);
        CHECK(err.pos >= -1 && err.pos <= (int64_t)len);
        CHECK(!status || decoder->keeps_part || shub_batch_count(batch) == first);
        check_rows(batch, first);
    }
    check_lines(batch);
    shub_batch_free(batch);
    return 0;
}
