/* A fleet of gateways, all asked as fast as they answer, beside the same libcurl alone in
 * shards of a hundred connections on one epoll, as its users write it: A throws the
 * replies away, B turns them into samples by the fleet's own parser. Before that the
 * fleet at its own pace. The gateways are one process on this machine, each with an
 * address of its own in 127.0.0.0/8. Arguments: seconds a round, gateways, gateways at
 * their own pace. */
#include <sensorhub.h>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS      7
#define SHARD       100
#define EVENTS      256
#define GATEWAY_MAX 20000
#define URL_MAX     64

static int port;
static double seconds = 3;

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double cpu_s(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

static double rss_kb(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (!file || fscanf(file, "%*d %ld", &pages) != 1)
        exit(1);
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void url_of(char url[URL_MAX], size_t i)
{
    snprintf(url, URL_MAX, "http://127.%zu.%zu.%zu:%d/cgi-bin/post_manager",
             1 + i / 50000, i / 200 % 250, 1 + i % 200, port);
}

/* ---- the gateways -------------------------------------------------------------- */

static char reply[2048];
static size_t reply_len;

/* What a Z109 says. */
static void write_reply(void)
{
    static const char reading[] =
        "<InstantaneousDemand>\r\n  <DeviceMacId>0xd8d5b9000000103f</DeviceMacId>\r\n"
        "  <MeterMacId>0x00135003007c2d12</MeterMacId>\r\n"
        "  <TimeStamp>0x1c8f3a99</TimeStamp>\r\n  <Demand>0x0003b0</Demand>\r\n"
        "  <Multiplier>0x00000001</Multiplier>\r\n  <Divisor>0x000003e8</Divisor>\r\n"
        "  <DigitsRight>0x03</DigitsRight>\r\n  <DigitsLeft>0x0f</DigitsLeft>\r\n"
        "  <SuppressLeadingZero>Y</SuppressLeadingZero>\r\n</InstantaneousDemand>\r\n";
    reply_len = (size_t)snprintf(reply, sizeof reply,
                                 "HTTP/1.1 200 OK\r\nServer: lighttpd\r\nContent-Type: "
                                 "text/html\r\nContent-Length: %zu\r\n\r\n%s",
                                 sizeof reading - 1, reading);
}

/* A request has come whole when its last tag has: they are too short to be cut. */
static void answer(int fd)
{
    char request[4096];
    ssize_t got = recv(fd, request, sizeof request, 0);

    if (got <= 0) {
        close(fd);
        return;
    }
    if (memmem(request, (size_t)got, "</Command>", 10) &&
        send(fd, reply, reply_len, MSG_NOSIGNAL) < 0)
        close(fd);
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        fail("epoll_ctl");
}

static void serve(int listener)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    write_reply();
    watch(epoll, listener);
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(epoll, events, EVENTS, -1);

        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;

            if (fd != listener) {
                answer(fd);
                continue;
            }
            fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd >= 0)
                watch(epoll, fd);
        }
    }
}

static pid_t start_gateways(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t pid;

    if (bind(listener, (struct sockaddr *)&address, size) < 0 ||
        listen(listener, 4096) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        fail("listen");
    port = ntohs(address.sin_port);
    pid = fork();
    if (pid == 0)
        serve(listener);
    close(listener);
    return pid;
}

/* ---- libcurl alone ------------------------------------------------------------- */

typedef struct shard {
    CURLM *multi;
    double expire_s; /* 0: never */
} shard;

/* A transfer of libcurl alone. */
typedef struct transfer {
    char body[2048];
    size_t len;
} transfer;

static int plain_epoll;
static int parsing; /* replies are not thrown away */
static shub_batch *plain_batch;
static transfer *transfers;
static shard shards[GATEWAY_MAX / SHARD];
static size_t shard_count;
static struct curl_slist *headers;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    struct epoll_event event = {0};

    (void)easy;
    event.data.u64 = (uint64_t)((shard *)user - shards) << 32 | (uint32_t)fd;
    event.events =
        (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    if (what == CURL_POLL_REMOVE)
        epoll_ctl(plain_epoll, EPOLL_CTL_DEL, fd, NULL);
    else
        epoll_ctl(plain_epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    if (!known)
        curl_multi_assign(((shard *)user)->multi, fd, user);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    (void)multi;
    ((shard *)user)->expire_s = timeout_ms < 0 ? 0 : now_s() + (double)timeout_ms / 1000;
    return 0;
}

static size_t on_body(char *ptr, size_t size, size_t count, void *user)
{
    transfer *t = user;

    if (parsing && t->len + size * count <= sizeof t->body) {
        memcpy(t->body + t->len, ptr, size * count);
        t->len += size * count;
    }
    return size * count;
}

static void parse(transfer *t)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *answer;

    if (shub_eagle_parse(shub_bytes(t->body, t->len), &answer, &err) ||
        shub_eagle_reply_samples(answer, 1, plain_batch, &err))
        fail(err.message);
    shub_eagle_reply_free(answer);
    t->len = 0;
    shub_batch_clear(plain_batch);
}

static void add_plain(size_t i)
{
    static const char body[] =
        "<Command>\r\n  <Name>get_instantaneous_demand</Name>\r\n</Command>\r\n";
    CURL *easy = curl_easy_init();
    char url[URL_MAX];

    url_of(url, i);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfers[i]);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfers[i]);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
    curl_multi_add_handle(shards[i / SHARD].multi, easy);
}

