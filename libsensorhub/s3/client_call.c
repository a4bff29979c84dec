/* One call's attempts. Each is signed anew: the clock, the keys and the region may have
 * been learnt since. */
#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "base/trace.h"
#include "s3/client.h"

#include <string.h>

#define LEARNT_MAX 4 /* times that a call learns something and tries again at once */

/* Full jitter below base * 2^attempt (Amazon's SDKs: 50 ms to 100 ms, throttled 1 s; at
 * most 20 s). */
#define BACKOFF_MS          100
#define BACKOFF_THROTTLE_MS 1000
#define BACKOFF_MAX_MS      20000

/* The retry budget of Amazon's SDKs ("standard" mode): a server in trouble is not made
 * worse by all of a program's calls trying again. */
#define TOKENS_MAX     500
#define TOKENS_RETRY   5
#define TOKENS_TIMEOUT 10
#define TOKENS_CLEAN   1

/* A longer Retry-After is not waited for: calls block. */
#define WISH_MAX_MS ((int64_t)5 * 60 * 1000)

static void attempt(void *user);

/* ---- init, fini ----------------------------------------------------------------- */

shub_status shub__s3_call_init(shub__s3_call *call, shub_s3 *s3, shub__s3_op op,
                               shub_slice bucket, shub_slice key, shub_error *err)
{
    shub_status status;

    memset(call, 0, sizeof *call);
    call->s3 = s3;
    shub__buf_init(&call->headers, SHUB__HTTP_HEADERS_MAX);
    shub__buf_init(&call->body, SHUB__S3_BODY_MAX);
    shub__buf_init(&call->signed_by, SHUB__S3_KEY_TEXT_MAX);
    status = shub__s3_request_init(&call->req, op, bucket, key, err);
    if (status == SHUB_OK)
        status = shub__timer_join(shub__loop_timers(s3->loop), &call->timer, attempt,
                                  call, err);
    return status;
}

static void leave(shub__s3_call *call)
{
    if (call->prev)
        call->prev->next = call->next;
    else if (call->s3->calls == call)
        call->s3->calls = call->next;
    if (call->next)
        call->next->prev = call->prev;
    call->prev = call->next = NULL;
}

static void join(shub__s3_call *call)
{
    call->next = call->s3->calls;
    if (call->next)
        call->next->prev = call;
    call->s3->calls = call;
}

void shub__s3_call_fini(shub__s3_call *call)
{
    if (!call->s3)
        return;
    shub__http_cancel(call->http);
    leave(call);
    shub__timer_leave(&call->timer);
    shub__buf_fini(&call->headers);
    shub__buf_fini(&call->body);
    shub__buf_fini(&call->signed_by);
    shub__s3_request_fini(&call->req);
    call->s3 = NULL;
}

/* ---- the end of a call ---------------------------------------------------------- */

static void finish(shub__s3_call *call, shub_status status)
{
    call->state = SHUB__S3_DONE;
    call->status = status;
    leave(call);
    shub__trace(status == SHUB_OK ? SHUB_LEVEL_DEBUG : SHUB_LEVEL_INFO,
                "s3 event=call op=%s status=%s http=%d attempts=%d",
                shub__s3_calls[call->req.op].name, shub_status_name(status),
                call->http_status, call->attempt + 1);
    if (call->done)
        call->done(call, call->user);
}

static void fail(shub__s3_call *call, shub_status status)
{
    if (call->err.code == SHUB_OK)
        call->err.code = status;
    finish(call, status);
}

/* ---- trying again --------------------------------------------------------------- */

static int take_tokens(shub__s3_call *call, shub_status status)
{
    int cost = status == SHUB_E_TIMEOUT ? TOKENS_TIMEOUT : TOKENS_RETRY;

    if (call->s3->tokens < cost)
        return 0;
    call->s3->tokens -= cost;
    call->paid = cost;
    return 1;
}

static void give_tokens(const shub__s3_call *call)
{
    shub_s3 *s3 = call->s3;

    s3->tokens += call->paid ? call->paid : TOKENS_CLEAN;
    if (s3->tokens > TOKENS_MAX)
        s3->tokens = TOKENS_MAX;
    if (s3->throttles > 0)
        s3->throttles--;
}

static int64_t backoff_ms(shub_s3 *s3, int64_t base_ms, int attempt_count)
{
    int64_t max_ms = BACKOFF_MAX_MS;

    if (attempt_count < 16 && base_ms << attempt_count < max_ms)
        max_ms = base_ms << attempt_count;
    return (int64_t)shub__random_below(&s3->random, (uint64_t)max_ms + 1);
}

static void wait_until(shub__s3_call *call, int64_t due_ms)
{
    call->state = SHUB__S3_WAITING_TIME;
    shub__timer_set(&call->timer, due_ms);
}

