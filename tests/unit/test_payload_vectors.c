/* The payloads in $SENSORHUB_VECTORS/lorawan and /osm: what each file says. Skipped when
 * the variable is not set; payload_*.txt restate what they teach. */
#include "support/payload_cases.h"
#include "support/suite.h"
#include "support/tables.h"

#include "base/text.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ------------------------------------------------------------------------
 */

static json_t *load(const char *name)
{
    char path[4096];
    size_t len;
    snprintf(path, sizeof path, "%s/%s", getenv("SENSORHUB_VECTORS"), name);
    char *text = read_whole(path, &len);
    ck_assert_msg(text != NULL, "no file %s", path);
    json_t *json = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    ck_assert_msg(json != NULL, "%s is no JSON", path);
    free(text);
    return json;
}

static const char *text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value ? json_string_value(value) : NULL;
}

static unsigned char bytes[SHUB_PAYLOAD_MAX];
static shub_error err;

/* Decodes the case's "hex" into the batch. */
static shub_status decode(const char *decoder, const json_t *c, shub_batch *batch)
{
    static const shub_error none = SHUB_ERROR_INIT;
    shub_frame frame = SHUB_FRAME_INIT;
    const char *time = text_of(c, "rx_time");
    size_t len;
    ck_status(shub__hex_read(shub_str(text_of(c, "hex")), bytes, sizeof bytes, &len),
              SHUB_OK);
    frame.payload = shub_bytes(bytes, len);
    frame.device = shub_str("d");
    frame.rate = shub_str(text_of(c, "data_rate"));
    frame.time_us = 1000 * SHUB_SECOND_US;
    if (time)
        ck_status(shub_time_parse(shub_str(time), &frame.time_us, NULL), SHUB_OK);
    err = none;
    shub_batch_clear(batch);
    shub_status status =
        shub_decode(shub_decoder_find(NULL, shub_str(decoder)), &frame, batch, &err);
    ck_no_repeats(batch);
    return status;
}

static shub_batch *new_batch(void)
{
    shub_batch *batch;
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    return batch;
}

/* The row of a quantity, at a time unless it is 0; asserts that there is one. */
static shub_sample row_of(const shub_batch *batch, const char *quantity, int64_t time_us)
{
    shub_sample s;
    for (size_t i = 0; !shub_batch_get(batch, i, &s, NULL); i++)
        if (shub_slice_equal(s.quantity, shub_str(quantity)) &&
            (!time_us || s.time_us == time_us))
            return s;
    ck_abort_msg("no %s", quantity);
    return s;
}

static double number_of(const shub_sample *s)
{
    return s->value.kind == SHUB_KIND_DOUBLE ? s->value.as.f64 : (double)s->value.as.i64;
}

/* ---- lorawan/payloads_clair.json, uplinks_expected.json ---------------------------- */

static size_t check_sample(const shub_batch *batch, const json_t *sample)
{
    static const char *const names[][2] = {{"co2_ppm", "co2"},
                                           {"temperature_celsius", "temperature"},
                                           {"rel_humidity_percent", "humidity"}};
    int64_t time_us =
        json_integer_value(json_object_get(sample, "timestamp_s")) * SHUB_SECOND_US;
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        const json_t *value = json_object_get(sample, names[i][0]);
        if (!value)
            continue;
        shub_sample s = row_of(batch, names[i][1], time_us);
        ck_assert_msg(number_of(&s) == json_number_value(value), "%s", names[i][0]);
        count++;
    }
    return count;
}

static void check_samples(const shub_batch *batch, const json_t *samples)
{
    size_t count = 0, i;
    json_t *sample;
    json_array_foreach(samples, i, sample) count += check_sample(batch, sample);
    ck_assert_uint_eq(shub_batch_count(batch), count);
    ck_assert_uint_gt(count, 0);
}

