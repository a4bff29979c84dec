/* The crash table of shipping to a bucket: every file call, every commit of both journals
 * and every request meets every fault. A process that has died sends nothing any more.
 * What is left is shipped by the next run: each object there once, whole, under a key of
 * its own; no upload open, no file left. */
#include "simulators/s3.h"
#include "support/s3_store.h"
#include "support/s3_yard.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define H17         "2015-03-10-17"
#define H18         "2015-03-10-18"
#define DAY(stream) "site/sensorhub/" stream "/2015/03/10/"
#define HERE        YARD_ROOT "/"
#define BIG         ((size_t)11 << 20) /* three parts */
#define CONTENT     "other content"

/* A file to ship: where it is, what is in it, where it must arrive. */
typedef struct cargo {
    const char *here, *text, *there;
} cargo;

static const cargo small[] = {
    {H17 "/sensorhub-meter-" H17 ".jl.gz", "one\n",
     DAY("meter") "sensorhub-meter-" H17 ".jl.gz"},
    {H17 "/sensorhub-other-" H17 ".jl.gz", "two\n", /* the key is taken */
     DAY("other") "sensorhub-other-" H17 ".1.jl.gz"},
    {H18 "/sensorhub-meter-" H18 ".jl.gz", "three\n", /* is there already */
     DAY("meter") "sensorhub-meter-" H18 ".jl.gz"},
};
static const cargo big[] = {
    {H17 "/sensorhub-large-" H17 ".jl.gz", NULL,
     DAY("large") "sensorhub-large-" H17 ".jl.gz"},
};
static const char taken[] = DAY("other") "sensorhub-other-" H17 ".jl.gz";

enum { FILES_MAX = sizeof small / sizeof *small };

static const cargo *files;
static int count;
static struct content {
    unsigned char *bytes;
    size_t len;
    char sha256[65];
} contents[FILES_MAX];

static char current[160]; /* what is tried, for messages */

#define must(what, ...)                                                                  \
    do {                                                                                 \
        if (!(what)) {                                                                   \
            char must_[256];                                                             \
            snprintf(must_, sizeof must_, __VA_ARGS__);                                  \
            ck_abort_msg("%s: %s", current, must_);                                      \
        }                                                                                \
    } while (0)

/* ---- content -------------------------------------------------------------------- */

/* One gzip member; the large one is only stored, which is fast. */
static void pack(struct content *c, const char *text, size_t len)
{
    z_stream z;
    size_t room = len + len / 64 + 64;

    memset(&z, 0, sizeof z);
    c->bytes = malloc(room);
    ck_assert_int_eq(deflateInit2(&z, 0, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = (uInt)len;
    z.next_out = c->bytes;
    z.avail_out = (uInt)room;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    c->len = room - z.avail_out;
    deflateEnd(&z);
}

static void hash(struct content *c)
{
    unsigned char digest[32];

    ck_assert(EVP_Digest(c->bytes, c->len, digest, NULL, EVP_sha256(), NULL));
    for (int i = 0; i < 32; i++)
        snprintf(c->sha256 + 2 * i, 3, "%02x", digest[i]);
}

static void pack_big(struct content *c)
{
    char *text = malloc(BIG);

    for (size_t i = 0; i < BIG; i++)
        text[i] = (char)(i % 64 == 63 ? '\n' : ' ' + (i * 31 + (i >> 16) * 7) % 90);
    pack(c, text, BIG);
    free(text);
}

static void use(const cargo *list, int list_count)
{
    files = list;
    count = list_count;
    for (int i = 0; i < count; i++) {
        if (files[i].text)
            pack(&contents[i], files[i].text, strlen(files[i].text));
        else
            pack_big(&contents[i]);
        hash(&contents[i]);
    }
}

/* ---- the world ------------------------------------------------------------------ */

/* A dead process sends nothing. */
static void on_crash(void *user)
{
    (void)user;
    say("down on");
}

static void setup(void)
{
    s3_yard_setup("s3://bucket/site");
}

static void teardown(void)
{
    s3_yard_teardown();
    for (int i = 0; i < count; i++)
        free(contents[i].bytes);
}

static void fill(void)
{
    char path[128];

    yard_reset(&yard);
    memfs_on_crash(yard.fs, on_crash, NULL);
    s3_sim_reset(sim);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, HERE "%s", files[i].here);
        yard_write(path, (const char *)contents[i].bytes, contents[i].len);
    }
    s3_sim_put(sim, "bucket", taken, CONTENT, sizeof CONTENT - 1);
    if (files == small) /* without metadata: what lies there is compared */
        s3_sim_put(sim, "bucket", files[2].there, contents[2].bytes, contents[2].len);
}

/* One run; without attempts beyond the first a fault ends it. */
static shub_status run(int retries)
{
    s3.retries = retries;
    return yard_run(&yard, NULL);
}

