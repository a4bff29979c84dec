/* The order of steps that lets a shipper die anywhere: the plan is written down before
 * anything appears at the destination; the object is durable and compared before it
 * counts as confirmed; the file goes last. A run that finds a file here therefore asks
 * the destination first, and finds there what an earlier run put. */
#include "ship/cargo.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"

#include <string.h>

#define SEALED     ".jl.gz"
#define SHIPPED    ".shipped"
#define NUMBER_MAX 9999 /* of objects whose key differs by the number only */

/* ---- journal -------------------------------------------------------------------- */

static void fill_row(const shub__cargo *c, int64_t confirmed_us, shub__journal_row *row)
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

static shub_status note_plan(shub__cargo *c, shub_error *err)
{
    shub__journal_row row;

    if (c->is_planned)
        return SHUB_OK;
    c->is_planned = 1;
    fill_row(c, 0, &row);
    return shub__journal_note(c->ship->journal, &row, 1, err);
}

/* Writes down every file that has not failed, planned or confirmed: all or none. */
static void note_group(shub__group *g, int confirmed)
{
    shub_ship *ship = g->cargos[0].ship;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t rows = 0;

    for (shub__cargo *c = g->cargos; c < g->cargos + g->count; c++)
        if (c->status == SHUB_OK)
            fill_row(c, confirmed ? shub__clock_now(&ship->clock) : 0, &g->rows[rows++]);
    status = rows ? shub__journal_note(ship->journal, g->rows, rows, &err) : SHUB_OK;
    for (shub__cargo *c = g->cargos; c < g->cargos + g->count; c++) {
        if (c->status != SHUB_OK)
            continue;
        c->is_planned = status == SHUB_OK;
        c->status = status;
        c->err = err;
    }
}

/* ---- keys ----------------------------------------------------------------------- */

static shub_status write_key(shub__cargo *c, unsigned number, shub_error *err)
{
    shub_ship *ship = c->ship;
    shub__key_parts parts = {shub_str(ship->prefix), c->file.stream, shub_str(ship->host),
                             c->file.name, c->file.hour_us};

    c->is_planned = 0;
    c->next_number = number + 1;
    c->renumbered = number > 0;
    parts.name.len -= sizeof SEALED - 1;
    return shub__key_write(shub_str(ship->key), &parts, number, &c->key, err);
}

/* Reads the file, and chooses the key to try first: the one an earlier run planned, else
 * the template's. */
static shub_status prepare(shub__cargo *c, shub_error *err)
{
    shub_status status = shub__digest_file(c->file.path.ptr, 1, &c->digest, err);

    c->planned_us = shub__clock_now(&c->ship->clock);
    if (status == SHUB_OK)
        status = shub__journal_find(c->ship->journal, shub__ship_path(c->ship, &c->file),
                                    &c->digest, &c->key, err);
    return status == SHUB_OK && c->key.len == 0 ? write_key(c, 0, err) : status;
}

static shub_status next_key(shub__cargo *c, shub_error *err)
{
    if (c->next_number > NUMBER_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "%s: %d keys are taken",
                          c->key.ptr, NUMBER_MAX + 1);
    return write_key(c, c->next_number, err);
}

/* ---- at the destination --------------------------------------------------------- */

/* Whether the object at the key is this file's content. Errors: SHUB_E_NOT_FOUND (no
 * object), SHUB_E_INVALID (it is this very file: shipping it would delete it). */
static shub_status compare(const shub__cargo *c, int *same, shub_error *err)
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

/* Looks at the key at hand: `is_there` when this content is, which is then made durable.
 */
static shub_status look(shub__cargo *c, shub_error *err)
{
    shub__dest *dest = c->ship->dest;
    shub_status status = compare(c, &c->is_there, err);

    if (status != SHUB_OK || !c->is_there)
        return status;
    c->found = 1;
    return dest->calls->settle(dest, c->key.ptr, err);
}

/* Looks for the first key that is free, or holds this content already. */
static shub_status find_key(shub__cargo *c, shub_error *err)
{
    shub_status status = look(c, err);

    while (status == SHUB_OK && !c->is_there) {
        status = next_key(c, err);
        if (status == SHUB_OK)
            status = look(c, err);
    }
    return status == SHUB_E_NOT_FOUND ? SHUB_OK : status;
}

