/* Cases of tests/vectors/ that C, Python and Lua read alike.
 *
 * A line is a word, a space and the rest; lines beginning with '#' and blank ones are
 * passed over, `case` begins a case. In the rest \\ \n \r \t \xHH stand for bytes. What
 * the words mean is said at the top of each file. */
#ifndef TESTS_SUPPORT_CASES_H
#define TESTS_SUPPORT_CASES_H

#include <sensorhub.h>

enum { CASE_LINES = 96 };

typedef struct test_case {
    char *name;
    struct {
        char *word;
        char *text; /* unescaped, NUL-terminated */
        size_t len;
    } lines[CASE_LINES];
    size_t count;
} test_case;

/* Reads a file of tests/vectors/ once; a malformed one ends the program. Lifetime: of the
 * program. */
const test_case *cases_of(const char *file, size_t *count);

/* The i-th line of a word: its text, {NULL, 0} when there is none. */
shub_slice case_text(const test_case *c, const char *word, size_t i);
/* The lines of a word joined by LF, in a block of exactly their size, to be freed. */
char *case_joined(const test_case *c, const char *word, size_t *len);
/* The number that a word's line begins with, else `none`. */
long long case_number(const test_case *c, const char *word, long long none);
/* The status that the first word of a `status` line names: SHUB_OK without one. */
shub_status case_status(const test_case *c);

/* Asserts that a status is the case's, and the error's place and message, where it tells
 * them: `status NAME POS`, `index NUMBER`, `message TEXT`. */
void ck_case_status(const test_case *c, shub_status status, const shub_error *err);

#endif
