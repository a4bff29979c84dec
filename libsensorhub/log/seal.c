#include "log/sources.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/trace.h"

#include <string.h>

typedef struct walk {
    shub_log *log;
    int64_t now_us;
    int seals; /* or only recovers */
    shub_log_report report;
    shub_status first;
    shub_error *err;
} walk;

/* ---- one stream and hour --------------------------------------------------------- */

static int is_open_here(const shub_log *log, shub_slice stream, int64_t hour_us)
{
    for (const shub__segment *s = log->newest; s; s = s->older)
        if (s->hour_us == hour_us &&
            shub_slice_equal(shub_bytes(s->stream, s->stream_len), stream))
            return 1;
    return 0;
}

static size_t find_open(const shub__log_entry *entries, size_t count, size_t from)
{
    while (from < count && entries[from].state != SHUB_LOG_OPEN)
        from++;
    return from;
}

static int all_due(const walk *w, const shub__sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        if (!shub__log_due(w->log, sources->hour_us, sources->at[i].begun_us, w->now_us))
            return 0;
    return 1;
}

static shub_status seal_taken(walk *w, shub__sources *sources, shub_error *err)
{
    shub_status status = shub__sources_cut(w->log, sources, &w->report.torn, err);

    if (!status)
        status = shub__sources_drop_empty(w->log, sources, err);
    if (status || sources->count == 0)
        return status;
    status = shub__sources_rename(w->log, sources, err);
    if (!status)
        status = shub__pack(w->log, sources, &w->report, err);
    return status ? status : shub__sources_unlink(w->log, sources, err);
}

/* SHUB__SOURCES_MAX at a time. */
static shub_status seal_stream(walk *w, const shub__log_entry *entries, size_t count,
                               shub_error *err)
{
    shub__sources *sources;
    size_t from = find_open(entries, count, 0);
    shub_status status = SHUB_OK;

    if (from == count || !shub__log_due(w->log, entries->hour_us, 0, w->now_us) ||
        is_open_here(w->log, shub_str(entries->stream), entries->hour_us))
        return SHUB_OK;
    sources = shub__malloc(sizeof *sources);
    if (!sources)
        return shub__fail_nomem(err);
    while (from < count && !status) {
        size_t taken;
        status = shub__sources_take(w->log, entries + from, count - from, SHUB_LOG_OPEN,
                                    sources, err);
        taken = sources->count;
        if (!status && all_due(w, sources))
            status = seal_taken(w, sources, err);
        shub__sources_release(sources);
        for (; taken > 0; taken--)
            from = find_open(entries, count, from) + 1;
        from = find_open(entries, count, from);
    }
    shub__free(sources);
    return status;
}

/* Segments with a writer are left to it. */
static shub_status cut_stream(walk *w, const shub__log_entry *entries, size_t count,
                              shub_error *err)
{
    shub__sources *sources = NULL;
    shub_status status = SHUB_OK;

    if (find_open(entries, count, 0) == count)
        return SHUB_OK;
    sources = shub__malloc(sizeof *sources);
    if (!sources)
        return shub__fail_nomem(err);
    for (size_t i = 0; i < count && !status; i++) {
        status = shub__sources_take(w->log, entries + i, 1, SHUB_LOG_OPEN, sources, err);
        if (!status)
            status = shub__sources_cut(w->log, sources, &w->report.torn, err);
        status = status == SHUB_E_BUSY ? SHUB_OK : status;
        shub__sources_release(sources);
    }
    shub__free(sources);
    return status;
}

static void fail(walk *w, shub_status status, const shub_error *failure)
{
    w->report.failed++;
    shub__trace(SHUB_LEVEL_ERROR,
                "log event=seal_failed root=%s status=%s message=\"%s\"",
                w->log->place.root.ptr, shub_status_name(status), failure->message);
}

/* Goes on after a failure: the first is the one to tell. */
static void note(walk *w, shub_status status, const shub_error *failure)
{
    if (status == SHUB_E_BUSY)
        w->report.busy++;
    else if (status)
        fail(w, status, failure);
    if (!status || status == SHUB_E_BUSY || w->first)
        return;
    w->first = status;
    if (w->err)
        *w->err = *failure;
}

static void do_stream(walk *w, const shub__log_entry *entries, size_t count)
{
    shub_error failure = SHUB_ERROR_INIT;
    shub_status status =
        shub__recover_stream(w->log, entries, count, &w->report, &failure);

    if (!status)
        status = w->seals ? seal_stream(w, entries, count, &failure)
                          : cut_stream(w, entries, count, &failure);
    note(w, status, &failure);
}

/* ---- all of them ----------------------------------------------------------------- */

static void do_hour(walk *w, int64_t hour_us)
{
    shub_error failure = SHUB_ERROR_INIT;
    shub__log_entries entries;
    shub_status status =
        shub__log_files_read(&w->log->place, hour_us, &entries, &failure);

    note(w, status, &failure);
    for (size_t i = 0; i < entries.count;) {
        size_t count = shub__log_stream_length(&entries, i);
        do_stream(w, entries.at + i, count);
        i += count;
    }
    shub__free(entries.at);
}

static void do_hours(walk *w)
{
    shub_error failure = SHUB_ERROR_INIT;
    shub__log_hours hours;
    shub_status status = shub__log_hours_read(&w->log->place, &hours, &failure);

    note(w, status, &failure);
    for (size_t i = 0; i < hours.count; i++)
        do_hour(w, hours.at[i]);
    shub__free(hours.at);
}

void shub__report_out(const shub_log_report *from, shub_log_report *to)
{
    size_t head = sizeof to->size;

    if (to)
        memcpy((char *)to + head, (const char *)from + head,
               (to->size < sizeof *to ? to->size : sizeof *to) - head);
}

static shub_status run(shub_log *log, int seals, shub_log_report *report, shub_error *err)
{
    shub_error failure = SHUB_ERROR_INIT;
    walk w = {log, 0, seals, SHUB_LOG_REPORT_INIT, SHUB_OK, err};
    shub_status status = shub__fork_check(log->fork_generation, err);

    if (status)
        return status;
    w.now_us = shub__clock_now(&log->clock);
    if (seals)
        note(&w, shub__log_close_due(log, w.now_us, &failure), &failure);
    do_hours(&w);
    shub__report_out(&w.report, report);
    return w.first;
}

shub_status shub_log_seal(shub_log *log, shub_log_report *report, shub_error *err)
{
    return run(log, 1, report, err);
}

shub_status shub_log_recover(shub_log *log, shub_log_report *report, shub_error *err)
{
    return run(log, 0, report, err);
}
