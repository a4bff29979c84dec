/*
 * eagle_gateway: any number of simulated EAGLE energy gateways in one process, for tests
 * and for the demonstration. --help says how it is steered.
 */
#include "control.h"
#include "server.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define GATEWAYS_MAX 20000
#define PEM_MAX      65536

struct options {
    unsigned count[3]; /* by generation */
    unsigned long long seed;
    unsigned short port;
    unsigned cadence_s;
    bool two_meters;
    bool no_auth;
    bool old_firmware;
    bool until_eof;
    const char *certificate_path;
    const char *key_path;
    double clock_start;
    double clock_rate;
    char *faults[32];
    size_t fault_count;
};

static void print_help(void)
{
    puts(
        "usage: eagle_gateway [options]\n"
        "Simulates EAGLE energy gateways on 127.0.0.1 until SIGTERM or \"quit\".\n\n"
        "  --relay N        N gateways behind one cloud relay port\n"
        "  --eagle100 N     N first-generation gateways, a port each\n"
        "  --eagle200 N     N EAGLE-200 gateways, a port each\n"
        "  --old-firmware   EAGLE-100s have cgi_manager and no post_manager\n"
        "  --two-meters     every EAGLE-200 lists a stale meter first\n"
        "  --cadence S      meters have news every S seconds (default: 7 to 10)\n"
        "  --seed N         other identities, other waves (default 1)\n"
        "  --port P         first port; the others follow (default 0: any free)\n"
        "  --tls CERT KEY   HTTPS with these PEM files\n"
        "  --clock-start T  simulated Unix time at the start (default: now)\n"
        "  --clock-rate R   simulated seconds a second (default 1)\n"
        "  --fault N:KIND[=MS][:AMOUNT]   as the line \"fault N KIND[=MS] AMOUNT\"\n"
        "  --until-eof      quit when standard input ends\n\n"
        "It prints a line for each gateway, then \"ready\":\n"
        "  gateway NUMBER relay URL CLOUD_ID USER PASSWORD\n"
        "  gateway NUMBER eagle100|eagle200 URL CLOUD_ID INSTALL_CODE\n\n"
        "Lines on standard input, each answered by \"ok WORD\" or \"error WORD: WHY\":\n"
        "  clock UNIX_SECONDS | rate R | stats | quit\n"
        "  fault N|all KIND[=MS] [AMOUNT]   AMOUNT: requests (3), chance (0.1), or "
        "none:\n"
        "                                   for ever. Faults of a gateway come in turn.\n"
        "  fault N|all clear\n"
        "=MS is the pause of drip (between bytes) and delay (before the answer).\n"
        "Kinds:");
    fault_list(stdout);
    puts("\n\nEvery fourth gateway is solar (negative demand around noon UTC).");
}

static void fail(const char *what, const char *value)
{
    fprintf(stderr, "eagle_gateway: %s: %s\n", what, value);
    exit(2);
}

static double number_option(const char *name, const char *text, double low, double high)
{
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number >= low && number <= high))
        fail(name, text);
    return number;
}

static void take_option(struct options *o, int option, int argc, char **argv)
{
    switch (option) {
    case RELAY:
    case EAGLE100:
    case EAGLE200:
        o->count[option] = (unsigned)number_option("count", optarg, 0, GATEWAYS_MAX);
        break;
    case 's':
        o->seed = (unsigned long long)number_option("seed", optarg, 0, 9e15);
        break;
    case 'p':
        o->port = (unsigned short)number_option("port", optarg, 0, 65535);
        break;
    case 'c':
        o->cadence_s = (unsigned)number_option("cadence", optarg, 1, 3600);
        break;
    case 't':
        if (optind >= argc)
            fail("--tls needs two files", optarg);
        o->certificate_path = optarg;
        o->key_path = argv[optind++];
        break;
    case 'T':
        o->clock_start = number_option("clock-start", optarg, 946684800, 4102444800);
        break;
    case 'R':
        o->clock_rate = number_option("clock-rate", optarg, 0, 1e6);
        break;
    case 'f':
        if (o->fault_count == sizeof o->faults / sizeof o->faults[0])
            fail("too many faults", optarg);
        o->faults[o->fault_count++] = optarg;
        break;
    case '2':
        o->two_meters = true;
        break;
    case 'n':
        o->no_auth = true;
        break;
    case 'o':
        o->old_firmware = true;
        break;
    case 'e':
        o->until_eof = true;
        break;
    case 'h':
        print_help();
        exit(0);
    default:
        exit(2);
    }
}