static void open_plain(size_t gateways)
{
    shub_error err = SHUB_ERROR_INIT;

    plain_epoll = epoll_create1(EPOLL_CLOEXEC);
    transfers = calloc(gateways, sizeof *transfers);
    if (!transfers || shub_batch_new(&plain_batch, &err))
        fail("memory");
    headers = curl_slist_append(NULL, "Content-Type: text/xml");
    headers = curl_slist_append(headers, "Authorization: Basic MDA0NzkyOmJmYjBmYzA1ZjUx");
    headers = curl_slist_append(headers, "Expect:");
    shard_count = (gateways + SHARD - 1) / SHARD;
    for (size_t i = 0; i < shard_count; i++) {
        shards[i].multi = curl_multi_init();
        curl_multi_setopt(shards[i].multi, CURLMOPT_SOCKETFUNCTION, on_socket);
        curl_multi_setopt(shards[i].multi, CURLMOPT_SOCKETDATA, &shards[i]);
        curl_multi_setopt(shards[i].multi, CURLMOPT_TIMERFUNCTION, on_timer);
        curl_multi_setopt(shards[i].multi, CURLMOPT_TIMERDATA, &shards[i]);
        curl_multi_setopt(shards[i].multi, CURLMOPT_MAXCONNECTS, 2L * SHARD);
    }
    for (size_t i = 0; i < gateways; i++)
        add_plain(i);
}

/* The handles that are done start anew at once. */
static size_t restart(shard *s)
{
    CURLMsg *message;
    size_t count = 0;
    int left;

    while ((message = curl_multi_info_read(s->multi, &left)) != NULL) {
        CURL *easy = message->easy_handle;
        transfer *t = NULL;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
        if (message->data.result != CURLE_OK)
            fprintf(stderr, "%s\n", curl_easy_strerror(message->data.result));
        if (parsing && t->len)
            parse(t);
        t->len = 0;
        curl_multi_remove_handle(s->multi, easy);
        curl_multi_add_handle(s->multi, easy);
        count++;
    }
    return count;
}

