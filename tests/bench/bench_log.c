/* The log beside its floors: appending lines of 198 bytes beside write() of 64 KiB
 * batches and of each line, sealing beside the compressors alone, from file to file and
 * from memory. CPU time, in the page cache of $TMPDIR or /dev/shm; each figure is the
 * median of the rounds, taken in turns. --full: more. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <sensorhub.h>

#include "base/random.h"

#ifdef SHUB_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

enum { LINE = 198, BATCH = 65536, ROUNDS_MAX = 15, TEXTS = 16384 };

static size_t lines = 500000;
static int rounds = 7;
static char folder[256];
static char texts[TEXTS][LINE + 100]; /* LINE bytes, with '\n' */
static char *text;                    /* `lines` of them */

static void must(int ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    exit(1);
}

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void shell(const char *format)
{
    char command[600];

    snprintf(command, sizeof command, format, folder);
    must(system(command) == 0, command);
}

/* Readings as an EAGLE reports them, all of one length. */
static void make_texts(void)
{
    uint64_t seed = 1;

    for (unsigned i = 0; i < TEXTS; i++) {
        int n = snprintf(texts[i], sizeof texts[i],
                         "{\"DeviceMacId\":\"0x00158d00000%05x\",\"MeterMacId\":"
                         "\"0x00135003007%05x\",\"TimeStamp\":\"0x%08x\",\"Demand\":"
                         "\"0x%06x\",\"Multiplier\":\"0x00000001\",\"Divisor\":"
                         "\"0x000003e8\",\"Digits\":\"0x%02x\",\"Text\":\"",
                         i % 1000 * 7919, i % 1000 * 104729 & 0xfffff,
                         0x1c8a1b2cu + i / 1000 * 6,
                         (unsigned)shub__random_below(&seed, 20000),
                         (unsigned)shub__random_below(&seed, 16));
        must(n > 0 && n <= LINE - 3, "line");
        memset(texts[i] + n, ' ', (size_t)(LINE - 3 - n));
        memcpy(texts[i] + LINE - 3, "\"}\n", 3);
    }
    text = malloc(lines * LINE);
    must(text != NULL, "malloc");
    for (size_t i = 0; i < lines; i++)
        memcpy(text + i * LINE, texts[i % TEXTS], LINE);
}

/* ---- appending ------------------------------------------------------------------- */

static int open_floor(void)
{
    char path[300];
    int fd;

    snprintf(path, sizeof path, "%s/floor", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
    must(fd >= 0, path);
    return fd;
}

static void floor_batches(void)
{
    static char batch[BATCH];
    size_t len = 0;
    int fd = open_floor();

    for (size_t i = 0; i < lines; i++) {
        if (len + LINE > BATCH) {
            must(write(fd, batch, len) == (ssize_t)len, "write");
            len = 0;
        }
        memcpy(batch + len, texts[i % TEXTS], LINE);
        len += LINE;
    }
    must(write(fd, batch, len) == (ssize_t)len, "write");
    close(fd);
}

static void floor_lines(void)
{
    int fd = open_floor();

    for (size_t i = 0; i < lines; i++)
        must(write(fd, texts[i % TEXTS], LINE) == LINE, "write");
    close(fd);
}

static void with_stdio(void)
{
    FILE *file = fdopen(open_floor(), "a");

    for (size_t i = 0; i < lines; i++)
        must(fwrite(texts[i % TEXTS], LINE, 1, file) == 1, "fwrite");
    fclose(file);
}

static void append_lines(int durability, int unbuffered)
{
    shub_log_options options = SHUB_LOG_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_log *log;
    int64_t now_us = shub_now_us();

    options.durability = durability;
    options.unbuffered = unbuffered;
    must(shub_log_open(shub_str(folder), &options, &log, &err) == SHUB_OK, err.message);
    for (size_t i = 0; i < lines; i++)
        must(shub_log_append_line(log, SHUB_LIT("meter"), now_us,
                                  shub_bytes(texts[i % TEXTS], LINE - 1),
                                  &err) == SHUB_OK,
             err.message);
    shub_log_close(log);
}

static void log_buffered(void)
{
    append_lines(SHUB_DURABILITY_NONE, 0);
}

static void log_lines(void)
{
    append_lines(SHUB_DURABILITY_NONE, 1);
}

/* ---- sealing --------------------------------------------------------------------- */

/* From memory to nowhere, or, where `in` is a descriptor, from file to file. */
static unsigned char block[2 * BATCH];
static unsigned char out[BATCH];

static size_t next_block(int in, const unsigned char **from)
{
    ssize_t len;

    if (in < 0) {
        *from = (const unsigned char *)text;
        return lines * LINE;
    }
    len = read(in, block, sizeof block);
    must(len >= 0, "read");
    *from = block;
    return (size_t)len;
}

static void put_block(int to, size_t len)
{
    must(to < 0 || write(to, out, len) == (ssize_t)len, "write");
}

#ifdef SHUB_HAVE_ISAL
static void isal_bare(int in, int to)
{
    static unsigned char memory[ISAL_DEF_LVL1_DEFAULT];
    static struct isal_zstream z;
    const unsigned char *from;

    isal_deflate_init(&z);
    z.level = 1;
    z.level_buf = memory;
    z.level_buf_size = sizeof memory;
    z.gzip_flag = IGZIP_GZIP;
    do {
        size_t len = next_block(in, &from);
        z.next_in = (unsigned char *)(uintptr_t)from;
        z.avail_in = (uint32_t)len;
        z.end_of_stream = in < 0 || len < sizeof block;
        do {
            z.next_out = out;
            z.avail_out = sizeof out;
            must(isal_deflate(&z) == COMP_OK, "isal_deflate");
            put_block(to, sizeof out - z.avail_out);
        } while (z.avail_out == 0);
    } while (!z.end_of_stream);
}
#endif

static void zlib_bare(int in, int to)
{
    const unsigned char *from;
    int last;
    z_stream z;

    memset(&z, 0, sizeof z);
    must(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK,
         "deflateInit");
    do {
        size_t len = next_block(in, &from);
        last = in < 0 || len < sizeof block;
        z.next_in = (unsigned char *)(uintptr_t)from;
        z.avail_in = (uInt)len;
        do {
            z.next_out = out;
            z.avail_out = sizeof out;
            (void)deflate(&z, last ? Z_FINISH : Z_NO_FLUSH);
            put_block(to, sizeof out - z.avail_out);
        } while (z.avail_out == 0);
    } while (!last);
    (void)deflateEnd(&z);
}

static void from_file(void (*bare)(int, int))
{
    int to = open_floor();
    char path[300];
    int in;

    snprintf(path, sizeof path, "%s/text", folder);
    in = open(path, O_RDONLY);
    must(in >= 0, path);
    bare(in, to);
    close(in);
    close(to);
}

#ifdef SHUB_HAVE_ISAL
static void isal_memory(void)
{
    isal_bare(-1, -1);
}

static void isal_file(void)
{
    from_file(isal_bare);
}
#endif

static void zlib_memory(void)
{
    zlib_bare(-1, -1);
}

static void zlib_file(void)
{
    from_file(zlib_bare);
}

static int64_t later(void *user)
{
    (void)user;
    return shub_now_us() + 2 * SHUB_HOUR_US;
}

static void seal(int level)
{
    shub_log_options options = SHUB_LOG_OPTIONS_INIT;
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_log *log;

    options.gzip_level = level;
    options.clock.now_us = later;
    must(shub_log_open(shub_str(folder), &options, &log, &err) == SHUB_OK, err.message);
    must(shub_log_seal(log, &report, &err) == SHUB_OK, err.message);
    must(report.lines == lines, "seal");
    shub_log_close(log);
}

#ifdef SHUB_HAVE_ISAL
static void seal_fastest(void)
{
    seal(0);
}
#endif

static void seal_zlib(void)
{
    seal(1);
}

static void write_text(void)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof path, "%s/text", folder);
    file = fopen(path, "w");
    must(file && fwrite(text, LINE, lines, file) == lines && fclose(file) == 0, path);
}

