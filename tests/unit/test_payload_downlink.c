/* Settings and commands for devices, byte for byte. */
#include "base/text.h"
#include "support/suite.h"

#include <math.h>
#include <string.h>

static unsigned char bytes[SHUB_DOWNLINK_MAX + 1];

static shub_downlink downlink_of(size_t cap)
{
    shub_downlink downlink = {bytes, cap, 99, 99, 0};
    memset(bytes, 0xee, sizeof bytes);
    return downlink;
}

static void ck_bytes(const shub_downlink *d, int32_t port, const char *hex)
{
    char got[2 * SHUB_DOWNLINK_MAX + 1] = "";
    shub__hex_write(d->dst, d->len, got);
    ck_assert_str_eq(got, hex);
    ck_assert_int_eq(d->port, port);
    for (size_t i = d->len; i < sizeof bytes; i++)
        ck_assert_int_eq(bytes[i], 0xee);
}

#define ck_refused(call, wanted)                                                         \
    do {                                                                                 \
        shub_error err = SHUB_ERROR_INIT;                                                \
        shub_downlink d = downlink_of(SHUB_DOWNLINK_MAX);                                \
        ck_status(call, wanted);                                                         \
        ck_assert_int_eq(err.code, wanted);                                              \
        ck_assert(d.len == 0 && d.port == 0);                                            \
    } while (0)

/* clair-ttn tests/test_ers.py */
static const struct {
    const char *rate, *hex;
} ers[] = {
    {"SF7BW250", "3e0f140000014615000000011f00000002"},
    {"SF7BW125", "3e0f140000014615000000011f00000002"},
    {"SF8BW125", "3e0f140000014615000000011f00000002"},
    {"SF9BW125", "3e0f140000014615000000011f00000002"},
    {"SF10BW125", "3e0f140000016415000000001f00000003"},
    {"SF11BW125", "3e0f140000025115000000001f00000004"},
    {"SF12BW125", "3e0f14000003b415000000001f00000005"},
};

START_TEST(settings_of_an_ers)
{
    shub_downlink d = downlink_of(SHUB_DOWNLINK_MAX);
    ck_status(shub_ers_settings(shub_str(ers[_i].rate), 5, &d, NULL), SHUB_OK);
    ck_bytes(&d, 6, ers[_i].hex);
    d = downlink_of(17);
    ck_status(shub_ers_settings(shub_str(ers[_i].rate), 222, &d, NULL), SHUB_OK);
    ck_bytes(&d, 223, ers[_i].hex);
}
END_TEST

START_TEST(what_an_ers_is_not_sent)
{
    ck_refused(shub_ers_settings(SHUB_LIT("SF6BW125"), 5, &d, &err), SHUB_E_CONTENT);
    ck_refused(shub_ers_settings(SHUB_LIT("SF9BW125"), 0, &d, &err), SHUB_E_INVALID);
    ck_refused(shub_ers_settings(SHUB_LIT("SF9BW125"), 223, &d, &err), SHUB_E_INVALID);
    for (size_t cap = 0; cap < 17; cap++) {
        shub_downlink d = downlink_of(cap);
        ck_status(shub_ers_settings(SHUB_LIT("SF9BW125"), 5, &d, NULL), SHUB_E_LIMIT);
        ck_assert(d.len == 0 && d.port == 0 && bytes[cap] == 0xee);
    }
}
END_TEST

static shub_status send_one(const char *name, int64_t value, shub_downlink *d,
                            shub_error *err)
{
    shub_elsys_setting settings[] = {{shub_str("qSize"), 5}, {shub_str(name), value}};
    return shub_elsys_settings(settings, 2, 5, d, err);
}

START_TEST(settings_of_every_size)
{
    const shub_elsys_setting settings[] = {
        {shub_str("ack"), 1},
        {shub_str("co2Ref"), 400},
        {shub_str("splPer"), 0xffffffff},
        {shub_str("reboot"), 1},
    };
    shub_downlink d = downlink_of(SHUB_DOWNLINK_MAX);
    ck_status(shub_elsys_settings(settings, 4, 5, &d, NULL), SHUB_OK);
    ck_bytes(&d, 6, "3e0b0a0131019014fffffffffe");
    d = downlink_of(SHUB_DOWNLINK_MAX);
    ck_status(shub_elsys_settings(NULL, 0, 5, &d, NULL), SHUB_OK);
    ck_bytes(&d, 6, "3e00");
}
END_TEST

