#include "support/shipyard.h"

#include "base/file.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static void make_tree(shipyard *yard)
{
    yard->fs = memfs_new();
    ck_status(shub__file_make_folders(YARD_ROOT, NULL), SHUB_OK);
    ck_status(shub__file_make_folders(YARD_DEST, NULL), SHUB_OK);
}

void yard_setup(shipyard *yard)
{
    static const shub_ship_options init = SHUB_SHIP_OPTIONS_INIT;
    static const shub_error no_error = SHUB_ERROR_INIT;
    /* Thousands of journals are made and synced: in memory, where there is such a folder.
     */
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    snprintf(yard->folder, sizeof yard->folder, "%s/shub-ship-XXXXXX", base);
    ck_assert_ptr_nonnull(mkdtemp(yard->folder));
    snprintf(yard->journal, sizeof yard->journal, "%s/ship.db", yard->folder);
    snprintf(yard->uploads, sizeof yard->uploads, "%s/uploads.db", yard->folder);
    yard->opts = init;
    yard->opts.root = YARD_ROOT;
    yard->opts.dest = "file://" YARD_DEST;
    yard->opts.host = "box";
    yard->opts.journal = yard->journal;
    yard->err = no_error;
    make_tree(yard);
}

void yard_remove_journal(shipyard *yard)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char path[96];

    for (int i = 0; i < 8; i++) {
        snprintf(path, sizeof path, "%s%s", i < 4 ? yard->journal : yard->uploads,
                 ends[i % 4]);
        (void)unlink(path);
    }
}

void yard_teardown(shipyard *yard)
{
    ck_assert_int_eq(memfs_open_count(yard->fs), 0);
    memfs_free(yard->fs);
    yard_remove_journal(yard);
    ck_assert_int_eq(rmdir(yard->folder), 0);
}

void yard_reset(shipyard *yard)
{
    ck_assert_int_eq(memfs_open_count(yard->fs), 0);
    memfs_free(yard->fs);
    yard_remove_journal(yard);
    make_tree(yard);
}

shub_ship *yard_open(shipyard *yard)
{
    shub_ship *ship;
    shub_status status = shub_ship_open(&yard->opts, &ship, &yard->err);

    ck_assert_msg(status == SHUB_OK, "%s: %s", shub_status_name(status),
                  yard->err.message);
    return ship;
}

shub_status yard_run(shipyard *yard, shub_ship_report *report)
{
    shub_ship *ship;
    shub_status status = shub_ship_open(&yard->opts, &ship, &yard->err);

    if (status == SHUB_OK)
        status = shub_ship_run(ship, report, &yard->err);
    shub_ship_close(ship);
    return status;
}

void yard_write(const char *path, const char *text, size_t len)
{
    char folder[256];
    size_t written;
    int fd;

    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    ck_status(shub__file_make_folders(folder, NULL), SHUB_OK);
    ck_status(shub__file_open(path, SHUB__OPEN_REPLACE, &fd, NULL), SHUB_OK);
    ck_status(shub__file_write(fd, text, len, &written, NULL), SHUB_OK);
    ck_status(shub__file_sync(fd, NULL), SHUB_OK);
    ck_status(shub__file_sync_folder(folder, NULL), SHUB_OK);
    shub__file_close(fd);
}

static size_t gzip(const char *text, char *dst, size_t cap)
{
    z_stream z;

    memset(&z, 0, sizeof z);
    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)text;
    z.avail_in = (uInt)strlen(text);
    z.next_out = (Bytef *)dst;
    z.avail_out = (uInt)cap;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return cap - z.avail_out;
}

void yard_write_gzip(const char *path, const char *text)
{
    char gz[1024];

    yard_write(path, gz, gzip(text, gz, sizeof gz));
}

void yard_seal(const char *below, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, YARD_ROOT "/%s", below);
    yard_write_gzip(path, text);
}

int yard_holds(const char *path, const char *text)
{
    char gz[1024], there[1024];
    size_t len = gzip(text, gz, sizeof gz), got = 0;
    int fd;

    if (shub__file_open(path, SHUB__OPEN_READ, &fd, NULL) != SHUB_OK)
        return 0;
    ck_status(shub__file_read(fd, there, sizeof there, 0, &got, NULL), SHUB_OK);
    shub__file_close(fd);
    return got == len && memcmp(gz, there, len) == 0;
}

int yard_exists(const char *path)
{
    shub__stat st;

    return shub__file_stat_path(path, &st, NULL) == SHUB_OK;
}

typedef struct counting {
    const char *folder;
    int files, hidden;
} counting;

static int count_name(const char *name, int is_folder, void *user)
{
    counting *c = user;
    char path[256];

    c->hidden += name[0] == '.';
    snprintf(path, sizeof path, "%s/%s", c->folder, name);
    c->files += is_folder ? yard_count(path) : 1;
    return 0;
}

int yard_count(const char *folder)
{
    counting c = {folder, 0, 0};

    if (shub__file_list(folder, count_name, &c, NULL) != SHUB_OK)
        return -1;
    return c.files;
}

int yard_hidden(const char *folder)
{
    counting c = {folder, 0, 0};

    ck_status(shub__file_list(folder, count_name, &c, NULL), SHUB_OK);
    return c.hidden;
}
