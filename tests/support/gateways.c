#include "support/gateways.h"

#include <check.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GATEWAYS_MAX 200
#define WORDS_MAX    24
#define LINE_MAX_    1024

extern char **environ;

struct gateways {
    pid_t pid;
    FILE *to, *from;
    gateway all[GATEWAYS_MAX];
    size_t count;
};

static void program(char path[512])
{
    const char *build = getenv("SHUB_BUILD");

    snprintf(path, 512, "%s/simulators/eagle_gateway", build ? build : ".");
}

int gateways_built(void)
{
    char path[512];

    program(path);
    return access(path, X_OK) == 0;
}

static void read_line(gateways *g, char line[LINE_MAX_])
{
    ck_assert_msg(fgets(line, LINE_MAX_, g->from) != NULL, "eagle_gateway has ended");
    line[strcspn(line, "\n")] = '\0';
}

static void spawn(gateways *g, char **words)
{
    posix_spawn_file_actions_t actions;
    int in[2], out[2];

    ck_assert_int_eq(pipe2(in, 02000000 /* O_CLOEXEC */), 0);
    ck_assert_int_eq(pipe2(out, 02000000), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    ck_assert_int_eq(posix_spawn(&g->pid, words[0], &actions, NULL, words, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    g->to = fdopen(in[1], "w");
    g->from = fdopen(out[0], "r");
}

gateways *gateways_start(const char *options)
{
    gateways *g = calloc(1, sizeof *g);
    char path[512], text[512], line[LINE_MAX_], *words[WORDS_MAX] = {path, "--until-eof"};
    char *rest = text;
    size_t count = 2;

    ck_assert_ptr_nonnull(g);
    program(path);
    snprintf(text, sizeof text, "%s", options);
    while (count < WORDS_MAX - 1 && (words[count] = strtok_r(rest, " ", &rest)) != NULL)
        count++;
    spawn(g, words);
    for (read_line(g, line); strcmp(line, "ready") != 0; read_line(g, line)) {
        gateway *one = &g->all[g->count++];

        ck_assert_uint_le(g->count, GATEWAYS_MAX);
        ck_assert_int_ge(sscanf(line, "gateway %*d %15s %63s %7s %63s %31s", one->kind,
                                one->url, one->cloud_id, one->secret, one->password),
                         4);
    }
    return g;
}

const gateway *gateways_at(const gateways *g, size_t i)
{
    ck_assert_uint_lt(i, g->count);
    return &g->all[i];
}

void gateways_say(gateways *g, const char *line)
{
    char answer[LINE_MAX_];

    fprintf(g->to, "%s\n", line);
    fflush(g->to);
    read_line(g, answer);
    ck_assert_msg(strncmp(answer, "ok", 2) == 0, "%s", answer);
}

long gateways_stat(gateways *g, size_t i, const char *name)
{
    char answer[LINE_MAX_], wanted[64], *at;
    long value = 0;
    size_t number = 0;

    snprintf(wanted, sizeof wanted, " %s=", name);
    fprintf(g->to, "stats\n");
    fflush(g->to);
    for (read_line(g, answer); strncmp(answer, "ok", 2) != 0; read_line(g, answer))
        if (number++ == i && (at = strstr(answer, wanted)) != NULL)
            value = strtol(at + strlen(wanted), NULL, 10);
    return value;
}

void gateways_stop(gateways *g)
{
    int status;

    fclose(g->to);
    ck_assert_int_eq(waitpid(g->pid, &status, 0), g->pid);
    fclose(g->from);
    free(g);
}

shub_eagle_options gateways_options(const gateways *g, size_t i)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    const gateway *one = gateways_at(g, i);

    opts.url = one->url;
    opts.cloud_id = one->cloud_id;
    if (strcmp(one->kind, "relay") == 0) {
        opts.transport = SHUB_EAGLE_RELAY;
        opts.user = one->secret;
        opts.password = one->password;
    } else {
        opts.install_code = one->secret;
    }
    opts.retries = SHUB_NONE;
    opts.timeout_ms = 2000;
    opts.min_gap_ms = 5;
    opts.circuit_rest_ms = 100;
    opts.seed = 1;
    return opts;
}
