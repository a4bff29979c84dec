/* The cases of tests/vectors/payload_*.txt, which C, Python and Lua read alike.
 *
 * A line is a word, a space and the rest; lines beginning with '#' and blank ones are
 * passed over, `case` begins a case. The device is "d".
 *
 *   case NAME
 *   decoder NAME        else the one that the file is called after
 *   hex BYTES           of the payload, spaces allowed; more lines go on
 *   port NUMBER         else 1
 *   rate NAME           else empty
 *   time TIME           of RFC 3339, else 2020-09-01T13:17:31Z
 *   status STATUS POS   of decoding, when it is not SHUB_OK, and err->pos (-1: none)
 *   message TEXT        of that error
 *   row WHEN QUANTITY VALUE UNIT [QUALITY]
 *                       the samples in order, all there are: WHEN is a time, or seconds
 *                       after the frame's; VALUE as JSON, UNIT "-" for none
 */
#ifndef TESTS_SUPPORT_PAYLOAD_CASES_H
#define TESTS_SUPPORT_PAYLOAD_CASES_H

#include <sensorhub.h>

enum { PAYLOAD_CASES = 512 };

typedef struct payload_case {
    char *name;
    const shub_decoder *decoder;
    shub_frame frame; /* its payload in a block of exactly its size */
    shub_status status;
    int64_t pos;
    char *message; /* NULL: not told */
    char *lines;   /* the rows as canonical JSON, each with its '\n' */
} payload_case;

/* Reads the files once; a malformed one ends the program. */
size_t payload_case_count(void);
const payload_case *payload_case_at(size_t i);

/* Asserts that no row says the (device, quantity, time) of another. */
void ck_no_repeats(const shub_batch *batch);

#endif
