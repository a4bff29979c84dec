#include "base/error.h"
#include "base/mem.h"
#include "base/trace.h"
#include "eagle/client.h"
#include "net/url.h"

#include <stdio.h>

#define RETRY_AFTER_MAX_MS 30000 /* longer wishes of a gateway count as this */
#define CGI_PATH           "/cgi-bin/cgi_manager"
#define URL_MAX            (SHUB__ORIGIN_MAX + 512)

/* The gap is counted from the end of a request, one millisecond more for the clock's
 * grain, so that the gateway never sees less. */
void shub__eagle_keep_distance(shub_eagle *eagle, int64_t retry_after_us)
{
    int64_t gap_ms = eagle->opts.min_gap_ms + 1;
    int64_t wish_ms = retry_after_us / 1000;

    if (wish_ms > RETRY_AFTER_MAX_MS)
        wish_ms = RETRY_AFTER_MAX_MS;
    eagle->next_ms = shub__loop_now_ms() + (wish_ms > gap_ms ? wish_ms : gap_ms);
}

/* ---- requests ------------------------------------------------------------------ */

/* Lifetime: of `dst` or the options. */
static const char *url_of(const shub_eagle *eagle, shub__eagle_place place,
                          char dst[URL_MAX])
{
    const shub_eagle_options *o = &eagle->opts;
    char origin[SHUB__ORIGIN_MAX];

    if (place == SHUB__EAGLE_AT_REST) {
        (void)snprintf(dst, URL_MAX, "%s/device/d8d5b9%s/command", o->rest_url,
                       o->cloud_id);
        return dst;
    }
    if (place == SHUB__EAGLE_AT_POST || o->transport == SHUB_EAGLE_CGI)
        return o->url;
    shub__url_origin(o->url, origin);
    (void)snprintf(dst, URL_MAX, "%s" CGI_PATH, origin);
    return dst;
}

/* All of a request but its body. What the options say of the gateway's certificate is not
 * for the REST API, which gets its install code. */
static shub_status start(shub_eagle *eagle, shub__eagle_place place, shub_slice body,
                         int keep, shub__http_done_fn *done, shub__http **http)
{
    const shub_eagle_options *o = &eagle->opts;
    int rest = place == SHUB__EAGLE_AT_REST;
    int relay = o->transport == SHUB_EAGLE_RELAY && !rest;
    const shub__http_header headers[] = {
        {"Content-Type", rest ? "application/json" : "text/xml"},
        {"Cloud-ID", o->cloud_id},
        {"User", o->user},
        {"Password", o->password},
    };
    shub__http_request req = {0};
    char url[URL_MAX];

    req.method = "POST";
    req.url = url_of(eagle, place, url);
    req.headers = headers;
    req.header_count = relay ? 4 : 1;
    req.body = body;
    if (!relay && o->install_code) {
        req.user = o->cloud_id;
        req.password = o->install_code;
    }
    if (!rest) {
        req.ca_file = o->ca_file;
        req.pin = o->pin;
        req.insecure = o->insecure;
    }
    req.deadline_ms = o->timeout_ms;
    req.max_body = SHUB_EAGLE_BODY_MAX;
    req.keep = keep;
    return shub__http_start(eagle->loop, &req, done, eagle, http, &eagle->err);
}

static shub_status send_body(shub_eagle *eagle, shub_slice body)
{
    if (eagle->http && eagle->http_place == eagle->place)
        return shub__http_again(eagle->http, body, &eagle->err);
    shub__http_cancel(eagle->http);
    eagle->http = NULL;
    eagle->http_place = eagle->place;
    return start(eagle, eagle->place, body, 1, shub__eagle_on_done, &eagle->http);
}

/* ---- bodies -------------------------------------------------------------------- */

typedef struct body {
    char text[SHUB_EAGLE_REQUEST_MAX];
    size_t len;
} body;

/* Adds a command behind those that are there, as cgi_manager takes several (seen with
 * telegraf-exec-eagle). */
static shub_status add(body *b, shub_eagle_command command,
                       const shub_eagle_request_options *opts, shub_error *err)
{
    size_t len;
    shub_status status;

    if (b->len)
        b->text[b->len++] = '\n';
    status = shub_eagle_request(command, opts, b->text + b->len, sizeof b->text - b->len,
                                &len, err);
    b->len += len;
    return status;
}

