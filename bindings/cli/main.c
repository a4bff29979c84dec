/* sensorhub: the library's commands. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

static int run_version(const arguments *args)
{
    if (args->json) {
        row_text("version", shub_str(shub_version()));
        row_end(1);
    } else {
        printf("sensorhub %s\n", shub_version());
    }
    return EXIT_OK;
}

static const command version_commands[] = {
    {"version", "print the library's version", "",
     "    Prints the version of the library that is in use.\n", NULL, 0, 0, run_version},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};

static const command *const groups[] = {
    eagle_commands, uplink_commands, payload_commands, clair_commands,  log_commands,
    s3_commands,    ship_commands,   convert_commands, version_commands};
enum { GROUPS = sizeof groups / sizeof groups[0] };

static void print_line(FILE *out, const command *cmd)
{
    fprintf(out, "    %-14s %s\n", cmd->name, cmd->line);
}

/* The commands that begin with `word`, all for NULL; how many. */
static int print_commands(FILE *out, const char *word)
{
    int count = 0;

    for (int g = 0; g < GROUPS; g++)
        for (const command *cmd = groups[g]; cmd->name; cmd++) {
            size_t len = word ? strlen(word) : 0;
            if (word && (strncmp(cmd->name, word, len) != 0 || cmd->name[len] != ' '))
                continue;
            if (count++ == 0)
                fputs("COMMANDS\n", out);
            print_line(out, cmd);
        }
    return count;
}

static int is_help(const char *text)
{
    return text && (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0 ||
                    strcmp(text, "help") == 0);
}

static int general_help(void)
{
    puts("NAME\n    sensorhub - sensor telemetry: read it, keep it safely, ship it on\n\n"
         "SYNOPSIS\n    sensorhub COMMAND [OPTION...] [ARGUMENT...]\n");
    print_commands(stdout, NULL);
    puts("\n    sensorhub COMMAND --help tells more of each, exit status included.\n\n"
         "EXAMPLES\n"
         "    sensorhub eagle poll http://eagle.local | sensorhub log append data meter\n"
         "    sensorhub log seal data && sensorhub ship data --dest file:///srv/archive\n"
         "    sensorhub verify data --dest file:///srv/archive\n"
         "    sensorhub ship data --dest s3://archive/logs");
    return finish(EXIT_OK);
}

/* Number of words of the command that the line begins with, 0: another. */
static int matches(const command *cmd, int argc, char **argv)
{
    const char *space = strchr(cmd->name, ' ');
    size_t len = space ? (size_t)(space - cmd->name) : strlen(cmd->name);

    if (argc < 2 || strlen(argv[1]) != len || strncmp(argv[1], cmd->name, len) != 0)
        return 0;
    if (!space)
        return 1;
    return argc > 2 && strcmp(argv[2], space + 1) == 0 ? 2 : 0;
}

static int run(const command *cmd, int argc, char **argv)
{
    arguments args;
    int code = options_read(cmd, argc, argv, &args);

    return code == SHUB_NONE ? finish(cmd->run(&args)) : code;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage("wants a command");
    if (is_help(argv[1]))
        return general_help();
    if (strcmp(argv[1], "--version") == 0)
        argv[1] = (char *)"version";
    for (int g = 0; g < GROUPS; g++)
        for (const command *cmd = groups[g]; cmd->name; cmd++) {
            int words = matches(cmd, argc, argv);
            if (words)
                return run(cmd, argc - words, argv + words);
        }
    if (is_help(argv[2]) && print_commands(stdout, argv[1]))
        return finish(EXIT_OK);
    if (argc == 2 && print_commands(stderr, argv[1]))
        return EXIT_USAGE;
    if (argc > 2)
        return usage("no command \"%s %s\"", argv[1], argv[2]);
    return usage("no command \"%s\"", argv[1]);
}
