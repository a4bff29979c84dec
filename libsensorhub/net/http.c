#include "net/http.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/trace.h"
#include "net/multi.h"
#include "net/request.h"
#include "net/signals.h"
#include "net/url.h"
#include "net/watch.h"

#include <string.h>

#define PIN_BYTES 32 /* of a SHA-256 */

/* libcurl's codes that are about TLS or about whom to trust. */
static const CURLcode tls_codes[] = {
    CURLE_SSL_CONNECT_ERROR,
    CURLE_SSL_ENGINE_NOTFOUND,
    CURLE_SSL_ENGINE_SETFAILED,
    CURLE_SSL_CERTPROBLEM,
    CURLE_SSL_CIPHER,
    CURLE_PEER_FAILED_VERIFICATION,
    CURLE_SSL_CACERT_BADFILE,
    CURLE_SSL_CRL_BADFILE,
    CURLE_SSL_ISSUER_ERROR,
    CURLE_SSL_INVALIDCERTSTATUS,
    CURLE_SSL_PINNEDPUBKEYNOTMATCH,
    CURLE_USE_SSL_FAILED,
};

static shub_status status_of(const shub__http *http, CURLcode code)
{
    size_t i;

    if (http->body.status != SHUB_OK)
        return http->body.status;
    if (http->reply_headers.status != SHUB_OK)
        return http->reply_headers.status;
    if (http->sink_full)
        return SHUB_E_LIMIT;
    for (i = 0; i < sizeof tls_codes / sizeof *tls_codes; i++)
        if (tls_codes[i] == code)
            return SHUB_E_TLS;
    switch (code) {
    case CURLE_OK:
        return SHUB_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return SHUB_E_TIMEOUT;
    case CURLE_PARTIAL_FILE:
        return SHUB_E_TRUNCATED;
    case CURLE_OUT_OF_MEMORY:
        return SHUB_E_NOMEM;
    default:
        return SHUB_E_NETWORK;
    }
}

/* ---- start and end ------------------------------------------------------------- */

shub_status shub__http_start(shub_loop *loop, const shub__http_request *req,
                             shub__http_done_fn *done, void *user, shub__http **http,
                             shub_error *err)
{
    shub__http *h;
    shub_status status;

    *http = NULL;
    if (shub__loop_check(loop, err) != SHUB_OK)
        return SHUB_E_FORKED;
    h = shub__calloc(1, sizeof *h);
    if (!h)
        return shub__fail_nomem(err);
    h->done = done;
    h->user = user;
    h->keep = req->keep;
    h->sink = req->sink;
    shub__buf_init(&h->body, req->max_body);
    shub__buf_init(&h->reply_headers, SHUB__HTTP_HEADERS_MAX);
    h->body.secret = req->secret;
    status = shub__peer_hold(loop, req->url, &h->peer, err);
    if (status == SHUB_OK)
        status = shub__http_set_up(h, req, err);
    if (status != SHUB_OK) {
        shub__http_free(h, 0);
        return status;
    }
    shub__line_join(h);
    *http = h;
    return SHUB_OK;
}

shub_status shub__http_again(shub__http *http, shub_slice body, shub_error *err)
{
    if (shub__loop_check(http->peer->loop, err) != SHUB_OK)
        return SHUB_E_FORKED;
    if (shub__http_set_body(http, body) != CURLE_OK)
        return shub__fail_nomem(err);
    http->opened = 0;
    http->sink_full = 0;
    http->text[0] = '\0';
    shub__buf_clear(&http->reply_headers);
    shub__line_join(http);
    return SHUB_OK;
}

void shub__http_free(shub__http *http, int forked)
{
    shub__http_free_headers(http->headers);
    if (http->easy && !forked)
        curl_easy_cleanup(http->easy);
    curl_url_cleanup(http->url);
    shub__buf_fini(&http->body);
    shub__buf_fini(&http->reply_headers);
    shub__peer_release(http->peer);
    shub__free(http);
}

void shub__http_cancel(shub__http *http)
{
    shub__signals guard;
    int forked;

    if (!http)
        return;
    forked = shub__loop_check(http->peer->loop, NULL) != SHUB_OK;
    shub__signals_hold(&guard);
    shub__line_leave(http, forked);
    shub__http_free(http, forked);
    shub__signals_release(&guard);
}

