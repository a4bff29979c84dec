/* One record of a SenML pack, as it stands: nothing is resolved yet. */
#ifndef SHUB_SAMPLE_SENML_RECORD_H
#define SHUB_SAMPLE_SENML_RECORD_H

#include <sensorhub/sample.h>

#include "base/json.h"

/* Bytes of device, ':' and quantity. */
#define SHUB__SENML_NAME_MAX ((size_t)2 * SHUB_SAMPLE_NAME_MAX + 1)

/* What a record says: flags of `has`. */
enum {
    SHUB__SENML_V = 1,
    SHUB__SENML_VS = 2,
    SHUB__SENML_VB = 4,
    SHUB__SENML_VD = 8,
    SHUB__SENML_SUM = 16,
    SHUB__SENML_ASSUMED = 32, /* whether the time is assumed */
    SHUB__SENML_OWN = 64
};
#define SHUB__SENML_VALUE                                                                \
    (SHUB__SENML_V | SHUB__SENML_VS | SHUB__SENML_VB | SHUB__SENML_VD)

/* What applies to the records from one on, until another says it anew. */
typedef struct shub__senml_bases {
    char name[SHUB__SENML_NAME_MAX];
    size_t name_len;
    char unit[SHUB_SAMPLE_NAME_MAX];
    size_t unit_len;
    int64_t time_us;
    shub_value value; /* SHUB_KIND_NONE: none */
    int has_sum;
} shub__senml_bases;

typedef struct shub__senml_record {
    shub__json json;
    shub_slice n;
    shub_sample sample; /* as the record alone says it; unit.ptr NULL: says none */
    unsigned has;
    shub_status status; /* of the first thing that was wrong */
    const char *why;
    int stop; /* and what follows cannot be understood */
} shub__senml_record;

/* Notes what is wrong, unless something is already. */
void shub__senml_refuse(shub__senml_record *r, shub_status status, const char *why);
/* Reads the object that `r->json` was begun with. Base fields go to `b`, which stays as
 * it is where there are none; the rest to `r`, which was zeroed. */
void shub__senml_record_read(shub__senml_record *r, shub__senml_bases *b);

#endif
