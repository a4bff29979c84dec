/* The timers of a loop: order, changes while they run, memory only at join. */
#include "base/random.h"
#include "net/timer.h"
#include "support/suite.h"

#define TIMERS 100

struct probe {
    shub__timer timer;
    int64_t due_ms;
    int64_t *last; /* due time of the one before */
    int calls;
};

static void on_probe(void *user)
{
    struct probe *probe = user;

    ck_assert_int_ge(probe->due_ms, *probe->last);
    *probe->last = probe->due_ms;
    probe->calls++;
}

static void set(struct probe *probe, int64_t due_ms)
{
    probe->due_ms = due_ms;
    shub__timer_set(&probe->timer, due_ms);
}

START_TEST(go_off_in_order)
{
    shub__timers timers = {0};
    struct probe probes[TIMERS];
    uint64_t seed = 1;
    int64_t last = 0;
    size_t i;

    memset(probes, 0, sizeof probes);
    for (i = 0; i < TIMERS; i++) {
        probes[i].last = &last;
        ck_status(shub__timer_join(&timers, &probes[i].timer, on_probe, &probes[i], NULL),
                  SHUB_OK);
        set(&probes[i], (int64_t)shub__random_below(&seed, 1000));
    }
    for (i = 0; i < TIMERS; i += 3) /* set anew, sooner or later */
        set(&probes[i], (int64_t)shub__random_below(&seed, 1000));
    for (i = 1; i < TIMERS; i += 10)
        shub__timer_cancel(&probes[i].timer);
    while (shub__timers_due(&timers) != SHUB_NONE)
        shub__timers_run(&timers, shub__timers_due(&timers));
    for (i = 0; i < TIMERS; i++)
        ck_assert_int_eq(probes[i].calls, i % 10 != 1);
    for (i = 0; i < TIMERS; i++)
        shub__timer_leave(&probes[i].timer);
    ck_assert_uint_eq(timers.joined, 0);
    shub__timers_fini(&timers);
}
END_TEST

START_TEST(only_those_due)
{
    shub__timers timers = {0};
    int64_t last = 0;
    struct probe a = {.last = &last}, b = {.last = &last};

    ck_status(shub__timer_join(&timers, &a.timer, on_probe, &a, NULL), SHUB_OK);
    ck_status(shub__timer_join(&timers, &b.timer, on_probe, &b, NULL), SHUB_OK);
    ck_assert_int_eq(shub__timers_due(&timers), SHUB_NONE);
    shub__timer_set(&a.timer, 10);
    shub__timer_set(&b.timer, 11);
    ck_assert_int_eq(shub__timers_due(&timers), 10);
    shub__timers_run(&timers, 9);
    ck_assert_int_eq(a.calls, 0);
    shub__timers_run(&timers, 10);
    ck_assert_int_eq(a.calls, 1);
    ck_assert_int_eq(b.calls, 0);
    ck_assert_int_eq(shub__timers_due(&timers), 11);
    shub__timer_leave(&b.timer);
    ck_assert_int_eq(shub__timers_due(&timers), SHUB_NONE);
    shub__timer_leave(&a.timer);
    shub__timer_leave(&a.timer);
    shub__timers_fini(&timers);
}
END_TEST

static int again_calls;

static void set_again(void *user)
{
    again_calls++;
    shub__timer_set(user, 0);
}

START_TEST(one_call_a_run)
{
    shub__timers timers = {0};
    shub__timer timer;

    ck_status(shub__timer_join(&timers, &timer, set_again, &timer, NULL), SHUB_OK);
    shub__timer_set(&timer, 0);
    shub__timers_run(&timers, 100);
    ck_assert_int_eq(again_calls, 1);
    shub__timers_run(&timers, 100);
    ck_assert_int_eq(again_calls, 2);
    shub__timer_leave(&timer);
    shub__timers_fini(&timers);
}
END_TEST

static void leave_other(void *user)
{
    shub__timer_leave(user);
}

START_TEST(a_timer_may_end_another)
{
    shub__timers timers = {0};
    shub__timer first, second;

    ck_status(shub__timer_join(&timers, &first, leave_other, &second, NULL), SHUB_OK);
    ck_status(shub__timer_join(&timers, &second, leave_other, &first, NULL), SHUB_OK);
    shub__timer_set(&first, 1);
    shub__timer_set(&second, 2);
    shub__timers_run(&timers, 5);
    ck_assert_uint_eq(timers.joined, 1);
    ck_assert_ptr_null(second.timers);
    shub__timer_leave(&first);
    shub__timers_fini(&timers);
}
END_TEST

static shub_status join_many(void *user)
{
    shub__timers timers = {0};
    shub__timer all[20] = {{0}};
    shub_status status = SHUB_OK;
    size_t i;

    (void)user;
    for (i = 0; i < 20 && status == SHUB_OK; i++) {
        status = shub__timer_join(&timers, &all[i], on_probe, NULL, NULL);
        if (status == SHUB_OK)
            shub__timer_set(&all[i], 1);
    }
    for (i = 0; i < 20; i++)
        shub__timer_leave(&all[i]);
    shub__timers_fini(&timers);
    return status;
}

START_TEST(joining_alone_needs_memory)
{
    ck_assert_uint_eq(oom_loop(join_many, NULL), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net timer");
    TCase *tc = tcase_create("timer");

    tcase_add_test(tc, go_off_in_order);
    tcase_add_test(tc, only_those_due);
    tcase_add_test(tc, one_call_a_run);
    tcase_add_test(tc, a_timer_may_end_another);
    tcase_add_test(tc, joining_alone_needs_memory);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
