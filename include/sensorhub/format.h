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
 * time outside the years 0000 to 9999, with index).
 * Lifetime: `text` is borrowed until the next call on the batch. */
SHUB_API shub_status shub_batch_to_csv(shub_batch *batch, const shub_csv_options *opts,
                                       shub_slice *text, shub_error *err);

#ifdef __cplusplus
}
#endif

#endif
