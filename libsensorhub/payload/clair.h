/* What Clair's decoders share: when samples were taken. (clair-ttn e22db40, clairttn/
 * clairchen.py, ers.py: PROTOCOL_PAYLOAD_SPECIFICATION.) */
#ifndef SHUB_PAYLOAD_CLAIR_H
#define SHUB_PAYLOAD_CLAIR_H

#include <sensorhub/base.h>

typedef struct shub__clair_rate {
    const char *rate;    /* "SF9BW125" */
    int32_t clairchen_s; /* seconds between two samples of a Clairchen node */
    int32_t ers_count;   /* samples in a message of an ERS, */
    int32_t ers_s;       /* and seconds between two */
} shub__clair_rate;

/* The row of a data rate, of a number of samples in an ERS message; NULL: none. */
const shub__clair_rate *shub__clair_rate_find(shub_slice rate);
const shub__clair_rate *shub__clair_count_find(size_t count);

/* The time `back_s` seconds before the whole second nearest to `time_us`: so it is what
 * Clair's database has. Errors: SHUB_E_RANGE. */
shub_status shub__clair_time(int64_t time_us, int64_t back_s, int64_t *out_us,
                             shub_error *err);

#endif
