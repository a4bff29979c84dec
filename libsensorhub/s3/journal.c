#include "s3/journal.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"

#include <string.h>

static const char *const steps[] = {
    "CREATE TABLE endpoint (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE);"
    "CREATE TABLE upload ("
    " id INTEGER PRIMARY KEY,"
    " endpoint INTEGER NOT NULL REFERENCES endpoint,"
    " bucket TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " upload_id TEXT NOT NULL,"
    " begun_us INTEGER NOT NULL,"
    " part_bytes INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL," /* of the file, as those that follow */
    " mtime_us INTEGER NOT NULL,"
    " device INTEGER NOT NULL,"
    " inode INTEGER NOT NULL,"
    " sha256 BLOB,"
    " options BLOB NOT NULL," /* SHA-256 of what the object is to be besides */
    " orphan INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX upload_key ON upload (endpoint, bucket, key);"
    "CREATE TABLE part ("
    " upload INTEGER NOT NULL REFERENCES upload,"
    " part INTEGER NOT NULL,"
    " etag TEXT NOT NULL,"
    " sum TEXT NOT NULL,"
    " PRIMARY KEY (upload, part)) WITHOUT ROWID",
};

typedef enum query {
    FIND,
    REPLACE,
    MERGE,
    BEGIN,
    NAME,
    PART,
    PARTS,
    FORGET_PARTS,
    FORGET,
    ORPHAN,
    EACH,
    QUERIES
} query;

static const char *const queries[QUERIES] = {
    [FIND] = "SELECT id, part_bytes, upload_id FROM upload WHERE endpoint = ?1 AND bucket"
             " = ?2 AND key = ?3 AND orphan = 0 AND upload_id <> '' AND bytes = ?4 AND"
             " CASE WHEN ?5 IS NULL THEN mtime_us = ?6 AND device = ?7 AND inode = ?8"
             " ELSE sha256 IS ?5 END AND options = ?9 ORDER BY id DESC LIMIT 1",
    [REPLACE] = "UPDATE upload SET orphan = 1 WHERE endpoint = ?1 AND bucket = ?2 AND"
                " key = ?3",
    [MERGE] = "DELETE FROM upload WHERE upload_id = '' AND orphan = 1 AND endpoint = ?1"
              " AND bucket = ?2 AND key = ?3 AND id > (SELECT min(id) FROM upload WHERE"
              " upload_id = '' AND orphan = 1 AND endpoint = ?1 AND bucket = ?2 AND"
              " key = ?3)",
    [BEGIN] =
        "INSERT INTO upload (endpoint, bucket, key, bytes, sha256, mtime_us, device,"
        " inode, options, upload_id, begun_us, part_bytes)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id",
    [NAME] = "UPDATE upload SET upload_id = ?2 WHERE id = ?1",
    [PART] = "INSERT OR REPLACE INTO part (upload, part, etag, sum) VALUES (?1, ?2, ?3,"
             " ?4)",
    [PARTS] = "SELECT part, etag, sum FROM part WHERE upload = ?1 ORDER BY part",
    [FORGET_PARTS] = "DELETE FROM part WHERE upload = ?1",
    [FORGET] = "DELETE FROM upload WHERE id = ?1",
    [ORPHAN] = "UPDATE upload SET orphan = 1 WHERE id = ?1",
    [EACH] = "SELECT id, bucket, key, upload_id, part_bytes, begun_us, orphan FROM upload"
             " WHERE endpoint = ?1 AND bucket = ?2 ORDER BY id",
};

struct shub__s3_journal {
    shub__db *db;
    shub__stmt *stmt[QUERIES];
    int64_t endpoint;
};

/* ---- open, close ---------------------------------------------------------------- */

shub_status shub__s3_journal_open(const char *path, const char *endpoint,
                                  shub__s3_journal **journal, shub_error *err)
{
    shub__s3_journal *j = shub__calloc(1, sizeof *j);
    shub_status status;

    *journal = NULL;
    if (!j)
        return shub__fail_nomem(err);
    status = shub__db_open(path, steps, sizeof steps / sizeof steps[0], &j->db, err);
    if (status == SHUB_OK)
        status = shub__db_id_of(j->db, "SELECT id FROM endpoint WHERE url = ?1",
                                "INSERT INTO endpoint (url) VALUES (?1) ON CONFLICT DO"
                                " UPDATE SET url = excluded.url RETURNING id",
                                shub_str(endpoint), &j->endpoint, err);
    for (int i = 0; status == SHUB_OK && i < QUERIES; i++)
        status = shub__db_prepare(j->db, queries[i], &j->stmt[i], err);
    if (status != SHUB_OK) {
        shub__s3_journal_close(j);
        return status;
    }
    *journal = j;
    return SHUB_OK;
}

