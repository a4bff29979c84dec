/* What people complain about where programs keep telemetry in S3, each with the public
 * thread it was read in, and the test that it cannot be said here. Those that others
 * prove:
 *
 *   back-off within one second, then nothing (fluent/fluent-bit#9214)
 *       s3_world: further_attempts_are_spread, the_budget_ends_further_attempts
 *   begin and complete are not tried again (TTLabs/EvaporateJS#107, fluent-bit#2859)
 *       s3_upload: a_fault_ends_in_one_whole_object
 *   an interrupted upload begins anew (rclone/rclone#87, aws/aws-cli#1425)
 *       s3_upload_resume: an_upload_goes_on_after_a_crash; s3_journal
 *   orphans that nobody sees (owncloud/ocis#4968, scylladb/scylladb#20425)
 *       s3_upload: an_orphan_is_counted_and_removed_later; s3_journal:
 *       a_beginning_without_an_answer_is_found_later
 *   clocks that differ (boto/boto3#1252)
 *       s3_world: a_wrong_clock_costs_one_request
 *   keys that expire (aws/aws-for-fluent-bit#138, fluent-bit#10428)
 *       s3_world: keys_expire_in_the_middle_of_an_upload
 *   rotation at the top of the hour by several writers (logrotate/logrotate#249,
 *   natefinch/lumberjack#103)
 *       log_append: a_second_writer_has_the_next_number, tick_closes_hours_that_are_over;
 *       log_process: killed_writers_lose_nothing */
#include "simulators/s3.h"
#include "support/peer.h"
#include "support/s3_store.h"
#include "support/s3_yard.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define MIB       ((size_t)1 << 20)
#define PART      ((size_t)SHUB_S3_PART_MIN)
#define HOUR      ((int64_t)YARD_HOUR * SHUB_SECOND_US)
#define H17       "2015-03-10-17"
#define FILE_PATH "/data/file"

static shub_ship_report report;
static shub_error err;
static int64_t now_us;

static int64_t read_clock(void *user)
{
    (void)user;
    return now_us;
}

static void setup(void)
{
    static const shub_ship_report none = SHUB_SHIP_REPORT_INIT;
    static const shub_error no_error = SHUB_ERROR_INIT;

    s3_yard_setup("s3://bucket");
    report = none;
    err = no_error;
    now_us = HOUR;
}

static shub_status run(void)
{
    return yard_run(&yard, &report);
}

static void must_have_arrived(size_t objects)
{
    ck_assert_int_eq(yard_count(YARD_ROOT), 1); /* the lock */
    ck_assert_uint_eq(s3_sim_object_count(sim, NULL), objects);
    ck_assert_uint_eq(s3_sim_upload_count(sim, NULL), 0);
}

/* A gzip member of so many bytes, stored: a sealed file. */
static void seal_bytes(const char *below, size_t bytes)
{
    enum { FRAME = 18, BLOCK = 5, BLOCK_MAX = 65535 };
    size_t blocks = 1, text, room = bytes + 4096, len;
    unsigned char *gz = malloc(room);
    char *plain = calloc(1, bytes), path[128];
    z_stream z;

    while (FRAME + blocks * BLOCK + blocks * BLOCK_MAX < bytes)
        blocks++;
    text = bytes - FRAME - blocks * BLOCK;
    do { /* zlib's blocks are its own: one byte less until it fits */
        memset(&z, 0, sizeof z);
        ck_assert_int_eq(deflateInit2(&z, 0, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY),
                         Z_OK);
        z.next_in = (Bytef *)plain;
        z.avail_in = (uInt)text--;
        z.next_out = gz;
        z.avail_out = (uInt)room;
        ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
        len = room - z.avail_out;
        deflateEnd(&z);
    } while (len > bytes);
    ck_assert_uint_eq(len, bytes);
    snprintf(path, sizeof path, YARD_ROOT "/%s", below);
    yard_write(path, (const char *)gz, len);
    free(gz);
    free(plain);
}

/* ---- what is acknowledged ------------------------------------------------------- */

static const struct {
    const char *fault;
    size_t bytes;
} losses[] = {
    {"fault put lose_object 1", 0},
    {"fault put wrong_size 1", 0},
    {"fault complete lose_object 1", 2 * PART},
    {"fault complete wrong_size 1", 2 * PART},
};

