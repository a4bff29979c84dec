/* One open segment: taking its file, writing whole lines, syncing, and going back when
 * either fails. */
#include "log/log.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <string.h>

enum { TRIES = 8 }; /* at a file that others rename and remove meanwhile */

/* ---- opening -------------------------------------------------------------------- */

static shub__log_name name_of(const shub__segment *segment, shub_log_state state)
{
    return (shub__log_name){shub_bytes(segment->stream, segment->stream_len),
                            segment->hour_us, segment->number, state};
}

/* Whether a file of the segment's number is there in a later state: the number is used
 * up. */
static shub_status number_used(shub_log *log, const shub__segment *segment, int *used,
                               shub_error *err)
{
    static const shub_log_state states[] = {SHUB_LOG_SEALING, SHUB_LOG_SEALED,
                                            SHUB_LOG_SHIPPED};
    shub__stat stat;

    *used = 0;
    for (size_t i = 0; i < 3 && !*used; i++) {
        shub__log_name name = name_of(segment, states[i]);
        shub_status status = shub__log_path(&log->path, &log->place, &name, err);
        if (!status)
            status = shub__file_stat_path(log->path.ptr, &stat, err);
        if (status && status != SHUB_E_NOT_FOUND)
            return status;
        *used = status == SHUB_OK;
    }
    return SHUB_OK;
}

static shub_status segment_path(shub_log *log, const shub__segment *segment,
                                shub_error *err)
{
    shub__log_name name = name_of(segment, SHUB_LOG_OPEN);

    return shub__log_path(&log->path, &log->place, &name, err);
}

static shub_status make_hour_folder(shub_log *log, int64_t hour_us, shub_error *err)
{
    shub_status status = shub__log_folder(&log->path, &log->place, hour_us, err);

    log->named_hour_us = SHUB__LOG_NO_HOUR;
    return status ? status : shub__file_make_folders(log->path.ptr, err);
}

static shub_status open_file(shub_log *log, shub__segment *segment, shub_error *err)
{
    shub_status status = segment_path(log, segment, err);

    if (!status)
        status = shub__file_open(log->path.ptr, SHUB__OPEN_APPEND, &segment->fd, err);
    if (status != SHUB_E_NOT_FOUND)
        return status;
    status = make_hour_folder(log, segment->hour_us, err);
    if (!status)
        status = segment_path(log, segment, err);
    return status ? status
                  : shub__file_open(log->path.ptr, SHUB__OPEN_APPEND, &segment->fd, err);
}

/* Locks the open file and checks that the path still means it: between the two a sealer
 * may have renamed it. SHUB_E_AGAIN when it did. */
static shub_status own_file(shub_log *log, shub__segment *segment, shub_error *err)
{
    shub__stat here;
    shub__stat there;
    shub_status status = shub__file_lock(segment->fd, err);

    if (!status)
        status = shub__file_stat(segment->fd, &here, err);
    if (status)
        return status;
    segment->bytes = here.bytes;
    if (here.birth_us > 0 && here.birth_us < segment->begun_us)
        segment->begun_us = here.birth_us;
    status = shub__file_stat_path(log->path.ptr, &there, err);
    if (status == SHUB_E_NOT_FOUND)
        return SHUB_E_AGAIN;
    if (status)
        return status;
    return here.inode == there.inode && here.device == there.device ? SHUB_OK
                                                                    : SHUB_E_AGAIN;
}

/* Writes what is behind `synced` once more, in place. After a sync that failed the system
 * may count the data as clean although it never reached the disk, and the next sync
 * succeeds without it (Linux, "fsyncgate", 2018); only data written again is synced
 * again. */
static shub_status write_again(shub_log *log, shub__segment *segment, shub_error *err)
{
    enum { BLOCK = 65536 };
    char *block;
    int fd;
    size_t len = 0;
    shub_status status;

    if (!segment->doubtful)
        return SHUB_OK;
    status = segment_path(log, segment, err);
    if (!status)
        status = shub__file_open(log->path.ptr, SHUB__OPEN_UPDATE, &fd, err);
    if (status)
        return status;
    block = shub__malloc(BLOCK);
    status = block ? SHUB_OK : shub__fail_nomem(err);
    for (int64_t at = segment->synced; !status && at < segment->bytes;
         at += (int64_t)len) {
        size_t left = (size_t)(segment->bytes - at);
        status = shub__file_read(fd, block, left < BLOCK ? left : BLOCK, at, &len, err);
        if (!status && len == 0)
            status = shub__fail(err, SHUB_E_IO, at, "data to write again is gone");
        if (!status)
            status = shub__file_write_at(fd, block, len, at, err);
    }
    shub__free(block);
    shub__file_close(fd);
    segment->doubtful = status != SHUB_OK;
    return status;
}

