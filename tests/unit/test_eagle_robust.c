/* What must hold whatever stands in a body: truncation, no memory, limits, secrets, and
 * no sample twice. */
#include "support/eagle_cases.h"
#include "support/suite.h"

#include "base/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- helpers ------------------------------------------------------------------- */

static shub_status samples_of(const shub_eagle_reply *reply, shub_batch **batch)
{
    ck_status(shub_batch_new(batch, NULL), SHUB_OK);
    return shub_eagle_reply_samples(reply, EAGLE_ARRIVAL_US, *batch, NULL);
}

static shub_status case_samples_of(const eagle_case *c, const shub_eagle_reply *reply,
                                   shub_batch **batch)
{
    ck_status(shub_batch_new(batch, NULL), SHUB_OK);
    return eagle_case_samples(c, reply, *batch, NULL);
}

static void no_sample_twice(const shub_batch *batch)
{
    shub_columns c = {.size = sizeof c};
    size_t twice = 0;

    shub_batch_columns(batch, &c);
    for (size_t i = 0; i < c.rows; i++)
        for (size_t k = 0; k < i; k++)
            twice += c.time_us[i] == c.time_us[k] && c.device[i] == c.device[k] &&
                     c.quantity[i] == c.quantity[k];
    ck_assert_uint_eq(twice, 0);
}

/* A part of a body in a block of exactly its size, for the sanitizer. */
static shub_status parse_exactly(shub_slice part, shub_eagle_reply **reply,
                                 shub_error *err)
{
    char *block = malloc(part.len ? part.len : 1);
    shub_status status;

    if (part.len)
        memcpy(block, part.ptr, part.len);
    status = shub_eagle_parse(shub_bytes(block, part.len), reply, err);
    free(block);
    return status;
}

static void repeat(char **to, const char *text, size_t times)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < times; i++, *to += len)
        memcpy(*to, text, len);
}

/* ---- every case ---------------------------------------------------------------- */

/* A body that parses and is cut is whole up to the cut or truncated, never malformed. */
static void check_cut(const eagle_case *c, size_t cut, shub_status status,
                      const shub_error *err)
{
    if (c->parse != SHUB_OK || c->part)
        return;
    if (status == SHUB_E_UNEXPECTED) /* within a byte order mark */
        ck_assert_uint_lt(cut, 3);
    else if (status == SHUB_E_TRUNCATED)
        ck_assert_int_eq(err->pos, (int64_t)cut);
    else
        ck_assert_msg(status == SHUB_OK || status == SHUB_E_EMPTY,
                      "case %s cut at %zu: %s", c->name, cut, err->message);
}

START_TEST(every_truncation_has_a_status)
{
    const eagle_case *c = eagle_case_at((size_t)_i);

    for (size_t cut = 0; cut < c->body.len; cut++) {
        shub_error err = SHUB_ERROR_INIT;
        shub_eagle_reply *reply = NULL;
        shub_batch *batch;
        shub_status status = parse_exactly(shub_bytes(c->body.ptr, cut), &reply, &err);
        check_cut(c, cut, status, &err);
        ck_assert_int_eq(status == SHUB_OK, reply != NULL);
        ck_assert_int_le(err.pos, (int64_t)cut);
        ck_assert_ptr_null(strstr(err.message, "123456789abcdef")); /* an InstallCode */
        if (status)
            continue;
        samples_of(reply, &batch);
        no_sample_twice(batch);
        shub_batch_free(batch);
        shub_eagle_reply_free(reply);
    }
}
END_TEST

/* What stands whole before a cut gives samples that the whole body gives as well. */
START_TEST(a_part_gives_no_other_samples)
{
    const eagle_case *c = eagle_case_at((size_t)_i);
    shub_slice line;

    if (c->parse || c->part)
        return;
    for (size_t cut = 0; cut < c->body.len; cut++) {
        shub_eagle_reply *reply;
        shub_batch *batch;
        shub__reader lines;
        if (shub_eagle_parse_part(shub_bytes(c->body.ptr, cut), &reply, NULL))
            continue;
        (void)case_samples_of(c, reply, &batch);
        if (shub_eagle_reply_truncated(reply)) {
            ck_status(shub_batch_to_jsonl(batch, &line, NULL), SHUB_OK);
            shub__reader_init(&lines, line.ptr, line.len);
            while (shub__read_line(&lines, &line))
                ck_assert_msg(!line.len || memmem(c->lines, strlen(c->lines), line.ptr,
                                                  line.len) != NULL,
                              "case %s cut at %zu: %.*s", c->name, cut, (int)line.len,
                              line.ptr);
        }
        shub_batch_free(batch);
        shub_eagle_reply_free(reply);
    }
}
END_TEST

