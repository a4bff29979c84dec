/* Calls that come again, signatures that find no room, memory that is not there. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

#define T0 (1700000000 * SHUB_SECOND_US)
#define W  SHUB_WEBHOOK_WINDOW_US

static const shub_slice secret = {"Sesame", 6};

static shub_webhook_replay *new_replay(size_t calls)
{
    shub_webhook_replay *replay;

    ck_status(shub_webhook_replay_new(calls, &replay, NULL), SHUB_OK);
    return replay;
}

/* A call signed at one time and verified at another. */
static shub_status call_at(shub_webhook_replay *replay, int64_t signed_us, int64_t now_us,
                           const char *body)
{
    shub_webhook_options opts = SHUB_WEBHOOK_OPTIONS_INIT;
    char header[SHUB_WEBHOOK_SIGN_MAX];
    size_t len;

    opts.secrets = &secret;
    opts.secret_count = 1;
    opts.now_us = now_us;
    opts.replay = replay;
    ck_status(shub_webhook_sign(secret, signed_us, shub_str(body), header, sizeof header,
                                &len, NULL),
              SHUB_OK);
    return shub_webhook_verify(&opts, shub_bytes(header, len), shub_str(body), NULL,
                               NULL);
}

/* ---- replay ------------------------------------------------------------------------ */

START_TEST(test_replayed)
{
    shub_webhook_replay *replay = new_replay(0);

    ck_status(call_at(replay, T0, T0, "a"), SHUB_OK);
    ck_status(call_at(replay, T0, T0, "a"), SHUB_E_REPLAYED);
    ck_status(call_at(replay, T0, T0, "b"), SHUB_OK);
    ck_status(call_at(replay, T0 + SHUB_SECOND_US, T0, "a"), SHUB_OK);
    ck_status(call_at(NULL, T0, T0, "a"), SHUB_OK);
    shub_webhook_replay_free(replay);
    shub_webhook_replay_free(NULL);
}
END_TEST

/* As long as a call's time is in the window it is known, wherever the generations turn.
 */
START_TEST(test_known_as_long_as_it_can_come)
{
    for (int64_t begin = 0; begin <= 5 * W; begin += W / 4) {
        shub_webhook_replay *replay = new_replay(64);
        int64_t taken = T0 + begin, signed_us = taken + W;

        ck_status(call_at(replay, T0, T0, "first"), SHUB_OK);
        ck_status(call_at(replay, signed_us, taken, "x"), SHUB_OK);
        for (int64_t later = 0; later <= 2 * W; later += W / 8) {
            char body[24];
            snprintf(body, sizeof body, "%lld", (long long)later);
            ck_status(call_at(replay, taken + later, taken + later, body), SHUB_OK);
            ck_status(call_at(replay, signed_us, taken + later, "x"), SHUB_E_REPLAYED);
        }
        ck_status(call_at(replay, signed_us, taken + 2 * W + SHUB_SECOND_US, "x"),
                  SHUB_E_SKEWED);
        shub_webhook_replay_free(replay);
    }
}
END_TEST

/* The same when nothing else comes meanwhile. */
START_TEST(test_known_in_silence)
{
    for (int64_t begin = 0; begin <= 5 * W; begin += W / 4)
        for (int64_t later = 0; later <= 2 * W; later += W / 4) {
            shub_webhook_replay *replay = new_replay(64);
            int64_t taken = T0 + begin, signed_us = taken + W;

            ck_status(call_at(replay, T0, T0, "first"), SHUB_OK);
            ck_status(call_at(replay, signed_us, taken, "x"), SHUB_OK);
            ck_status(call_at(replay, signed_us, taken + later, "x"), SHUB_E_REPLAYED);
            shub_webhook_replay_free(replay);
        }
}
END_TEST

