#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECRET_MAX   1024
#define WAIT_STEP_US (SHUB_SECOND_US / 2)
#define WHOLE_FIRST  ((size_t)1 << 16) /* bytes of room for a file */

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

void input_catch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal; /* no SA_RESTART: a read that waits is to end */
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int input_stopped(void)
{
    return stopped;
}

int64_t steady_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SHUB_SECOND_US + t.tv_nsec / 1000;
}

/* In short steps: a signal that comes just before a wait does not end it. */
void wait_until(int64_t time_us)
{
    int64_t left_us;

    while (!input_stopped() && (left_us = time_us - steady_us()) > 0)
        (void)poll(NULL, 0,
                   left_us < WAIT_STEP_US ? (int)(left_us / 1000) + 1
                                          : (int)(WAIT_STEP_US / 1000));
}

static void say(const char *path)
{
    fprintf(stderr, "sensorhub: %s: %s\n", path, strerror(errno));
}

int input_open(const char *path)
{
    int fd;

    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        say(path);
    return fd < 0 ? SHUB_NONE : fd;
}

long input_read(int fd, const char *path, char *dst, size_t cap, int timeout_ms)
{
    struct pollfd wait = {fd, POLLIN, 0};
    ssize_t got;

    if (poll(&wait, 1, timeout_ms) <= 0)
        return SHUB_NONE; /* a signal, too */
    got = read(fd, dst, cap);
    if (got >= 0)
        return got;
    if (errno == EINTR || errno == EAGAIN)
        return SHUB_NONE;
    say(path);
    return -2;
}

/* Room for one more byte at least, and for one above `max`, which then says so. */
static int make_room(char **text, size_t len, size_t *cap, size_t max)
{
    size_t more = *cap ? 2 * *cap : WHOLE_FIRST;
    char *grown;

    if (len < *cap)
        return 1;
    if (more > max + 1)
        more = max + 1;
    grown = realloc(*text, more + 1);
    if (!grown)
        return 0;
    *text = grown;
    *cap = more;
    return 1;
}

static char *read_whole(int fd, const char *path, size_t max, size_t *len)
{
    char *text = NULL;
    size_t cap = 0;
    long got = 1;

    *len = 0;
    while (got != 0 && got != -2 && *len <= max) {
        if (!make_room(&text, *len, &cap, max)) {
            say(path);
            break;
        }
        got = input_read(fd, path, text + *len, cap - *len, -1);
        *len += got > 0 ? (size_t)got : 0;
    }
    if (*len > max)
        fprintf(stderr, "sensorhub: %s: larger than %zu bytes\n", path, max);
    if (got != 0) {
        free(text);
        return NULL;
    }
    text[*len] = '\0';
    return text;
}

/* What some editors begin a text with. */
static void drop_mark(char *text, size_t *len)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (strncmp(text, mark, sizeof mark - 1) != 0)
        return;
    *len -= sizeof mark - 1;
    memmove(text, text + sizeof mark - 1, *len + 1);
}

char *input_whole(const char *path, size_t max, size_t *len)
{
    int fd = input_open(path);
    char *text;

    if (fd == SHUB_NONE)
        return NULL;
    text = read_whole(fd, path, max, len);
    if (fd != STDIN_FILENO)
        close(fd);
    if (text)
        drop_mark(text, len);
    return text;
}

/* ---- secrets ---------------------------------------------------------------------- */

static char *first_line(const char *path)
{
    size_t len;
    char *text = input_whole(path, SECRET_MAX, &len);

    if (text)
        text[strcspn(text, "\r\n")] = '\0';
    return text;
}

int input_secret(const char *path, const char *name, char **secret)
{
    char file[64];
    const char *value = getenv(name);

    *secret = NULL;
    snprintf(file, sizeof file, "%s_FILE", name);
    if (!path)
        path = getenv(file);
    if (path)
        *secret = first_line(path);
    else if (value)
        *secret = strdup(value);
    return *secret || (!path && !value);
}

void input_forget(char *secret)
{
    if (!secret)
        return;
    explicit_bzero(secret, strlen(secret));
    free(secret);
}