static int is_here(int i)
{
    char path[128];

    snprintf(path, sizeof path, HERE "%s", files[i].here);
    return yard_exists(path);
}

static int is_there(int i)
{
    s3_sim_object object;
    char sha256[80] = "";
    int same;

    if (!s3_sim_get(sim, "bucket", files[i].there, &object))
        return 0;
    same = object.size == contents[i].len &&
           memcmp(object.data, contents[i].bytes, object.size) == 0;
    if (s3_sim_header(&object, "x-amz-meta-shub-sha256", sha256, sizeof sha256))
        same = same && strcmp(sha256, contents[i].sha256) == 0;
    else
        same = same && files == small && i == 2;
    s3_sim_object_free(&object);
    return same;
}

static void must_be_safe(void)
{
    for (int i = 0; i < count; i++)
        must(is_here(i) || is_there(i), "%s is lost", files[i].here);
}

static void must_be_untouched(void)
{
    s3_sim_object object;

    must(s3_sim_get(sim, "bucket", taken, &object), "%s is gone", taken);
    must(object.size == sizeof CONTENT - 1 &&
             memcmp(object.data, CONTENT, object.size) == 0,
         "%s was overwritten", taken);
    s3_sim_object_free(&object);
}

/* Every file once at its place, nothing else but what was there, nothing left here. */
static void must_have_arrived(const char *when)
{
    for (int i = 0; i < count; i++) {
        must(is_there(i), "%s: %s is not there", when, files[i].there);
        must(!is_here(i), "%s: %s is still here", when, files[i].here);
    }
    must_be_untouched();
    must(s3_sim_object_count(sim, NULL) == (size_t)count + 1, "%s: %zu objects", when,
         s3_sim_object_count(sim, NULL));
    must(s3_sim_upload_count(sim, NULL) == 0, "%s: %zu uploads are open", when,
         s3_sim_upload_count(sim, NULL));
    must(yard_count(YARD_ROOT) == 1, "%s: more than the lock is left", when);
}

/* Nothing is sent twice but what was in flight. */
static void must_have_sent_once(void)
{
    size_t parts = files == big ? 3 : 0;

    must(s3_sim_successes(sim, "part") <= parts + (size_t)s3.in_flight,
         "%zu parts were taken", s3_sim_successes(sim, "part"));
}

/* What a fault left is shipped by the next run; the power goes again after it, and what
 * comes back here is found there. */
static void come_up(uint64_t seed)
{
    say("down off");
    say("fault clear");
    must_be_safe();
    must(run(0) == SHUB_OK, "the next run: %s", yard.err.message);
    must_have_arrived("after the next run");
    must_have_sent_once();
    memfs_reboot(yard.fs, MEMFS_POWER_SOME, seed);
    must(run(0) == SHUB_OK, "after the power went: %s", yard.err.message);
    must_have_arrived("after the power went");
}

/* ---- tables --------------------------------------------------------------------- */

/* All points with SHUB_CRASH_FULL, else one in so many; fewer where a sanitizer makes
 * them slow. */
static uint64_t step(void)
{
    const char *sanitizer = getenv("SHUB_SANITIZE");
    uint64_t by = files == big ? 60 : 4;

    if (getenv("SHUB_CRASH_FULL"))
        return 1;
    return sanitizer && *sanitizer ? 2 * by : by;
}

/* The k-th file call or commit meets the fault; 0 when there are fewer. */
static int file_point(uint64_t k, memfs_fault fault, memfs_boot boot)
{
    int came;

    snprintf(current, sizeof current, "%s at call %d, %s", memfs_fault_name(fault),
             (int)k, memfs_boot_name(boot));
    fill();
    memfs_plan(yard.fs, k, fault);
    (void)run(SHUB_NONE);
    came = memfs_fault_came(yard.fs);
    /* A process that met an error lives on, and what it did not sync is still not on the
     * disk. */
    if (boot == MEMFS_KILLED && !memfs_dead(yard.fs))
        memfs_plan(yard.fs, 0, MEMFS_NONE);
    else
        memfs_reboot(yard.fs, boot, k);
    come_up(k);
    return came;
}

static int file_table(memfs_fault fault, memfs_boot boot)
{
    int points = 0;

    for (uint64_t k = 1 + (uint64_t)(3 * fault + boot) % step();
         file_point(k, fault, boot); k += step())
        points++;
    return points;
}

START_TEST(every_file_call_and_commit)
{
    int points = 0;

    use(small, FILES_MAX);
    for (int fault = MEMFS_CRASH; fault < MEMFS_FAULTS; fault++)
        for (int boot = 0; boot < MEMFS_BOOTS; boot++)
            points += file_table((memfs_fault)fault, (memfs_boot)boot);
    printf("ship to a bucket: %d crash points\n", points);
    ck_assert_int_gt(points, 50);
}
END_TEST

