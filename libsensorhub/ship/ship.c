/* The order of steps that lets a shipper die anywhere: the plan is written down before
 * anything appears at the destination; the object is durable and compared before it
 * counts as confirmed; the file goes last. A run that finds a file here therefore asks
 * the destination first, and finds there what an earlier run put. */
#include "ship/internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/trace.h"

#include <string.h>

#define LOCK_NAME  ".ship.lock"
#define SEALED     ".jl.gz"
#define SHIPPED    ".shipped"
#define NUMBER_MAX 9999 /* of objects whose key differs by the number only */

/* One file on its way. */
typedef struct cargo {
    shub_ship *ship;
    shub_log_file file;
    shub__digest digest;
    shub__buf key;
    int64_t planned_us;
    int is_planned; /* the key at hand is in the journal */
    int is_first;   /* it is the template's own */
    int found;      /* was there before */
    int renumbered; /* the template's own key was taken */
    shub_status status;
    shub_error err;
} cargo;

/* Files that are planned, and confirmed, in one commit each: its sync costs as much as
 * sending a small file. Few bytes, so that what was read to plan is in memory when it is
 * sent. */
#define GROUP_MAX   64
#define GROUP_BYTES ((int64_t)64 << 20)

typedef struct group {
    size_t count;
    int64_t bytes;
    cargo cargos[GROUP_MAX];
    shub__journal_row rows[GROUP_MAX];
} group;

static void fill_row(const cargo *c, int64_t confirmed_us, shub__journal_row *row)
{
    memset(row, 0, sizeof *row);
    row->path = shub__ship_path(c->ship, &c->file);
    row->stream = c->file.stream;
    row->key = shub__buf_view(&c->key);
    row->hour_us = c->file.hour_us;
    row->planned_us = c->planned_us;
    row->confirmed_us = confirmed_us;
    row->digest = c->digest;
}

static shub_status note_plan(cargo *c, shub_error *err)
{
    shub__journal_row row;

    if (c->is_planned)
        return SHUB_OK;
    c->is_planned = 1;
    fill_row(c, 0, &row);
    return shub__journal_note(c->ship->journal, &row, 1, err);
}

/* Whether the object at the key is this file's content. Errors: SHUB_E_NOT_FOUND (no
 * object), SHUB_E_INVALID (it is this very file: shipping it would delete it). */
static shub_status compare(const cargo *c, int *same, shub_error *err)
{
    shub__dest *dest = c->ship->dest;
    shub__digest there;
    shub_status status = dest->calls->head(dest, c->key.ptr, &there, err);

    *same = 0;
    if (status != SHUB_OK)
        return status;
    if (there.inode == c->digest.inode && there.device == c->digest.device)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "%s: the destination lies in the log itself", c->key.ptr);
    if (there.bytes == c->digest.bytes && !there.known)
        status = dest->calls->read(dest, c->key.ptr, 0, &there, err);
    *same = status == SHUB_OK && shub__digest_equal(&there, &c->digest);
    return status;
}

/* Puts the file under the key at hand, which was free. */
static shub_status put(cargo *c, shub_error *err)
{
    shub__dest *dest = c->ship->dest;
    int same;
    shub_status status = note_plan(c, err);

    if (status == SHUB_OK)
        status = dest->calls->put(dest, c->file.path.ptr, &c->digest, c->key.ptr, err);
    if (status == SHUB_OK)
        status = compare(c, &same, err);
    if (status == SHUB_OK && !same)
        status = shub__fail(err, SHUB_E_CORRUPT, SHUB_NONE,
                            "%s: the object there is not what was sent", c->key.ptr);
    return status;
}

/* Looks at the key at hand: `done` when this content is there, which is then made
 * durable. */
static shub_status look(cargo *c, int *done, shub_error *err)
{
    shub__dest *dest = c->ship->dest;
    shub_status status = compare(c, done, err);

    if (status != SHUB_OK || !*done)
        return status;
    c->found = 1;
    return dest->calls->settle(dest, c->key.ptr, err);
}

/* Tries the key at hand: `done` when the object is there now. Not done and no error: the
 * key is taken by other content. */
static shub_status try_key(cargo *c, int *done, shub_error *err)
{
    shub_status status = look(c, done, err);

    if (status != SHUB_E_NOT_FOUND)
        return status;
    status = put(c, err);
    *done = status == SHUB_OK;
    if (status != SHUB_E_EXISTS)
        return status;
    /* Taken since the look, or by what cannot be looked at (a dangling link). */
    status = look(c, done, err);
    return status == SHUB_E_NOT_FOUND ? SHUB_OK : status;
}

static shub_status write_key(cargo *c, unsigned number, shub_error *err)
{
    shub_ship *ship = c->ship;
    shub__key_parts parts = {shub_str(ship->prefix), c->file.stream, shub_str(ship->host),
                             c->file.name, c->file.hour_us};

    c->is_planned = 0;
    c->is_first = number == 0;
    parts.name.len -= sizeof SEALED - 1;
    return shub__key_write(shub_str(ship->key), &parts, number, &c->key, err);
}

/* Chooses the key to try first: the one an earlier run planned, else the template's. */
static shub_status choose_key(cargo *c, shub_error *err)
{
    shub_status status = shub__journal_find(
        c->ship->journal, shub__ship_path(c->ship, &c->file), &c->digest, &c->key, err);

    return status == SHUB_OK && c->key.len == 0 ? write_key(c, 0, err) : status;
}

/* Brings the file to the key chosen, or to the first of the template's keys that is free
 * or holds it already. */
