/* Files: the only calls of the library that open, write, sync, rename or remove.
 *
 * All of them go through one table, as SQLite's VFS does, so that a test can put its own
 * file system below: one that crashes at call k, drops what was not synced, or answers
 * ENOSPC, EIO, EMFILE or a short write. Rules of the real table: descriptors are
 * O_CLOEXEC; EINTR is retried; paths are NUL-terminated. */
#ifndef SHUB_BASE_FILE_H
#define SHUB_BASE_FILE_H

#include <sensorhub/base.h>

/* All but the first read and write; new files have 0644 less umask. */
typedef enum shub__open_mode {
    SHUB__OPEN_READ = 0,
    SHUB__OPEN_APPEND = 1,  /* made when missing; O_APPEND */
    SHUB__OPEN_CREATE = 2,  /* must not exist */
    SHUB__OPEN_REPLACE = 3, /* made or emptied */
    SHUB__OPEN_UPDATE = 4   /* must exist */
} shub__open_mode;

typedef struct shub__stat {
    int64_t bytes;
    int64_t mtime_us;
    int64_t birth_us; /* when it was made; 0: the file system does not tell */
    uint64_t device, inode;
    int is_folder;
} shub__stat;

typedef int shub__name_fn(const char *name, int is_folder, void *user);

/* Each returns 0 (or a count or descriptor >= 0) or -errno. */
typedef struct shub__file_calls {
    void *user;
    int (*open)(void *user, const char *path, shub__open_mode mode);
    int (*close)(void *user, int fd);
    /* Each may be short; write_at not after SHUB__OPEN_APPEND. */
    int64_t (*read)(void *user, int fd, void *dst, size_t len, int64_t offset);
    int64_t (*write)(void *user, int fd, const void *src, size_t len);
    int64_t (*write_at)(void *user, int fd, const void *src, size_t len, int64_t offset);
    int (*truncate)(void *user, int fd, int64_t len);
    int (*sync)(void *user, int fd);                  /* fdatasync */
    int (*sync_folder)(void *user, const char *path); /* fsync of a directory */
    int (*lock)(void *user, int fd);                  /* flock exclusive; -EWOULDBLOCK */
    int (*unlock)(void *user, int fd);
    int (*stat_fd)(void *user, int fd, shub__stat *out);
    int (*stat_path)(void *user, const char *path, shub__stat *out);
    int (*rename)(void *user, const char *from, const char *to);     /* replaces */
    int (*rename_new)(void *user, const char *from, const char *to); /* -EEXIST */
    int (*unlink)(void *user, const char *path);
    int (*make_folder)(void *user, const char *path);   /* one level; -EEXIST */
    int (*remove_folder)(void *user, const char *path); /* -ENOTEMPTY */
    int (*list)(void *user, const char *path, shub__name_fn *fn, void *fn_user);
    int (*free_bytes)(void *user, const char *path, int64_t *out); /* unprivileged */
    /* Before each commit of a journal: 0, or -errno to refuse it. */
    int (*journal)(void *user);
} shub__file_calls;

/* Swaps the table; NULL puts the real one back. For tests, before any file is open. */
void shub__file_set_calls(const shub__file_calls *calls);
const shub__file_calls *shub__file_real_calls(void);

/* The calls with errors told into `err`, the path in the message. */
shub_status shub__file_open(const char *path, shub__open_mode mode, int *fd,
                            shub_error *err);
void shub__file_close(int fd); /* negative: nothing */
/* Up to `len` bytes at `offset`; `got` is less at the end of the file only. */
shub_status shub__file_read(int fd, void *dst, size_t len, int64_t offset, size_t *got,
                            shub_error *err);
/* All of it, or an error with `written` telling how far it came: a short write that is
 * followed by an error leaves a torn tail, which the caller truncates. */
shub_status shub__file_write(int fd, const void *src, size_t len, size_t *written,
                             shub_error *err);
/* All of it, at `offset`. */
shub_status shub__file_write_at(int fd, const void *src, size_t len, int64_t offset,
                                shub_error *err);
shub_status shub__file_truncate(int fd, int64_t len, shub_error *err);
shub_status shub__file_sync(int fd, shub_error *err);
shub_status shub__file_sync_folder(const char *path, shub_error *err);
/* Syncs the folder that holds `path`. */
shub_status shub__file_sync_parent(const char *path, shub_error *err);
/* SHUB_E_BUSY when another descriptor holds it. */
shub_status shub__file_lock(int fd, shub_error *err);
void shub__file_unlock(int fd);
shub_status shub__file_stat(int fd, shub__stat *out, shub_error *err);
shub_status shub__file_stat_path(const char *path, shub__stat *out, shub_error *err);
shub_status shub__file_rename(const char *from, const char *to, shub_error *err);
/* SHUB_E_EXISTS when `to` is taken, by renameat2(RENAME_NOREPLACE), or link + unlink
 * where the file system cannot. */
shub_status shub__file_rename_new(const char *from, const char *to, shub_error *err);
/* A missing file is fine. */
shub_status shub__file_unlink(const char *path, shub_error *err);
/* Makes a folder and its missing parents, 0755 less umask, and syncs the parent of each
 * one made. */
shub_status shub__file_make_folders(const char *path, shub_error *err);
/* Removes an empty folder; one that is not empty or missing is fine. */
shub_status shub__file_remove_folder(const char *path, shub_error *err);
/* Calls `fn` for each name but "." and ".."; a non-zero answer stops. Order undefined. */
shub_status shub__file_list(const char *path, shub__name_fn *fn, void *user,
                            shub_error *err);
shub_status shub__file_free_bytes(const char *path, int64_t *out, shub_error *err);
/* Called by db/ before each commit. */
shub_status shub__file_journal(shub_error *err);

#endif
