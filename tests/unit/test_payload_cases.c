/* Every case of tests/vectors/payload_*.txt, and what must hold for all of them: no
 * repeated (device, quantity, time), rows of one time together and in order, nothing
 * appended by refused frames, any byte of the end missing, any allocation failing. */
#include "support/payload_cases.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

static const char before_line[] = "{\"device\":\"before\",\"quantity\":\"temperature\","
                                  "\"time\":\"1970-01-01T00:00:00Z\",\"value\":1.0}\n";

/* A batch with a row that a decoder must leave alone. */
static shub_batch *new_batch(void)
{
    shub_batch *batch;
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    ck_status(shub_batch_add_jsonl(batch, shub_str(before_line), NULL, NULL), SHUB_OK);
    return batch;
}

static void ck_in_order(const shub_batch *batch)
{
    shub_columns c = {.size = sizeof c};
    shub_batch_columns(batch, &c);
    for (size_t i = 2; i < c.rows; i++)
        ck_assert_msg(c.time_us[i - 1] <= c.time_us[i], "row %zu is out of order", i);
}

static void ck_lines(shub_batch *batch, const payload_case *c)
{
    shub_slice text;
    size_t skip = strlen(before_line);
    ck_status(shub_batch_to_jsonl(batch, &text, NULL), SHUB_OK);
    ck_assert_uint_ge(text.len, skip);
    text = shub_bytes(text.ptr + skip, text.len - skip);
    ck_assert_msg(shub_slice_equal(text, shub_str(c->lines)),
                  "case %s: got\n%.*swanted\n%s", c->name, (int)text.len, text.ptr,
                  c->lines);
}

START_TEST(cases_are_decoded_as_written)
{
    const payload_case *c = payload_case_at((size_t)_i);
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch = new_batch();
    shub_status status = shub_decode(c->decoder, &c->frame, batch, &err);
    ck_assert_msg(status == c->status, "case %s: %s, %s", c->name,
                  shub_status_name(status), err.message);
    ck_assert_int_eq(err.code, status);
    ck_assert_msg(!status || err.pos == c->pos, "case %s: pos %d: %s", c->name,
                  (int)err.pos, err.message);
    if (c->message)
        ck_assert_msg(!strcmp(err.message, c->message), "case %s: %s", c->name,
                      err.message);
    ck_lines(batch, c);
    ck_no_repeats(batch);
    ck_in_order(batch);
    ck_status(shub_decode(c->decoder, &c->frame, batch, NULL), status);
    shub_batch_free(batch);
}
END_TEST

START_TEST(no_prefix_reads_too_far)
{
    const payload_case *c = payload_case_at((size_t)_i);
    shub_batch *batch = new_batch();
    for (size_t len = 0; len < c->frame.payload.len; len++) {
        shub_frame frame = c->frame;
        char *bytes = malloc(len + !len);
        memcpy(bytes, c->frame.payload.ptr, len);
        frame.payload = shub_bytes(bytes, len);
        shub_error err = SHUB_ERROR_INIT;
        size_t rows = shub_batch_count(batch);
        shub_status status = shub_decode(c->decoder, &frame, batch, &err);
        ck_assert(status == SHUB_OK || shub_status_class(status) == SHUB_CLASS_INPUT);
        ck_assert_int_le(err.pos, (int64_t)len);
        if (status && !c->decoder->keeps_part)
            ck_assert_uint_eq(shub_batch_count(batch), rows);
        shub_batch_clear(batch);
        free(bytes);
    }
    shub_batch_free(batch);
}
END_TEST

static shub_status decode_in_full(void *user)
{
    const payload_case *c = user;
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    shub_status status = shub_batch_new(&batch, NULL);
    if (status)
        return status;
    status = shub_decode(c->decoder, &c->frame, batch, &err);
    if (status == SHUB_E_NOMEM) {
        shub_columns columns = {.size = sizeof columns};
        shub_batch_columns(batch, &columns);
        ck_assert(!columns.rows && !columns.device_count && !columns.quantity_count);
        ck_assert_int_eq(err.code, SHUB_E_NOMEM);
    }
    shub_batch_free(batch);
    return status == c->status ? SHUB_OK : status;
}

START_TEST(no_memory_appends_nothing)
{
    const payload_case *c = payload_case_at((size_t)_i);
    ck_assert_uint_ge(oom_loop(decode_in_full, (void *)c), 1);
}
END_TEST

/* ---- every decoder ----------------------------------------------------------------- */

static const shub_decoder *decoder_of(int i)
{
    return shub_decoder_at(NULL, (size_t)i);
}

START_TEST(decoders_have_cases)
{
    int good = 0, bad = 0;
    for (size_t i = 0; i < payload_case_count(); i++)
        if (payload_case_at(i)->decoder == decoder_of(_i)) {
            good += !payload_case_at(i)->status;
            bad += payload_case_at(i)->status != SHUB_OK;
        }
    ck_assert_msg(good > 0, "%s", decoder_of(_i)->name);
    ck_assert_msg(bad > 0 || !strcmp(decoder_of(_i)->name, "elsys_gps_le"), "%s",
                  decoder_of(_i)->name);
}
END_TEST

START_TEST(times_at_the_ends_of_time)
{
    static const int64_t times[] = {INT64_MIN, INT64_MIN + SHUB_SECOND_US, INT64_MAX};
    for (size_t i = 0; i < payload_case_count(); i++) {
        const payload_case *c = payload_case_at(i);
        shub_frame frame = c->frame;
        shub_batch *batch = new_batch();
        for (size_t t = 0; t < sizeof times / sizeof times[0]; t++) {
            shub_error err = SHUB_ERROR_INIT;
            frame.time_us = times[t];
            shub_status status = shub_decode(c->decoder, &frame, batch, &err);
            ck_assert_msg(status == c->status || status == SHUB_E_RANGE, "case %s: %s",
                          c->name, err.message);
        }
        shub_batch_free(batch);
    }
}
END_TEST

START_TEST(flags_are_on_every_row)
{
    shub_columns columns = {.size = sizeof columns};
    shub_batch *batch;
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    for (size_t i = 0; i < payload_case_count(); i++) {
        const payload_case *c = payload_case_at(i);
        shub_frame frame = c->frame;
        frame.flags = SHUB_TIME_ASSUMED;
        ck_status(shub_decode(c->decoder, &frame, batch, NULL), c->status);
        shub_batch_columns(batch, &columns);
        for (size_t row = 0; row < columns.rows; row++)
            ck_assert(columns.flags[row] & SHUB_TIME_ASSUMED);
        frame.flags = 64;
        if (c->status == SHUB_OK)
            ck_status(shub_decode(c->decoder, &frame, batch, NULL), SHUB_E_INVALID);
    }
    shub_batch_free(batch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("payload_cases");
    TCase *cases = tcase_create("cases");
    int count = (int)payload_case_count();
    int decoders = 0;
    while (decoder_of(decoders))
        decoders++;
    tcase_add_loop_test(cases, cases_are_decoded_as_written, 0, count);
    tcase_add_loop_test(cases, no_prefix_reads_too_far, 0, count);
    tcase_add_loop_test(cases, no_memory_appends_nothing, 0, count);
    tcase_add_loop_test(cases, decoders_have_cases, 0, decoders);
    tcase_add_test(cases, times_at_the_ends_of_time);
    tcase_add_test(cases, flags_are_on_every_row);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
