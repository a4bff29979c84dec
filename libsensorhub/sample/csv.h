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

/* Each appends a field, or what ends a line; errors stick in the buffer. */
void shub__csv_name(shub__csv *csv, shub_slice name);
void shub__csv_value(shub__csv *csv, const shub_value *value);
void shub__csv_comma(shub__csv *csv);
void shub__csv_end(shub__csv *csv);
/* Errors: SHUB_E_RANGE. */
shub_status shub__csv_time(shub__csv *csv, int64_t time_us, shub_error *err);
/* ",quality,time_assumed", empty where there is nothing to say. */
void shub__csv_flags(shub__csv *csv, uint32_t flags);

shub_status shub__csv_long(shub__csv *csv, shub_error *err);
shub_status shub__csv_wide(shub__csv *csv, shub_error *err);

#endif
