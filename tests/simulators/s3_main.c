/*
 * scripted_s3: an S3 in memory that does on command what servers do when they fail, for
 * tests. --help says how it is steered.
 */
#include "s3.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEM_MAX 65536

static void print_help(void)
{
    puts("usage: scripted_s3 [options]\n"
         "An S3 in memory on 127.0.0.1 until SIGTERM, \"quit\" or the end of its input.\n"
         "On the same port: instance metadata, a container's endpoint, STS.\n\n"
         "  --port P           (default 0: any free)\n"
         "  --ipv6             also on [::1]\n"
         "  --tls CERT KEY     HTTPS with these PEM files\n"
         "  --key ACCESS SECRET\n"
         "  --region NAME      (us-east-1)\n"
         "  --clock-start T    simulated Unix time at the start (default: now)\n"
         "  --script LINE      obeyed before it is ready; may be repeated\n\n"
         "It prints \"s3 URL ACCESS SECRET\", then \"ready\".\n"
         "Lines on standard input, each answered by \"ok WORD\" or \"error WORD: WHY\":");
    s3_sim_help(stdout);
}

static void fail(const char *what, const char *value)
{
    fprintf(stderr, "scripted_s3: %s: %s\n", what, value);
    exit(2);
}

static const char *read_pem(const char *path, char text[PEM_MAX])
{
    FILE *file = fopen(path, "r");
    if (!file || fread(text, 1, PEM_MAX - 1, file) == 0)
        fail("cannot read", path);
    fclose(file);
    return text;
}

static const char *second_of(int argc, char **argv)
{
    if (optind >= argc)
        fail("needs two values", optarg);
    return argv[optind++];
}

static double number_option(const char *text, double high)
{
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number >= 0 && number <= high))
        fail("number out of range", text);
    return number;
}

struct lines {
    const char *items[64];
    size_t count;
};

static void add_line(struct lines *lines, const char *line)
{
    if (lines->count == sizeof lines->items / sizeof lines->items[0])
        fail("too many lines", line);
    lines->items[lines->count++] = line;
}

static void take_option(s3_sim_options *o, struct lines *lines, int option, int argc,
                        char **argv)
{
    static char certificate[PEM_MAX];
    static char private_key[PEM_MAX];
    switch (option) {
    case 'p':
        o->port = (unsigned short)number_option(optarg, 65535);
        break;
    case '6':
        o->ipv6 = true;
        break;
    case 't':
        o->certificate = read_pem(optarg, certificate);
        o->private_key = read_pem(second_of(argc, argv), private_key);
        break;
    case 'k':
        o->access = optarg;
        o->secret = second_of(argc, argv);
        break;
    case 'r':
        o->region = optarg;
        break;
    case 'T':
        o->clock_start = number_option(optarg, 4102444800);
        break;
    case 's':
        add_line(lines, optarg);
        break;
    case 'h':
        print_help();
        exit(0);
    default:
        exit(2);
    }
}

static void parse_options(s3_sim_options *o, struct lines *lines, int argc, char **argv)
{
    static const struct option names[] = {
        {"port", required_argument, NULL, 'p'},
        {"ipv6", no_argument, NULL, '6'},
        {"tls", required_argument, NULL, 't'},
        {"key", required_argument, NULL, 'k'},
        {"region", required_argument, NULL, 'r'},
        {"clock-start", required_argument, NULL, 'T'},
        {"script", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
        take_option(o, lines, option, argc, argv);
    if (optind < argc)
        fail("no such option", argv[optind]);
}

static void obey_input(s3_sim *sim)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        int size = (int)strcspn(line, " \t\r\n");
        if (size == 4 && strncmp(line, "quit", 4) == 0)
            break;
        if (size == 0)
            continue;
        const char *wrong = s3_sim_ask(sim, line, stdout);
        if (wrong)
            printf("error %.*s: %s\n", size, line, wrong);
        else
            printf("ok %.*s\n", size, line);
    }
    free(line);
}

/* Ends the wait for a line, so that everything is freed. */
static void on_signal(int signal_number)
{
    (void)signal_number;
    close(STDIN_FILENO);
}

static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    s3_sim_options options = {0};
    struct lines lines = {.count = 0};
    parse_options(&options, &lines, argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    watch_signals();
    s3_sim *sim = s3_sim_start(&options);
    if (!sim)
        fail("cannot start", options.certificate ? "HTTPS" : "HTTP");
    for (size_t i = 0; i < lines.count; i++) {
        const char *wrong = s3_sim_script(sim, lines.items[i]);
        if (wrong)
            fail(lines.items[i], wrong);
    }
    printf("s3 %s://127.0.0.1:%u %s %s\nready\n", options.certificate ? "https" : "http",
           s3_sim_port(sim), options.access ? options.access : S3_SIM_ACCESS,
           options.secret ? options.secret : S3_SIM_SECRET);
    obey_input(sim);
    s3_sim_stop(sim);
    return 0;
}
