/* Frames of uplinks: what a decoder gets. */
#include "support/suite.h"

#include <sensorhub/payload.h>
#include <sensorhub/uplink.h>

#include <string.h>

static shub_uplink sample(void)
{
    shub_uplink up = SHUB_UPLINK_INIT;
    up.event = SHUB_UPLINK_UP;
    up.time_source = SHUB_UPLINK_TIME_NETWORK;
    up.time_us = 1598966251 * SHUB_SECOND_US;
    up.port = 5;
    up.dev_eui = SHUB_LIT("a81758fffe053c84");
    up.device = SHUB_LIT("ers-1");
    up.name = SHUB_LIT("kitchen");
    up.rate = SHUB_LIT("SF9BW125");
    up.payload = shub_bytes("\x01\x00\xe2", 3);
    return up;
}

START_TEST(a_frame_says_what_the_uplink_does)
{
    shub_uplink up = sample();
    shub_frame frame = SHUB_FRAME_INIT;
    ck_assert_int_eq(shub_uplink_frame(&up, &frame, NULL), SHUB_OK);
    ck_assert_uint_eq(frame.size, sizeof frame);
    ck_assert(shub_slice_equal(frame.payload, up.payload));
    ck_assert(shub_slice_equal(frame.device, up.dev_eui));
    ck_assert(shub_slice_equal(frame.rate, up.rate));
    ck_assert_int_eq(frame.time_us, up.time_us);
    ck_assert_int_eq(frame.port, 5);
    ck_assert_uint_eq(frame.flags, 0);
}
END_TEST

START_TEST(a_device_is_known_by_the_first_of_three)
{
    shub_uplink up = sample();
    shub_frame frame = SHUB_FRAME_INIT;
    up.dev_eui = shub_bytes(NULL, 0);
    ck_assert_int_eq(shub_uplink_frame(&up, &frame, NULL), SHUB_OK);
    ck_assert(shub_slice_equal(frame.device, SHUB_LIT("ers-1")));
    up.device = shub_bytes(NULL, 0);
    ck_assert_int_eq(shub_uplink_frame(&up, &frame, NULL), SHUB_OK);
    ck_assert(shub_slice_equal(frame.device, SHUB_LIT("kitchen")));
}
END_TEST

START_TEST(a_time_of_arrival_is_assumed)
{
    shub_uplink up = sample();
    shub_frame frame = SHUB_FRAME_INIT;
    up.time_source = SHUB_UPLINK_TIME_ARRIVAL;
    ck_assert_int_eq(shub_uplink_frame(&up, &frame, NULL), SHUB_OK);
    ck_assert_uint_eq(frame.flags, SHUB_TIME_ASSUMED);
}
END_TEST

static void refused(const shub_uplink *up, shub_status status)
{
    shub_frame frame = SHUB_FRAME_INIT;
    shub_error err = SHUB_ERROR_INIT;
    frame.port = 7;
    ck_assert_int_eq(shub_uplink_frame(up, &frame, &err), status);
    ck_assert_int_eq(err.code, status);
    ck_assert_uint_gt(strlen(err.message), 0);
    ck_assert_uint_eq(frame.size, sizeof frame);
    ck_assert(!frame.port && !frame.payload.len && !frame.device.len);
}

START_TEST(an_uplink_without_a_payload_has_no_frame)
{
    static const shub_status statuses[] = {SHUB_E_NO_PAYLOAD, SHUB_E_MAC_ONLY,
                                           SHUB_E_ENCRYPTED, SHUB_E_FORMAT, SHUB_E_LIMIT};
    shub_uplink up = sample();
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        up.payload_status = statuses[i];
        refused(&up, statuses[i]);
    }
    up = sample();
    up.event = SHUB_UPLINK_JOIN;
    refused(&up, SHUB_E_UNEXPECTED);
}
END_TEST

START_TEST(a_frame_has_a_device_and_a_time)
{
    shub_uplink up = sample();
    up.dev_eui = up.device = up.name = shub_bytes(NULL, 0);
    refused(&up, SHUB_E_CONTENT);
    up = sample();
    up.time_source = SHUB_UPLINK_TIME_NONE;
    refused(&up, SHUB_E_CONTENT);
}
END_TEST

START_TEST(a_decoder_takes_the_frame)
{
    shub_uplink up = sample();
    shub_frame frame = SHUB_FRAME_INIT;
    shub_batch *batch;
    shub_sample s;
    ck_assert_int_eq(shub_batch_new(&batch, NULL), SHUB_OK);
    ck_assert_int_eq(shub_uplink_frame(&up, &frame, NULL), SHUB_OK);
    ck_assert_int_eq(
        shub_decode(shub_decoder_find(NULL, SHUB_LIT("elsys")), &frame, batch, NULL),
        SHUB_OK);
    ck_assert_int_eq(shub_batch_get(batch, 0, &s, NULL), SHUB_OK);
    ck_assert(s.value.as.f64 == 22.6 && s.time_us == up.time_us);
    shub_batch_free(batch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink frames");
    TCase *tcase = tcase_create("frames");
    tcase_add_test(tcase, a_frame_says_what_the_uplink_does);
    tcase_add_test(tcase, a_device_is_known_by_the_first_of_three);
    tcase_add_test(tcase, a_time_of_arrival_is_assumed);
    tcase_add_test(tcase, an_uplink_without_a_payload_has_no_frame);
    tcase_add_test(tcase, a_frame_has_a_device_and_a_time);
    tcase_add_test(tcase, a_decoder_takes_the_frame);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
