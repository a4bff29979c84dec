/* Bodies of downlinks, and what is refused in them. */
#include "support/suite.h"

#include <sensorhub/uplink.h>

#include <string.h>

#define EUI  "A81758FFFE053C84"
#define UUID "4d807ab4-2998-4b17-a81d-BE1B32ECCA7F"

static shub_uplink_downlink_options sample(void)
{
    shub_uplink_downlink_options o = SHUB_UPLINK_DOWNLINK_OPTIONS_INIT;
    o.payload = SHUB_LIT("\x3e\x06\xfe\x00");
    o.dev_eui = SHUB_LIT(EUI);
    o.id = SHUB_LIT("x\"1");
    o.port = 6;
    o.confirmed = 1;
    return o;
}

static const struct {
    shub_uplink_form form;
    const char *body;
} bodies[] = {
    {SHUB_UPLINK_FORM_TTN_V3,
     "{\"downlinks\":[{\"f_port\":6,\"frm_payload\":\"Pgb+AA==\",\"priority\":\"NORMAL\","
     "\"confirmed\":true,\"correlation_ids\":[\"x\\\"1\"]}]}"},
    {SHUB_UPLINK_FORM_TTN_V2,
     "{\"port\":6,\"confirmed\":true,\"payload_raw\":\"Pgb+AA==\"}"},
    {SHUB_UPLINK_FORM_CHIRPSTACK_V4, "{\"devEui\":\"a81758fffe053c84\",\"id\":\"" UUID
                                     "\",\"confirmed\":true,\"fPort\":6,"
                                     "\"data\":\"Pgb+AA==\"}"},
    {SHUB_UPLINK_FORM_CHIRPSTACK_V3,
     "{\"confirmed\":true,\"fPort\":6,\"data\":\"Pgb+AA==\"}"},
    {SHUB_UPLINK_FORM_CHIRPSTACK_V4_HTTP,
     "{\"queueItem\":{\"confirmed\":true,\"fPort\":6,\"data\":\"Pgb+AA==\"}}"},
    {SHUB_UPLINK_FORM_CHIRPSTACK_V3_HTTP,
     "{\"deviceQueueItem\":{\"confirmed\":true,\"fPort\":6,\"data\":\"Pgb+AA==\"}}"},
};

START_TEST(bodies_are_written)
{
    shub_uplink_downlink_options o = sample();
    char dst[SHUB_UPLINK_DOWNLINK_MAX];
    size_t wanted = strlen(bodies[_i].body);
    size_t len;
    if (bodies[_i].form == SHUB_UPLINK_FORM_CHIRPSTACK_V4)
        o.id = SHUB_LIT(UUID);
    ck_status(shub_uplink_downlink(bodies[_i].form, &o, dst, sizeof dst, &len, NULL),
              SHUB_OK);
    ck_assert_str_eq(dst, bodies[_i].body);
    ck_assert_uint_eq(len, wanted);
    ck_status(shub_uplink_downlink(bodies[_i].form, &o, dst, wanted + 1, &len, NULL),
              SHUB_OK);
    ck_status(shub_uplink_downlink(bodies[_i].form, &o, dst, wanted, &len, NULL),
              SHUB_E_LIMIT);
    ck_assert_uint_eq(len, 0);
    ck_assert_str_eq(dst, "");
}
END_TEST

START_TEST(no_payload_clears_the_queue)
{
    shub_uplink_downlink_options o = SHUB_UPLINK_DOWNLINK_OPTIONS_INIT;
    char dst[64];
    size_t len;
    ck_status(
        shub_uplink_downlink(SHUB_UPLINK_FORM_TTN_V3, &o, dst, sizeof dst, &len, NULL),
        SHUB_OK);
    ck_assert_str_eq(dst, "{\"downlinks\":[]}");
    ck_status(
        shub_uplink_downlink(SHUB_UPLINK_FORM_TTN_V2, &o, dst, sizeof dst, &len, NULL),
        SHUB_E_INVALID);
}
END_TEST

