/* The library's one user of SQLite: opening, migrating, statements, transactions.
 *
 * A database here is small and must not forget: WAL, because a commit then costs one sync
 * where the rollback journal costs three, and a reader beside (an operator's sqlite3)
 * never stops the writer; synchronous FULL, because a commit is a promise that something
 * may be deleted elsewhere. Every write stands between shub__db_begin and
 * shub__db_commit. */
#ifndef SHUB_DB_DB_H
#define SHUB_DB_DB_H

#include <sensorhub/base.h>

#define SHUB__DB_BUSY_MS 5000 /* how long a call waits for another process's write */

typedef struct shub__db shub__db;
typedef struct shub__stmt shub__stmt;

/* Opens or makes the database at `path` and brings it to version `step_count`: step i is
 * the SQL that leads from user_version i to i + 1, one transaction each. Errors:
 * SHUB_E_CORRUPT (not a database, or damaged), SHUB_E_UNSUPPORTED (a newer version),
 * SHUB_E_BUSY, SHUB_E_FULL, SHUB_E_IO, SHUB_E_NOMEM; the message begins with the path.
 * Lifetime: close with shub__db_close, after its statements. */
shub_status shub__db_open(const char *path, const char *const *steps, size_t step_count,
                          shub__db **db, shub_error *err);
/* NULL is fine. In a forked child it only forgets: closing there would end the parent's
 * locks. */
void shub__db_close(shub__db *db);

/* Takes the write lock at once, so that nothing between here and the commit meets
 * SHUB_E_BUSY. Errors: SHUB_E_FORKED, and those of shub__db_open. */
shub_status shub__db_begin(shub__db *db, shub_error *err);
/* On failure everything since shub__db_begin is undone. */
shub_status shub__db_commit(shub__db *db, shub_error *err);
/* Undoes everything since shub__db_begin. */
void shub__db_rollback(shub__db *db);

/* Prepares one statement. Lifetime: free with shub__stmt_free. */
shub_status shub__db_prepare(shub__db *db, const char *sql, shub__stmt **stmt,
                             shub_error *err);
/* NULL is fine. */
void shub__stmt_free(shub__stmt *stmt);

/* Parameters count from 1. A failure sticks and is told by the next step. Text and blobs
 * are borrowed until the statement is reset. */
void shub__stmt_int64(shub__stmt *stmt, int parameter, int64_t value);
void shub__stmt_text(shub__stmt *stmt, int parameter, shub_slice value);
void shub__stmt_blob(shub__stmt *stmt, int parameter, const void *ptr, size_t len);

/* Steps to the next row: `row` is 1, or 0 when there is none any more; the statement is
 * then reset. On failure it is reset too. */
shub_status shub__stmt_step(shub__stmt *stmt, int *row, shub_error *err);
/* Steps through a statement that gives no rows. */
shub_status shub__stmt_run(shub__stmt *stmt, shub_error *err);
/* Ends reading before the last row; forgets the parameters. */
void shub__stmt_reset(shub__stmt *stmt);

/* The id of a row that is known by a text, `?1` of both statements: what `find` selects;
 * when that is nothing, what `add` inserts and returns, in a transaction of its own. */
shub_status shub__db_id_of(shub__db *db, const char *find, const char *add,
                           shub_slice text, int64_t *id, shub_error *err);

/* Columns of the row count from 0. Lifetime: slices until the next step or reset. */
int64_t shub__stmt_get_int64(shub__stmt *stmt, int column);
shub_slice shub__stmt_get_text(shub__stmt *stmt, int column);
shub_slice shub__stmt_get_blob(shub__stmt *stmt, int column);

#endif