static shub_status parse_and_sample(void *user)
{
    const eagle_case *c = user;
    shub_eagle_reply *reply = NULL;
    shub_batch *batch = NULL;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = eagle_case_parse(c, c->body, &reply, &err);

    if (!status)
        status = shub_batch_new(&batch, &err);
    if (!status)
        status = eagle_case_samples(c, reply, batch, &err);
    ck_assert_int_eq(status, err.code);
    shub_batch_free(batch);
    shub_eagle_reply_free(reply);
    /* What the case says comes of it, when no allocation failed. */
    return status && (status == c->parse || status == c->samples) ? SHUB_OK : status;
}

START_TEST(every_allocation_may_fail)
{
    const eagle_case *c = eagle_case_at((size_t)_i);

    ck_assert_uint_gt(oom_loop(parse_and_sample, (void *)c), 0);
}
END_TEST

START_TEST(samples_come_once_and_errors_may_be_untold)
{
    const eagle_case *c = eagle_case_at((size_t)_i);
    shub_eagle_reply *reply;
    shub_batch *batch;

    ck_status(eagle_case_parse(c, c->body, &reply, NULL), c->parse);
    if (c->parse)
        return;
    ck_status(case_samples_of(c, reply, &batch), c->samples);
    no_sample_twice(batch);
    shub_batch_free(batch);
    shub_eagle_reply_free(reply);
}
END_TEST

/* ---- limits -------------------------------------------------------------------- */

static char *big; /* of twice the largest body */

static void make_big(void)
{
    big = malloc(2 * SHUB_EAGLE_BODY_MAX);
    ck_assert_ptr_nonnull(big);
}

static void free_big(void)
{
    free(big);
}

/* The status of what stands from `big` to `end`. */
static shub_status parse_big(const char *end, shub_error *err)
{
    shub_eagle_reply *reply;
    shub_status status = parse_exactly(shub_bytes(big, (size_t)(end - big)), &reply, err);

    shub_eagle_reply_free(reply);
    return status;
}

START_TEST(a_body_has_a_largest_size)
{
    shub_error err = SHUB_ERROR_INIT;
    char *end = big;

    repeat(&end, "<a/>", SHUB_EAGLE_BODY_MAX / 4);
    ck_status(parse_big(end, &err), SHUB_OK);
    repeat(&end, " ", 1);
    ck_status(parse_big(end, &err), SHUB_E_LIMIT);
    ck_assert_str_eq(err.message, "body of 1048577 bytes, at most 1048576");
}
END_TEST

START_TEST(bytes_may_grow_on_the_way)
{
    char *end = big;

    repeat(&end, "<a><b>", 1);
    repeat(&end, "&", SHUB_EAGLE_BODY_MAX - 14);
    repeat(&end, "</b></a>", 1);
    ck_status(parse_big(end, NULL), SHUB_OK);
    end = big + 6;
    repeat(&end, "\x80", SHUB_EAGLE_BODY_MAX - 14);
    ck_status(parse_big(end + 8, NULL), SHUB_OK);
    end = big;
    repeat(&end, "{\"a\":\"", 1);
    repeat(&end, "\x80", SHUB_EAGLE_BODY_MAX - 8);
    repeat(&end, "\"}", 1);
    ck_status(parse_big(end, NULL), SHUB_OK);
}
END_TEST

START_TEST(a_body_has_most_readings)
{
    shub_error err = SHUB_ERROR_INIT;
    char *end = big;

    repeat(&end, "<a><b/></a>", SHUB_EAGLE_READINGS_MAX);
    ck_status(parse_big(end, &err), SHUB_OK);
    repeat(&end, "<a><b/></a>", 1);
    ck_status(parse_big(end, &err), SHUB_E_LIMIT);
    ck_assert_str_eq(err.message, "more than 4096 readings");
    ck_assert_int_eq(err.pos, SHUB_EAGLE_READINGS_MAX * 11 + 3);
}
END_TEST