/* cgi_manager's times are local ones dressed up as Unix time; get_timezone's answer in
 * the same body says by how much. */
static int wants_zone(const shub_eagle *eagle)
{
    const shub__eagle_sent *own = shub__eagle_own(eagle);

    return eagle->place == SHUB__EAGLE_AT_CGI && !(own && own->changes) &&
           eagle->command != SHUB_EAGLE_GET_DEVICE_LIST &&
           eagle->command != SHUB_EAGLE_GET_TIMEZONE;
}

/* get_usage_data names no meter and has no link strength. */
static int wants_network(const shub_eagle *eagle)
{
    return !eagle->sent && eagle->command == SHUB_EAGLE_GET_USAGE_DATA &&
           (!eagle->named[0] || eagle->left & SHUB_EAGLE_READ_NETWORK);
}

static shub_status write_body(shub_eagle *eagle, body *b)
{
    const shub__eagle_sent *own = shub__eagle_own(eagle);
    shub_eagle_request_options opts = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    shub_status status = SHUB_OK;

    if (own)
        opts = own->opts;
    if (!opts.hardware_address.len)
        opts.hardware_address = shub_str(eagle->meter);
    if (eagle->place == SHUB__EAGLE_AT_CGI) {
        opts.local = 1;
        opts.json = 0; /* it writes nothing else */
        if (!opts.mac_id.len)
            opts.mac_id = shub_str(eagle->radio);
    }
    if (wants_zone(eagle))
        status = add(b, SHUB_EAGLE_GET_TIMEZONE, &opts, &eagle->err);
    if (status == SHUB_OK)
        status = add(b, eagle->command, &opts, &eagle->err);
    if (status == SHUB_OK && wants_network(eagle))
        status = add(b, SHUB_EAGLE_GET_NETWORK_INFO, &opts, &eagle->err);
    return status;
}

/* ---- a stuck gateway ----------------------------------------------------------- */

/* Whatever cgi_manager says, the request that was refused comes next, and is the last. */
static void on_nudged(const shub__http_result *result, void *user)
{
    shub_eagle *eagle = user;
    int64_t due_ms = shub__loop_now_ms() + eagle->opts.unstick_ms;

    eagle->nudge = NULL;
    shub__eagle_keep_distance(eagle, result->retry_after_us);
    if (eagle->next_ms < due_ms)
        eagle->next_ms = due_ms;
    shub__timer_set(&eagle->timer, eagle->next_ms);
}

/* As hastarin/eagle100 asks: without a MacId, which the client does not know. */
static shub_status send_nudge(shub_eagle *eagle)
{
    static const char question[] =
        "<Command>\n<Name>get_historical_data</Name>\n</Command>";

    eagle->nudged = SHUB__NUDGE_SENT;
    shub__trace(SHUB_LEVEL_INFO, "eagle event=unstick cloud_id=%s",
                eagle->opts.cloud_id ? eagle->opts.cloud_id : "");
    return start(eagle, SHUB__EAGLE_AT_CGI, shub_str(question), 0, on_nudged,
                 &eagle->nudge);
}

/* ---- the timer ----------------------------------------------------------------- */

/* libcurl itself sends a request once more when a kept connection turns out to be closed:
 * what must not come twice goes over a new one. */
static void avoid_repetition(shub_eagle *eagle)
{
    const shub__eagle_sent *own = shub__eagle_own(eagle);

    if (own && own->once && own->place != SHUB__EAGLE_AT_REST)
        eagle->peer->doubtful = 1;
}

void shub__eagle_send(void *user)
{
    shub_eagle *eagle = user;
    shub_status status;
    body b;

    if (eagle->nudged == SHUB__NUDGE_DUE) {
        status = send_nudge(eagle);
    } else {
        b.len = 0;
        avoid_repetition(eagle);
        status = write_body(eagle, &b);
        if (status == SHUB_OK)
            status = send_body(eagle, shub_bytes(b.text, b.len));
        if (eagle->sent)
            shub__wipe(b.text, b.len);
    }
    if (status != SHUB_OK)
        shub__eagle_finish(eagle, status);
}
