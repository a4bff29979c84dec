/* HTTP/1.1 in as much as S3 clients speak it, a thread a connection. */
#include "s3_sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAD_MAX  16384
#define BLOCK     (256 << 10)
#define ETAG_SIZE 40

#define MADE_UP   "\"00000000000000000000000000000000\""

/* The last object: clients look for it before and after. */
static struct {
    pthread_mutex_t lock;
    char path[256];
    long long parts; /* bytes of an upload that is under way */
    long long size;
} object = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct request {
    char head[HEAD_MAX]; /* and the first bytes of the body, from `body` to `len` */
    size_t body, len;
    char method[8], path[256], query[512];
    long long length;
    bool checked;
    char etag[ETAG_SIZE];
};

/* ---- reading ---------------------------------------------------------------------- */

static const char *header(const struct request *request, const char *name)
{
    size_t len = strlen(name);
    const char *line = request->head;

    while ((line = strstr(line, "\r\n")) && line < request->head + request->body - 2) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 1;
    }
    return NULL;
}

/* Until the empty line; what was read of the next request is moved to the front. */
static bool read_head(int fd, struct request *request)
{
    for (;;) {
        char *end;
        ssize_t got;
        request->head[request->len] = '\0';
        end = strstr(request->head, "\r\n\r\n");
        if (end) {
            request->body = (size_t)(end - request->head) + 4;
            return true;
        }
        got = recv(fd, request->head + request->len, HEAD_MAX - 1 - request->len, 0);
        if (got <= 0)
            return false;
        request->len += (size_t)got;
    }
}

static bool parse_head(struct request *request)
{
    const char *length;
    char target[sizeof request->path + sizeof request->query], *query;

    if (sscanf(request->head, "%7s %767s", request->method, target) != 2)
        return false;
    query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    snprintf(request->path, sizeof request->path, "%.255s", target);
    snprintf(request->query, sizeof request->query, "%.511s", query ? query : "");
    length = header(request, "Content-Length");
    request->length = length ? atoll(length) : 0;
    request->checked = strncmp(request->path, "/checked/", 9) == 0;
    return true;
}

static void set_etag(struct request *request, EVP_MD_CTX *md5)
{
    unsigned char digest[EVP_MAX_MD_SIZE];

    EVP_DigestFinal_ex(md5, digest, NULL);
    for (int i = 0; i < 16; i++)
        snprintf(request->etag + 1 + 2 * i, 4, "%02x\"", digest[i]);
}

/* MSG_TRUNC lets the kernel drop what came without copying it. */
static bool read_body(int fd, struct request *request, EVP_MD_CTX *md5)
{
    static _Thread_local char block[BLOCK];
    size_t there = request->len - request->body;
    long long left = request->length;

    if ((long long)there > left)
        there = (size_t)left;
    EVP_DigestInit_ex(md5, EVP_md5(), NULL);
    EVP_DigestUpdate(md5, request->head + request->body, there);
    left -= (long long)there;
    while (left > 0) {
        size_t want = left < BLOCK ? (size_t)left : BLOCK;
        ssize_t got = recv(fd, block, want, request->checked ? 0 : MSG_TRUNC);
        if (got <= 0)
            return false;
        if (request->checked)
            EVP_DigestUpdate(md5, block, (size_t)got);
        left -= got;
    }
    strcpy(request->etag, MADE_UP);
    if (request->checked)
        set_etag(request, md5);
    request->len -= request->body + there;
    memmove(request->head, request->head + request->body + there, request->len);
    return true;
}

/* ---- answering -------------------------------------------------------------------- */

static bool say(int fd, const char *status, const char *headers, const char *body)
{
    char text[2048];
    int len =
        snprintf(text, sizeof text, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s",
                 status, headers, strlen(body), body);

    return send(fd, text, (size_t)len, MSG_NOSIGNAL) == len;
}

/* Without an ETag, which clients would compare: that of an upload is not known here. */
static bool answer_head(int fd, const struct request *request)
{
    char text[256];
    long long size;
    bool there;
    int len;

    pthread_mutex_lock(&object.lock);
    there = strcmp(object.path, request->path) == 0;
    size = object.size;
    pthread_mutex_unlock(&object.lock);
    if (!there)
        return say(fd, "404 Not Found", "", "");
    len = snprintf(text, sizeof text,
                   "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n"
                   "Last-Modified: Tue, 10 Mar 2015 17:54:01 GMT\r\n\r\n",
                   size);
    return send(fd, text, (size_t)len, MSG_NOSIGNAL) == len;
}

static bool answer_put(int fd, const struct request *request)
{
    char headers[64];

    pthread_mutex_lock(&object.lock);
    if (strstr(request->query, "uploadId")) {
        object.parts += request->length;
    } else {
        strcpy(object.path, request->path);
        object.size = request->length;
    }
    pthread_mutex_unlock(&object.lock);
    snprintf(headers, sizeof headers, "ETag: %s\r\n", request->etag);
    return say(fd, "200 OK", headers, "");
}

/* An upload begins, or is complete. */
static bool answer_post(int fd, const struct request *request)
{
    bool begins = strstr(request->query, "uploads") != NULL;
    char body[1024];

    pthread_mutex_lock(&object.lock);
    if (!begins) {
        strcpy(object.path, request->path);
        object.size = object.parts;
    }
    object.parts = 0;
    pthread_mutex_unlock(&object.lock);
    snprintf(body, sizeof body,
             "<?xml version=\"1.0\"?>\n<%s><Bucket>b</Bucket><Key>key</Key>%s</%s>",
             begins ? "InitiateMultipartUploadResult" : "CompleteMultipartUploadResult",
             begins ? "<UploadId>1</UploadId>" : "<ETag>\"0-1\"</ETag>",
             begins ? "InitiateMultipartUploadResult" : "CompleteMultipartUploadResult");
    return say(fd, "200 OK", "Content-Type: application/xml\r\n", body);
}

static bool answer(int fd, const struct request *request)
{
    if (strcmp(request->method, "PUT") == 0)
        return answer_put(fd, request);
    if (strcmp(request->method, "POST") == 0)
        return answer_post(fd, request);
    if (strcmp(request->method, "HEAD") == 0)
        return answer_head(fd, request);
    if (strstr(request->query, "location"))
        return say(fd, "200 OK", "", "<LocationConstraint/>");
    return say(fd, "200 OK", "", "<ListBucketResult/>");
}

static void *serve(void *arg)
{
    int fd = (int)(intptr_t)arg, one = 1;
    struct request *request = calloc(1, sizeof *request);
    EVP_MD_CTX *md5 = EVP_MD_CTX_new();

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    while (read_head(fd, request) && parse_head(request)) {
        if (header(request, "Expect") &&
            send(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL) != 25)
            break;
        if (!read_body(fd, request, md5) || !answer(fd, request))
            break;
    }
    close(fd);
    EVP_MD_CTX_free(md5);
    free(request);
    return NULL;
}

/* ---- the process ------------------------------------------------------------------ */

static void accept_all(int listener)
{
    pthread_attr_t detached;
    pthread_t thread;

    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0 ||
            pthread_create(&thread, &detached, serve, (void *)(intptr_t)fd) != 0)
            _exit(1);
    }
}

pid_t s3_sink_start(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t pid;

    if (bind(listener, (struct sockaddr *)&address, len) != 0 ||
        listen(listener, 64) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        return -1;
    *port = ntohs(address.sin_port);
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        accept_all(listener);
    }
    close(listener);
    return pid;
}

void s3_sink_stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
