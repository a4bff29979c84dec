/* sensorhub/format.h: batches as CSV, InfluxDB line protocol, SenML and Arrow, and back.
 *
 *     shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
 *     shub_slice lines;
 *     opts.measurement = SHUB_LIT("meters");
 *     if (shub_batch_to_influx(batch, &opts, &lines, err) == SHUB_OK)
 *         send(lines);
 *
 * What an encoder writes for a batch, its reader takes back as the same samples, in the
 * same order; docs/formats.md says where a format has no word for something. JSON lines
 * are in sensorhub/sample.h.
 */
#ifndef SENSORHUB_FORMAT_H
#define SENSORHUB_FORMAT_H

#include <sensorhub/sample.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- CSV (RFC 4180) ------------------------------------------------------------ */

#define SHUB_CSV_COLUMNS_MAX 4096 /* quantities and units of the wide layout */

typedef enum shub_csv_layout {
    SHUB_CSV_LONG = 0, /* a line a sample */
    SHUB_CSV_WIDE = 1  /* a line a group, a column a quantity */
} shub_csv_layout;

typedef struct shub_csv_options {
    size_t size;
    int32_t layout;    /* a shub_csv_layout */
    int32_t no_header; /* 1: no line of names first */
    int32_t lf;        /* 1: lines end with "\n", not "\r\n" */
    int32_t reserved;
} shub_csv_options;

#define SHUB_CSV_OPTIONS_INIT                                                            \
    {                                                                                    \
        sizeof(shub_csv_options), 0, 0, 0, 0                                             \
    }

/* Encodes every row. Numbers are written as in JSON lines, times as RFC 3339; names are
 * quoted where they must be, texts always, so that "5" and 5 differ; an empty field is a
 * value that is not there.
 *
 * Long: time,device,quantity,value,unit,quality,time_assumed; the last three empty where
 * there is nothing to say.
 *
 * Wide: time,device, then one column for each quantity and unit in order of first use,
 * named `power [kW]`, or `door` without a unit. A quantity that a group has twice begins
 * another line. When any row has a flag, quality (the worst of the line) and time_assumed
 * follow device.
 *
 * `opts` may be NULL. Errors: SHUB_E_INVALID (options), SHUB_E_NOMEM, SHUB_E_RANGE (a
 * time outside the years 0000 to 9999, with index), SHUB_E_LIMIT (wide: more than
 * SHUB_CSV_COLUMNS_MAX columns, each of which is in each line; with index).
 * Lifetime: `text` is borrowed until the next call on the batch. */
SHUB_API shub_status shub_batch_to_csv(shub_batch *batch, const shub_csv_options *opts,
                                       shub_slice *text, shub_error *err);

/* ---- InfluxDB line protocol ---------------------------------------------------- */

#define SHUB_INFLUX_TAGS_MAX 256 /* tags of one line */

/* Unit of the times in the text. */
typedef enum shub_influx_precision {
    SHUB_INFLUX_NS = 0,
    SHUB_INFLUX_US = 1,
    SHUB_INFLUX_MS = 2,
    SHUB_INFLUX_S = 3
} shub_influx_precision;

/* How a row is named:
 *     samples,device=d,unit=kW power=0.944 1426010041000000000
 *     device_frmpayload_data_power,dev_eui=d value=0.944 1426010041000000000 */
typedef enum shub_influx_naming {
    SHUB_INFLUX_FIELDS = 0,
    SHUB_INFLUX_CHIRPSTACK = 1
} shub_influx_naming;

typedef struct shub_tag {
    shub_slice key;
    shub_slice value;
} shub_tag;

typedef struct shub_influx_options {
    size_t size;
    shub_slice measurement; /* empty: "samples" */
    shub_slice device_tag;  /* key of the device's tag; empty: "device", for ChirpStack's
                               naming "dev_eui" */
    const shub_tag *tags;   /* that every line gets, in any order */
    size_t tag_count;
    int32_t precision; /* a shub_influx_precision; times are cut to it */
    int32_t naming;    /* a shub_influx_naming */
    int32_t no_units;  /* 1: units are left out, and a group is one line */
    int32_t one_line;  /* 1: line breaks in texts as \n and \r, which InfluxData's
                          line-protocol library reads back, InfluxDB 1 and 2 do not */
    int64_t now_us;    /* reading: the time of lines without one; 0: they are refused */
} shub_influx_options;