START_TEST(a_reading_has_most_fields)
{
    shub_error err = SHUB_ERROR_INIT;
    char *end = big;

    repeat(&end, "<a>", 1);
    repeat(&end, "<b/>", SHUB_EAGLE_FIELDS_MAX);
    ck_status(parse_big(end, &err), SHUB_E_TRUNCATED);
    repeat(&end, "<b/></a>", 1);
    ck_status(parse_big(end, &err), SHUB_E_LIMIT);
    ck_assert_str_eq(err.message, "more than 1024 fields in a reading");
}
END_TEST

START_TEST(elements_have_a_largest_depth)
{
    shub_error err = SHUB_ERROR_INIT;
    char *end = big;

    repeat(&end, "<a>", SHUB_EAGLE_DEPTH_MAX);
    repeat(&end, "</a>", SHUB_EAGLE_DEPTH_MAX);
    ck_status(parse_big(end, &err), SHUB_OK);
    end = big;
    repeat(&end, "<a>", SHUB_EAGLE_DEPTH_MAX + 1);
    ck_status(parse_big(end, &err), SHUB_E_LIMIT);
    ck_assert_int_eq(err.pos, 3 * SHUB_EAGLE_DEPTH_MAX);
    end = big;
    repeat(&end, "<a>", SHUB_EAGLE_DEPTH_MAX);
    repeat(&end, "<b/>", 1);
    ck_status(parse_big(end, &err), SHUB_E_LIMIT);
}
END_TEST

START_TEST(objects_have_a_largest_depth)
{
    shub_error err = SHUB_ERROR_INIT;
    char *end = big;

    repeat(&end, "{\"a\":", SHUB_EAGLE_DEPTH_MAX);
    repeat(&end, "1", 1);
    repeat(&end, "}", SHUB_EAGLE_DEPTH_MAX);
    ck_status(parse_big(end, &err), SHUB_OK);
    end = big;
    repeat(&end, "{\"a\":", SHUB_EAGLE_DEPTH_MAX + 1);
    repeat(&end, "1", 1);
    repeat(&end, "}", SHUB_EAGLE_DEPTH_MAX + 1);
    ck_status(parse_big(end, &err), SHUB_E_LIMIT);
    end = big;
    repeat(&end, "{\"a\":", 1);
    repeat(&end, "[", SHUB_EAGLE_BODY_MAX / 2);
    ck_status(parse_big(end, &err), SHUB_E_LIMIT);
}
END_TEST

/* The name of an array is the name of each of its items: a long one must not fill memory.
 */
START_TEST(a_long_name_of_many_items_is_refused)
{
    shub_error err = SHUB_ERROR_INIT;
    char *end = big;

    repeat(&end, "{\"", 1);
    repeat(&end, "n", SHUB_EAGLE_BODY_MAX / 2);
    repeat(&end, "\":[", 1);
    repeat(&end, "1,", 1000);
    repeat(&end, "1]}", 1);
    ck_status(parse_big(end, &err), SHUB_E_LIMIT);
    ck_assert_str_eq(err.message, "text of a reply is larger than 8388608 bytes");
}
END_TEST

START_TEST(a_full_upload_has_no_sample_twice)
{
    static const char pair[] =
        "<InstantaneousDemand><MeterMacId>0x1</MeterMacId><TimeStamp>0x%04x</TimeStamp>"
        "<Demand>0x1</Demand></InstantaneousDemand>";
    shub_eagle_reply *reply;
    shub_batch *batch;
    char *end = big;

    for (int i = 0; i < SHUB_EAGLE_READINGS_MAX; i++)
        end += sprintf(end, pair, i / 2 + 1);
    ck_status(parse_exactly(shub_bytes(big, (size_t)(end - big)), &reply, NULL), SHUB_OK);
    ck_status(samples_of(reply, &batch), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), SHUB_EAGLE_READINGS_MAX / 2);
    no_sample_twice(batch);
    shub_batch_free(batch);
    shub_eagle_reply_free(reply);
}
END_TEST

/* Every component lists its device's fields again: 4 million of a body below the limit,
 * which must not cost a walk from the first one each. */