/* One answer that says SlowDown slows every call of the client. */
static void slow_down(shub_s3 *s3, int64_t wait_ms)
{
    int64_t until_ms = shub__loop_now_ms() + wait_ms;

    s3->stats.throttled++;
    if (shub__loop_now_ms() >= s3->slow_until_ms) /* else it is of the same burst */
        s3->throttles++;
    if (until_ms > s3->slow_until_ms)
        s3->slow_until_ms = until_ms;
}

static int may_retry(shub__s3_call *call, shub_status status)
{
    int retries = call->s3->opts.retries == SHUB_NONE ? 0 : call->s3->opts.retries;

    if (call->once || (call->sunk && !call->resume))
        return 0;
    return call->attempt < retries && take_tokens(call, status);
}

static int64_t wait_before_retry(const shub__s3_call *call, int slow, int64_t wish_us)
{
    shub_s3 *s3 = call->s3;
    int64_t wish_ms = wish_us / 1000 < WISH_MAX_MS ? wish_us / 1000 : WISH_MAX_MS;
    int64_t wait_ms = backoff_ms(s3, slow ? BACKOFF_THROTTLE_MS : BACKOFF_MS,
                                 slow ? s3->throttles : call->attempt);

    return wish_ms > wait_ms ? wish_ms : wait_ms;
}

static void retry(shub__s3_call *call, shub_status status, int64_t wait_ms)
{
    call->attempt++;
    call->s3->stats.retries++;
    shub__trace(SHUB_LEVEL_INFO, "s3 event=retry op=%s status=%s attempt=%d wait_ms=%lld",
                shub__s3_calls[call->req.op].name, shub_status_name(status),
                call->attempt, (long long)wait_ms);
    wait_until(call, shub__loop_now_ms() + wait_ms);
}

static int learn_clock(shub_s3 *s3, int64_t server_us)
{
    int64_t off_us = server_us - shub__s3_now(s3);

    if (server_us == SHUB_NONE ||
        (off_us <= SHUB__S3_SKEW_US && off_us >= -SHUB__S3_SKEW_US))
        return 0;
    s3->stats.skew_us += off_us;
    s3->lessons++;
    shub__trace(SHUB_LEVEL_WARN, "s3 event=skew seconds=%lld",
                (long long)(s3->stats.skew_us / SHUB_SECOND_US));
    return 1;
}

static int learn_region(const shub__s3_call *call)
{
    shub_s3 *s3 = call->s3;
    shub_slice region = shub_str(call->fault.region);

    if (!region.len ||
        shub_slice_equal(region, shub__s3_region_of(s3, call->req.bucket)) ||
        shub__s3_learn_region(s3, call->req.bucket, region, NULL) != SHUB_OK)
        return 0;
    s3->lessons++;
    return 1;
}

/* What was learnt from another call's answer since this one was signed counts too. */
static int can_learn(const shub__s3_call *call)
{
    shub_s3 *s3 = call->s3;
    int is_outdated = s3->lessons != call->lessons;

    switch (call->fault.advice) {
    case SHUB__S3_SKEW:
        return learn_clock(s3, call->fault.server_time_us) || is_outdated;
    case SHUB__S3_REGION:
        return learn_region(call) || is_outdated;
    case SHUB__S3_REFRESH:
        /* Others may have come since, or be on their way. */
        return s3->provider && call->signed_by.len &&
               shub__s3_provider_refused(s3->provider, call->signed_by.ptr);
    default:
        return 0;
    }
}

/* What the answer taught, so that the next attempt may succeed: 1 when it did. */
static int learn(shub__s3_call *call)
{
    if (call->learnt == LEARNT_MAX || !can_learn(call))
        return 0;
    call->learnt++;
    return 1;
}

/* ---- answers -------------------------------------------------------------------- */

static void keep_answer(shub__s3_call *call, const shub__http_result *result)
{
    call->http_status = result->http_status;
    shub__buf_clear(&call->headers);
    shub__buf_clear(&call->body);
    shub__buf_slice(&call->headers, result->headers);
    shub__buf_slice(&call->body, result->body);
}

static shub_status judge(shub__s3_call *call, const shub__http_result *result)
{
    static const shub_error init = SHUB_ERROR_INIT;
    shub_status status;

    call->err = init;
    memset(&call->fault, 0, sizeof call->fault);
    if (result->status != SHUB_OK) {
        call->err = *result->err;
        call->fault.advice =
            shub__http_is_transient(result->status) ? SHUB__S3_RETRY : SHUB__S3_FINAL;
        return result->status;
    }
    if (shub__buf_check(&call->body, "answer", &call->err) != SHUB_OK ||
        shub__buf_check(&call->headers, "answer's head", &call->err) != SHUB_OK)
        return (shub_status)call->err.code;
    status =
        shub__s3_judge(call->req.op, result->http_status, result->headers, result->body,
                       shub__s3_has_condition(&call->req), &call->fault, &call->err);
    shub__s3_provider_mask(call->s3->provider, &call->err);
    return status;
}

