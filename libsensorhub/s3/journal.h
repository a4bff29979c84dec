/* Uploads under way, so that one that broke off goes on, and none is forgotten at the
 * server. It only hints: the server is asked what it has. SQLite, by db/. */
#ifndef SHUB_S3_JOURNAL_H
#define SHUB_S3_JOURNAL_H

#include "base/buf.h"

#include <sensorhub/base.h>

typedef struct shub__s3_journal shub__s3_journal;

/* What an upload of a file is told by: the file's content where that is known, else what
 * the system says of it; and how the object is to be. */
typedef struct shub__s3_identity {
    int64_t bytes, mtime_us;
    uint64_t device, inode;
    int has_sha256;
    unsigned char sha256[32];
    unsigned char options[32]; /* SHA-256 of the object's headers and the sums' kind */
} shub__s3_identity;

/* Opens the journal for one endpoint; others may share the file. Errors: as
 * shub__db_open. Lifetime: close with shub__s3_journal_close. */
shub_status shub__s3_journal_open(const char *path, const char *endpoint,
                                  shub__s3_journal **journal, shub_error *err);
/* NULL is fine. */
void shub__s3_journal_close(shub__s3_journal *journal);

/* One upload. It is noted before the server is asked to begin it, without an id: should
 * the answer be lost, what may be open is known by its key. */
typedef struct shub__s3_journal_row {
    int64_t id;
    shub_slice bucket, key;
    shub_slice upload_id; /* empty: it may have been begun, or not */
    int64_t part_bytes;
    int64_t begun_us;
    int is_orphan; /* nothing goes on with it: it is to be aborted */
} shub__s3_journal_row;

/* Finds the upload of this content to this key: its id and part size, `id` 0 when there
 * is none. Lifetime: `upload_id` is filled in. */
shub_status shub__s3_journal_find(shub__s3_journal *journal, shub_slice bucket,
                                  shub_slice key, const shub__s3_identity *file,
                                  int64_t *id, int64_t *part_bytes, shub__buf *upload_id,
                                  shub_error *err);
/* Notes an upload; others of this key become orphans, of those without an id the first
 * alone. */
shub_status shub__s3_journal_begin(shub__s3_journal *journal,
                                   const shub__s3_journal_row *row,
                                   const shub__s3_identity *file, int64_t *id,
                                   shub_error *err);
/* Notes the id that the server gave it. */
shub_status shub__s3_journal_name(shub__s3_journal *journal, int64_t id,
                                  shub_slice upload_id, shub_error *err);
/* Notes a part that arrived. */
shub_status shub__s3_journal_part(shub__s3_journal *journal, int64_t id, int part,
                                  shub_slice etag, shub_slice sum, shub_error *err);
typedef shub_status shub__s3_part_fn(int part, shub_slice etag, shub_slice sum,
                                     void *user, shub_error *err);
shub_status shub__s3_journal_parts(shub__s3_journal *journal, int64_t id,
                                   shub__s3_part_fn *fn, void *user, shub_error *err);
/* Forgets an upload that is complete or aborted; one by its server's id. */
shub_status shub__s3_journal_end(shub__s3_journal *journal, int64_t id, shub_error *err);
/* Marks an upload that nothing goes on with and whose abort has failed. */
shub_status shub__s3_journal_orphan(shub__s3_journal *journal, int64_t id,
                                    shub_error *err);

typedef shub_status shub__s3_journal_fn(const shub__s3_journal_row *row, void *user,
                                        shub_error *err);
/* Calls `fn` for each upload to `bucket` below `prefix`. It must not change the journal.
 * Lifetime: a row is borrowed for the call. */
shub_status shub__s3_journal_each(shub__s3_journal *journal, shub_slice bucket,
                                  shub_slice prefix, shub__s3_journal_fn *fn, void *user,
                                  shub_error *err);

#endif
