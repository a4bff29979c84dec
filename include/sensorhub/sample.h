/* sensorhub/sample.h: sample records, batches of them, and their text forms.
 *
 * A sample says: this device measured this quantity at this time, and it was this value
 * in this unit. Decoders append samples to a batch; logs, stores and encoders read
 * batches.
 *
 *     shub_batch *batch;
 *     shub_sample s = SHUB_SAMPLE_INIT;
 *     s.device = SHUB_LIT("0x00135003007c2d12");
 *     s.quantity = SHUB_LIT("power");
 *     s.unit = SHUB_LIT("kW");
 *     s.time_us = 1426010041 * SHUB_SECOND_US;
 *     s.value = shub_double(0.944);
 *     if (shub_batch_new(&batch, err) == SHUB_OK)
 *         shub_batch_append(batch, &s, err);
 */
#ifndef SENSORHUB_SAMPLE_H
#define SENSORHUB_SAMPLE_H

#include <sensorhub/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- values and samples -------------------------------------------------------- */

typedef enum shub_kind {
    SHUB_KIND_NONE = 0,
    SHUB_KIND_DOUBLE = 1, /* a measurement */
    SHUB_KIND_INT64 = 2,  /* a true count: pulses, frame counters */
    SHUB_KIND_BOOL = 3,
    SHUB_KIND_TEXT = 4 /* UTF-8 */
} shub_kind;

/* A value of one kind: shub_double(), shub_int64(), shub_bool(), shub_text() make it. */
typedef struct shub_value {
    int32_t kind; /* a shub_kind */
    int32_t reserved;
    union {
        double f64;
        int64_t i64;
        int64_t boolean; /* 0 or 1 */
        shub_slice text;
    } as;
} shub_value;

SHUB_API shub_value shub_double(double value);
SHUB_API shub_value shub_int64(int64_t value);
SHUB_API shub_value shub_bool(int value);
/* Lifetime: borrows the bytes of `text`. */
SHUB_API shub_value shub_text(shub_slice text);

/* Flags of a sample. The two low bits are its quality (Clair's M, R, E). */
#define SHUB_QUALITY_MASK     0x3u
#define SHUB_QUALITY_MEASURED 0x0u
#define SHUB_QUALITY_REPLACED 0x1u
#define SHUB_QUALITY_ERROR    0x2u
/* The device said no time: `time_us` is when the message arrived. */
#define SHUB_TIME_ASSUMED 0x4u

/* One measurement. */
typedef struct shub_sample {
    shub_slice device;   /* not empty */
    shub_slice quantity; /* a name of the quantity table, then dotted qualifiers:
                            "temperature", "temperature.2", "temperature.min" */
    shub_slice unit;     /* SenML name (RFC 8428 section 12.1) or one of the table; may be
                            empty */
    int64_t time_us;
    shub_value value;
    uint32_t flags;
    uint32_t reserved[3];
} shub_sample;

#define SHUB_SAMPLE_INIT                                                                 \
    {                                                                                    \
        {NULL, 0}, {NULL, 0}, {NULL, 0}, 0, {SHUB_KIND_NONE, 0, {0}}, 0,                 \
        {                                                                                \
            0, 0, 0                                                                      \
        }                                                                                \
    }

/* ---- frames -------------------------------------------------------------------- */

/* What a device said over the air and what the network says about it: on its way from a
 * document (sensorhub/uplink.h) to samples (sensorhub/payload.h). */
typedef struct shub_frame {
    size_t size;        /* sizeof(shub_frame) */
    shub_slice payload; /* 1 to SHUB_PAYLOAD_MAX bytes */
    shub_slice device;  /* of the samples: an EUI, 16 lower-case hexadecimal digits */
    shub_slice rate;    /* the uplink's data rate, "SF9BW125"; empty: not known */
    int64_t time_us;    /* when the network received it */
    int32_t port;       /* FPort, 1 to 223; 0: not known */
    uint32_t flags;     /* of the samples */
} shub_frame;

#define SHUB_FRAME_INIT                                                                  \
    {                                                                                    \
        sizeof(shub_frame), {NULL, 0}, {NULL, 0}, {NULL, 0}, 0, 0, 0                     \
    }

/* ---- the quantity table -------------------------------------------------------- */

/* What is known about a quantity by its first word. */
typedef struct shub_quantity {
    const char *name; /* "power" */
    const char *unit; /* its usual unit, "kW"; "" when it has none */
    const char *what; /* one line of English */
    int32_t kind;     /* the shub_kind its values have */
    int32_t senml;    /* 1: `unit` is registered for SenML (RFC 8428, RFC 8798) */
    double min, max;  /* in `unit`: values outside are refused at append, when the
                         sample's unit is this one or none and its quality is not
                         error; -inf, inf: unchecked */
} shub_quantity;

/* Row for a quantity; qualifiers after the first dot do not matter. NULL for unknown
 * names, which are allowed everywhere.
 * Lifetime: static. */
SHUB_API const shub_quantity *shub_quantity_find(shub_slice name);
/* The i-th row in order of name; NULL past the end. Lifetime: static. */
SHUB_API const shub_quantity *shub_quantity_at(size_t i);

