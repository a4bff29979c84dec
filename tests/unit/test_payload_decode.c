/* Decoders found, registered, called; an application's own; frames of every size. */
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char two[] = {0x01, 0x00, 0xe2, 0x02, 0x29};

static shub_frame frame_of(const void *bytes, size_t len)
{
    shub_frame frame = SHUB_FRAME_INIT;
    frame.payload = shub_bytes(bytes, len);
    frame.device = shub_str("d");
    frame.time_us = 1598966251 * SHUB_SECOND_US;
    return frame;
}

static shub_batch *new_batch(void)
{
    shub_batch *batch;
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    return batch;
}

static const shub_decoder *built_in(const char *name)
{
    const shub_decoder *decoder = shub_decoder_find(NULL, shub_str(name));
    ck_assert_ptr_nonnull(decoder);
    return decoder;
}

static shub_registry *new_registry(void)
{
    shub_registry *registry;
    ck_status(shub_registry_new(&registry, NULL), SHUB_OK);
    return registry;
}

START_TEST(the_table_is_in_order_and_says_all)
{
    const char *before = "";
    const shub_decoder *d;
    size_t i = 0;
    for (; (d = shub_decoder_at(NULL, i)); i++) {
        ck_assert_str_lt(before, d->name);
        ck_assert(shub_name_valid(shub_str(d->name)));
        ck_assert_uint_eq(d->size, sizeof *d);
        ck_assert(strlen(d->vendor) > 2 && strlen(d->what) > 10);
        ck_assert_uint_gt(strlen(d->document), 10);
        ck_assert(d->port == SHUB_NONE || (d->port >= 1 && d->port <= 223));
        ck_assert_ptr_eq(shub_decoder_find(NULL, shub_str(d->name)), d);
        before = d->name;
    }
    ck_assert_uint_ge(i, 6);
    ck_assert_ptr_null(shub_decoder_find(NULL, SHUB_LIT("")));
    ck_assert_ptr_null(shub_decoder_find(NULL, SHUB_LIT("ELSYS")));
    ck_assert_ptr_null(shub_decoder_find(NULL, SHUB_LIT("elsy")));
}
END_TEST

START_TEST(what_is_no_frame_is_refused)
{
    static unsigned char bytes[SHUB_PAYLOAD_MAX + 1];
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch = new_batch();
    shub_frame frame = frame_of(bytes, sizeof bytes);
    ck_status(shub_decode(built_in("elsys"), &frame, batch, &err), SHUB_E_LIMIT);
    frame = frame_of(bytes, 0);
    ck_status(shub_decode(built_in("elsys"), &frame, batch, &err), SHUB_E_FORMAT);
    ck_status(shub_decode(NULL, &frame, batch, &err), SHUB_E_NOT_FOUND);
    frame = frame_of(two, sizeof two);
    frame.device = shub_bytes(NULL, 0);
    ck_status(shub_decode(built_in("elsys"), &frame, batch, &err), SHUB_E_CONTENT);
    ck_assert_str_eq(err.message, "device is empty");
    frame.size = 0;
    ck_status(shub_decode(built_in("elsys"), &frame, batch, &err), SHUB_E_INVALID);
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    shub_batch_free(batch);
}
END_TEST

START_TEST(frames_of_other_headers)
{
    struct {
        shub_frame known;
        int64_t later;
    } newer = {frame_of(two, sizeof two), 0};
    shub_batch *batch = new_batch();
    newer.known.size = sizeof newer;
    ck_status(shub_decode(built_in("elsys"), &newer.known, batch, NULL), SHUB_OK);
    newer.later = 1;
    ck_status(shub_decode(built_in("elsys"), &newer.known, batch, NULL), SHUB_E_INVALID);
    newer.known.size = offsetof(shub_frame, port);
    ck_status(shub_decode(built_in("elsys"), &newer.known, batch, NULL), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 4);
    shub_batch_free(batch);
}
END_TEST

