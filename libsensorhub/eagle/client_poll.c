#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/trace.h"
#include "eagle/client.h"

#define BACKOFF_MAX_MS 30000 /* between two attempts */
#define REST_DOUBLINGS 4     /* of circuit_rest_ms: up to 16 times */

static void next(shub_eagle *eagle);

void shub__eagle_forget_replies(shub_eagle *eagle)
{
    while (eagle->reply_count)
        shub_eagle_reply_free(eagle->replies[--eagle->reply_count].reply);
}

static void forget_meter(shub_eagle *eagle)
{
    shub__free(eagle->meter);
    eagle->meter = NULL;
}

static void forget_radio(shub_eagle *eagle)
{
    shub__free(eagle->radio);
    eagle->radio = NULL;
    if (!eagle->opts.meter)
        eagle->named[0] = '\0';
}

/* ---- the end of a poll --------------------------------------------------------- */

static int64_t jitter(shub_eagle *eagle, int64_t max_ms)
{
    return (int64_t)shub__random_below(&eagle->random, (uint64_t)max_ms + 1);
}

static void open_circuit(shub_eagle *eagle)
{
    int64_t rest_ms = eagle->opts.circuit_rest_ms << eagle->rests;

    rest_ms += jitter(eagle, rest_ms / 4);
    if (eagle->rests < REST_DOUBLINGS)
        eagle->rests++;
    eagle->open_until_ms = shub__loop_now_ms() + rest_ms;
    shub__trace(SHUB_LEVEL_WARN, "eagle event=circuit_open cloud_id=%s rest_ms=%lld",
                eagle->opts.cloud_id ? eagle->opts.cloud_id : "", (long long)rest_ms);
}

static void count_failure(shub_eagle *eagle, shub_status status)
{
    if (status == SHUB_E_NOMEM)
        return;
    /* A gateway that says its meter is away is well itself. */
    if (status == SHUB_OK || status == SHUB_E_NOT_JOINED) {
        eagle->failures = 0;
        eagle->rests = 0;
        return;
    }
    if (eagle->failures < eagle->opts.circuit_failures)
        eagle->failures++;
    if (eagle->failures == eagle->opts.circuit_failures)
        open_circuit(eagle);
}

/* What was believed about the gateway is asked again where a failure puts it in doubt:
 * its address too, which may belong to another machine by now. */
static void doubt(shub_eagle *eagle, shub_status status)
{
    forget_meter(eagle);
    if (status != SHUB_E_NOT_JOINED)
        forget_radio(eagle);
    if (eagle->speaks != SHUB_EAGLE_RELAY) /* which others share, and is there */
        eagle->peer->doubtful = status != SHUB_E_NOT_JOINED;
    if (eagle->opts.transport != SHUB_EAGLE_AUTO)
        return;
    if (!eagle->confirmed || shub__eagle_is_foreign(status) ||
        shub__eagle_is_missing(&eagle->err)) {
        eagle->speaks = SHUB_EAGLE_AUTO;
        eagle->confirmed = 0;
    }
}

static int is_transient(const shub_eagle *eagle, shub_status status)
{
    return shub__http_is_transient(status) || status == SHUB_E_OVERLOADED ||
           (status == SHUB_E_HTTP && eagle->err.http_status >= 500);
}

/* A command that is refused says nothing about the gateway's health, and one to the REST
 * API nothing at all. */
static int says_how_it_is(const shub_eagle *eagle, shub_status status)
{
    return !eagle->sent || (eagle->place != SHUB__EAGLE_AT_REST &&
                            (status == SHUB_OK || is_transient(eagle, status)));
}