/* What an earlier writer left unsynced is synced first: nothing of ours may come to stand
 * behind a hole. */
static shub_status sync_found(shub_log *log, shub__segment *segment, shub_error *err)
{
    shub_status status;

    if (log->durability == SHUB_DURABILITY_NONE)
        return SHUB_OK;
    status = shub__file_sync(segment->fd, err);
    segment->doubtful = status != SHUB_OK;
    if (!status)
        return SHUB_OK;
    status = write_again(log, segment, err);
    return status ? status : shub__file_sync(segment->fd, err);
}

/* A file with lines goes on behind them. */
static shub_status go_on(shub_log *log, shub__segment *segment, shub_error *err)
{
    shub_status status;

    if (log->max_file_bytes && segment->bytes >= log->max_file_bytes)
        return SHUB_E_BUSY;
    status = shub__torn_cut(segment->fd, shub__buf_view(&log->path), &segment->bytes,
                            &log->stats.torn, err);
    return status ? status : sync_found(log, segment, err);
}

/* An empty file is one that we made, or nothing to keep. Its number may be used up, seen
 * only now that the lock keeps sealers away: then it goes. */
static shub_status start(shub_log *log, shub__segment *segment, shub_error *err)
{
    int used;
    shub_status status = number_used(log, segment, &used, err);

    if (status || !used)
        return status;
    status = segment_path(log, segment, err);
    if (!status)
        status = shub__file_unlink(log->path.ptr, err);
    return status ? status : SHUB_E_BUSY;
}

static void close_file(const shub_log *log, shub__segment *segment)
{
    if (segment->fd >= 0 && shub__fork_check(log->fork_generation, NULL) == SHUB_OK)
        shub__file_unlock(segment->fd);
    shub__file_close(segment->fd);
    segment->fd = SHUB_NONE;
}

/* SHUB_E_BUSY: the next number. */
static shub_status try_number(shub_log *log, shub__segment *segment, shub_error *err)
{
    shub_status status = open_file(log, segment, err);

    if (!status)
        status = own_file(log, segment, err);
    if (!status)
        status = segment->bytes ? go_on(log, segment, err) : start(log, segment, err);
    if (status)
        close_file(log, segment);
    return status;
}

/* A number that is passed over is no failure, so `err` is told only about the last. */
static shub_status find_number(shub_log *log, shub__segment *segment, int32_t from,
                               shub_error *err)
{
    int tries = 0;

    segment->number = from;
    while (segment->number <= SHUB_LOG_NUMBER_MAX) {
        shub_error failure;
        shub_status status = try_number(log, segment, &failure);
        if (status == SHUB_E_AGAIN && ++tries < TRIES)
            continue;
        if (status != SHUB_E_BUSY && status != SHUB_E_AGAIN) {
            if (status && err)
                *err = failure;
            return status;
        }
        segment->number++;
        tries = 0;
    }
    return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                      "stream %s has more than %d segments in an hour", segment->stream,
                      SHUB_LOG_NUMBER_MAX + 1);
}

shub_status shub__segment_open(shub_log *log, shub_slice stream, int64_t hour_us,
                               int32_t from, shub__segment **segment, shub_error *err)
{
    shub__segment *made = shub__calloc(1, sizeof *made);
    shub_status status;

    *segment = NULL;
    if (!made)
        return shub__fail_nomem(err);
    memcpy(made->stream, stream.ptr, stream.len);
    made->stream_len = stream.len;
    made->hour_us = hour_us;
    made->begun_us = shub__clock_now(&log->clock);
    made->fd = SHUB_NONE;
    made->unnamed = 1;
    shub__buf_init(&made->lines, log->buffer_bytes + SHUB_LOG_LINE_MAX + 1);
    status = find_number(log, made, from, err);
    if (status) {
        shub__free(made);
        return status;
    }
    made->synced = made->bytes;
    *segment = made;
    return SHUB_OK;
}

