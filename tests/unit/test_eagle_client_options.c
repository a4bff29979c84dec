/* Options of the client of one gateway: what is refused, in which words, and the memory
 * they take.
 */
#include "support/suite.h"

#include <string.h>

static shub_loop *loop;

static void open_loop(void)
{
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
}

static void close_loop(void)
{
    shub_loop_close(loop);
}

static shub_eagle_options good_options(void)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;

    opts.url = "192.168.1.5";
    opts.cloud_id = "004792";
    opts.install_code = "bfb0fc05f51a3932";
    opts.user = "someone@example.org";
    opts.password = "pass word";
    opts.meter = "0x00";
    opts.ca_file = "/nowhere.pem";
    opts.pin = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    return opts;
}

#define BAD(change, says)                                                                \
    do {                                                                                 \
        shub_eagle_options o = good_options();                                           \
        shub_error err = SHUB_ERROR_INIT;                                                \
        shub_eagle *eagle = (shub_eagle *)1;                                             \
                                                                                         \
        change;                                                                          \
        ck_status(shub_eagle_open(loop, &o, &eagle, &err), SHUB_E_INVALID);              \
        ck_assert_ptr_null(eagle);                                                       \
        ck_assert_msg(strstr(err.message, says) != NULL, "%s", err.message);             \
        ck_assert_ptr_null(strstr(err.message, "bfb0fc05"));                             \
    } while (0)

START_TEST(bad_options)
{
    BAD(o.size = 0, "size");
    BAD(o.url = NULL, "url is missing");
    BAD(o.url = "http://http//192.168.1.5", "twice");
    BAD(o.url = "http://004792:bfb0fc05f51a3932@192.168.1.5", "credentials");
    BAD(o.cloud_id = NULL, "cloud_id is missing");
    BAD(o.cloud_id = "4792", "\"4792\" is not six");
    BAD(o.cloud_id = "0047920", "not six");
    BAD(o.cloud_id = "00479x", "not six");
    BAD(o.install_code = "", "install_code is empty");
    BAD(o.install_code = "bfb0fc05\n", "install_code holds a control character");
    BAD((o.transport = SHUB_EAGLE_RELAY, o.password = NULL), "missing");
    BAD((o.transport = SHUB_EAGLE_RELAY, o.user = NULL), "missing");
    BAD((o.transport = SHUB_EAGLE_RELAY, o.cloud_id = NULL), "missing");
    BAD(o.user = "a\r\nX: y", "user holds");
    BAD(o.pin = "/etc/passwd", "pin");
    BAD(o.transport = 5, "transport 5 is not in 0 to 4");
    BAD(o.reads = 16, "reads");
    BAD(o.insecure = 2, "insecure");
    BAD(o.retries = -2, "retries");
    BAD(o.retries = 11, "retries");
    BAD(o.timeout_ms = -1, "timeout_ms");
    BAD(o.min_gap_ms = -1, "min_gap_ms");
    BAD(o.circuit_failures = -1, "circuit_failures");
    BAD(o.circuit_rest_ms = -1, "circuit_rest_ms");
    BAD(o.unstick_ms = -1, "unstick_ms");
}
END_TEST

START_TEST(the_relay_has_an_address)
{
    shub_eagle_options opts = good_options();
    shub_eagle *eagle;

    opts.url = NULL;
    opts.transport = SHUB_EAGLE_RELAY;
    ck_status(shub_eagle_open(loop, &opts, &eagle, NULL), SHUB_OK);
    shub_eagle_close(eagle);
}
END_TEST

static shub_status open_close(void *user)
{
    shub_eagle_options opts = good_options();
    shub_loop *l;
    shub_eagle *eagle = NULL;
    shub_status status = shub_loop_open(&l, NULL);

    (void)user;
    if (status == SHUB_OK)
        status = shub_eagle_open(l, &opts, &eagle, NULL);
    shub_eagle_close(eagle);
    shub_loop_close(l);
    return status;
}

START_TEST(out_of_memory)
{
    /* loop and timers; handle, guard, URL completed and kept, seven strings; peer, row of
     * shards, shard, table */
    ck_assert_uint_eq(oom_loop(open_close, NULL), 17);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eagle client options");
    TCase *tc = tcase_create("options");

    tcase_add_checked_fixture(tc, open_loop, close_loop);
    tcase_add_test(tc, bad_options);
    tcase_add_test(tc, the_relay_has_an_address);
    tcase_add_test(tc, out_of_memory);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