/* The class, and the words; of a temperature the reference forgets to say which. */
static void check_refused(shub_status status, const json_t *expect)
{
    const char *class = text_of(expect, "error");
    const char *words = text_of(expect, "message");
    ck_status(status, strstr(class, "Content") ? SHUB_E_CONTENT : SHUB_E_FORMAT);
    const char *hole = strstr(words, "{}");
    if (hole) {
        ck_assert(!strncmp(err.message, words, (size_t)(hole - words)));
        ck_assert_ptr_nonnull(strstr(err.message, hole + 2));
    } else if (!strstr(class, "uncaught")) {
        ck_assert_str_eq(err.message, words);
    }
}

START_TEST(clair)
{
    json_t *cases = load("lorawan/payloads_clair.json"), *c;
    shub_batch *batch = new_batch();
    size_t i;
    json_array_foreach(cases, i, c)
    {
        const json_t *expect = json_object_get(c, "expect");
        shub_status status = decode(text_of(c, "decoder"), c, batch);
        if (json_object_get(expect, "samples")) {
            ck_assert_msg(!status, "%s: %s", text_of(c, "id"), err.message);
            check_samples(batch, json_object_get(expect, "samples"));
        } else {
            check_refused(status, expect);
            ck_assert_uint_eq(shub_batch_count(batch), 0);
        }
    }
    ck_assert_uint_ge(i, 34);
    shub_batch_free(batch);
    json_decref(cases);
}
END_TEST

START_TEST(clair_uplinks)
{
    json_t *cases = load("lorawan/uplinks_expected.json"), *c;
    shub_batch *batch = new_batch();
    size_t i, decoded = 0;
    json_array_foreach(cases, i, c)
    {
        char time[SHUB_TIME_MAX];
        if (!text_of(c, "payload_hex"))
            continue;
        shub_time_format(json_integer_value(json_object_get(c, "rx_timestamp_s")) *
                             SHUB_SECOND_US,
                         time);
        json_object_set_new(c, "rx_time", json_string(time));
        json_object_set(c, "hex", json_object_get(c, "payload_hex"));
        ck_status(decode(text_of(c, "decoder"), c, batch), SHUB_OK);
        check_samples(batch, json_object_get(c, "samples"));
        decoded++;
    }
    ck_assert_uint_ge(decoded, 3);
    shub_batch_free(batch);
    json_decref(cases);
}
END_TEST

START_TEST(clairchen_fields)
{
    json_t *file = load("lorawan/clairchen_fields.json"), *c;
    json_t *cases = json_object_get(file, "decode_sample");
    shub_batch *batch = new_batch();
    size_t i;
    json_array_foreach(cases, i, c)
    {
        char hex[16];
        snprintf(hex, sizeof hex, "00%s", text_of(c, "hex"));
        json_object_set_new(c, "hex", json_string(hex));
        json_object_set_new(c, "timestamp_s", json_integer(1000));
        ck_status(decode("clairchen", c, batch), SHUB_OK);
        ck_assert_uint_eq(check_sample(batch, c), 3);
    }
    ck_assert_uint_eq(i, 11);
    shub_batch_free(batch);
    json_decref(file);
}
END_TEST

START_TEST(ers_downlinks)
{
    json_t *cases = load("lorawan/ers_downlink_parameters.json"), *c;
    size_t i;
    json_array_foreach(cases, i, c)
    {
        shub_downlink d = {bytes, sizeof bytes, 0, 0, 0};
        char hex[2 * SHUB_DOWNLINK_MAX + 1] = "";
        ck_status(shub_ers_settings(shub_str(text_of(c, "data_rate")), 5, &d, NULL),
                  SHUB_OK);
        shub__hex_write(d.dst, d.len, hex);
        ck_assert_str_eq(hex, text_of(c, "hex"));
    }
    ck_assert_uint_eq(i, 7);
    json_decref(cases);
}
END_TEST

/* ---- lorawan/payloads_elsys.json -----------------------------------------------------
 */