static shub_status deliver(cargo *c, shub_error *err)
{
    unsigned number = (unsigned)c->is_first;
    int done;
    shub_status status = try_key(c, &done, err);

    for (; status == SHUB_OK && !done; number++) {
        if (number > NUMBER_MAX)
            return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "%s: %d keys are taken",
                              c->key.ptr, NUMBER_MAX + 1);
        status = write_key(c, number, err);
        if (status == SHUB_OK)
            status = try_key(c, &done, err);
        c->renumbered = number > 0;
    }
    return status;
}

/* Under ".shipped"; an earlier file of this name may be there, of other content. */
static shub_status keep_aside(const shub_log_file *file, shub_error *err)
{
    shub__buf to;
    shub_status status = SHUB_E_EXISTS;

    shub__buf_init(&to, SHUB__DEST_PATH_MAX);
    for (unsigned number = 0; status == SHUB_E_EXISTS && number <= NUMBER_MAX; number++) {
        shub__buf_clear(&to);
        shub__buf_add(&to, file->path.ptr, file->path.len - (sizeof SEALED - 1));
        if (number > 0)
            shub__buf_printf(&to, ".%u", number);
        shub__buf_text(&to, SEALED SHIPPED);
        status = shub__buf_check(&to, "path", err);
        if (status == SHUB_OK)
            status = shub__file_rename_new(file->path.ptr, to.ptr, err);
    }
    shub__buf_fini(&to);
    return status;
}

/* The folder of the hour goes with its last file. */
static shub_status remove_here(const shub_log_file *file, shub_error *err)
{
    shub__buf folder;
    shub_status status = shub__file_unlink(file->path.ptr, err);

    if (status != SHUB_OK)
        return status;
    shub__buf_init(&folder, SHUB__DEST_PATH_MAX);
    shub__buf_add(&folder, file->path.ptr, file->path.len - file->name.len - 1);
    status = shub__buf_check(&folder, "path", err);
    if (status == SHUB_OK)
        status = shub__file_remove_folder(folder.ptr, err);
    shub__buf_fini(&folder);
    return status;
}

/* Reads the file and chooses its key. */
static shub_status prepare(cargo *c, shub_error *err)
{
    shub_status status = shub__digest_file(c->file.path.ptr, 1, &c->digest, err);

    c->planned_us = shub__clock_now(&c->ship->clock);
    return status == SHUB_OK ? choose_key(c, err) : status;
}

/* Not synced: should the file come back, its object is found. */
static shub_status leave(cargo *c, shub_error *err)
{
    return c->ship->keep ? keep_aside(&c->file, err) : remove_here(&c->file, err);
}

typedef shub_status step_fn(cargo *c, shub_error *err);

/* Takes a step with each file that has not failed. */
static void step(group *g, step_fn *fn)
{
    for (cargo *c = g->cargos; c < g->cargos + g->count; c++)
        if (c->status == SHUB_OK)
            c->status = fn(c, &c->err);
}

/* Writes down every file that has not failed, planned or confirmed: all or none. */
static void note_group(group *g, int confirmed)
{
    shub_ship *ship = g->cargos[0].ship;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t rows = 0;

    for (cargo *c = g->cargos; c < g->cargos + g->count; c++)
        if (c->status == SHUB_OK)
            fill_row(c, confirmed ? shub__clock_now(&ship->clock) : 0, &g->rows[rows++]);
    status = rows ? shub__journal_note(ship->journal, g->rows, rows, &err) : SHUB_OK;
    for (cargo *c = g->cargos; c < g->cargos + g->count; c++) {
        if (c->status != SHUB_OK)
            continue;
        c->is_planned = status == SHUB_OK;
        c->status = status;
        c->err = err;
    }
}

static void count(const cargo *c, shub_ship_report *report)
{
    if (c->status != SHUB_OK) {
        report->failed++;
        report->waiting++;
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
static void ship_group(group *g, shub_ship_report *report, shub_status *first,
                       shub_error *err)
{
    if (g->count == 0)
        return;
    step(g, prepare);
    note_group(g, 0);
    step(g, deliver);
    note_group(g, 1);
    step(g, leave);
    for (cargo *c = g->cargos; c < g->cargos + g->count; c++) {
        count(c, report);
        if (*first == SHUB_OK && c->status != SHUB_OK) {
            *first = c->status;
            *err = c->err;
        }
        shub__buf_fini(&c->key);
    }
    g->count = 0;
    g->bytes = 0;
}

static void gather(group *g, shub_ship *ship, const shub_log_file *file)
{
    static const shub_error no_error = SHUB_ERROR_INIT;
    cargo *c = &g->cargos[g->count++];

    memset(c, 0, sizeof *c);
    c->ship = ship;
    c->file = *file;
    c->err = no_error;
    shub__buf_init(&c->key, SHUB_SHIP_KEY_MAX);
    g->bytes += file->bytes;
}

/* The first failure is the run's; the others go on, unless there is no memory to do so.
 */
static shub_status ship_list(shub_ship *ship, shub_log_list *list, group *g,
                             shub_ship_report *report, shub_error *err)
{
    shub_status first = SHUB_OK;
    shub_log_file file;

    file.size = sizeof file;
    while (shub_log_list_next(list, &file)) {
        if (file.state != SHUB_LOG_SEALED)
            continue;
        if (first == SHUB_E_NOMEM) {
            report->waiting++;
            continue;
        }
        gather(g, ship, &file);
        if (g->count == GROUP_MAX || g->bytes >= GROUP_BYTES)
            ship_group(g, report, &first, err);
    }
    ship_group(g, report, &first, err);
    return first;
}

static shub_status ship_all(shub_ship *ship, shub_ship_report *report, shub_error *err)
{
    group *g = shub__calloc(1, sizeof *g);
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