static shub_status confirm(shub__cargo *c, shub_error *err)
{
    shub_status status = compare(c, &c->is_there, err);

    if (status == SHUB_OK && !c->is_there)
        status = shub__fail(err, SHUB_E_CORRUPT, SHUB_NONE,
                            "%s: the object there is not what was sent", c->key.ptr);
    return status;
}

/* The key was taken since the look, or by what cannot be looked at (a dangling link). */
static shub_status look_again(shub__cargo *c, shub_error *err)
{
    shub_status status = look(c, err);

    if (status != SHUB_OK && status != SHUB_E_NOT_FOUND)
        return status;
    if (c->is_there)
        return SHUB_OK;
    status = next_key(c, err);
    return status == SHUB_OK ? find_key(c, err) : status;
}

static size_t collect_puts(shub__group *g)
{
    size_t count = 0;

    for (shub__cargo *c = g->cargos; c < g->cargos + g->count; c++) {
        shub__dest_put *put = &g->puts[count];

        if (c->status == SHUB_OK && !c->is_there)
            c->status = note_plan(c, &c->err);
        if (c->status != SHUB_OK || c->is_there)
            continue;
        put->path = c->file.path.ptr;
        put->digest = &c->digest;
        put->key = c->key.ptr;
        put->err = &c->err;
        g->putting[count++] = c;
    }
    return count;
}

/* Puts every file whose key is free. Returns 0 when there is none left. */
static int put_round(shub__group *g)
{
    shub__dest *dest = g->cargos[0].ship->dest;
    size_t count = collect_puts(g);

    if (!count)
        return 0;
    dest->calls->put(dest, g->puts, count);
    for (size_t i = 0; i < count; i++) {
        shub__cargo *c = g->putting[i];

        c->status = g->puts[i].status;
        if (c->status == SHUB_OK)
            c->status = confirm(c, &c->err);
        else if (c->status == SHUB_E_EXISTS)
            c->status = look_again(c, &c->err);
    }
    return 1;
}

/* ---- here ----------------------------------------------------------------------- */

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

/* Not synced: should the file come back, its object is found. */
static shub_status leave(shub__cargo *c, shub_error *err)
{
    return c->ship->keep ? keep_aside(&c->file, err) : remove_here(&c->file, err);
}

/* ---- a group -------------------------------------------------------------------- */

typedef shub_status step_fn(shub__cargo *c, shub_error *err);

/* Takes a step with each file that has not failed. Where the destination is away, the
 * others would only learn the same, one after the other. */
static void step(shub__group *g, step_fn *fn)
{
    const shub__cargo *away = NULL;

    for (shub__cargo *c = g->cargos; c < g->cargos + g->count; c++) {
        if (c->status != SHUB_OK)
            continue;
        if (away)
            c->err = away->err;
        c->status = away ? away->status : fn(c, &c->err);
        if (shub__ship_is_away(c->status))
            away = c;
    }
}

int shub__ship_is_away(shub_status status)
{
    return shub_status_class(status) == SHUB_CLASS_NETWORK || status == SHUB_E_AUTH ||
           status == SHUB_E_SIGNATURE || status == SHUB_E_EXPIRED ||
           status == SHUB_E_SKEWED || status == SHUB_E_OVERLOADED;
}

void shub__group_add(shub__group *g, shub_ship *ship, const shub_log_file *file)
{
    static const shub_error no_error = SHUB_ERROR_INIT;
    shub__cargo *c = &g->cargos[g->count++];

    memset(c, 0, sizeof *c);
    c->ship = ship;
    c->file = *file;
    c->err = no_error;
    shub__buf_init(&c->key, SHUB_SHIP_KEY_MAX);
    g->bytes += file->bytes;
}

void shub__group_ship(shub__group *g)
{
    step(g, prepare);
    note_group(g, 0);
    step(g, find_key);
    while (put_round(g))
        ;
    note_group(g, 1);
    step(g, leave);
}

void shub__group_clear(shub__group *g)
{
    for (shub__cargo *c = g->cargos; c < g->cargos + g->count; c++)
        shub__buf_fini(&c->key);
    g->count = 0;
    g->bytes = 0;
}
