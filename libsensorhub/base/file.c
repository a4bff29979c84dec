#include "base/file.h"

#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

static const shub__file_calls *calls;

void shub__file_set_calls(const shub__file_calls *table)
{
    calls = table;
}

static const shub__file_calls *table(void)
{
    return calls ? calls : shub__file_real_calls();
}

/* Calls `name` of the table in force; the result is 0, a count, a descriptor or
 * -errno. */
#define CALL(name, ...) table()->name(table()->user, __VA_ARGS__)

static shub_status told(int64_t result, const char *verb, const char *path,
                        shub_error *err)
{
    if (result >= 0)
        return SHUB_OK;
    return shub__fail_errno(err, (int)-result, "%s %s", verb, path);
}

static shub_status told_fd(int64_t result, const char *verb, shub_error *err)
{
    return result >= 0 ? SHUB_OK : shub__fail_errno(err, (int)-result, "%s", verb);
}

shub_status shub__file_open(const char *path, shub__open_mode mode, int *fd,
                            shub_error *err)
{
    int result = CALL(open, path, mode);

    *fd = result < 0 ? SHUB_NONE : result;
    return told(result, "open", path, err);
}

void shub__file_close(int fd)
{
    if (fd >= 0)
        (void)CALL(close, fd);
}

shub_status shub__file_read(int fd, void *dst, size_t len, int64_t offset, size_t *got,
                            shub_error *err)
{
    char *at = dst;

    *got = 0;
    while (*got < len) {
        int64_t n = CALL(read, fd, at + *got, len - *got, offset + (int64_t)*got);
        if (n < 0)
            return told_fd(n, "read", err);
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return SHUB_OK;
}

shub_status shub__file_write(int fd, const void *src, size_t len, size_t *written,
                             shub_error *err)
{
    const char *at = src;

    *written = 0;
    while (*written < len) {
        int64_t n = CALL(write, fd, at + *written, len - *written);
        if (n < 0)
            return told_fd(n, "write", err);
        if (n == 0)
            return told_fd(-EIO, "write", err);
        *written += (size_t)n;
    }
    return SHUB_OK;
}

shub_status shub__file_write_at(int fd, const void *src, size_t len, int64_t offset,
                                shub_error *err)
{
    const char *at = src;
    size_t written = 0;

    while (written < len) {
        int64_t n =
            CALL(write_at, fd, at + written, len - written, offset + (int64_t)written);
        if (n <= 0)
            return told_fd(n < 0 ? n : -EIO, "write", err);
        written += (size_t)n;
    }
    return SHUB_OK;
}

shub_status shub__file_truncate(int fd, int64_t len, shub_error *err)
{
    return told_fd(CALL(truncate, fd, len), "truncate", err);
}

shub_status shub__file_sync(int fd, shub_error *err)
{
    return told_fd(CALL(sync, fd), "sync", err);
}

shub_status shub__file_sync_folder(const char *path, shub_error *err)
{
    return told(CALL(sync_folder, path), "sync folder", path, err);
}

shub_status shub__file_lock(int fd, shub_error *err)
{
    return told_fd(CALL(lock, fd), "lock", err);
}

void shub__file_unlock(int fd)
{
    (void)CALL(unlock, fd);
}

shub_status shub__file_stat(int fd, shub__stat *out, shub_error *err)
{
    memset(out, 0, sizeof *out);
    return told_fd(CALL(stat_fd, fd, out), "stat", err);
}

shub_status shub__file_stat_path(const char *path, shub__stat *out, shub_error *err)
{
    memset(out, 0, sizeof *out);
    return told(CALL(stat_path, path, out), "stat", path, err);
}

shub_status shub__file_rename(const char *from, const char *to, shub_error *err)
{
    return told(CALL(rename, from, to), "rename to", to, err);
}

shub_status shub__file_rename_new(const char *from, const char *to, shub_error *err)
{
    return told(CALL(rename_new, from, to), "rename to", to, err);
}

shub_status shub__file_unlink(const char *path, shub_error *err)
{
    int result = CALL(unlink, path);

    return told(result == -ENOENT ? 0 : result, "unlink", path, err);
}

/* Offset of the last '/' before the last name, 0 when there is none or it is the first
 * byte. */
static size_t parent_length(const char *path)
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    while (len > 1 && path[len - 1] == '/')
        len--;
    return len;
}

shub_status shub__file_sync_parent(const char *path, shub_error *err)
{
    size_t len = parent_length(path);
    char *parent = shub__strndup(len ? path : ".", len ? len : 1);
    shub_status status;

    if (!parent)
        return shub__fail_nomem(err);
    status = shub__file_sync_folder(parent, err);
    shub__free(parent);
    return status;
}

static shub_status make_one(const char *path, shub_error *err)
{
    int result = CALL(make_folder, path);
    shub__stat stat;
    shub_status status;

    if (result == 0) {
        status = shub__file_sync_parent(path, err);
        if (status) /* a second try must not find it made and take it for safe */
            (void)CALL(remove_folder, path);
        return status;
    }
    if (result == -EEXIST) {
        status = shub__file_stat_path(path, &stat, err);
        if (status || stat.is_folder)
            return status;
        result = -ENOTDIR;
    }
    return told(result, "make folder", path, err);
}

/* Tries the whole path first: in nearly every call the folder or its parent exists. */
shub_status shub__file_make_folders(const char *path, shub_error *err)
{
    shub_status status = make_one(path, err);
    char *copy;

    if (status != SHUB_E_NOT_FOUND)
        return status;
    copy = shub__strdup(path);
    if (!copy)
        return shub__fail_nomem(err);
    status = SHUB_OK;
    for (char *at = strchr(copy + 1, '/'); at && !status; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (at[-1] != '\0')
            status = make_one(copy, err);
        *at = '/';
    }
    shub__free(copy);
    return status ? status : make_one(path, err);
}

shub_status shub__file_remove_folder(const char *path, shub_error *err)
{
    int result = CALL(remove_folder, path);

    if (result == -ENOTEMPTY || result == -EEXIST || result == -ENOENT)
        result = 0;
    return told(result, "remove folder", path, err);
}

shub_status shub__file_list(const char *path, shub__name_fn *fn, void *user,
                            shub_error *err)
{
    return told(CALL(list, path, fn, user), "list", path, err);
}

shub_status shub__file_free_bytes(const char *path, int64_t *out, shub_error *err)
{
    *out = 0;
    return told(CALL(free_bytes, path, out), "free space of", path, err);
}

shub_status shub__file_journal(shub_error *err)
{
    return told_fd(table()->journal(table()->user), "commit", err);
}
