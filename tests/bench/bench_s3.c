/* A file sent to S3 in parts of 8 MiB, as CPU time and memory of the client: what must be
 * paid at least, and what other programs pay. The server is a sink that answers at once.
 * Arguments: --full for five rounds of the programs instead of one; MiB of the file. */
#include "s3_sink.h"

#include <sensorhub.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#ifdef SHUB_HAVE_ISAL
#include <isa-l/crc.h>
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PART   (8 << 20)
#define BLOCK  (128 << 10) /* hashed while it is in the cache */
#define ROUNDS 5

struct cost {
    double user_s, sys_s, wall_s, rss_mib;
};

/* What is measured: a function of this program, or a program to be run by the shell,
 * which finds FILE, SINK (a URL) and FOLDER (empty) in its environment. Each in a process
 * of its own. Its ratio is to the CPU time of the row named `floor`. */
struct row {
    const char *name, *floor;
    void (*work)(void);
    const char *program, *command;
};

static char folder[64], path[128];
static long long size = 1LL << 30;
static int port;
static int program_rounds = 1;
static pid_t owner; /* of the folder; children have none to remove */

static void remove_folder(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (folder[0] && getpid() == owner && system(command) != 0)
        fprintf(stderr, "bench_s3: %s is left\n", folder);
}

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "bench_s3: %s\n", what);
    remove_folder();
    exit(1);
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the floors ------------------------------------------------------------------- */

static void no_hash(const unsigned char *bytes, size_t len, int last)
{
    (void)bytes;
    (void)len;
    (void)last;
}

#ifdef SHUB_HAVE_ISAL
static void crc32c(const unsigned char *bytes, size_t len, int last)
{
    static unsigned crc;

    crc = crc32_iscsi((unsigned char *)bytes, (int)len, crc);
    if (last)
        crc = 0;
}
#endif

static void sha256(const unsigned char *bytes, size_t len, int last)
{
    static EVP_MD_CTX *context;
    unsigned char digest[32];

    if (!context) {
        context = EVP_MD_CTX_new();
        EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    }
    EVP_DigestUpdate(context, bytes, len);
    if (last) {
        EVP_DigestFinal_ex(context, digest, NULL);
        EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    }
}

static int connected(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    return fd;
}

static void write_all(int fd, const void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = write(fd, (const char *)bytes + done, len - done);
        if (got <= 0)
            fail("write");
        done += (size_t)got;
    }
}

static void put_part(int fd, long long number, const void *bytes, size_t len)
{
    char text[512];

    snprintf(text, sizeof text,
             "PUT /bucket/key?partNumber=%lld&uploadId=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
             "Content-Length: %zu\r\n\r\n",
             number, len);
    write_all(fd, text, strlen(text));
    write_all(fd, bytes, len);
    if (read(fd, text, sizeof text) < 12 || memcmp(text, "HTTP/1.1 200", 12) != 0)
        fail("the sink refuses");
}

static void send_file(void (*hash)(const unsigned char *, size_t, int))
{
    unsigned char *part = malloc(PART);
    int file = open(path, O_RDONLY), sink = connected();

    for (long long at = 0; at < size; at += PART) {
        size_t len = size - at < PART ? (size_t)(size - at) : PART;
        for (size_t done = 0; done < len; done += BLOCK) {
            size_t want = len - done < BLOCK ? len - done : BLOCK;
            if (pread(file, part + done, want, at + (long long)done) != (ssize_t)want)
                fail("pread");
            hash(part + done, want, done + want == len);
        }
        put_part(sink, at / PART + 1, part, len);
    }
    close(sink);
    close(file);
    free(part);
}

static void floor_plain(void)
{
    send_file(no_hash);
}

#ifdef SHUB_HAVE_ISAL
static void floor_crc32c(void)
{
    send_file(crc32c);
}
#endif

static void floor_sha256(void)
{
    send_file(sha256);
}

/* ---- the library ------------------------------------------------------------------ */

/* Uploads the file as its floor sends it: one part after the other, in one pass. */
static void upload(int32_t integrity, int32_t in_flight, int32_t no_sha256)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;
    shub_s3_put_options put = SHUB_S3_PUT_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_s3 *s3;

    opts.endpoint = getenv("SINK");
    opts.integrity = integrity;
    opts.unsigned_payload = 1;
    opts.in_flight = in_flight;
    put.no_sha256 = no_sha256;
    if (shub_s3_open(&opts, &s3, &err) != SHUB_OK ||
        shub_s3_put_file(s3, SHUB_LIT("bucket"), SHUB_LIT("ours"), path, &put, NULL,
                         &err) != SHUB_OK)
        fail(err.message);
    shub_s3_close(s3);
}

