/* The journal of plans and confirmations. */
#include "ship/journal.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[32], path[64];
static shub_error err;

static void setup(void)
{
    strcpy(folder, "/tmp/shub-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/j.db", folder);
    err = (shub_error)SHUB_ERROR_INIT;
}

static void teardown(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); /* SQLite leaves nothing after a close */
}

static shub__journal *opened(const char *dest)
{
    shub__journal *journal;

    ck_assert_msg(shub__journal_open(path, dest, &journal, &err) == SHUB_OK, "%s",
                  err.message);
    return journal;
}

static shub__journal_row row(const char *file, int content, const char *key,
                             int64_t confirmed_us)
{
    shub__journal_row r = {
        shub_str(file), SHUB_LIT("meter"), shub_str(key), 3600, 7, confirmed_us, {0}};

    r.digest.bytes = 1000 + content;
    r.digest.known = 1;
    memset(r.digest.sha256, content, SHUB__SHA256_SIZE);
    return r;
}

static void note(shub__journal *journal, shub__journal_row r)
{
    ck_status(shub__journal_note(journal, &r, 1, &err), SHUB_OK);
}

static void ck_key(shub__journal *journal, const char *file, int content, const char *key)
{
    shub__journal_row r = row(file, content, key, 0);
    shub__buf got;

    shub__buf_init(&got, 1024);
    ck_status(shub__journal_find(journal, r.path, &r.digest, &got, &err), SHUB_OK);
    ck_slice_eq(shub__buf_view(&got), key);
    shub__buf_fini(&got);
}

static shub_status add_to(const shub__journal_row *r, void *user, shub_error *error)
{
    shub__buf *text = user;

    (void)error;
    ck_assert_int_eq(r->digest.known, 1);
    ck_assert_int_eq(r->digest.bytes, 1000 + r->digest.sha256[31]);
    ck_slice_eq(r->stream, "meter");
    ck_assert_int_eq(r->hour_us, 3600);
    ck_assert_int_eq(r->planned_us, 7);
    shub__buf_printf(text, "%s %s %d %d\n", r->path.ptr, r->key.ptr, r->digest.sha256[0],
                     (int)r->confirmed_us);
    return text->len > 200 ? SHUB_E_LIMIT : SHUB_OK;
}

static void ck_rows(shub__journal *journal, const char *rows)
{
    shub__buf text;

    shub__buf_init(&text, 1024);
    ck_status(shub__journal_each(journal, add_to, &text, &err), SHUB_OK);
    ck_slice_eq(shub__buf_view(&text), rows);
    shub__buf_fini(&text);
}

START_TEST(plans_become_confirmed)
{
    shub__journal *journal = opened("file:///a");

    ck_key(journal, "h/f.jl.gz", 1, "");
    note(journal, row("h/f.jl.gz", 1, "k", 0));
    ck_rows(journal, "h/f.jl.gz k 1 0\n");
    note(journal, row("h/f.jl.gz", 1, "k.1", 9));
    shub__journal_close(journal);
    journal = opened("file:///a");
    ck_key(journal, "h/f.jl.gz", 1, "k.1");
    ck_rows(journal, "h/f.jl.gz k.1 1 9\n");
    shub__journal_close(journal);
}
END_TEST

START_TEST(path_with_new_content)
{
    shub__journal *journal = opened("file:///a");

    note(journal, row("f", 1, "k", 9));
    note(journal, row("f", 2, "k.1", 0));
    note(journal, row("f", 3, "k.2", 0)); /* the plan for content 2 is void, 1 arrived */
    note(journal, row("g", 2, "l", 0));
    ck_key(journal, "f", 1, "k");
    ck_key(journal, "f", 2, "");
    ck_rows(journal, "f k 1 9\nf k.2 3 0\ng l 2 0\n");
    shub__journal_close(journal);
}
END_TEST

START_TEST(destinations_are_apart)
{
    shub__journal *journal = opened("file:///a");

    note(journal, row("f", 1, "k", 9));
    shub__journal_close(journal);
    journal = opened("file:///b");
    ck_key(journal, "f", 1, "");
    ck_rows(journal, "");
    shub__journal_close(journal);
}
END_TEST

START_TEST(a_stop_is_an_answer)
{
    shub__journal *journal = opened("file:///a");
    shub__buf text;
    char name[32];

    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "file number %d", i);
        note(journal, row(name, i, "k", 9));
    }
    shub__buf_init(&text, 1024);
    ck_status(shub__journal_each(journal, add_to, &text, &err), SHUB_E_LIMIT);
    shub__buf_clear(&text);
    ck_status(shub__journal_each(journal, add_to, &text, &err), SHUB_E_LIMIT);
    shub__buf_fini(&text);
    shub__journal_close(journal);
}
END_TEST

static shub_status open_note_find(void *user)
{
    shub__journal_row r = row("f", 1, "k", 9);
    shub__journal *journal;
    shub__buf key;
    shub_status status = shub__journal_open(path, "file:///a", &journal, NULL);

    (void)user;
    if (status != SHUB_OK)
        return status;
    shub__buf_init(&key, 1024);
    status = shub__journal_note(journal, &r, 1, NULL);
    if (status == SHUB_OK)
        status = shub__journal_find(journal, r.path, &r.digest, &key, NULL);
    shub__buf_fini(&key);
    shub__journal_close(journal);
    return status;
}

START_TEST(memory_runs_out)
{
    ck_assert_uint_gt(oom_loop(open_note_find, NULL), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ship journal");
    TCase *tc = tcase_create("journal");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, plans_become_confirmed);
    tcase_add_test(tc, path_with_new_content);
    tcase_add_test(tc, destinations_are_apart);
    tcase_add_test(tc, a_stop_is_an_answer);
    tcase_add_test(tc, memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
