/* What the client of one gateway finds out: which generation it is, its devices, its
 * meters, and what it is told when that changes. */
#include "support/eagle_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is found out --------------------------------------------------------- */

START_TEST(auto_finds_a_100)
{
    shub_eagle_options opts = start("--eagle100 1");
    shub_eagle *eagle;

    eagle = open_eagle(&opts);
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_AUTO);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_100);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_list"), 1);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_instantaneous_demand"), 2);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(auto_finds_a_200)
{
    shub_eagle_options opts = start("--eagle200 1");
    shub_eagle *eagle;

    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_200);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_list"), 1);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_query"), 2);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(a_gateway_is_detected)
{
    static const struct {
        const char *kind, *fault;
        shub_status status;
        shub_eagle_transport transport;
    } rows[] = {{"--eagle100 1", NULL, SHUB_OK, SHUB_EAGLE_100},
                {"--eagle200 1", NULL, SHUB_OK, SHUB_EAGLE_200},
                {"--eagle200 1", "fault 1 401 1", SHUB_E_AUTH, SHUB_EAGLE_AUTO}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        shub_eagle_transport transport;
        shub_eagle_options opts;
        shub_eagle *eagle;

        opts = start(rows[i].kind);
        opts.transport = SHUB_EAGLE_AUTO;
        eagle = open_eagle(&opts);
        if (rows[i].fault)
            gateways_say(sim, rows[i].fault);
        ck_status(shub_eagle_detect(eagle, &transport, &err), rows[i].status);
        ck_assert_int_eq((int)transport, (int)rows[i].transport);
        shub_eagle_close(eagle);
        opts.transport = SHUB_EAGLE_100;
        eagle = open_eagle(&opts);
        ck_status(shub_eagle_detect(eagle, &transport, &err), SHUB_OK);
        ck_assert_int_eq((int)transport, (int)SHUB_EAGLE_100);
        shub_eagle_close(eagle);
        gateways_stop(sim);
    }
    sim = NULL;
}
END_TEST

START_TEST(list_tells_the_devices)
{
    static const struct {
        const char *kind;
        shub_eagle_root root;
        size_t count;
    } rows[] = {{"--eagle100 1", SHUB_EAGLE_ROOT_NETWORK, 1},
                {"--eagle200 1 --two-meters", SHUB_EAGLE_ROOT_DEVICE, 2}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        shub_eagle_options opts;
        shub_eagle_reply *reply;
        shub_eagle *eagle;

        opts = start(rows[i].kind);
        eagle = open_eagle(&opts);
        for (int again = 0; again < 2; again++) { /* before a poll, and after one */
            ck_status(shub_eagle_list(eagle, &reply, &err), SHUB_OK);
            ck_assert_uint_ge(shub_eagle_reply_count(reply), rows[i].count);
            ck_assert_int_eq(shub_eagle_reading_root(shub_eagle_reply_at(reply, 0)),
                             rows[i].root);
            ck_assert_ptr_null(shub_eagle_last_reply(eagle, 0));
            shub_eagle_reply_free(reply);
            ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
        }
        ck_status(shub_eagle_start(eagle, &err), SHUB_OK);
        ck_status(shub_eagle_list(eagle, &reply, &err), SHUB_E_BUSY);
        ck_assert_ptr_null(reply);
        ck_status(shub_eagle_detect(eagle, &(shub_eagle_transport){0}, &err),
                  SHUB_E_BUSY);
        shub_eagle_close(eagle);
        gateways_stop(sim);
    }
    sim = NULL;
}
END_TEST

