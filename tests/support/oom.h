/* Allocation failure, one allocation at a time:
 *
 *     for (long n = 0;; n++) {
 *         oom_fail_at(n);
 *         status = work(&err);
 *         if (!oom_stop())
 *             break;
 *         ck_assert_int_eq(status, SHUB_E_NOMEM);
 *     }
 *     ck_assert_int_eq(status, SHUB_OK);
 */
#ifndef TESTS_SUPPORT_OOM_H
#define TESTS_SUPPORT_OOM_H

/* Lets the n-th allocation from now, counted from 0, fail, and all that follow it. */
void oom_fail_at(long n);
/* Allocations succeed again; returns how many were made to fail. */
long oom_stop(void);

#endif
