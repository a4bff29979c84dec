/* Replies and uploads of EAGLE gateways: whatever a peer sends parses or has a status,
 * and what parses gives samples that are there once, can be written, and read back. */
#include <sensorhub.h>

#include <stdlib.h>
#include <string.h>

#define ARRIVAL_US (INT64_C(1577836800) * SHUB_SECOND_US)

#define must(condition)                                                                  \
    do {                                                                                 \
        if (!(condition))                                                                \
            abort();                                                                     \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Slices out are NUL-terminated, empty ones are absent. */
static void check_slice(shub_slice slice)
{
    must(slice.len ? slice.ptr[slice.len] == '\0' : slice.ptr == NULL);
}

static void check_reading(const shub_eagle_reading *reading)
{
    shub_eagle_message message = SHUB_EAGLE_MESSAGE_INIT;
    shub_slice name, value, unit;
    uint64_t number;

    check_slice(shub_eagle_reading_name(reading));
    check_slice(shub_eagle_reading_meter(reading));
    (void)shub_eagle_reading_time_us(reading);
    (void)shub_eagle_reading_connected(reading);
    if (!shub_eagle_reading_message(reading, &message, NULL)) {
        must(message.text.len > 0);
        check_slice(message.text);
        check_slice(message.priority);
    }
    for (size_t i = 0; shub_eagle_reading_field_at(reading, i, &name, &value, &unit);
         i++) {
        check_slice(name);
        check_slice(value);
        check_slice(unit);
        (void)shub_eagle_reading_u64(reading, name, &number, NULL);
    }
}

static void check_once(const shub_batch *batch)
{
    shub_columns c = {.size = sizeof c};

    shub_batch_columns(batch, &c);
    for (size_t i = 0; i < c.rows; i++)
        for (size_t k = 0; k < i && c.rows < 64; k++)
            must(c.time_us[i] != c.time_us[k] || c.device[i] != c.device[k] ||
                 c.quantity[i] != c.quantity[k]);
}

static void check_samples(const shub_eagle_reply *reply)
{
    shub_eagle_sample_options opts = SHUB_EAGLE_SAMPLE_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch, *again;
    shub_slice lines;
    shub_status status;

    must(shub_batch_new(&batch, NULL) == SHUB_OK);
    must(shub_batch_new(&again, NULL) == SHUB_OK);
    opts.arrival_us = ARRIVAL_US;
    opts.meter = SHUB_LIT("0x01");
    opts.divisor = 1000;
    status = shub_eagle_reply_samples_with(reply, &opts, batch, &err);
    if (status)
        must(err.index >= 0 && (size_t)err.index < shub_eagle_reply_count(reply));
    check_once(batch);
    must(shub_batch_to_jsonl(batch, &lines, NULL) == SHUB_OK);
    must(shub_batch_add_jsonl(again, lines, NULL, NULL) == SHUB_OK);
    must(shub_batch_count(again) == shub_batch_count(batch));
    shub_batch_free(again);
    shub_batch_free(batch);
}

static void check_reply(shub_eagle_reply *reply)
{
    check_slice(shub_eagle_reply_gateway(reply));
    for (size_t i = 0; i < shub_eagle_reply_count(reply); i++)
        check_reading(shub_eagle_reply_at(reply, i));
    check_samples(reply);
    shub_eagle_reply_free(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply, *part;
    shub_status status = shub_eagle_parse(shub_bytes(data, len), &reply, &err);

    if (status == SHUB_E_TRUNCATED &&
        !shub_eagle_parse_part(shub_bytes(data, len), &part, NULL)) {
        must(shub_eagle_reply_truncated(part) && shub_eagle_reply_count(part) > 0);
        check_reply(part);
    }
    if (status) {
        must(!reply && err.code == status && err.pos <= (int64_t)len);
        must(status != SHUB_E_TRUNCATED || err.pos == (int64_t)len);
        must(err.message[0] != '\0');
        return 0;
    }
    must(len <= SHUB_EAGLE_BODY_MAX);
    must(!shub_eagle_reply_truncated(reply));
    check_reply(reply);
    return 0;
}
