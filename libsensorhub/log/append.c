#include "log/log.h"
#include "log/scan.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "sample/jsonl.h"

#include <string.h>

#define ROOM_STEP ((int64_t)1 << 20) /* bytes between two looks at the free space */

/* What is appended: a line, or a sample when `sample` is not NULL, one of a batch when
 * `memo` is not NULL either. */
typedef struct record {
    shub_slice line;
    const shub_sample *sample;
    shub__jsonl_memo *memo;
    int64_t time_us;
} record;

/* ---- checks --------------------------------------------------------------------- */

static shub_status check_line(shub_slice line, shub_error *err)
{
    const char *bad;

    if (line.len > SHUB_LOG_LINE_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "line of %zu bytes, limit %zu",
                          line.len, SHUB_LOG_LINE_MAX);
    if (line.len == 0)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "empty line");
    if (!shub__has_newline_or_nul(line.ptr, line.len))
        return SHUB_OK;
    bad = memchr(line.ptr, '\n', line.len);
    bad = bad ? bad : memchr(line.ptr, '\0', line.len);
    return shub__fail(err, SHUB_E_INVALID, bad - line.ptr,
                      "line with a newline or NUL at byte %lld",
                      (long long)(bad - line.ptr));
}

static shub_status ask_room(shub_log *log, int64_t now_us, int64_t bytes, shub_error *err)
{
    int64_t left;
    shub_status status = shub__file_free_bytes(log->place.root.ptr, &left, err);

    log->room = 0;
    if (status)
        return status;
    if (left < log->min_free_bytes || left - log->min_free_bytes < bytes)
        return shub__fail(err, SHUB_E_FULL, SHUB_NONE,
                          "%lld bytes free, %lld are to stay free", (long long)left,
                          (long long)log->min_free_bytes);
    left -= log->min_free_bytes;
    log->room = left < ROOM_STEP ? left : ROOM_STEP;
    log->room_checked_us = now_us;
    return SHUB_OK;
}

/* The free space is looked at once a second, and once in ROOM_STEP bytes. */
static shub_status take_room(shub_log *log, int64_t now_us, int64_t bytes,
                             shub_error *err)
{
    shub_status status = SHUB_OK;

    if (log->min_free_bytes == SHUB_NONE)
        return SHUB_OK;
    if (log->room < bytes || now_us - log->room_checked_us >= SHUB_SECOND_US ||
        now_us < log->room_checked_us)
        status = ask_room(log, now_us, bytes, err);
    if (!status)
        log->room -= bytes;
    return status;
}

/* ---- one record ----------------------------------------------------------------- */

static int is_within(int64_t hour_us, int64_t time_us)
{
    return time_us >= hour_us && time_us - hour_us < SHUB_HOUR_US;
}

/* The record's own hour when its time is believable, else the hour it arrived in. */
static int64_t choose_hour(const shub_log *log, int64_t time_us, int64_t now_us,
                           int *late)
{
    int64_t arrival_us;

    /* Nearly always both are in the hour of the last append. */
    if (log->newest && is_within(log->newest->hour_us, now_us) &&
        is_within(log->newest->hour_us, time_us) &&
        time_us <= now_us + SHUB__LOG_AHEAD_US) {
        *late = 0;
        return log->newest->hour_us;
    }
    arrival_us = shub__hour_floor(now_us);
    *late = time_us < arrival_us - log->late_us || time_us > now_us + SHUB__LOG_AHEAD_US;
    return *late ? arrival_us : shub__hour_floor(time_us);
}

static shub_status add_line(shub__buf *lines, shub_slice line, shub_error *err)
{
    size_t len = line.len + 1;
    char *room;

    if (lines->cap - lines->len <= len && !shub__buf_room(lines, len))
        return shub__buf_check(lines, "line buffer", err);
    room = lines->ptr + lines->len;
    memcpy(room, line.ptr, line.len);
    room[line.len] = '\n';
    room[len] = '\0';
    lines->len += len;
    return SHUB_OK;
}

static shub_status encode(shub__buf *lines, const record *r, shub_error *err)
{
    size_t before = lines->len;
    shub_status status;

    if (r->memo)
        status = shub__jsonl_write_row(lines, r->sample, r->memo, err);
    else if (r->sample)
        status = shub__jsonl_write(lines, r->sample, err);
    else
        status = add_line(lines, r->line, err);

    if (!status && lines->len - before > SHUB_LOG_LINE_MAX + 1)
        status = shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "line of %zu bytes, limit %zu",
                            lines->len - before - 1, SHUB_LOG_LINE_MAX);
    if (status) {
        shub__buf_cut(lines, before);
        lines->status = SHUB_OK;
    }
    return status;
}

/* Lines before this one are written when the buffer is full with it. */
static shub_status hand_on(shub_log *log, shub__segment *segment, size_t before,
                           shub_error *err)
{
    if (segment->lines.len <= log->buffer_bytes || before == 0)
        return SHUB_OK;
    return shub__segment_write(log, segment, before, segment->line_count - 1, err);
}

static void touch(shub_log *log, shub__segment *segment)
{
    if (segment->touched || !log->by_call)
        return;
    segment->touched = 1;
    segment->start = segment->bytes;
    segment->start_unsynced_lines = segment->unsynced_lines;
    segment->next_touched = log->touched;
    log->touched = segment;
}

