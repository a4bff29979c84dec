/* Bodies of network servers: whatever is read is whole, NUL-terminated UTF-8 where it is
 * text, reads the same again with a parser that has been used, and gives samples that a
 * batch takes or that are refused; what is refused says where, inside of the body. */
#include <stdlib.h>
#include <string.h>

#include <sensorhub/uplink.h>

#include "base/json.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static void check_text(shub_slice text)
{
    if (!text.len)
        return;
    CHECK(text.ptr[text.len] == '\0');
    CHECK(shub__utf8_valid(text) == text.len);
}

/* objectJSON of ChirpStack v3 is a text, which nobody promised to be JSON. */
static void check_json(const shub_uplink *up, shub_slice text)
{
    shub__json j;
    check_text(text);
    if (!text.len || up->dialect == SHUB_UPLINK_CHIRPSTACK_V3 ||
        up->dialect == SHUB_UPLINK_CHIRPSTACK_JSON_V3 ||
        up->dialect == SHUB_UPLINK_CHIRPSTACK_V4)
        return;
    shub__json_init(&j, text, NULL);
    CHECK(shub__json_finish(&j, NULL) == SHUB_OK);
}

static void check_digits(shub_slice text, size_t count)
{
    CHECK(!text.len || text.len == count);
    for (size_t i = 0; i < text.len; i++)
        CHECK(strchr("0123456789abcdef", text.ptr[i]) && text.ptr[i]);
}

static void check_facts(const shub_uplink *up)
{
    CHECK(shub_uplink_dialect_name(up->dialect) && shub_uplink_event_name(up->event) &&
          shub_uplink_time_name(up->time_source));
    CHECK(up->dialect != SHUB_UPLINK_UNKNOWN);
    CHECK(up->port >= 0 && up->port <= 255 && up->counter >= SHUB_NONE);
    CHECK((up->payload_status == SHUB_OK || up->payload_status == SHUB_E_ENCRYPTED) ==
          (up->payload.len > 0));
    CHECK(up->payload.len <= SHUB_UPLINK_PAYLOAD_MAX);
    check_text(up->application);
    check_text(up->tenant);
    check_text(up->device);
    check_text(up->name);
    check_text(up->session);
    check_text(up->text);
    check_text(up->id);
    check_text(up->rate);
    check_text(up->gateway);
    check_digits(up->dev_eui, 16);
    check_digits(up->dev_addr, 8);
    check_json(up, up->object);
    check_json(up, up->normalized);
}

/* The rest of the record may point elsewhere, at the same. */
static void check_again(const shub_uplink *up, const shub_uplink *again)
{
    CHECK(up->dialect == again->dialect && up->event == again->event &&
          up->time_us == again->time_us && up->flags == again->flags &&
          up->payload_status == again->payload_status);
    CHECK(shub_slice_equal(up->id, again->id) &&
          shub_slice_equal(up->payload, again->payload) &&
          shub_slice_equal(up->object, again->object));
}

static void check_samples(const shub_uplink *up, shub_batch *batch)
{
    shub_slice text;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_uplink_samples(up, batch, &err);
    CHECK(status == SHUB_OK || err.code == status);
    shub_batch_to_jsonl(batch, &text, NULL);
    shub_batch_clear(batch);
}

static void walk(shub_uplink_parser *parser, shub_uplink_parser *other, shub_slice body,
                 shub_batch *batch)
{
    shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;
    shub_uplink_walk place = {body, 0, 0, 0, 0, 0, 0, 0};
    shub_uplink_walk shadow = place;
    opts.arrival_us = INT64_C(1573221570000000);
    for (;;) {
        shub_uplink up = SHUB_UPLINK_INIT;
        shub_uplink again = SHUB_UPLINK_INIT;
        shub_error err = SHUB_ERROR_INIT;
        shub_status status = shub_uplink_next(parser, &place, &opts, &up, &err);
        CHECK(status == shub_uplink_next(other, &shadow, &opts, &again, NULL));
        CHECK(place.next <= body.len && place.count <= body.len + 1);
        if (status == SHUB_E_NOT_FOUND)
            return;
        if (status) {
            CHECK(err.code == status && err.pos >= SHUB_NONE);
            CHECK(err.pos <= (int64_t)body.len && err.index + 1 == (int64_t)place.count);
            continue;
        }
        check_facts(&up);
        check_again(&up, &again);
        check_samples(&up, batch);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static shub_uplink_parser *used;
    shub_uplink_parser *fresh;
    shub_batch *batch;
    if (!used && shub_uplink_parser_new(&used, NULL))
        abort();
    if (shub_uplink_parser_new(&fresh, NULL) || shub_batch_new(&batch, NULL))
        abort();
    walk(used, fresh, shub_bytes(data, len), batch);
    shub_uplink_parser_free(fresh);
    shub_batch_free(batch);
    return 0;
}
