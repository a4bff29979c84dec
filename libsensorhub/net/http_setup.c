/* What a request tells libcurl before it starts. */
#include "net/http.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/multi.h"
#include "net/request.h"
#include "net/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAXAGE_S 118L /* of an idle connection that is used again: libcurl's own */
/* Received at once. Each request in flight has such a buffer, and most replies are
 * smaller than libcurl's own 16 KiB, which are cold memory each time. */
#define RECEIVE_BYTES 4096L
#define SINK_BYTES    (128L << 10)

/* Bytes that one write to a socket takes: fewer cost more calls, more leave the cache. */
#define UPLOAD_BUFFER ((size_t)256 << 10)

/* ---- headers ------------------------------------------------------------------- */

static int has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return 1;
    return 0;
}

shub_status shub__http_check_value(const char *name, const char *text, shub_error *err)
{
    if (has_control(text))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s holds a control character",
                          name);
    return SHUB_OK;
}

void shub__http_free_headers(struct curl_slist *list)
{
    struct curl_slist *node;

    for (node = list; node; node = node->next)
        shub__wipe(node->data, strlen(node->data));
    curl_slist_free_all(list);
}

/* In libcurl's words "Name:" is not sent, and "Name;" is sent without a value. */
static shub_status add_header(shub__http *http, const char *name, const char *value,
                              shub_error *err)
{
    const char *mark = !value ? ":" : *value ? ": " : ";";
    size_t size = strlen(name) + (value ? strlen(value) : 0) + sizeof ": ";
    struct curl_slist *list;
    char *line;

    if (value && shub__http_check_value(name, value, err) != SHUB_OK)
        return SHUB_E_INVALID;
    line = shub__malloc(size);
    if (!line)
        return shub__fail_nomem(err);
    (void)snprintf(line, size, "%s%s%s", name, mark, value ? value : "");
    list = curl_slist_append(http->headers, line);
    shub__free_secret(line);
    if (!list)
        return shub__fail_nomem(err);
    http->headers = list;
    return SHUB_OK;
}

/* Written here and not by libcurl, whose copies of the password could not be wiped. */
static shub_status add_basic(shub__http *http, const char *user, const char *password,
                             shub_error *err)
{
    static const char scheme[] = "Basic ";
    size_t plain_len = strlen(user) + 1 + strlen(password);
    size_t head = sizeof scheme - 1;
    size_t coded_len = head + shub__base64_size(plain_len);
    char *plain = shub__malloc(plain_len + 1);
    char *coded = shub__calloc(coded_len + 1, 1);
    shub_status status;

    if (plain && coded) {
        (void)snprintf(plain, plain_len + 1, "%s:%s", user, password);
        memcpy(coded, scheme, head);
        shub__base64_write(plain, plain_len, coded + head);
        status = add_header(http, "Authorization", coded, err);
        shub__wipe(plain, plain_len);
        shub__wipe(coded, coded_len);
    } else {
        status = shub__fail_nomem(err);
    }
    shub__free(plain);
    shub__free(coded);
    return status;
}

static shub_status add_headers(shub__http *http, const shub__http_request *req,
                               shub_error *err)
{
    shub_status status = SHUB_OK;
    size_t i;

    for (i = 0; i < req->header_count && status == SHUB_OK; i++)
        status = add_header(http, req->headers[i].name, req->headers[i].value, err);
    if (status == SHUB_OK && req->user)
        status = add_basic(http, req->user, req->password ? req->password : "", err);
    /* As a header of the list it is written once, not anew for each sending. */
    if (status == SHUB_OK)
        status = add_header(http, "User-Agent", "sensorhub/" SHUB_VERSION, err);
    /* No "Expect: 100-continue": small servers do not know it and cost a second. */
    if (status == SHUB_OK)
        status = add_header(http, "Expect", NULL, err);
    return status;
}

/* ---- libcurl's handle ---------------------------------------------------------- */

static int is_success(CURL *easy)
{
    long http_status = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http_status);
    return http_status / 100 == 2;
}

static size_t on_body(char *ptr, size_t size, size_t count, void *user)
{
    shub__http *http = user;

    if (http->sink && is_success(http->easy)) {
        http->sink_full = !http->sink(shub_bytes(ptr, size * count), http->user);
        return http->sink_full ? 0 : size * count;
    }
    shub__buf_add(&http->body, ptr, size * count);
    return http->body.status == SHUB_OK ? size * count : 0;
}

/* Called a line at a time; those of an interim reply (100) come before. */
static size_t on_header(char *ptr, size_t size, size_t count, void *user)
{
    shub__http *http = user;

    if (shub__starts_with(shub_bytes(ptr, size * count), SHUB_LIT("HTTP/")))
        shub__buf_clear(&http->reply_headers);
    else
        shub__buf_add(&http->reply_headers, ptr, size * count);
    return http->reply_headers.status == SHUB_OK ? size * count : 0;
}

static curl_socket_t open_socket(void *user, curlsocktype purpose,
                                 struct curl_sockaddr *addr)
{
    shub__http *http = user;
    shub_loop *loop = http->peer->loop;
    int fd = socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);

    (void)purpose;
    if (fd < 0)
        return fd;
    if (!shub__watch_open(loop, fd)) {
        (void)close(fd);
        http->body.status = SHUB_E_NOMEM;
        return CURL_SOCKET_BAD;
    }
    loop->sockets++;
    loop->opening -= !http->opened;
    http->opened = 1;
    return fd;
}

static int close_socket(void *user, curl_socket_t fd)
{
    shub_loop *loop = user;

    loop->sockets--;
    shub__watch_close(loop, fd);
    return close(fd);
}

#define SET(option, value)                                                               \
    do {                                                                                 \
        if (code == CURLE_OK)                                                            \
            code = curl_easy_setopt(http->easy, option, value);                          \
    } while (0)

