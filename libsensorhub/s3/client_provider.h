/* The provider inside. client_credentials.c decides when to fetch, client_fetch.c walks
 * the steps of a fetch, client_metadata.c, client_sts.c and client_process.c know one
 * kind of step each, client_files.c reads what the chain is decided by. */
#ifndef SHUB_S3_CLIENT_PROVIDER_H
#define SHUB_S3_CLIENT_PROVIDER_H

#include "base/process.h"
#include "net/http.h"
#include "net/timer.h"
#include "s3/chain.h"
#include "s3/client_credentials.h"
#include "s3/metadata.h"

/* One request, tried until it succeeds or cannot. */
typedef enum shub__s3_step {
    SHUB__S3_STEP_INSTANCE_TOKEN = 0,
    SHUB__S3_STEP_INSTANCE_ROLE,
    SHUB__S3_STEP_INSTANCE_KEYS,
    SHUB__S3_STEP_CONTAINER,
    SHUB__S3_STEP_WEB_IDENTITY,
    SHUB__S3_STEP_ASSUME_ROLE,
    SHUB__S3_STEPS
} shub__s3_step;

struct shub__s3_provider {
    shub_loop *loop;
    shub__s3_chain chain;
    shub_s3_credentials_fn *callback;
    void *callback_user;
    shub_clock clock;
    char *ca_file;
    char *pin;        /* NULL: none */
    char *pinned_url; /* scheme and host it is of; NULL: Amazon's */
    int insecure;
    void (*ready)(void *user);
    void *ready_user;
    uint64_t *requests, *refreshes;
    uint64_t random;

    shub__s3_keys keys; /* in use */
    int64_t early_us;   /* from here on they are fetched anew, */
    int64_t late_us;    /* and from here on waited for */
    int stale;          /* the server refused them */
    int64_t hold_us;    /* until then the same keys would come again */

    shub_error err;  /* of the last fetch, when it failed */
    int failures;    /* in a row */
    int64_t rest_us; /* until then none is begun */

    int fetching, waiting;
    int64_t offset_us; /* the caller's clock less ours */
    shub__s3_keys found;
    size_t roles_left;
    shub__s3_step step;
    int attempt;
    shub__http *http;
    shub__timer timer; /* of the next attempt, or look at the command */
    char *instance_token;
    char instance_role[SHUB__S3_ROLE_NAME_MAX];
    shub__process *process;
    shub__buf output; /* of the command */
    int64_t look_ms;
};

/* ---- client_credentials.c ------------------------------------------------------- */

int64_t shub__s3_provider_now(const shub__s3_provider *p);
/* Takes the end of a fetch; `err` is filled in when the status is not SHUB_OK. */
void shub__s3_provider_settle(shub__s3_provider *p, shub_status status,
                              const shub_error *err);

/* ---- client_fetch.c ------------------------------------------------------------- */

/* Begins a fetch, which may have ended when it returns. */
void shub__s3_fetch_begin(shub__s3_provider *p);
/* The timer's: what was waited for is due. */
void shub__s3_fetch_go_on(void *user);
/* Gives up. */
void shub__s3_fetch_abandon(shub__s3_provider *p);
/* Sends the request of a step: fills in what all have in common. */
shub_status shub__s3_fetch_send(shub__s3_provider *p, shub__http_request *req,
                                shub_error *err);
/* Goes on behind a step that brought `found`, or what the next one wants. */
void shub__s3_fetch_next(shub__s3_provider *p);
/* Ends the fetch; `err` is filled in when the status is not SHUB_OK. */
void shub__s3_fetch_end(shub__s3_provider *p, shub_status status, const shub_error *err);

/* ---- the steps ------------------------------------------------------------------ */

/* Each sends its request. */
typedef shub_status shub__s3_send_fn(shub__s3_provider *p, shub_error *err);
/* Each takes a whole reply; `again`: 1 when another attempt can help. */
typedef shub_status shub__s3_take_fn(shub__s3_provider *p,
                                     const shub__http_result *result, int *again,
                                     shub_error *err);

shub__s3_send_fn shub__s3_send_instance_token, shub__s3_send_instance_role,
    shub__s3_send_instance_keys, shub__s3_send_container, shub__s3_send_web_identity,
    shub__s3_send_assume_role;
shub__s3_take_fn shub__s3_take_instance_token, shub__s3_take_instance_role,
    shub__s3_take_instance_keys, shub__s3_take_container, shub__s3_take_sts;

/* Starts the command and looks at it from time to time. */
shub_status shub__s3_process_begin(shub__s3_provider *p, shub_error *err);
void shub__s3_process_look(shub__s3_provider *p);

/* ---- client_files.c ------------------------------------------------------------- */

const char *shub__s3_getenv(const char *name, void *user);
/* All of a file into `out`. Errors: SHUB_E_NOT_FOUND, SHUB_E_IO, SHUB_E_LIMIT (its
 * maximum), SHUB_E_NOMEM. */
shub_status shub__s3_file_read(const char *path, shub__buf *out, shub_error *err);
/* Both files of profiles, those that are there. */
shub_status shub__s3_profiles_load(shub__profiles *profiles, shub_error *err);

#endif
