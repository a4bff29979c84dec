#include "control.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define WORDS 5

static struct {
    struct watch watch;
    bool until_eof;
    char line[512];
    size_t size;
} input;

static const char *add_fault(struct gateway *g, const struct fault_rule *rule)
{
    return fault_plan_add(&g->faults, rule) ? NULL : "too many faults of one gateway";
}

static const char *clear_faults(struct gateway *g, const struct fault_rule *rule)
{
    (void)rule;
    g->faults.count = 0;
    return NULL;
}

const char *control_fault(struct server *s, const char *who, const char *kind,
                          const char *amount)
{
    struct fault_rule rule = {0};
    bool clear = strcmp(kind, "clear") == 0;
    const char *wrong = clear ? NULL : fault_parse(kind, amount, &rule);
    const char *(*change)(struct gateway *, const struct fault_rule *) =
        clear ? clear_faults : add_fault;
    if (wrong)
        return wrong;
    if (strcmp(who, "all") != 0) {
        char *end;
        unsigned long number = strtoul(who, &end, 10);
        if (*end != '\0' || number < 1 || number > s->gateway_count)
            return "no such gateway";
        return change(&s->gateways[number - 1], &rule);
    }
    for (unsigned i = 0; i < s->gateway_count && !wrong; i++)
        wrong = change(&s->gateways[i], &rule);
    return wrong;
}

static const char *parse_number(const char *text, double low, double high, double *number)
{
    char *end;
    *number = text ? strtod(text, &end) : NAN;
    if (!text || end == text || *end != '\0' || !(*number >= low && *number <= high))
        return "number missing or out of range";
    return NULL;
}

static unsigned long sum(const unsigned long *counts, size_t n)
{
    unsigned long total = 0;
    for (size_t i = 0; i < n; i++)
        total += counts[i];
    return total;
}

static void print_stats(const struct gateway *g)
{
    static const char *const auth[] = {"none", "ok", "bad"};
    const struct gateway_stats *stats = &g->stats;
    printf("stats %u %s requests=%lu faults=%lu gap_ms=%lld concurrent=%u auth=%s "
           "unauthorized=%lu",
           g->number, generation_name(g->generation), stats->requests,
           sum(stats->faults, FAULT_COUNT),
           stats->smallest_gap_us < 0 ? -1LL : (long long)stats->smallest_gap_us / 1000,
           stats->in_flight_max, auth[stats->auth], stats->unauthorized);
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (stats->commands[i])
            printf(" command.%s=%lu", command_name((enum command)i), stats->commands[i]);
    for (int i = 0; i < FAULT_COUNT; i++)
        if (stats->faults[i])
            printf(" fault.%s=%lu", fault_name((enum fault_kind)i), stats->faults[i]);
    putchar('\n');
}

static const char *obey(struct server *s, char *words[WORDS])
{
    int64_t mono_us = sim_mono_us();
    double number;
    const char *wrong = NULL;
    if (strcmp(words[0], "clock") == 0) {
        wrong = parse_number(words[1], 946684800, 4102444800, &number);
        if (!wrong)
            sim_clock_set(&s->clock, number, mono_us);
    } else if (strcmp(words[0], "rate") == 0) {
        wrong = parse_number(words[1], 0, 1e6, &number);
        if (!wrong)
            sim_clock_set_rate(&s->clock, number, mono_us);
    } else if (strcmp(words[0], "fault") == 0) {
        wrong = words[1] && words[2] ? control_fault(s, words[1], words[2], words[3])
                                     : "fault needs a gateway and a kind";
    } else if (strcmp(words[0], "stats") == 0) {
        for (unsigned i = 0; i < s->gateway_count; i++)
            print_stats(&s->gateways[i]);
    } else if (strcmp(words[0], "quit") == 0) {
        s->quitting = true;
    } else {
        wrong = "no such command: clock, rate, fault, stats or quit";
    }
    return wrong;
}

static void obey_line(struct server *s, char *line)
{
    char *words[WORDS] = {NULL};
    char *rest = line;
    for (int i = 0; i < WORDS; i++)
        words[i] = strtok_r(i ? NULL : line, " \t\r", &rest);
    if (!words[0])
        return;
    const char *wrong = words[WORDS - 1] ? "too many words" : obey(s, words);
    if (wrong)
        printf("error %s: %s\n", words[0], wrong);
    else
        printf("ok %s\n", words[0]);
}

static void obey_lines(struct server *s)
{
    char *end;
    while ((end = memchr(input.line, '\n', input.size)) != NULL) {
        size_t used = (size_t)(end - input.line) + 1;
        *end = '\0';
        obey_line(s, input.line);
        input.size -= used;
        memmove(input.line, input.line + used, input.size);
    }
}

/* False at the end of the input, which a line longer than the buffer brings about too. */
static bool read_some(struct server *s)
{
    size_t room = sizeof input.line - input.size;
    ssize_t got = read(input.watch.fd, input.line + input.size, room);
    if (got < 0 && errno == EINTR)
        return true;
    if (got <= 0)
        return false;
    input.size += (size_t)got;
    obey_lines(s);
    return true;
}

static void end_of_input(struct server *s)
{
    epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, input.watch.fd, NULL);
    if (input.until_eof)
        s->quitting = true;
}

void control_read(struct server *s)
{
    if (!read_some(s))
        end_of_input(s);
}

void control_start(struct server *s, bool until_eof)
{
    input.watch = (struct watch){.kind = WATCH_STDIN, .fd = STDIN_FILENO};
    input.until_eof = until_eof;
    if (server_watch(s, &input.watch, EPOLLIN))
        return;
    /* A regular file or /dev/null is always ready, and epoll refuses it. */
    while (read_some(s))
        continue;
    end_of_input(s);
}