void shub__s3_journal_close(shub__s3_journal *j)
{
    if (!j)
        return;
    for (int i = 0; i < QUERIES; i++)
        shub__stmt_free(j->stmt[i]);
    shub__db_close(j->db);
    shub__free(j);
}

/* ---- uploads -------------------------------------------------------------------- */

/* The first parameters are the same in every query that has them. */
static shub__stmt *bind_key(shub__s3_journal *j, query q, shub_slice bucket,
                            shub_slice key)
{
    shub__stmt_int64(j->stmt[q], 1, j->endpoint);
    shub__stmt_text(j->stmt[q], 2, bucket);
    shub__stmt_text(j->stmt[q], 3, key);
    return j->stmt[q];
}

/* Not bound, the SHA-256 is NULL. */
static void bind_file(shub__stmt *stmt, const shub__s3_identity *file)
{
    shub__stmt_int64(stmt, 4, file->bytes);
    if (file->has_sha256)
        shub__stmt_blob(stmt, 5, file->sha256, sizeof file->sha256);
    shub__stmt_int64(stmt, 6, file->mtime_us);
    shub__stmt_int64(stmt, 7, (int64_t)file->device);
    shub__stmt_int64(stmt, 8, (int64_t)file->inode);
    shub__stmt_blob(stmt, 9, file->options, sizeof file->options);
}

shub_status shub__s3_journal_find(shub__s3_journal *j, shub_slice bucket, shub_slice key,
                                  const shub__s3_identity *file, int64_t *id,
                                  int64_t *part_bytes, shub__buf *upload_id,
                                  shub_error *err)
{
    shub__stmt *stmt = bind_key(j, FIND, bucket, key);
    int row;
    shub_status status;

    *id = *part_bytes = 0;
    shub__buf_clear(upload_id);
    bind_file(stmt, file);
    status = shub__stmt_step(stmt, &row, err);
    if (!row)
        return status;
    *id = shub__stmt_get_int64(stmt, 0);
    *part_bytes = shub__stmt_get_int64(stmt, 1);
    shub__buf_slice(upload_id, shub__stmt_get_text(stmt, 2));
    shub__stmt_reset(stmt);
    return shub__buf_check(upload_id, "upload id", err);
}

static shub_status insert(shub__s3_journal *j, const shub__s3_journal_row *row,
                          const shub__s3_identity *file, int64_t *id, shub_error *err)
{
    shub__stmt *stmt = bind_key(j, REPLACE, row->bucket, row->key);
    int has_row;
    shub_status status = shub__stmt_run(stmt, err);

    if (status == SHUB_OK)
        status = shub__stmt_run(bind_key(j, MERGE, row->bucket, row->key), err);
    if (status != SHUB_OK)
        return status;
    stmt = bind_key(j, BEGIN, row->bucket, row->key);
    bind_file(stmt, file);
    shub__stmt_text(stmt, 10, row->upload_id);
    shub__stmt_int64(stmt, 11, row->begun_us);
    shub__stmt_int64(stmt, 12, row->part_bytes);
    status = shub__stmt_step(stmt, &has_row, err);
    if (has_row)
        *id = shub__stmt_get_int64(stmt, 0);
    shub__stmt_reset(stmt);
    return status;
}

static shub_status end_change(shub__s3_journal *j, shub_status status, shub_error *err)
{
    if (status == SHUB_OK)
        return shub__db_commit(j->db, err);
    shub__db_rollback(j->db);
    return status;
}

shub_status shub__s3_journal_begin(shub__s3_journal *j, const shub__s3_journal_row *row,
                                   const shub__s3_identity *file, int64_t *id,
                                   shub_error *err)
{
    shub_status status = shub__db_begin(j->db, err);

    *id = 0;
    if (status == SHUB_OK)
        status = end_change(j, insert(j, row, file, id, err), err);
    if (status != SHUB_OK)
        *id = 0;
    return status;
}

