/* Samples into batches and out, room, memory that is not there, and the platform's own
 * documents where SENSORHUB_VECTORS is. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

#define NODE "c727b2f8-8377-d4cb-0e95-ac03200b8c93"

static shub_batch *new_batch(void)
{
    shub_batch *batch;

    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    return batch;
}

static shub_clair_sample sample_at(int64_t time_s)
{
    shub_clair_sample s = SHUB_CLAIR_SAMPLE_INIT;

    strcpy(s.node, NODE);
    s.time_s = time_s;
    s.co2_ppm = 800;
    s.temperature_tenths = 206;
    s.humidity_percent = 50;
    s.has = SHUB_CLAIR_HAS_TEMPERATURE | SHUB_CLAIR_HAS_HUMIDITY;
    return s;
}

/* ---- round trips --------------------------------------------------------------------
 */

/* Every temperature and quality comes back as it went, through a batch and a body. */
START_TEST(test_there_and_back)
{
    shub_batch *batch = new_batch();
    shub_group at = {0, 0, {NULL, 0}, 0};
    shub_clair_sample back = SHUB_CLAIR_SAMPLE_INIT;

    for (int t = SHUB_CLAIR_MIN_TEMPERATURE; t <= SHUB_CLAIR_MAX_TEMPERATURE; t++) {
        shub_clair_sample s = sample_at(1000 + t);
        s.temperature_tenths = t;
        s.quality = (uint32_t)(t + 200) % 3;
        s.has = (uint32_t)(t + 200) % 4 | SHUB_CLAIR_HAS_TEMPERATURE;
        s.humidity_percent = s.has & SHUB_CLAIR_HAS_HUMIDITY ? (t + 200) % 101 : 0;
        ck_status(shub_clair_append(batch, &s, NULL), SHUB_OK);
        ck_status(shub_clair_next(batch, &at, SHUB_LIT(""), &back, NULL), SHUB_OK);
        ck_assert(memcmp(&s, &back, sizeof s) == 0);
    }
    ck_status(shub_clair_next(batch, &at, SHUB_LIT(""), &back, NULL), SHUB_E_NOT_FOUND);
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_body_and_back)
{
    shub_batch *batch = new_batch();

    for (int t = SHUB_CLAIR_MIN_TEMPERATURE; t <= SHUB_CLAIR_MAX_TEMPERATURE; t++) {
        shub_clair_sample s = sample_at(t + 1000), back = SHUB_CLAIR_SAMPLE_INIT;
        shub_group at = {0, 0, {NULL, 0}, 0};
        char body[SHUB_CLAIR_BODY_MAX];
        size_t len;
        s.temperature_tenths = t;
        ck_status(shub_clair_body(&s, body, sizeof body, &len, NULL), SHUB_OK);
        shub_batch_clear(batch);
        ck_status(shub_clair_add_body(batch, shub_bytes(body, len), NULL, NULL), SHUB_OK);
        ck_status(shub_clair_next(batch, &at, SHUB_LIT(""), &back, NULL), SHUB_OK);
        ck_assert(memcmp(&s, &back, sizeof s) == 0);
    }
    shub_batch_free(batch);
}
END_TEST

/* What a batch did not take is not in it by half. */
START_TEST(test_append_all_or_nothing)
{
    shub_batch *batch = new_batch();
    shub_clair_sample s = sample_at(0);

    s.humidity_percent = 101;
    ck_status(shub_clair_append(batch, &s, NULL), SHUB_E_RANGE);
    s = sample_at(0);
    s.node[0] = 'C';
    ck_status(shub_clair_append(batch, &s, NULL), SHUB_E_CONTENT);
    memset(s.node, 'c', sizeof s.node);
    ck_status(shub_clair_check(&s, NULL), SHUB_E_CONTENT);
    s = sample_at(0);
    s.quality = 3;
    ck_status(shub_clair_append(batch, &s, NULL), SHUB_E_INVALID);
    s = sample_at(0);
    s.has = 4;
    ck_status(shub_clair_append(batch, &s, NULL), SHUB_E_INVALID);
    s.size = 0;
    ck_status(shub_clair_append(batch, &s, NULL), SHUB_E_INVALID);
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    shub_batch_free(batch);
}
END_TEST