#define SHUB_INFLUX_OPTIONS_INIT                                                         \
    {                                                                                    \
        sizeof(shub_influx_options), {NULL, 0}, {NULL, 0}, NULL, 0, 0, 0, 0, 0, 0        \
    }

/* Encodes every row; rows of one group share a line as long as unit and flags are the
 * same, no quantity comes twice and the line is one that can be read. Device, unit,
 * `quality=replaced|error` and `time_assumed=true` are tags, where they apply; tags are
 * sorted. Doubles are floats, int64 have an `i`, texts are strings.
 *
 * With ChirpStack's naming each row is a line of its own, named as ChirpStack names the
 * member of the decoded object ('.' becomes '_'), its number always a float, without
 * unit; a latitude and the longitude behind it become one `_location` with a geohash.
 *
 * `opts` may be NULL. Errors: SHUB_E_INVALID (options), SHUB_E_NOMEM, SHUB_E_CONTENT (a
 * name that the format cannot express: control characters, '\' at its end; a quantity
 * "time", which servers drop; with index),
 * SHUB_E_RANGE (a time outside the years 1677 to 2262, with index).
 * Lifetime: `text` is borrowed until the next call on the batch. */
SHUB_API shub_status shub_batch_to_influx(shub_batch *batch,
                                          const shub_influx_options *opts,
                                          shub_slice *text, shub_error *err);

/* Appends a sample for each field of each line: the device from the device's tag, the
 * quantity from the field's key, unit and flags from the tags that shub_batch_to_influx
 * writes; the measurement and other tags are passed over, and so are empty lines and
 * comments. Nanoseconds are cut to microseconds. Of the options device_tag, precision and
 * now_us count. A line is appended whole or not at all; good lines are also when others
 * are not, which `refused` (nullable) counts. When one was refused the status is that of
 * the first: SHUB_E_FORMAT, SHUB_E_CONTENT (no device, no time, a value that
 * shub_batch_append refuses), SHUB_E_RANGE (a number beyond its type), SHUB_E_LIMIT (also
 * a line above 1 MiB or with more tags than SHUB_INFLUX_TAGS_MAX), SHUB_E_TRUNCATED (a
 * last line without '\n' that does not parse), with err->index its line, counted from 0,
 * and err->pos the byte of `text` where it is wrong. SHUB_E_NOMEM stops at once, with
 * err->index the line that was not read. */
SHUB_API shub_status shub_batch_add_influx(shub_batch *batch, shub_slice text,
                                           const shub_influx_options *opts,
                                           size_t *refused, shub_error *err);

/* ---- SenML (RFC 8428) ---------------------------------------------------------- */

typedef enum shub_senml_units {
    SHUB_SENML_REGISTERED = 0, /* a unit that is not registered is an error */
    SHUB_SENML_OMIT = 1        /* it is left out */
} shub_senml_units;

typedef struct shub_senml_options {
    size_t size;
    int32_t units; /* a shub_senml_units */
    int32_t reserved;
    int64_t now_us; /* not 0: times are written relative to this one */
} shub_senml_options;

#define SHUB_SENML_OPTIONS_INIT                                                          \
    {                                                                                    \
        sizeof(shub_senml_options), 0, 0, 0                                              \
    }

/* Encodes the rows as one SenML JSON pack, a record a row, one a line. The name is
 * `device:quantity`; base name, time and unit are factored out where that is shorter.
 * `quality` and `time_assumed` are written as in JSON lines: labels that other readers
 * pass over.
 *
 * `opts` may be NULL. Errors: SHUB_E_INVALID (options), SHUB_E_NOMEM, SHUB_E_CONTENT (a
 * device or quantity with characters that SenML has not, a quantity with ':', a unit that
 * is not registered; with index), SHUB_E_RANGE (a time before 1978-07-04T21:24:16Z, where
 * SenML's relative times begin; with now_us, one at or after it from now on; with index).
 * Lifetime: `text` is borrowed until the next call on the batch. */
