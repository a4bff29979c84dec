/* The crash table of shipping: every file call and every commit of the journal meets
 * every fault, and whatever is left is shipped by the next run, once. */
#include "support/shipyard.h"
#include "support/suite.h"

#include <stdio.h>

#define H17         "2015-03-10-17"
#define H18         "2015-03-10-18"
#define HERE        YARD_ROOT "/"
#define DAY(stream) YARD_DEST "/sensorhub/" stream "/2015/03/10/"

static shipyard yard;

static void setup(void)
{
    yard_setup(&yard);
}

static void teardown(void)
{
    yard_teardown(&yard);
}

/* A file to ship: where it is, what is in it, where it must arrive. */
static const struct {
    const char *here, *text, *there;
} files[] = {
    {H17 "/sensorhub-meter-" H17 ".jl.gz", "one\n",
     DAY("meter") "sensorhub-meter-" H17 ".jl.gz"},
    {H17 "/sensorhub-other-" H17 ".jl.gz", "two\n", /* the key is taken */
     DAY("other") "sensorhub-other-" H17 ".1.jl.gz"},
    {H18 "/sensorhub-meter-" H18 ".jl.gz", "three\n", /* is there already */
     DAY("meter") "sensorhub-meter-" H18 ".jl.gz"},
};
enum { FILES = sizeof files / sizeof files[0] };

static const char taken[] = DAY("other") "sensorhub-other-" H17 ".jl.gz";
static const char stale[] = YARD_DEST "/.x.jl.gz.tmp-0123456789abcdef";

static void fill(void)
{
    yard_reset(&yard);
    for (int i = 0; i < FILES; i++)
        yard_seal(files[i].here, files[i].text);
    yard_write(taken, "other content", 13);
    yard_write(stale, "half", 4);
    yard_write_gzip(files[2].there, files[2].text);
}

static int is_here(int i)
{
    char path[128];

    snprintf(path, sizeof path, HERE "%s", files[i].here);
    return yard_holds(path, files[i].text);
}

static int is_there(int i)
{
    return yard_holds(files[i].there, files[i].text);
}

/* Every file once at its place, nothing else but what was there, nothing left here. */
static void ck_arrived(const char *when)
{
    for (int i = 0; i < FILES; i++)
        ck_assert_msg(is_there(i), "%s: %s is not there", when, files[i].there);
    ck_assert_int_eq(yard_count(YARD_DEST), FILES + 1);
    ck_assert_int_eq(yard_hidden(YARD_DEST), 0);
    ck_assert(yard_exists(taken));
    /* The lock, and what is kept. */
    ck_assert_int_eq(yard_count(YARD_ROOT), yard.opts.keep ? 1 + FILES : 1);
    for (int i = 0; i < FILES; i++)
        ck_assert(!is_here(i));
}

/* One point of the table: the k-th call of a run meets the fault; 0 when there are fewer.
 */
static int point(uint64_t k, memfs_fault fault, memfs_boot boot)
{
    int came;

    fill();
    memfs_plan(yard.fs, k, fault);
    (void)yard_run(&yard, NULL);
    came = memfs_fault_came(yard.fs);
    /* A process that met an error lives on, and what it did not sync is still not on the
     * disk. */
    if (boot == MEMFS_KILLED && !memfs_dead(yard.fs))
        memfs_plan(yard.fs, 0, MEMFS_NONE);
    else
        memfs_reboot(yard.fs, boot, k);
    for (int i = 0; i < FILES; i++)
        ck_assert_msg(is_here(i) || is_there(i), "%s at call %d, %s: %s is lost",
                      memfs_fault_name(fault), (int)k, memfs_boot_name(boot),
                      files[i].here);
    ck_assert_msg(yard_run(&yard, NULL) == SHUB_OK, "%s", yard.err.message);
    ck_arrived("after the next run");
    /* The power goes once more. What comes back here is found there. */
    memfs_reboot(yard.fs, MEMFS_POWER_SOME, k);
    for (int i = 0; i < FILES; i++)
        ck_assert_msg(is_there(i), "%s went with the power", files[i].there);
    ck_assert_msg(yard_run(&yard, NULL) == SHUB_OK, "%s", yard.err.message);
    ck_arrived("after the power went");
    return came;
}

static int table(memfs_fault fault, memfs_boot boot)
{
    int points = 0;

    while (point((uint64_t)points + 1, fault, boot))
        points++;
    return points;
}

START_TEST(every_call_meets_every_fault)
{
    int points = 0;

    for (int fault = MEMFS_CRASH; fault < MEMFS_FAULTS; fault++)
        for (int boot = 0; boot < MEMFS_BOOTS; boot++)
            points += table((memfs_fault)fault, (memfs_boot)boot);
    printf("ship: %d crash points\n", points);
    ck_assert_int_gt(points, 1000);
}
END_TEST

START_TEST(every_call_while_files_are_kept)
{
    int points = 0;

    yard.opts.keep = 1;
    for (int fault = MEMFS_CRASH; fault < MEMFS_FAULTS; fault++)
        points += table((memfs_fault)fault, MEMFS_POWER_SOME);
    printf("ship: %d crash points, files kept\n", points);
    ck_assert_int_gt(points, 500);
}
END_TEST

/* Without its journal the next run must not double anything either. */
START_TEST(every_call_without_a_journal)
{
    int points = 0, came = 1;

    for (uint64_t k = 1; came; k++, points++) {
        fill();
        memfs_plan(yard.fs, k, MEMFS_CRASH);
        (void)yard_run(&yard, NULL);
        came = memfs_fault_came(yard.fs);
        memfs_reboot(yard.fs, MEMFS_POWER_SOME, k);
        yard_remove_journal(&yard);
        ck_assert_msg(yard_run(&yard, NULL) == SHUB_OK, "%s", yard.err.message);
        ck_arrived("without a journal");
    }
    printf("ship: %d crash points and a lost journal\n", points);
    ck_assert_int_gt(points, 50);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ship crash");
    TCase *tc = tcase_create("crash");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 200);
    tcase_add_test(tc, every_call_meets_every_fault);
    tcase_add_test(tc, every_call_while_files_are_kept);
    tcase_add_test(tc, every_call_without_a_journal);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