/* Where the sink's own status ended it, that counts. */
static shub_status sink_status(const shub__s3_call *call, shub_status status)
{
    return status == SHUB_E_LIMIT && call->status != SHUB_OK ? call->status : status;
}

static void on_done(const shub__http_result *result, void *user)
{
    shub__s3_call *call = user;
    shub_error sunk = call->err;
    shub_status status;
    int slow, can_retry;
    int64_t wait_ms;

    call->http = NULL;
    call->s3->stats.bytes_received += result->body.len;
    keep_answer(call, result);
    status = judge(call, result);
    if (sink_status(call, status) != status) {
        call->err = sunk;
        fail(call, call->status);
        return;
    }
    if (status == SHUB_OK) {
        give_tokens(call);
        call->s3->stats.bytes_sent += call->req.body.len;
        finish(call, SHUB_OK);
        return;
    }
    slow = call->fault.advice == SHUB__S3_SLOW;
    can_retry = slow || call->fault.advice == SHUB__S3_RETRY;
    wait_ms = wait_before_retry(call, slow, result->retry_after_us);
    if (slow)
        slow_down(call->s3, wait_ms);
    if (learn(call))
        wait_until(call, shub__loop_now_ms());
    else if (can_retry && may_retry(call, status))
        retry(call, status, wait_ms);
    else
        fail(call, status);
}

static int on_bytes(shub_slice bytes, void *user)
{
    shub__s3_call *call = user;

    call->s3->stats.bytes_received += bytes.len;
    call->attempt = 0; /* what fails now, fails anew */
    call->status = call->sink(bytes, call->sink_user, &call->err);
    call->sunk += (int64_t)bytes.len;
    call->sunk_now += (int64_t)bytes.len;
    return call->status == SHUB_OK;
}

/* ---- an attempt ----------------------------------------------------------------- */

/* The keys to sign with, NULL for none; a refusal is of these, whichever there are then.
 * Errors: SHUB_E_AGAIN (being fetched). */
static shub_status get_keys(shub__s3_call *call, const shub__s3_keys **keys)
{
    shub_s3 *s3 = call->s3;
    shub_status status;

    *keys = NULL;
    shub__buf_clear(&call->signed_by);
    if (!s3->provider)
        return SHUB_OK;
    status = shub__s3_provider_get(s3->provider, shub__s3_now(s3), keys, &call->err);
    if (status != SHUB_OK || !*keys)
        return status;
    shub__buf_text(&call->signed_by, (*keys)->access_key);
    return shub__buf_check(&call->signed_by, "access key", &call->err);
}

static void attempt(void *user)
{
    shub__s3_call *call = user;
    shub_s3 *s3 = call->s3;
    const shub__s3_keys *keys;
    shub_status status;

    if (shub__loop_now_ms() < s3->slow_until_ms) {
        wait_until(call, s3->slow_until_ms + backoff_ms(s3, BACKOFF_MS, 0));
        return;
    }
    status = get_keys(call, &keys);
    if (status == SHUB_E_AGAIN) {
        call->state = SHUB__S3_WAITING_KEYS;
        return;
    }
    call->state = SHUB__S3_RUNNING;
    call->sunk_now = 0;
    call->lessons = s3->lessons;
    if (status == SHUB_OK && call->sunk && call->resume)
        status = call->resume(call, &call->err);
    if (status == SHUB_OK)
        status = shub__s3_send(call, keys, on_done, on_bytes, &call->err);
    if (status != SHUB_OK)
        fail(call, status);
}

void shub__s3_keys_ready(void *user)
{
    shub_s3 *s3 = user;

    for (shub__s3_call *call = s3->calls; call; call = call->next)
        if (call->state == SHUB__S3_WAITING_KEYS)
            wait_until(call, shub__loop_now_ms());
}

void shub__s3_call_start(shub__s3_call *call)
{
    static const shub_error init = SHUB_ERROR_INIT;

    call->err = init;
    call->status = SHUB_OK;
    call->attempt = call->learnt = call->paid = 0;
    call->sunk = 0;
    join(call);
    wait_until(call, shub__loop_now_ms());
}

shub_status shub__s3_call_run(shub__s3_call *call, shub_error *err)
{
    shub_status status = SHUB_OK;

    shub__s3_call_start(call);
    while (call->state != SHUB__S3_DONE && status == SHUB_OK)
        status = shub_loop_run_once(call->s3->loop, SHUB_NONE, &call->err);
    if (status != SHUB_OK)
        call->status = status; /* the loop's own */
    if (call->status != SHUB_OK && err)
        *err = call->err;
    return call->status;
}

shub_status shub__s3_call_remove(shub__s3_call *call, shub_error *err)
{
    shub_status status = shub__s3_call_run(call, err);

    if (status == SHUB_E_NOT_FOUND && strcmp(call->fault.code, "NoSuchBucket") != 0)
        return SHUB_OK;
    return status;
}