static shub_status put(shub_log *log, shub__segment *segment, const record *r,
                       int64_t now_us, shub_error *err)
{
    size_t before;
    size_t len;
    shub_status status = SHUB_OK;

    /* After a line longer than the buffer: the next may be as long. */
    if (segment->lines.len > log->buffer_bytes)
        status = shub__segment_write(log, segment, segment->lines.len,
                                     segment->line_count, err);
    before = segment->lines.len;
    if (!status)
        status = encode(&segment->lines, r, err);
    if (status)
        return status;
    len = segment->lines.len - before;
    segment->line_count++;
    status = take_room(log, now_us, (int64_t)len, err);
    if (!status)
        status = hand_on(log, segment, before, err);
    if (status) {
        shub__buf_cut(&segment->lines, segment->lines.len - len);
        segment->line_count--;
        return status;
    }
    log->stats.lines++;
    log->stats.bytes += len;
    return SHUB_OK;
}

static shub_status append_one(shub_log *log, shub_slice stream, const record *r,
                              int64_t now_us, shub_error *err)
{
    int late;
    shub__segment *segment;
    int64_t hour_us = choose_hour(log, r->time_us, now_us, &late);
    shub_status status = shub__log_segment(log, stream, hour_us, &segment, err);

    if (!status) {
        touch(log, segment);
        status = put(log, segment, r, now_us, err);
    }
    if (!status)
        log->stats.late += (uint64_t)late;
    else if (status == SHUB_E_FULL)
        log->stats.refused++;
    return status;
}

/* ---- the calls ------------------------------------------------------------------ */

static void forget_touched(shub_log *log, int undo)
{
    while (log->touched) {
        shub__segment *segment = log->touched;
        if (undo)
            shub__segment_undo(log, segment);
        segment->touched = 0;
        log->touched = segment->next_touched;
    }
}

static shub_status hand_over(shub_log *log, shub__segment *segment, shub_error *err)
{
    if (log->durability == SHUB_DURABILITY_EVERY)
        return shub__segment_flush(log, segment, err);
    return shub__segment_write(log, segment, segment->lines.len, segment->line_count,
                               err);
}

/* By call: one write for each file it has touched, under EVERY also one sync, or nothing
 * of it. */
static shub_status commit(shub_log *log, const shub_log_stats *before, shub_error *err)
{
    shub_status status = SHUB_OK;

    for (shub__segment *s = log->touched; s && !status; s = s->next_touched)
        status = hand_over(log, s, err);
    forget_touched(log, status != SHUB_OK);
    if (!status)
        return SHUB_OK;
    log->stats.lines = before->lines;
    log->stats.bytes = before->bytes;
    log->stats.late = before->late;
    log->stats.acknowledged = before->acknowledged;
    log->stats.refused += status == SHUB_E_FULL;
    return status;
}

static shub_status append_single(shub_log *log, shub_slice stream, const record *r,
                                 shub_error *err)
{
    shub_log_stats before;
    shub_status status = shub__fork_check(log->fork_generation, err);

    if (status)
        return status;
    if (!log->by_call)
        return append_one(log, stream, r, shub__clock_coarse(&log->clock), err);
    before = log->stats;
    status = append_one(log, stream, r, shub__clock_coarse(&log->clock), err);
    if (status) {
        forget_touched(log, 1);
        return status;
    }
    return commit(log, &before, err);
}

shub_status shub_log_append_line(shub_log *log, shub_slice stream, int64_t time_us,
                                 shub_slice line, shub_error *err)
{
    record r = {line, NULL, NULL, time_us};
    shub_status status = check_line(line, err);

    return status ? status : append_single(log, stream, &r, err);
}

shub_status shub_log_append(shub_log *log, shub_slice stream, const shub_sample *sample,
                            shub_error *err)
{
    record r = {{NULL, 0}, sample, NULL, sample->time_us};

    return append_single(log, stream, &r, err);
}

static shub_status append_row(shub_log *log, shub_slice stream, const shub_batch *batch,
                              size_t i, shub__jsonl_memo *memo, int64_t now_us,
                              shub_error *err)
{
    shub_sample sample;
    record r = {{NULL, 0}, &sample, memo, 0};
    shub_status status = shub_batch_get(batch, i, &sample, err);

    r.time_us = sample.time_us;
    return status ? status : append_one(log, stream, &r, now_us, err);
}

shub_status shub_log_append_batch(shub_log *log, shub_slice stream,
                                  const shub_batch *batch, shub_error *err)
{
    shub_log_stats before = log->stats;
    int64_t now_us = shub__clock_coarse(&log->clock);
    size_t count = shub_batch_count(batch);
    size_t i = 0;
    shub__jsonl_memo memo = {0, 0, ""};
    shub_status committed;
    shub_status status = shub__fork_check(log->fork_generation, err);

    if (status)
        return status;
    while (i < count && !status) {
        status = append_row(log, stream, batch, i, &memo, now_us, err);
        i += !status;
    }
    committed = commit(log, &before, status ? NULL : err);
    if (committed)
        return shub__fail_at(err, shub__first(status, committed), 0);
    return status ? shub__fail_at(err, status, (int64_t)i) : SHUB_OK;
}
