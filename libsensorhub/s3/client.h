/* The client of a store, inside. A call is one request of S3's with all its attempts:
 * client_call.c signs it, sends it, judges what comes back and tries again. What a public
 * call does is a row of calls: client_object.c, client_list.c, client_upload.c. */
#ifndef SHUB_S3_CLIENT_H
#define SHUB_S3_CLIENT_H

#include "base/table.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/peer.h"
#include "s3/checksum.h"
#include "s3/client_credentials.h"
#include "s3/endpoint.h"
#include "s3/reply.h"
#include "s3/sigv4.h"

#define SHUB__S3_STRINGS 9 /* options that are texts */

typedef struct shub__s3_call shub__s3_call;
typedef void shub__s3_done_fn(shub__s3_call *call, void *user);

typedef enum shub__s3_state {
    SHUB__S3_IDLE = 0,
    SHUB__S3_WAITING_KEYS, /* for credentials */
    SHUB__S3_WAITING_TIME, /* for its timer */
    SHUB__S3_RUNNING,      /* at the server */
    SHUB__S3_DONE
} shub__s3_state;

/* One request and its attempts. The owner fills in `req` and the fields up to `state`,
 * starts it, and reads the rest when it is done. */
struct shub__s3_call {
    shub_s3 *s3;
    shub__s3_request req;
    shub__s3_done_fn *done; /* NULL: nobody is told */
    void *user;
    /* Of a body that was summed as it was read; else they are made of `req.body`. */
    int is_summed;
    shub__sum sum; /* len 0: none */
    shub__sum_kind sum_kind;
    char payload[SHUB__SIGV4_HEX];
    int once; /* 1: what it did cannot be known after a failure: no retries */
    shub_s3_sink_fn *sink; /* of a Get's body */
    void *sink_user;
    /* Makes the request ask for what the sink has not got yet; NULL: a new attempt would
     * repeat what it has, so that there is none. */
    shub_status (*resume)(shub__s3_call *call, shub_error *err);

    shub__s3_state state;
    shub__s3_call *prev, *next; /* among the client's, while it is not done or idle */
    shub__timer timer;
    shub__http *http;
    int attempt;         /* failed so far, since there was progress */
    int in_doubt;        /* it may have been done before the answer that came last */
    int paid;            /* tokens, for the last further attempt */
    int learnt;          /* times that a region, a clock or keys were learnt */
    int lessons;         /* of the client, when the attempt was signed */
    shub__buf signed_by; /* access key of the attempt */
    int64_t sunk;        /* bytes that the sink took */
    int64_t sunk_now;    /* of them: in this attempt */

    /* The answer. */
    shub_status status;
    shub_error err;
    shub__s3_fault fault;
    int http_status;
    shub__buf headers, body;
};

struct shub_s3 {
    shub_loop *loop;
    shub_s3_options opts; /* numbers filled in; its strings are ours */
    char *strings[SHUB__S3_STRINGS];
    size_t string_count;
    shub__s3_provider *provider; /* NULL: anonymous */
    shub__s3_endpoint endpoint;
    char *region;
    shub__table regions; /* of buckets that are elsewhere */
    shub__peer *peer;    /* held, so that its connections are found again; may be NULL */
    shub__sigv4_key key;
    uint64_t random;
    int lessons; /* times that the clock or a region was learnt */
    shub_s3_stats stats;
    int tokens;            /* of the retry budget */
    int64_t slow_until_ms; /* no attempt starts before */
    int throttles;         /* in a row, less those made good */
    shub__s3_call *calls;  /* in progress */
    int wants_conditions;  /* 0: the server does not know them */
    int64_t copy_max;      /* bytes that are copied in one request */
    struct shub_s3_upload *uploads;
    int sending;                      /* parts in flight, of all uploads */
    struct shub__s3_journal *journal; /* NULL: none */
    /* What the last public call returned slices of. */
    shub__arena arena;
};

/* ---- client.c ------------------------------------------------------------------- */