static void ours_plain(void)
{
    upload(SHUB_S3_INTEGRITY_NONE, 1, 1);
}

#ifdef SHUB_HAVE_ISAL
static void ours_crc32c(void)
{
    upload(SHUB_S3_INTEGRITY_CRC32C, 1, 1);
}
#endif

static void ours_sha256(void)
{
    upload(SHUB_S3_INTEGRITY_SHA256, 1, 1);
}

static void ours_four(void)
{
    upload(SHUB_S3_INTEGRITY_NONE, 4, 1);
}

/* As it is by default: parts are signed, and the whole has its SHA-256 as metadata, which
 * must be known before the first part. */
static void ours_default(void)
{
    upload(SHUB_S3_INTEGRITY_AUTO, 4, 0);
}

/* ---- the rows --------------------------------------------------------------------- */

#define PLAIN  "pread + write"
#define CRC32C "pread + CRC32C + write"
#define SHA256 "pread + SHA-256 + write"

static const struct row rows[] = {
    {PLAIN, PLAIN, floor_plain, NULL, NULL},
#ifdef SHUB_HAVE_ISAL
    {CRC32C, CRC32C, floor_crc32c, NULL, NULL},
#else
    {CRC32C, CRC32C, NULL, "isa-l", NULL},
#endif
    {SHA256, SHA256, floor_sha256, NULL, NULL},
    {"sensorhub, unsigned", PLAIN, ours_plain, NULL, NULL},
#ifdef SHUB_HAVE_ISAL
    {"sensorhub, CRC32C", CRC32C, ours_crc32c, NULL, NULL},
#endif
    {"sensorhub, signed", SHA256, ours_sha256, NULL, NULL},
    {"sensorhub, 4 in flight", PLAIN, ours_four, NULL, NULL},
    {"sensorhub, default", SHA256, ours_default, NULL, NULL},
    {"curl, one PUT", PLAIN, NULL, "curl",
     "curl -qsf -o /dev/null --noproxy '*' --aws-sigv4 aws:amz:us-east-1:s3 "
     "-u $AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY "
     "-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -T \"$FILE\" $SINK/bucket/curl"},
    {"aws s3 cp", SHA256, NULL, "/usr/bin/aws",
     "/usr/bin/aws --endpoint-url $SINK s3 cp --only-show-errors \"$FILE\" "
     "s3://bucket/aws"},
    {"s3cmd put", SHA256, NULL, "s3cmd",
     "s3cmd -q -c /dev/null --no-ssl --host=${SINK#*//} --host-bucket=${SINK#*//} "
     "--access_key=$AWS_ACCESS_KEY_ID --secret_key=$AWS_SECRET_ACCESS_KEY "
     "--multipart-chunk-size-mb=8 put \"$FILE\" s3://checked/s3cmd"},
    {"rclone copyto", SHA256, NULL, "rclone",
     "rclone --config \"$FOLDER/rclone.conf\" -q --s3-provider=Other --s3-env-auth "
     "--s3-region=us-east-1 --s3-endpoint=$SINK --s3-chunk-size=8M --s3-no-check-bucket "
     "copyto \"$FILE\" :s3:checked/rclone"},
};

#define ROWS (sizeof rows / sizeof *rows)

/* ---- measuring -------------------------------------------------------------------- */

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        fail(name);
}

static double peak_rss_mib(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file && fgets(line, sizeof line, file))
        sscanf(line, "VmHWM: %ld", &kib);
    if (!file || kib == 0)
        fail("no VmHWM");
    fclose(file);
    return (double)kib / 1024;
}

/* In a child: work, and tell the peak of its memory. */
static void work_in(const struct row *row, int out)
{
    double mib;

    write_text("/proc/self/clear_refs", "5"); /* the peak so far is the parent's */
    row->work();
    mib = peak_rss_mib();
    write_all(out, &mib, sizeof mib);
    _exit(0);
}

static void exec_in(const struct row *row)
{
    char command[1024];

    snprintf(command, sizeof command, "exec %s", row->command);
    execl("/bin/sh", "sh", "-c", command, NULL);
    _exit(127);
}

static struct cost measure_once(const struct row *row)
{
    struct rusage used;
    struct cost cost;
    double begin = now_s();
    int status, ends[2];
    pid_t pid;