void shub__eagle_finish(shub_eagle *eagle, shub_status status)
{
    eagle->state = SHUB__EAGLE_DONE;
    eagle->status = status;
    if (says_how_it_is(eagle, status)) {
        count_failure(eagle, status);
        if (status != SHUB_OK)
            doubt(eagle, status);
    }
    shub__trace(status == SHUB_OK ? SHUB_LEVEL_DEBUG : SHUB_LEVEL_WARN,
                "eagle event=polled cloud_id=%s status=%s replies=%zu",
                eagle->opts.cloud_id ? eagle->opts.cloud_id : "",
                shub_status_name(status), eagle->reply_count);
    if (eagle->on_finish)
        eagle->on_finish(eagle->user);
}

/* ---- answers ------------------------------------------------------------------- */

static void found(shub_eagle *eagle, shub_eagle_transport transport, int confirmed)
{
    eagle->speaks = transport;
    eagle->confirmed = confirmed;
    shub__trace(SHUB_LEVEL_INFO, "eagle event=found cloud_id=%s transport=%d sure=%d",
                eagle->opts.cloud_id ? eagle->opts.cloud_id : "", (int)transport,
                confirmed);
}

static void keep_reply(shub_eagle *eagle, shub_eagle_reply *reply)
{
    if (!reply)
        return;
    eagle->replies[eagle->reply_count].reply = reply;
    eagle->replies[eagle->reply_count].arrival_us = shub__clock_now(&eagle->opts.clock);
    eagle->reply_count++;
}

static shub_status accept_list(shub_eagle *eagle, shub_eagle_reply *reply)
{
    shub_status status;

    if (eagle->speaks == SHUB_EAGLE_AUTO)
        found(eagle, SHUB_EAGLE_200, 1);
    if (eagle->listing) {
        keep_reply(eagle, reply);
        eagle->left = 0;
        return SHUB_OK;
    }
    status = shub__eagle_choose_meter(eagle, reply, &eagle->meter, &eagle->err);
    shub_eagle_reply_free(reply);
    return status;
}

/* What stands whole in an answer that breaks off was measured all the same. */
static void keep_part(shub_eagle *eagle, shub_slice body)
{
    shub_eagle_reply *reply;

    if (eagle->command != SHUB_EAGLE_DEVICE_LIST &&
        eagle->command != SHUB_EAGLE_GET_DEVICE_LIST && !eagle->sent &&
        shub_eagle_parse_part(body, &reply, NULL) == SHUB_OK)
        keep_reply(eagle, reply);
}

static shub_status accept_radio(shub_eagle *eagle, shub_eagle_reply *reply)
{
    shub_status status = shub__eagle_choose_radio(reply, &eagle->radio, &eagle->err);

    if (eagle->opts.transport == SHUB_EAGLE_AUTO && !eagle->sent && !eagle->confirmed)
        found(eagle, SHUB_EAGLE_CGI, 1);
    shub_eagle_reply_free(reply);
    return status;
}

/* get_usage_data names no meter, get_network_info in the same body does. */
static void learn_name(shub_eagle *eagle, const shub_eagle_reply *reply)
{
    shub_slice meter = shub_eagle_reading_meter(shub_eagle_reply_at(reply, 0));

    if (meter.len && !eagle->opts.meter)
        (void)shub__eagle_write_mac(meter, eagle->named);
}

static void accept_reading(shub_eagle *eagle, shub_eagle_reply *reply)
{
    size_t i;

    keep_reply(eagle, reply);
    eagle->confirmed = 1;
    if (eagle->command == SHUB_EAGLE_GET_USAGE_DATA)
        learn_name(eagle, reply);
    if (eagle->command == SHUB_EAGLE_DEVICE_QUERY || eagle->place == SHUB__EAGLE_AT_CGI)
        eagle->left = 0; /* they answer all at once */
    for (i = 0; i < SHUB__EAGLE_READS; i++)
        if (shub__eagle_reads[i].command == eagle->command)
            eagle->left &= ~shub__eagle_reads[i].bit;
}

