#include "log/files.h"
#include "log/log.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <string.h>

typedef struct retain {
    shub_log *log;
    shub_log_retention limits;
    int64_t now_us;
    int64_t total; /* bytes of every file of the log */
    shub_log_report report;
} retain;

/* What was never shipped, whole or torn, goes only when told so. */
static int may_go(const retain *r, const shub_log_file *file)
{
    switch (file->state) {
    case SHUB_LOG_SHIPPED:
        return 1;
    case SHUB_LOG_SEALED:
    case SHUB_LOG_TORN:
        return r->limits.unshipped_too;
    default:
        return 0;
    }
}

static int must_go(const retain *r, const shub_log_file *file)
{
    int64_t age_us = r->now_us - (file->hour_us + SHUB_HOUR_US);

    return (r->limits.max_age_us && age_us > r->limits.max_age_us) ||
           (r->limits.max_bytes && r->total > r->limits.max_bytes);
}

static shub_status remove_file(retain *r, const shub_log_file *file, shub_error *err)
{
    shub_status status = shub__file_unlink(file->path.ptr, err);

    if (status)
        return status;
    r->total -= file->bytes;
    r->report.removed++;
    r->report.removed_unshipped += file->state != SHUB_LOG_SHIPPED;
    r->report.removed_bytes += (uint64_t)file->bytes;
    return SHUB_OK;
}

static void add_up(retain *r, shub_log_list *list)
{
    shub_log_file file = {.size = sizeof file};

    while (shub_log_list_next(list, &file))
        r->total += file.bytes;
}

static shub_status remove_files(retain *r, shub_log_list *list, shub_error *err)
{
    shub_log_file file = {.size = sizeof file};
    shub_status status = SHUB_OK;

    while (!status && shub_log_list_next(list, &file))
        if (may_go(r, &file) && must_go(r, &file))
            status = remove_file(r, &file, err);
    return status;
}

/* Folders of hours that no record goes to any more, when they are empty. */
static shub_status remove_folders(retain *r, shub_error *err)
{
    int64_t kept_us = 2 * SHUB_HOUR_US + r->log->late_us + r->log->grace_us;
    shub__log_hours hours;
    shub_status status = shub__log_hours_read(&r->log->place, &hours, err);

    for (size_t i = 0; i < hours.count && !status; i++) {
        if (hours.at[i] > r->now_us - kept_us)
            break;
        status = shub__log_folder(&r->log->path, &r->log->place, hours.at[i], err);
        if (!status)
            status = shub__file_remove_folder(r->log->path.ptr, err);
    }
    shub__free(hours.at);
    return status;
}

shub_status shub_log_retain(shub_log *log, const shub_log_retention *retention,
                            shub_log_report *report, shub_error *err)
{
    retain r = {log, *retention, shub__clock_now(&log->clock), 0, SHUB_LOG_REPORT_INIT};
    shub_log_list *list;
    shub_status status = shub__fork_check(log->fork_generation, err);

    if (status)
        return status;
    if (retention->size < sizeof *retention || retention->max_age_us < 0 ||
        retention->max_bytes < 0)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "retention of %zu bytes with max_age_us %lld, max_bytes %lld",
                          retention->size, (long long)retention->max_age_us,
                          (long long)retention->max_bytes);
    status = shub_log_list_open(log->place.root, log->place.prefix.ptr, &list, err);
    if (status)
        return status;
    add_up(&r, list);
    shub__log_list_rewind(list);
    status = remove_files(&r, list, err);
    shub_log_list_close(list);
    if (!status)
        status = remove_folders(&r, err);
    shub__report_out(&r.report, report);
    return status;
}
