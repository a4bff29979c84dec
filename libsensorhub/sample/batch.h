/* Inside a batch. */
#ifndef SHUB_SAMPLE_BATCH_H
#define SHUB_SAMPLE_BATCH_H

#include <sensorhub/sample.h>

#include "base/buf.h"
#include "sample/arena.h"
#include "sample/names.h"

/* The last four columns are read only where the flag of theirs is set: from the first row
 * that needs them on, rows before it filled with zeros. */
struct shub_batch {
    size_t rows;
    size_t cap; /* rows that every column which is there has room for */
    int64_t *time_us;
    int32_t *device;
    int32_t *quantity;
    int32_t *unit; /* SHUB_NONE: none */
    double *f64;
    int64_t *i64;
    shub_slice *text;
    uint8_t *kind;
    uint8_t *flags;
    int has_i64, has_text, has_kind, has_flags;
    shub__names devices, quantities, units;
    shub__arena arena; /* names and texts */
    shub__buf out;     /* what the last encoder returned */
};

#endif
