/* A command that is run for what it prints. It never blocks: who started it asks from
 * time to time how far it is. Time is an argument.
 *
 * The command runs in a process group of its own, with stdin from /dev/null, stderr and
 * environment as ours, every signal as it is by default, and no other descriptor. */
#ifndef SHUB_BASE_PROCESS_H
#define SHUB_BASE_PROCESS_H

#include "base/buf.h"

#define SHUB__COMMAND_MAX ((size_t)32 << 10) /* bytes of a command line */
#define SHUB__WORDS_MAX   ((size_t)256)      /* of a command line */

/* The words of a command line, as a POSIX shell quotes them and no more: white space
 * parts; '…' keeps all; in "…" a backslash keeps '"' and itself; elsewhere it keeps any
 * byte (Python's shlex.split, which the AWS CLI uses). */
typedef struct shub__words {
    char **at; /* NULL behind the last, as argv is */
    size_t count;
    char *text; /* what they lie in */
    size_t size;
} shub__words;

/* Errors: SHUB_E_INVALID (no word, a quotation without end, a backslash at the end, a
 * NUL), SHUB_E_LIMIT, SHUB_E_NOMEM. Messages do not show the line. Lifetime: free with
 * shub__words_fini, which wipes. */
shub_status shub__words_split(shub__words *words, shub_slice line, shub_error *err);
void shub__words_fini(shub__words *words);

typedef struct shub__process shub__process;

/* Starts the program that the first word names, looked for as execvp does. What it prints
 * goes to `output`, which outlives the process, up to its maximum. At `deadline_ms`, on
 * the caller's clock, it is killed. Errors: SHUB_E_NOT_FOUND (no such program), SHUB_E_IO
 * (not executable, no descriptors, no processes), SHUB_E_NOMEM. Lifetime: end with
 * shub__process_end. */
shub_status shub__process_start(const shub__words *words, shub__buf *output,
                                int64_t deadline_ms, shub__process **process,
                                shub_error *err);
/* SHUB_E_AGAIN: it runs still. SHUB_OK: it ended with 0, and its output is there. Errors:
 * SHUB_E_REMOTE (it ended otherwise; the message says how), SHUB_E_TIMEOUT, SHUB_E_LIMIT
 * (the output's maximum), SHUB_E_IO, SHUB_E_NOMEM. */
shub_status shub__process_poll(shub__process *process, int64_t now_ms, shub_error *err);
/* Kills what runs still, with all of its group, and leaves no zombie. Nothing is done to
 * it in a forked child. NULL is fine. */
void shub__process_end(shub__process *process);

#endif
