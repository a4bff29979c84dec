#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP = 1000, JSON, TRACE };

static const option_row common[] = {
    {"json", NULL, "print results as JSON, one object a line"},
    {"trace", "LEVEL", "say on standard error what is done: error, warn, info, debug"},
    {"help", NULL, "print this and exit"},
    {NULL, NULL, NULL},
};

int usage(const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fprintf(stderr, "sensorhub: %s (see --help)\n", text);
    return EXIT_USAGE;
}

static void trace_line(shub_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    fprintf(stderr, "%s\n", line);
}

static int set_trace(const char *text)
{
    static const char *const names[] = {"off", "error", "warn", "info", "debug", NULL};
    int32_t level = 0;

    if (!value_choice("trace", text, names, &level))
        return EXIT_USAGE;
    shub_trace_set((shub_level)level, trace_line, NULL);
    return SHUB_NONE;
}

/* ---- help ------------------------------------------------------------------------- */

static void print_options(const option_row *row)
{
    for (; row && row->name; row++) {
        printf("    --%s%s%s\n        ", row->name, row->arg ? " " : "",
               row->arg ? row->arg : "");
        for (const char *c = row->help; *c; c++) {
            putchar(*c);
            if (*c == '\n')
                fputs("        ", stdout);
        }
        putchar('\n');
    }
}

static int print_help(const command *cmd)
{
    printf("NAME\n    sensorhub %s - %s\n\n", cmd->name, cmd->line);
    printf("SYNOPSIS\n    sensorhub %s [OPTION...] %s\n\n", cmd->name, cmd->synopsis);
    printf("DESCRIPTION\n%s\nOPTIONS\n", cmd->text);
    print_options(cmd->options);
    print_options(common);
    puts("\nEXIT STATUS\n"
         "    0  done\n"
         "    1  some input was refused, or something needs a look\n"
         "    2  the command line is wrong\n"
         "    3  the system refused: files, disk, memory\n"
         "    4  the network, a gateway or a store refused\n"
         "    5  another process is at it");
    return finish(EXIT_OK);
}

/* ---- reading ---------------------------------------------------------------------- */

static int add_options(struct option *longs, const option_row *rows, int count, int first)
{
    for (int i = 0; rows && rows[i].name; i++, count++) {
        longs[count].name = rows[i].name;
        longs[count].has_arg = !rows[i].arg            ? no_argument
                               : rows[i].arg[0] == '[' ? optional_argument
                                                       : required_argument;
        longs[count].flag = NULL;
        longs[count].val = first + i;
    }
    return count;
}

static int check_count(const command *cmd, const arguments *args)
{
    if (args->count < cmd->min_count)
        return usage("%s: wants %s", cmd->name, cmd->synopsis);
    if (cmd->max_count >= 0 && args->count > cmd->max_count)
        return usage("%s: \"%s\" is one argument too many", cmd->name,
                     args->rest[cmd->max_count]);
    return SHUB_NONE;
}

/* What is behind the letter or the '=' may be a secret. */
static int unknown_option(const command *cmd, const char *given)
{
    if (optopt > ' ' && optopt < HELP)
        return usage("%s: no option \"-%c\"", cmd->name, optopt);
    return usage("%s: %.*s takes no argument", cmd->name, (int)strcspn(given, "="),
                 given);
}

/* getopt takes a beginning for the whole; a secret given to an option that is not ours
 * must not become another's argument, nor be printed. */
static int check_names(const command *cmd, int argc, char **argv,
                       const struct option *longs)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        size_t len = strcspn(argv[i], "=");
        const struct option *o = longs;
        if (strncmp(argv[i], "--", 2) != 0)
            continue;
        while (o->name && (strlen(o->name) != len - 2 ||
                           strncmp(o->name, argv[i] + 2, len - 2) != 0))
            o++;
        if (!o->name)
            return usage("%s: no option \"%.*s\"", cmd->name, (int)len, argv[i]);
    }
    return SHUB_NONE;
}

/* getopt takes an argument that may be left out only behind a '='. */
static char *next_number(const struct option *o, int argc, char **argv)
{
    char *next = optind < argc ? argv[optind] : NULL;

    if (o->has_arg != optional_argument || !next || *next < '0' || *next > '9' ||
        strspn(next, "0123456789") + 1 < strlen(next))
        return NULL;
    optind++;
    return next;
}