/* ---- room and memory ----------------------------------------------------------------
 */

START_TEST(test_room)
{
    shub_clair_sample s = sample_at(SHUB_CLAIR_MAX_TIME_S);
    char body[SHUB_CLAIR_BODY_MAX];
    size_t whole, len;

    s.co2_ppm = SHUB_CLAIR_MAX_CO2;
    s.temperature_tenths = SHUB_CLAIR_MIN_TEMPERATURE;
    s.humidity_percent = SHUB_CLAIR_MAX_HUMIDITY;
    ck_status(shub_clair_body(&s, body, sizeof body, &whole, NULL), SHUB_OK);
    for (size_t cap = 0; cap <= whole; cap++) {
        char *dst = malloc(cap ? cap : 1);
        ck_status(shub_clair_body(&s, dst, cap, &len, NULL), SHUB_E_LIMIT);
        ck_assert(len == 0 && (!cap || dst[0] == '\0'));
        free(dst);
    }
}
END_TEST

static const char dump[] =
    "[{\"model\":\"core.sample\",\"fields\":{\"node\":\"" NODE "\",\"timestamp_s\":7,"
    "\"measurement\\u005fstatus\":\"M\"}}]";
static const char export[] =
    "{\"node_ref\":\"" NODE "\",\"timestamp_s\":8,\"co2\\u005fppm\":1}\n";

/* Two documents, a set, what it writes. */
static shub_status with_memory(void *user)
{
    static const shub_clair_device device = {{"ers", 3}, {"0102030405060708", 16}};
    shub_clair_fixtures *fixtures = NULL;
    shub_batch *batch = NULL;
    shub_clair_sample s = sample_at(7);
    char body[SHUB_CLAIR_BODY_MAX];
    shub_slice text;
    size_t len;
    shub_status status;

    (void)user;
    if ((status = shub_batch_new(&batch, NULL)) == SHUB_OK &&
        (status = shub_clair_body(&s, body, sizeof body, &len, NULL)) == SHUB_OK &&
        (status = shub_clair_add_body(batch, shub_bytes(body, len), NULL, NULL)) ==
            SHUB_OK &&
        (status = shub_clair_add_mongo(batch, shub_str(export), &device, 1, NULL,
                                       NULL)) == SHUB_OK &&
        (status = shub_clair_fixtures_new(&fixtures, NULL)) == SHUB_OK &&
        (status = shub_clair_fixtures_known(fixtures, shub_str(dump), NULL)) == SHUB_OK &&
        (status = shub_clair_fixtures_add(fixtures, batch, SHUB_LIT(""), NULL)) ==
            SHUB_OK)
        status = shub_clair_fixtures_write(fixtures, &text, NULL);
    ck_assert(status != SHUB_OK || text.len > 100);
    shub_clair_fixtures_free(fixtures);
    shub_batch_free(batch);
    return status;
}

START_TEST(test_no_memory)
{
    ck_assert_uint_gt(oom_loop(with_memory, NULL), 15);
}
END_TEST

/* A sample whose second or third row finds no memory leaves none. */
static shub_status append_one(void *user)
{
    shub_clair_sample s = sample_at(9);
    shub_batch *batch;
    shub_status status = shub_batch_new(&batch, NULL);

    (void)user;
    if (status != SHUB_OK)
        return status;
    status = shub_clair_append(batch, &s, NULL);
    ck_assert_uint_eq(shub_batch_count(batch), status == SHUB_OK ? 3 : 0);
    shub_batch_free(batch);
    return status;
}

