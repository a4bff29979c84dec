/* What every unit test shares: running a suite, comparing slices, failing allocations. */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <check.h>
#include <sensorhub.h>

/* Runs a suite with check's environment variables in force; the exit code of main. */
int suite_run(Suite *suite);

/* Asserts that a slice holds the text of a C string. */
#define ck_slice_eq(slice, text)                                                         \
    do {                                                                                 \
        shub_slice ck_slice_ = (slice);                                                  \
        ck_assert_msg(shub_slice_equal(ck_slice_, shub_str(text)),                       \
                      "got \"%.*s\", wanted \"%s\"", (int)ck_slice_.len,                 \
                      ck_slice_.ptr ? ck_slice_.ptr : "", (text));                       \
    } while (0)

/* Asserts a status, showing both by name. */
#define ck_status(got, wanted)                                                           \
    do {                                                                                 \
        shub_status ck_got_ = (got);                                                     \
        ck_assert_msg(ck_got_ == (wanted), "%s gave %s, wanted %s", #got,                \
                      shub_status_name(ck_got_), shub_status_name(wanted));              \
    } while (0)

/* Calls `fn` again and again, the first time with the first allocation failing, then the
 * second, and so on, until a call needs no further one. `fn` cleans up after itself, so
 * that the leak checker sees what an error path forgot, and returns the status of the
 * call under test. Every call with a failed allocation must give SHUB_E_NOMEM, the last
 * SHUB_OK. Returns the number of allocations that were failed. */
typedef shub_status oom_fn(void *user);
size_t oom_loop(oom_fn *fn, void *user);

/* For shub__mem_set_fail, where oom_loop is not enough: lets `left` allocations pass,
 * fails the next one, which sets `hit`, and none after it. Those of other threads, of a
 * simulator in this process, do not count. `user` is a countdown. */
typedef struct countdown {
    size_t left;
    int hit;
} countdown;
int fail_at_zero(size_t size, void *user);

#endif