/* Our name of the vendor's key, and what the vendor's value is multiplied by. */
static const struct {
    const char *key, *quantity;
    double factor;
} elsys_names[] = {
    {"temperature", "temperature", 1},
    {"humidity", "humidity", 1},
    {"light", "illuminance", 1},
    {"motion", "motion", 1},
    {"co2", "co2", 1},
    {"vdd", "battery_voltage", 1e-3},
    {"soundPeak", "sound.peak", 1},
    {"soundAvg", "sound.average", 1},
    {"x", "acceleration.x", 9.80665 / 63},
    {"y", "acceleration.y", 9.80665 / 63},
    {"z", "acceleration.z", 9.80665 / 63},
    {"pulse1", "pulses.1", 1},
    {"pulse2", "pulses.2", 1},
    {"pulseAbs", "pulse_count.1", 1},
    {"pulseAbs2", "pulse_count.2", 1},
    {"waterleak", "water_leak", 1},
    {"occupancy", "occupancy", 1},
    {"lat_BE", "latitude", 1},
    {"long_BE", "longitude", 1},
    {"pressure", "pressure", 1},
    {"externalTemperature", "temperature.external.1", 1},
    {"externalTemperature2", "temperature.external.2", 1},
    {"digital", "digital_input.1", 1},
    {"digital2", "digital_input.2", 1},
    {"accMotion", "motion.acceleration", 1},
    {"analogUv", "analog_input.external", 1e-6},
    {"analog1", "analog_input.1", 1e-3},
    {"analog2", "analog_input.2", 1e-3},
    {"tvoc", "tvoc", 1},
};

static void check_value(const shub_batch *batch, const char *quantity, double wanted)
{
    shub_sample s = row_of(batch, quantity, 0);
    double got = number_of(&s);
    ck_assert_msg(fabs(got - wanted) <= 1e-12 * fabs(wanted), "%s: %.17g, not %.17g",
                  quantity, got, wanted);
}

/* Of "<key>_offset": the row was measured so many seconds ago. */
static int check_offset(const shub_batch *batch, const char *key, const json_t *value)
{
    const char *end = strstr(key, "_offset");
    char quantity[64];
    if (!end)
        return 0;
    snprintf(quantity, sizeof quantity, "%.*s", (int)(end - key), key);
    (void)row_of(batch, quantity, (1000 - json_integer_value(value)) * SHUB_SECOND_US);
    return 1;
}

static size_t check_elsys_key(const shub_batch *batch, const char *key,
                              const json_t *value)
{
    size_t i = 0;
    if (!strcmp(key, "error")) {
        ck_assert_str_eq(err.message, json_string_value(value));
        return 0;
    }
    if (check_offset(batch, key, value))
        return 0;
    while (i < sizeof elsys_names / sizeof elsys_names[0] &&
           strcmp(key, elsys_names[i].key) != 0)
        i++;
    ck_assert_msg(i < sizeof elsys_names / sizeof elsys_names[0], "key %s", key);
    if (!json_is_array(value)) {
        check_value(batch, elsys_names[i].quantity,
                    json_number_value(value) * elsys_names[i].factor);
        return 1;
    }
    check_value(batch, "temperature.external.2",
                json_number_value(json_array_get(value, 0)));
    check_value(batch, "temperature.external.3",
                json_number_value(json_array_get(value, 1)));
    return 2;
}

START_TEST(elsys)
{
    json_t *cases = load("lorawan/payloads_elsys.json"), *c;
    shub_batch *batch = new_batch();
    size_t i;
    json_array_foreach(cases, i, c)
    {
        json_t *expect = json_object_get(c, "expect"), *value;
        shub_status status = decode("elsys", c, batch);
        const char *key;
        size_t count = 0;
        ck_status(status, json_object_get(expect, "error") ? SHUB_E_TRUNCATED : SHUB_OK);
        json_object_foreach(expect, key, value) count +=
            check_elsys_key(batch, key, value);
        ck_assert_uint_eq(count, shub_batch_count(batch));
    }
    ck_assert_uint_ge(i, 15);
    shub_batch_free(batch);
    json_decref(cases);
}
END_TEST

/* ---- lorawan/payloads_cayenne.json ---------------------------------------------------
 */

