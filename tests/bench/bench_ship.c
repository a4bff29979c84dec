/* Shipping to a folder, beside its floor: the same files copied, each synced with its
 * folder, and hashed once. Takes the folder to work in as argument; /tmp by default. */
#include <sensorhub.h>

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define FILES  200
#define ROUNDS 5

static char base[256];
static unsigned char content[1 << 20];

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void run(const char *command)
{
    char text[600];

    snprintf(text, sizeof text, command, base, base, base);
    if (system(text) != 0)
        exit(1);
}

static void path_of(char *path, int i)
{
    snprintf(path, 400, "%s/data/2015-03-10-17/sensorhub-s%d-2015-03-10-17.jl.gz", base,
             i);
}

/* Lines that compress as readings do: to about a seventh. */
static size_t make_content(size_t size, int number)
{
    static char text[8 << 20];
    size_t len = 0;
    z_stream z;
    unsigned state = (unsigned)number;

    while (len < size * 7 && len < sizeof text - 200) {
        state = state * 1664525 + 1013904223;
        len +=
            (size_t)sprintf(text + len,
                            "{\"device\":\"0x00135003007c2d12\",\"quantity\":\"power\","
                            "\"time\":\"2015-03-10T17:%02u:%02uZ\",\"value\":%u.%03u,"
                            "\"unit\":\"kW\"}\n",
                            state >> 26, (state >> 20) % 60, state >> 30, state % 1000);
    }
    memset(&z, 0, sizeof z);
    deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (Bytef *)text;
    z.avail_in = (uInt)len;
    z.next_out = content;
    z.avail_out = sizeof content;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return sizeof content - z.avail_out;
}

static void write_synced(const char *path, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

    if (fd < 0 || write(fd, content, len) != (ssize_t)len || fdatasync(fd) != 0)
        exit(1);
    close(fd);
}

static int64_t fill(size_t size)
{
    int64_t bytes = 0;
    char path[400];

    run("rm -rf %s/data %s/archive; mkdir -p %s/data/2015-03-10-17");
    run("mkdir -p %s/archive");
    for (int i = 0; i < FILES; i++) {
        size_t len = make_content(size, i);
        path_of(path, i);
        write_synced(path, len);
        bytes += (int64_t)len;
    }
    return bytes;
}

/* What any careful copy must do. */
static double floor_s(void)
{
    double start = now_s();
    char path[400], to[400], final[400];

    for (int i = 0; i < FILES; i++) {
        unsigned char hash[32];
        ssize_t len;
        int fd, folder;
        path_of(path, i);
        snprintf(to, sizeof to, "%s/archive/.%d.tmp", base, i);
        snprintf(final, sizeof final, "%s/archive/%d", base, i);
        fd = open(path, O_RDONLY);
        len = read(fd, content, sizeof content);
        close(fd);
        EVP_Digest(content, (size_t)len, hash, NULL, EVP_sha256(), NULL);
        write_synced(to, (size_t)len);
        rename(to, final);
        snprintf(to, sizeof to, "%s/archive", base);
        folder = open(to, O_RDONLY | O_DIRECTORY);
        fsync(folder);
        close(folder);
        unlink(path);
    }
    return now_s() - start;
}

static double ship_s(void)
{
    shub_ship_options opts = SHUB_SHIP_OPTIONS_INIT;
    shub_ship_report report = SHUB_SHIP_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    char root[300], dest[300];
    shub_ship *ship;
    double start = now_s();

    snprintf(root, sizeof root, "%s/data", base);
    snprintf(dest, sizeof dest, "file://%s/archive", base);
    opts.root = root;
    opts.dest = dest;
    opts.key = "{name}.jl.gz";
    if (shub_ship_open(&opts, &ship, &err) != SHUB_OK ||
        shub_ship_run(ship, &report, &err) != SHUB_OK || report.files != FILES) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    shub_ship_close(ship);
    return now_s() - start;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double (*fn)(void), size_t size, int64_t *bytes)
{
    double times[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        *bytes = fill(size);
        times[i] = fn();
    }
    qsort(times, ROUNDS, sizeof times[0], by_value);
    return times[ROUNDS / 2];
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {4 << 10, 64 << 10, 512 << 10};

    snprintf(base, sizeof base, "%s/bench-ship-XXXXXX", argc > 1 ? argv[1] : "/tmp");
    if (!mkdtemp(base))
        return 1;
    printf("%d files to a folder, median of %d\n", FILES, ROUNDS);
    printf("%10s %14s %14s %10s %8s\n", "bytes each", "floor files/s", "ship files/s",
           "MB/s", "ratio");
    for (int i = 0; i < 3; i++) {
        int64_t bytes;
        double floor = median(floor_s, sizes[i], &bytes);
        double ship = median(ship_s, sizes[i], &bytes);
        printf("%10lld %14.0f %14.0f %10.1f %8.2f\n", (long long)(bytes / FILES),
               FILES / floor, FILES / ship, (double)bytes / ship / 1e6, floor / ship);
    }
    run("rm -rf %s");
    return 0;
}
