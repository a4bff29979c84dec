/* What S3 has computed for every byte and every request: checksums beside zlib's crc32
 * and what moving the same bytes costs, in the cache and beyond it; signatures. Each
 * figure is the median of seven runs, taken in turns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/random.h"
#include "s3/checksum.h"
#include "s3/sigv4.h"

#define SMALL   ((size_t)64 << 10) /* stays in the cache of one core */
#define LARGE   ((size_t)64 << 20) /* does not */
#define TOTAL   ((size_t)64 << 20) /* bytes of one run */
#define REQUEST 2000               /* signatures of one run */
#define RUNS    7

static unsigned char *bytes, *copy;
static uint64_t sink; /* keeps the work from being optimised away */

static void must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s failed\n", what);
        exit(1);
    }
}

/* ---- sums ------------------------------------------------------------------------- */

static void do_memcpy(size_t len)
{
    memcpy(copy, bytes, len);
    sink += copy[len - 1];
}

static void do_zlib(size_t len)
{
    sink += crc32(0, bytes, (uInt)len);
}

static void do_crc32c(size_t len)
{
    sink += shub__crc32c(0, bytes, len);
}

static void do_crc32c_table(size_t len)
{
    sink += shub__crc32c_table(0, bytes, len);
}

static void do_crc64(size_t len)
{
    sink += shub__crc64nvme(0, bytes, len);
}

static void do_crc64_table(size_t len)
{
    sink += shub__crc64nvme_table(0, bytes, len);
}

static void do_digest(shub__sum_kind kind, size_t len)
{
    shub__sum sum;

    must(!shub__sum_of(kind, bytes, len, &sum, NULL), "shub__sum_of");
    sink += sum.bytes[0];
}

static void do_sha256(size_t len)
{
    do_digest(SHUB__SUM_SHA256, len);
}

static void do_md5(size_t len)
{
    do_digest(SHUB__SUM_MD5, len);
}

static const struct {
    const char *name;
    void (*run)(size_t len);
} sums[] = {{"memcpy", do_memcpy},   {"zlib crc32", do_zlib},
            {"CRC32C", do_crc32c},   {"CRC32C, tables", do_crc32c_table},
            {"CRC64NVME", do_crc64}, {"CRC64NVME, tables", do_crc64_table},
            {"SHA-256", do_sha256},  {"MD5", do_md5}};

#define SUMS (sizeof sums / sizeof sums[0])

/* ---- signatures -------------------------------------------------------------------- */

static shub__sigv4_key kept;

static const shub_s3_pair headers[] = {
    {{"content-type", 12}, {"application/gzip", 16}},
    {{"x-amz-checksum-crc32c", 21}, {"sOO8/Q==", 8}},
    {{"x-amz-meta-shub-sha256", 22}, {SHUB__SIGV4_EMPTY, 64}},
    {{"host", 4}, {"examplebucket.s3.amazonaws.com", 30}},
    {{"x-amz-content-sha256", 20}, {SHUB__SIGV4_EMPTY, 64}},
    {{"x-amz-date", 10}, {"20130524T000000Z", 16}}};