/* Settings of keys alone: neither rows nor the names that rows would have had. */
START_TEST(a_frame_without_samples_leaves_no_trace)
{
    static const unsigned char key[] = {0x3e, 0x05, 0x06, 1, 2, 3, 4};
    shub_batch *batch = new_batch();
    shub_columns c = {.size = sizeof c};
    shub_frame frame = frame_of(key, sizeof key);
    frame.flags = SHUB_TIME_ASSUMED;
    ck_status(shub_decode(built_in("elsys"), &frame, batch, NULL), SHUB_OK);
    shub_batch_columns(batch, &c);
    ck_assert(!c.rows && !c.device_count && !c.quantity_count && !c.flags);
    shub_batch_free(batch);
}
END_TEST

/* The longest payload, each byte a row's, times going back and forth. */
START_TEST(the_longest_frame)
{
    static unsigned char bytes[SHUB_PAYLOAD_MAX];
    shub_batch *batch = new_batch();
    shub_columns c = {.size = sizeof c};
    size_t len = 0, n = 0;
    for (; len + 4 <= sizeof bytes; n++) {
        bytes[len++] = 0x59; /* external temperature, one byte of offset */
        bytes[len++] = 0;
        bytes[len++] = (unsigned char)n;
        bytes[len++] = (unsigned char)(n * 37);
    }
    shub_frame frame = frame_of(bytes, len);
    ck_status(shub_decode(built_in("elsys"), &frame, batch, NULL), SHUB_OK);
    shub_batch_columns(batch, &c);
    ck_assert_uint_eq(c.rows, n);
    for (size_t i = 1; i < c.rows; i++)
        ck_assert(c.time_us[i - 1] <= c.time_us[i]);
    shub_batch_free(batch);
}
END_TEST

/* ---- an application's own ---------------------------------------------------------- */

/* First byte: how many samples of 1; second: what to return; third: what else. */
static shub_status own_decode(const shub_frame *frame, shub_batch *batch, void *user,
                              shub_error *err)
{
    const signed char *p = (const signed char *)frame->payload.ptr;
    shub_sample s = SHUB_SAMPLE_INIT;
    ck_assert_uint_eq(frame->size, sizeof *frame);
    ck_assert_str_eq(user, "user");
    s.device = frame->device;
    s.time_us = frame->time_us;
    s.value = shub_double(1);
    for (int i = 0; i < p[0]; i++) {
        char name[] = "own.0";
        name[4] = (char)('0' + i);
        s.quantity = shub_str(name);
        shub_status status = shub_batch_append(batch, &s, err);
        if (status)
            return status;
    }
    if (p[2] == 1)
        shub_batch_clear(batch);
    if (p[2] == 2 && err) {
        err->code = p[1];
        strcpy(err->message, "own words");
    }
    if (p[2] == 3) {
        shub_frame inner = *frame;
        inner.payload = shub_bytes(two, sizeof two);
        return shub_decode(shub_decoder_find(NULL, SHUB_LIT("elsys")), &inner, batch,
                           err);
    }
    return (shub_status)p[1];
}

static shub_decoder own(const char *name)
{
    shub_decoder decoder = SHUB_DECODER_INIT;
    decoder.name = name;
    decoder.decode = own_decode;
    decoder.user = (void *)"user";
    return decoder;
}

static shub_status decode_own(const shub_decoder *decoder, shub_batch *batch, int samples,
                              int status, int what, shub_error *err)
{
    const signed char bytes[] = {(signed char)samples, (signed char)status,
                                 (signed char)what};
    shub_frame frame = frame_of(bytes, sizeof bytes);
    return shub_decode(decoder, &frame, batch, err);
}

START_TEST(an_own_decoder_appends)
{
    shub_batch *batch = new_batch();
    shub_decoder decoder = own("own");
    shub_error err = SHUB_ERROR_INIT;
    ck_status(decode_own(&decoder, batch, 3, 0, 0, &err), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 3);
    ck_status(decode_own(&decoder, batch, 3, 0, 3, &err), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 8);
    ck_status(decode_own(&decoder, batch, 0, 0, 0, &err), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 8);
    shub_batch_free(batch);
}
END_TEST