/* Two signatures of one call do not make two calls; neither do other secrets. */
START_TEST(test_replayed_by_another_signature)
{
    static const shub_slice two[] = {{"Sesame", 6}, {"Barley", 6}};
    shub_webhook_options opts = SHUB_WEBHOOK_OPTIONS_INIT;
    char header[3][2 * SHUB_WEBHOOK_SIGN_MAX];
    size_t len;

    opts.now_us = T0;
    opts.replay = new_replay(0);
    for (int i = 0; i < 2; i++)
        ck_status(shub_webhook_sign(two[i], T0, SHUB_LIT("b"), header[i],
                                    sizeof header[i], &len, NULL),
                  SHUB_OK);
    snprintf(header[2], sizeof header[2], "%s%s", header[1], strchr(header[0], ','));
    for (int i = 0; i < 3; i++) {
        opts.secrets = i == 2 ? two : &two[i];
        opts.secret_count = i == 2 ? 2 : 1;
        ck_status(
            shub_webhook_verify(&opts, shub_str(header[i]), SHUB_LIT("b"), NULL, NULL),
            i == 0 ? SHUB_OK : SHUB_E_REPLAYED);
    }
    shub_webhook_replay_free(opts.replay);
}
END_TEST

/* The id is of the call alone: not of its signature, nor of the secret. */
START_TEST(test_id)
{
    static const shub_slice two[] = {{"Sesame", 6}, {"Barley", 6}};
    shub_webhook_options opts = SHUB_WEBHOOK_OPTIONS_INIT;
    char header[SHUB_WEBHOOK_SIGN_MAX], ids[4][SHUB_WEBHOOK_ID_MAX];
    size_t len;

    opts.secrets = two;
    opts.secret_count = 2;
    opts.now_us = T0;
    for (int i = 0; i < 4; i++) {
        shub_slice body = i == 2 ? SHUB_LIT("c") : SHUB_LIT("b");
        ck_status(shub_webhook_sign(two[i % 2], i == 3 ? T0 + SHUB_SECOND_US : T0, body,
                                    header, sizeof header, &len, NULL),
                  SHUB_OK);
        ck_status(shub_webhook_verify(&opts, shub_str(header), body, ids[i], NULL),
                  SHUB_OK);
        ck_assert_uint_eq(strlen(ids[i]), SHUB_WEBHOOK_ID_MAX - 1);
    }
    ck_assert_str_eq(ids[0], ids[1]);
    ck_assert(strcmp(ids[0], ids[2]) != 0 && strcmp(ids[0], ids[3]) != 0);
    ck_status(shub_webhook_verify(&opts, shub_str(header), SHUB_LIT("c"), ids[0], NULL),
              SHUB_E_SIGNATURE);
    ck_assert_str_eq(ids[0], "");
}
END_TEST

/* Verifies a call signed at T0; its id. */
static shub_status id_at(shub_webhook_replay *replay, int64_t now_us, int number,
                         char id[SHUB_WEBHOOK_ID_MAX])
{
    shub_webhook_options opts = SHUB_WEBHOOK_OPTIONS_INIT;
    char header[SHUB_WEBHOOK_SIGN_MAX], body[16];
    size_t len;

    opts.secrets = &secret;
    opts.secret_count = 1;
    opts.now_us = now_us;
    opts.replay = replay;
    snprintf(body, sizeof body, "%d", number);
    ck_status(
        shub_webhook_sign(secret, T0, shub_str(body), header, sizeof header, &len, NULL),
        SHUB_OK);
    return shub_webhook_verify(&opts, shub_str(header), shub_str(body), id, NULL);
}

START_TEST(test_forgotten)
{
    shub_webhook_replay *replay = new_replay(1);
    char id[SHUB_WEBHOOK_ID_MAX], other[SHUB_WEBHOOK_ID_MAX];
    shub_error err = SHUB_ERROR_INIT;

    ck_status(id_at(replay, T0 - W, 0, id), SHUB_OK);
    ck_status(id_at(replay, T0 - W, 1, other), SHUB_E_LIMIT);
    ck_status(shub_webhook_replay_forget(replay, shub_str(id), &err), SHUB_OK);
    ck_status(shub_webhook_replay_forget(replay, shub_str(id), &err), SHUB_E_NOT_FOUND);
    ck_status(id_at(replay, T0 - W, 0, id), SHUB_OK);
    ck_status(id_at(replay, T0 + W, 1, other), SHUB_OK); /* a generation later */
    ck_status(id_at(replay, T0 + W, 0, id), SHUB_E_REPLAYED);
    ck_status(id_at(NULL, T0 + W, 0, id), SHUB_OK);
    ck_status(shub_webhook_replay_forget(replay, shub_str(id), &err), SHUB_OK);
    ck_status(shub_webhook_replay_forget(replay, shub_str(other), &err), SHUB_OK);
    ck_status(id_at(replay, T0 + W, 0, id), SHUB_OK);
    ck_status(shub_webhook_replay_forget(replay, SHUB_LIT(""), &err), SHUB_E_FORMAT);
    ck_status(shub_webhook_replay_forget(replay, shub_bytes(id, 30), &err),
              SHUB_E_FORMAT);
    id[0] = 'x';
    ck_status(shub_webhook_replay_forget(replay, shub_str(id), &err), SHUB_E_FORMAT);
    shub_webhook_replay_free(replay);
}
END_TEST

