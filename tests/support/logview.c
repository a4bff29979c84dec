#include "support/logview.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "log/gzip.h"
#include "support/memfs.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

int64_t logview_now_us;

static int64_t now(void *user)
{
    (void)user;
    return logview_now_us;
}

shub_clock logview_clock(void)
{
    return (shub_clock){now, NULL};
}

int64_t logview_time(const char *time)
{
    int64_t time_us;

    ck_status(shub_time_parse(shub_str(time), &time_us, NULL), SHUB_OK);
    return time_us;
}

void logview_set_now(memfs *fs, const char *time)
{
    logview_now_us = logview_time(time);
    if (fs)
        memfs_set_now(fs, logview_now_us);
}

static shub_status add(const void *data, size_t len, const shub__gzip_member *member,
                       void *user, shub_error *err)
{
    (void)member;
    (void)err;
    shub__buf_add(user, data, len);
    return SHUB_OK;
}

static void add_plain(int fd, shub__buf *text)
{
    char block[4096];
    size_t got;
    int64_t at = 0;

    do {
        ck_status(shub__file_read(fd, block, sizeof block, at, &got, NULL), SHUB_OK);
        shub__buf_add(text, block, got);
        at += (int64_t)got;
    } while (got);
}

static int is_gzip(const char *path)
{
    shub_slice name = shub_str(path);

    return shub__ends_with(name, SHUB_LIT(".gz")) ||
           shub__ends_with(name, SHUB_LIT(".gz.shipped"));
}

char *logview_text(const char *path)
{
    shub__buf text;
    int fd;
    char *copy;

    if (shub__file_open(path, SHUB__OPEN_READ, &fd, NULL) != SHUB_OK)
        return NULL;
    shub__buf_init(&text, (size_t)1 << 30);
    if (is_gzip(path))
        ck_status(shub__gunzip(fd, add, &text, NULL), SHUB_OK);
    else
        add_plain(fd, &text);
    shub__file_close(fd);
    copy = malloc(text.len + 1);
    memcpy(copy, text.len ? text.ptr : "", text.len + 1);
    shub__buf_fini(&text);
    return copy;
}

static void add_indented(shub__buf *all, char *text)
{
    char *save = NULL;

    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
        shub__buf_printf(all, "  %s\n", line);
}

char *logview_all(const char *root)
{
    shub_log_list *list;
    shub_log_file file = {.size = sizeof file};
    shub__buf all;
    char *copy;

    shub__buf_init(&all, (size_t)1 << 30);
    ck_status(shub_log_list_open(shub_str(root), NULL, &list, NULL), SHUB_OK);
    while (shub_log_list_next(list, &file)) {
        char *text = logview_text(file.path.ptr);
        shub__buf_printf(&all, "%s %s\n", file.name.ptr,
                         shub_log_state_name((shub_log_state)file.state));
        add_indented(&all, text);
        free(text);
    }
    shub_log_list_close(list);
    copy = strdup(all.ptr ? all.ptr : "");
    shub__buf_fini(&all);
    return copy;
}

static int put(const char *path, const char *text)
{
    char folder[256];
    size_t written;
    int fd;

    strcpy(folder, path);
    *strrchr(folder, '/') = '\0';
    ck_status(shub__file_make_folders(folder, NULL), SHUB_OK);
    ck_status(shub__file_open(path, SHUB__OPEN_REPLACE, &fd, NULL), SHUB_OK);
    ck_status(shub__file_write(fd, text, strlen(text), &written, NULL), SHUB_OK);
    return fd;
}

void logview_put(const char *path, const char *text)
{
    int fd = put(path, text);

    ck_status(shub__file_sync(fd, NULL), SHUB_OK);
    shub__file_close(fd);
}

void logview_put_gzip(const char *path, const char *text)
{
    char plain[256];
    shub__gzip_count count = {0, 0, 0};
    shub__gzip *gzip;
    int from;
    int to = put(path, "");

    strcpy(plain, path);
    strcat(plain, ".plain");
    from = put(plain, text);
    ck_status(shub__gzip_new(0, &gzip, NULL), SHUB_OK);
    ck_status(shub__gzip_file(gzip, from, to, &count, NULL), SHUB_OK);
    shub__gzip_free(gzip);
    shub__file_close(from);
    shub__file_close(to);
    ck_status(shub__file_unlink(plain, NULL), SHUB_OK);
}
