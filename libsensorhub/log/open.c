#include "log/log.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <string.h>

#define BUFFER_BYTES   ((size_t)65536)
#define BUFFER_MAX     ((size_t)64 << 20)
#define MAX_FILES      ((size_t)64)
#define FILES_MAX      ((size_t)1 << 16)
#define INTERVAL_US    (1000 * (int64_t)1000)
#define INTERVAL_MAX   ((int64_t)3600 * 1000) /* ms */
#define MIN_FREE_BYTES ((int64_t)16 << 20)
#define GRACE_US       (60 * SHUB_SECOND_US)
#define SPAN_MAX_US    ((int64_t)10 * 366 * 24 * SHUB_HOUR_US)

shub_status shub__first(shub_status first, shub_status next)
{
    return first ? first : next;
}

static shub_status bad(shub_error *err, const char *what, int64_t value, int64_t max)
{
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s %lld is not within 0 to %lld",
                      what, (long long)value, (long long)max);
}

static shub_status check_prefix(shub_slice prefix, shub_error *err)
{
    if (shub_name_valid(prefix))
        return SHUB_OK;
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                      "prefix \"%.*s\" is not [A-Za-z0-9._-]{1,64} without a leading dot",
                      SHUB__SHOW(prefix));
}

static shub_status check(const shub_log_options *o, shub_error *err)
{
    if (o->size < sizeof *o)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "options of %zu bytes",
                          o->size);
    if (o->durability < 0 || o->durability > SHUB_DURABILITY_NONE)
        return bad(err, "durability", o->durability, SHUB_DURABILITY_NONE);
    if (o->interval_ms < 0 || o->interval_ms > INTERVAL_MAX)
        return bad(err, "interval_ms", o->interval_ms, INTERVAL_MAX);
    if (o->buffer_bytes > BUFFER_MAX)
        return bad(err, "buffer_bytes", (int64_t)o->buffer_bytes, (int64_t)BUFFER_MAX);
    if (o->max_files > FILES_MAX)
        return bad(err, "max_files", (int64_t)o->max_files, (int64_t)FILES_MAX);
    if (o->max_file_bytes < 0)
        return bad(err, "max_file_bytes", o->max_file_bytes, INT64_MAX);
    if (o->min_free_bytes < SHUB_NONE)
        return bad(err, "min_free_bytes", o->min_free_bytes, INT64_MAX);
    if (o->late_us < SHUB_NONE || o->late_us > SPAN_MAX_US)
        return bad(err, "late_us", o->late_us, SPAN_MAX_US);
    if (o->grace_us < 0 || o->grace_us > SPAN_MAX_US)
        return bad(err, "grace_us", o->grace_us, SPAN_MAX_US);
    if (o->gzip_level < 0 || o->gzip_level > 9)
        return bad(err, "gzip_level", o->gzip_level, 9);
    return SHUB_OK;
}

static void take_options(shub_log *log, const shub_log_options *o)
{
    log->durability = (shub_durability)o->durability;
    log->by_call = o->unbuffered || o->durability == SHUB_DURABILITY_EVERY;
    log->interval_us = o->interval_ms ? o->interval_ms * 1000 : INTERVAL_US;
    log->buffer_bytes = o->buffer_bytes ? o->buffer_bytes : BUFFER_BYTES;
    log->max_files = o->max_files ? o->max_files : MAX_FILES;
    log->max_file_bytes = o->max_file_bytes;
    log->min_free_bytes = o->min_free_bytes ? o->min_free_bytes : MIN_FREE_BYTES;
    log->late_us = o->late_us == SHUB_NONE ? 0 : o->late_us ? o->late_us : SHUB_HOUR_US;
    log->grace_us = o->grace_us ? o->grace_us : GRACE_US;
    log->gzip_level = o->gzip_level;
    log->clock = o->clock;
    log->synced_us = shub__clock_now(&log->clock);
    log->named_hour_us = SHUB__LOG_NO_HOUR;
    log->fork_generation = shub__fork_generation();
}

static shub_status take_memory(shub_log *log, shub_slice root, shub_slice prefix,
                               shub_error *err)
{
    log->place.root = shub_bytes(shub__strndup(root.ptr, root.len), root.len);
    log->place.prefix = shub_bytes(shub__strndup(prefix.ptr, prefix.len), prefix.len);
    for (log->bucket_count = 16; log->bucket_count < log->max_files;)
        log->bucket_count *= 2;
    log->buckets = shub__calloc(log->bucket_count, sizeof(shub__segment *));
    if (!log->place.root.ptr || !log->place.prefix.ptr || !log->buckets)
        return shub__fail_nomem(err);
    return SHUB_OK;
}

static void free_log(shub_log *log)
{
    shub__free((char *)log->place.root.ptr);
    shub__free((char *)log->place.prefix.ptr);
    shub__free(log->buckets);
    shub__buf_fini(&log->path);
    shub__buf_fini(&log->other);
    shub__buf_fini(&log->tail);
    shub__free(log);
}

shub_status shub_log_open(shub_slice root, const shub_log_options *opts, shub_log **log,
                          shub_error *err)
{
    static const shub_log_options defaults = SHUB_LOG_OPTIONS_INIT;
    shub_slice prefix = SHUB_LIT("sensorhub");
    shub_log *made;
    shub_status status;

    *log = NULL;
    opts = opts ? opts : &defaults;
    status = check(opts, err);
    if (!status && opts->prefix) {
        prefix = shub_str(opts->prefix);
        status = check_prefix(prefix, err);
    }
    if (status)
        return status;
    if (root.len == 0 || root.len > SHUB__PATH_MAX || memchr(root.ptr, '\0', root.len))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "root \"%.*s\" is no path",
                          SHUB__SHOW(root));
    made = shub__calloc(1, sizeof *made);
    if (!made)
        return shub__fail_nomem(err);
    shub__buf_init(&made->path, SHUB__PATH_MAX);
    shub__buf_init(&made->other, SHUB__PATH_MAX);
    take_options(made, opts);
    status = take_memory(made, root, prefix, err);
    if (!status)
        status = shub__file_make_folders(made->place.root.ptr, err);
    if (!status) /* one that died may have made it and not come so far */
        status = shub__file_sync_parent(made->place.root.ptr, err);
    if (status) {
        free_log(made);
        return status;
    }
    *log = made;
    return SHUB_OK;
}

void shub_log_close(shub_log *log)
{
    int forked;

    if (!log)
        return;
    forked = shub__fork_check(log->fork_generation, NULL) != SHUB_OK;
    while (log->newest) {
        shub__segment *segment = log->newest;
        if (!forked)
            (void)shub__segment_flush(log, segment, NULL);
        log->newest = segment->older;
        shub__segment_free(log, segment);
    }
    free_log(log);
}

void shub_log_get_stats(const shub_log *log, shub_log_stats *stats)
{
    size_t size = stats->size < sizeof *stats ? stats->size : sizeof *stats;

    memset(stats, 0, size);
    memcpy((char *)stats + sizeof stats->size,
           (const char *)&log->stats + sizeof stats->size, size - sizeof stats->size);
    stats->size = size;
}
