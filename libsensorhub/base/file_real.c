/* The real file table: POSIX, with the two Linux calls that have no portable form. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Evaluates a call again while a signal interrupts it. */
#define RETRY(result, call)                                                              \
    do                                                                                   \
        (result) = (call);                                                               \
    while ((result) < 0 && errno == EINTR)

static int done(int result)
{
    return result < 0 ? -errno : result;
}

static int real_open(void *user, const char *path, shub__open_mode mode)
{
    static const int flags[] = {
        [SHUB__OPEN_READ] = O_RDONLY,
        [SHUB__OPEN_APPEND] = O_RDWR | O_CREAT | O_APPEND,
        [SHUB__OPEN_CREATE] = O_RDWR | O_CREAT | O_EXCL,
        [SHUB__OPEN_REPLACE] = O_RDWR | O_CREAT | O_TRUNC,
        [SHUB__OPEN_UPDATE] = O_RDWR,
    };
    int fd;

    (void)user;
    RETRY(fd, open(path, flags[mode] | O_CLOEXEC | O_NOCTTY, 0644));
    return done(fd);
}

static int real_close(void *user, int fd)
{
    (void)user;
    /* Not retried: after EINTR Linux has closed the descriptor. */
    return done(close(fd));
}

static int64_t real_read(void *user, int fd, void *dst, size_t len, int64_t offset)
{
    ssize_t n;

    (void)user;
    RETRY(n, pread(fd, dst, len, offset));
    return n < 0 ? -errno : n;
}

static int64_t real_write(void *user, int fd, const void *src, size_t len)
{
    ssize_t n;

    (void)user;
    RETRY(n, write(fd, src, len));
    return n < 0 ? -errno : n;
}

static int64_t real_write_at(void *user, int fd, const void *src, size_t len,
                             int64_t offset)
{
    ssize_t n;

    (void)user;
    RETRY(n, pwrite(fd, src, len, offset));
    return n < 0 ? -errno : n;
}

static int real_truncate(void *user, int fd, int64_t len)
{
    int result;

    (void)user;
    RETRY(result, ftruncate(fd, len));
    return done(result);
}

static int real_sync(void *user, int fd)
{
    int result;

    (void)user;
    RETRY(result, fdatasync(fd));
    return done(result);
}

static int real_sync_folder(void *user, const char *path)
{
    int fd;
    int result;

    (void)user;
    RETRY(fd, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd <
        0) /* one that may be searched but not read: its names are its owner's care */
        return errno == EACCES ? 0 : -errno;
    RETRY(result, fsync(fd));
    result = done(result);
    (void)close(fd);
    /* Some network file systems cannot sync a folder and say so. */
    return result == -EINVAL ? 0 : result;
}

static int real_lock(void *user, int fd)
{
    int result;

    (void)user;
    RETRY(result, flock(fd, LOCK_EX | LOCK_NB));
    return done(result);
}

static int real_unlock(void *user, int fd)
{
    (void)user;
    return done(flock(fd, LOCK_UN));
}

static int64_t time_of(const struct statx_timestamp *time)
{
    return time->tv_sec * SHUB_SECOND_US + time->tv_nsec / 1000;
}

static int fill(int parent, const char *path, int flags, shub__stat *out)
{
    struct statx st;

    if (statx(parent, path, flags, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
        return -errno;
    out->bytes = (int64_t)st.stx_size;
    out->mtime_us = time_of(&st.stx_mtime);
    out->birth_us = st.stx_mask & STATX_BTIME ? time_of(&st.stx_btime) : 0;
    out->device = makedev(st.stx_dev_major, st.stx_dev_minor);
    out->inode = st.stx_ino;
    out->is_folder = S_ISDIR(st.stx_mode);
    return 0;
}

static int real_stat_fd(void *user, int fd, shub__stat *out)
{
    (void)user;
    return fill(fd, "", AT_EMPTY_PATH, out);
}

static int real_stat_path(void *user, const char *path, shub__stat *out)
{
    (void)user;
    return fill(AT_FDCWD, path, 0, out);
}

static int real_rename(void *user, const char *from, const char *to)
{
    (void)user;
    return done(rename(from, to));
}

static int real_rename_new(void *user, const char *from, const char *to)
{
    (void)user;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (link(from, to) < 0)
        return -errno;
    return done(unlink(from));
}

static int real_unlink(void *user, const char *path)
{
    (void)user;
    return done(unlink(path));
}

static int real_make_folder(void *user, const char *path)
{
    (void)user;
    return done(mkdir(path, 0755));
}

static int real_remove_folder(void *user, const char *path)
{
    (void)user;
    return done(rmdir(path));
}

static int is_folder(int parent, const struct dirent *entry)
{
    struct stat st;

    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
        return entry->d_type == DT_DIR;
    return fstatat(parent, entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static int real_list(void *user, const char *path, shub__name_fn *fn, void *fn_user)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int stop = 0;

    (void)user;
    if (!dir)
        return -errno;
    errno = 0;
    while (!stop && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            stop = fn(entry->d_name, is_folder(dirfd(dir), entry), fn_user);
        errno = 0;
    }
    stop = stop ? 0 : -errno;
    (void)closedir(dir);
    return stop;
}

static int real_free_bytes(void *user, const char *path, int64_t *out)
{
    struct statvfs st;
    int result;

    (void)user;
    RETRY(result, statvfs(path, &st));
    if (result < 0)
        return -errno;
    *out = (int64_t)st.f_bavail * (int64_t)st.f_frsize;
    return 0;
}

static int real_journal(void *user)
{
    (void)user;
    return 0;
}

static const shub__file_calls real = {
    .open = real_open,
    .close = real_close,
    .read = real_read,
    .write = real_write,
    .write_at = real_write_at,
    .truncate = real_truncate,
    .sync = real_sync,
    .sync_folder = real_sync_folder,
    .lock = real_lock,
    .unlock = real_unlock,
    .stat_fd = real_stat_fd,
    .stat_path = real_stat_path,
    .rename = real_rename,
    .rename_new = real_rename_new,
    .unlink = real_unlink,
    .make_folder = real_make_folder,
    .remove_folder = real_remove_folder,
    .list = real_list,
    .free_bytes = real_free_bytes,
    .journal = real_journal,
};

const shub__file_calls *shub__file_real_calls(void)
{
    return &real;
}
