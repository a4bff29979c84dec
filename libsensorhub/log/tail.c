/* The last lines of a stream, from its newest hour that has any. */
#include "log/files.h"
#include "log/gzip.h"
#include "log/log.h"
#include "log/scan.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <string.h>

#define TEXT_MAX ((size_t)256 << 20) /* bytes of a tail */

enum { BLOCK = 65536 };

typedef struct part {
    const shub__log_entry *entry;
    int64_t mtime_us;
} part;

typedef struct last {
    shub__buf text;
    size_t wanted;
    size_t lines; /* whole ones in `text` */
} last;

/* ---- keeping the last lines ------------------------------------------------------ */

/* Drops lines from the front until no more than wanted are left. */
static void trim(last *l)
{
    const char *at = l->text.ptr;

    if (l->lines <= l->wanted)
        return;
    for (; l->lines > l->wanted; l->lines--)
        at = (const char *)memchr(at, '\n', l->text.len - (size_t)(at - l->text.ptr)) + 1;
    shub__buf_drop(&l->text, (size_t)(at - l->text.ptr));
}

/* Trims only when there is much too much, so that each byte is moved a few times at most.
 */
static shub_status add(last *l, const char *data, size_t len, shub_error *err)
{
    shub_status status;

    shub__buf_add(&l->text, data, len);
    status = shub__buf_check(&l->text, "tail", err);
    if (status)
        return status;
    l->lines += shub__count_newlines(data, len);
    if (l->lines > 2 * l->wanted + 1024)
        trim(l);
    return SHUB_OK;
}

/* A torn tail is no line. */
static void cut_torn(last *l)
{
    const char *end = l->text.len ? memrchr(l->text.ptr, '\n', l->text.len) : NULL;

    shub__buf_cut(&l->text, end ? (size_t)(end - l->text.ptr) + 1 : 0);
}

/* ---- from one file --------------------------------------------------------------- */

static shub_status add_data(const void *data, size_t len, const shub__gzip_member *member,
                            void *user, shub_error *err)
{
    return member ? SHUB_OK : add(user, data, len, err);
}

/* Where to begin so that the wanted lines, if there are as many, come whole. */
static shub_status find_begin(int fd, size_t wanted, char *block, int64_t *begin,
                              shub_error *err)
{
    size_t lines = 0;
    int64_t at = *begin;

    while (at > 0 && lines <= wanted) {
        size_t len = at < BLOCK ? (size_t)at : BLOCK;
        size_t got;
        shub_status status =
            shub__file_read(fd, block, len, at - (int64_t)len, &got, err);
        if (status)
            return status;
        at -= (int64_t)len;
        lines += shub__count_newlines(block, got);
    }
    *begin = at;
    return SHUB_OK;
}

/* What comes before the first '\n' read may be half a line, unless the file begins there.
 */
static shub_status add_plain(int fd, last *l, int64_t bytes, char *block, shub_error *err)
{
    int64_t at = bytes;
    size_t got = 0;
    shub_status status = find_begin(fd, l->wanted, block, &at, err);
    int skips = at > 0;

    while (!status && at < bytes) {
        const char *from = block;
        status = shub__file_read(fd, block, BLOCK, at, &got, err);
        if (status || got == 0)
            break;
        at += (int64_t)got;
        if (skips)
            from = memchr(block, '\n', got);
        from = skips && from ? from + 1 : from;
        if (!from)
            continue;
        skips = 0;
        status = add(l, from, got - (size_t)(from - block), err);
    }
    return status;
}

static shub_status add_file(shub_log *log, const shub__log_entry *entry, last *l,
                            shub_error *err)
{
    shub__log_name name = shub__log_entry_name(entry);
    shub__stat stat;
    char *block = shub__malloc(BLOCK);
    int fd = SHUB_NONE;
    shub_status status = block ? shub__log_path(&log->path, &log->place, &name, err)
                               : shub__fail_nomem(err);

    if (!status)
        status = shub__file_open(log->path.ptr, SHUB__OPEN_READ, &fd, err);
    if (!status)
        status = shub__file_stat(fd, &stat, err);
    if (!status && (entry->state == SHUB_LOG_SEALED || entry->state == SHUB_LOG_SHIPPED))
        status = shub__gunzip(fd, add_data, l, err);
    else if (!status)
        status = add_plain(fd, l, stat.bytes, block, err);
    shub__file_close(fd);
    shub__free(block);
    cut_torn(l);
    return status;
}

/* ---- from one hour ---------------------------------------------------------------- */

static int is_sealed(const shub__log_entry *entry)
{
    return entry->state == SHUB_LOG_SEALED || entry->state == SHUB_LOG_SHIPPED;
}

/* A sealed file beside its source has the same lines. */
static int has_source(const shub__log_entry *entries, size_t count, int32_t number)
{
    for (size_t i = 0; i < count; i++)
        if (entries[i].state == SHUB_LOG_SEALING && entries[i].number == number)
            return 1;
    return 0;
}

