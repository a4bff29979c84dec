/* The open segments: found by stream and hour, the least recently used closed first. */
#include "log/log.h"

#include "base/error.h"
#include "base/mem.h"

#include <string.h>

static size_t bucket_of(const shub_log *log, shub_slice stream, int64_t hour_us)
{
    uint64_t hash =
        (uint64_t)hour_us ^ 0xcbf29ce484222325u; /* FNV-1a's basis and prime */

    for (size_t i = 0; i < stream.len; i++)
        hash = (hash ^ (unsigned char)stream.ptr[i]) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 32) & (log->bucket_count - 1);
}

static shub_slice stream_of(const shub__segment *segment)
{
    return shub_bytes(segment->stream, segment->stream_len);
}

static int is_it(const shub__segment *segment, shub_slice stream, int64_t hour_us)
{
    return segment->hour_us == hour_us && segment->stream_len == stream.len &&
           memcmp(segment->stream, stream.ptr, stream.len) == 0;
}

static void unlink_by_use(shub_log *log, shub__segment *segment)
{
    *(segment->newer ? &segment->newer->older : &log->newest) = segment->older;
    *(segment->older ? &segment->older->newer : &log->oldest) = segment->newer;
}

static void link_newest(shub_log *log, shub__segment *segment)
{
    segment->newer = NULL;
    segment->older = log->newest;
    *(log->newest ? &log->newest->newer : &log->oldest) = segment;
    log->newest = segment;
}

static void insert(shub_log *log, shub__segment *segment)
{
    size_t i = bucket_of(log, stream_of(segment), segment->hour_us);

    segment->next = log->buckets[i];
    log->buckets[i] = segment;
    link_newest(log, segment);
    log->open_count++;
}

static void drop(shub_log *log, shub__segment *segment)
{
    shub__segment **at =
        &log->buckets[bucket_of(log, stream_of(segment), segment->hour_us)];

    while (*at != segment)
        at = &(*at)->next;
    *at = segment->next;
    unlink_by_use(log, segment);
    log->open_count--;
    shub__segment_free(log, segment);
}

shub_status shub__log_close_segment(shub_log *log, shub__segment *segment,
                                    shub_error *err)
{
    shub_status status = shub__segment_flush(log, segment, err);

    if (!status)
        drop(log, segment);
    return status;
}

/* Those the running call has touched stay: it may have to take them back. */
static shub_status make_room(shub_log *log, shub_error *err)
{
    shub__segment *segment = log->oldest;

    while (log->open_count >= log->max_files && segment) {
        shub__segment *newer = segment->newer;
        shub_status status =
            segment->touched ? SHUB_OK : shub__log_close_segment(log, segment, err);
        if (status)
            return status;
        segment = newer;
    }
    return SHUB_OK;
}

static shub_status open_segment(shub_log *log, shub_slice stream, int64_t hour_us,
                                int32_t from, shub__segment **segment, shub_error *err)
{
    shub_status status = make_room(log, err);

    if (!status)
        status = shub__segment_open(log, stream, hour_us, from, segment, err);
    if (!status)
        insert(log, *segment);
    return status;
}

static shub__segment *find(const shub_log *log, shub_slice stream, int64_t hour_us)
{
    shub__segment *segment = log->buckets[bucket_of(log, stream, hour_us)];

    while (segment && !is_it(segment, stream, hour_us))
        segment = segment->next;
    return segment;
}

static int is_full(const shub_log *log, const shub__segment *segment)
{
    return log->max_file_bytes && !segment->touched &&
           segment->bytes + (int64_t)segment->lines.len >= log->max_file_bytes;
}

static shub_status next_number(shub_log *log, shub__segment *segment,
                               shub__segment **next, shub_error *err)
{
    char name[sizeof segment->stream];
    shub_slice stream = shub_bytes(name, segment->stream_len);
    int64_t hour_us = segment->hour_us;
    int32_t from = segment->number + 1;
    shub_status status;

    memcpy(name, segment->stream, sizeof name);
    status = shub__log_close_segment(log, segment, err);
    return status ? status : open_segment(log, stream, hour_us, from, next, err);
}

shub_status shub__log_segment(shub_log *log, shub_slice stream, int64_t hour_us,
                              shub__segment **segment, shub_error *err)
{
    shub__segment *found = log->newest;

    *segment = NULL;
    if (!found || !is_it(found, stream, hour_us)) {
        if (!shub_name_valid(stream))
            return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                              "stream \"%.*s\" is not [A-Za-z0-9._-]{1,64} without a "
                              "leading dot",
                              SHUB__SHOW(stream));
        found = find(log, stream, hour_us);
        if (!found)
            return open_segment(log, stream, hour_us, 0, segment, err);
        unlink_by_use(log, found);
        link_newest(log, found);
    }
    if (is_full(log, found))
        return next_number(log, found, segment, err);
    *segment = found;
    return SHUB_OK;
}

int shub__log_due(const shub_log *log, int64_t hour_us, int64_t begun_us, int64_t now_us)
{
    int64_t due_us = hour_us + SHUB_HOUR_US + log->grace_us;

    if (begun_us >= due_us && now_us >= begun_us && now_us - begun_us < SHUB_HOUR_US)
        return 0;
    return now_us >= due_us;
}

shub_status shub__log_close_due(shub_log *log, int64_t now_us, shub_error *err)
{
    shub_status first = SHUB_OK;
    shub__segment *segment = log->oldest;

    while (segment) {
        shub__segment *newer = segment->newer;
        if (shub__log_due(log, segment->hour_us, segment->begun_us, now_us))
            first = shub__first(
                first, shub__log_close_segment(log, segment, first ? NULL : err));
        segment = newer;
    }
    return first;
}