START_TEST(test_append_without_memory)
{
    ck_assert_uint_gt(oom_loop(append_one, NULL), 5);
}
END_TEST

/* ---- many -----------------------------------------------------------------------------
 */

/* More than a block holds, twice, the second time in another order. */
START_TEST(test_many)
{
    enum { MANY = 3000 };
    shub_clair_report report = SHUB_CLAIR_REPORT_INIT;
    shub_clair_fixtures *fixtures;
    shub_batch *batch = new_batch(), *back = new_batch();
    shub_slice text;

    ck_status(shub_clair_fixtures_new(&fixtures, NULL), SHUB_OK);
    for (int i = 0; i < 2 * MANY; i++) {
        shub_clair_sample s = sample_at(i * 7919 % MANY);
        ck_status(shub_clair_append(batch, &s, NULL), SHUB_OK);
    }
    ck_status(shub_clair_fixtures_add(fixtures, batch, SHUB_LIT(""), NULL), SHUB_OK);
    ck_status(shub_clair_fixtures_write(fixtures, &text, NULL), SHUB_OK);
    shub_clair_fixtures_report(fixtures, &report);
    ck_assert(report.added == MANY && report.doubled == MANY);
    ck_status(shub_clair_add_fixtures(back, text, NULL, NULL), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(back), 3 * MANY);
    for (size_t i = 0; i < 3 * MANY; i += 3) {
        shub_sample row;
        ck_status(shub_batch_get(back, i, &row, NULL), SHUB_OK);
        ck_assert_int_eq(row.time_us, (int64_t)i / 3 * SHUB_SECOND_US);
    }
    shub_clair_fixtures_free(fixtures);
    shub_clair_fixtures_free(NULL);
    shub_batch_free(batch);
    shub_batch_free(back);
}
END_TEST

/* ---- the platform's documents -------------------------------------------------------
 */

static char folder[1024];

static json_t *load(const char *name)
{
    char path[sizeof folder + 64];
    json_t *json;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    json = json_load_file(path, 0, NULL);
    ck_assert_ptr_nonnull(json);
    return json;
}

static char *read_file(const char *name, size_t *len)
{
    char path[sizeof folder + 64], *text = malloc(1 << 20);
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    *len = fread(text, 1, 1 << 20, file);
    fclose(file);
    return text;
}