shub_slice shub__http_headers(const shub__http *http)
{
    return shub__buf_view(&http->reply_headers);
}

static int64_t retry_after_us(CURL *easy)
{
    curl_off_t seconds = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds <= 0)
        return SHUB_NONE;
    if (seconds > SHUB__HTTP_RETRY_AFTER_MAX_S)
        seconds = SHUB__HTTP_RETRY_AFTER_MAX_S;
    return (int64_t)seconds * SHUB_SECOND_US;
}

static void tell_failure(const shub__http *http, CURLcode code, shub__http_result *result,
                         shub_error *err)
{
    const char *words = http->text[0] ? http->text : curl_easy_strerror(code);

    if (result->status == SHUB_E_NOMEM)
        (void)shub__fail_nomem(err);
    else if (http->sink_full)
        (void)shub__fail(err, result->status, SHUB_NONE, "%s: reply was not taken",
                         http->peer->origin);
    else if (result->status == SHUB_E_LIMIT)
        (void)shub__fail(
            err, result->status, SHUB_NONE, "%s: %s is larger than %zu bytes",
            http->peer->origin, http->body.status == SHUB_OK ? "reply's head" : "reply",
            http->body.status == SHUB_OK ? http->reply_headers.max : http->body.max);
    else
        (void)shub__fail(err, result->status, SHUB_NONE, "%s: %s", http->peer->origin,
                         words);
    err->http_status = result->http_status;
    err->retry_after_us = result->retry_after_us;
    result->err = err;
}

void shub__http_finish(shub__http *http, CURLcode code)
{
    shub__http_result result = {0};
    shub_error err = SHUB_ERROR_INIT;
    shub__buf body = http->body;
    int keep = http->keep;
    char redirect[SHUB__ORIGIN_MAX] = "";
    char *location = NULL;
    long http_status = 0;

    (void)curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &http_status);
    (void)curl_easy_getinfo(http->easy, CURLINFO_REDIRECT_URL, &location);
    if (location)
        shub__url_origin(location, redirect);
    result.http_status = (int)http_status;
    result.redirect = shub_str(redirect);
    result.retry_after_us = retry_after_us(http->easy);
    result.body = shub__buf_view(&body);
    result.headers = shub__buf_view(&http->reply_headers);
    result.status = status_of(http, code);
    result.started_ms = http->started_ms;
    http->peer->doubtful =
        result.status == SHUB_E_NETWORK || result.status == SHUB_E_TIMEOUT;
    if (result.status != SHUB_OK)
        tell_failure(http, code, &result, &err);
    shub__trace(SHUB_LEVEL_DEBUG, "net event=done peer=%s status=%s http=%d bytes=%zu",
                http->peer->origin, shub_status_name(result.status), result.http_status,
                result.body.len);
    shub__buf_init(&http->body, body.max); /* no memory while it rests */
    http->body.secret = body.secret;
    http->done(&result, http->user);
    if (!keep) /* else it may have been sent again, or ended */
        shub__http_free(http, 0);
    shub__buf_fini(&body);
}

int shub__http_is_transient(shub_status status)
{
    return status == SHUB_E_NETWORK || status == SHUB_E_TIMEOUT ||
           status == SHUB_E_TRUNCATED;
}

shub_status shub__http_check_pin(const char *pin, shub_error *err)
{
    static const char prefix[] = "sha256//";
    shub_slice rest = shub_str(pin), one;
    unsigned char hash[PIN_BYTES];
    size_t len;
    int more;

    do {
        more = shub__cut(rest, ';', &one, &rest);
        if (!shub__starts_with(one, shub_str(prefix)))
            break;
        one.ptr += sizeof prefix - 1;
        one.len -= sizeof prefix - 1;
        if (shub__base64_read(one, hash, sizeof hash, &len) != SHUB_OK ||
            len != PIN_BYTES)
            break;
        if (!more)
            return SHUB_OK;
    } while (more);
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                      "pin is not \"sha256//\" and the base64 of 32 bytes");
}
