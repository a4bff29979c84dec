/* Single objects, against a simulated S3. */
#include "s3/client.h"
#include "simulators/s3.h"
#include "support/s3_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static store s;
static shub_error err;

static void setup(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    err = init;
    unsetenv("http_proxy");
    store_open(&s, NULL);
}

static void teardown(void)
{
    store_close(&s);
}

/* Takes bytes into a buffer of the test's. */
typedef struct taken {
    char bytes[1 << 16];
    size_t len;
} taken;

static shub_status take(shub_slice bytes, void *user, shub_error *e)
{
    taken *t = user;

    (void)e;
    ck_assert_uint_le(t->len + bytes.len, sizeof t->bytes);
    memcpy(t->bytes + t->len, bytes.ptr, bytes.len);
    t->len += bytes.len;
    return SHUB_OK;
}

START_TEST(what_is_put_comes_back)
{
    static const shub_s3_pair metadata[] = {
        {{"Station", 7}, {"north 7", 7}},
        {{"empty", 5}, {"", 0}},
    };
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    taken t = {0};

    opts.content_type = SHUB_LIT("application/x-ndjson");
    opts.content_encoding = SHUB_LIT("gzip");
    opts.cache_control = SHUB_LIT("no-store");
    opts.storage_class = SHUB_LIT("STANDARD_IA");
    opts.metadata = metadata;
    opts.metadata_count = 2;
    ck_ok(shub_s3_put(s.s3, BUCKET, SHUB_LIT("a b/\xc3\xa9+%/../x"), SHUB_LIT("hello"),
                      &opts, &object, &err));
    ck_slice_eq(object.etag, "5d41402abc4b2a76b9719d911017c592"); /* MD5 of "hello" */
    ck_assert_int_eq(object.bytes, 5);
    ck_ok(shub_s3_get(s.s3, BUCKET, SHUB_LIT("a b/\xc3\xa9+%/../x"), NULL, take, &t,
                      &object, &err));
    ck_assert_uint_eq(t.len, 5);
    ck_assert_mem_eq(t.bytes, "hello", 5);
    ck_slice_eq(object.content_type, "application/x-ndjson");
    ck_slice_eq(object.content_encoding, "gzip");
    ck_slice_eq(object.cache_control, "no-store");
    ck_slice_eq(object.storage_class, "STANDARD_IA");
    ck_assert_uint_ge(object.metadata_count, 2);
    for (size_t i = 0; i < object.metadata_count; i++) {
        if (shub_slice_equal(object.metadata[i].name, SHUB_LIT("station")))
            ck_slice_eq(object.metadata[i].value, "north 7");
        if (shub_slice_equal(object.metadata[i].name, SHUB_LIT("empty")))
            ck_slice_eq(object.metadata[i].value, "");
    }
    ck_assert_int_eq(object.has_sha256, 1);
}
END_TEST

START_TEST(head_tells_and_absence_too)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;

    s3_sim_put(s.sim, "bucket", "k", "12345", 5);
    ck_ok(shub_s3_head(s.s3, BUCKET, SHUB_LIT("k"), &object, &err));
    ck_assert_int_eq(object.bytes, 5);
    ck_assert_int_eq(object.has_sha256, 0);
    ck_status(shub_s3_head(s.s3, BUCKET, SHUB_LIT("none"), &object, &err),
              SHUB_E_NOT_FOUND);
    ck_assert_int_eq(err.http_status, 404);
    ck_assert_int_eq(object.bytes, 0);
    ck_assert_uint_eq(object.size, sizeof object);
}
END_TEST

