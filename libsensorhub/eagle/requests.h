/* A request's body as it grows in the caller's memory. */
#ifndef SHUB_EAGLE_REQUESTS_H
#define SHUB_EAGLE_REQUESTS_H

#include <sensorhub/eagle.h>

/* 2000-01-01T00:00:00Z, where ZigBee counts from (UTCTime, EAGLE REST API 1.0 p.13). */
#define SHUB__EAGLE_EPOCH 946684800

typedef struct shub__eagle_writer {
    char *dst;
    size_t cap;
    size_t len; /* counts also what did not fit */
} shub__eagle_writer;

void shub__eagle_writer_init(shub__eagle_writer *w, char *dst, size_t cap);
void shub__eagle_put(shub__eagle_writer *w, const char *text);
void shub__eagle_put_slice(shub__eagle_writer *w, shub_slice text);
/* <name>text</name> and a line's end. */
void shub__eagle_put_element(shub__eagle_writer *w, const char *name, shub_slice text);
/* The same with "0x" and as many digits at least. */
void shub__eagle_put_hex(shub__eagle_writer *w, const char *name, uint32_t number,
                         int digits);
/* Ends the body, or empties it when `status` is an error; SHUB_E_LIMIT when it is longer
 * than its room or SHUB_EAGLE_REQUEST_MAX. */
shub_status shub__eagle_writer_finish(shub__eagle_writer *w, shub_status status,
                                      size_t *len, shub_error *err);

#endif