static size_t step_plain(void)
{
    struct epoll_event events[EVENTS];
    int running, count = epoll_wait(plain_epoll, events, EVENTS, 1);
    double now = now_s();
    size_t done = 0;

    for (int i = 0; i < count; i++)
        curl_multi_socket_action(shards[events[i].data.u64 >> 32].multi,
                                 (int)(uint32_t)events[i].data.u64,
                                 (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                                     (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0),
                                 &running);
    for (size_t i = 0; i < shard_count; i++) {
        if (shards[i].expire_s > 0 && shards[i].expire_s <= now) {
            shards[i].expire_s = 0;
            curl_multi_socket_action(shards[i].multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        done += restart(&shards[i]);
    }
    return done;
}

/* ---- the fleet ----------------------------------------------------------------- */

static shub_loop *loop;
static shub_fleet *fleet;
static shub_batch *batch;

static void open_fleet(size_t gateways, int64_t interval_ms)
{
    shub_fleet_options opts = SHUB_FLEET_OPTIONS_INIT;
    shub_eagle_options eagle = SHUB_EAGLE_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    char url[URL_MAX], id[16];

    opts.interval_ms = interval_ms;
    opts.keep_duplicates = 1; /* the gateways say the same each time */
    opts.seed = 1;
    eagle.url = url;
    eagle.cloud_id = "004792";
    eagle.install_code = "bfb0fc05f51";
    eagle.transport = SHUB_EAGLE_100;
    eagle.min_gap_ms = 1;
    if (shub_loop_open(&loop, &err) || shub_batch_new(&batch, &err) ||
        shub_fleet_open(loop, &opts, &fleet, &err))
        fail(err.message);
    for (size_t i = 0; i < gateways; i++) {
        url_of(url, i);
        snprintf(id, sizeof id, "%06zx", i);
        if (shub_fleet_add(fleet, shub_str(id), &eagle, &err))
            fail(err.message);
    }
}

static void close_fleet(void)
{
    shub_fleet_close(fleet);
    shub_batch_free(batch);
    shub_loop_close(loop);
}

static size_t step_fleet(void)
{
    shub_fleet_result result = SHUB_FLEET_RESULT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    size_t done = 0;

    if (shub_loop_run_once(loop, 1, &err))
        fail(err.message);
    while (shub_fleet_next(fleet, batch, &result, NULL) == SHUB_OK) {
        if (result.status != SHUB_OK)
            fprintf(stderr, "%s: %s\n", result.id.ptr, result.err.message);
        done++;
    }
    shub_batch_clear(batch);
    return done;
}

/* ---- measuring ----------------------------------------------------------------- */

typedef struct figures {
    double per_s, cpu_us;
} figures;

static figures measure(size_t (*step)(void), double for_s)
{
    double start = now_s(), cpu = cpu_s(), took;
    size_t done = 0;

    while ((took = now_s() - start) < for_s)
        done += step();
    return (figures){(double)done / took, (cpu_s() - cpu) * 1e6 / (double)(done + !done)};
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double of[ROUNDS])
{
    qsort(of, ROUNDS, sizeof *of, by_size);
    return of[ROUNDS / 2];
}

static figures medians(const figures rounds[ROUNDS])
{
    double per_s[ROUNDS], cpu_us[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        per_s[i] = rounds[i].per_s;
        cpu_us[i] = rounds[i].cpu_us;
    }
    return (figures){median(per_s), median(cpu_us)};
}

static void print_figures(const char *what, const figures *of)
{
    printf("  %-52s %8.0f %14.1f\n", what, of->per_s, of->cpu_us);
}

static void print_ratio(const char *to, const figures *ours, const figures *of)
{
    printf("  fleet / %-44s %8.2f %14.2f\n", to, ours->per_s / of->per_s,
           ours->cpu_us / of->cpu_us);
}

/* The rounds are interleaved, so that what else the machine does is shared fairly. */
static void saturate(size_t gateways)
{
    figures rounds[3][ROUNDS];
    figures thrown, samples, ours;

    open_plain(gateways);
    open_fleet(gateways, 1);
    measure(step_plain, 2);
    measure(step_fleet, 2);
    for (int i = 0; i < ROUNDS; i++) {
        parsing = 0;
        rounds[0][i] = measure(step_plain, seconds);
        parsing = 1;
        rounds[1][i] = measure(step_plain, seconds);
        rounds[2][i] = measure(step_fleet, seconds);
    }
    close_fleet();
    thrown = medians(rounds[0]);
    samples = medians(rounds[1]);
    ours = medians(rounds[2]);
    printf("%zu gateways, saturated, medians of %d interleaved rounds:\n", gateways,
           ROUNDS);
    printf("  %-52s %8s %14s\n", "", "polls/s", "CPU us a poll");
    print_figures("libcurl A: plain, in shards, replies thrown away", &thrown);
    print_figures("libcurl B: the same, replies to samples by our parser", &samples);
    print_figures("fleet: samples, guard, gaps, retries, statistics", &ours);
    print_ratio("libcurl A (wanted: 0.90 of the rate)", &ours, &thrown);
    print_ratio("libcurl B", &ours, &samples);
}

static void keep_pace(size_t gateways)
{
    shub_fleet_stats stats = SHUB_FLEET_STATS_INIT;
    double before = rss_kb(), cpu, start;

    open_fleet(gateways, 6000);
    measure(step_fleet, 7);
    cpu = cpu_s();
    start = now_s();
    measure(step_fleet, 12);
    (void)shub_fleet_get_stats(fleet, shub_str(NULL), &stats, NULL);
    printf("%zu gateways every 6 s: %.1f %% of a core, %.1f KB a gateway, late by %lld "
           "ms at "
           "p99, %lld at most, %llu of %llu failed\n",
           gateways, (cpu_s() - cpu) / (now_s() - start) * 100,
           (rss_kb() - before) / (double)gateways,
           (long long)shub_fleet_lateness_ms(&stats, 0.99),
           (long long)stats.lateness_max_ms, (unsigned long long)stats.failures,
           (unsigned long long)stats.polls);
    close_fleet();
}

int main(int argc, char **argv)
{
    size_t gateways = argc > 2 ? (size_t)atol(argv[2]) : 5000;
    size_t paced = argc > 3 ? (size_t)atol(argv[3]) : 10000;
    struct rlimit limit;
    pid_t server;

    if (argc > 1)
        seconds = atof(argv[1]);
    if (gateways > GATEWAY_MAX || paced > GATEWAY_MAX || seconds <= 0) {
        fputs("usage: bench_fleet [SECONDS [GATEWAYS [GATEWAYS]]]\n", stderr);
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    unsetenv("http_proxy");
    server = start_gateways();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    printf("%s\n", curl_version());
    if (paced)
        keep_pace(paced);
    if (gateways)
        saturate(gateways);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return 0;
}