static void do_authorize(shub__sigv4_key *cache)
{
    static shub__buf value;
    shub__sigv4_signer signer = {.access_key = SHUB_LIT("AKIAIOSFODNN7EXAMPLE"),
                                 .secret_key =
                                     SHUB_LIT("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                                 .region = SHUB_LIT("us-east-1"),
                                 .service = SHUB_LIT("s3"),
                                 .time_us = 1369353600 * SHUB_SECOND_US,
                                 .cache = cache};
    shub__sigv4_request req = {.method = SHUB_LIT("PUT"),
                               .path =
                                   SHUB_LIT("/meter/2013/05/24/meter-2013-05-24-00.gz"),
                               .headers = headers,
                               .header_count = sizeof headers / sizeof headers[0],
                               .payload = SHUB_LIT(SHUB__SIGV4_EMPTY)};

    value.max = 4096;
    shub__buf_clear(&value);
    must(!shub__sigv4_authorize(&signer, &req, &value, NULL), "shub__sigv4_authorize");
}

static void do_with_key(void)
{
    do_authorize(&kept);
}

static void do_without_key(void)
{
    do_authorize(NULL);
}

static shub_s3_sign_options options(void)
{
    shub_s3_sign_options opts = SHUB_S3_SIGN_OPTIONS_INIT;

    opts.access_key = SHUB_LIT("AKIAIOSFODNN7EXAMPLE");
    opts.secret_key = SHUB_LIT("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    opts.time_us = 1369353600 * SHUB_SECOND_US;
    return opts;
}

#define URL SHUB_LIT("https://examplebucket.s3.amazonaws.com/meter/2013-05-24-00.gz")

static void do_sign(void)
{
    shub_s3_sign_options opts = options();
    shub_s3_signature signature = SHUB_S3_SIGNATURE_INIT;

    must(!shub_s3_sign(&opts, SHUB_LIT("PUT"), URL, headers, 3,
                       SHUB_LIT(SHUB__SIGV4_EMPTY), &signature, NULL),
         "shub_s3_sign");
}

static void do_presign(void)
{
    static char url[SHUB_S3_URL_MAX];
    shub_s3_sign_options opts = options();
    size_t len;

    must(!shub_s3_presign(&opts, SHUB_LIT("GET"), URL, NULL, 0, url, sizeof url, &len,
                          NULL),
         "shub_s3_presign");
}

static const struct {
    const char *name;
    void (*run)(void);
} signatures[] = {{"authorize, the day's key kept", do_with_key},
                  {"authorize, the key derived", do_without_key},
                  {"shub_s3_sign", do_sign},
                  {"shub_s3_presign", do_presign}};

#define SIGNATURES (sizeof signatures / sizeof signatures[0])

/* ---- the tables -------------------------------------------------------------------- */

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double one = *(const double *)a;
    double other = *(const double *)b;

    return (one > other) - (one < other);
}

static double median(double taken[RUNS])
{
    qsort(taken, RUNS, sizeof taken[0], by_value);
    return taken[RUNS / 2];
}

static void measure_sums(size_t len, double result[SUMS])
{
    static double taken[SUMS][RUNS];

    for (int run = 0; run < RUNS; run++)
        for (size_t i = 0; i < SUMS; i++) {
            double before = seconds();
            for (size_t done = 0; done < TOTAL; done += len)
                sums[i].run(len);
            taken[i][run] = seconds() - before;
        }
    for (size_t i = 0; i < SUMS; i++)
        result[i] = (double)TOTAL / median(taken[i]) / 1e9;
}

static void measure_signatures(double result[SIGNATURES])
{
    static double taken[SIGNATURES][RUNS];

    for (int run = 0; run < RUNS; run++)
        for (size_t i = 0; i < SIGNATURES; i++) {
            double before = seconds();
            for (int k = 0; k < REQUEST; k++)
                signatures[i].run();
            taken[i][run] = seconds() - before;
        }
    for (size_t i = 0; i < SIGNATURES; i++)
        result[i] = median(taken[i]) / REQUEST * 1e6;
}

int main(void)
{
    double small[SUMS], large[SUMS], signing[SIGNATURES];
    uint64_t state = 1;

    bytes = malloc(LARGE);
    copy = malloc(LARGE);
    must(bytes && copy, "malloc");
    for (size_t i = 0; i < LARGE; i += sizeof state) {
        uint64_t word = shub__random(&state);
        memcpy(bytes + i, &word, sizeof word);
    }
    memset(copy, 0, LARGE);
    measure_sums(SMALL, small);
    measure_sums(LARGE, large);
    measure_signatures(signing);
    printf("%-32s %9s %9s\n", "GB/s, of blocks of", "64 KiB", "64 MiB");
    for (size_t i = 0; i < SUMS; i++)
        printf("%-32s %9.2f %9.2f\n", sums[i].name, small[i], large[i]);
    printf("\n%-32s %9s\n", "a request of 6 headers", "us");
    for (size_t i = 0; i < SIGNATURES; i++)
        printf("%-32s %9.2f\n", signatures[i].name, signing[i]);
    free(bytes);
    free(copy);
    return sink == 0;
}
