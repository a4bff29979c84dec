/* What a seal left half-done. docs/log-format.md, "Recovery", says why these steps
 * suffice. */
#include "log/gzip.h"
#include "log/sources.h"

#include "base/error.h"
#include "base/mem.h"

#include <string.h>

/* ---- temporary files ------------------------------------------------------------ */

static shub_status entry_path(shub_log *log, const shub__log_entry *entry,
                              shub_error *err)
{
    shub__log_name name = shub__log_entry_name(entry);

    return shub__log_path(&log->path, &log->place, &name, err);
}

/* One that a sealer still writes is locked by it. */
static shub_status remove_temp(shub_log *log, const shub__log_entry *entry,
                               shub_error *err)
{
    shub__stat stat;
    int fd;
    shub_status status = entry_path(log, entry, err);

    if (!status)
        status = shub__file_open(log->path.ptr, SHUB__OPEN_READ, &fd, err);
    if (status)
        return status == SHUB_E_NOT_FOUND ? SHUB_OK : status;
    status = shub__own(fd, log->path.ptr, &stat, err);
    if (!status)
        status = shub__file_unlink(log->path.ptr, err);
    shub__file_unlock(fd);
    shub__file_close(fd);
    return status;
}

static shub_status remove_temps(shub_log *log, const shub__log_entry *entries,
                                size_t count, shub_error *err)
{
    shub_status status = SHUB_OK;

    for (size_t i = 0; i < count && !status; i++)
        if (entries[i].state == SHUB_LOG_TEMP)
            status = remove_temp(log, &entries[i], err);
    return status;
}

/* ---- is it in the sealed file? --------------------------------------------------- */

typedef struct wanted {
    shub__gzip_member members[SHUB__SOURCES_MAX];
    int found[SHUB__SOURCES_MAX];
    size_t count;
} wanted;

static shub_status mark_found(const void *data, size_t len,
                              const shub__gzip_member *member, void *user,
                              shub_error *err)
{
    wanted *w = user;

    (void)data;
    (void)len;
    (void)err;
    for (size_t i = 0; member && i < w->count; i++) {
        if (w->found[i] || w->members[i].crc != member->crc ||
            w->members[i].bytes != member->bytes)
            continue;
        w->found[i] = 1;
        break;
    }
    return SHUB_OK;
}

/* A sealed file that is damaged holds nothing. */
static shub_status holds_all(shub_log *log, const shub__log_entry *sealed, wanted *w,
                             int *all, shub_error *err)
{
    int fd;
    shub_error failure;
    shub_status status = entry_path(log, sealed, &failure);

    memset(w->found, 0, sizeof w->found);
    *all = 0;
    if (!status)
        status = shub__file_open(log->path.ptr, SHUB__OPEN_READ, &fd, &failure);
    if (!status) {
        status = shub__gunzip(fd, mark_found, w, &failure);
        shub__file_close(fd);
    }
    if (status == SHUB_E_CORRUPT)
        return SHUB_OK;
    *all = !status;
    for (size_t i = 0; i < w->count; i++)
        *all = *all && w->found[i];
    if (status && err)
        *err = failure;
    return status;
}

/* Looks in the sealed file of the lowest source's number, then in those that follow:
 * another than the first only when its number was taken. */
static shub_status find_sealed(shub_log *log, const shub__sources *sources,
                               const shub__log_entry *entries, size_t count, int *found,
                               shub_error *err)
{
    wanted *w = shub__calloc(1, sizeof *w);
    shub_status status = SHUB_OK;
    int read = 0;

    *found = 0;
    if (!w)
        return shub__fail_nomem(err);
    for (size_t i = 0; i < count && !status && !*found; i++) {
        const shub__log_entry *e = &entries[i];
        if (e->number < sources->at[0].number ||
            (e->state != SHUB_LOG_SEALED && e->state != SHUB_LOG_SHIPPED))
            continue;
        if (!read && e->number != sources->at[0].number)
            break;
        for (; !status && w->count < sources->count; w->count++)
            status = shub__gzip_member_of(sources->at[w->count].fd, &w->members[w->count],
                                          err);
        if (!status)
            status = holds_all(log, e, w, found, err);
        read = 1;
    }
    shub__free(w);
    return status;
}

/* ---- one stream and hour --------------------------------------------------------- */

static size_t count_state(const shub__log_entry *entries, size_t count, int32_t state)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += entries[i].state == state;
    return n;
}

static shub_status finish(shub_log *log, shub__sources *sources,
                          const shub__log_entry *entries, size_t count,
                          shub_log_report *report, shub_error *err)
{
    int found;
    shub_status status;

    /* Another process came in between. */
    if (count_state(entries, count, SHUB_LOG_SEALING) != sources->count)
        return SHUB_E_BUSY;
    status = find_sealed(log, sources, entries, count, &found, err);
    if (!status && !found)
        status = shub__sources_cut(log, sources, &report->torn, err);
    if (!status && !found)
        status = shub__sources_drop_empty(log, sources, err);
    if (!status && !found && sources->count)
        status = shub__pack(log, sources, report, err);
    if (!status && sources->count)
        status = shub__sources_unlink(log, sources, err);
    report->recovered += !status;
    return status;
}

/* The folder is read again once all are locked: only then is it sure that the list of
 * them, and of the sealed files, is whole. */
static shub_status finish_locked(shub_log *log, shub__sources *sources,
                                 shub_log_report *report, shub_error *err)
{
    shub__log_entries all;
    size_t first = 0;
    shub_status status = shub__log_files_read(&log->place, sources->hour_us, &all, err);

    if (status)
        return status;
    while (first < all.count &&
           !shub_slice_equal(shub_str(all.at[first].stream), sources->stream))
        first++;
    status =
        finish(log, sources, all.at + first,
               first < all.count ? shub__log_stream_length(&all, first) : 0, report, err);
    shub__free(all.at);
    return status;
}

shub_status shub__recover_stream(shub_log *log, const shub__log_entry *entries,
                                 size_t count, shub_log_report *report, shub_error *err)
{
    shub__sources *sources;
    shub_status status;

    if (!count_state(entries, count, SHUB_LOG_SEALING))
        return remove_temps(log, entries, count, err);
    sources = shub__malloc(sizeof *sources);
    if (!sources)
        return shub__fail_nomem(err);
    status = shub__sources_take(log, entries, count, SHUB_LOG_SEALING, sources, err);
    if (!status)
        status = remove_temps(log, entries, count, err);
    if (!status)
        status = finish_locked(log, sources, report, err);
    shub__sources_release(sources);
    shub__free(sources);
    return status;
}