START_TEST(many_components_share_many_fields)
{
    shub_eagle_reply *reply;
    shub_slice name, value, unit;
    size_t count = 0;
    char *end = big;

    repeat(&end, "<Device>", 1);
    repeat(&end, "<a/>", SHUB_EAGLE_FIELDS_MAX);
    repeat(&end, "<Components>", 1);
    repeat(&end, "<Component><Name>b</Name></Component>", SHUB_EAGLE_READINGS_MAX);
    repeat(&end, "</Components></Device>", 1);
    ck_status(parse_exactly(shub_bytes(big, (size_t)(end - big)), &reply, NULL), SHUB_OK);
    for (size_t i = 0; i < shub_eagle_reply_count(reply); i++)
        for (size_t k = 0; shub_eagle_reading_field_at(shub_eagle_reply_at(reply, i), k,
                                                       &name, &value, &unit);
             k++)
            count++;
    ck_assert_uint_eq(count, SHUB_EAGLE_READINGS_MAX * (SHUB_EAGLE_FIELDS_MAX + 1));
    shub_eagle_reply_free(reply);
}
END_TEST

/* ---- raw fields ---------------------------------------------------------------- */

static shub_eagle_reply *parsed(const char *body)
{
    shub_eagle_reply *reply;

    ck_status(shub_eagle_parse(shub_str(body), &reply, NULL), SHUB_OK);
    return reply;
}

START_TEST(fields_are_listed_in_order)
{
    shub_eagle_reply *reply = parsed(
        "<Device><Components><Component><Name>Main</Name><Variables><Variable>"
        "<Name>zigbee:Price</Name><Value>1</Value><Units>USD/kWh</Units></Variable>"
        "</Variables></Component></Components><Name>M</Name><Name>N</Name></Device>");
    static const char *const wanted[][3] = {
        {"Name", "M", ""},
        {"Name", "N", ""},
        {"Component", "Main", ""},
        {"zigbee:Price", "1", "USD/kWh"},
    };
    const shub_eagle_reading *r = shub_eagle_reply_at(reply, 0);
    shub_slice name, value, unit;

    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(shub_eagle_reading_field_at(r, i, &name, &value, &unit), 1);
        ck_slice_eq(name, wanted[i][0]);
        ck_slice_eq(value, wanted[i][1]);
        ck_slice_eq(unit, wanted[i][2]);
        ck_assert_int_eq(value.ptr[value.len], '\0');
    }
    ck_assert_int_eq(shub_eagle_reading_field_at(r, 4, &name, &value, &unit), 0);
    ck_assert_ptr_null(name.ptr);
    shub_eagle_reply_free(reply);
}
END_TEST

static const struct {
    const char *name;
    shub_status status;
    uint64_t value;
} integers[] = {
    {"Zero", SHUB_OK, 0},
    {"HEX", SHUB_OK, 0xfedcba9876543210},
    {"Octal", SHUB_OK, 10},
    {"Most", SHUB_OK, UINT64_MAX},
    {"Over", SHUB_E_RANGE, 0},
    {"LinkKey", SHUB_E_RANGE, 0},
    {"InstallCode", SHUB_E_FORMAT, 0},
    {"Negative", SHUB_E_FORMAT, 0},
    {"Blank", SHUB_E_NOT_FOUND, 0},
    {"Absent", SHUB_E_NOT_FOUND, 0},
};

START_TEST(integers_are_hexadecimal_or_decimal_and_never_shown)
{
    shub_eagle_reply *reply =
        parsed("<DeviceInfo><Zero>0</Zero><Hex>0xFEDCBA9876543210</Hex><Octal>010</Octal>"
               "<Most>18446744073709551615</Most><Over>18446744073709551616</Over>"
               "<LinkKey>0x0123456789abcdef0123456789abcdef</LinkKey>"
               "<InstallCode>0123456789abcdef</InstallCode><Negative>-1</Negative>"
               "<Blank> </Blank></DeviceInfo>");
    shub_error err = SHUB_ERROR_INIT;
    uint64_t value = 1;

    ck_status(shub_eagle_reading_u64(shub_eagle_reply_at(reply, 0),
                                     shub_str(integers[_i].name), &value, &err),
              integers[_i].status);
    ck_assert_uint_eq(value, integers[_i].value);
    ck_assert_ptr_null(strstr(err.message, "123456789abcdef"));
    if (integers[_i].status)
        ck_assert_ptr_nonnull(strstr(err.message, integers[_i].name));
    shub_eagle_reply_free(reply);
}
END_TEST