void shub__segment_free(shub_log *log, shub__segment *segment)
{
    close_file(log, segment);
    shub__buf_fini(&segment->lines);
    shub__free(segment);
}

/* ---- writing -------------------------------------------------------------------- */

/* Cuts off what a write that failed, or a call that is taken back, left behind `bytes`.
 */
static shub_status mend(shub__segment *segment, shub_error *err)
{
    shub_status status;

    if (!segment->torn)
        return SHUB_OK;
    status = shub__file_truncate(segment->fd, segment->bytes, err);
    if (!status)
        segment->torn = 0;
    return status;
}

static size_t count_whole(const char *text, size_t len, uint64_t *lines)
{
    size_t whole = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\n')
            continue;
        whole = i + 1;
        ++*lines;
    }
    return whole;
}

shub_status shub__segment_write(shub_log *log, shub__segment *segment, size_t len,
                                uint64_t lines, shub_error *err)
{
    size_t written;
    shub_status status = mend(segment, err);

    if (status || len == 0)
        return status;
    log->stats.writes++;
    status = shub__file_write(segment->fd, segment->lines.ptr, len, &written, err);
    if (status) {
        lines = 0;
        len = count_whole(segment->lines.ptr, written, &lines);
    }
    segment->bytes += (int64_t)len;
    segment->line_count -= lines;
    if (log->durability == SHUB_DURABILITY_NONE)
        log->stats.acknowledged += lines;
    else
        segment->unsynced_lines += lines;
    shub__buf_drop(&segment->lines, len);
    if (status) {
        segment->torn = 1;
        (void)mend(segment, NULL);
    }
    return status;
}

/* ---- syncing -------------------------------------------------------------------- */

/* The folder, and the root that names the folder: another process may have made either
 * and died before it synced them. */
static shub_status sync_names(shub_log *log, shub__segment *segment, shub_error *err)
{
    shub_status status = shub__log_folder(&log->path, &log->place, segment->hour_us, err);

    if (!status)
        status = shub__file_sync_folder(log->path.ptr, err);
    if (!status && log->named_hour_us != segment->hour_us) {
        status = shub__file_sync_folder(log->place.root.ptr, err);
        if (!status)
            log->named_hour_us = segment->hour_us;
    }
    if (!status)
        segment->unnamed = 0;
    return status;
}

static shub_status sync_data(shub_log *log, shub__segment *segment, shub_error *err)
{
    shub_status status;

    if (segment->synced == segment->bytes)
        return SHUB_OK;
    log->stats.syncs++;
    status = shub__file_sync(segment->fd, err);
    if (!status) {
        segment->synced = segment->bytes;
        return SHUB_OK;
    }
    segment->doubtful = 1;
    return status;
}

shub_status shub__segment_flush(shub_log *log, shub__segment *segment, shub_error *err)
{
    shub_status status = write_again(log, segment, err);

    if (!status)
        status = shub__segment_write(log, segment, segment->lines.len,
                                     segment->line_count, err);
    if (status || log->durability == SHUB_DURABILITY_NONE)
        return status;
    status = sync_data(log, segment, err);
    if (!status && segment->unnamed && segment->bytes)
        status = sync_names(log, segment, err);
    if (status)
        return status;
    log->stats.acknowledged += segment->unsynced_lines;
    segment->unsynced_lines = 0;
    return SHUB_OK;
}

/* What is taken back may be appended again elsewhere: it must not come back after a power
 * cut. */
static void sync_undone(shub_log *log, shub__segment *segment)
{
    if (log->durability == SHUB_DURABILITY_NONE)
        return;
    log->stats.syncs++;
    if (shub__file_sync(segment->fd, NULL))
        segment->doubtful = 1;
}

void shub__segment_undo(shub_log *log, shub__segment *segment)
{
    shub__buf_clear(&segment->lines);
    segment->line_count = 0;
    segment->unsynced_lines = segment->start_unsynced_lines;
    if (segment->bytes > segment->start || segment->torn) {
        segment->bytes = segment->start;
        if (segment->synced > segment->start)
            segment->synced = segment->start;
        segment->torn = 1;
        (void)mend(segment, NULL);
        sync_undone(log, segment);
    }
    if (segment->synced == segment->start)
        segment->doubtful = 0;
}
