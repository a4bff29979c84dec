/* CSV out of a batch: quoting, both layouts, options, what cannot be written. */
#include <stdio.h>
#include <string.h>

#include "support/samples.h"

static void check_csv(shub_batch *batch, const shub_csv_options *opts, const char *wanted)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    ck_assert_msg(!shub_batch_to_csv(batch, opts, &text, &err), "%s", err.message);
    ck_slice_eq(text, wanted);
}

#define HEADER "time,device,quantity,value,unit,quality,time_assumed\r\n"
#define AT     "2015-03-10T17:54:01Z"

START_TEST(long_is_a_line_a_sample)
{
    shub_batch *batch = new_batch();
    check_csv(batch, NULL, HEADER);
    put(batch, "d", "power", "kW", T0, shub_double(0.944), 0);
    put(batch, "d", "count", "", T0 + 500000, shub_int64(-5), SHUB_QUALITY_REPLACED);
    put(batch, "d", "door", "", T0 + 1, shub_bool(1), SHUB_QUALITY_ERROR);
    put(batch, "d", "door", "", -1, shub_bool(0), SHUB_TIME_ASSUMED);
    put(batch, "d", "note", "", T0, shub_text(SHUB_LIT("5")), 0);
    check_csv(batch, NULL,
              HEADER AT ",d,power,0.944,kW,,\r\n"
                        "2015-03-10T17:54:01.500Z,d,count,-5,,replaced,\r\n"
                        "2015-03-10T17:54:01.000001Z,d,door,true,,error,\r\n"
                        "1969-12-31T23:59:59.999999Z,d,door,false,,,true\r\n" AT
                        ",d,note,\"5\",,,\r\n");
    shub_batch_free(batch);
}
END_TEST

static const struct {
    const char *name, *text; /* of a name; of the text value that is the same */
} fields[] = {
    {"a", "\"a\""},
    {"a b", "\"a b\""},
    {" a", "\" a\""},
    {"a,b", "\"a,b\""},
    {"\"", "\"\"\"\""},
    {"a\nb", "\"a\nb\""},
    {"a\r", "\"a\r\""},
    {"\t", "\"\t\""},
    {"=1+1", "\"=1+1\""},
    {"\xc3\xa9", "\"\xc3\xa9\""},
    {"a;b|c'd", "\"a;b|c'd\""},
};

START_TEST(names_are_quoted_where_they_must_be_texts_always)
{
    static const char bare[] = "a b=1+1\xc3\xa9;b|c'd";
    char wanted[200];
    const char *name = fields[_i].name;
    const char *text = fields[_i].text;
    int plain = name[0] != ' ' && strspn(name, bare) == strlen(name);
    const char *field = plain ? name : text;
    shub_csv_options opts = SHUB_CSV_OPTIONS_INIT;
    shub_batch *batch = new_batch();
    put(batch, name, name, name, T0, shub_text(shub_str(name)), 0);
    opts.no_header = 1;
    opts.lf = 1;
    snprintf(wanted, sizeof wanted, AT ",%s,%s,%s,%s,,\n", field, field, text, field);
    check_csv(batch, &opts, wanted);
    shub_batch_free(batch);
}
END_TEST

START_TEST(wide_is_a_line_a_group)
{
    shub_csv_options opts = SHUB_CSV_OPTIONS_INIT;
    shub_batch *batch = new_batch();
    opts.layout = SHUB_CSV_WIDE;
    opts.lf = 1;
    check_csv(batch, &opts, "time,device\n");
    put(batch, "d", "power", "kW", T0, shub_double(1), 0);
    put(batch, "d", "a,b", "", T0, shub_text(SHUB_LIT("x")), 0);
    put(batch, "e", "power", "kW", T0, shub_double(2), 0);
    put(batch, "e", "power", "W", T0, shub_int64(3), 0);
    put(batch, "e", "power", "kW", T0, shub_double(4), 0);
    put(batch, "e", "door", "", T0, shub_bool(1), 0);
    check_csv(batch, &opts,
              "time,device,power [kW],\"a,b\",power [W],door\n" AT ",d,1.0,\"x\",,\n" AT
              ",e,2.0,,3,\n" AT ",e,4.0,,,true\n");
    put(batch, "e", "door", "", T0 + 1, shub_bool(1), SHUB_QUALITY_REPLACED);
    put(batch, "e", "power", "kW", T0 + 1, shub_double(5), SHUB_QUALITY_ERROR);
    put(batch, "e", "power", "W", T0 + 1, shub_double(5), SHUB_TIME_ASSUMED);
    put(batch, "e", "door", "", T0 + 1, shub_bool(0), 0);
    opts.no_header = 1;
    check_csv(batch, &opts,
              AT ",d,,,1.0,\"x\",,\n" AT ",e,,,2.0,,3,\n" AT ",e,,,4.0,,,true\n"
                 "2015-03-10T17:54:01.000001Z,e,error,true,5.0,,5.0,true\n"
                 "2015-03-10T17:54:01.000001Z,e,,,,,,false\n");
    shub_batch_free(batch);
}
END_TEST

