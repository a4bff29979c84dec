#include "log/log.h"

#include "base/clock.h"
#include "base/error.h"

static shub_status flush_all(shub_log *log, shub_error *err)
{
    shub_status first = SHUB_OK;

    for (shub__segment *s = log->newest; s; s = s->older)
        first = shub__first(first, shub__segment_flush(log, s, first ? NULL : err));
    return first;
}

shub_status shub_log_flush(shub_log *log, shub_error *err)
{
    shub_status status = shub__fork_check(log->fork_generation, err);

    return status ? status : flush_all(log, err);
}

static int interval_passed(const shub_log *log, int64_t now_us)
{
    return log->durability == SHUB_DURABILITY_INTERVAL &&
           (now_us - log->synced_us >= log->interval_us || now_us < log->synced_us);
}

shub_status shub_log_tick(shub_log *log, shub_error *err)
{
    int64_t now_us = shub__clock_now(&log->clock);
    shub_status status = shub__fork_check(log->fork_generation, err);

    if (status)
        return status;
    if (interval_passed(log, now_us)) {
        status = flush_all(log, err);
        if (!status)
            log->synced_us = now_us;
    }
    return shub__first(status, shub__log_close_due(log, now_us, status ? NULL : err));
}