START_TEST(the_longest_fits)
{
    static char payload[243], id[101];
    shub_uplink_downlink_options o = sample();
    char dst[SHUB_UPLINK_DOWNLINK_MAX];
    size_t len;
    memset(id, 1, sizeof id);
    o.payload = shub_bytes(payload, 242);
    o.id = shub_bytes(id, 100);
    o.priority = SHUB_LIT("BELOW_NORMAL");
    for (int form = SHUB_UPLINK_FORM_TTN_V3; form <= SHUB_UPLINK_FORM_CHIRPSTACK_V3_HTTP;
         form++) {
        o.id =
            form == SHUB_UPLINK_FORM_CHIRPSTACK_V4 ? SHUB_LIT(UUID) : shub_bytes(id, 100);
        ck_status(
            shub_uplink_downlink((shub_uplink_form)form, &o, dst, sizeof dst, &len, NULL),
            SHUB_OK);
    }
    o.payload.len = 243;
    ck_status(
        shub_uplink_downlink(SHUB_UPLINK_FORM_TTN_V3, &o, dst, sizeof dst, &len, NULL),
        SHUB_E_LIMIT);
    o.payload.len = 242;
    o.id.len = 101;
    ck_status(
        shub_uplink_downlink(SHUB_UPLINK_FORM_TTN_V3, &o, dst, sizeof dst, &len, NULL),
        SHUB_E_LIMIT);
}
END_TEST

static shub_status with(shub_uplink_form form, shub_uplink_downlink_options o)
{
    char dst[SHUB_UPLINK_DOWNLINK_MAX];
    shub_error err = SHUB_ERROR_INIT;
    size_t len;
    shub_status status = shub_uplink_downlink(form, &o, dst, sizeof dst, &len, &err);
    ck_assert_int_eq(err.code, status);
    return status;
}

START_TEST(what_no_server_takes_is_refused)
{
    shub_uplink_downlink_options o = sample();
    ck_status(with((shub_uplink_form)0, o), SHUB_E_INVALID);
    ck_status(with((shub_uplink_form)7, o), SHUB_E_INVALID);
    o.port = 0;
    ck_status(with(SHUB_UPLINK_FORM_TTN_V3, o), SHUB_E_RANGE);
    o.port = 224;
    ck_status(with(SHUB_UPLINK_FORM_CHIRPSTACK_V3, o), SHUB_E_RANGE);
    o = sample();
    o.priority = SHUB_LIT("URGENT");
    ck_status(with(SHUB_UPLINK_FORM_TTN_V3, o), SHUB_E_INVALID);
    o = sample();
    o.dev_eui = SHUB_LIT("a81758fffe053c8");
    ck_status(with(SHUB_UPLINK_FORM_CHIRPSTACK_V4, o), SHUB_E_INVALID);
    o = sample();
    o.id = SHUB_LIT("\xff");
    ck_status(with(SHUB_UPLINK_FORM_TTN_V3, o), SHUB_E_CONTENT);
    o.id = SHUB_LIT("x1");
    ck_status(with(SHUB_UPLINK_FORM_CHIRPSTACK_V4, o), SHUB_E_INVALID);
    o.id = SHUB_LIT("4d807ab4-2998-4b17-a81d-be1b32ecca7g");
    ck_status(with(SHUB_UPLINK_FORM_CHIRPSTACK_V4, o), SHUB_E_INVALID);
    o.id = SHUB_LIT("4d807ab429984b17a81dbe1b32ecca7f");
    ck_status(with(SHUB_UPLINK_FORM_CHIRPSTACK_V4, o), SHUB_E_INVALID);
    o.id = SHUB_LIT("4d807ab42-998-4b17-a81d-be1b32ecca7f");
    ck_status(with(SHUB_UPLINK_FORM_CHIRPSTACK_V4, o), SHUB_E_INVALID);
    o.id = SHUB_LIT("");
    ck_status(with(SHUB_UPLINK_FORM_CHIRPSTACK_V4, o), SHUB_OK);
    o = sample();
    o.size = 0;
    ck_status(with(SHUB_UPLINK_FORM_TTN_V3, o), SHUB_E_INVALID);
}
END_TEST

static shub_status write_anew(void *unused)
{
    shub_uplink_downlink_options o = sample();
    char dst[SHUB_UPLINK_DOWNLINK_MAX];
    size_t len;
    (void)unused;
    return shub_uplink_downlink(SHUB_UPLINK_FORM_TTN_V3, &o, dst, sizeof dst, &len, NULL);
}

START_TEST(no_memory_is_said)
{
    ck_assert_uint_ge(oom_loop(write_anew, NULL), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink downlinks");
    TCase *tcase = tcase_create("downlinks");
    tcase_add_loop_test(tcase, bodies_are_written, 0,
                        (int)(sizeof bodies / sizeof bodies[0]));
    tcase_add_test(tcase, no_payload_clears_the_queue);
    tcase_add_test(tcase, the_longest_fits);
    tcase_add_test(tcase, what_no_server_takes_is_refused);
    tcase_add_test(tcase, no_memory_is_said);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
