#include "db/internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Primary result codes (sqlite.org/rescode.html) that mean more than "input/output
 * error". */
static const struct {
    int code;
    shub_status status;
} meanings[] = {
    {SQLITE_BUSY, SHUB_E_BUSY},         {SQLITE_LOCKED, SHUB_E_BUSY},
    {SQLITE_CORRUPT, SHUB_E_CORRUPT},   {SQLITE_NOTADB, SHUB_E_CORRUPT},
    {SQLITE_FULL, SHUB_E_FULL},         {SQLITE_NOMEM, SHUB_E_NOMEM},
    {SQLITE_CONSTRAINT, SHUB_E_EXISTS}, {SQLITE_TOOBIG, SHUB_E_LIMIT},
};

static shub_status meaning_of(int code)
{
    if (code == SQLITE_IOERR_NOMEM)
        return SHUB_E_NOMEM;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].code == (code & 0xff))
            return meanings[i].status;
    return SHUB_E_IO;
}

shub_status shub__db_fail(const shub__db *db, int code, shub_error *err)
{
    const char *text = db->handle && sqlite3_errcode(db->handle) != SQLITE_OK
                           ? sqlite3_errmsg(db->handle)
                           : sqlite3_errstr(code);
    return shub__fail(err, meaning_of(code), SHUB_NONE, "%s: %s", db->path, text);
}

shub_status shub__db_exec(shub__db *db, const char *sql, shub_error *err)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? SHUB_OK : shub__db_fail(db, code, err);
}

static shub_status configure(shub__db *db, shub_error *err)
{
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, SHUB__DB_BUSY_MS);
    /* Where the file system has no shared memory SQLite stays with the rollback journal:
     * as safe, and slower. */
    return shub__db_exec(db,
                         "PRAGMA journal_mode = WAL;"
                         "PRAGMA synchronous = FULL;"
                         "PRAGMA foreign_keys = ON;"
                         "PRAGMA trusted_schema = OFF;",
                         err);
}

static shub_status read_version(shub__db *db, int64_t *version, shub_error *err)
{
    shub__stmt *stmt = NULL;
    int row = 0;
    shub_status status = shub__db_prepare(db, "PRAGMA user_version", &stmt, err);
    if (status == SHUB_OK)
        status = shub__stmt_step(stmt, &row, err);
    *version = row ? shub__stmt_get_int64(stmt, 0) : 0;
    shub__stmt_free(stmt);
    return status;
}

static shub_status run_step(shub__db *db, const char *step, int64_t version,
                            shub_error *err)
{
    char pragma[64];
    shub_status status = shub__db_exec(db, step, err);
    if (status != SHUB_OK)
        return status;
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %lld", (long long)version);
    return shub__db_exec(db, pragma, err);
}

/* One step; the version is read again under the lock, where no other process moves it. */
static shub_status migrate_once(shub__db *db, const char *const *steps, size_t step_count,
                                int *done, shub_error *err)
{
    int64_t version;
    shub_status status = shub__db_begin(db, err);
    if (status != SHUB_OK)
        return status;
    status = read_version(db, &version, err);
    *done = status == SHUB_OK && version >= (int64_t)step_count;
    if (status == SHUB_OK && !*done)
        status = run_step(db, steps[version], version + 1, err);
    if (status == SHUB_OK && !*done)
        return shub__db_commit(db, err);
    shub__db_rollback(db);
    return status;
}

static shub_status migrate(shub__db *db, const char *const *steps, size_t step_count,
                           shub_error *err)
{
    int64_t version;
    shub_status status = read_version(db, &version, err);
    if (status != SHUB_OK)
        return status;
    if (version < 0 || version > (int64_t)step_count)
        return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE,
                          "%s: version %lld, this library knows up to %zu", db->path,
                          (long long)version, step_count);
    for (int done = version == (int64_t)step_count; !done;) {
        status = migrate_once(db, steps, step_count, &done, err);
        if (status != SHUB_OK)
            return status;
    }
    return SHUB_OK;
}

shub_status shub__db_open(const char *path, const char *const *steps, size_t step_count,
                          shub__db **out, shub_error *err)
{
    size_t len = strlen(path) + 1;
    shub__db *db = shub__malloc(sizeof *db + len);
    shub_status status;
    int code;

    *out = NULL;
    if (!db)
        return shub__fail_nomem(err);
    memcpy(db->path, path, len);
    db->generation = shub__fork_generation();
    code = sqlite3_open_v2(
        path, &db->handle,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    status = code == SQLITE_OK ? configure(db, err) : shub__db_fail(db, code, err);
    if (status == SHUB_OK)
        status = migrate(db, steps, step_count, err);
    if (status != SHUB_OK) {
        shub__db_close(db);
        return status;
    }
    *out = db;
    return SHUB_OK;
}

void shub__db_close(shub__db *db)
{
    if (!db)
        return;
    if (shub__fork_check(db->generation, NULL) == SHUB_OK) {
        int code = sqlite3_close(db->handle);
        assert(code == SQLITE_OK); /* a statement was not freed */
        (void)code;
    }
    shub__free(db);
}

shub_status shub__db_begin(shub__db *db, shub_error *err)
{
    shub_status status = shub__fork_check(db->generation, err);
    return status == SHUB_OK ? shub__db_exec(db, "BEGIN IMMEDIATE", err) : status;
}

shub_status shub__db_commit(shub__db *db, shub_error *err)
{
    shub_status status = shub__file_journal(err);
    if (status == SHUB_OK)
        status = shub__db_exec(db, "COMMIT", err);
    if (status != SHUB_OK)
        shub__db_rollback(db);
    return status;
}

void shub__db_rollback(shub__db *db)
{
    /* Some failures have rolled back already (sqlite.org/lang_transaction.html section
     * 3). */
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}