/* Our names of The Things Stack's keys, which have the channel behind them. */
static const struct {
    const char *key, *quantity;
} cayenne_names[] = {
    {"digital_in", "digital_input"},   {"digital_out", "digital_output"},
    {"analog_in", "analog_input"},     {"analog_out", "analog_output"},
    {"luminosity", "illuminance"},     {"presence", "presence"},
    {"temperature", "temperature"},    {"relative_humidity", "humidity"},
    {"accelerometer", "acceleration"}, {"barometric_pressure", "pressure"},
    {"gyrometer", "angular_velocity"}, {"concentration", "co2"},
};

static size_t check_axes(const shub_batch *batch, const char *quantity, int channel,
                         json_t *axes)
{
    static const char *const gps[][2] = {{"latitude", "latitude.%d"},
                                         {"longitude", "longitude.%d"},
                                         {"altitude", "altitude.%d.gps"}};
    char name[64];
    const char *key;
    json_t *value;
    json_object_foreach(axes, key, value)
    {
        double factor = !strcmp(quantity, "acceleration") ? 9.80665 : 1;
        snprintf(name, sizeof name, "%s.%d.%s", quantity, channel, key);
        for (size_t i = 0; i < 3; i++)
            if (!strcmp(key, gps[i][0]))
                snprintf(name, sizeof name, gps[i][1], channel);
        check_value(batch, name, json_number_value(value) * factor);
    }
    return json_object_size(axes);
}

static size_t check_cayenne_key(const shub_batch *batch, const char *key, json_t *value)
{
    const char *underscore = strrchr(key, '_');
    int channel = underscore ? atoi(underscore + 1) : 0;
    const char *quantity = "";
    char name[64];
    for (size_t i = 0; i < sizeof cayenne_names / sizeof cayenne_names[0]; i++)
        if (!strncmp(key, cayenne_names[i].key, (size_t)(underscore - key)) &&
            strlen(cayenne_names[i].key) == (size_t)(underscore - key))
            quantity = cayenne_names[i].quantity;
    if (json_is_object(value))
        return check_axes(batch, quantity, channel, value);
    snprintf(name, sizeof name, "%s.%d", quantity, channel);
    check_value(batch, name, json_number_value(value));
    return 1;
}

static void check_cayenne_downlink(const json_t *c)
{
    shub_cayenne_value value = {
        2, 0,
        json_number_value(json_object_get(json_object_get(c, "expect"), "value_2"))};
    shub_downlink d = {bytes, sizeof bytes, 0, 0, 0};
    char hex[16] = "";
    ck_status(shub_cayenne_downlink(&value, 1, 1, &d, NULL), SHUB_OK);
    shub__hex_write(d.dst, d.len, hex);
    ck_assert_str_eq(hex, text_of(c, "hex"));
}

START_TEST(cayenne)
{
    json_t *cases = load("lorawan/payloads_cayenne.json"), *c;
    shub_batch *batch = new_batch();
    size_t i;
    json_array_foreach(cases, i, c)
    {
        json_t *expect = json_object_get(c, "expect"), *value;
        const char *key;
        size_t count = 0;
        if (text_of(c, "direction")) {
            check_cayenne_downlink(c);
            continue;
        }
        shub_status status = decode("cayenne", c, batch);
        if (text_of(expect, "error")) {
            ck_status(status, SHUB_E_CONTENT);
            ck_assert_ptr_nonnull(strstr(err.message, text_of(expect, "error")));
            continue;
        }
        ck_status(status, SHUB_OK);
        json_object_foreach(expect, key, value) count +=
            check_cayenne_key(batch, key, value);
        ck_assert_uint_eq(count, shub_batch_count(batch));
    }
    ck_assert_uint_ge(i, 5);
    shub_batch_free(batch);
    json_decref(cases);
}
END_TEST

/* ---- osm -----------------------------------------------------------------------------
 */

static const struct {
    const char *name, *quantity;
    double factor;
} osm_names[] = {
    {"PM10", "pm10", 1},        {"PM25", "pm2_5", 1},  {"CC1", "current.1", 1e-3},
    {"TEMP", "temperature", 1}, {"BAT", "battery", 1}, {"CNT1", "pulse_count.1", 1},
    {"FW", "firmware", 1},      {"ERR", "error", 1},
};