static shub_status accept(shub_eagle *eagle, shub_eagle_reply *reply)
{
    if (shub__eagle_own(eagle)) {
        keep_reply(eagle, reply);
        eagle->left = 0;
        return SHUB_OK;
    }
    if (eagle->command == SHUB_EAGLE_DEVICE_LIST)
        return accept_list(eagle, reply);
    if (eagle->command == SHUB_EAGLE_GET_DEVICE_LIST)
        return accept_radio(eagle, reply);
    accept_reading(eagle, reply);
    return SHUB_OK;
}

static void retry(shub_eagle *eagle, shub_status status)
{
    int64_t max_ms = 2 * eagle->opts.min_gap_ms << eagle->attempt;

    eagle->attempt++;
    eagle->next_ms += jitter(eagle, max_ms < BACKOFF_MAX_MS ? max_ms : BACKOFF_MAX_MS);
    shub__trace(SHUB_LEVEL_INFO,
                "eagle event=retry cloud_id=%s command=%s status=%s attempt=%d",
                eagle->opts.cloud_id ? eagle->opts.cloud_id : "",
                shub_eagle_command_name(eagle->command), shub_status_name(status),
                eagle->attempt);
    shub__timer_set(&eagle->timer, eagle->next_ms);
}

static int may_repeat(const shub_eagle *eagle)
{
    const shub__eagle_sent *own = shub__eagle_own(eagle);

    return !own || !own->once;
}

/* A probe of the circuit is one request, and stays that. */
static int is_stuck(const shub_eagle *eagle, shub_status status)
{
    return status == SHUB_E_OVERLOADED && eagle->err.http_status == 503 &&
           eagle->opts.unstick_ms && eagle->nudged == SHUB__NUDGE_NOT &&
           (eagle->speaks == SHUB_EAGLE_100 || eagle->speaks == SHUB_EAGLE_CGI) &&
           may_repeat(eagle) && eagle->failures < eagle->opts.circuit_failures;
}

/* What else a gateway may be that does not know the command, or SHUB_EAGLE_AUTO. A Z109
 * answers device_list by anything from nothing to a fragment; one with older firmware has
 * no post_manager, which may mean any answer too. An Error to a command of its own it
 * would only say if it knew the command. Each is believed once a command of its own
 * works. */
static shub_eagle_transport what_else(const shub_eagle *eagle, shub_status status,
                                      const shub_error *err)
{
    int missing = shub__eagle_is_missing(err);
    int foreign = shub__eagle_is_foreign(status);

    if (eagle->opts.transport != SHUB_EAGLE_AUTO || eagle->confirmed || eagle->sent)
        return SHUB_EAGLE_AUTO;
    if (eagle->speaks == SHUB_EAGLE_AUTO && foreign)
        return SHUB_EAGLE_100;
    if (eagle->speaks == SHUB_EAGLE_AUTO && missing)
        return SHUB_EAGLE_CGI;
    if (eagle->speaks == SHUB_EAGLE_100 &&
        (missing || (foreign && status != SHUB_E_REMOTE)))
        return SHUB_EAGLE_CGI;
    return SHUB_EAGLE_AUTO;
}

/* Of a gateway that is none of all, what it said to the question before tells more. */
static shub_status choose_error(shub_eagle *eagle, shub_status status,
                                const shub_error *err)
{
    int guess = eagle->opts.transport == SHUB_EAGLE_AUTO && !eagle->confirmed;

    if (guess && eagle->speaks == SHUB_EAGLE_CGI && !eagle->sent &&
        (shub__eagle_is_foreign(status) || shub__eagle_is_missing(err)))
        return eagle->err.code;
    eagle->err = *err;
    return status;
}

static void on_failure(shub_eagle *eagle, shub_status status,
                       const shub__http_result *result)
{
    if (is_transient(eagle, status) && may_repeat(eagle) &&
        eagle->attempt + 1 < eagle->attempts_max) {
        retry(eagle, status);
    } else if (is_stuck(eagle, status)) {
        eagle->nudged = SHUB__NUDGE_DUE;
        shub__timer_set(&eagle->timer, eagle->next_ms);
    } else {
        if (status == SHUB_E_TRUNCATED && result->http_status / 100 == 2)
            keep_part(eagle, result->body);
        shub__eagle_finish(eagle, status);
    }
}