CURLcode shub__http_set_body(shub__http *http, shub_slice body)
{
    CURLcode code = CURLE_OK;

    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    SET(CURLOPT_COPYPOSTFIELDS, body.ptr);
    return code;
}

/* Bodies that libcurl reads where they are; it copies them to the socket by this buffer.
 */
static CURLcode set_borrowed_body(shub__http *http, shub_slice body)
{
    CURLcode code = CURLE_OK;

    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    SET(CURLOPT_POSTFIELDS, body.ptr);
    if (body.len > UPLOAD_BUFFER)
        SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
    return code;
}

static CURLcode set_limits(shub__http *http, const shub__http_request *req)
{
    CURLcode code = CURLE_OK;
    int64_t connect_ms = req->connect_ms ? req->connect_ms : req->deadline_ms;

    SET(CURLOPT_TIMEOUT_MS, (long)req->deadline_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    if (req->stall_ms && req->stall_bytes) {
        SET(CURLOPT_LOW_SPEED_TIME, (long)((req->stall_ms + 999) / 1000));
        SET(CURLOPT_LOW_SPEED_LIMIT, (long)req->stall_bytes);
    }
    return code;
}

static CURLcode set_transfer(shub__http *http, const shub__http_request *req)
{
    CURLcode code = CURLE_OK;

    SET(CURLOPT_CURLU, http->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTPHEADER, http->headers);
    if (code == CURLE_OK && req->body.ptr)
        code = req->borrow_body ? set_borrowed_body(http, req->body)
                                : shub__http_set_body(http, req->body);
    if (strcmp(req->method, "HEAD") == 0)
        SET(CURLOPT_NOBODY, 1L);
    else
        SET(CURLOPT_CUSTOMREQUEST, req->method);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    if (req->fresh)
        SET(CURLOPT_FRESH_CONNECT, 1L);
    if (req->direct)
        SET(CURLOPT_PROXY, "");
    SET(CURLOPT_BUFFERSIZE, req->sink ? SINK_BYTES : RECEIVE_BYTES);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, http);
    if (req->want_headers) {
        SET(CURLOPT_HEADERFUNCTION, on_header);
        SET(CURLOPT_HEADERDATA, http);
    }
    SET(CURLOPT_PRIVATE, http);
    SET(CURLOPT_ERRORBUFFER, http->text);
    return code;
}

/* 1 when libcurl would find a proxy there, which it looks for with each sending. */
static int environment_has_proxy(void)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY",
                                        "all_proxy", "ALL_PROXY"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]))
            return 1;
    return 0;
}

static CURLcode set_process(shub__http *http)
{
    CURLcode code = CURLE_OK;

    SET(CURLOPT_NOSIGNAL, 1L);
    if (!environment_has_proxy())
        SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, http);
    SET(CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    SET(CURLOPT_CLOSESOCKETDATA, http->peer->loop);
    /* Without it the end of a request whose name is still being looked up waits for the
     * resolver's thread, and the loop with it. */
    SET(CURLOPT_QUICK_EXIT, 1L);
    return code;
}

static CURLcode set_trust(shub__http *http, const shub__http_request *req)
{
    CURLcode code = CURLE_OK;

    if (req->ca_file)
        SET(CURLOPT_CAINFO, req->ca_file);
    if (req->pin)
        SET(CURLOPT_PINNEDPUBLICKEY, req->pin);
    if (req->insecure || (req->pin && !req->ca_file)) {
        SET(CURLOPT_SSL_VERIFYPEER, 0L);
        SET(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return code;
}

static shub_status set_url(shub__http *http, const char *url, shub_error *err)
{
    CURLUcode code;

    http->url = curl_url();
    code = http->url ? curl_url_set(http->url, CURLUPART_URL, url,
                                    CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS)
                     : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OUT_OF_MEMORY)
        return shub__fail_nomem(err);
    if (code)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "url: %s",
                          curl_url_strerror(code));
    return SHUB_OK;
}

shub_status shub__http_set_up(shub__http *http, const shub__http_request *req,
                              shub_error *err)
{
    shub_status status;
    CURLcode code;

    if (req->pin && shub__http_check_pin(req->pin, err) != SHUB_OK)
        return SHUB_E_INVALID;
    http->easy = curl_easy_init();
    if (!http->easy)
        return shub__fail_nomem(err);
    status = set_url(http, req->url, err);
    if (status == SHUB_OK)
        status = add_headers(http, req, err);
    if (status != SHUB_OK)
        return status;
    code = set_transfer(http, req);
    if (code == CURLE_OK)
        code = set_limits(http, req);
    if (code == CURLE_OK)
        code = set_process(http);
    if (code == CURLE_OK)
        code = set_trust(http, req);
    if (code == CURLE_OK)
        return SHUB_OK;
    if (code == CURLE_OUT_OF_MEMORY)
        return shub__fail_nomem(err);
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "libcurl: %s",
                      curl_easy_strerror(code));
}

void shub__http_prepare(shub__http *http)
{
    const shub__peer *peer = http->peer;

    /* Names are kept, as the connections are, until a request fails: libcurl would look
     * through all of them after each request to find old ones. */
    (void)curl_easy_setopt(http->easy, CURLOPT_DNS_CACHE_TIMEOUT,
                           peer->doubtful ? 0L : -1L);
    /* Idle connections of a doubtful peer lead where its name led before. */
    (void)curl_easy_setopt(http->easy, CURLOPT_MAXAGE_CONN,
                           peer->doubtful ? 0L : MAXAGE_S);
    (void)curl_easy_setopt(http->easy, CURLOPT_FORBID_REUSE,
                           shub__line_has_room(peer->loop, 1) ? 0L : 1L);
}