static int counts(const shub__log_entry *entries, size_t count, size_t i)
{
    int32_t state = entries[i].state;

    if (is_sealed(&entries[i]))
        return !has_source(entries, count, entries[i].number);
    return state == SHUB_LOG_OPEN || state == SHUB_LOG_SEALING;
}

static shub_status mtime_of(shub_log *log, const shub__log_entry *entry,
                            int64_t *mtime_us, shub_error *err)
{
    shub__log_name name = shub__log_entry_name(entry);
    shub__stat stat;
    shub_status status = shub__log_path(&log->path, &log->place, &name, err);

    if (!status)
        status = shub__file_stat_path(log->path.ptr, &stat, err);
    *mtime_us = status ? 0 : stat.mtime_us;
    return status;
}

/* Sealed ones by number, then the others as they were last written. */
static int is_before(const part *a, const part *b)
{
    if (is_sealed(a->entry) != is_sealed(b->entry))
        return is_sealed(a->entry);
    if (!is_sealed(a->entry) && a->mtime_us != b->mtime_us)
        return a->mtime_us < b->mtime_us;
    return a->entry->number < b->entry->number;
}

static void insert(part *parts, size_t count, part added)
{
    while (count > 0 && is_before(&added, &parts[count - 1])) {
        parts[count] = parts[count - 1];
        count--;
    }
    parts[count] = added;
}

/* Oldest first. A file that goes meanwhile was sealed or shipped: SHUB_E_NOT_FOUND, and
 * the caller looks again. */
static shub_status add_parts(shub_log *log, const shub__log_entry *entries, size_t count,
                             last *l, shub_error *err)
{
    part *parts = shub__reallocarray(NULL, count, sizeof *parts);
    size_t used = 0;
    shub_status status = SHUB_OK;

    if (!parts)
        return shub__fail_nomem(err);
    for (size_t i = 0; i < count && !status; i++) {
        part added = {&entries[i], 0};
        if (!counts(entries, count, i))
            continue;
        status = mtime_of(log, added.entry, &added.mtime_us, err);
        insert(parts, used++, added);
    }
    for (size_t i = 0; i < used && !status; i++)
        status = add_file(log, parts[i].entry, l, err);
    if (!status)
        trim(l);
    shub__free(parts);
    return status;
}

static shub_status add_hour(shub_log *log, shub_slice stream, int64_t hour_us, last *l,
                            shub_error *err)
{
    shub__log_entries all;
    size_t first = 0;
    shub_status status = shub__log_files_read(&log->place, hour_us, &all, err);

    while (first < all.count && !shub_slice_equal(shub_str(all.at[first].stream), stream))
        first++;
    if (!status && first < all.count)
        status =
            add_parts(log, all.at + first, shub__log_stream_length(&all, first), l, err);
    shub__free(all.at);
    return status;
}

/* ---- the call --------------------------------------------------------------------- */

/* What is buffered here belongs to the tail. */
static shub_status write_buffered(shub_log *log, shub_slice stream, shub_error *err)
{
    shub_status status = SHUB_OK;

    for (shub__segment *s = log->newest; s && !status; s = s->older)
        if (shub_slice_equal(shub_bytes(s->stream, s->stream_len), stream))
            status = shub__segment_write(log, s, s->lines.len, s->line_count, err);
    return status;
}

static shub_status search(shub_log *log, shub_slice stream, last *l, shub_error *err)
{
    enum { TRIES = 8 };
    shub__log_hours hours;
    shub_status status = shub__log_hours_read(&log->place, &hours, err);
    int tries = 0;

    for (size_t i = hours.count; i > 0 && !status && l->lines == 0;) {
        shub__buf_clear(&l->text);
        l->lines = 0;
        status = add_hour(log, stream, hours.at[i - 1], l, err);
        if (status == SHUB_E_NOT_FOUND && ++tries < TRIES) {
            l->lines = 0;
            status = SHUB_OK;
            continue;
        }
        i--;
    }
    shub__free(hours.at);
    return status;
}

shub_status shub_log_tail(shub_log *log, shub_slice stream, size_t lines,
                          shub_slice *text, shub_error *err)
{
    last l = {log->tail, lines, 0};
    shub_error failure;
    shub_status status = shub__fork_check(log->fork_generation, err);

    *text = shub_bytes(NULL, 0);
    if (status)
        return status;
    if (lines == 0 || lines > SHUB_LOG_TAIL_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%zu lines, limit %d", lines,
                          SHUB_LOG_TAIL_MAX);
    status = write_buffered(log, stream, err);
    if (status)
        return status;
    l.text.max = TEXT_MAX;
    shub__buf_clear(&l.text);
    status = search(log, stream, &l, &failure);
    log->tail = l.text;
    if (status && err)
        *err = failure;
    if (status)
        return status;
    if (l.lines == 0)
        return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE, "no line of stream %.*s",
                          SHUB__SHOW(stream));
    *text = shub__buf_view(&log->tail);
    return SHUB_OK;
}