static void check_osm_key(const shub_batch *batch, const char *key, const json_t *value)
{
    size_t word = strcspn(key, "_"), i = 0;
    char quantity[64];
    while (i < sizeof osm_names / sizeof osm_names[0] &&
           (strlen(osm_names[i].name) != word || strncmp(key, osm_names[i].name, word)))
        i++;
    ck_assert_msg(i < sizeof osm_names / sizeof osm_names[0], "name %s", key);
    snprintf(quantity, sizeof quantity, "%s%s%s", osm_names[i].quantity,
             key[word] ? "." : "", key[word] ? key + word + 1 : "");
    if (json_is_string(value)) {
        shub_sample s = row_of(batch, quantity, 0);
        ck_slice_eq(s.value.as.text, json_string_value(value));
    } else {
        check_value(batch, quantity, json_number_value(value) * osm_names[i].factor);
    }
}

START_TEST(osm)
{
    json_t *cases = load("osm/lorawan_payloads.json"), *c;
    shub_batch *batch = new_batch();
    size_t i;
    json_array_foreach(cases, i, c)
    {
        json_t *correct = json_object_get(c, "correct_value"), *value;
        shub_status status = decode("osm", c, batch);
        const char *key;
        if (text_of(correct, "_error")) {
            ck_status(status, SHUB_E_CONTENT);
            ck_assert_uint_eq(shub_batch_count(batch), 0);
            continue;
        }
        /* What follows an unknown data type is left out, and that is said. */
        ck_status(status, !strcmp(text_of(c, "name"), "unknown_data_type")
                              ? SHUB_E_CONTENT
                              : SHUB_OK);
        json_object_foreach(correct, key, value) check_osm_key(batch, key, value);
        ck_assert_uint_eq(json_object_size(correct), shub_batch_count(batch));
    }
    ck_assert_uint_ge(i, 17);
    shub_batch_free(batch);
    json_decref(cases);
}
END_TEST

static shub_status osm_downlink(const json_t *c, shub_downlink *d)
{
    const char *id = text_of(c, "id");
    if (!strcmp(id, "FW-"))
        return shub_osm_firmware_begin(0x0102, d, NULL);
    if (!strcmp(id, "FW+"))
        return shub_osm_firmware_chunk(0, SHUB_LIT("\xde\xad\xbe\xef"), d, NULL);
    if (!strcmp(id, "FW@"))
        return shub_osm_firmware_end(0x1d0f, d, NULL);
    return shub_osm_command(shub_str(text_of(c, "body_ascii")), !strcmp(id, "CCMD"), d,
                            NULL);
}

START_TEST(osm_downlinks)
{
    json_t *file = load("osm/lorawan_downlinks.json"), *c;
    json_t *cases = json_object_get(file, "downlinks");
    size_t i;
    json_array_foreach(cases, i, c)
    {
        shub_downlink d = {bytes, sizeof bytes, 0, 0, 0};
        char hex[2 * SHUB_DOWNLINK_MAX + 1] = "";
        ck_status(osm_downlink(c, &d), SHUB_OK);
        shub__hex_write(d.dst, d.len, hex);
        ck_assert_str_eq(hex, text_of(c, "hex"));
        ck_assert_int_eq(d.port, json_integer_value(json_object_get(c, "fport")));
    }
    ck_assert_uint_eq(i, 5);
    json_decref(file);
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
    suite = suite_create("payload_vectors");
    tcase = tcase_create("vectors");
    tcase_add_test(tcase, clair);
    tcase_add_test(tcase, clair_uplinks);
    tcase_add_test(tcase, clairchen_fields);
    tcase_add_test(tcase, ers_downlinks);
    tcase_add_test(tcase, elsys);
    tcase_add_test(tcase, cayenne);
    tcase_add_test(tcase, osm);
    tcase_add_test(tcase, osm_downlinks);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
