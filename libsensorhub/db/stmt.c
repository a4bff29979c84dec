#include "db/internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

struct shub__stmt {
    shub__db *db;
    sqlite3_stmt *handle;
    int bind_code; /* of the first parameter that failed */
};

shub_status shub__db_prepare(shub__db *db, const char *sql, shub__stmt **out,
                             shub_error *err)
{
    shub__stmt *stmt;
    shub_status status = shub__fork_check(db->generation, err);
    int code;

    *out = NULL;
    if (status != SHUB_OK)
        return status;
    stmt = shub__calloc(1, sizeof *stmt);
    if (!stmt)
        return shub__fail_nomem(err);
    stmt->db = db;
    code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                              &stmt->handle, NULL);
    if (code != SQLITE_OK) {
        shub__free(stmt);
        return shub__db_fail(db, code, err);
    }
    *out = stmt;
    return SHUB_OK;
}

void shub__stmt_free(shub__stmt *stmt)
{
    if (!stmt)
        return;
    if (shub__fork_check(stmt->db->generation, NULL) == SHUB_OK)
        sqlite3_finalize(stmt->handle);
    shub__free(stmt);
}

static void note_bind(shub__stmt *stmt, int code)
{
    if (stmt->bind_code == SQLITE_OK)
        stmt->bind_code = code;
}

void shub__stmt_int64(shub__stmt *stmt, int parameter, int64_t value)
{
    note_bind(stmt, sqlite3_bind_int64(stmt->handle, parameter, value));
}

void shub__stmt_text(shub__stmt *stmt, int parameter, shub_slice value)
{
    note_bind(stmt,
              sqlite3_bind_text64(stmt->handle, parameter, value.ptr ? value.ptr : "",
                                  value.len, SQLITE_STATIC, SQLITE_UTF8));
}

void shub__stmt_blob(shub__stmt *stmt, int parameter, const void *ptr, size_t len)
{
    note_bind(stmt,
              sqlite3_bind_blob64(stmt->handle, parameter, ptr, len, SQLITE_STATIC));
}

void shub__stmt_reset(shub__stmt *stmt)
{
    sqlite3_reset(stmt->handle);
    sqlite3_clear_bindings(stmt->handle);
    stmt->bind_code = SQLITE_OK;
}

shub_status shub__stmt_step(shub__stmt *stmt, int *row, shub_error *err)
{
    shub_status status = shub__fork_check(stmt->db->generation, err);
    int code;

    *row = 0;
    if (status != SHUB_OK)
        return status;
    code = stmt->bind_code;
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt->handle);
    if (code == SQLITE_ROW) {
        *row = 1;
        return SHUB_OK;
    }
    /* The message goes with the reset: told before. */
    if (code != SQLITE_DONE)
        status = shub__db_fail(stmt->db, code, err);
    shub__stmt_reset(stmt);
    return status;
}

shub_status shub__stmt_run(shub__stmt *stmt, shub_error *err)
{
    int row;
    shub_status status = shub__stmt_step(stmt, &row, err);
    if (row)
        shub__stmt_reset(stmt);
    return status;
}

int64_t shub__stmt_get_int64(shub__stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->handle, column);
}

static shub_slice column(shub__stmt *stmt, int column, const void *ptr)
{
    /* The length is asked after the pointer: the conversion may change it. */
    return shub_bytes(ptr, ptr ? (size_t)sqlite3_column_bytes(stmt->handle, column) : 0);
}

shub_slice shub__stmt_get_text(shub__stmt *stmt, int i)
{
    return column(stmt, i, sqlite3_column_text(stmt->handle, i));
}

shub_slice shub__stmt_get_blob(shub__stmt *stmt, int i)
{
    return column(stmt, i, sqlite3_column_blob(stmt->handle, i));
}

/* 0 when there is no such row. */
static shub_status find_id(shub__db *db, const char *sql, shub_slice text, int64_t *id,
                           shub_error *err)
{
    shub__stmt *stmt;
    int row = 0;
    shub_status status = shub__db_prepare(db, sql, &stmt, err);

    *id = 0;
    if (status != SHUB_OK)
        return status;
    shub__stmt_text(stmt, 1, text);
    status = shub__stmt_step(stmt, &row, err);
    if (row)
        *id = shub__stmt_get_int64(stmt, 0);
    shub__stmt_free(stmt);
    return status;
}

shub_status shub__db_id_of(shub__db *db, const char *find, const char *add,
                           shub_slice text, int64_t *id, shub_error *err)
{
    shub_status status = find_id(db, find, text, id, err);

    if (status != SHUB_OK || *id)
        return status;
    status = shub__db_begin(db, err);
    if (status != SHUB_OK)
        return status;
    status = find_id(db, add, text, id, err);
    if (status == SHUB_OK)
        status = shub__db_commit(db, err);
    else
        shub__db_rollback(db);
    if (status != SHUB_OK)
        *id = 0;
    return status;
}