/* In a table as full as it can be every key is still found, whichever went. */
START_TEST(test_forgotten_of_many)
{
    enum { CALLS = 256 };
    shub_webhook_replay *replay = new_replay(CALLS);
    char ids[CALLS][SHUB_WEBHOOK_ID_MAX], id[SHUB_WEBHOOK_ID_MAX];

    for (int i = 0; i < CALLS; i++)
        ck_status(id_at(replay, T0, i, ids[i]), SHUB_OK);
    for (int gone = 0; gone < CALLS; gone += 3) {
        ck_status(shub_webhook_replay_forget(replay, shub_str(ids[gone]), NULL), SHUB_OK);
        for (int i = 0; i < CALLS; i++)
            if (i > gone || i % 3)
                ck_status(id_at(replay, T0, i, id), SHUB_E_REPLAYED);
    }
    for (int i = 0; i < CALLS; i += 3)
        ck_status(id_at(replay, T0, i, id), SHUB_OK);
    ck_status(id_at(replay, T0, CALLS, id), SHUB_E_LIMIT);
    shub_webhook_replay_free(replay);
}
END_TEST

/* What is not taken for lack of room is not noted either, and may come later. */
START_TEST(test_full)
{
    shub_webhook_replay *replay = new_replay(3);
    static const char *const bodies[] = {"a", "b", "c"};

    for (int i = 0; i < 3; i++)
        ck_status(call_at(replay, T0, T0, bodies[i]), SHUB_OK);
    ck_status(call_at(replay, T0 + W, T0, "d"), SHUB_E_LIMIT);
    ck_status(call_at(replay, T0, T0, "a"), SHUB_E_REPLAYED);
    ck_status(call_at(replay, T0 + W, T0 + 2 * W, "d"), SHUB_OK);
    shub_webhook_replay_free(replay);
}
END_TEST

START_TEST(test_many)
{
    shub_webhook_replay *replay = new_replay(1000);
    char body[16];

    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            snprintf(body, sizeof body, "%d", i);
            ck_status(call_at(replay, T0, T0, body), round ? SHUB_E_REPLAYED : SHUB_OK);
        }
    shub_webhook_replay_free(replay);
}
END_TEST

START_TEST(test_options)
{
    shub_webhook_options opts = SHUB_WEBHOOK_OPTIONS_INIT;
    shub_webhook_replay *replay;
    char header[SHUB_WEBHOOK_SIGN_MAX];
    size_t len;

    ck_status(shub_webhook_replay_new(SHUB_WEBHOOK_MAX_REPLAY_CALLS + 1, &replay, NULL),
              SHUB_E_INVALID);
    ck_assert_ptr_null(replay);
    ck_status(
        shub_webhook_sign(secret, T0, SHUB_LIT("b"), header, sizeof header, &len, NULL),
        SHUB_OK);
    opts.secrets = &secret;
    opts.secret_count = 1;
    opts.now_us = T0;
    opts.replay = new_replay(1);
    ck_status(shub_webhook_verify(&opts, shub_str(header), SHUB_LIT("b"), NULL, NULL),
              SHUB_OK);
    opts.window_us = W + 1; /* another than before */
    ck_status(shub_webhook_verify(&opts, shub_str(header), SHUB_LIT("b"), NULL, NULL),
              SHUB_E_INVALID);
    shub_webhook_replay_free(opts.replay);
    opts.replay = NULL;
    opts.window_us = SHUB_WEBHOOK_MAX_WINDOW_US + 1;
    ck_status(shub_webhook_verify(&opts, shub_str(header), SHUB_LIT("b"), NULL, NULL),
              SHUB_E_INVALID);
    opts.window_us = -1;
    ck_status(shub_webhook_verify(&opts, shub_str(header), SHUB_LIT("b"), NULL, NULL),
              SHUB_E_INVALID);
    opts.window_us = 0;
    opts.now_us = -1;
    ck_status(shub_webhook_verify(&opts, shub_str(header), SHUB_LIT("b"), NULL, NULL),
              SHUB_E_INVALID);
}
END_TEST