static const char *protocol_of(const char *prefix)
{
    if (strcmp(prefix, "CLAIRCHEN") == 0)
        return "clairchen";
    return strcmp(prefix, "ELSYSERS") == 0 ? "ers" : "oy1012";
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

START_TEST(test_known_nodes)
{
    json_t *item, *all = load("uuid.json");
    size_t i;

    json_array_foreach(all, i, item)
    {
        char node[SHUB_CLAIR_NODE_MAX];
        ck_status(shub_clair_node(shub_str(protocol_of(text_of(item, "prefix"))),
                                  shub_str(text_of(item, "dev_eui")), node, NULL),
                  SHUB_OK);
        ck_assert_str_eq(node, text_of(item, "uuid"));
    }
    ck_assert_uint_ge(i, 13);
    json_decref(all);
}
END_TEST

/* A whole temperature is written as a decimal, which is the same number. */
static void ck_same_body(json_t *wanted, const char *body)
{
    json_t *attributes = json_object_get(json_object_get(wanted, "data"), "attributes");
    json_t *celsius = json_object_get(attributes, "temperature_celsius");
    json_t *ours = json_loads(body, 0, NULL);

    if (celsius)
        json_object_set_new(attributes, "temperature_celsius",
                            json_real(json_number_value(celsius)));
    ck_assert(json_equal(wanted, ours));
    json_decref(ours);
}

/* The bodies that a forwarder makes of a batch are those of the list from `at` on. */
static void ck_bodies(const shub_batch *batch, const char *protocol, json_t *all,
                      size_t *at)
{
    shub_group group = {0, 0, {NULL, 0}, 0};
    shub_clair_sample s = SHUB_CLAIR_SAMPLE_INIT;
    char body[SHUB_CLAIR_BODY_MAX];
    size_t len;

    while (shub_clair_next(batch, &group, shub_str(protocol), &s, NULL) == SHUB_OK) {
        ck_status(shub_clair_body(&s, body, sizeof body, &len, NULL), SHUB_OK);
        ck_same_body(json_array_get(all, (*at)++), body);
    }
}

/* Read, and written again: the same documents. */
START_TEST(test_known_bodies)
{
    json_t *item, *all = load("ingest_post_bodies.json");
    shub_batch *batch = new_batch();
    size_t i, at = 0;

    json_array_foreach(all, i, item)
    {
        char *text = json_dumps(item, JSON_COMPACT);
        shub_batch_clear(batch);
        ck_status(shub_clair_add_body(batch, shub_str(text), NULL, NULL), SHUB_OK);
        ck_bodies(batch, "", all, &at);
        ck_assert_uint_eq(at, i + 1);
        free(text);
    }
    ck_assert_uint_ge(i, 14);
    shub_batch_free(batch);
    json_decref(all);
}
END_TEST

/* From an uplink to what is posted. */
static void ck_uplink(const char *file, const char *decoder, json_t *all, size_t *at)
{
    shub_frame frame = SHUB_FRAME_INIT;
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_batch *batch = new_batch();
    shub_uplink_parser *parser;
    size_t len;
    char *text = read_file(file, &len);

    ck_status(shub_uplink_parser_new(&parser, NULL), SHUB_OK);
    ck_status(shub_uplink_parse(parser, shub_bytes(text, len), NULL, &up, NULL), SHUB_OK);
    frame.payload = up.payload;
    frame.device = up.dev_eui;
    frame.rate = up.rate;
    frame.time_us = up.time_us;
    ck_status(
        shub_decode(shub_decoder_find(NULL, shub_str(decoder)), &frame, batch, NULL),
        SHUB_OK);
    ck_bodies(batch, decoder, all, at);
    shub_uplink_parser_free(parser);
    shub_batch_free(batch);
    free(text);
}

START_TEST(test_uplinks_to_bodies)
{
    json_t *all = load("ingest_post_bodies.json");
    size_t at = 0;

    ck_uplink("v3_clairchen_regular.json", "clairchen", all, &at);
    ck_uplink("v3_ers_sf12_no_rate_index.json", "ers", all, &at);
    ck_assert_uint_eq(at, 6);
    at = 11; /* five are of an uplink that is not kept there */
    ck_uplink("v2_ers_derived.json", "ers", all, &at);
    ck_assert_uint_eq(at, json_array_size(all));
    json_decref(all);
}
END_TEST

/* What an uplink says, decoded and added. Frames that the decoder refuses, and uplinks
 * without a payload, add nothing. */
static void add_uplink(const shub_uplink *up, shub_clair_fixtures *fixtures)
{
    shub_frame frame = SHUB_FRAME_INIT;
    shub_batch *batch = new_batch();

    frame.payload = up->payload;
    frame.device = up->dev_eui.len ? up->dev_eui : up->device;
    frame.rate = up->rate;
    frame.time_us = up->time_us;
    frame.port = up->port;
    if (up->payload_status == SHUB_OK &&
        shub_decode(shub_decoder_find(NULL, SHUB_LIT("ers")), &frame, batch, NULL) ==
            SHUB_OK)
        ck_status(shub_clair_fixtures_add(fixtures, batch, SHUB_LIT("ers"), NULL),
                  SHUB_OK);
    shub_batch_free(batch);
}

/* A blank line behind each, as they come with Accept: text/event-stream. */
static char *with_blank_lines(const char *text, size_t *len)
{
    char *spaced = malloc(2 * *len + 1), *to = spaced;

    for (size_t i = 0; i < *len; i++) {
        *to++ = text[i];
        if (text[i] == '\n')
            *to++ = '\n';
    }
    *len = (size_t)(to - spaced);
    return spaced;
}

static shub_clair_fixtures *fixtures_of(const char *storage, int blank_lines)
{
    shub_uplink_walk walk = {{NULL, 0}, 0, 0, 0, 0, 0, 0};
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_uplink_parser *parser;
    shub_clair_fixtures *fixtures;
    size_t len;
    char *text = read_file(storage, &len);

    ck_status(shub_uplink_parser_new(&parser, NULL), SHUB_OK);
    ck_status(shub_clair_fixtures_new(&fixtures, NULL), SHUB_OK);
    if (blank_lines) {
        char *spaced = with_blank_lines(text, &len);
        free(text);
        text = spaced;
    }
    walk.body = shub_bytes(text, len);
    while (shub_uplink_next(parser, &walk, NULL, &up, NULL) != SHUB_E_NOT_FOUND)
        add_uplink(&up, fixtures);
    ck_assert_uint_eq(walk.refused, 0);
    ck_assert_uint_gt(walk.count, 0);
    shub_uplink_parser_free(parser);
    free(text);
    return fixtures;
}

START_TEST(test_storage)
{
    shub_clair_report report = SHUB_CLAIR_REPORT_INIT;
    size_t len;
    char *wanted = read_file("storage_ers_derived.fixtures.json", &len);

    for (int i = 0; i < 2; i++) {
        shub_clair_fixtures *fixtures = fixtures_of("storage_ers_derived.ndjson", i);
        shub_slice text;
        ck_status(shub_clair_fixtures_write(fixtures, &text, NULL), SHUB_OK);
        ck_assert(shub_slice_equal(text, shub_bytes(wanted, len)));
        ck_status(shub_clair_fixtures_known(fixtures, shub_bytes(wanted, len), NULL),
                  SHUB_OK);
        shub_clair_fixtures_report(fixtures, &report);
        ck_assert(report.added == 0 && report.known == 8);
        ck_status(shub_clair_fixtures_write(fixtures, &text, NULL), SHUB_OK);
        ck_slice_eq(text, "[]\n");
        shub_clair_fixtures_free(fixtures);
    }
    free(wanted);
}
END_TEST

START_TEST(test_storage_without_payload)
{
    shub_clair_report report = SHUB_CLAIR_REPORT_INIT;
    shub_clair_fixtures *fixtures = fixtures_of("storage_ers_with_nopayload.ndjson", 0);

    shub_clair_fixtures_report(fixtures, &report);
    ck_assert(report.added == 3 && report.refused == 0);
    shub_clair_fixtures_free(fixtures);
}
END_TEST

static TCase *platform_cases(void)
{
    const char *vectors = getenv("SENSORHUB_VECTORS");
    TCase *platform = tcase_create("platform");

    if (!vectors)
        return platform;
    snprintf(folder, sizeof folder, "%s/lorawan", vectors);
    tcase_add_test(platform, test_known_nodes);
    tcase_add_test(platform, test_known_bodies);
    tcase_add_test(platform, test_uplinks_to_bodies);
    tcase_add_test(platform, test_storage);
    tcase_add_test(platform, test_storage_without_payload);
    return platform;
}

int main(void)
{
    Suite *suite = suite_create("clair_samples");
    TCase *samples = tcase_create("samples");

    tcase_add_test(samples, test_there_and_back);
    tcase_add_test(samples, test_body_and_back);
    tcase_add_test(samples, test_append_all_or_nothing);
    tcase_add_test(samples, test_room);
    tcase_add_test(samples, test_no_memory);
    tcase_add_test(samples, test_append_without_memory);
    tcase_add_test(samples, test_many);
    suite_add_tcase(suite, samples);
    suite_add_tcase(suite, platform_cases());
    return suite_run(suite);
}
