/* An upload inside. One control call at a time moves it from state to state
 * (client_upload.c, client_complete.c); in the state SENDING its parts are in flight,
 * each in a slot (client_parts.c). */
#ifndef SHUB_S3_CLIENT_UPLOAD_H
#define SHUB_S3_CLIENT_UPLOAD_H

#include "s3/client.h"
#include "s3/journal.h"
#include "s3/parts.h"

typedef enum shub__s3_phase {
    SHUB__S3_GATHERING = 0, /* a stream that has not filled a part yet */
    SHUB__S3_CHECKING,      /* Head: whether the conditions hold, or a Put was ours */
    SHUB__S3_PUTTING,       /* one Put, at the server or waiting for its place */
    SHUB__S3_FINDING,       /* ListParts: what the server has of it */
    SHUB__S3_CREATING,
    SHUB__S3_SENDING,
    SHUB__S3_COMPLETING,
    SHUB__S3_SETTLING, /* Head: whether a Complete without an answer was done */
    SHUB__S3_DROPPING, /* Abort, then it begins anew or has failed */
    SHUB__S3_ENDED
} shub__s3_phase;

/* A part in memory. */
typedef struct shub__s3_slot {
    struct shub__s3_slot *next;
    struct shub_s3_upload *upload;
    shub__s3_call call;
    int part; /* 0: idle, or a stream's that is being filled */
    char *bytes;
    size_t len, cap;
    shub__summer *summer; /* of the sum that goes along; NULL: none */
    shub__summer *hasher; /* of the body, where the signature covers it */
    int is_summed;        /* the two were ended, and gave these: */
    shub__sum sum;
    char payload[SHUB__SIGV4_HEX];
} shub__s3_slot;

struct shub_s3_upload {
    shub_s3 *s3;
    shub_s3_upload *next; /* the client's, oldest first */
    shub__arena arena;    /* what follows points into it */
    shub_slice bucket, key;
    shub_s3_put_options opts;
    unsigned char sha256[32];
    int has_sha256;

    int fd; /* of a file; SHUB_NONE: a stream */
    const char *path;
    shub__s3_identity file;
    shub__s3_slot *filling; /* of a stream */
    int is_finished;        /* nothing follows in the stream */

    shub__s3_phase phase;
    shub__s3_call control;
    shub__timer timer; /* before a Complete that is tried again */
    shub_status status;
    shub_error err;
    shub__s3_parts parts;
    shub__s3_slot *slots;
    shub__buf upload_id; /* empty: none is under way */
    int64_t row;         /* in the journal; 0: none */
    int64_t begun_us;    /* the server's time then; 0: not known */
    int is_put_begun;
    int is_put_doubtful; /* a Put whose answer was lost may have been done */
    int is_checked;      /* the conditions hold, a Head says */
    int is_found;        /* the journal was asked, and the server what it has */
    int completes;       /* tried */
    int is_there;        /* under the key lies something that may be it */
    int is_aborting;     /* the caller gave it up */
    int drop_fails;      /* after DROPPING it has failed, else begins anew */
    int restarts;
    int64_t reused; /* bytes that an earlier run sent */
    shub__buf etag; /* of the object that is there now */
};

/* Until it has ended. */
static inline int shub__s3_is_stream(const shub_s3_upload *up)
{
    return up->fd == SHUB_NONE;
}

/* ---- client_upload.c ------------------------------------------------------------ */

/* Does what comes next, by what is known. */
void shub__s3_upload_step(shub_s3_upload *up);
/* The same, by its timer. */
void shub__s3_upload_on_timer(void *up);
/* Starts what there is room for, in all uploads of the client. */
void shub__s3_pump(shub_s3 *s3);
/* Ends it with a failure. What is in flight is given up; at the server too unless it can
 * go on later. */
void shub__s3_upload_fail(shub_s3_upload *up, shub_status status, const shub_error *err);
/* The same by a refusal that a later run would only meet again. */
void shub__s3_upload_refuse(shub_s3_upload *up, shub_status status,
                            const shub_error *err);
/* The object is there, with this ETag. */
void shub__s3_upload_done(shub_s3_upload *up, shub_slice etag);
/* Gives up the parts at the server: it begins anew, or with `fails` has failed with
 * up->status. */
void shub__s3_upload_drop(shub_s3_upload *up, int fails);
/* The same when the server says that it does not know the upload. */
void shub__s3_upload_lost(shub_s3_upload *up, const shub_error *err);

/* ---- client_parts.c ------------------------------------------------------------- */

/* An idle slot of an upload with room for `bytes`. Errors: SHUB_E_NOMEM. Lifetime: the
 * upload's. */
shub_status shub__s3_slot_get(shub_s3_upload *up, size_t bytes, shub__s3_slot **slot,
                              shub_error *err);
/* Adds bytes to a slot that has room for them, summing them. */
shub_status shub__s3_slot_add(shub__s3_slot *slot, shub_slice bytes, shub_error *err);
/* Reads `bytes` of the file at `offset` into a slot. Errors: SHUB_E_CORRUPT (it ends
 * before), SHUB_E_IO, SHUB_E_NOMEM. */
shub_status shub__s3_slot_read(shub__s3_slot *slot, int64_t offset, int64_t bytes,
                               shub_error *err);
/* Sends what the slot holds as a part, or as the whole object. */
void shub__s3_slot_send_part(shub__s3_slot *slot, int part);
void shub__s3_slot_put(shub__s3_slot *slot);
/* Gives up what is in flight. */
void shub__s3_slots_cancel(shub_s3_upload *up);
void shub__s3_slots_free(shub_s3_upload *up);
/* What may be sent is of one file only if that has stayed as it was. Errors:
 * SHUB_E_CORRUPT, SHUB_E_IO. */
shub_status shub__s3_upload_check_file(const shub_s3_upload *up, shub_error *err);

/* ---- client_complete.c ---------------------------------------------------------- */

/* Each starts the control call of its name. */
void shub__s3_upload_check(shub_s3_upload *up);
void shub__s3_upload_find(shub_s3_upload *up);
void shub__s3_upload_create(shub_s3_upload *up);
void shub__s3_upload_complete(shub_s3_upload *up);
/* Errors: SHUB_E_NOMEM; it is not started then. */
shub_status shub__s3_upload_abort(shub_s3_upload *up, shub__s3_done_fn *done);

#endif
