/* CSV, RFC 4180: fields, and the two layouts. */
#ifndef SHUB_SAMPLE_CSV_H
#define SHUB_SAMPLE_CSV_H

#include <sensorhub/format.h>

#include "base/buf.h"
#include "sample/jsonl.h"

typedef struct shub__csv {
    const shub_batch *batch;
    shub_columns columns; /* of the batch */
    shub__buf *buf;
    shub_csv_options opts;
    shub__jsonl_memo time;
} shub__csv;

/* Each writes a field into room, or what is behind it, and returns the end of it. */
char *shub__csv_put_name(char *dst, shub_slice name);
char *shub__csv_put_value(char *dst, const shub_value *value);
/* ",quality,time_assumed", empty where there is nothing to say. */
char *shub__csv_put_flags(char *dst, uint32_t flags);
char *shub__csv_put_end(char *dst, const shub__csv *csv);

/* Bytes that they never exceed: a field of `len` bytes; the rest of a line but its
 * names, texts, and the commas of columns. */
#define SHUB__CSV_QUOTED_MAX(len) (2 * (len) + 2)
#define SHUB__CSV_LINE_MAX        128

shub_status shub__csv_long(shub__csv *csv, shub_error *err);
shub_status shub__csv_wide(shub__csv *csv, shub_error *err);

#endif
