/* One line of canonical JSON for one sample: docs/log-format.md, "The canonical line". */
#ifndef SHUB_SAMPLE_JSONL_H
#define SHUB_SAMPLE_JSONL_H

#include <sensorhub/sample.h>

#include "base/buf.h"

/* Bytes that a line never exceeds, '\n' included: every byte of the longest text and
 * names escaped, and the rest. The buffer's maximum must leave room for what the sample's
 * own lengths may take, six bytes for each of theirs and 256. */
#define SHUB__JSONL_LINE_MAX ((SHUB_SAMPLE_TEXT_MAX + 3 * SHUB_SAMPLE_NAME_MAX) * 6 + 256)

/* The last time that was formatted: rows of one frame share it. Zeroed: none. */
typedef struct shub__jsonl_memo {
    int64_t time_us;
    size_t len;
    char text[SHUB_TIME_MAX];
} shub__jsonl_memo;

/* Formats a time, unless it is the one that was. Errors: SHUB_E_RANGE (outside the years
 * 0000 to 9999). */
shub_status shub__jsonl_time(shub__jsonl_memo *memo, int64_t time_us, shub_error *err);

/* Each writes into room and returns the end of it: a value, a text in quotes; what the
 * flags say, as members of an object behind others. All but a text is shorter than 64
 * bytes. */
char *shub__jsonl_put_value(char *dst, const shub_value *value);
char *shub__jsonl_put_flags(char *dst, uint32_t flags);

/* Checks a sample as shub_batch_append does and appends its line and '\n'. Nothing is
 * appended on failure. Errors: SHUB_E_CONTENT, SHUB_E_INVALID, SHUB_E_LIMIT, SHUB_E_RANGE
 * (a time outside the years 0000 to 9999), SHUB_E_NOMEM. */
shub_status shub__jsonl_write(shub__buf *buf, const shub_sample *sample, shub_error *err);

/* The same for a sample that comes from a batch and so was checked. */
shub_status shub__jsonl_write_row(shub__buf *buf, const shub_sample *sample,
                                  shub__jsonl_memo *memo, shub_error *err);

#endif
