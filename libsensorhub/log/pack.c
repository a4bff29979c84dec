/* From segments to one .jl.gz: written beside, synced, then named. */
#include "log/sources.h"

#include "base/error.h"
#include "base/trace.h"
#include "log/gzip.h"

#include <string.h>

static shub_status name_path(shub_log *log, shub__buf *path, const shub__sources *sources,
                             int32_t number, shub_log_state state, shub_error *err)
{
    shub__log_name name = {sources->stream, sources->hour_us, number, state};

    return shub__log_path(path, &log->place, &name, err);
}

static shub_status is_taken(shub_log *log, const shub__sources *sources, int32_t number,
                            int *taken, shub_error *err)
{
    static const shub_log_state states[] = {SHUB_LOG_SEALED, SHUB_LOG_SHIPPED};
    shub_error failure;
    shub__stat stat;

    *taken = 0;
    for (size_t i = 0; i < 2 && !*taken; i++) {
        shub_status status =
            name_path(log, &log->path, sources, number, states[i], &failure);
        if (!status)
            status = shub__file_stat_path(log->path.ptr, &stat, &failure);
        if (status && status != SHUB_E_NOT_FOUND) {
            if (err)
                *err = failure;
            return status;
        }
        *taken = status == SHUB_OK;
    }
    return SHUB_OK;
}

static shub_status free_number(shub_log *log, const shub__sources *sources,
                               int32_t *number, shub_error *err)
{
    int taken = 1;
    shub_status status = SHUB_OK;

    for (; *number <= SHUB_LOG_NUMBER_MAX && !status; ++*number) {
        status = is_taken(log, sources, *number, &taken, err);
        if (!taken)
            return status;
    }
    return status ? status
                  : shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                               "stream %.*s has more than %d sealed files in an hour",
                               SHUB__SHOW(sources->stream), SHUB_LOG_NUMBER_MAX + 1);
}

/* Created by us alone, and locked, so that no recovery takes it for one left by a crash.
 */
static shub_status open_temp(const char *path, int *fd, shub_error *err)
{
    shub__stat stat;
    shub_status status = shub__file_open(path, SHUB__OPEN_CREATE, fd, err);

    if (status)
        return status == SHUB_E_EXISTS ? SHUB_E_BUSY : status;
    status = shub__own(*fd, path, &stat, err);
    if (status) {
        shub__file_close(*fd);
        *fd = SHUB_NONE;
    }
    return status;
}

static shub_status write_members(shub_log *log, const shub__sources *sources, int fd,
                                 shub__gzip_count *count, shub_error *err)
{
    shub__gzip *gzip;
    shub_status status = shub__gzip_new(log->gzip_level, &gzip, err);

    if (status)
        return status;
    for (size_t i = 0; i < sources->count && !status; i++)
        status = shub__gzip_file(gzip, sources->at[i].fd, fd, count, err);
    shub__gzip_free(gzip);
    return status ? status : shub__file_sync(fd, err);
}

/* From `temp` to the first free number. Synced before, so that the sources are .sealing
 * on the disk when the sealed file is: a .jl beside it would be sealed again. */
static shub_status publish(shub_log *log, const shub__sources *sources, int32_t number,
                           const char *temp, shub_error *err)
{
    shub_status status = shub__log_sync_folder(log, sources->hour_us, err);

    while (!status) {
        shub_error failure;
        status = name_path(log, &log->path, sources, number, SHUB_LOG_SEALED, err);
        if (!status)
            status = shub__file_rename_new(temp, log->path.ptr, &failure);
        if (status != SHUB_E_EXISTS) {
            if (status && err)
                *err = failure;
            break;
        }
        number++;
        status = free_number(log, sources, &number, err);
    }
    return status;
}

static void count_up(shub_log_report *report, const shub__gzip_count *count,
                     const char *path)
{
    shub__trace(SHUB_LEVEL_INFO, "log event=sealed path=%s lines=%llu bytes=%llu of=%llu",
                path, (unsigned long long)count->lines,
                (unsigned long long)count->bytes_out,
                (unsigned long long)count->bytes_in);
    report->sealed++;
    report->lines += count->lines;
    report->bytes_in += count->bytes_in;
    report->bytes_out += count->bytes_out;
}

shub_status shub__pack(shub_log *log, const shub__sources *sources,
                       shub_log_report *report, shub_error *err)
{
    shub__gzip_count count = {0, 0, 0};
    int32_t number = sources->at[0].number;
    int fd = SHUB_NONE;
    shub_status status = free_number(log, sources, &number, err);

    if (!status)
        status = name_path(log, &log->other, sources, number, SHUB_LOG_TEMP, err);
    if (!status)
        status = open_temp(log->other.ptr, &fd, err);
    if (status)
        return status;
    status = write_members(log, sources, fd, &count, err);
    if (!status)
        status = publish(log, sources, number, log->other.ptr, err);
    if (status)
        (void)shub__file_unlink(log->other.ptr, NULL);
    else
        count_up(report, &count, log->path.ptr);
    shub__file_unlock(fd);
    shub__file_close(fd);
    return status;
}
