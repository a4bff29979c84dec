#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/trace.h"
#include "eagle/client.h"
#include "net/url.h"

#include <stdio.h>

#define BACKOFF_MAX_MS     30000 /* between two attempts */
#define RETRY_AFTER_MAX_MS 30000 /* longer wishes of a gateway count as this */
#define CGI_PATH           "/cgi-bin/cgi_manager"
#define REST_DOUBLINGS     4 /* of circuit_rest_ms: up to 16 times */

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
    if (eagle->speaks != SHUB_EAGLE_RELAY) /* which others share, and is there */
        eagle->peer->doubtful = status != SHUB_E_NOT_JOINED;
    if (eagle->opts.transport != SHUB_EAGLE_AUTO)
        return;
    if (!eagle->confirmed || shub__eagle_is_foreign(status)) {
        eagle->speaks = SHUB_EAGLE_AUTO;
        eagle->confirmed = 0;
    }
}

static void finish(shub_eagle *eagle, shub_status status)
{
    eagle->state = SHUB__EAGLE_DONE;
    eagle->status = status;
    count_failure(eagle, status);
    if (status != SHUB_OK)
        doubt(eagle, status);
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
        shub_eagle_parse_part(body, &reply, NULL) == SHUB_OK)
        keep_reply(eagle, reply);
}

static void accept_reading(shub_eagle *eagle, shub_eagle_reply *reply)
{
    size_t i;

    keep_reply(eagle, reply);
    eagle->confirmed = 1;
    if (eagle->command == SHUB_EAGLE_DEVICE_QUERY)
        eagle->left = 0; /* it answers all at once */
    for (i = 0; i < SHUB__EAGLE_READS; i++)
        if (shub__eagle_reads[i].command == eagle->command)
            eagle->left &= ~shub__eagle_reads[i].bit;
}

