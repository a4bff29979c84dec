/* From readings to samples: what the rows of samples.c and the series of series.c share.
 */
#ifndef SHUB_EAGLE_EMIT_H
#define SHUB_EAGLE_EMIT_H

#include "eagle/fields.h"

#define SHUB__EAGLE_QUANTITY_MAX 64

/* What tells samples of one body apart. */
typedef struct shub__eagle_identity {
    shub_slice device;
    int64_t time_us;
    const char *quantity; /* NULL: a free place */
    uint64_t number;      /* of a component or block, 0: none */
} shub__eagle_identity;

/* What was appended, so that no (device, quantity, time) comes twice: uploads repeat
 * fragments. An open hash table, at most half full. */
typedef struct shub__eagle_seen {
    shub__eagle_identity *places;
    size_t size; /* a power of two; 0: nothing can come twice */
    size_t count;
} shub__eagle_seen;

typedef struct shub__eagle_emitter {
    shub_eagle_sample_options opts;
    shub_batch *batch;
    shub__eagle_seen seen;
    size_t reading;     /* in hand */
    shub_status status; /* the first error, or the one that ends the work */
    int stop;
    shub_error last; /* told by what failed just now */
    shub_error *err;
} shub__eagle_emitter;

/* A value on its way to be a sample. */
typedef struct shub__eagle_value {
    const char *quantity;
    uint64_t number;  /* ".2" behind the quantity; 0: none */
    shub_slice field; /* it comes from */
    const char *unit; /* NULL: a price */
    double value;
    int64_t time_us; /* 0: the arrival's */
    uint32_t flags;
} shub__eagle_value;

/* Appends a sample, notes an error. */
void shub__eagle_emit(shub__eagle_emitter *e, const shub_eagle_reading *reading,
                      const shub__eagle_value *value);
/* Keeps the first of the errors told in `e->last`; those that are the program's stop the
 * work. SHUB_OK and SHUB_E_NOT_FOUND are none. */
void shub__eagle_note(shub__eagle_emitter *e, shub_status status);

/* UTC minus local time for a cgi_manager's answer: 1, or 0 when nobody says. */
int shub__eagle_zone_for(const shub__eagle_emitter *e, const shub_eagle_reading *reading,
                         int64_t *zone_us);

/* series.c: the values that stand in numbered fields. */
void shub__eagle_emit_series(shub__eagle_emitter *e, const shub_eagle_reading *reading);

#endif