static void parse_options(struct options *o, int argc, char **argv)
{
    static const struct option names[] = {
        {"relay", required_argument, NULL, RELAY},
        {"eagle100", required_argument, NULL, EAGLE100},
        {"eagle200", required_argument, NULL, EAGLE200},
        {"seed", required_argument, NULL, 's'},
        {"port", required_argument, NULL, 'p'},
        {"cadence", required_argument, NULL, 'c'},
        {"tls", required_argument, NULL, 't'},
        {"clock-start", required_argument, NULL, 'T'},
        {"clock-rate", required_argument, NULL, 'R'},
        {"fault", required_argument, NULL, 'f'},
        {"two-meters", no_argument, NULL, '2'},
        {"no-auth", no_argument, NULL, 'n'},
        {"old-firmware", no_argument, NULL, 'o'},
        {"until-eof", no_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
        take_option(o, option, argc, argv);
    if (optind < argc)
        fail("unexpected argument", argv[optind]);
    if (o->count[RELAY] + o->count[EAGLE100] + o->count[EAGLE200] == 0)
        fail("no gateways", "give --relay, --eagle100 or --eagle200");
}

static char *read_pem(const char *path)
{
    char *text = calloc(1, PEM_MAX);
    FILE *file = fopen(path, "rbe");
    if (!text || !file || fread(text, 1, PEM_MAX - 1, file) == 0)
        fail("cannot read PEM file", path);
    fclose(file);
    return text;
}

static void apply_options(struct gateway *g, const struct options *o)
{
    if (o->cadence_s) {
        g->cadence_s = (int)o->cadence_s;
        g->phase_s %= g->cadence_s;
    }
    if (o->two_meters && g->generation == EAGLE200)
        g->stale_meter_mac = g->meter_mac ^ 0x400000;
    g->open_to_all = o->no_auth && g->generation != RELAY;
    g->old_firmware = o->old_firmware;
}

static void make_gateways(struct server *s, const struct options *o)
{
    unsigned number = 0;
    s->relay_count = o->count[RELAY];
    s->gateway_count = o->count[RELAY] + o->count[EAGLE100] + o->count[EAGLE200];
    s->gateways = calloc(s->gateway_count, sizeof *s->gateways);
    if (!s->gateways)
        fail("out of memory", "gateways");
    for (int generation = RELAY; generation <= EAGLE200; generation++) {
        for (unsigned i = 0; i < o->count[generation]; i++) {
            struct gateway *g = &s->gateways[number++];
            gateway_init(g, number, (enum generation)generation, o->seed,
                         (int64_t)s->clock.unix_s);
            apply_options(g, o);
        }
    }
}

static unsigned short open_port(struct server *s, struct gateway *g, unsigned short *port)
{
    unsigned short got = server_listen(s, g, *port);
    if (got == 0) {
        perror("eagle_gateway: listen on 127.0.0.1");
        exit(1);
    }
    if (*port)
        ++*port;
    return got;
}

static void open_ports(struct server *s, const struct options *o)
{
    const char *scheme = o->certificate_path ? "https" : "http";
    unsigned short next = o->port;
    unsigned short relay = o->count[RELAY] ? open_port(s, NULL, &next) : 0;
    for (unsigned i = 0; i < s->gateway_count; i++) {
        struct gateway *g = &s->gateways[i];
        unsigned short port = g->generation == RELAY ? relay : open_port(s, g, &next);
        snprintf(g->url, sizeof g->url, "%s://127.0.0.1:%u", scheme, port);
    }
}

static void arm_faults(struct server *s, const struct options *o)
{
    for (size_t i = 0; i < o->fault_count; i++) {
        char *rest = o->faults[i];
        const char *who = strsep(&rest, ":");
        const char *kind = strsep(&rest, ":");
        const char *wrong = kind ? control_fault(s, who, kind, rest) : "needs N:KIND";
        if (wrong)
            fail("--fault", wrong);
    }
}

static void announce(const struct server *s)
{
    for (unsigned i = 0; i < s->gateway_count; i++) {
        const struct gateway *g = &s->gateways[i];
        printf("gateway %u %s %s %s ", g->number, generation_name(g->generation), g->url,
               g->cloud_id);
        if (g->generation == RELAY)
            printf("%s %s\n", g->user, g->password);
        else
            printf("%s\n", g->install_code);
    }
    puts("ready");
}

static void watch_signals(struct server *s, struct watch *watch)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    *watch = (struct watch){.kind = WATCH_SIGNAL,
                            .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (watch->fd < 0 || !server_watch(s, watch, EPOLLIN))
        fail("signals", "signalfd");
}

int main(int argc, char **argv)
{
    static struct server server;
    struct watch signals;
    struct options options = {
        .seed = 1, .clock_start = (double)time(NULL), .clock_rate = 1};
    parse_options(&options, argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    server.seed = options.seed;
    server.clock =
        (struct sim_clock){options.clock_start, options.clock_rate, sim_mono_us()};
    make_gateways(&server, &options);

    char *certificate =
        options.certificate_path ? read_pem(options.certificate_path) : NULL;
    char *key = options.key_path ? read_pem(options.key_path) : NULL;
    if (!server_start(&server, certificate, key))
        fail("cannot start", options.certificate_path ? "TLS" : "HTTP");
    watch_signals(&server, &signals);
    open_ports(&server, &options);
    arm_faults(&server, &options);
    announce(&server);
    control_start(&server, options.until_eof);
    server_run(&server, control_read);

    server_stop(&server);
    close(signals.fd);
    free(certificate);
    free(key);
    free(server.gateways);
    return 0;
}