void shub__eagle_on_done(const shub__http_result *result, void *user)
{
    shub_eagle *eagle = user;
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_transport other;
    shub_eagle_reply *reply;
    shub_status status;

    if (!eagle->started_ms)
        eagle->started_ms = result->started_ms;
    shub__eagle_keep_distance(eagle, result->retry_after_us);
    status = shub__eagle_judge(eagle, result, &reply, &err);
    other = status == SHUB_OK ? SHUB_EAGLE_AUTO : what_else(eagle, status, &err);
    if (status != SHUB_OK)
        status = choose_error(eagle, status, &err);
    else
        status = accept(eagle, reply);

    if (status == SHUB_OK) {
        next(eagle);
    } else if (other != SHUB_EAGLE_AUTO) {
        found(eagle, other, 0);
        next(eagle);
    } else {
        on_failure(eagle, status, result);
    }
}

/* ---- what to ask --------------------------------------------------------------- */

static shub_eagle_command choose_cgi(const shub_eagle *eagle)
{
    if (!eagle->radio)
        return SHUB_EAGLE_GET_DEVICE_LIST;
    return eagle->listing ? SHUB_EAGLE_GET_NETWORK_INFO : SHUB_EAGLE_GET_USAGE_DATA;
}

static shub_eagle_command choose_command(const shub_eagle *eagle)
{
    size_t i = 0;

    if (eagle->speaks == SHUB_EAGLE_AUTO ||
        (eagle->speaks == SHUB_EAGLE_200 && (!eagle->meter || eagle->listing)))
        return SHUB_EAGLE_DEVICE_LIST;
    if (eagle->speaks == SHUB_EAGLE_200)
        return SHUB_EAGLE_DEVICE_QUERY;
    if (eagle->speaks == SHUB_EAGLE_CGI)
        return choose_cgi(eagle);
    while (!(shub__eagle_reads[i].bit & eagle->left))
        i++;
    return shub__eagle_reads[i].command;
}

/* Sends what is left to ask for, not before its time. */
static void next(shub_eagle *eagle)
{
    if (!eagle->left) {
        shub__eagle_finish(eagle, SHUB_OK);
        return;
    }
    eagle->attempt = 0;
    if (eagle->sent) {
        shub__eagle_choose_sent(eagle);
    } else {
        eagle->command = choose_command(eagle);
        eagle->place =
            eagle->speaks == SHUB_EAGLE_CGI ? SHUB__EAGLE_AT_CGI : SHUB__EAGLE_AT_POST;
    }
    shub__timer_set(&eagle->timer, eagle->next_ms);
}

void shub__eagle_begin(shub_eagle *eagle)
{
    static const shub_error init = SHUB_ERROR_INIT;
    int probe = eagle->failures == eagle->opts.circuit_failures;
    int retries = eagle->opts.retries == SHUB_NONE || probe ? 0 : eagle->opts.retries;

    shub__eagle_forget_replies(eagle);
    eagle->state = SHUB__EAGLE_RUNNING;
    eagle->left = eagle->listing ? SHUB_EAGLE_READ_NETWORK : eagle->opts.reads;
    eagle->started_ms = 0;
    eagle->attempts_max = 1 + retries;
    eagle->nudged = SHUB__NUDGE_NOT;
    eagle->status = SHUB_OK;
    eagle->err = init;
    next(eagle);
}

void shub__eagle_abandon(shub_eagle *eagle)
{
    shub__timer_cancel(&eagle->timer);
    shub__http_cancel(eagle->http);
    eagle->http = NULL;
    shub__http_cancel(eagle->nudge);
    eagle->nudge = NULL;
    eagle->state = SHUB__EAGLE_IDLE;
    eagle->listing = 0;
    shub__eagle_forget_sent(eagle);
    shub__eagle_forget_replies(eagle);
}
