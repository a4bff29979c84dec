/* Names of a batch as line protocol has them: escaped once, not in each line. */
#ifndef SHUB_SAMPLE_INFLUX_WORDS_H
#define SHUB_SAMPLE_INFLUX_WORDS_H

#include <sensorhub/format.h>

#include "base/buf.h"

/* What a tag of a line says. */
typedef enum shub__influx_source {
    SHUB__INFLUX_DEVICE,
    SHUB__INFLUX_QUALITY,
    SHUB__INFLUX_ASSUMED,
    SHUB__INFLUX_UNIT,
    SHUB__INFLUX_GIVEN /* by the caller, of every line the same */
} shub__influx_source;

typedef struct shub__influx_tag {
    shub_slice key; /* as it is */
    shub_slice given;
    shub__influx_source source;
    shub_slice word; /* ",key=", of a given one ",key=value" */
} shub__influx_tag;

/* A word without bytes is a name that the format cannot express. */
typedef struct shub__influx_words {
    shub_slice *devices;    /* by code */
    shub_slice *quantities; /* ",quantity=" */
    shub_slice *units;
    shub_slice measurement;
    shub__influx_tag tags[SHUB_INFLUX_TAGS_MAX]; /* in order of key */
    size_t tag_count;
    size_t head_max; /* bytes of a line up to its fields, device and unit not counted */
    shub__buf bytes;
} shub__influx_words;

/* Errors: SHUB_E_INVALID (too many tags, two of a key), SHUB_E_NOMEM. Lifetime: borrows
 * from the options; finish also after a failure. */
shub_status shub__influx_words_init(shub__influx_words *words,
                                    const shub_columns *columns,
                                    const shub_influx_options *opts, shub_error *err);
void shub__influx_words_fini(shub__influx_words *words);

/* Bytes behind a word, and behind where it goes, that are there to be read and written:
 * most words are copied in one step, without a call. */
#define SHUB__INFLUX_STEP 32

#endif
