/* What the unit tests use of the check framework, for where there is none: compiled with
 * this in the place of its header, a test program is one of those that
 * tests/bigendian/runner.c runs. The names and what they mean are check's. */
#ifndef TESTS_BIGENDIAN_CHECK_H
#define TESTS_BIGENDIAN_CHECK_H

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#ifdef SHUB_PROGRAM /* a test program: its main is one of many that the runner calls */
int SHUB_PROGRAM(void);
#define main SHUB_PROGRAM
#endif

typedef struct Suite Suite;
typedef struct SRunner SRunner;
typedef struct TCase TCase;
typedef void check_fn(int i);

enum print_output { CK_ENV };

Suite *suite_create(const char *name);
TCase *tcase_create(const char *name);
void suite_add_tcase(Suite *suite, TCase *tcase);
void tcase_add_checked_fixture(TCase *tcase, void (*setup)(void), void (*teardown)(void));
void check_add(TCase *tcase, check_fn *fn, const char *name, int begin, int end);
SRunner *srunner_create(Suite *suite);
void srunner_run_all(SRunner *runner, enum print_output print);
int srunner_ntests_failed(SRunner *runner);
void srunner_free(SRunner *runner);

#define tcase_add_test(tcase, fn)                  check_add(tcase, fn, #fn, 0, 1)
#define tcase_add_loop_test(tcase, fn, begin, end) check_add(tcase, fn, #fn, begin, end)

#define START_TEST(name)                           static void name(int _i __attribute__((unused)))
#define END_TEST

/* Says where and what, and ends the test. */
_Noreturn void check_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define ck_abort_msg(...) check_fail(__FILE__, __LINE__, __VA_ARGS__)
#define ck_assert_msg(condition, ...)                                                    \
    do {                                                                                 \
        if (!(condition))                                                                \
            ck_abort_msg(__VA_ARGS__);                                                   \
    } while (0)
#define ck_assert(condition) ck_assert_msg(condition, "%s", #condition)

#define CHECK_COMPARE(type, format, a, op, b)                                            \
    do {                                                                                 \
        type check_a_ = (a);                                                             \
        type check_b_ = (b);                                                             \
        ck_assert_msg(check_a_ op check_b_, "%s %s %s: %" format ", %" format, #a, #op,  \
                      #b, check_a_, check_b_);                                           \
    } while (0)

#define ck_assert_int_eq(a, b)    CHECK_COMPARE(intmax_t, PRIdMAX, a, ==, b)
#define ck_assert_int_lt(a, b)    CHECK_COMPARE(intmax_t, PRIdMAX, a, <, b)
#define ck_assert_int_le(a, b)    CHECK_COMPARE(intmax_t, PRIdMAX, a, <=, b)
#define ck_assert_int_gt(a, b)    CHECK_COMPARE(intmax_t, PRIdMAX, a, >, b)
#define ck_assert_int_ge(a, b)    CHECK_COMPARE(intmax_t, PRIdMAX, a, >=, b)
#define ck_assert_uint_eq(a, b)   CHECK_COMPARE(uintmax_t, PRIuMAX, a, ==, b)
#define ck_assert_uint_lt(a, b)   CHECK_COMPARE(uintmax_t, PRIuMAX, a, <, b)
#define ck_assert_uint_le(a, b)   CHECK_COMPARE(uintmax_t, PRIuMAX, a, <=, b)
#define ck_assert_uint_gt(a, b)   CHECK_COMPARE(uintmax_t, PRIuMAX, a, >, b)
#define ck_assert_uint_ge(a, b)   CHECK_COMPARE(uintmax_t, PRIuMAX, a, >=, b)
#define ck_assert_double_eq(a, b) CHECK_COMPARE(double, ".17g", a, ==, b)
#define ck_assert_ptr_eq(a, b)    CHECK_COMPARE(const void *, "p", a, ==, b)
#define ck_assert_ptr_null(a)     ck_assert_ptr_eq(a, NULL)
#define ck_assert_ptr_nonnull(a)  CHECK_COMPARE(const void *, "p", a, !=, NULL)

#define CHECK_COMPARE_TEXT(a, op, b)                                                     \
    do {                                                                                 \
        const char *check_a_ = (a), *check_b_ = (b);                                     \
        ck_assert_msg(check_a_ &&check_b_ &&strcmp(check_a_, check_b_) op 0,             \
                      "%s %s %s: \"%s\", \"%s\"", #a, #op, #b,                           \
                      check_a_ ? check_a_ : "(null)", check_b_ ? check_b_ : "(null)");   \
    } while (0)

#define ck_assert_str_eq(a, b) CHECK_COMPARE_TEXT(a, ==, b)
#define ck_assert_str_lt(a, b) CHECK_COMPARE_TEXT(a, <, b)
#define ck_assert_mem_eq(a, b, len)                                                      \
    ck_assert_msg(memcmp(a, b, len) == 0, "%s and %s differ", #a, #b)

#endif
