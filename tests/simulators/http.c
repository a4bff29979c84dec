#include "http.h"

#include "replies.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_MAX ((size_t)64 << 10)
#define CHUNK_BYTES 512

static const char unauthorized_page[] =
    "<html><head><title>401 Unauthorized</title></head>"
    "<body><h1>Unauthorized</h1></body></html>\n";
static const char missing_page[] = "<html><body><h1>404 Not Found</h1></body></html>\n";
static const char front_page[] =
    "<!DOCTYPE html>\n<html><head><title>EAGLE</title></head><body></body></html>\n";

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static int connection_fd(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
        ->connect_fd;
}

static unsigned short local_port(struct MHD_Connection *connection)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    getsockname(connection_fd(connection), (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

/* Behind the relay the Cloud-ID names the gateway; a local one has its own port. */
static struct gateway *find_gateway(struct server *s, struct MHD_Connection *connection)
{
    unsigned short port = local_port(connection);
    if (port != s->relay_port)
        return s->by_port[port];
    const char *cloud_id = header(connection, "Cloud-ID");
    long index = cloud_id ? cloud_id_index(cloud_id, s->seed) : -1;
    bool known = index >= 0 && index < (long)s->relay_count;
    return known ? &s->gateways[index] : NULL;
}

static bool matches(const char *given, const char *expected)
{
    return given && strcmp(given, expected) == 0;
}

static enum auth_seen check_authorization(struct gateway *g,
                                          struct MHD_Connection *connection)
{
    if (g->generation != RELAY) {
        const char *given = header(connection, "Authorization");
        if (!given)
            return AUTH_NONE;
        return matches(given, g->authorization) ? AUTH_OK : AUTH_BAD;
    }
    const char *user = header(connection, "User");
    const char *password = header(connection, "Password");
    if (!user && !password)
        return AUTH_NONE;
    return matches(user, g->user) && matches(password, g->password) ? AUTH_OK : AUTH_BAD;
}

static struct request *request_new(struct server *s, struct MHD_Connection *connection)
{
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->server = s;
    r->connection = connection;
    r->watch = (struct watch){.kind = WATCH_HELD, .fd = connection_fd(connection)};
    r->answer.status = MHD_HTTP_OK;
    r->gateway = find_gateway(s, connection);
    if (!r->gateway)
        return r;
    gateway_request_begin(r->gateway, sim_mono_us());
    r->gateway->stats.auth = check_authorization(r->gateway, connection);
    r->authorized = r->gateway->open_to_all || r->gateway->stats.auth == AUTH_OK;
    if (!r->authorized)
        r->gateway->stats.unauthorized++;
    return r;
}

void http_on_completed(void *cls, struct MHD_Connection *connection, void **context,
                       enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)connection;
    (void)code;
    struct request *r = *context;
    *context = NULL;
    if (!r)
        return;
    if (r->gateway)
        gateway_request_end(r->gateway);
    answer_free(&r->answer);
    free(r->body);
    free(r);
}

static bool receive(struct request *r, const char *data, size_t size)
{
    if (size > REQUEST_MAX - r->size)
        return false;
    char *body = realloc(r->body, r->size + size);
    if (!body)
        return false;
    memcpy(body + r->size, data, size);
    r->body = body;
    r->size += size;
    return true;
}

static bool is_path(const char *url, const char *path)
{
    size_t size = strlen(path);
    return strncmp(url, path, size) == 0 &&
           (url[size] == '\0' || !strcmp(url + size, "/"));
}

static void spoil_reading(enum fault_kind fault, struct reading *reading)
{
    if (fault == FAULT_NAN)
        reading->demand_is_nan = true;
    if (fault == FAULT_ZERO)
        reading->delivered_wh = reading->received_wh = 0;
}

/* Several commands may stand in one body. */
static void count_commands(struct gateway *g, struct span text)
{
    struct span name, rest = text;
    unsigned count = 0;
    for (; request_element(&rest, "Name", &name); count++) {
        /* Names of variables are not commands. */
        enum command command = request_named(name);
        if (command != COMMAND_other || count == 0)
            g->stats.commands[command]++;
    }
    if (count == 0)
        g->stats.commands[COMMAND_other]++;
}

/* The good answer of the gateway's own software; false for a path it does not have. */
static bool write_reply(struct request *r, const char *url, enum fault_kind fault,
                        FILE *out)
{
    struct gateway *g = r->gateway;
    struct span text = {r->body ? r->body : "", r->size};
    double now = sim_clock_now(&r->server->clock, sim_mono_us());
    struct reading reading =
        gateway_read(g, (int64_t)floor(now), fault != FAULT_NOT_JOINED);
    spoil_reading(fault, &reading);
    count_commands(g, text);
    if (g->generation == EAGLE100 && is_path(url, "/cgi-bin/cgi_manager"))
        reply_cgi_manager(g, &reading, text, out);
    else if (!is_path(url, "/cgi-bin/post_manager") ||
             (g->generation == EAGLE100 && g->old_firmware))
        return false;
    else if (g->generation == EAGLE200)
        reply_eagle200(g, &reading, text, out);
    else
        reply_post_manager(g, &reading, text, out);
    return true;
}

static bool plain_answer(struct request *r, unsigned status, const char *body)
{
    r->answer.status = status;
    return answer_set_body(&r->answer, body);
}

/* The relay's way to refuse is a document of root Error; the gateways' is 401. */
static bool refuse(struct request *r)
{
    if (r->gateway && r->gateway->generation != RELAY)
        return plain_answer(r, MHD_HTTP_UNAUTHORIZED, unauthorized_page);
    return plain_answer(r, MHD_HTTP_OK,
                        "<Error>\n  <Text>Invalid Cloud ID, user or password</Text>\n"
                        "</Error>\n");
}

static bool make_answer(struct request *r, const char *url)
{
    if (!r->gateway || !r->authorized)
        return refuse(r);
    struct gateway *g = r->gateway;
    struct fault_rule fault = fault_plan_take(&g->faults, g->seed);
    FILE *out = open_memstream(&r->answer.body, &r->answer.size);
    if (!out)
        return false;
    bool found = write_reply(r, url, fault.kind, out);
    if (fclose(out) != 0)
        return false;
    if (!found && strcmp(url, "/") == 0)
        return plain_answer(r, MHD_HTTP_OK, front_page);
    if (!found)
        return plain_answer(r, MHD_HTTP_NOT_FOUND, missing_page);
    if (fault.kind == FAULT_NONE)
        return true;
    g->stats.faults[fault.kind]++;
    return fault_apply(&fault, &r->answer);
}

/* How much of the body leaves before the connection is closed over it. */
static size_t sent_size(const struct answer *answer)
{
    bool partial = answer->delivery == DELIVER_SHORT || answer->delivery == DELIVER_CUT;
    return partial ? answer->size / 2 : answer->size;
}

static ssize_t on_content(void *cls, uint64_t at, char *out, size_t max)
{
    struct request *r = cls;
    size_t end = sent_size(&r->answer);
    if (at >= end)
        return r->answer.delivery == DELIVER_SHORT || r->answer.delivery == DELIVER_CUT
                   ? MHD_CONTENT_READER_END_WITH_ERROR
                   : MHD_CONTENT_READER_END_OF_STREAM;
    size_t size = end - (size_t)at < max ? end - (size_t)at : max;
    if (r->answer.delivery == DELIVER_DRIP) {
        if (!r->dripped) {
            r->dripped = true;
            server_hold(r->server, r, sim_mono_us() + (int64_t)r->answer.pause_ms * 1000);
            return 0;
        }
        r->dripped = false;
        size = 1;
    }
    memcpy(out, r->answer.body + at, size);
    return (ssize_t)size;
}

/* Gateways answer HTTP/1.1 in chunks and HTTP/1.0 with a Content-Length (REST API p.8).
 */
static struct MHD_Response *make_response(struct request *r, bool http_1_0)
{
    struct answer *answer = &r->answer;
    switch (answer->delivery) {
    case DELIVER_SHORT:
        return MHD_create_response_from_callback(answer->size + 64, CHUNK_BYTES,
                                                 on_content, r, NULL);
    case DELIVER_DRIP:
        return MHD_create_response_from_callback(answer->size, CHUNK_BYTES, on_content, r,
                                                 NULL);
    case DELIVER_CUT:
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK_BYTES,
                                                 on_content, r, NULL);
    default:
        break;
    }
    if (!http_1_0 && answer->status == MHD_HTTP_OK)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, CHUNK_BYTES,
                                                 on_content, r, NULL);
    return MHD_create_response_from_buffer(answer->size, answer->body,
                                           MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result send_answer(struct request *r, const char *version)
{
    bool http_1_0 = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
    struct MHD_Response *response = make_response(r, http_1_0);
    if (!response)
        return MHD_NO;
    if (http_1_0)
        MHD_set_response_options(response, MHD_RF_HTTP_1_0_SERVER, MHD_RO_END);
    MHD_add_response_header(response, "Content-Type", "text/html");
    MHD_add_response_header(response, "Access-Control-Allow-Credentials", "true");
    MHD_add_response_header(response, "Access-Control-Allow-Headers", "Authorization");
    if (r->answer.status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate", "Basic realm=\"EAGLE\"");
    if (r->answer.status == MHD_HTTP_TOO_MANY_REQUESTS)
        MHD_add_response_header(response, "Retry-After", "2");
    if (r->answer.location)
        MHD_add_response_header(response, "Location", r->answer.location);
    enum MHD_Result result =
        MHD_queue_response(r->connection, r->answer.status, response);
    MHD_destroy_response(response);
    return result;
}

/* Dissolving the association sends RST at once, also before TLS could say good-bye. */
static void reset_connection(struct MHD_Connection *connection)
{
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    connect(connection_fd(connection), &nobody, sizeof nobody);
}

static enum MHD_Result deliver(struct request *r, const char *version)
{
    switch (r->answer.delivery) {
    case DELIVER_RESET:
        reset_connection(r->connection);
        return MHD_NO;
    case DELIVER_NEVER:
        server_hold(r->server, r, INT64_MAX);
        return MHD_YES;
    case DELIVER_LATE:
        server_hold(r->server, r, sim_mono_us() + (int64_t)r->answer.pause_ms * 1000);
        return MHD_YES;
    default:
        r->state = READY;
        return send_answer(r, version);
    }
}

enum MHD_Result http_on_request(void *cls, struct MHD_Connection *connection,
                                const char *url, const char *method, const char *version,
                                const char *upload, size_t *upload_size, void **context)
{
    (void)method;
    struct request *r = *context;
    if (!r) {
        *context = request_new(cls, connection);
        return *context ? MHD_YES : MHD_NO;
    }
    if (*upload_size > 0) {
        bool received = receive(r, upload, *upload_size);
        *upload_size = 0;
        return received ? MHD_YES : MHD_NO;
    }
    if (r->state == RECEIVING)
        return make_answer(r, url) ? deliver(r, version) : MHD_NO;
    /* Back from being held: the client of a stalled request has gone. */
    if (r->answer.delivery == DELIVER_NEVER)
        return MHD_NO;
    r->state = READY;
    return send_answer(r, version);
}
