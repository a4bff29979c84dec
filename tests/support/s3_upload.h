/* A client on a simulated S3, a file to send, and a folder for its journal: what the
 * tests of uploads share. */
#ifndef TESTS_SUPPORT_S3_UPLOAD_H
#define TESTS_SUPPORT_S3_UPLOAD_H

#include "support/s3_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB   ((size_t)1 << 20)
#define BYTES (12 * MIB + 345) /* three parts of 5 MiB at most */
#define KEY   SHUB_LIT("logs/meter.jl.gz")

static store s;
static shub_error err;
static char folder[] = "/tmp/shub-upload-XXXXXX";
static char path[64], journal[64];
static char *content;

/* Every MiB differs. */
static inline void fill(char *bytes, size_t count, unsigned seed)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (char)(i * 31 + (i >> 20) * 7 + seed);
}

static inline void write_file(const char *bytes, size_t count)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

static inline void open_with(int32_t integrity, const char *db, int32_t retries)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;

    opts.part_bytes = SHUB_S3_PART_MIN;
    opts.integrity = integrity;
    opts.journal = db;
    opts.retries = retries;
    store_open(&s, &opts);
}

static inline void setup(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    err = init;
    unsetenv("http_proxy");
    snprintf(folder, sizeof folder, "/tmp/shub-upload-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(journal, sizeof journal, "%s/uploads.db", folder);
    content = malloc(BYTES);
    fill(content, BYTES, 1);
    write_file(content, BYTES);
}

static inline void teardown(void)
{
    static const char *const names[] = {"file", "uploads.db", "uploads.db-wal",
                                        "uploads.db-shm"};
    char name[96];

    store_close(&s);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        unlink(name);
    }
    rmdir(folder);
    free(content);
}

/* The object is the file, once, and nothing else is at the server. */
static inline void check_object(const char *bytes, size_t count)
{
    s3_sim_object object;

    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 1);
    ck_assert(s3_sim_get(s.sim, "bucket", "logs/meter.jl.gz", &object));
    ck_assert_uint_eq(object.size, count);
    ck_assert(memcmp(object.data, bytes, count) == 0);
    s3_sim_object_free(&object);
}

static inline shub_status put(void)
{
    return shub_s3_put_file(s.s3, BUCKET, KEY, path, NULL, NULL, &err);
}

#endif