START_TEST(what_an_own_decoder_refused_is_taken_back)
{
    shub_batch *batch = new_batch();
    shub_decoder decoder = own("own");
    shub_error err = SHUB_ERROR_INIT;
    ck_status(decode_own(&decoder, batch, 2, SHUB_E_CONTENT, 2, &err), SHUB_E_CONTENT);
    ck_assert_str_eq(err.message, "own words");
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    ck_status(decode_own(&decoder, batch, 2, SHUB_E_FORMAT, 0, &err), SHUB_E_FORMAT);
    ck_assert_str_eq(err.message, "decoder own: malformed input");
    ck_status(decode_own(&decoder, batch, 2, SHUB_E_FORMAT, 0, NULL), SHUB_E_FORMAT);
    shub_batch_free(batch);
}
END_TEST

/* One error for many frames: what is in it is the last frame's. */
START_TEST(an_own_decoder_is_not_told_in_older_words)
{
    shub_batch *batch = new_batch();
    shub_decoder decoder = own("own");
    shub_error err = SHUB_ERROR_INIT;
    ck_status(decode_own(&decoder, batch, 2, SHUB_E_CONTENT, 2, &err), SHUB_E_CONTENT);
    ck_assert_str_eq(err.message, "own words");
    ck_status(decode_own(&decoder, batch, 2, SHUB_OK, 0, &err), SHUB_OK);
    ck_assert_int_eq(err.code, SHUB_E_CONTENT);
    ck_assert_str_eq(err.message, "own words");
    ck_status(decode_own(&decoder, batch, 2, SHUB_E_CONTENT, 0, &err), SHUB_E_CONTENT);
    ck_assert_str_eq(err.message, "decoder own: value not allowed");
    shub_batch_free(batch);
}
END_TEST

START_TEST(an_own_decoder_may_keep_a_part)
{
    shub_batch *batch = new_batch();
    shub_decoder decoder = own("own");
    shub_error err = SHUB_ERROR_INIT;
    decoder.keeps_part = 1;
    ck_status(decode_own(&decoder, batch, 2, SHUB_E_FORMAT, 0, &err), SHUB_E_FORMAT);
    ck_assert_uint_eq(shub_batch_count(batch), 2);
    ck_status(decode_own(&decoder, batch, 3, SHUB_E_NOMEM, 0, &err), SHUB_E_NOMEM);
    ck_assert_uint_eq(shub_batch_count(batch), 2);
    ck_status(decode_own(&decoder, batch, 3, 0, 1, &err), SHUB_E_INVALID);
    ck_assert_str_eq(err.message, "decoder own cleared the batch");
    shub_batch_free(batch);
}
END_TEST

/* ---- registries -------------------------------------------------------------------- */

START_TEST(registered_decoders_are_found)
{
    shub_registry *registry = new_registry();
    char name[16];
    size_t built_ins = 0;
    while (shub_decoder_at(NULL, built_ins))
        built_ins++;
    for (int i = 0; i < 100; i++) {
        shub_decoder decoder = own(name);
        snprintf(name, sizeof name, "own-%d", i);
        decoder.what = i ? NULL : "what";
        ck_status(shub_decoder_register(registry, &decoder, NULL), SHUB_OK);
    }
    memset(name, 'x', sizeof name); /* it was copied */
    for (int i = 0; i < 100; i++) {
        const shub_decoder *d = shub_decoder_at(registry, built_ins + (size_t)i);
        snprintf(name, sizeof name, "own-%d", i);
        ck_assert_str_eq(d->name, name);
        ck_assert_str_eq(d->what, i ? "" : "what");
        ck_assert_ptr_eq(shub_decoder_find(registry, shub_str(name)), d);
        ck_assert_ptr_null(shub_decoder_find(NULL, shub_str(name)));
    }
    ck_assert_ptr_null(shub_decoder_at(registry, built_ins + 100));
    ck_assert_ptr_null(shub_decoder_at(NULL, built_ins));
    ck_assert_ptr_eq(shub_decoder_find(registry, SHUB_LIT("elsys")), built_in("elsys"));
    shub_registry_free(registry);
    shub_registry_free(NULL);
}
END_TEST

