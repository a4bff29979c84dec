#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/trace.h"
#include "net/loop.h"
#include "net/url.h"
#include "s3/client_provider.h"

#include <string.h>

#define RETRY_MS     50 /* before the second attempt; doubled for each further one */
#define RETRY_MAX_MS 1000

/* A row a step. Attempts are the AWS SDKs' own. */
static const struct row {
    const char *name; /* for traces */
    const char *from; /* for messages */
    int attempts;
    shub__s3_send_fn *send;
    shub__s3_take_fn *take;
} rows[SHUB__S3_STEPS] = {
    [SHUB__S3_STEP_INSTANCE_TOKEN] = {"instance_token",
                                      "no credentials elsewhere, metadata service", 2,
                                      shub__s3_send_instance_token,
                                      shub__s3_take_instance_token},
    [SHUB__S3_STEP_INSTANCE_ROLE] = {"instance_role", "metadata service", 2,
                                     shub__s3_send_instance_role,
                                     shub__s3_take_instance_role},
    [SHUB__S3_STEP_INSTANCE_KEYS] = {"instance_keys", "metadata service", 2,
                                     shub__s3_send_instance_keys,
                                     shub__s3_take_instance_keys},
    [SHUB__S3_STEP_CONTAINER] = {"container", "container credentials", 3,
                                 shub__s3_send_container, shub__s3_take_container},
    [SHUB__S3_STEP_WEB_IDENTITY] = {"web_identity", "token service", 3,
                                    shub__s3_send_web_identity, shub__s3_take_sts},
    [SHUB__S3_STEP_ASSUME_ROLE] = {"assume_role", "token service", 3,
                                   shub__s3_send_assume_role, shub__s3_take_sts},
};

/* ---- end ----------------------------------------------------------------------- */

void shub__s3_fetch_end(shub__s3_provider *p, shub_status status, const shub_error *err)
{
    int waiting = p->waiting;

    p->fetching = 0;
    p->waiting = 0;
    shub__free_secret(p->instance_token);
    p->instance_token = NULL;
    shub__s3_provider_settle(p, status, err);
    shub__s3_keys_fini(&p->found);
    if (waiting)
        p->ready(p->ready_user);
}

void shub__s3_fetch_abandon(shub__s3_provider *p)
{
    shub__timer_cancel(&p->timer);
    shub__http_cancel(p->http);
    p->http = NULL;
    shub__process_end(p->process);
    p->process = NULL;
    shub__buf_fini(&p->output);
    shub__free_secret(p->instance_token);
    p->instance_token = NULL;
    shub__s3_keys_fini(&p->found);
    p->fetching = 0;
    p->waiting = 0;
}

/* ---- steps --------------------------------------------------------------------- */

static void attempt(shub__s3_provider *p)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = rows[p->step].send(p, &err);

    if (status != SHUB_OK)
        shub__s3_fetch_end(p, status, &err);
}

static void begin_step(shub__s3_provider *p, shub__s3_step step)
{
    p->step = step;
    p->attempt = 1;
    attempt(p);
}

void shub__s3_fetch_next(shub__s3_provider *p)
{
    if (p->chain.source == SHUB__S3_FROM_INSTANCE && !p->found.access_key)
        begin_step(p, p->step == SHUB__S3_STEP_INSTANCE_TOKEN
                          ? SHUB__S3_STEP_INSTANCE_ROLE
                          : SHUB__S3_STEP_INSTANCE_KEYS);
    else if (p->roles_left)
        begin_step(p, SHUB__S3_STEP_ASSUME_ROLE);
    else
        shub__s3_fetch_end(p, SHUB_OK, NULL);
}

/* Between a half and the whole: requests of many machines part. */
static int64_t retry_delay(shub__s3_provider *p)
{
    int64_t max_ms = (int64_t)RETRY_MS << (p->attempt - 1);

    if (max_ms > RETRY_MAX_MS)
        max_ms = RETRY_MAX_MS;
    return max_ms / 2 + (int64_t)shub__random_below(&p->random, (uint64_t)max_ms / 2 + 1);
}

