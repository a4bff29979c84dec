#include "ship/journal.h"

#include "base/error.h"
#include "base/mem.h"
#include "db/db.h"

#include <string.h>

static const char *const steps[] = {
    "CREATE TABLE destination (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE);"
    "CREATE TABLE file ("
    " id INTEGER PRIMARY KEY,"
    " destination INTEGER NOT NULL REFERENCES destination,"
    " path TEXT NOT NULL,"   /* below the log's root */
    " sha256 BLOB NOT NULL," /* of the file; a path may get new content */
    " bytes INTEGER NOT NULL,"
    " stream TEXT NOT NULL,"
    " hour_us INTEGER NOT NULL,"
    " key TEXT NOT NULL,"
    " planned_us INTEGER NOT NULL,"
    " confirmed_us INTEGER NOT NULL," /* 0: planned only */
    " UNIQUE (destination, path, sha256))",
};

typedef enum query { FIND, FORGET, NOTE, EACH, QUERIES } query;

static const char *const queries[QUERIES] = {
    [FIND] = "SELECT key FROM file WHERE destination = ?1 AND path = ?2 AND sha256 = ?3",
    [FORGET] = "DELETE FROM file WHERE destination = ?1 AND path = ?2 AND sha256 <> ?3"
               " AND confirmed_us = 0",
    [NOTE] = "INSERT INTO file (destination, path, sha256, bytes, stream, hour_us, key,"
             " planned_us, confirmed_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
             " ON CONFLICT (destination, path, sha256) DO UPDATE SET key = excluded.key,"
             " planned_us = excluded.planned_us, confirmed_us = excluded.confirmed_us",
    [EACH] = "SELECT path, sha256, bytes, stream, hour_us, key, planned_us, confirmed_us"
             " FROM file WHERE destination = ?1",
};

struct shub__journal {
    shub__db *db;
    shub__stmt *stmt[QUERIES];
    int64_t destination;
};

shub_status shub__journal_open(const char *path, const char *dest,
                               shub__journal **journal, shub_error *err)
{
    shub__journal *j = shub__calloc(1, sizeof *j);
    shub_status status;

    *journal = NULL;
    if (!j)
        return shub__fail_nomem(err);
    status = shub__db_open(path, steps, sizeof steps / sizeof steps[0], &j->db, err);
    if (status == SHUB_OK)
        status = shub__db_id_of(j->db, "SELECT id FROM destination WHERE url = ?1",
                                "INSERT INTO destination (url) VALUES (?1) ON CONFLICT DO"
                                " UPDATE SET url = excluded.url RETURNING id",
                                shub_str(dest), &j->destination, err);
    for (int i = 0; status == SHUB_OK && i < QUERIES; i++)
        status = shub__db_prepare(j->db, queries[i], &j->stmt[i], err);
    if (status != SHUB_OK) {
        shub__journal_close(j);
        return status;
    }
    *journal = j;
    return SHUB_OK;
}

void shub__journal_close(shub__journal *j)
{
    if (!j)
        return;
    for (int i = 0; i < QUERIES; i++)
        shub__stmt_free(j->stmt[i]);
    shub__db_close(j->db);
    shub__free(j);
}

/* The first three parameters are the same in every query that has them. */
static void bind_file(shub__journal *j, query q, shub_slice path,
                      const shub__digest *digest)
{
    shub__stmt_int64(j->stmt[q], 1, j->destination);
    shub__stmt_text(j->stmt[q], 2, path);
    shub__stmt_blob(j->stmt[q], 3, digest->sha256, SHUB__SHA256_SIZE);
}

shub_status shub__journal_find(shub__journal *j, shub_slice path,
                               const shub__digest *digest, shub__buf *key,
                               shub_error *err)
{
    shub__stmt *stmt = j->stmt[FIND];
    int row;
    shub_status status;

    shub__buf_clear(key);
    bind_file(j, FIND, path, digest);
    status = shub__stmt_step(stmt, &row, err);
    if (!row)
        return status;
    shub__buf_slice(key, shub__stmt_get_text(stmt, 0));
    shub__stmt_reset(stmt);
    return shub__buf_check(key, "key", err);
}

static shub_status note(shub__journal *j, const shub__journal_row *row, shub_error *err)
{
    shub__stmt *stmt = j->stmt[NOTE];
    shub_status status;

    bind_file(j, FORGET, row->path, &row->digest);
    status = shub__stmt_run(j->stmt[FORGET], err);
    if (status != SHUB_OK)
        return status;
    bind_file(j, NOTE, row->path, &row->digest);
    shub__stmt_int64(stmt, 4, row->digest.bytes);
    shub__stmt_text(stmt, 5, row->stream);
    shub__stmt_int64(stmt, 6, row->hour_us);
    shub__stmt_text(stmt, 7, row->key);
    shub__stmt_int64(stmt, 8, row->planned_us);
    shub__stmt_int64(stmt, 9, row->confirmed_us);
    return shub__stmt_run(stmt, err);
}

shub_status shub__journal_note(shub__journal *j, const shub__journal_row *rows,
                               size_t count, shub_error *err)
{
    shub_status status = shub__db_begin(j->db, err);

    if (status != SHUB_OK)
        return status;
    for (size_t i = 0; status == SHUB_OK && i < count; i++)
        status = note(j, &rows[i], err);
    if (status == SHUB_OK)
        return shub__db_commit(j->db, err);
    shub__db_rollback(j->db);
    return status;
}

static void read_row(shub__stmt *stmt, shub__journal_row *row)
{
    shub_slice sha256 = shub__stmt_get_blob(stmt, 1);

    memset(row, 0, sizeof *row);
    row->path = shub__stmt_get_text(stmt, 0);
    row->digest.bytes = shub__stmt_get_int64(stmt, 2);
    row->stream = shub__stmt_get_text(stmt, 3);
    row->hour_us = shub__stmt_get_int64(stmt, 4);
    row->key = shub__stmt_get_text(stmt, 5);
    row->planned_us = shub__stmt_get_int64(stmt, 6);
    row->confirmed_us = shub__stmt_get_int64(stmt, 7);
    row->digest.known = sha256.len == SHUB__SHA256_SIZE;
    if (row->digest.known)
        memcpy(row->digest.sha256, sha256.ptr, SHUB__SHA256_SIZE);
}

shub_status shub__journal_each(shub__journal *j, shub__journal_fn *fn, void *user,
                               shub_error *err)
{
    shub__stmt *stmt = j->stmt[EACH];
    shub__journal_row row;
    int more;
    shub_status status;

    shub__stmt_int64(stmt, 1, j->destination);
    while ((status = shub__stmt_step(stmt, &more, err)) == SHUB_OK && more) {
        read_row(stmt, &row);
        status = fn(&row, user, err);
        if (status != SHUB_OK)
            break;
    }
    shub__stmt_reset(stmt);
    return status;
}
