/* Replies and uploads of EAGLE gateways: whatever a peer sends parses or has a status,
 * and what parses gives samples that are there once, can be written, and read back. XML
 * is read alike by the short way for plain documents and by expat. */
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

static void check_same(shub_slice a, shub_slice b)
{
    must(shub_slice_equal(a, b));
}

static void check_same_reading(const shub_eagle_reading *a, const shub_eagle_reading *b)
{
    shub_slice name[2], value[2], unit[2];
    size_t i = 0;

    must(shub_eagle_reading_root(a) == shub_eagle_reading_root(b));
    check_same(shub_eagle_reading_name(a), shub_eagle_reading_name(b));
    check_same(shub_eagle_reading_meter(a), shub_eagle_reading_meter(b));
    for (; shub_eagle_reading_field_at(a, i, &name[0], &value[0], &unit[0]); i++) {
        must(shub_eagle_reading_field_at(b, i, &name[1], &value[1], &unit[1]));
        check_same(name[0], name[1]);
        check_same(value[0], value[1]);
        check_same(unit[0], unit[1]);
    }
    must(!shub_eagle_reading_field_at(b, i, &name[1], &value[1], &unit[1]));
}

static void check_same_reply(const shub_eagle_reply *a, const shub_eagle_reply *b)
{
    must(shub_eagle_reply_family(a) == shub_eagle_reply_family(b));
    must(shub_eagle_reply_time_us(a) == shub_eagle_reply_time_us(b));
    check_same(shub_eagle_reply_gateway(a), shub_eagle_reply_gateway(b));
    must(shub_eagle_reply_count(a) == shub_eagle_reply_count(b));
    for (size_t i = 0; i < shub_eagle_reply_count(a); i++)
        check_same_reading(shub_eagle_reply_at(a, i), shub_eagle_reply_at(b, i));
}

/* A comment means nothing, but a document with one is expat's. */
static void check_with_comment(const shub_eagle_reply *reply, const uint8_t *data,
                               size_t len)
{
    static const char comment[] = "<!-- -->";
    shub_eagle_reply *other;
    char *body = malloc(len + sizeof comment);

    must(body != NULL);
    memcpy(body, data, len);
    memcpy(body + len, comment, sizeof comment);
    len += sizeof comment - 1;
    if (len <= SHUB_EAGLE_BODY_MAX) {
        must(shub_eagle_parse(shub_bytes(body, len), &other, NULL) == SHUB_OK);
        check_same_reply(reply, other);
        shub_eagle_reply_free(other);
    }
    free(body);
}

static int is_xml(const uint8_t *data, size_t len)
{
    while (len && !strchr("{\"<", *data)) {
        data++;
        len--;
    }
    return len && *data == '<';
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
    if (is_xml(data, len))
        check_with_comment(reply, data, len);
    check_reply(reply);
    return 0;
}