START_TEST(one_blank_answer_fixes_nothing)
{
    shub_eagle_options opts = start("--eagle200 1");
    shub_eagle *eagle;

    gateways_say(sim, "fault 1 empty 1");
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_E_EMPTY); /* an EAGLE-200 says nothing to get_... */
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_AUTO);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_200);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(a_replaced_gateway_is_found_out)
{
    shub_eagle_options opts = start("--eagle200 1");
    shub_eagle *eagle;

    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    gateways_say(sim, "fault 1 wrong-root 1");
    ck_status(poll_once(eagle), SHUB_E_UNEXPECTED);
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_AUTO);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_list"), 2);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(no_authentication)
{
    shub_eagle_options opts = start("--eagle100 1 --no-auth");
    shub_eagle *eagle;

    opts.cloud_id = NULL;
    opts.install_code = NULL;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(wrong_credentials)
{
    static const struct {
        const char *option;
        shub_status status;
    } cases[] = {
        {"--relay 1",
         SHUB_E_REMOTE}, /* all that is known of the relay is its root Error */
        {"--eagle100 1", SHUB_E_AUTH},
        {"--eagle200 1", SHUB_E_AUTH},
    };
    shub_eagle_options opts = start(cases[_i].option);
    shub_eagle *eagle;

    opts.retries = 2;
    if (opts.install_code)
        opts.install_code = "0123456789abcdee";
    opts.password = "wrong";
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), cases[_i].status);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 1);
    shub_eagle_close(eagle);
}
END_TEST

/* ---- meters -------------------------------------------------------------------- */

/* Addresses of the stale meter and the live one, as device_list writes them. */
static void two_meters(char stale[32], char live[32])
{
    shub_eagle_options opts = gateways_options(sim, 0);
    shub_eagle *eagle = open_eagle(&opts);
    unsigned long long address;
    shub_slice meter;

    ck_status(poll_once(eagle), SHUB_OK);
    meter =
        shub_eagle_reading_meter(shub_eagle_reply_at(shub_eagle_last_reply(eagle, 0), 0));
    snprintf(live, 32, "%.*s", (int)meter.len, meter.ptr);
    address = strtoull(live, NULL, 16) ^ 0x400000;
    snprintf(stale, 32, "0x%016llx", address);
    shub_eagle_close(eagle);
}

START_TEST(the_connected_meter_is_read)
{
    shub_eagle_options opts;
    shub_eagle *eagle;
    char stale[32], live[32], upper[32];
    size_t i;

    sim = gateways_start("--eagle200 1 --two-meters");
    two_meters(stale, live);
    opts = gateways_options(sim, 0);

    opts.meter = stale;
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_NOT_JOINED);
    ck_assert_ptr_nonnull(strstr(err.message, "Not joined"));
    shub_eagle_close(eagle);

    opts.meter = "0x0000000000000001";
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_NOT_JOINED);
    ck_assert_ptr_nonnull(strstr(err.message, opts.meter));
    shub_eagle_close(eagle);

    for (i = 0; live[i + 2]; i++) /* without 0x, in the other case */
        upper[i] = (char)(live[i + 2] >= 'a' ? live[i + 2] - 32 : live[i + 2]);
    upper[i] = '\0';
    opts.meter = upper;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(a_meter_that_leaves_is_looked_for)
{
    shub_eagle_options opts = start("--eagle200 1");
    shub_eagle *eagle;

    opts.circuit_failures = 1;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    gateways_say(sim, "fault 1 not-joined 2");
    ck_status(poll_once(eagle), SHUB_E_NOT_JOINED); /* device_query, all blank */
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    ck_status(poll_once(eagle), SHUB_E_NOT_JOINED); /* device_list */
    ck_status(poll_once(eagle),
              SHUB_OK); /* and no circuit opened: the gateway was well */
    shub_eagle_close(eagle);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tc;

    if (!gateways_built())
        return 77;
    suite = suite_create("eagle client detect");
    tc = tcase_create("detect");

    unsetenv("http_proxy");
    tcase_add_checked_fixture(tc, open_loop, close_loop);
    tcase_add_test(tc, auto_finds_a_100);
    tcase_add_test(tc, auto_finds_a_200);
    tcase_add_test(tc, a_gateway_is_detected);
    tcase_add_test(tc, list_tells_the_devices);
    tcase_add_test(tc, one_blank_answer_fixes_nothing);
    tcase_add_test(tc, a_replaced_gateway_is_found_out);
    tcase_add_test(tc, no_authentication);
    tcase_add_loop_test(tc, wrong_credentials, 0, 3);
    tcase_add_test(tc, the_connected_meter_is_read);
    tcase_add_test(tc, a_meter_that_leaves_is_looked_for);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