/* ---- in turns, medians ------------------------------------------------------------ */

typedef struct work {
    const char *name;
    void (*run)(void);
    int floor; /* index of what it is compared with */
    int reads; /* 1: `text`, 2: a segment: a file of all lines is there before */
    double target;
    double times[ROUNDS_MAX];
} work;

static work works[] = {
    {"floor: memcpy, write of 64 KiB", floor_batches, 0, 0, 0, {0}},
    {"stdio, 4 KiB", with_stdio, 0, 0, 0, {0}},
    {"shub_log_append_line, buffered", log_buffered, 0, 0, 0.75, {0}},
    {"floor: O_APPEND write of each line", floor_lines, 3, 0, 0, {0}},
    {"shub_log_append_line, unbuffered", log_lines, 3, 0, 0.8, {0}},
    {"floor: zlib level 1, file to file", zlib_file, 5, 1, 0, {0}},
    {"zlib level 1, memory to nowhere", zlib_memory, 5, 0, 0, {0}},
    {"shub_log_seal, zlib level 1", seal_zlib, 5, 2, 0.95, {0}},
#ifdef SHUB_HAVE_ISAL
    {"floor: ISA-L level 1, file to file", isal_file, 8, 1, 0, {0}},
    {"ISA-L level 1, memory to nowhere", isal_memory, 8, 0, 0, {0}},
    {"shub_log_seal, ISA-L", seal_fastest, 8, 2, 0.9, {0}},
#endif
};
enum { WORKS = sizeof works / sizeof works[0] };

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Each work begins with nothing that an earlier one left to be written to the disk. */
static void run_all(int round)
{
    for (int i = 0; i < WORKS; i++) {
        double begin;
        shell("rm -rf %s/*");
        if (works[i].reads == 1)
            write_text();
        if (works[i].reads == 2)
            log_buffered();
        shell("sync -f %s");
        begin = seconds();
        works[i].run();
        works[i].times[round] = seconds() - begin;
    }
}

static void print_all(void)
{
    for (int i = 0; i < WORKS; i++)
        qsort(works[i].times, (size_t)rounds, sizeof(double), compare);
    printf("%zu lines of %d bytes, CPU time, %d rounds, in %s\n\n", lines, LINE, rounds,
           folder);
    printf("%-42s %9s %9s %8s %7s\n", "", "M lines/s", "MB/s", "ratio", "target");
    for (int i = 0; i < WORKS; i++) {
        double time = works[i].times[rounds / 2];
        printf("%-42s %9.2f %9.0f", works[i].name, (double)lines / time / 1e6,
               (double)lines * LINE / time / 1e6);
        printf(" %8.2f", works[works[i].floor].times[rounds / 2] / time);
        if (works[i].target > 0)
            printf(" %7.2f", works[i].target);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    const char *base = getenv("TMPDIR");

    if (argc > 1 && strcmp(argv[1], "--full") == 0) {
        lines *= 4;
        rounds = ROUNDS_MAX;
    }
    snprintf(folder, sizeof folder, "%s/shub_bench_XXXXXX", base ? base : "/dev/shm");
    must(mkdtemp(folder) != NULL, folder);
    make_texts();
    for (int round = 0; round < rounds; round++)
        run_all(round);
    print_all();
    shell("rm -rf %s");
    free(text);
    return 0;
}