START_TEST(a_range_is_read)
{
    shub_s3_get_options opts = SHUB_S3_GET_OPTIONS_INIT;
    taken t = {0};

    s3_sim_put(s.sim, "bucket", "k", "0123456789", 10);
    opts.offset = 2;
    opts.length = 3;
    ck_ok(shub_s3_get(s.s3, BUCKET, SHUB_LIT("k"), &opts, take, &t, NULL, &err));
    ck_assert_uint_eq(t.len, 3);
    ck_assert_mem_eq(t.bytes, "234", 3);
    opts.length = 0;
    t.len = 0;
    ck_ok(shub_s3_get(s.s3, BUCKET, SHUB_LIT("k"), &opts, take, &t, NULL, &err));
    ck_assert_uint_eq(t.len, 8);
}
END_TEST

START_TEST(a_get_goes_on_behind_the_last_byte)
{
    static char text[50000];
    taken t = {0};

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 23);
    ck_ok(shub_s3_put(s.s3, BUCKET, SHUB_LIT("k"), shub_bytes(text, sizeof text), NULL,
                      NULL, &err));
    script(&s, "fault get cut_body=20000 2");
    ck_ok(shub_s3_get(s.s3, BUCKET, SHUB_LIT("k"), NULL, take, &t, NULL, &err));
    ck_assert_uint_eq(t.len, sizeof text);
    ck_assert_mem_eq(t.bytes, text, sizeof text);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "get"), 3);
}
END_TEST

START_TEST(a_flipped_byte_is_found)
{
    taken t = {0};

    ck_ok(shub_s3_put(s.s3, BUCKET, SHUB_LIT("k"), SHUB_LIT("hello"), NULL, NULL, &err));
    script(&s, "fault get corrupt_body=2 1");
    ck_status(shub_s3_get(s.s3, BUCKET, SHUB_LIT("k"), NULL, take, &t, NULL, &err),
              SHUB_E_CHECKSUM);
}
END_TEST

START_TEST(a_file_gets_its_name_when_it_is_whole)
{
    char path[] = "/tmp/shub-get-XXXXXX", text[16] = "";
    int fd = mkstemp(path);
    FILE *file;

    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_ok(shub_s3_put(s.s3, BUCKET, SHUB_LIT("k"), SHUB_LIT("hello"), NULL, NULL, &err));
    script(&s, "fault get corrupt_body=2 1");
    ck_status(shub_s3_get_file(s.s3, BUCKET, SHUB_LIT("k"), path, NULL, NULL, &err),
              SHUB_E_CHECKSUM);
    file = fopen(path, "r");
    ck_assert_uint_eq(fread(text, 1, sizeof text, file), 0);
    fclose(file);
    ck_ok(shub_s3_get_file(s.s3, BUCKET, SHUB_LIT("k"), path, NULL, NULL, &err));
    file = fopen(path, "r");
    ck_assert_uint_eq(fread(text, 1, sizeof text, file), 5);
    fclose(file);
    unlink(path);
}
END_TEST

START_TEST(conditions_hold_or_do_not)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_s3_object object = SHUB_S3_OBJECT_INIT;

    opts.if_none_match = 1;
    ck_ok(shub_s3_put(s.s3, BUCKET, SHUB_LIT("k"), SHUB_LIT("1"), &opts, NULL, &err));
    ck_status(shub_s3_put(s.s3, BUCKET, SHUB_LIT("k"), SHUB_LIT("2"), &opts, NULL, &err),
              SHUB_E_PRECONDITION);
    ck_ok(shub_s3_head(s.s3, BUCKET, SHUB_LIT("k"), &object, &err));
    opts.if_none_match = 0;
    opts.if_match = SHUB_LIT("0123456789abcdef0123456789abcdef");
    ck_status(shub_s3_put(s.s3, BUCKET, SHUB_LIT("k"), SHUB_LIT("2"), &opts, NULL, &err),
              SHUB_E_PRECONDITION);
    opts.if_match = SHUB_LIT("c4ca4238a0b923820dcc509a6f75849b"); /* MD5 of "1" */
    ck_ok(shub_s3_put(s.s3, BUCKET, SHUB_LIT("k"), SHUB_LIT("2"), &opts, NULL, &err));
}
END_TEST