/* fluent/fluent-bit#5378, aws/aws-for-fluent-bit#495: data is lost. Here the file is the
 * buffer, and goes when the object was seen, whatever was answered before. */
START_TEST(an_object_that_was_not_kept_costs_nothing)
{
    int lost = strstr(losses[_i].fault, "lose") != NULL;

    if (losses[_i].bytes)
        seal_bytes(H17 "/sensorhub-meter-" H17 ".jl.gz", losses[_i].bytes);
    else
        yard_seal(H17 "/sensorhub-meter-" H17 ".jl.gz", "one\n");
    say(losses[_i].fault);
    ck_status(run(), lost ? SHUB_E_NOT_FOUND : SHUB_E_CORRUPT);
    ck_assert(yard_exists(YARD_ROOT "/" H17 "/sensorhub-meter-" H17 ".jl.gz"));
    ck_assert_uint_eq(report.failed, 1);
    ck_assert_uint_eq(report.waiting, 1);
    ck_status(run(), SHUB_OK);
    must_have_arrived(lost ? 1 : 2); /* what is there is overwritten by nobody */
}
END_TEST

/* ---- memory --------------------------------------------------------------------- */

static size_t large_total, large_most;

/* Fails none: looks on. */
static int count_large(size_t size, void *user)
{
    (void)user;
    if (size >= MIB) {
        large_total += size;
        large_most = size > large_most ? size : large_most;
    }
    return 0;
}

/* vectordotdev/vector#3829, fluent-bit#3204, aws/aws-sdk-cpp#2856: a batch, or a file, is
 * in memory whole. Here it is the parts in flight, and nothing else of a megabyte,
 * however long the file is. */
START_TEST(memory_is_bounded_by_the_parts_in_flight)
{
    seal_bytes(H17 "/sensorhub-meter-" H17 ".jl.gz", (size_t)(4 + 4 * _i) * PART);
    large_total = large_most = 0;
    shub__mem_set_fail(count_large, NULL);
    ck_status(run(), SHUB_OK);
    shub__mem_set_fail(NULL, NULL);
    must_have_arrived(1);
    ck_assert_uint_le(large_most, PART);
    ck_assert_uint_le(large_total, 2 * PART);
}
END_TEST

/* aws/aws-sdk-cpp#2856: there is no progress. */
START_TEST(progress_is_told_part_by_part)
{
    shub_s3_progress progress = SHUB_S3_PROGRESS_INIT;
    int64_t last = -1;
    int steps = 0;
    shub_s3_upload *up;
    shub_s3 *client;
    shub_status status;

    seal_bytes("file", 4 * PART);
    ck_status(shub_s3_open(&s3, &client, &err), SHUB_OK);
    ck_status(
        shub_s3_upload_file(client, BUCKET, SHUB_LIT("k"), FILE_PATH, NULL, &up, &err),
        SHUB_OK);
    do {
        status = shub_s3_upload_poll(up, SHUB_NONE, &progress, NULL, &err);
        ck_assert_int_ge(progress.sent, last);
        steps += progress.sent > last;
        last = progress.sent;
    } while (status == SHUB_E_AGAIN);
    ck_status(status, SHUB_OK);
    ck_assert_int_eq(last, (int64_t)(4 * PART));
    ck_assert_int_ge(steps, 3);
    shub_s3_upload_close(up);
    shub_s3_close(client);
}
END_TEST

/* ---- objects and keys ----------------------------------------------------------- */

static const size_t around_parts[] = {PART - 1, PART,         PART + 1, 2 * PART - 1,
                                      2 * PART, 2 * PART + 1, 3 * PART};

/* fluent-bit#2962: the last chunk becomes a second object. */
START_TEST(one_hour_is_one_object)
{
    s3_sim_object object;

    seal_bytes(H17 "/sensorhub-meter-" H17 ".jl.gz", around_parts[_i]);
    ck_status(run(), SHUB_OK);
    must_have_arrived(1);
    ck_assert(s3_sim_get(sim, "bucket",
                         "sensorhub/meter/2015/03/10/sensorhub-meter-" H17 ".jl.gz",
                         &object));
    ck_assert_uint_eq(object.size, around_parts[_i]);
    s3_sim_object_free(&object);
}
END_TEST

