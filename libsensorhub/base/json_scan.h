/* What the files of the JSON scanner share. */
#ifndef SHUB_BASE_JSON_SCAN_H
#define SHUB_BASE_JSON_SCAN_H

#include "base/json.h"

/* The byte at `pos`, or SHUB_NONE behind the end. */
static inline int shub__json_at(const shub__json *j, size_t pos)
{
    return pos < j->len ? (unsigned char)j->ptr[pos] : SHUB_NONE;
}

/* Set the sticky error, unless one is set, and return 0. */
int shub__json_fail(shub__json *j, size_t pos, shub_status status, const char *why);
/* For a byte that does not fit: when it is the end of the text, the text was cut
 * short. */
int shub__json_fail_syntax(shub__json *j, size_t pos, const char *why);

/* Moves over the string whose quote is at the cursor. `raw` is what stands between the
 * quotes, checked; `escaped` is 1 when it must be unescaped. */
int shub__json_scan_string(shub__json *j, shub_slice *raw, int *escaped);
/* Unescapes a checked string into the scratch buffer. */
int shub__json_unescape(shub__json *j, shub_slice raw, shub_slice *out);

#endif
