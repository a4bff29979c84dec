/* Files on their way, a group at a time: planned, and confirmed, in one commit of the
 * journal each, whose sync costs as much as sending a small file. */
#ifndef SHUB_SHIP_CARGO_H
#define SHUB_SHIP_CARGO_H

#include "ship/internal.h"

/* Few bytes, so that what was read to plan is in memory when it is sent. */
#define SHUB__GROUP_MAX   64
#define SHUB__GROUP_BYTES ((int64_t)64 << 20)

typedef struct shub__cargo {
    shub_ship *ship;
    shub_log_file file;
    shub__digest digest;
    shub__buf key;        /* at hand */
    unsigned next_number; /* of the key that is tried when this one is taken */
    int64_t planned_us;
    int is_planned; /* the key at hand is in the journal */
    int is_there;   /* the object is, with this content */
    int found;      /* it was before */
    int renumbered; /* the template's own key was taken */
    shub_status status;
    shub_error err;
} shub__cargo;

typedef struct shub__group {
    size_t count;
    int64_t bytes;
    shub__cargo cargos[SHUB__GROUP_MAX];
    shub__journal_row rows[SHUB__GROUP_MAX];
    shub__dest_put puts[SHUB__GROUP_MAX];
    shub__cargo *putting[SHUB__GROUP_MAX]; /* whose puts they are */
} shub__group;

/* Adds a file; there must be room. Lifetime: borrows the file's texts until it is
 * cleared. */
void shub__group_add(shub__group *group, shub_ship *ship, const shub_log_file *file);
/* Ships what was added, and leaves in each cargo what came of it. */
void shub__group_ship(shub__group *group);
void shub__group_clear(shub__group *group);

/* 1 for a failure that every other file would meet too: no answer, no entry. */
int shub__ship_is_away(shub_status status);

#endif