START_TEST(a_server_without_conditions_is_asked_before)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_s3_stats stats = SHUB_S3_STATS_INIT;

    script(&s, "quirk swift on");
    opts.if_none_match = 1;
    ck_ok(shub_s3_put(s.s3, BUCKET, SHUB_LIT("k"), SHUB_LIT("1"), &opts, NULL, &err));
    ck_status(shub_s3_put(s.s3, BUCKET, SHUB_LIT("k"), SHUB_LIT("2"), &opts, NULL, &err),
              SHUB_E_PRECONDITION);
    shub_s3_get_stats(s.s3, &stats);
    ck_assert_int_eq(stats.conditions_ignored, 1);
}
END_TEST

START_TEST(a_put_whose_answer_was_lost_is_known_again)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;

    opts.if_none_match = 1;
    script(&s, "fault put drop_after 1");
    ck_ok(shub_s3_put(s.s3, BUCKET, SHUB_LIT("k"), SHUB_LIT("1"), &opts, NULL, &err));
    ck_assert_uint_eq(s3_sim_object_count(s.sim, "bucket"), 1);
}
END_TEST

START_TEST(deletes)
{
    shub_slice keys[] = {SHUB_LIT("a"), SHUB_LIT("b&<"), SHUB_LIT("none")};
    shub_status statuses[3];

    s3_sim_put(s.sim, "bucket", "a", "1", 1);
    s3_sim_put(s.sim, "bucket", "b&<", "1", 1);
    s3_sim_put(s.sim, "bucket", "c", "1", 1);
    ck_ok(shub_s3_delete(s.s3, BUCKET, SHUB_LIT("c"), &err));
    ck_ok(shub_s3_delete(s.s3, BUCKET, SHUB_LIT("c"), &err));
    ck_ok(shub_s3_delete_many(s.s3, BUCKET, keys, 3, statuses, &err));
    ck_assert_uint_eq(s3_sim_object_count(s.sim, "bucket"), 0);
}
END_TEST

/* More than one request's worth. */
START_TEST(deletes_by_the_thousand)
{
    enum { COUNT = 2500 };
    static char names[COUNT][16];
    static shub_slice keys[COUNT];

    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "k%d", i);
        keys[i] = shub_str(names[i]);
        s3_sim_put(s.sim, "bucket", names[i], "1", 1);
    }
    ck_ok(shub_s3_delete_many(s.s3, BUCKET, keys, COUNT, NULL, &err));
    ck_assert_uint_eq(s3_sim_object_count(s.sim, "bucket"), 0);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "DeleteObjects"), 3);
}
END_TEST

START_TEST(copies)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;

    ck_ok(
        shub_s3_put(s.s3, BUCKET, SHUB_LIT("a b"), SHUB_LIT("hello"), NULL, NULL, &err));
    ck_ok(shub_s3_copy(s.s3, BUCKET, SHUB_LIT("a b"), SHUB_LIT("other"), SHUB_LIT("c"),
                       NULL, &object, &err));
    ck_assert_int_eq(object.bytes, 5);
    ck_assert_int_eq(object.has_sha256, 1); /* metadata goes along */
    ck_status(shub_s3_copy(s.s3, BUCKET, SHUB_LIT("none"), BUCKET, SHUB_LIT("d"), NULL,
                           NULL, &err),
              SHUB_E_NOT_FOUND);
}
END_TEST