START_TEST(settings_that_are_not_sent)
{
    static const char *const secret[] = {"appSKey", "nwkSKey", "appKey", "devEui",
                                         "appEui",  "devAddr", "lock",   "buttonCfg"};
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++)
        ck_refused(send_one(secret[i], 1, &d, &err), SHUB_E_UNSUPPORTED);
    ck_refused(send_one("unheardOf", 1, &d, &err), SHUB_E_NOT_FOUND);
    ck_refused(send_one("ack", 256, &d, &err), SHUB_E_RANGE);
    ck_refused(send_one("ack", -1, &d, &err), SHUB_E_RANGE);
    ck_refused(send_one("reboot", 2, &d, &err), SHUB_E_RANGE);
    ck_refused(send_one("reboot", 0, &d, &err), SHUB_E_RANGE); /* it would */
    shub_error err = SHUB_ERROR_INIT;
    shub_downlink d = downlink_of(5);
    ck_status(send_one("ack", 1, &d, &err), SHUB_E_LIMIT);
    ck_assert_int_eq(err.index, 1);
}
END_TEST

/* What is sent is what a sensor's own settings frame says. */
START_TEST(settings_read_back)
{
    const shub_elsys_setting settings[] = {{shub_str("splPer"), 600},
                                           {shub_str("co2Abc"), 180}};
    shub_frame frame = SHUB_FRAME_INIT;
    shub_batch *batch;
    shub_sample s;
    shub_downlink d = downlink_of(SHUB_DOWNLINK_MAX);
    ck_status(shub_elsys_settings(settings, 2, 5, &d, NULL), SHUB_OK);
    frame.payload = shub_bytes(d.dst, d.len);
    frame.device = shub_str("d");
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    ck_status(
        shub_decode(shub_decoder_find(NULL, SHUB_LIT("elsys")), &frame, batch, NULL),
        SHUB_OK);
    ck_status(shub_batch_get(batch, 1, &s, NULL), SHUB_OK);
    ck_slice_eq(s.quantity, "setting.co2Abc");
    ck_assert_int_eq(s.value.as.i64, 180);
    shub_batch_free(batch);
}
END_TEST

START_TEST(commands_of_an_osm)
{
    shub_downlink d = downlink_of(SHUB_DOWNLINK_MAX);
    ck_status(shub_osm_command(SHUB_LIT("measurem"), 0, &d, NULL), SHUB_OK);
    ck_bytes(&d, 1, "01434d44006d6561737572656d"); /* as captured */
    d = downlink_of(9);
    ck_status(shub_osm_command(SHUB_LIT("ping"), 1, &d, NULL), SHUB_OK);
    ck_bytes(&d, 1, "0143434d4470696e67");
    d = downlink_of(7);
    ck_status(shub_osm_firmware_begin(0x0102, &d, NULL), SHUB_OK);
    ck_bytes(&d, 1, "0146572d000102");
    d = downlink_of(11);
    ck_status(shub_osm_firmware_chunk(0, SHUB_LIT("\xde\xad\xbe\xef"), &d, NULL),
              SHUB_OK);
    ck_bytes(&d, 1, "0146572b000000deadbeef");
    d = downlink_of(7);
    ck_status(shub_osm_firmware_end(0x1d0f, &d, NULL), SHUB_OK);
    ck_bytes(&d, 1, "01465740001d0f");
}
END_TEST

