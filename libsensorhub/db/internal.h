/* What the files of db/ share. */
#ifndef SHUB_DB_INTERNAL_H
#define SHUB_DB_INTERNAL_H

#include "db/db.h"

#include <sqlite3.h>

struct shub__db {
    sqlite3 *handle;
    unsigned generation; /* of forks, when it was opened */
    char path[];         /* for messages */
};

/* Fills `err` from the handle's last failure, `code` of SQLite. */
shub_status shub__db_fail(const shub__db *db, int code, shub_error *err);
shub_status shub__db_exec(shub__db *db, const char *sql, shub_error *err);

#endif