/* Above what one request copies; Amazon's own limit is 5 GiB. */
START_TEST(large_objects_are_copied_in_parts)
{
    enum { BYTES = (11 << 20) + 7 };
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    char *bytes = malloc(BYTES);
    s3_sim_object copy;

    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (char)(i >> 10);
    opts.content_type = SHUB_LIT("application/x-ndjson");
    ck_ok(shub_s3_put(s.s3, BUCKET, SHUB_LIT("large"), shub_bytes(bytes, BYTES), &opts,
                      NULL, &err));
    s.s3->copy_max = SHUB_S3_PART_MIN;
    ck_ok(shub_s3_copy(s.s3, BUCKET, SHUB_LIT("large"), BUCKET, SHUB_LIT("copy"), NULL,
                       &object, &err));
    ck_assert_int_eq(object.bytes, BYTES);
    ck_assert_int_eq(object.has_sha256, 1);
    ck_slice_eq(object.content_type, "application/x-ndjson");
    ck_assert_uint_eq(s3_sim_requests(s.sim, "part_copy"), 3);
    ck_assert(s3_sim_get(s.sim, "bucket", "copy", &copy));
    ck_assert_uint_eq(copy.size, BYTES);
    ck_assert(memcmp(copy.data, bytes, BYTES) == 0);
    s3_sim_object_free(&copy);
    script(&s, "fault part_copy error=AccessDenied 1");
    ck_status(shub_s3_copy(s.s3, BUCKET, SHUB_LIT("large"), BUCKET, SHUB_LIT("other"),
                           NULL, NULL, &err),
              SHUB_E_DENIED);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
    /* Their ETags differ: a rename that died between copy and delete reads both. */
    ck_ok(shub_s3_rename(s.s3, BUCKET, SHUB_LIT("large"), SHUB_LIT("copy"), NULL, &err));
    ck_assert_uint_eq(s3_sim_object_count(s.sim, "bucket"), 1);
    free(bytes);
}
END_TEST

START_TEST(a_rename_may_be_said_again)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;

    ck_ok(
        shub_s3_put(s.s3, BUCKET, SHUB_LIT("old"), SHUB_LIT("hello"), NULL, NULL, &err));
    ck_ok(shub_s3_rename(s.s3, BUCKET, SHUB_LIT("old"), SHUB_LIT("new"), &object, &err));
    ck_assert_int_eq(object.bytes, 5);
    ck_ok(shub_s3_rename(s.s3, BUCKET, SHUB_LIT("old"), SHUB_LIT("new"), &object, &err));
    ck_assert_uint_eq(s3_sim_object_count(s.sim, "bucket"), 1);
    /* Died between copy and delete. */
    ck_ok(shub_s3_copy(s.s3, BUCKET, SHUB_LIT("new"), BUCKET, SHUB_LIT("old"), NULL, NULL,
                       &err));
    ck_ok(shub_s3_rename(s.s3, BUCKET, SHUB_LIT("old"), SHUB_LIT("new"), NULL, &err));
    ck_assert_uint_eq(s3_sim_object_count(s.sim, "bucket"), 1);
    ck_status(shub_s3_rename(s.s3, BUCKET, SHUB_LIT("none"), SHUB_LIT("nor"), NULL, &err),
              SHUB_E_NOT_FOUND);
}
END_TEST

START_TEST(a_rename_replaces_nothing)
{
    s3_sim_put(s.sim, "bucket", "old", "1", 1);
    s3_sim_put(s.sim, "bucket", "new", "2", 1);
    ck_status(shub_s3_rename(s.s3, BUCKET, SHUB_LIT("old"), SHUB_LIT("new"), NULL, &err),
              SHUB_E_EXISTS);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, "bucket"), 2);
}
END_TEST

START_TEST(lists_page_by_page)
{
    shub_s3_list_options opts = SHUB_S3_LIST_OPTIONS_INIT;
    shub_s3_object entry = SHUB_S3_OBJECT_INIT;
    shub_s3_list *list;
    char name[16];
    int more, count = 0;

    for (int i = 0; i < 25; i++) {
        snprintf(name, sizeof name, "p/%02d", i);
        s3_sim_put(s.sim, "bucket", name, "1", 1);
    }
    s3_sim_put(s.sim, "bucket", "p/sub/x", "1", 1);
    s3_sim_put(s.sim, "bucket", "q\x01\xc3\xa9 +", "1", 1);
    opts.prefix = SHUB_LIT("p/");
    opts.delimiter = SHUB_LIT("/");
    opts.page = 10;
    ck_ok(shub_s3_list_open(s.s3, BUCKET, &opts, &list, &err));
    for (;;) {
        ck_ok(shub_s3_list_next(list, &entry, &more, &err));
        if (!more)
            break;
        snprintf(name, sizeof name, "p/%02d", count++);
        ck_slice_eq(entry.key, entry.is_prefix ? "p/sub/" : name);
    }
    shub_s3_list_close(list);
    ck_assert_int_eq(count, 26);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "list"), 3);
    opts.prefix = SHUB_LIT("q");
    ck_ok(shub_s3_list_open(s.s3, BUCKET, &opts, &list, &err));
    ck_ok(shub_s3_list_next(list, &entry, &more, &err));
    ck_slice_eq(entry.key, "q\x01\xc3\xa9 +");
    shub_s3_list_close(list);
}
END_TEST

