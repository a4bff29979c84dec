/* The captured documents in $SENSORHUB_VECTORS/lorawan, chirpstack and osm: what this
 * library makes of each. Skipped when the variable is not set; uplink_cases.txt restates
 * what they teach. */
#include "support/suite.h"
#include "support/tables.h"

#include <sensorhub/uplink.h>

#include "base/text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static shub_uplink_parser *parser;

static void setup(void)
{
    ck_status(shub_uplink_parser_new(&parser, NULL), SHUB_OK);
}

static void teardown(void)
{
    shub_uplink_parser_free(parser);
}

/* NULL for a file that this collection does not have. */
static char *read_vector(const char *folder, const char *file, size_t *len)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/%s", getenv("SENSORHUB_VECTORS"), folder, file);
    return read_whole(path, len);
}

static json_t *load_vector(const char *folder, const char *file)
{
    size_t len;
    char *text = read_vector(folder, file, &len);
    json_t *value;
    ck_assert_msg(text != NULL, "no %s/%s", folder, file);
    value = json_loadb(text, len, 0, NULL);
    ck_assert_ptr_nonnull(value);
    free(text);
    return value;
}

static const char *word(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* ---- lorawan/uplinks_expected.json ----------------------------------------------------
 */

/* As Python's round does, of what was cut to microseconds. */
static int64_t round_to_seconds(int64_t time_us)
{
    int64_t seconds = time_us / SHUB_SECOND_US;
    int64_t rest = time_us % SHUB_SECOND_US;
    int up = rest > SHUB_SECOND_US / 2 || (rest == SHUB_SECOND_US / 2 && seconds % 2);
    return seconds + up;
}

static void check_word(shub_slice got, const json_t *row, const char *key)
{
    if (word(row, key))
        ck_slice_eq(got, word(row, key));
}

static void check_expected(const shub_uplink *up, const json_t *row)
{
    char hex[2 * SHUB_UPLINK_PAYLOAD_MAX];
    const char *eui = word(row, "dev_eui");
    json_t *number;
    if (eui)
        ck_assert(shub__equal_nocase(up->dev_eui, shub_str(eui)));
    check_word(up->device, row, "device_id");
    check_word(up->rate, row, "data_rate");
    shub__hex_write(up->payload.ptr, up->payload.len, hex);
    check_word(shub_bytes(hex, 2 * up->payload.len), row, "payload_hex");
    if ((number = json_object_get(row, "f_port")))
        ck_assert_int_eq(up->port, json_integer_value(number));
    if ((number = json_object_get(row, "f_cnt")))
        ck_assert_int_eq(up->counter, json_integer_value(number));
    if ((number = json_object_get(row, "rx_timestamp_s")))
        ck_assert_int_eq(round_to_seconds(up->time_us), json_integer_value(number));
    if (word(row, "decoder"))
        ck_status((shub_status)up->payload_status, SHUB_OK);
}

START_TEST(uplinks_say_what_is_expected)
{
    json_t *rows = load_vector("lorawan", "uplinks_expected.json");
    size_t i, seen = 0;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        shub_uplink up = SHUB_UPLINK_INIT;
        shub_error err = SHUB_ERROR_INIT;
        size_t len;
        char *text = read_vector("lorawan", word(row, "file"), &len);
        if (!text)
            continue;
        ck_assert_msg(!shub_uplink_parse(parser, shub_bytes(text, len), NULL, &up, &err),
                      "%s: %s", word(row, "file"), err.message);
        check_expected(&up, row);
        free(text);
        seen++;
    }
    ck_assert_uint_ge(seen, 8);
    json_decref(rows);
}
END_TEST

/* ---- files, and what they are ---------------------------------------------------------
 */

