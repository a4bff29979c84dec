/* Rows as ChirpStack names them in InfluxDB: chirpstack/src/integration/influxdb.rs of
 * ChirpStack 4, internal/integration/influxdb/influxdb.go of its version 3. */
#ifndef SHUB_SAMPLE_INFLUX_ROWS_H
#define SHUB_SAMPLE_INFLUX_ROWS_H

#include <sensorhub/sample.h>

#define SHUB__GEOHASH_LEN 12 /* characters */

typedef struct shub__influx_row {
    shub_sample sample;     /* what the tags say */
    shub_slice measurement; /* in `name` */
    shub_slice keys[3];
    shub_value values[3];
    size_t count; /* of keys and values */
    char name[SHUB_SAMPLE_NAME_MAX + 64];
    char geohash[SHUB__GEOHASH_LEN];
} shub__influx_row;

/* Reads the row, and the one behind it when both are one location; returns how many.
 * Lifetime: borrows from the batch and from itself: not to be moved. */
size_t shub__influx_row_read(const shub_batch *batch, size_t i, size_t end,
                             shub__influx_row *row);

/* Twelve characters of the geohash of a place; both in degrees. */
void shub__geohash(double latitude, double longitude, char dst[SHUB__GEOHASH_LEN]);

#endif