static int is_transient(const shub_eagle *eagle, shub_status status)
{
    return status == SHUB_E_NETWORK || status == SHUB_E_TIMEOUT ||
           status == SHUB_E_TRUNCATED || status == SHUB_E_OVERLOADED ||
           (status == SHUB_E_HTTP && eagle->err.http_status >= 500);
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

/* A probe of the circuit is one request, and stays that. */
static int is_stuck(const shub_eagle *eagle, shub_status status)
{
    return status == SHUB_E_OVERLOADED && eagle->err.http_status == 503 &&
           eagle->opts.unstick_ms && eagle->speaks == SHUB_EAGLE_100 &&
           eagle->nudged == SHUB__NUDGE_NOT &&
           eagle->failures < eagle->opts.circuit_failures;
}

/* The gap is counted from the end of a request, one millisecond more for the clock's
 * grain, so that the gateway never sees less. */
static void keep_distance(shub_eagle *eagle, int64_t retry_after_us)
{
    int64_t gap_ms = eagle->opts.min_gap_ms + 1;
    int64_t wish_ms = retry_after_us / 1000;

    if (wish_ms > RETRY_AFTER_MAX_MS)
        wish_ms = RETRY_AFTER_MAX_MS;
    eagle->next_ms = shub__loop_now_ms() + (wish_ms > gap_ms ? wish_ms : gap_ms);
}

static void on_done(const shub__http_result *result, void *user)
{
    shub_eagle *eagle = user;
    shub_eagle_reply *reply;
    shub_status status;

    if (!eagle->started_ms)
        eagle->started_ms = result->started_ms;
    keep_distance(eagle, result->retry_after_us);
    status = shub__eagle_judge(eagle, result, &reply, &eagle->err);
    if (status == SHUB_OK && eagle->command == SHUB_EAGLE_DEVICE_LIST)
        status = accept_list(eagle, reply);
    else if (status == SHUB_OK)
        accept_reading(eagle, reply);

    if (status == SHUB_OK) {
        next(eagle);
    } else if (eagle->speaks == SHUB_EAGLE_AUTO && shub__eagle_is_foreign(status)) {
        /* Other than device_list's own answer, by a gateway that answers: a Z109 says
         * anything from nothing to a fragment. It is believed once a command of its own
         * works. */
        found(eagle, SHUB_EAGLE_100, 0);
        next(eagle);
    } else if (is_transient(eagle, status) && eagle->attempt + 1 < eagle->attempts_max) {
        retry(eagle, status);
    } else if (is_stuck(eagle, status)) {
        eagle->nudged = SHUB__NUDGE_DUE;
        shub__timer_set(&eagle->timer, eagle->next_ms);
    } else {
        if (status == SHUB_E_TRUNCATED && result->http_status / 100 == 2)
            keep_part(eagle, result->body);
        finish(eagle, status);
    }
}

/* ---- requests ------------------------------------------------------------------ */

/* All of a request but its body. */
static shub_status start(shub_eagle *eagle, const char *url, shub_slice body, int keep,
                         shub__http_done_fn *done, shub__http **http)
{
    const shub_eagle_options *o = &eagle->opts;
    const shub__http_header headers[] = {
        {"Content-Type", "text/xml"},
        {"Cloud-ID", o->cloud_id},
        {"User", o->user},
        {"Password", o->password},
    };
    int relay = eagle->speaks == SHUB_EAGLE_RELAY;
    shub__http_request req = {0};

    req.method = "POST";
    req.url = url;
    req.headers = headers;
    req.header_count = relay ? 4 : 1;
    req.body = body;
    if (!relay && o->install_code) {
        req.user = o->cloud_id;
        req.password = o->install_code;
    }
    req.ca_file = o->ca_file;
    req.pin = o->pin;
    req.insecure = o->insecure;
    req.deadline_ms = o->timeout_ms;
    req.max_body = SHUB_EAGLE_BODY_MAX;
    req.keep = keep;
    return shub__http_start(eagle->loop, &req, done, eagle, http, &eagle->err);
}

static shub_status send_body(shub_eagle *eagle, shub_slice body)
{
    if (eagle->http) /* but for the body they are all the same */
        return shub__http_again(eagle->http, body, &eagle->err);
    return start(eagle, eagle->opts.url, body, 1, on_done, &eagle->http);
}

/* Whatever cgi_manager says, the request that was refused comes next, and is the last. */
static void on_nudged(const shub__http_result *result, void *user)
{
    shub_eagle *eagle = user;
    int64_t due_ms = shub__loop_now_ms() + eagle->opts.unstick_ms;

    eagle->nudge = NULL;
    keep_distance(eagle, result->retry_after_us);
    if (eagle->next_ms < due_ms)
        eagle->next_ms = due_ms;
    shub__timer_set(&eagle->timer, eagle->next_ms);
}

/* As hastarin/eagle100 asks: without a MacId, which the client does not know. */
static shub_status send_nudge(shub_eagle *eagle)
{
    static const char body[] = "<Command>\n<Name>get_historical_data</Name>\n</Command>";
    char origin[SHUB__ORIGIN_MAX], url[SHUB__ORIGIN_MAX + sizeof CGI_PATH];

    eagle->nudged = SHUB__NUDGE_SENT;
    shub__trace(SHUB_LEVEL_INFO, "eagle event=unstick cloud_id=%s",
                eagle->opts.cloud_id ? eagle->opts.cloud_id : "");
    shub__url_origin(eagle->opts.url, origin);
    (void)snprintf(url, sizeof url, "%s" CGI_PATH, origin);
    return start(eagle, url, shub_str(body), 0, on_nudged, &eagle->nudge);
}

void shub__eagle_send(void *user)
{
    shub_eagle *eagle = user;
    shub_eagle_request_options request = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_status status;
    size_t len;

    if (eagle->nudged == SHUB__NUDGE_DUE) {
        if ((status = send_nudge(eagle)) != SHUB_OK)
            finish(eagle, status);
        return;
    }
    request.hardware_address = shub_str(eagle->meter);
    status = shub_eagle_request(eagle->command, &request, body, sizeof body, &len,
                                &eagle->err);
    if (status == SHUB_OK)
        status = send_body(eagle, shub_bytes(body, len));
    if (status != SHUB_OK)
        finish(eagle, status);
}

static shub_eagle_command choose_command(const shub_eagle *eagle)
{
    size_t i = 0;

    if (eagle->speaks == SHUB_EAGLE_AUTO ||
        (eagle->speaks == SHUB_EAGLE_200 && (!eagle->meter || eagle->listing)))
        return SHUB_EAGLE_DEVICE_LIST;
    if (eagle->speaks == SHUB_EAGLE_200)
        return SHUB_EAGLE_DEVICE_QUERY;
    while (!(shub__eagle_reads[i].bit & eagle->left))
        i++;
    return shub__eagle_reads[i].command;
}

/* Sends what is left to ask for, not before its time. */
static void next(shub_eagle *eagle)
{
    if (!eagle->left) {
        finish(eagle, SHUB_OK);
        return;
    }
    eagle->attempt = 0;
    eagle->command = choose_command(eagle);
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
    shub__eagle_forget_replies(eagle);
}