static const struct {
    const char *access, *secret, *fault;
    shub_status status;
} refusals[] = {
    {S3_SIM_ACCESS, "wrong", NULL, SHUB_E_SIGNATURE},
    {"AKIAUNKNOWN", S3_SIM_SECRET, NULL, SHUB_E_AUTH},
    {S3_SIM_ACCESS, S3_SIM_SECRET, "fault put error=access_denied always", SHUB_E_DENIED},
    {S3_SIM_ACCESS, S3_SIM_SECRET, "fault put error=bad_digest always", SHUB_E_CHECKSUM},
    {S3_SIM_ACCESS, S3_SIM_SECRET, "fault put error=expired_token always",
     SHUB_E_EXPIRED},
    {S3_SIM_ACCESS, S3_SIM_SECRET, "fault put status=501 always", SHUB_E_UNSUPPORTED},
    {S3_SIM_ACCESS, S3_SIM_SECRET, "fault put status=503 always code=SlowDown",
     SHUB_E_OVERLOADED},
    {S3_SIM_ACCESS, S3_SIM_SECRET, "fault put error=InternalError always", SHUB_E_REMOTE},
    {S3_SIM_ACCESS, S3_SIM_SECRET, "fault put error=ConditionalRequestConflict always",
     SHUB_E_CONFLICT},
};

START_TEST(refusals_have_statuses_of_their_own)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;

    store_close(&s);
    opts.access_key = refusals[_i].access;
    opts.secret_key = refusals[_i].secret;
    opts.retries = SHUB_NONE;
    store_open(&s, &opts);
    if (refusals[_i].fault && s3_sim_script(s.sim, refusals[_i].fault))
        ck_abort_msg("%s: %s", refusals[_i].fault,
                     s3_sim_script(s.sim, refusals[_i].fault));
    ck_status(shub_s3_put(s.s3, BUCKET, SHUB_LIT("k"), SHUB_LIT("1"), NULL, NULL, &err),
              refusals[_i].status);
    ck_assert_int_ge(err.http_status, 400);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 object");
    TCase *tc = tcase_create("object");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_put_comes_back);
    tcase_add_test(tc, head_tells_and_absence_too);
    tcase_add_test(tc, a_range_is_read);
    tcase_add_test(tc, a_get_goes_on_behind_the_last_byte);
    tcase_add_test(tc, a_flipped_byte_is_found);
    tcase_add_test(tc, a_file_gets_its_name_when_it_is_whole);
    tcase_add_test(tc, conditions_hold_or_do_not);
    tcase_add_test(tc, a_server_without_conditions_is_asked_before);
    tcase_add_test(tc, a_put_whose_answer_was_lost_is_known_again);
    tcase_add_test(tc, deletes);
    tcase_add_test(tc, deletes_by_the_thousand);
    tcase_add_test(tc, copies);
    tcase_add_test(tc, large_objects_are_copied_in_parts);
    tcase_add_test(tc, a_rename_may_be_said_again);
    tcase_add_test(tc, a_rename_replaces_nothing);
    tcase_add_test(tc, lists_page_by_page);
    tcase_add_loop_test(tc, refusals_have_statuses_of_their_own, 0,
                        sizeof refusals / sizeof *refusals);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