static const struct file {
    const char *folder, *name;
    int32_t dialect, event;
    shub_status payload;
    size_t documents;
} files[] = {
#define UP   SHUB_UPLINK_UP
#define NONE SHUB_E_UNEXPECTED
    {"lorawan", "v3_clairchen_regular.json", SHUB_UPLINK_TTN_V3, UP, SHUB_OK, 1},
    {"lorawan", "v3_ers_sf12_no_rate_index.json", SHUB_UPLINK_TTN_V3, UP, SHUB_OK, 1},
    {"lorawan", "v3_no_payload.json", SHUB_UPLINK_TTN_V3, UP, SHUB_E_NO_PAYLOAD, 1},
    {"lorawan", "v3_mac_no_fport.json", SHUB_UPLINK_TTN_V3, UP, SHUB_E_MAC_ONLY, 1},
    {"lorawan", "v3_docs_uplink.json", SHUB_UPLINK_TTN_V3, UP, SHUB_E_MAC_ONLY, 1},
    {"lorawan", "v3_min_formatter.json", SHUB_UPLINK_TTN_V3, UP, SHUB_OK, 1},
    {"lorawan", "v3_join_accept.json", SHUB_UPLINK_TTN_V3, SHUB_UPLINK_JOIN, NONE, 1},
    {"lorawan", "v2_docs_uplink.json", SHUB_UPLINK_TTN_V2, UP, SHUB_OK, 1},
    {"lorawan", "v2_ers_derived.json", SHUB_UPLINK_TTN_V2, UP, SHUB_OK, 1},
    {"lorawan", "storage_docs_response.ndjson", SHUB_UPLINK_TTN_V3, UP, SHUB_OK, 2},
    {"lorawan", "storage_ers_derived.ndjson", SHUB_UPLINK_TTN_V3, UP, SHUB_OK, 4},
    {"chirpstack", "v4_event_up.json", SHUB_UPLINK_CHIRPSTACK_V4, UP, SHUB_OK, 1},
    {"chirpstack", "v4_event_join.json", SHUB_UPLINK_CHIRPSTACK_V4, SHUB_UPLINK_JOIN,
     NONE, 1},
    {"chirpstack", "v4_event_ack.json", SHUB_UPLINK_CHIRPSTACK_V4, SHUB_UPLINK_ACK, NONE,
     1},
    {"chirpstack", "v4_event_txack.json", SHUB_UPLINK_CHIRPSTACK_V4, SHUB_UPLINK_TXACK,
     NONE, 1},
    {"chirpstack", "v4_event_status.json", SHUB_UPLINK_CHIRPSTACK_V4, SHUB_UPLINK_STATUS,
     NONE, 1},
    {"chirpstack", "v4_event_location.json", SHUB_UPLINK_CHIRPSTACK_V4,
     SHUB_UPLINK_LOCATION, NONE, 1},
    {"chirpstack", "v4_event_log.json", SHUB_UPLINK_CHIRPSTACK_V4, SHUB_UPLINK_LOG, NONE,
     1},
    {"chirpstack", "v4_event_integration.json", SHUB_UPLINK_CHIRPSTACK_V4,
     SHUB_UPLINK_INTEGRATION, NONE, 1},
    /* its data is "..." */
    {"chirpstack", "v3_event_up.json", SHUB_UPLINK_CHIRPSTACK_V3, UP, SHUB_E_FORMAT, 1},
    {"chirpstack", "v3_event_join.json", SHUB_UPLINK_CHIRPSTACK_V3, SHUB_UPLINK_JOIN,
     NONE, 1},
    {"chirpstack", "v3_event_ack.json", SHUB_UPLINK_CHIRPSTACK_V3, SHUB_UPLINK_ACK, NONE,
     1},
    {"chirpstack", "v3_event_txack.json", SHUB_UPLINK_CHIRPSTACK_V3, SHUB_UPLINK_TXACK,
     NONE, 1},
    {"chirpstack", "v3_event_status.json", SHUB_UPLINK_CHIRPSTACK_V3, SHUB_UPLINK_STATUS,
     NONE, 1},
    {"chirpstack", "v3_event_error.json", SHUB_UPLINK_CHIRPSTACK_V3, SHUB_UPLINK_LOG,
     NONE, 1},
};

START_TEST(files_are_told_apart)
{
    const struct file *f = &files[_i];
    shub_uplink_walk walk = {0};
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t len;
    char *text = read_vector(f->folder, f->name, &len);
    ck_assert_msg(text != NULL, "no %s/%s", f->folder, f->name);
    walk.body = shub_bytes(text, len);
    while ((status = shub_uplink_next(parser, &walk, NULL, &up, &err)) !=
           SHUB_E_NOT_FOUND) {
        ck_assert_msg(status == SHUB_OK, "%s: %s", f->name, err.message);
        ck_assert_int_eq(up.dialect, f->dialect);
        ck_assert_int_eq(up.event, f->event);
        ck_status((shub_status)up.payload_status, f->payload);
    }
    ck_assert_uint_eq(walk.count, f->documents);
    free(text);
}
END_TEST

/* ---- chirpstack: one message in two forms ---------------------------------------------
 */

