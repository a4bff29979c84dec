/* The shipper's memory: which file goes to which key, and which arrived. It only hints:
 * the destination is always asked, and without a journal files find their objects again.
 */
#ifndef SHUB_SHIP_JOURNAL_H
#define SHUB_SHIP_JOURNAL_H

#include "base/buf.h"
#include "ship/digest.h"

typedef struct shub__journal shub__journal;

typedef struct shub__journal_row {
    shub_slice path; /* of the file, below the root */
    shub_slice stream;
    shub_slice key;
    int64_t hour_us;
    int64_t planned_us;
    int64_t confirmed_us; /* 0: not yet */
    shub__digest digest;
} shub__journal_row;

/* Opens the journal at `path` for one destination. Errors: as shub__db_open.
 * Lifetime: close with shub__journal_close. */
shub_status shub__journal_open(const char *path, const char *dest,
                               shub__journal **journal, shub_error *err);
/* NULL is fine. */
void shub__journal_close(shub__journal *journal);

/* The key that a file of this content had last, in `key`, which is empty when it had
 * none. */
shub_status shub__journal_find(shub__journal *journal, shub_slice path,
                               const shub__digest *digest, shub__buf *key,
                               shub_error *err);
/* Writes down what is known of `count` files, in place of what was, and forgets plans of
 * other content under their paths: that is gone. One transaction: all or none. */
shub_status shub__journal_note(shub__journal *journal, const shub__journal_row *rows,
                               size_t count, shub_error *err);

typedef shub_status shub__journal_fn(const shub__journal_row *row, void *user,
                                     shub_error *err);
/* Calls `fn` for each row; an error stops and is returned.
 * Lifetime: a row is borrowed for the call. */
shub_status shub__journal_each(shub__journal *journal, shub__journal_fn *fn, void *user,
                               shub_error *err);

#endif
