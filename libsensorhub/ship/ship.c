/* The order of steps that lets a shipper die anywhere: the plan is written down before
 * anything appears at the destination; the object is durable and compared before it
 * counts as confirmed; the file goes last. A run that finds a file here therefore asks
 * the destination first, and finds there what an earlier run put. */
#include "ship/internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
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
    const shub_log_file *file;
    shub__digest digest;
    shub__buf key;
    int64_t planned_us;
    int found;      /* was there before */
    int renumbered; /* the template's own key was taken */
} cargo;

static shub_status note(const cargo *c, int64_t confirmed_us, shub_error *err)
{
    shub__journal_row row;

    memset(&row, 0, sizeof row);
    row.path = shub__ship_path(c->ship, c->file);
    row.stream = c->file->stream;
    row.key = shub__buf_view(&c->key);
    row.hour_us = c->file->hour_us;
    row.planned_us = c->planned_us;
    row.confirmed_us = confirmed_us;
    row.digest = c->digest;
    return shub__journal_note(c->ship->journal, &row, err);
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
    shub_status status = note(c, 0, err);

    if (status == SHUB_OK)
        status = dest->calls->put(dest, c->file->path.ptr, &c->digest, c->key.ptr, err);
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
    shub__key_parts parts = {shub_str(ship->prefix), c->file->stream,
                             shub_str(ship->host), c->file->name, c->file->hour_us};

    parts.name.len -= sizeof SEALED - 1;
    return shub__key_write(shub_str(ship->key), &parts, number, &c->key, err);
}

/* Brings the file to the key an earlier run planned, or to the first of the template's
 * keys that is free or holds it already. */
static shub_status deliver(cargo *c, shub_error *err)
{
    int done = 0;
    shub_status status = shub__journal_find(
        c->ship->journal, shub__ship_path(c->ship, c->file), &c->digest, &c->key, err);

    if (status == SHUB_OK && c->key.len > 0)
        status = try_key(c, &done, err);
    for (unsigned number = 0; status == SHUB_OK && !done; number++) {
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

static shub_status ship_cargo(cargo *c, shub_error *err)
{
    shub_ship *ship = c->ship;
    shub_status status = shub__digest_file(c->file->path.ptr, 1, &c->digest, err);

    c->planned_us = shub__clock_now(&ship->clock);
    if (status == SHUB_OK)
        status = deliver(c, err);
    if (status == SHUB_OK)
        status = note(c, shub__clock_now(&ship->clock), err);
    if (status != SHUB_OK)
        return status;
    /* Neither is synced: should the file come back, its object is found. */
    return ship->keep ? keep_aside(c->file, err) : remove_here(c->file, err);
}

static void count(const cargo *c, shub_status status, shub_ship_report *report,
                  const shub_error *err)
{
    if (status != SHUB_OK) {
        report->failed++;
        report->waiting++;
        shub__trace(SHUB_LEVEL_ERROR,
                    "event=ship_failed path=%s status=%s message=\"%s\"",
                    c->file->path.ptr, shub_status_name(status), err->message);
        return;
    }
    report->files++;
    report->bytes += (uint64_t)c->digest.bytes;
    report->found += (uint64_t)c->found;
    report->renumbered += (uint64_t)c->renumbered;
    shub__trace(SHUB_LEVEL_INFO, "event=shipped path=%s key=%s bytes=%lld found=%d",
                c->file->path.ptr, c->key.ptr, (long long)c->digest.bytes, c->found);
}

static shub_status ship_file(shub_ship *ship, const shub_log_file *file,
                             shub_ship_report *report, shub_error *err)
{
    cargo c;
    shub_status status;

    memset(&c, 0, sizeof c);
    c.ship = ship;
    c.file = file;
    shub__buf_init(&c.key, SHUB_SHIP_KEY_MAX);
    status = ship_cargo(&c, err);
    count(&c, status, report, err);
    shub__buf_fini(&c.key);
    return status;
}

/* The first failure is the run's; the others go on, unless there is no memory to do so.
 */
static shub_status ship_all(shub_ship *ship, shub_ship_report *report, shub_error *err)
{
    shub_log_list *list;
    shub_log_file file;
    shub_status first =
        shub_log_list_open(shub_str(ship->root), ship->prefix, &list, err);

    if (first != SHUB_OK)
        return first;
    file.size = sizeof file;
    while (shub_log_list_next(list, &file)) {
        shub_error here = SHUB_ERROR_INIT;
        shub_status status;
        if (file.state != SHUB_LOG_SEALED)
            continue;
        if (first == SHUB_E_NOMEM) {
            report->waiting++;
            continue;
        }
        status = ship_file(ship, &file, report, &here);
        if (first == SHUB_OK && status != SHUB_OK) {
            first = status;
            if (err)
                *err = here;
        }
    }
    shub_log_list_close(list);
    return first;
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