SHUB_API shub_status shub_batch_to_senml(shub_batch *batch,
                                         const shub_senml_options *opts, shub_slice *text,
                                         shub_error *err);

/* Appends the resolved records of a SenML JSON pack. What stands behind the last ':' of a
 * name is the quantity, the rest the device. A number without '.' and exponent becomes an
 * int64, `vd` a text as it stands. Relative times count from `now_us`; where that is 0
 * they are refused; a record without a time gets `now_us` and SHUB_TIME_ASSUMED, unless
 * its `time_assumed` is false. Records of base fields alone are passed over. Every good
 * record is appended; `refused` (nullable) counts the others. When one was refused the
 * status is that of the first: SHUB_E_CONTENT, SHUB_E_RANGE, SHUB_E_LIMIT,
 * SHUB_E_UNSUPPORTED (a sum alone), with err->index its record, counted from 0, and
 * err->pos its byte in `text`. What makes the records behind it doubtful stops at once,
 * and so does SHUB_E_NOMEM; what came before it stays: a base field that is wrong,
 * SHUB_E_UNSUPPORTED of a version or a label that must be understood and is not, and
 * SHUB_E_FORMAT, SHUB_E_TRUNCATED, SHUB_E_EMPTY of text that is not JSON. */
SHUB_API shub_status shub_batch_add_senml(shub_batch *batch, shub_slice text,
                                          int64_t now_us, size_t *refused,
                                          shub_error *err);

/* 1 when the unit is registered for SenML (RFC 8428 section 12.1), 2 when it is one of
 * the secondary units (RFC 8798), else 0. */
SHUB_API int shub_senml_unit(shub_slice unit);

/* ---- Arrow --------------------------------------------------------------------- */

/* The structs of the Arrow C data and stream interfaces, whose layout is fixed
 * (https://arrow.apache.org/docs/format/CDataInterface.html); whoever defines them first
 * sets the guards. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE           2
#define ARROW_FLAG_MAP_KEYS_SORTED    4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

typedef enum shub_arrow_mode {
    SHUB_ARROW_MOVE = 0, /* the batch gives its columns away and is empty afterwards */
    SHUB_ARROW_COPY = 1  /* the batch stays as it is */
} shub_arrow_mode;

/* Exports the rows as one array of structs:
 *     time        timestamp in microseconds, UTC ("tsu:UTC")
 *     device      dictionary of texts, codes int32
 *     quantity    the same
 *     unit        the same, null where there is none
 *     value       double, null in rows of another kind; and so
 *     int64, bool, text
 *     flags       uint8: SHUB_QUALITY_..., SHUB_TIME_ASSUMED
 * The columns of a batch are not copied when they are moved. Errors: SHUB_E_INVALID (an
 * unknown mode), SHUB_E_NOMEM: then the batch is as it was and both structs are zeroed.
 * Lifetime: release both structs by their `release`, in either order; nothing in them
 * depends on the batch. */
SHUB_API shub_status shub_batch_to_arrow(shub_batch *batch, shub_arrow_mode mode,
                                         struct ArrowSchema *schema,
                                         struct ArrowArray *array, shub_error *err);

/* The same as a stream of one array. Errors: as above.
 * Lifetime: release the stream by its `release`; what it gave lives on. */
SHUB_API shub_status shub_batch_to_arrow_stream(shub_batch *batch, shub_arrow_mode mode,
                                                struct ArrowArrayStream *stream,
                                                shub_error *err);

/* The schema of both, of every batch. Errors: SHUB_E_NOMEM.
 * Lifetime: release it by its `release`. */
SHUB_API shub_status shub_arrow_schema(struct ArrowSchema *schema, shub_error *err);

#ifdef __cplusplus
}
#endif

#endif