shub_status shub__s3_journal_name(shub__s3_journal *j, int64_t id, shub_slice upload_id,
                                  shub_error *err)
{
    shub__stmt *stmt = j->stmt[NAME];
    shub_status status = shub__db_begin(j->db, err);

    if (status != SHUB_OK)
        return status;
    shub__stmt_int64(stmt, 1, id);
    shub__stmt_text(stmt, 2, upload_id);
    return end_change(j, shub__stmt_run(stmt, err), err);
}

shub_status shub__s3_journal_part(shub__s3_journal *j, int64_t id, int part,
                                  shub_slice etag, shub_slice sum, shub_error *err)
{
    shub__stmt *stmt = j->stmt[PART];
    shub_status status = shub__db_begin(j->db, err);

    if (status != SHUB_OK)
        return status;
    shub__stmt_int64(stmt, 1, id);
    shub__stmt_int64(stmt, 2, part);
    shub__stmt_text(stmt, 3, etag);
    shub__stmt_text(stmt, 4, sum);
    return end_change(j, shub__stmt_run(stmt, err), err);
}

shub_status shub__s3_journal_parts(shub__s3_journal *j, int64_t id, shub__s3_part_fn *fn,
                                   void *user, shub_error *err)
{
    shub__stmt *stmt = j->stmt[PARTS];
    int more;
    shub_status status;

    shub__stmt_int64(stmt, 1, id);
    while ((status = shub__stmt_step(stmt, &more, err)) == SHUB_OK && more) {
        status = fn((int)shub__stmt_get_int64(stmt, 0), shub__stmt_get_text(stmt, 1),
                    shub__stmt_get_text(stmt, 2), user, err);
        if (status != SHUB_OK)
            break;
    }
    shub__stmt_reset(stmt);
    return status;
}

static shub_status run_for(shub__s3_journal *j, query q, int64_t id, shub_error *err)
{
    shub__stmt_int64(j->stmt[q], 1, id);
    return shub__stmt_run(j->stmt[q], err);
}

shub_status shub__s3_journal_end(shub__s3_journal *j, int64_t id, shub_error *err)
{
    shub_status status = shub__db_begin(j->db, err);

    if (status != SHUB_OK)
        return status;
    status = run_for(j, FORGET_PARTS, id, err);
    if (status == SHUB_OK)
        status = run_for(j, FORGET, id, err);
    return end_change(j, status, err);
}

shub_status shub__s3_journal_orphan(shub__s3_journal *j, int64_t id, shub_error *err)
{
    shub_status status = shub__db_begin(j->db, err);

    return status == SHUB_OK ? end_change(j, run_for(j, ORPHAN, id, err), err) : status;
}

static void read_row(shub__stmt *stmt, shub__s3_journal_row *row)
{
    memset(row, 0, sizeof *row);
    row->id = shub__stmt_get_int64(stmt, 0);
    row->bucket = shub__stmt_get_text(stmt, 1);
    row->key = shub__stmt_get_text(stmt, 2);
    row->upload_id = shub__stmt_get_text(stmt, 3);
    row->part_bytes = shub__stmt_get_int64(stmt, 4);
    row->begun_us = shub__stmt_get_int64(stmt, 5);
    row->is_orphan = shub__stmt_get_int64(stmt, 6) != 0;
}

shub_status shub__s3_journal_each(shub__s3_journal *j, shub_slice bucket,
                                  shub_slice prefix, shub__s3_journal_fn *fn, void *user,
                                  shub_error *err)
{
    shub__stmt *stmt = j->stmt[EACH];
    shub__s3_journal_row row;
    int more;
    shub_status status;

    shub__stmt_int64(stmt, 1, j->endpoint);
    shub__stmt_text(stmt, 2, bucket);
    while ((status = shub__stmt_step(stmt, &more, err)) == SHUB_OK && more) {
        read_row(stmt, &row);
        if (!shub__starts_with(row.key, prefix))
            continue;
        status = fn(&row, user, err);
        if (status != SHUB_OK)
            break;
    }
    shub__stmt_reset(stmt);
    return status;
}
