#include "log/sources.h"

#include "base/error.h"

#include <string.h>

shub_status shub__own(int fd, const char *path, shub__stat *stat, shub_error *err)
{
    shub__stat there;
    shub_status status = shub__file_lock(fd, err);

    if (!status)
        status = shub__file_stat(fd, stat, err);
    if (!status)
        status = shub__file_stat_path(path, &there, err);
    if (status == SHUB_E_NOT_FOUND ||
        (!status && (stat->inode != there.inode || stat->device != there.device)))
        return shub__fail(err, SHUB_E_BUSY, SHUB_NONE, "%s was renamed meanwhile", path);
    return status;
}

static shub_status path_of(shub_log *log, shub__buf *path, const shub__sources *sources,
                           const shub__source *source, int32_t state, shub_error *err)
{
    shub__log_name name = {sources->stream, sources->hour_us, source->number, state};

    return shub__log_path(path, &log->place, &name, err);
}

static void release(shub__source *source)
{
    shub__file_unlock(source->fd);
    shub__file_close(source->fd);
}

void shub__sources_release(shub__sources *sources)
{
    while (sources->count > 0)
        release(&sources->at[--sources->count]);
}

static shub_status take(shub_log *log, shub__sources *sources,
                        const shub__log_entry *entry, shub_error *err)
{
    shub__source *source = &sources->at[sources->count];
    shub__stat stat = {0};
    shub_status status;

    source->number = entry->number;
    source->state = entry->state;
    status = path_of(log, &log->path, sources, source, source->state, err);
    if (!status)
        status = shub__file_open(log->path.ptr, SHUB__OPEN_READ, &source->fd, err);
    if (status)
        return status == SHUB_E_NOT_FOUND ? SHUB_E_BUSY : status;
    status = shub__own(source->fd, log->path.ptr, &stat, err);
    if (status) {
        shub__file_close(source->fd);
        return status;
    }
    source->bytes = stat.bytes;
    source->begun_us = stat.birth_us;
    sources->count++;
    return SHUB_OK;
}

shub_status shub__sources_take(shub_log *log, const shub__log_entry *entries,
                               size_t count, int32_t state, shub__sources *sources,
                               shub_error *err)
{
    shub_status status = SHUB_OK;

    memset(sources, 0, sizeof *sources);
    sources->stream = shub_str(entries->stream);
    sources->hour_us = entries->hour_us;
    for (size_t i = 0; i < count && sources->count < SHUB__SOURCES_MAX && !status; i++)
        if (entries[i].state == state)
            status = take(log, sources, &entries[i], err);
    if (status)
        shub__sources_release(sources);
    return status;
}

/* A second descriptor that can write: the lock is the first one's and stays. */
static shub_status cut(shub_log *log, const shub__sources *sources, shub__source *source,
                       uint64_t *torn, shub_error *err)
{
    int fd;
    shub_status status = path_of(log, &log->other, sources, source, source->state, err);

    if (!status)
        status = shub__file_open(log->other.ptr, SHUB__OPEN_APPEND, &fd, err);
    if (status)
        return status;
    status = path_of(log, &log->other, sources, source, SHUB_LOG_OPEN, err);
    if (!status)
        status =
            shub__torn_cut(fd, shub__buf_view(&log->other), &source->bytes, torn, err);
    shub__file_close(fd);
    return status;
}

shub_status shub__sources_cut(shub_log *log, shub__sources *sources, uint64_t *torn,
                              shub_error *err)
{
    shub_status status = SHUB_OK;

    for (size_t i = 0; i < sources->count && !status; i++)
        if (sources->at[i].bytes)
            status = cut(log, sources, &sources->at[i], torn, err);
    return status;
}

shub_status shub__sources_drop_empty(shub_log *log, shub__sources *sources,
                                     shub_error *err)
{
    size_t kept = 0;
    shub_status status = SHUB_OK;

    for (size_t i = 0; i < sources->count; i++) {
        shub__source *source = &sources->at[i];
        if (source->bytes || status) {
            sources->at[kept++] = *source;
            continue;
        }
        status = path_of(log, &log->path, sources, source, source->state, err);
        if (!status)
            status = shub__file_unlink(log->path.ptr, err);
        release(source);
    }
    sources->count = kept;
    return status;
}

/* Synced before it is renamed: a power cut must not leave a .sealing that has less than
 * the sealed file made of it. */
static shub_status rename_one(shub_log *log, const shub__sources *sources,
                              shub__source *source, shub_error *err)
{
    shub_status status = shub__file_sync(source->fd, err);

    if (!status)
        status = path_of(log, &log->path, sources, source, SHUB_LOG_OPEN, err);
    if (!status)
        status = path_of(log, &log->other, sources, source, SHUB_LOG_SEALING, err);
    if (!status)
        status = shub__file_rename_new(log->path.ptr, log->other.ptr, err);
    if (!status)
        source->state = SHUB_LOG_SEALING;
    return status;
}

shub_status shub__sources_rename(shub_log *log, shub__sources *sources, shub_error *err)
{
    shub_status status = SHUB_OK;

    for (size_t i = 0; i < sources->count && !status; i++)
        status = rename_one(log, sources, &sources->at[i], err);
    return status;
}

static shub_status unlink_one(shub_log *log, const shub__sources *sources, size_t i,
                              shub_error *err)
{
    shub_status status =
        path_of(log, &log->path, sources, &sources->at[i], SHUB_LOG_SEALING, err);

    return status ? status : shub__file_unlink(log->path.ptr, err);
}

shub_status shub__log_sync_folder(shub_log *log, int64_t hour_us, shub_error *err)
{
    shub_status status = shub__log_folder(&log->path, &log->place, hour_us, err);

    return status ? status : shub__file_sync_folder(log->path.ptr, err);
}

shub_status shub__sources_unlink(shub_log *log, shub__sources *sources, shub_error *err)
{
    shub_status status = shub__log_sync_folder(log, sources->hour_us, err);

    for (size_t i = sources->count; i-- > 1 && !status;)
        status = unlink_one(log, sources, i, err);
    if (!status && sources->count > 1)
        status = shub__log_sync_folder(log, sources->hour_us, err);
    if (!status)
        status = unlink_one(log, sources, 0, err);
    return status ? status : shub__log_sync_folder(log, sources->hour_us, err);
}