START_TEST(what_cannot_be_written_is_told)
{
    shub_csv_options opts = SHUB_CSV_OPTIONS_INIT;
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text = SHUB_LIT("x");
    put(batch, "d", "x", "", T0, shub_bool(1), 0);
    put(batch, "d", "x", "", INT64_MAX, shub_bool(1), 0);
    for (opts.layout = SHUB_CSV_LONG; opts.layout <= SHUB_CSV_WIDE; opts.layout++) {
        ck_status(shub_batch_to_csv(batch, &opts, &text, &err), SHUB_E_RANGE);
        ck_assert(err.index == 1 && !text.ptr && !text.len);
    }
    ck_status(shub_batch_to_csv(batch, &opts, &text, &err), SHUB_E_INVALID);
    opts.layout = -1;
    ck_status(shub_batch_to_csv(batch, &opts, &text, &err), SHUB_E_INVALID);
    opts.size = 0;
    ck_status(shub_batch_to_csv(batch, &opts, &text, &err), SHUB_E_INVALID);
    shub_batch_free(batch);
}
END_TEST

/* Each line names each column: without a limit a small batch would become a huge text. */
START_TEST(wide_has_a_largest_number_of_columns)
{
    shub_csv_options opts = SHUB_CSV_OPTIONS_INIT;
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    char unit[16];
    opts.layout = SHUB_CSV_WIDE;
    for (int i = 0; i < SHUB_CSV_COLUMNS_MAX; i++) {
        snprintf(unit, sizeof unit, "u%d", i);
        put(batch, "d", "x", unit, T0, shub_int64(i), 0);
    }
    put(batch, "e", "x", "u7", T0, shub_int64(7), 0);
    ck_status(shub_batch_to_csv(batch, &opts, &text, &err), SHUB_OK);
    put(batch, "e", "x", "", T0, shub_int64(7), 0);
    ck_status(shub_batch_to_csv(batch, &opts, &text, &err), SHUB_E_LIMIT);
    ck_assert(err.index == SHUB_CSV_COLUMNS_MAX + 1 && !text.ptr && !text.len);
    opts.layout = SHUB_CSV_LONG;
    ck_status(shub_batch_to_csv(batch, &opts, &text, &err), SHUB_OK);
    shub_batch_free(batch);
}
END_TEST

static shub_status write_all(void *user)
{
    shub_batch *batch = user;
    shub_csv_options opts = SHUB_CSV_OPTIONS_INIT;
    shub_slice text;
    shub_status status = shub_batch_to_csv(batch, &opts, &text, NULL);
    opts.layout = SHUB_CSV_WIDE;
    if (!status)
        status = shub_batch_to_csv(batch, &opts, &text, NULL);
    ck_assert(!status || !text.ptr);
    return status;
}

START_TEST(no_memory)
{
    shub_batch *batch = new_batch();
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "q%d", i);
        put(batch, "d", name, "", T0, shub_text(SHUB_LIT("\"")), 0);
    }
    ck_assert_uint_gt(oom_loop(write_all, batch), 3);
    shub_batch_free(batch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample_csv");
    TCase *tcase = tcase_create("writing");
    tcase_add_test(tcase, long_is_a_line_a_sample);
    tcase_add_loop_test(tcase, names_are_quoted_where_they_must_be_texts_always, 0,
                        sizeof fields / sizeof fields[0]);
    tcase_add_test(tcase, wide_is_a_line_a_group);
    tcase_add_test(tcase, what_cannot_be_written_is_told);
    tcase_add_test(tcase, wide_has_a_largest_number_of_columns);
    tcase_add_test(tcase, no_memory);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
