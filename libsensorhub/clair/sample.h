/* Samples of the platform: their parts, and what they may be. */
#ifndef SHUB_CLAIR_SAMPLE_H
#define SHUB_CLAIR_SAMPLE_H

#include <sensorhub/clair.h>

/* The parts of a sample that have a name in documents. */
typedef enum shub__clair_part {
    SHUB__CLAIR_TIME = 0,
    SHUB__CLAIR_CO2 = 1,
    SHUB__CLAIR_TEMPERATURE = 2,
    SHUB__CLAIR_HUMIDITY = 3,
    SHUB__CLAIR_NODE = 4,
    SHUB__CLAIR_STATUS = 5,
    SHUB__CLAIR_PARTS = 6
} shub__clair_part;

/* "timestamp_s". Lifetime: static. */
const char *shub__clair_part_name(shub__clair_part part);

/* 'M', 'R' or 'E' by quality. */
extern const char shub__clair_letters[4];

/* As shub_clair_check, and the part that is wrong. */
shub_status shub__clair_check(const shub_clair_sample *sample, shub__clair_part *part,
                              shub_error *err);

/* The whole number nearest to `value`, of two the even one: 1, or 0 when it is beyond 32
 * bits. */
int shub__clair_round(double value, int32_t *out);

#endif