START_TEST(protobuf_says_what_json_says)
{
    json_t *vector = load_vector("chirpstack", "v4_up_protobuf_derived.json");
    const char *hex = word(vector, "hex");
    unsigned char bytes[4096];
    shub_uplink one = SHUB_UPLINK_INIT;
    shub_uplink other = SHUB_UPLINK_INIT;
    shub_uplink_parser *second;
    size_t len, text_len;
    char *text = read_vector("chirpstack", word(vector, "json"), &text_len);
    ck_status(shub_uplink_parser_new(&second, NULL), SHUB_OK);
    ck_status(shub__hex_read(shub_str(hex), bytes, sizeof bytes, &len), SHUB_OK);
    ck_status(shub_uplink_parse(parser, shub_bytes(bytes, len), NULL, &one, NULL),
              SHUB_OK);
    ck_status(shub_uplink_parse(second, shub_bytes(text, text_len), NULL, &other, NULL),
              SHUB_OK);
    ck_assert(shub_slice_equal(one.id, other.id));
    ck_assert(shub_slice_equal(one.dev_eui, other.dev_eui));
    ck_assert(shub_slice_equal(one.dev_addr, other.dev_addr));
    ck_assert(shub_slice_equal(one.application, other.application));
    ck_assert(shub_slice_equal(one.tenant, other.tenant));
    ck_assert(shub_slice_equal(one.payload, other.payload));
    ck_assert(shub_slice_equal(one.rate, other.rate));
    ck_assert(shub_slice_equal(one.gateway, other.gateway));
    ck_assert_int_eq(one.time_us, other.time_us);
    ck_assert_int_eq(one.port, other.port);
    ck_assert_int_eq(one.counter, other.counter);
    ck_assert_int_eq(one.rate_index, other.rate_index);
    ck_assert_int_eq(one.frequency_hz, other.frequency_hz);
    ck_assert_double_eq(one.rssi_dbm, other.rssi_dbm);
    ck_assert_double_eq(one.snr_db, other.snr_db);
    shub_uplink_parser_free(second);
    json_decref(vector);
    free(text);
}
END_TEST

START_TEST(json_v3_is_read)
{
    json_t *vector = load_vector("chirpstack", "v3_legacy_json_v3_up.json");
    char *text = json_dumps(json_object_get(vector, "payload"), JSON_COMPACT);
    shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;
    shub_uplink up = SHUB_UPLINK_INIT;
    opts.topic = shub_str(word(vector, "topic"));
    ck_status(shub_uplink_parse(parser, shub_str(text), &opts, &up, NULL), SHUB_OK);
    ck_assert_int_eq(up.dialect, SHUB_UPLINK_CHIRPSTACK_JSON_V3);
    ck_slice_eq(up.dev_eui, "0102030405060708");
    ck_assert_int_eq(up.port, 101);
    free(text);
    json_decref(vector);
}
END_TEST

/* ---- osm/mqtt_json.json
 * ---------------------------------------------------------------- */

static void check_values(const shub_uplink *up, const json_t *expect)
{
    json_t *object = json_loadb(up->object.ptr, up->object.len, 0, NULL);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)expect, key, value)
    {
        json_t *got = json_object_get(object, key);
        if (json_is_string(value))
            ck_assert_str_eq(json_string_value(got), json_string_value(value));
        else
            ck_assert_double_eq(json_number_value(got), json_number_value(value));
    }
    json_decref(object);
}

START_TEST(an_osm_is_read)
{
    json_t *rows = load_vector("osm", "mqtt_json.json");
    shub_batch *batch;
    size_t i, measured = 0;
    json_t *row;
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    json_array_foreach(rows, i, row)
    {
        shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;
        shub_uplink up = SHUB_UPLINK_INIT;
        shub_slice body = shub_str(word(row, "payload"));
        if (strstr(word(row, "topic"), "/cmd")) {
            ck_status(shub_uplink_parse(parser, body, NULL, &up, NULL), SHUB_E_FORMAT);
            body = shub_str(word(row, "response_payload"));
        }
        opts.topic = shub_str(word(row, "topic"));
        ck_status(shub_uplink_parse(parser, body, &opts, &up, NULL), SHUB_OK);
        ck_assert_int_eq(up.dialect, SHUB_UPLINK_OSM);
        ck_status(shub_uplink_samples(&up, batch, NULL), SHUB_OK);
        measured += up.event == SHUB_UPLINK_UP;
        check_values(&up, json_object_get(row, "expect"));
    }
    ck_assert_uint_eq(measured, 3);
    ck_assert_uint_eq(shub_batch_count(batch), 6 + 5 + 1);
    shub_batch_free(batch);
    json_decref(rows);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tcase;
    if (!getenv("SENSORHUB_VECTORS")) {
        puts("SENSORHUB_VECTORS is not set");
        return 77;
    }
    suite = suite_create("uplink vectors");
    tcase = tcase_create("vectors");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, uplinks_say_what_is_expected);
    tcase_add_loop_test(tcase, files_are_told_apart, 0,
                        (int)(sizeof files / sizeof files[0]));
    tcase_add_test(tcase, protobuf_says_what_json_says);
    tcase_add_test(tcase, json_v3_is_read);
    tcase_add_test(tcase, an_osm_is_read);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