/* ---- room and memory --------------------------------------------------------------- */

START_TEST(test_room)
{
    char header[SHUB_WEBHOOK_SIGN_MAX];
    size_t len, whole;

    ck_status(shub_webhook_sign(secret, INT64_MAX, SHUB_LIT("b"), header, sizeof header,
                                &whole, NULL),
              SHUB_OK);
    for (size_t cap = 0; cap <= whole; cap++) {
        char *dst = malloc(cap ? cap : 1);
        ck_status(
            shub_webhook_sign(secret, INT64_MAX, SHUB_LIT("b"), dst, cap, &len, NULL),
            SHUB_E_LIMIT);
        ck_assert(len == 0 && (!cap || dst[0] == '\0'));
        free(dst);
    }
    ck_status(
        shub_webhook_sign(secret, -1, SHUB_LIT("b"), header, sizeof header, &len, NULL),
        SHUB_E_RANGE);
    for (size_t cap = 0; cap < 4; cap++) {
        char *dst = malloc(cap ? cap : 1);
        ck_status(shub_webhook_form_field(SHUB_LIT("a=%31+3"), SHUB_LIT("a"), dst, cap,
                                          &len, NULL),
                  SHUB_E_LIMIT);
        ck_assert(len == 0 && (!cap || dst[0] == '\0'));
        free(dst);
    }
    ck_status(shub_webhook_form_field(SHUB_LIT("a=%31+3"), SHUB_LIT("a"), header, 4, &len,
                                      NULL),
              SHUB_OK);
    ck_assert_str_eq(header, "1 3");
}
END_TEST

static shub_status with_memory(void *user)
{
    char signature[SHUB_WEBHOOK_LAMBDA_MAX];
    shub_webhook_replay *replay;
    shub_status status = shub_webhook_replay_new(4, &replay, NULL);

    (void)user;
    if (status)
        return status;
    status = call_at(replay, T0, T0, "a");
    if (!status)
        status = shub_webhook_lambda_sign(
            secret, SHUB_LIT("{\"data\":{\"attributes\":{\"a\":\"\\n\"}}}"), signature,
            NULL);
    if (status)
        ck_assert_str_eq(signature, "");
    shub_webhook_replay_free(replay);
    return status;
}

START_TEST(test_no_memory)
{
    ck_assert_uint_eq(oom_loop(with_memory, NULL), 5);
}
END_TEST

/* An OpenSSL without algorithms, as a policy may leave it. What went wrong is told by us
 * alone: an error that stayed in its queue would be taken for one of a connection. */
START_TEST(test_without_openssls_hmac)
{
    char signature[SHUB_WEBHOOK_PIPE_MAX];
    shub_error err = SHUB_ERROR_INIT;

    if (_i)
        ck_status(shub_webhook_pipe_sign(secret, SHUB_LIT("u"), SHUB_LIT("{}"), signature,
                                         NULL),
                  SHUB_OK);
    ck_assert_int_eq(EVP_set_default_properties(NULL, "provider=nobody"), 1);
    ck_status(
        shub_webhook_pipe_sign(secret, SHUB_LIT("u"), SHUB_LIT("{}"), signature, &err),
        SHUB_E_UNSUPPORTED);
    ck_assert_str_eq(err.message,
                     _i ? "OpenSSL refuses HMAC-SHA1" : "OpenSSL has no HMAC");
    ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("webhook_calls");
    TCase *replay = tcase_create("replay");
    TCase *room = tcase_create("room");

    tcase_add_test(replay, test_replayed);
    tcase_add_test(replay, test_known_as_long_as_it_can_come);
    tcase_add_test(replay, test_known_in_silence);
    tcase_add_test(replay, test_replayed_by_another_signature);
    tcase_add_test(replay, test_id);
    tcase_add_test(replay, test_forgotten);
    tcase_add_test(replay, test_forgotten_of_many);
    tcase_add_test(replay, test_full);
    tcase_add_test(replay, test_many);
    tcase_add_test(replay, test_options);
    suite_add_tcase(suite, replay);
    tcase_add_test(room, test_room);
    tcase_add_test(room, test_no_memory);
    tcase_add_loop_test(room, test_without_openssls_hmac, 0, 2);
    suite_add_tcase(suite, room);
    return suite_run(suite);
}