static int note(arguments *args, int option, const char *value)
{
    args->value[option] = value ? value : "";
    if (!value)
        return SHUB_NONE;
    if (args->given_count == GIVEN_MAX)
        return usage("more than %d options", GIVEN_MAX);
    args->given[args->given_count].option = option;
    args->given[args->given_count++].value = value;
    return SHUB_NONE;
}

int options_read(const command *cmd, int argc, char **argv, arguments *args)
{
    struct option longs[OPTIONS_MAX + 4] = {{0}};
    int count = add_options(longs, cmd->options, 0, 0), c, code;

    (void)add_options(longs, common, count, HELP);
    /* In the order of the common rows. */
    longs[count].val = JSON;
    longs[count + 1].val = TRACE;
    longs[count + 2].val = HELP;
    memset(args, 0, sizeof *args);
    opterr = 0;
    code = check_names(cmd, argc, argv, longs);
    if (code != SHUB_NONE)
        return code;
    while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
        if (c == HELP || c == 'h')
            return print_help(cmd);
        if (c == ':')
            return usage("%s: %s wants an argument", cmd->name, argv[optind - 1]);
        if (c == '?')
            return unknown_option(cmd, argv[optind - 1]);
        if (c == JSON)
            args->json = 1;
        else if (c == TRACE && (code = set_trace(optarg)) != SHUB_NONE)
            return code;
        else if (c < OPTIONS_MAX &&
                 (code = note(args, c,
                              optarg ? optarg : next_number(&longs[c], argc, argv))) !=
                     SHUB_NONE)
            return code;
    }
    args->rest = argv + optind;
    args->count = argc - optind;
    return check_count(cmd, args);
}

/* ---- values ----------------------------------------------------------------------- */

/* A number of digits alone, then a unit of `units` or nothing. */
static int value_scaled(const char *name, const char *text, const char *units,
                        const int64_t *factors, int64_t none, int64_t *out)
{
    char *end;
    const char *unit;
    int64_t factor = none;
    long long number;

    if (!text)
        return 1;
    errno = 0;
    number = strtoll(text, &end, 10);
    unit = *end ? strchr(units, *end) : NULL;
    if (unit)
        factor = factors[unit - units];
    if (text[0] < '0' || text[0] > '9' || errno || (*end && (!unit || end[1])) ||
        number > INT64_MAX / factor) {
        usage("--%s: \"%s\" is no number%s%s", name, text,
              *units ? " with a unit of " : "", units);
        return 0;
    }
    *out = number * factor;
    return 1;
}

int value_count(const char *name, const char *text, int64_t max, int64_t *out)
{
    if (!value_scaled(name, text, "", NULL, 1, out))
        return 0;
    if (!text || *out <= max)
        return 1;
    usage("--%s: %s is more than %lld", name, text, (long long)max);
    return 0;
}

int value_duration_us(const char *name, const char *text, int64_t *out)
{
    static const int64_t factors[] = {SHUB_SECOND_US, 60 * SHUB_SECOND_US, SHUB_HOUR_US,
                                      24 * SHUB_HOUR_US};

    return value_scaled(name, text, "smhd", factors, SHUB_SECOND_US, out);
}

int value_bytes(const char *name, const char *text, int64_t *out)
{
    static const int64_t factors[] = {1 << 10, 1 << 20, 1 << 30};

    return value_scaled(name, text, "KMG", factors, 1, out);
}

int value_choice(const char *name, const char *text, const char *const *names,
                 int32_t *out)
{
    if (!text)
        return 1;
    for (int32_t i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return 1;
        }
    fprintf(stderr, "sensorhub: --%s: \"%s\" is none of", name, text);
    for (int i = 0; names[i]; i++)
        fprintf(stderr, " %s", names[i]);
    fputc('\n', stderr);
    return 0;
}

static int64_t standing(void *user)
{
    return *(const int64_t *)user;
}

int value_clock(const char *text, shub_clock *clock)
{
    static int64_t now_us;
    shub_error err = SHUB_ERROR_INIT;

    if (!text)
        return 1;
    if (shub_time_parse(shub_str(text), &now_us, &err) != SHUB_OK) {
        usage("--now: %s", err.message);
        return 0;
    }
    clock->now_us = standing;
    clock->user = &now_us;
    return 1;
}