START_TEST(every_file_call_and_commit_of_a_large_file)
{
    static const memfs_fault faults[] = {MEMFS_CRASH, MEMFS_CRASH_AFTER, MEMFS_EIO};
    int points = 0;

    use(big, 1);
    s3.integrity = SHUB_S3_INTEGRITY_NONE; /* less to hash */
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        points += file_table(faults[i], i % 2 ? MEMFS_KILLED : MEMFS_POWER_SOME);
    printf("ship to a bucket: %d crash points of a large file\n", points);
    ck_assert_int_gt(points, 3);
}
END_TEST

static const char *const network_faults[] = {
    "drop_before", "drop_after", "status=500", "status=503 code=SlowDown", "cut_body",
};
enum { NETWORK_FAULTS = sizeof network_faults / sizeof *network_faults };

/* From the r-th request on, `times` of them meet the fault; 0 when there are fewer. */
static int network_point(uint64_t r, const char *fault, const char *times, int retries)
{
    char line[96], kind[32], code[32] = "";
    size_t struck;

    snprintf(current, sizeof current, "%s %s at request %d, %s", fault, times, (int)r,
             retries == SHUB_NONE ? "not tried again" : "tried again");
    ck_assert_int_ge(sscanf(fault, "%31s %31s", kind, code), 1);
    snprintf(line, sizeof line, "fault any %s %s skip=%d %s", kind, times, (int)r, code);
    fill();
    say(line);
    if (run(retries) == SHUB_OK && retries != SHUB_NONE)
        for (int i = 0; i < count; i++)
            must(is_there(i) && !is_here(i), "%s did not arrive", files[i].here);
    struck = s3_sim_faults(sim, NULL);
    come_up(r);
    return struck > 0;
}

static int network_table(const char *times, int retries, uint64_t by)
{
    int points = 0;

    for (int fault = 0; fault < NETWORK_FAULTS; fault++)
        for (uint64_t r = (uint64_t)fault % by;
             network_point(r, network_faults[fault], times, retries); r += by)
            points++;
    return points;
}

/* Once; once, and tried again; from there on until the next run. */
static int every_network_table(void)
{
    uint64_t by = step() / 2 + 1;

    return network_table("1", SHUB_NONE, by > 20 ? 2 : 1) + network_table("1", 0, by) +
           network_table("always", SHUB_NONE, by);
}

START_TEST(every_request)
{
    int points;

    use(small, FILES_MAX);
    points = every_network_table();
    printf("ship to a bucket: %d faults of requests\n", points);
    ck_assert_int_gt(points, 30);
}
END_TEST

START_TEST(every_request_of_a_large_file)
{
    int points;

    use(big, 1);
    s3.integrity = SHUB_S3_INTEGRITY_NONE;
    points = every_network_table();
    printf("ship to a bucket: %d faults of requests of a large file\n", points);
    ck_assert_int_gt(points, 5);
}
END_TEST

/* ---- the process dies behind a request ------------------------------------------ */

static int calls_left;

/* Every request that ends is traced. */
static void on_trace(shub_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    if (strncmp(line, "s3 event=call", 13) == 0 && calls_left-- == 0)
        memfs_crash(yard.fs);
}

static int killed_behind(int request, memfs_boot boot)
{
    int dead;

    snprintf(current, sizeof current, "killed behind request %d, %s", request,
             memfs_boot_name(boot));
    fill();
    calls_left = request;
    shub_trace_set(SHUB_LEVEL_DEBUG, on_trace, NULL);
    (void)run(SHUB_NONE);
    shub_trace_set(SHUB_LEVEL_OFF, NULL, NULL);
    dead = memfs_dead(yard.fs);
    memfs_reboot(yard.fs, boot, (uint64_t)request);
    come_up((uint64_t)request);
    return dead;
}

START_TEST(killed_behind_every_request)
{
    int points = 0;

    if (_i)
        use(big, 1);
    else
        use(small, FILES_MAX);
    for (int boot = 0; boot < MEMFS_BOOTS; boot++)
        for (int request = boot; killed_behind(request, (memfs_boot)boot);
             request += files == big ? (int)(step() / 10 + 1) : 1)
            points++;
    printf("ship to a bucket: %d kills behind requests%s\n", points,
           _i ? " of a large file" : "");
    ck_assert_int_gt(points, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ship s3 crash");
    TCase *tc = tcase_create("crash");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 0);
    tcase_add_test(tc, every_file_call_and_commit);
    tcase_add_test(tc, every_file_call_and_commit_of_a_large_file);
    tcase_add_test(tc, every_request);
    tcase_add_test(tc, every_request_of_a_large_file);
    tcase_add_loop_test(tc, killed_behind_every_request, 0, 2);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