static void on_done(const shub__http_result *result, void *user)
{
    shub__s3_provider *p = user;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = result->status;
    int again = shub__http_is_transient(status);

    p->http = NULL;
    if (status == SHUB_OK)
        status = rows[p->step].take(p, result, &again, &err);
    else
        (void)shub__fail(&err, status, SHUB_NONE, "%s: %.140s", rows[p->step].from,
                         result->err->message);
    if (status == SHUB_OK) {
        shub__s3_fetch_next(p);
    } else if (again && status != SHUB_E_NOMEM && p->attempt < rows[p->step].attempts) {
        shub__trace(SHUB_LEVEL_INFO, "s3 event=retry step=%s status=%s attempt=%d",
                    rows[p->step].name, shub_status_name(status), p->attempt);
        shub__timer_set(&p->timer, shub__loop_now_ms() + retry_delay(p));
        p->attempt++;
    } else {
        shub__s3_fetch_end(p, status, &err);
    }
}

/* A pin says whom to trust where the objects are; the token service may be another's. */
static int is_pinned(const shub__s3_provider *p, const char *url)
{
    char origin[SHUB__ORIGIN_MAX];

    if (!p->pin || !p->pinned_url)
        return 0;
    shub__url_origin(url, origin);
    return strcmp(origin, p->pinned_url) == 0;
}

shub_status shub__s3_fetch_send(shub__s3_provider *p, shub__http_request *req,
                                shub_error *err)
{
    shub_status status;

    req->ca_file = p->ca_file;
    req->pin = is_pinned(p, req->url) ? p->pin : NULL;
    req->insecure = p->insecure;
    req->secret = 1;
    status = shub__http_start(p->loop, req, on_done, p, &p->http, err);
    if (status == SHUB_OK)
        (*p->requests)++;
    return status;
}

/* ---- begin --------------------------------------------------------------------- */

static shub_status ask_callback(shub__s3_provider *p, shub_error *err)
{
    shub_s3_credentials got = SHUB_S3_CREDENTIALS_INIT;
    shub_status status = p->callback(p->callback_user, &got, err);

    if (status == SHUB_E_AGAIN)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "the credentials callback gave SHUB_E_AGAIN");
    if (status != SHUB_OK)
        return status;
    return shub__s3_keys_init(&p->found, "credentials callback", SHUB_E_CONTENT,
                              got.access_key, got.secret_key, got.session_token,
                              got.expires_us, err);
}

static shub_status copy_keys(shub__s3_provider *p, shub_error *err)
{
    const shub__s3_keys *k = &p->chain.keys;

    return shub__s3_keys_init(&p->found, "keys", SHUB_E_INVALID, shub_str(k->access_key),
                              shub_str(k->secret_key), shub_str(k->session_token), 0,
                              err);
}

void shub__s3_fetch_begin(shub__s3_provider *p)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = SHUB_OK;

    p->fetching = 1;
    p->roles_left = p->chain.role_count;
    switch (p->chain.source) {
    case SHUB__S3_FROM_WEB_IDENTITY:
        begin_step(p, SHUB__S3_STEP_WEB_IDENTITY);
        return;
    case SHUB__S3_FROM_CONTAINER:
        begin_step(p, SHUB__S3_STEP_CONTAINER);
        return;
    case SHUB__S3_FROM_INSTANCE:
        begin_step(p, SHUB__S3_STEP_INSTANCE_TOKEN);
        return;
    case SHUB__S3_FROM_PROCESS:
        status = shub__s3_process_begin(p, &err);
        if (status != SHUB_OK)
            shub__s3_fetch_end(p, status, &err);
        return;
    case SHUB__S3_FROM_CALLBACK:
        status = ask_callback(p, &err);
        break;
    case SHUB__S3_FROM_KEYS:
    case SHUB__S3_FROM_NOTHING:
        status = copy_keys(p, &err);
        break;
    }
    if (status == SHUB_OK)
        shub__s3_fetch_next(p);
    else
        shub__s3_fetch_end(p, status, &err);
}

void shub__s3_fetch_go_on(void *user)
{
    shub__s3_provider *p = user;

    if (p->process)
        shub__s3_process_look(p);
    else
        attempt(p);
}