#define SHUB__S3_ORIGIN_MAX 512 /* bytes, NUL included */
/* Scheme and host of the endpoint; of Amazon's own with the region. */
void shub__s3_origin(const shub_s3 *s3, char dst[SHUB__S3_ORIGIN_MAX]);
/* Wall clock as the server has it. */
int64_t shub__s3_now(const shub_s3 *s3);
/* The region to sign for. Lifetime: until another is learnt for the bucket. */
shub_slice shub__s3_region_of(const shub_s3 *s3, shub_slice bucket);
shub_status shub__s3_learn_region(shub_s3 *s3, shub_slice bucket, shub_slice region,
                                  shub_error *err);
/* What goes with each body: the sum's kind; whether the signature covers it. */
shub__sum_kind shub__s3_sum_kind(const shub_s3 *s3);
int shub__s3_signs_bodies(const shub_s3 *s3);

/* ---- client_object.c ------------------------------------------------------------ */

/* Reads what the caller of a public call gave (nullable), and forgets what the last one
 * returned. Errors: SHUB_E_INVALID. */
shub_status shub__s3_put_options(shub_s3 *s3, const shub_s3_put_options *given,
                                 shub_s3_put_options *opts, shub_error *err);
/* Makes the call that puts `body`; `sha256` (nullable) is the whole's. Conditions go
 * along unless the server does not know them. */
shub_status shub__s3_put_init(shub__s3_call *call, shub_s3 *s3, shub_slice bucket,
                              shub_slice key, shub_slice body,
                              const shub_s3_put_options *opts,
                              const unsigned char *sha256, shub_error *err);
/* Notes that the server does not know conditions: 1 when `call` failed because of that.
 */
int shub__s3_lost_conditions(const shub__s3_call *call);
/* SHUB_OK when the object that is there (`status`: of its Head) lets the options'
 * conditions hold, else SHUB_E_PRECONDITION, or what the Head failed with. */
shub_status shub__s3_check_conditions(const shub_s3_put_options *opts, shub_status status,
                                      const shub_s3_object *there, shub_error *err);
/* A Head that blocks; texts go to the client's arena. */
shub_status shub__s3_head(shub_s3 *s3, shub_slice bucket, shub_slice key,
                          shub_s3_object *object, shub_error *err);
/* 1 when both are told by SHA-256, else by ETag, to be the same. */
int shub__s3_same_object(const shub_s3_object *a, const shub_s3_object *b);

/* ---- client_send.c -------------------------------------------------------------- */

/* Signs the request as it stands and hands it to the loop, which calls `done`. `keys` is
 * NULL for requests that are not signed. */
shub_status shub__s3_send(shub__s3_call *call, const shub__s3_keys *keys,
                          shub__http_done_fn *done, shub__http_sink_fn *sink,
                          shub_error *err);
/* Fills in the signer of a request. */
void shub__s3_signer(shub_s3 *s3, shub_slice bucket, const shub__s3_keys *keys,
                     shub__sigv4_signer *signer);

/* ---- client_call.c -------------------------------------------------------------- */

/* Makes a call ready to be filled in; names are checked. Lifetime: end with
 * shub__s3_call_fini, also after a failure. */
shub_status shub__s3_call_init(shub__s3_call *call, shub_s3 *s3, shub__s3_op op,
                               shub_slice bucket, shub_slice key, shub_error *err);
/* Gives up what is in flight; `done` is not called. A zeroed call is fine. */
void shub__s3_call_fini(shub__s3_call *call);
/* Sends it, again and again as it needs. Its failures come by `done`, from the loop. */
void shub__s3_call_start(shub__s3_call *call);
/* Starts it and runs the loop until it is done; its status. */
shub_status shub__s3_call_run(shub__s3_call *call, shub_error *err);
/* The same of one that removes: what is not there is removed, though some servers say
 * that it is not there; a missing bucket still fails. `err` may be filled in all the
 * same. */
shub_status shub__s3_call_remove(shub__s3_call *call, shub_error *err);
/* All calls that wait for keys try again. */
void shub__s3_keys_ready(void *s3);

#endif