static void append(shub_log *log, int count)
{
    char line[64];

    for (int i = 0; i < count; i++) {
        snprintf(line, sizeof line, "{\"n\":%d}", i);
        ck_status(
            shub_log_append_line(log, SHUB_LIT("meter"), now_us, shub_str(line), &err),
            SHUB_OK);
    }
    ck_status(shub_log_flush(log, &err), SHUB_OK);
}

/* Lines of an hour written and synced by minutes, in a log opened anew now and then; it
 * is sealed and shipped much later. */
static void log_an_hour(void)
{
    shub_log_options opts = SHUB_LOG_OPTIONS_INIT;
    shub_log *log;

    opts.clock.now_us = read_clock;
    for (int minute = 0; minute < 60; minute++) {
        if (minute % 20 == 0)
            ck_status(shub_log_open(SHUB_LIT(YARD_ROOT), &opts, &log, &err), SHUB_OK);
        append(log, 10);
        now_us += 60 * SHUB_SECOND_US;
        if (minute % 20 == 19)
            shub_log_close(log);
    }
    now_us += 30 * SHUB_HOUR_US;
    ck_status(shub_log_open(SHUB_LIT(YARD_ROOT), &opts, &log, &err), SHUB_OK);
    ck_status(shub_log_seal(log, NULL, &err), SHUB_OK);
    shub_log_close(log);
}

static size_t count_lines(const s3_sim_object *object)
{
    static char text[65536];
    size_t lines = 0;
    z_stream z;

    memset(&z, 0, sizeof z);
    ck_assert_int_eq(inflateInit2(&z, 31), Z_OK);
    z.next_in = object->data;
    z.avail_in = (uInt)object->size;
    z.next_out = (Bytef *)text;
    z.avail_out = sizeof text;
    ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    for (size_t i = 0; i < sizeof text - z.avail_out; i++)
        lines += text[i] == '\n';
    inflateEnd(&z);
    return lines;
}

static const char *const zones[] = {"UTC", "Europe/Madrid", "America/New_York",
                                    "Asia/Kolkata"};
/* 2015-03-08T07:00Z and 2015-11-01T06:00Z: clocks of New York jump there;
 * 2015-03-29T01:00Z those of Madrid. */
static const struct {
    int64_t hour;
    const char *key;
} hours[] = {
    {1425798000, "box/2015/03/08/07/meter/sensorhub-meter-2015-03-08-07.jl.gz"},
    {1446357600, "box/2015/11/01/06/meter/sensorhub-meter-2015-11-01-06.jl.gz"},
    {1427590800, "box/2015/03/29/01/meter/sensorhub-meter-2015-03-29-01.jl.gz"},
};
enum { HOURS = sizeof hours / sizeof *hours };

/* aws-for-fluent-bit#459, vector#1743: the key has the time of the upload;
 * fluent-bit#7948: in whose zone; vector#18692: hundreds of tiny objects; vector#6929: no
 * fields in the key; influxdata/telegraf#17376: not compressed. */
START_TEST(a_key_tells_the_hour_of_the_records_in_utc)
{
    s3_sim_object object;
    char value[64];

    setenv("TZ", zones[_i / HOURS], 1);
    tzset();
    now_us = hours[_i % HOURS].hour * SHUB_SECOND_US;
    yard.opts.key = "{host}/{Y}/{m}/{d}/{H}/{stream}/{name}.jl.gz";
    log_an_hour();
    ck_status(run(), SHUB_OK);
    ck_assert_uint_eq(s3_sim_object_count(sim, NULL), 1);
    ck_assert(s3_sim_get(sim, "bucket", hours[_i % HOURS].key, &object));
    ck_assert(s3_sim_header(&object, "content-encoding", value, sizeof value));
    ck_assert_str_eq(value, "gzip");
    ck_assert_uint_eq(count_lines(&object), 600);
    s3_sim_object_free(&object);
    unsetenv("TZ");
    tzset();
}
END_TEST

/* ---- checksums ------------------------------------------------------------------ */

