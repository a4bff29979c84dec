#include "base/process.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES 4096

extern char **environ;

struct shub__process {
    pid_t pid; /* 0: it was waited for */
    int fd;    /* of its output; SHUB_NONE behind the end */
    int exit;  /* as waitpid tells it */
    unsigned generation;
    int64_t deadline_ms;
    shub__buf *output;
    char name[64]; /* for messages */
};

/* ---- start --------------------------------------------------------------------- */

/* A host may ignore or hold back signals; the command expects neither. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    int failed;

    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGKILL);
    (void)sigdelset(&all, SIGSTOP);
    (void)sigemptyset(&none);
    failed = posix_spawnattr_setsigdefault(attributes, &all);
    if (!failed)
        failed = posix_spawnattr_setsigmask(attributes, &none);
    if (!failed)
        failed = posix_spawnattr_setpgroup(attributes, 0);
    if (!failed)
        failed = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF |
                                                          POSIX_SPAWN_SETSIGMASK |
                                                          POSIX_SPAWN_SETPGROUP);
    return failed;
}

static int set_descriptors(posix_spawn_file_actions_t *actions, int output)
{
    int failed = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);

    if (!failed)
        failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null",
                                                  O_RDONLY, 0);
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
    /* Ours are CLOEXEC; the host's may not be. */
    if (!failed)
        failed = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
#endif
    return failed;
}

static int spawn(const shub__words *words, int output, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);

    if (failed)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (failed)
        goto fail_attributes;
    failed = set_attributes(&attributes);
    if (!failed)
        failed = set_descriptors(&actions, output);
    if (!failed)
        failed =
            posix_spawnp(pid, words->at[0], &actions, &attributes, words->at, environ);
    (void)posix_spawnattr_destroy(&attributes);
fail_attributes:
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

shub_status shub__process_start(const shub__words *words, shub__buf *output,
                                int64_t deadline_ms, shub__process **process,
                                shub_error *err)
{
    shub__process *p = shub__calloc(1, sizeof *p);
    int ends[2], failed;

    *process = NULL;
    if (!p)
        return shub__fail_nomem(err);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        failed = errno;
        shub__free(p);
        return shub__fail_errno(err, failed, "pipe");
    }
    /* The command's end blocks, as a program expects of its output. */
    (void)fcntl(ends[1], F_SETFL, 0);
    failed = spawn(words, ends[1], &p->pid);
    (void)close(ends[1]);
    if (failed) {
        (void)close(ends[0]);
        shub__free(p);
        return shub__fail_errno(err, failed, "run %.64s", words->at[0]);
    }
    p->fd = ends[0];
    p->generation = shub__fork_generation();
    p->deadline_ms = deadline_ms;
    p->output = output;
    (void)snprintf(p->name, sizeof p->name, "%s", words->at[0]);
    *process = p;
    return SHUB_OK;
}

/* ---- its end ------------------------------------------------------------------- */

/* 1 once it has ended. A host that ignores SIGCHLD, or waits for every child, takes the
 * exit status away: then what was printed must speak for itself. */
static int has_ended(shub__process *p, int flags)
{
    pid_t got;

    if (!p->pid)
        return 1;
    do
        got = waitpid(p->pid, &p->exit, flags);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return 0;
    if (got < 0)
        p->exit = 0;
    p->pid = 0;
    return 1;
}

/* Of a process that was waited for the number may be another's by now. */
static void kill_it(shub__process *p)
{
    if (has_ended(p, WNOHANG))
        return;
    (void)kill(-p->pid, SIGKILL);
    (void)kill(p->pid, SIGKILL); /* when it has not made its group yet */
    (void)has_ended(p, 0);
}

static void close_output(shub__process *p)
{
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = SHUB_NONE;
}

static shub_status read_output(shub__process *p, shub_error *err)
{
    for (;;) {
        size_t room = p->output->max - p->output->len;
        size_t want = room < READ_BYTES ? room : READ_BYTES;
        char spare, *dst = want ? shub__buf_room(p->output, want) : &spare;
        ssize_t got;

        if (!dst)
            return shub__buf_check(p->output, p->name, err);
        do
            got = read(p->fd, dst, want ? want : 1);
        while (got < 0 && errno == EINTR);
        if (got < 0 && errno == EAGAIN)
            return SHUB_E_AGAIN;
        if (got < 0)
            return shub__fail_errno(err, errno, "read from %s", p->name);
        if (got == 0) {
            close_output(p);
            return SHUB_OK;
        }
        if (!want)
            return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                              "%s prints more than %zu bytes", p->name, p->output->max);
        shub__buf_added(p->output, (size_t)got);
    }
}

static shub_status judge(const shub__process *p, shub_error *err)
{
    if (WIFSIGNALED(p->exit))
        return shub__fail(err, SHUB_E_REMOTE, SHUB_NONE, "%s: ended by signal %d",
                          p->name, WTERMSIG(p->exit));
    if (WEXITSTATUS(p->exit))
        return shub__fail(err, SHUB_E_REMOTE, SHUB_NONE, "%s: exit status %d", p->name,
                          WEXITSTATUS(p->exit));
    return SHUB_OK;
}

shub_status shub__process_poll(shub__process *process, int64_t now_ms, shub_error *err)
{
    /* Asked before the output is read: then that is all of it, though a child of the
     * command's may hold the pipe open. */
    int ended = has_ended(process, WNOHANG);
    shub_status status = process->fd >= 0 ? read_output(process, err) : SHUB_OK;

    if (status != SHUB_OK && status != SHUB_E_AGAIN)
        return status;
    if (ended)
        return judge(process, err);
    if (now_ms < process->deadline_ms)
        return SHUB_E_AGAIN;
    kill_it(process);
    return shub__fail(err, SHUB_E_TIMEOUT, SHUB_NONE, "%s: no end in time",
                      process->name);
}

void shub__process_end(shub__process *process)
{
    if (!process)
        return;
    close_output(process);
    if (shub__fork_check(process->generation, NULL) == SHUB_OK)
        kill_it(process);
    shub__free(process);
}