START_TEST(what_an_osm_is_not_sent)
{
    static char text[SHUB_DOWNLINK_MAX];
    memset(text, 'x', sizeof text);
    ck_refused(shub_osm_command(SHUB_LIT(""), 0, &d, &err), SHUB_E_CONTENT);
    ck_refused(shub_osm_command(SHUB_LIT("a\nb"), 0, &d, &err), SHUB_E_CONTENT);
    ck_refused(shub_osm_command(SHUB_LIT("\xc3\xa9"), 0, &d, &err), SHUB_E_CONTENT);
    ck_refused(shub_osm_command(shub_bytes(text, 52), 0, &d, &err), SHUB_E_LIMIT);
    ck_refused(shub_osm_firmware_chunk(0, SHUB_LIT(""), &d, &err), SHUB_E_CONTENT);
    ck_refused(shub_osm_firmware_chunk(0, shub_bytes(text, 236), &d, &err), SHUB_E_LIMIT);
    ck_refused(shub_osm_firmware_chunk(0, shub_bytes(text, 999), &d, &err), SHUB_E_LIMIT);
    shub_downlink d = downlink_of(6);
    ck_status(shub_osm_firmware_end(1, &d, NULL), SHUB_E_LIMIT);
    d = downlink_of(SHUB_DOWNLINK_MAX);
    ck_status(shub_osm_command(shub_bytes(text, 51), 0, &d, NULL), SHUB_OK);
    ck_assert_uint_eq(d.len, 56);
}
END_TEST

START_TEST(values_for_cayenne)
{
    const shub_cayenne_value values[] = {{2, 0, -50.51},    {0, 0, 327.67},
                                         {254, 0, -327.68}, {1, 0, 0.005},
                                         {1, 0, -0.004},    {1, 0, 1.1}};
    shub_downlink d = downlink_of(SHUB_DOWNLINK_MAX);
    ck_status(shub_cayenne_downlink(values, 1, 99, &d, NULL), SHUB_OK);
    ck_bytes(&d, 99, "02ec45"); /* The Things Stack, cayennelpp_test.go */
    d = downlink_of(18);
    ck_status(shub_cayenne_downlink(values, 6, 1, &d, NULL), SHUB_OK);
    ck_bytes(&d, 1, "02ec45007ffffe800001000101000001006e");
    d = downlink_of(17);
    ck_status(shub_cayenne_downlink(values, 6, 1, &d, NULL), SHUB_E_LIMIT);
    ck_assert_uint_eq(d.len, 0);
}
END_TEST

static shub_status send_value(int32_t channel, double value, int32_t port,
                              shub_downlink *d, shub_error *err)
{
    shub_cayenne_value values[] = {{0, 0, 1}, {channel, 0, value}};
    return shub_cayenne_downlink(values, 2, port, d, err);
}

START_TEST(what_cayenne_is_not_sent)
{
    ck_refused(send_value(255, 1, 1, &d, &err), SHUB_E_INVALID);
    ck_refused(send_value(-1, 1, 1, &d, &err), SHUB_E_INVALID);
    ck_refused(send_value(1, 1, 0, &d, &err), SHUB_E_INVALID);
    ck_refused(send_value(1, 1, 224, &d, &err), SHUB_E_INVALID);
    ck_refused(send_value(1, 327.68, 1, &d, &err), SHUB_E_RANGE);
    ck_refused(send_value(1, -327.7, 1, &d, &err), SHUB_E_RANGE);
    ck_refused(send_value(1, NAN, 1, &d, &err), SHUB_E_RANGE);
    ck_refused(send_value(1, INFINITY, 1, &d, &err), SHUB_E_RANGE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("payload_downlink");
    TCase *tcase = tcase_create("downlink");
    tcase_add_loop_test(tcase, settings_of_an_ers, 0, sizeof ers / sizeof ers[0]);
    tcase_add_test(tcase, what_an_ers_is_not_sent);
    tcase_add_test(tcase, settings_of_every_size);
    tcase_add_test(tcase, settings_that_are_not_sent);
    tcase_add_test(tcase, settings_read_back);
    tcase_add_test(tcase, commands_of_an_osm);
    tcase_add_test(tcase, what_an_osm_is_not_sent);
    tcase_add_test(tcase, values_for_cayenne);
    tcase_add_test(tcase, what_cayenne_is_not_sent);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
