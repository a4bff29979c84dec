/* A client on a simulated S3: what the tests of the client share. */
#ifndef TESTS_SUPPORT_S3_STORE_H
#define TESTS_SUPPORT_S3_STORE_H

#include "simulators/s3.h"
#include "support/suite.h"

#define BUCKET SHUB_LIT("bucket")

typedef struct store {
    s3_sim *sim;
    shub_s3 *s3;
    shub_s3_options opts; /* the client's */
    char endpoint[64];
} store;

/* Starts a server and opens a client that knows it; `opts` (nullable) says the rest. */
static inline void store_open(store *s, const shub_s3_options *opts)
{
    static const shub_s3_options init = SHUB_S3_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;

    s->sim = s3_sim_start(NULL);
    ck_assert_ptr_nonnull(s->sim);
    snprintf(s->endpoint, sizeof s->endpoint, "http://127.0.0.1:%u", s3_sim_port(s->sim));
    s->opts = opts ? *opts : init;
    if (!s->opts.endpoint)
        s->opts.endpoint = s->endpoint;
    if (!s->opts.access_key) {
        s->opts.access_key = S3_SIM_ACCESS;
        s->opts.secret_key = S3_SIM_SECRET;
    }
    s->opts.seed = 1;
    ck_assert_msg(shub_s3_open(&s->opts, &s->s3, &err) == SHUB_OK, "%s", err.message);
}

static inline void store_close(store *s)
{
    shub_s3_close(s->s3);
    s3_sim_stop(s->sim);
}

/* Opens the client anew, as another process would. */
static inline void store_reopen(store *s)
{
    shub_error err = SHUB_ERROR_INIT;

    shub_s3_close(s->s3);
    ck_assert_msg(shub_s3_open(&s->opts, &s->s3, &err) == SHUB_OK, "%s", err.message);
}

static inline void script(store *s, const char *line)
{
    const char *wrong = s3_sim_script(s->sim, line);

    ck_assert_msg(!wrong, "%s: %s", line, wrong);
}

#define ck_ok(call)                                                                      \
    do {                                                                                 \
        shub_status ck_ok_ = (call);                                                     \
        ck_assert_msg(ck_ok_ == SHUB_OK, "%s gave %s: %s", #call,                        \
                      shub_status_name(ck_ok_), err.message);                            \
    } while (0)

#endif