    if (pipe(ends) != 0 || (pid = fork()) < 0)
        fail("fork");
    if (pid == 0)
        row->work ? work_in(row, ends[1]) : exec_in(row);
    close(ends[1]);
    if (wait4(pid, &status, 0, &used) != pid || status != 0)
        fail(row->name);
    cost.wall_s = now_s() - begin;
    cost.user_s = (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec * 1e-6;
    cost.sys_s = (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec * 1e-6;
    cost.rss_mib = (double)used.ru_maxrss / 1024;
    if (row->work && read(ends[0], &cost.rss_mib, sizeof cost.rss_mib) < 0)
        fail("pipe");
    close(ends[0]);
    return cost;
}

static double cpu_s(const struct cost *cost)
{
    return cost->user_s + cost->sys_s;
}

static int by_cpu(const void *a, const void *b)
{
    double x = cpu_s(a), y = cpu_s(b);

    return (x > y) - (x < y);
}

/* The round with the median of CPU time. */
static struct cost measure(const struct row *row)
{
    struct cost costs[ROUNDS];
    int rounds = row->work ? ROUNDS : program_rounds;

    for (int i = 0; i < rounds; i++)
        costs[i] = measure_once(row);
    qsort(costs, (size_t)rounds, sizeof *costs, by_cpu);
    return costs[rounds / 2];
}

static int is_installed(const char *program)
{
    char command[128];

    snprintf(command, sizeof command, "command -v %s >/dev/null", program);
    return system(command) == 0;
}

static void print_row(const struct row *row, double *cpu_of)
{
    struct cost cost;
    size_t i = (size_t)(row - rows), floor = 0;

    if (!row->work && !is_installed(row->program)) {
        printf("%-23s %s is not installed\n", row->name, row->program);
        return;
    }
    cost = measure(row);
    cpu_of[i] = cpu_s(&cost);
    while (strcmp(rows[floor].name, row->floor) != 0)
        floor++;
    printf("%-23s %7.2f %7.2f %7.2f %7.2f %9.1f %8.2f  %s\n", row->name, cost.user_s,
           cost.sys_s, cpu_of[i], cost.wall_s, cost.rss_mib, cpu_of[i] / cpu_of[floor],
           row->floor);
    fflush(stdout);
}

/* ---- the file, the environment ---------------------------------------------------- */

/* Bytes that no client can shorten. */
static void make_file(void)
{
    static unsigned long long block[BLOCK / 8];
    unsigned long long state = 1;
    int fd;

    snprintf(folder, sizeof folder, "/tmp/bench-s3-XXXXXX");
    if (!mkdtemp(folder))
        fail("mkdtemp");
    snprintf(path, sizeof path, "%s/file", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    for (long long at = 0; at < size; at += BLOCK) {
        for (size_t i = 0; i < BLOCK / 8; i++)
            block[i] = state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        write_all(fd, block, BLOCK);
    }
    close(fd);
}

static void set_environment(void)
{
    char sink[64];

    snprintf(sink, sizeof sink, "http://127.0.0.1:%d", port);
    setenv("SINK", sink, 1);
    setenv("FILE", path, 1);
    setenv("FOLDER", folder, 1);
    setenv("HOME", folder, 1); /* nobody's configuration */
    setenv("AWS_ACCESS_KEY_ID", "AKTEST", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_DEFAULT_REGION", "us-east-1", 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("no_proxy", "*", 1);
    unsetenv("AWS_CA_BUNDLE");
    unsetenv("AWS_PROFILE");
    unsetenv("http_proxy");
}

int main(int argc, char **argv)
{
    double cpu_of[ROWS] = {0};
    pid_t sink;

    owner = getpid();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--full") == 0)
            program_rounds = ROUNDS;
        else
            size = atoll(argv[i]) << 20;
    }
    if (size <= 0)
        fail("MiB of the file are a number above 0");
    sink = s3_sink_start(&port);
    if (sink < 0)
        fail("no sink");
    make_file();
    set_environment();
    printf("%lld MiB in parts of 8 MiB; floors median of %d, programs of %d\n",
           size >> 20, ROUNDS, program_rounds);
    printf("%-23s %7s %7s %7s %7s %9s %8s  %s\n", "", "user s", "sys s", "CPU s",
           "wall s", "RSS MiB", "x floor", "which is");
    for (size_t i = 0; i < ROWS; i++)
        print_row(&rows[i], cpu_of);
    s3_sink_stop(sink);
    remove_folder();
    return 0;
}
