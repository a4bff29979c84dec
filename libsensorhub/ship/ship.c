/* A run: one at a time, every sealed file, group by group. */
#include "ship/cargo.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/trace.h"

#define LOCK_NAME ".ship.lock"

static void count_waiting(const shub_log_file *file, shub_ship_report *report)
{
    report->waiting++;
    report->waiting_bytes += (uint64_t)file->bytes;
    if (!report->oldest_us || file->hour_us < report->oldest_us)
        report->oldest_us = file->hour_us;
}

static void count(const shub__cargo *c, shub_ship_report *report)
{
    if (c->status != SHUB_OK) {
        report->failed++;
        count_waiting(&c->file, report);
        shub__trace(SHUB_LEVEL_ERROR,
                    "event=ship_failed path=%s status=%s message=\"%s\"",
                    c->file.path.ptr, shub_status_name(c->status), c->err.message);
        return;
    }
    report->files++;
    report->bytes += (uint64_t)c->digest.bytes;
    report->found += (uint64_t)c->found;
    report->renumbered += (uint64_t)c->renumbered;
    shub__trace(SHUB_LEVEL_INFO, "event=shipped path=%s key=%s bytes=%lld found=%d",
                c->file.path.ptr, c->key.ptr, (long long)c->digest.bytes, c->found);
}

/* Ships what was gathered and empties the group; `first` is the run's first failure. */
static void ship_group(shub__group *g, shub_ship_report *report, shub_status *first,
                       shub_error *err)
{
    if (g->count == 0)
        return;
    shub__group_ship(g);
    for (const shub__cargo *c = g->cargos; c < g->cargos + g->count; c++) {
        count(c, report);
        if (*first == SHUB_OK && c->status != SHUB_OK) {
            *first = c->status;
            *err = c->err;
        }
    }
    shub__group_clear(g);
}

/* The first failure is the run's; the others go on, unless there is no memory to do so,
 * or no way to the destination. */
static shub_status ship_list(shub_ship *ship, shub_log_list *list, shub__group *g,
                             shub_ship_report *report, shub_error *err)
{
    shub_status first = SHUB_OK;
    shub_log_file file;

    file.size = sizeof file;
    while (shub_log_list_next(list, &file)) {
        if (file.state != SHUB_LOG_SEALED)
            continue;
        if (first == SHUB_E_NOMEM || shub__ship_is_away(first)) {
            count_waiting(&file, report);
            continue;
        }
        shub__group_add(g, ship, &file);
        if (g->count == SHUB__GROUP_MAX || g->bytes >= SHUB__GROUP_BYTES)
            ship_group(g, report, &first, err);
    }
    ship_group(g, report, &first, err);
    return first;
}

static shub_status ship_all(shub_ship *ship, shub_ship_report *report, shub_error *err)
{
    shub__group *g = shub__calloc(1, sizeof *g);
    shub_log_list *list = NULL;
    shub_status status = SHUB_E_NOMEM;

    if (g)
        status = shub_log_list_open(shub_str(ship->root), ship->prefix, &list, err);
    else
        (void)shub__fail_nomem(err);
    if (status == SHUB_OK)
        status = ship_list(ship, list, g, report, err);
    shub_log_list_close(list);
    shub__free(g);
    return status;
}

static shub_status open_lock(const shub_ship *ship, int *fd, shub_error *err)
{
    shub__buf path;
    shub_status status;

    *fd = SHUB_NONE;
    shub__buf_init(&path, SHUB__DEST_PATH_MAX);
    shub__buf_printf(&path, "%s/" LOCK_NAME, ship->root);
    status = shub__buf_check(&path, "path", err);
    if (status == SHUB_OK)
        status = shub__file_open(path.ptr, SHUB__OPEN_APPEND, fd, err);
    if (status == SHUB_OK)
        status = shub__file_lock(*fd, err);
    if (status == SHUB_E_BUSY)
        status = shub__fail(err, SHUB_E_BUSY, SHUB_NONE, "%s: another shipper is at work",
                            ship->root);
    shub__buf_fini(&path);
    return status;
}

static shub_status run_locked(shub_ship *ship, shub_ship_report *report, shub_error *err)
{
    int fd;
    shub_status status = open_lock(ship, &fd, err);

    if (status == SHUB_OK) {
        status = ship->dest->calls->clean(ship->dest, err);
        if (status == SHUB_OK)
            status = ship_all(ship, report, err);
        shub__file_unlock(fd);
    }
    shub__file_close(fd);
    return status;
}

shub_status shub_ship_run(shub_ship *ship, shub_ship_report *report, shub_error *err)
{
    shub_ship_report full = SHUB_SHIP_REPORT_INIT;
    shub_error here = SHUB_ERROR_INIT; /* success leaves err as it was */
    shub_status status = shub__fork_check(ship->generation, &here);

    if (status == SHUB_OK)
        status = run_locked(ship, &full, &here);
    if (status != SHUB_OK && err)
        *err = here;
    shub__result_out(report, &full, sizeof full);
    return status;
}