static const struct {
    int32_t integrity;
    const char *wanted; /* in the request's head; NULL: no sum of any kind */
} sums[] = {
    {SHUB_S3_INTEGRITY_AUTO, NULL},
    {SHUB_S3_INTEGRITY_NONE, NULL},
    {SHUB_S3_INTEGRITY_SHA256, NULL},
    {SHUB_S3_INTEGRITY_MD5, "Content-MD5: XUFAKrxLKna5cZ2REBfFkg=="},
    {SHUB_S3_INTEGRITY_CRC32C, "x-amz-checksum-crc32c: mnG7TA=="},
    {SHUB_S3_INTEGRITY_CRC64NVME, "x-amz-checksum-crc64nvme: "},
};

/* aws/aws-sdk-js-v3#6810, rclone#7445: what Amazon's own programs send by default breaks
 * other servers. */
START_TEST(no_sum_that_was_not_asked_for)
{
    static const peer_answer fine = {
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"e\"\r\n\r\n", 1, 0};
    peer *server = peer_start(&fine, 1, 0);
    const char *sent;
    shub_s3 *client;

    s3.endpoint = peer_url(server);
    s3.integrity = sums[_i].integrity;
    ck_status(shub_s3_open(&s3, &client, &err), SHUB_OK);
    ck_status(
        shub_s3_put(client, BUCKET, SHUB_LIT("k"), SHUB_LIT("hello"), NULL, NULL, &err),
        SHUB_OK);
    shub_s3_close(client);
    sent = peer_received(server);
    ck_assert_ptr_nonnull(strstr(sent, "\r\nContent-Length: 5\r\n"));
    ck_assert_ptr_null(strstr(sent, "aws-chunked"));
    ck_assert_ptr_null(strcasestr(sent, "x-amz-trailer"));
    ck_assert_ptr_null(strcasestr(sent, "x-amz-sdk-checksum"));
    if (sums[_i].wanted)
        ck_assert_msg(strcasestr(sent, sums[_i].wanted), "%s: %s", sums[_i].wanted, sent);
    else
        ck_assert_ptr_null(strcasestr(sent, "checksum"));
    ck_assert(!strcasestr(sent, "\r\nContent-MD5") ==
              (sums[_i].integrity != SHUB_S3_INTEGRITY_MD5));
    peer_stop(server);
}
END_TEST

/* ---- destinations that are down ------------------------------------------------- */

/* fluent-bit#10229, aws-for-fluent-bit#186: while nothing can be sent, nothing goes, and
 * it is told how much waits since when. */
START_TEST(what_waits_is_told)
{
    yard_seal(H17 "/sensorhub-meter-" H17 ".jl.gz", "one\n");
    yard_seal(H17 "/sensorhub-other-" H17 ".jl.gz", "two\n");
    say("down on");
    s3.retries = SHUB_NONE;
    for (int i = 0; i < 3; i++) {
        ck_status(run(), SHUB_E_NETWORK);
        ck_assert_uint_eq(report.waiting, 2);
        ck_assert_int_eq(report.oldest_us, HOUR);
        ck_assert_uint_eq(report.files, 0);
    }
    say("down off");
    ck_status(run(), SHUB_OK);
    ck_assert_uint_eq(report.files, 2);
    ck_assert_uint_eq(report.waiting, 0);
    must_have_arrived(2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ship promises");
    TCase *tc = tcase_create("promises");

    tcase_add_checked_fixture(tc, setup, s3_yard_teardown);
    tcase_add_loop_test(tc, an_object_that_was_not_kept_costs_nothing, 0,
                        sizeof losses / sizeof *losses);
    tcase_add_loop_test(tc, memory_is_bounded_by_the_parts_in_flight, 0, 2);
    tcase_add_test(tc, progress_is_told_part_by_part);
    tcase_add_loop_test(tc, one_hour_is_one_object, 0,
                        sizeof around_parts / sizeof *around_parts);
    tcase_add_loop_test(tc, a_key_tells_the_hour_of_the_records_in_utc, 0,
                        HOURS * (int)(sizeof zones / sizeof *zones));
    tcase_add_loop_test(tc, no_sum_that_was_not_asked_for, 0, sizeof sums / sizeof *sums);
    tcase_add_test(tc, what_waits_is_told);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