START_TEST(what_may_not_be_registered)
{
    shub_registry *registry = new_registry();
    shub_error err = SHUB_ERROR_INIT;
    shub_decoder decoder = own("own");
    ck_status(shub_decoder_register(registry, &decoder, &err), SHUB_OK);
    ck_status(shub_decoder_register(registry, &decoder, &err), SHUB_E_EXISTS);
    decoder.name = "elsys";
    ck_status(shub_decoder_register(registry, &decoder, &err), SHUB_E_EXISTS);
    decoder.name = "a/b";
    ck_status(shub_decoder_register(registry, &decoder, &err), SHUB_E_INVALID);
    decoder.name = NULL;
    ck_status(shub_decoder_register(registry, &decoder, &err), SHUB_E_INVALID);
    decoder = own("nothing");
    decoder.decode = NULL;
    ck_status(shub_decoder_register(registry, &decoder, &err), SHUB_E_INVALID);
    decoder = own("other");
    decoder.size = 0;
    ck_status(shub_decoder_register(registry, &decoder, &err), SHUB_E_INVALID);
    shub_registry_free(registry);
}
END_TEST

START_TEST(a_registry_ends_somewhere)
{
    shub_registry *registry = new_registry();
    shub_error err = SHUB_ERROR_INIT;
    char name[16];
    shub_decoder decoder = own(name);
    for (int i = 0; i <= SHUB_REGISTRY_MAX; i++) {
        snprintf(name, sizeof name, "own-%d", i);
        ck_status(shub_decoder_register(registry, &decoder, &err),
                  i < SHUB_REGISTRY_MAX ? SHUB_OK : SHUB_E_LIMIT);
    }
    shub_registry_free(registry);
}
END_TEST

static shub_status register_some(void *user)
{
    shub_registry *registry = user;
    shub_status status = shub_registry_new(&registry, NULL);
    char name[16];
    shub_decoder decoder = own(name);
    for (int i = 0; i < 20 && !status; i++) {
        snprintf(name, sizeof name, "own-%d", i);
        status = shub_decoder_register(registry, &decoder, NULL);
        ck_assert(!status == (shub_decoder_find(registry, shub_str(name)) != NULL));
    }
    shub_registry_free(registry);
    return status;
}

START_TEST(no_memory_to_register)
{
    ck_assert_uint_gt(oom_loop(register_some, NULL), 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("payload_decode");
    TCase *decode = tcase_create("decode");
    TCase *registry = tcase_create("registry");
    tcase_add_test(decode, the_table_is_in_order_and_says_all);
    tcase_add_test(decode, what_is_no_frame_is_refused);
    tcase_add_test(decode, frames_of_other_headers);
    tcase_add_test(decode, a_frame_without_samples_leaves_no_trace);
    tcase_add_test(decode, the_longest_frame);
    tcase_add_test(decode, an_own_decoder_appends);
    tcase_add_test(decode, what_an_own_decoder_refused_is_taken_back);
    tcase_add_test(decode, an_own_decoder_is_not_told_in_older_words);
    tcase_add_test(decode, an_own_decoder_may_keep_a_part);
    suite_add_tcase(suite, decode);
    tcase_add_test(registry, registered_decoders_are_found);
    tcase_add_test(registry, what_may_not_be_registered);
    tcase_add_test(registry, a_registry_ends_somewhere);
    tcase_add_test(registry, no_memory_to_register);
    suite_add_tcase(suite, registry);
    return suite_run(suite);
}