/* RainEagle, EAGLE-200 Uploader API, EAGLE-200 Local API, rgitzel/telegraf. */
static const char *const messages[] = {
    "<MessageCluster><Id>0x2ae0</Id><Text>Hello</Text><Priority>Low</Priority>"
    "<Queue>Active</Queue><ConfirmationRequired>Y</ConfirmationRequired>"
    "<Confirmed>N</Confirmed></MessageCluster>",
    "{\"deviceGuid\":\"d8\",\"body\":[{\"dataType\":\"Message\",\"data\":{\"id\":"
    "\"0x2ae0\","
    "\"text\":\"Hello\",\"priority\":\"Low\",\"Queue\":\"Active\","
    "\"ConfirmationRequired\":\"Y\"}}]}",
    "{\"deviceGuid\":\"d8\",\"body\":[{\"dataType\":\"Message\",\"data\":{"
    "\"MessageId\":\"0x2ae0\",\"Message\":\"Hello\",\"MessagePriority\":\"Low\","
    "\"Queue\":\"Active\",\"ConfirmationRequired\":\"Y\"}}]}",
    "{\"message_id\": \"0x2ae0\", \"message_text\": \"Hello\", \"message_priority\": "
    "\"Low\", \"message_queue\": \"Active\", \"message_confirm_required\": \"Y\", "
    "\"message_confirmed\": \"N\"}",
};

START_TEST(a_message_is_read_however_spelled)
{
    shub_eagle_reply *reply = parsed(messages[_i]);
    shub_eagle_message m = SHUB_EAGLE_MESSAGE_INIT;

    ck_status(shub_eagle_reading_message(shub_eagle_reply_at(reply, 0), &m, NULL),
              SHUB_OK);
    ck_assert(shub_slice_equal(m.text, SHUB_LIT("Hello")));
    ck_assert(shub_slice_equal(m.priority, SHUB_LIT("Low")));
    ck_assert(shub_slice_equal(m.queue, SHUB_LIT("Active")));
    ck_assert_uint_eq(m.id, 0x2ae0);
    ck_assert_int_eq(m.confirmation_required, 1);
    ck_assert_int_eq(m.confirmed, 0);
    shub_eagle_reply_free(reply);
}
END_TEST

START_TEST(nothing_is_fine)
{
    shub_eagle_reply *reply;

    ck_status(shub_eagle_parse(shub_bytes(NULL, 0), &reply, NULL), SHUB_E_EMPTY);
    ck_assert_ptr_null(reply);
    shub_eagle_reply_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eagle robust");
    TCase *every = tcase_create("every case");
    TCase *limits = tcase_create("limits");
    TCase *fields = tcase_create("fields");
    int count = (int)eagle_case_count();

    tcase_add_loop_test(every, every_truncation_has_a_status, 0, count);
    tcase_add_loop_test(every, a_part_gives_no_other_samples, 0, count);
    tcase_add_loop_test(every, every_allocation_may_fail, 0, count);
    tcase_add_loop_test(every, samples_come_once_and_errors_may_be_untold, 0, count);
    suite_add_tcase(suite, every);
    tcase_add_unchecked_fixture(limits, make_big, free_big);
    tcase_add_test(limits, a_body_has_a_largest_size);
    tcase_add_test(limits, bytes_may_grow_on_the_way);
    tcase_add_test(limits, a_body_has_most_readings);
    tcase_add_test(limits, a_reading_has_most_fields);
    tcase_add_test(limits, elements_have_a_largest_depth);
    tcase_add_test(limits, objects_have_a_largest_depth);
    tcase_add_test(limits, a_long_name_of_many_items_is_refused);
    tcase_add_test(limits, a_full_upload_has_no_sample_twice);
    tcase_add_test(limits, many_components_share_many_fields);
    suite_add_tcase(suite, limits);
    tcase_add_test(fields, fields_are_listed_in_order);
    tcase_add_loop_test(fields, integers_are_hexadecimal_or_decimal_and_never_shown, 0,
                        sizeof integers / sizeof *integers);
    tcase_add_loop_test(fields, a_message_is_read_however_spelled, 0,
                        sizeof messages / sizeof *messages);
    tcase_add_test(fields, nothing_is_fine);
    suite_add_tcase(suite, fields);
    return suite_run(suite);
}
