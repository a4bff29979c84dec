/* Torn tails. A file is written in whole lines, so only a crash leaves a last line
 * without its
 * '\n'; some file systems also leave NUL bytes where data did not reach the disk. Neither
 * was acknowledged. */
#include "log/log.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/trace.h"

#include <string.h>

enum { BLOCK = 65536 };

/* Reads exactly `len` bytes. */
static shub_status read_all(int fd, char *dst, size_t len, int64_t offset,
                            shub_error *err)
{
    size_t got;
    shub_status status = shub__file_read(fd, dst, len, offset, &got, err);

    if (!status && got < len)
        return shub__fail(err, SHUB_E_IO, offset, "file ends early at byte %lld",
                          (long long)offset + (long long)got);
    return status;
}

/* Length of the whole lines before the first NUL byte behind `from`; SHUB_NONE when no
 * line ends there. */
static shub_status whole_lines(int fd, char *block, int64_t from, int64_t bytes,
                               int64_t *whole, shub_error *err)
{
    shub_status status;

    *whole = from == 0 ? 0 : SHUB_NONE;
    while (from < bytes) {
        size_t len = bytes - from < BLOCK ? (size_t)(bytes - from) : BLOCK;
        const char *nul;
        const char *end;
        status = read_all(fd, block, len, from, err);
        if (status)
            return status;
        nul = memchr(block, '\0', len);
        end = memrchr(block, '\n', nul ? (size_t)(nul - block) : len);
        if (end)
            *whole = from + (end - block) + 1;
        if (nul)
            break;
        from += (int64_t)len;
    }
    return SHUB_OK;
}

/* Holes further before the end than a block are not looked for: a sync has covered them
 * by then. */
static shub_status find_whole(int fd, char *block, int64_t bytes, int64_t *whole,
                              shub_error *err)
{
    int64_t from = bytes > BLOCK ? bytes - BLOCK : 0;
    shub_status status = whole_lines(fd, block, from, bytes, whole, err);

    if (!status && *whole == SHUB_NONE)
        status = whole_lines(fd, block, 0, bytes, whole, err);
    return status;
}

/* Adds file[from, to) to the end of `aside`. */
static shub_status copy_tail(int fd, int64_t from, int64_t to, int aside, char *block,
                             shub_error *err)
{
    shub_status status = SHUB_OK;
    size_t written;

    while (!status && from < to) {
        size_t len = to - from < BLOCK ? (size_t)(to - from) : BLOCK;
        status = read_all(fd, block, len, from, err);
        if (!status)
            status = shub__file_write(aside, block, len, &written, err);
        from += (int64_t)len;
    }
    return status;
}

/* Whether aside[.., end) ends with file[from, to): an earlier recovery came that far. */
static shub_status ends_with(int aside, int64_t end, int fd, int64_t from, int64_t to,
                             char *block, int *same, shub_error *err)
{
    shub_status status = SHUB_OK;
    int64_t at = end - (to - from);

    *same = at >= 0;
    while (!status && *same && from < to) {
        size_t len = to - from < BLOCK / 2 ? (size_t)(to - from) : BLOCK / 2;
        status = read_all(fd, block, len, from, err);
        if (!status)
            status = read_all(aside, block + BLOCK / 2, len, at, err);
        *same = !status && memcmp(block, block + BLOCK / 2, len) == 0;
        from += (int64_t)len;
        at += (int64_t)len;
    }
    return status;
}

/* As a line of its own. */
static shub_status keep_tail(int fd, int64_t from, int64_t to, int aside, char *block,
                             shub_error *err)
{
    shub__stat stat;
    char last = '\n';
    int ended;
    int same = 0;
    size_t written;
    shub_status status = shub__file_stat(aside, &stat, err);

    if (!status && stat.bytes > 0)
        status = read_all(aside, &last, 1, stat.bytes - 1, err);
    ended = last == '\n';
    if (!status)
        status = ends_with(aside, stat.bytes - (ended && stat.bytes > 0), fd, from, to,
                           block, &same, err);
    if (!status && !same && !ended)
        status = shub__file_write(aside, "\n", 1, &written, err);
    if (!status && !same)
        status = copy_tail(fd, from, to, aside, block, err);
    if (!status && !(same && ended))
        status = shub__file_write(aside, "\n", 1, &written, err);
    return status ? status : shub__file_sync(aside, err);
}

static shub_status set_aside(int fd, shub_slice path, int64_t from, int64_t to,
                             char *block, shub_error *err)
{
    shub__buf name;
    shub_status status;
    int aside;

    shub__buf_init(&name, SHUB__PATH_MAX);
    shub__buf_slice(&name, path);
    shub__buf_text(&name, ".torn");
    status = shub__buf_check(&name, "path", err);
    if (!status)
        status = shub__file_open(name.ptr, SHUB__OPEN_APPEND, &aside, err);
    if (!status) {
        status = keep_tail(fd, from, to, aside, block, err);
        shub__file_close(aside);
    }
    if (!status)
        status = shub__file_sync_parent(name.ptr, err);
    if (!status)
        status = shub__file_truncate(fd, from, err);
    if (!status)
        status = shub__file_sync(fd, err);
    if (!status)
        shub__trace(SHUB_LEVEL_WARN, "log event=torn path=%s bytes=%lld", name.ptr,
                    (long long)(to - from));
    shub__buf_fini(&name);
    return status;
}

shub_status shub__torn_cut(int fd, shub_slice path, int64_t *bytes, uint64_t *torn,
                           shub_error *err)
{
    char *block;
    int64_t whole;
    shub_status status;

    if (*bytes == 0)
        return SHUB_OK;
    block = shub__malloc(BLOCK);
    if (!block)
        return shub__fail_nomem(err);
    status = find_whole(fd, block, *bytes, &whole, err);
    if (!status && whole < *bytes) {
        status = set_aside(fd, path, whole, *bytes, block, err);
        *torn += !status;
        if (!status)
            *bytes = whole;
    }
    shub__free(block);
    return status;
}