/* ---- batches ------------------------------------------------------------------- */

#define SHUB_BATCH_MAX_ROWS  ((size_t)1 << 24) /* rows of one batch */
#define SHUB_SAMPLE_TEXT_MAX 65536             /* bytes of a text value */
#define SHUB_SAMPLE_NAME_MAX 255               /* bytes of device, quantity, unit */

/* Samples in columns: times, codes into dictionaries of names, values. */
typedef struct shub_batch shub_batch;

/* Makes an empty batch. Errors: SHUB_E_NOMEM. Lifetime: free with shub_batch_free. */
SHUB_API shub_status shub_batch_new(shub_batch **batch, shub_error *err);
/* NULL is fine. */
SHUB_API void shub_batch_free(shub_batch *batch);
/* Removes every row and keeps the memory. */
SHUB_API void shub_batch_clear(shub_batch *batch);
/* Number of rows. */
SHUB_API size_t shub_batch_count(const shub_batch *batch);

/* Copies a sample to the end. Errors: SHUB_E_CONTENT (NaN, infinity, empty device or
 * quantity, outside the table's range, text that is not UTF-8), SHUB_E_INVALID (unknown
 * kind or flag), SHUB_E_LIMIT, SHUB_E_NOMEM; err->index is the row it would have become.
 * The batch is unchanged after an error. */
SHUB_API shub_status shub_batch_append(shub_batch *batch, const shub_sample *sample,
                                       shub_error *err);

/* Reads row `i`. Errors: SHUB_E_NOT_FOUND past the end.
 * Lifetime: slices of the sample are borrowed until the batch changes. */
SHUB_API shub_status shub_batch_get(const shub_batch *batch, size_t i,
                                    shub_sample *sample, shub_error *err);

/* Rows of one device and time that stand together: one frame, one line of line
 * protocol. */
typedef struct shub_group {
    size_t first; /* row */
    size_t count;
    shub_slice device;
    int64_t time_us;
} shub_group;

/* Walks groups: set `group->first` and `group->count` to 0 before the first call. Returns
 * 1 and the next group, or 0 past the end.
 * Lifetime: `group->device` is borrowed until the batch changes. */
SHUB_API int shub_batch_next_group(const shub_batch *batch, shub_group *group);

/* The columns themselves, for readers that want them whole. A column that no row needed
 * yet is NULL. Rows of other kinds hold 0 in a value column. */
typedef struct shub_columns {
    size_t size; /* sizeof(shub_columns), set by the caller */
    size_t rows;
    const int64_t *time_us;
    const int32_t *device; /* code into devices */
    const int32_t *quantity;
    const int32_t *unit; /* code into units; -1: none */
    const double *f64;
    const int64_t *i64;        /* int64 and bool values; NULL until one is appended */
    const shub_slice *text;    /* NULL until a text is appended */
    const uint8_t *kind;       /* NULL while every row is a double */
    const uint8_t *flags;      /* NULL while every row's flags are 0 */
    const shub_slice *devices; /* dictionaries, in order of first use */
    size_t device_count;
    const shub_slice *quantities;
    size_t quantity_count;
    const shub_slice *units;
    size_t unit_count;
} shub_columns;

/* Fills in the columns. Lifetime: borrowed until the batch changes. */
SHUB_API void shub_batch_columns(const shub_batch *batch, shub_columns *columns);

/* ---- JSON lines ---------------------------------------------------------------- */

/* Encodes every row, one canonical line each, '\n' after each:
 *     {"device":"0x00135003007c2d12","quantity":"power","time":"2015-03-10T17:54:01Z",
 *      "value":0.944,"unit":"kW"}
 * without the line break; `unit` only when there is one, then `"quality":"replaced"` or
 * `"error"`, then `"time_assumed":true`, where they apply. docs/log-format.md is
 * normative. Errors: SHUB_E_NOMEM, SHUB_E_RANGE (a time outside the years 0000 to 9999,
 * with index).
 * Lifetime: `text` is borrowed until the next call on the batch. */
SHUB_API shub_status shub_batch_to_jsonl(shub_batch *batch, shub_slice *text,
                                         shub_error *err);

/* Appends the samples of JSON lines, keys in any order, unknown keys skipped, empty lines
 * passed over, "\r\n" allowed. Every good line is appended; `refused` (nullable) counts
 * the others. When one was refused the status is that of the first: SHUB_E_FORMAT,
 * SHUB_E_CONTENT, SHUB_E_RANGE, SHUB_E_LIMIT (also a line above 1 MiB), SHUB_E_TRUNCATED
 * (a last line without '\n' that does not parse), with err->index its line, counted from
 * 0, and err->pos the byte of `text` where it is wrong. SHUB_E_NOMEM stops at once, with
 * err->index the line that was not read. */
SHUB_API shub_status shub_batch_add_jsonl(shub_batch *batch, shub_slice text,
                                          size_t *refused, shub_error *err);

#ifdef __cplusplus
}
#endif

#endif
