/* InfluxDB line protocol: the words of a line, and a pull parser of points.
 *
 *     shub__influx r;
 *     shub_slice measurement, key, value;
 *     shub_value field;
 *     shub__influx_init(&r, text, &scratch);
 *     while (shub__influx_next_point(&r, &measurement)) {
 *         while (shub__influx_next_tag(&r, &key, &value))
 *             ...
 *         while (shub__influx_next_field(&r, &key, &field))
 *             ...
 *         int has_time = shub__influx_time(&r, &time);
 *         if (shub__influx_end(&r))
 *             ... r.status, r.why: the line is bad, whatever it gave so far
 *     }
 */
#ifndef SHUB_SAMPLE_INFLUX_H
#define SHUB_SAMPLE_INFLUX_H

#include <sensorhub/format.h>

#include "base/buf.h"

/* A kind of values that only line protocol has: the bits are those of as.i64. */
#define SHUB__KIND_UINT64 5

/* ---- writing -------------------------------------------------------------------- */

/* What a name stands for: in a measurement '=' is not escaped. */
typedef enum shub__influx_word {
    SHUB__INFLUX_MEASUREMENT = 0,
    SHUB__INFLUX_KEY = 1,  /* of a tag or field */
    SHUB__INFLUX_VALUE = 2 /* of a tag */
} shub__influx_word;

/* NULL when the format can express the name, else why not: empty, control characters,
 * '\' at its end, a measurement that begins with '#', the key "time", which servers drop
 * (influxdb 1.8, tsdb/shard.go). Lifetime: static. */
const char *shub__influx_refuses(shub_slice name, shub__influx_word word);

/* Each writes into room for what its maximum says and returns the end of it. */
#define SHUB__INFLUX_NAME_MAX(len)  (2 * (len))
#define SHUB__INFLUX_VALUE_MAX(len) (2 * (len) + 32) /* of a text of `len` bytes */
char *shub__influx_put_name(char *dst, shub_slice name, shub__influx_word word);
/* `one_line`: as in the options. */
char *shub__influx_put_value(char *dst, const shub_value *value, int one_line);

/* ---- reading -------------------------------------------------------------------- */

#define SHUB__INFLUX_POINT_MAX ((size_t)1 << 20) /* bytes of a point */

typedef struct shub__influx {
    const char *ptr;
    size_t len;
    size_t pos;
    size_t start;   /* of the point's line */
    size_t end;     /* of what the point may take */
    int64_t line;   /* the number of a line, counted from 0, */
    size_t counted; /* and where it begins */
    int place;
    shub__buf *scratch;
    shub_slice keys[SHUB_INFLUX_TAGS_MAX]; /* of the point's tags */
    size_t key_count;
    shub_status status; /* of the point: SHUB_E_FORMAT, SHUB_E_RANGE, SHUB_E_LIMIT, or
                           SHUB_E_NOMEM, which ends the text */
    size_t where;       /* byte of the text that it is about */
    const char *why;
} shub__influx;

/* Starts before the first point. The scratch's maximum must be at least
 * SHUB__INFLUX_POINT_MAX. Lifetime: strings are borrowed from `text`, or from `scratch`
 * until the next point. */
void shub__influx_init(shub__influx *r, shub_slice text, shub__buf *scratch);

/* Goes to the next point, over empty lines and comments, from whatever place in the one
 * before. 1, or 0 at the end of the text. A line that does not begin as a point is one
 * with an error. */
int shub__influx_next_point(shub__influx *r, shub_slice *measurement);
/* Each gives the next of its kind: 1, or 0 when there is none, or the point is bad. Tags
 * come first, then fields. A text field is borrowed as other strings are. */
int shub__influx_next_tag(shub__influx *r, shub_slice *key, shub_slice *value);
int shub__influx_next_field(shub__influx *r, shub_slice *key, shub_value *value);
/* After the last field: 1 and the timestamp as it stands, 0 without one. */
int shub__influx_time(shub__influx *r, int64_t *time);
/* The number of the point's line, counted from 0. */
int64_t shub__influx_line(shub__influx *r);
/* Goes back: the next point is this one again. */
void shub__influx_again(shub__influx *r);
/* Reads what is left of the point and goes behind its line; its status. */
shub_status shub__influx_end(shub__influx *r);

#endif
