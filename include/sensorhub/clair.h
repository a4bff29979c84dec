/* sensorhub/clair.h: samples of CO2 as the Clair platform keeps them.
 *
 * Clair names a node by an id made of its EUI, and a sample by node and second. This
 * module makes those ids, says which samples the platform takes, and goes from batches to
 * the platform's documents and back:
 *     bodies      one sample in JSON:API, as it is sent to the ingestion endpoint
 *     fixtures    samples for Django's loaddata, to bring back what was lost
 *     exports     of the MongoDB that samples were kept in first
 *
 *     char node[SHUB_CLAIR_NODE_MAX];
 *     shub_clair_node(SHUB_LIT("ers"), SHUB_LIT("a81758fffe052b0f"), node, err);
 *     frame.device = shub_str(node);
 *     shub_decode(shub_decoder_find(NULL, SHUB_LIT("ers")), &frame, batch, err);
 *     shub_group at = {0, 0, {NULL, 0}, 0};
 *     shub_clair_sample sample = SHUB_CLAIR_SAMPLE_INIT;
 *     while (shub_clair_next(batch, &at, SHUB_LIT(""), &sample, err) == SHUB_OK)
 *         if (shub_clair_body(&sample, body, sizeof body, &len, err) == SHUB_OK)
 *             post(body, len);
 *
 * Rules and forms: clair-ttn e22db40, managair c4fae5e, clair-stack add20ff.
 */
#ifndef SENSORHUB_CLAIR_H
#define SENSORHUB_CLAIR_H

#include <sensorhub/sample.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- nodes --------------------------------------------------------------------- */

#define SHUB_CLAIR_NODE_MAX 37 /* bytes of a node's id, NUL included */

/* Writes the id of a node, as a UUID in lower case: the first 16 bytes of the SHA-256 of
 * the protocol's prefix and the EUI (clair-ttn, types.py: DeviceUUID). `protocol` is the
 * name of the decoder of the node's payloads: "clairchen", "ers", "oy1012"; `dev_eui` 16
 * hexadecimal digits in either case. Errors: SHUB_E_INVALID (protocol), SHUB_E_FORMAT
 * (EUI). */
SHUB_API shub_status shub_clair_node(shub_slice protocol, shub_slice dev_eui,
                                     char node[SHUB_CLAIR_NODE_MAX], shub_error *err);

/* ---- samples ------------------------------------------------------------------- */

/* What the platform's database takes (managair, core/models/data.py). */
#define SHUB_CLAIR_MAX_TIME_S      2147483647
#define SHUB_CLAIR_MAX_CO2         10000  /* ppm */
#define SHUB_CLAIR_MIN_TEMPERATURE (-200) /* tenths of a degree Celsius */
#define SHUB_CLAIR_MAX_TEMPERATURE 400
#define SHUB_CLAIR_MAX_HUMIDITY    100 /* percent */

/* Bits of `has`. */
#define SHUB_CLAIR_HAS_TEMPERATURE 0x1u
#define SHUB_CLAIR_HAS_HUMIDITY    0x2u

/* One sample, in the units in which it is kept. */
typedef struct shub_clair_sample {
    size_t size;    /* sizeof(shub_clair_sample) */
    char node[40];  /* id in lower case, NUL-terminated */
    int64_t time_s; /* Unix time */
    int32_t co2_ppm;
    int32_t temperature_tenths; /* of a degree Celsius */
    int32_t humidity_percent;
    uint32_t has;
    uint32_t quality; /* SHUB_QUALITY_MEASURED, _REPLACED, _ERROR: M, R, E */
    uint32_t reserved[3];
} shub_clair_sample;

#define SHUB_CLAIR_SAMPLE_INIT                                                           \
    {                                                                                    \
        sizeof(shub_clair_sample), "", 0, 0, 0, 0, 0, 0,                                 \
        {                                                                                \
            0, 0, 0                                                                      \
        }                                                                                \
    }

/* Says whether the platform takes a sample. Errors: SHUB_E_CONTENT (the node is no UUID
 * in lower case), SHUB_E_RANGE (time, CO2, temperature, humidity), SHUB_E_INVALID
 * (flags). */
SHUB_API shub_status shub_clair_check(const shub_clair_sample *sample, shub_error *err);

/* Reads the next sample of a batch: rows `co2`, `temperature` and `humidity` of one
 * device and time; times are rounded to seconds, temperatures to tenths, the others to
 * whole numbers, halves to the even one; of several rows of one quantity the last counts,
 * of several qualities the worst. Set `at->first` and `at->count` to 0 before the first
 * call. Groups without any of the three are passed over. The device is a node's id, or an
 * EUI whose protocol `protocol` names. Errors: SHUB_E_NOT_FOUND (past the end),
 * SHUB_E_CONTENT (no `co2`; a device that is neither; a value that is no number or in
 * another unit), SHUB_E_RANGE, SHUB_E_INVALID (no such protocol); err->index is the
 * group's first row. The walk goes on behind a sample that was refused. */
SHUB_API shub_status shub_clair_next(const shub_batch *batch, shub_group *at,
                                     shub_slice protocol, shub_clair_sample *sample,
                                     shub_error *err);

/* Appends a sample that the platform takes: rows `co2` (ppm), `temperature` (Cel) and
 * `humidity` (%RH) of the device that the node's id names. Errors: as shub_clair_check
 * and shub_batch_append; the batch is unchanged then. */
SHUB_API shub_status shub_clair_append(shub_batch *batch, const shub_clair_sample *sample,
                                       shub_error *err);

/* ---- bodies -------------------------------------------------------------------- */

#define SHUB_CLAIR_BODY_MAX 384               /* bytes that always hold a body, NUL too */
#define SHUB_CLAIR_TEXT_MAX ((size_t)1 << 30) /* bytes of a document, read or written */

/* Writes the body with which a sample is sent to the endpoint, NUL-terminated; `len` is
 * its length:
 *     {"data":{"type":"Sample","attributes":{"timestamp_s":1632140753,"co2_ppm":800,
 *      "temperature_celsius":22.0,"rel_humidity_percent":50},"relationships":{"node":
 *      {"data":{"type":"Node","id":"c727b2f8-8377-d4cb-0e95-ac03200b8c93"}}}}}
 * in one line. Errors: as shub_clair_check; SHUB_E_UNSUPPORTED (a quality other than
 * measured: the endpoint takes every sample for measured), SHUB_E_LIMIT (`cap`). */
SHUB_API shub_status shub_clair_body(const shub_clair_sample *sample, char *dst,
                                     size_t cap, size_t *len, shub_error *err);

/* Appends the samples of a body: `data` is one resource, as the endpoint takes it and
 * gives it back, or an array of them. Numbers may be strings, null is left out; a node
 * may also be an attribute `node_id`, and `measurement_status` M, R or E one (ingestair).
 * Every good sample is appended; `refused` (nullable) counts the others, and a document
 * that is malformed as one. When one was refused the status is that of the first:
 * SHUB_E_FORMAT, SHUB_E_TRUNCATED, SHUB_E_EMPTY, SHUB_E_CONTENT (a member that is missing
 * or of another type), SHUB_E_RANGE (what the platform does not take), SHUB_E_UNEXPECTED
 * (a resource of another type: the endpoint answers 409), SHUB_E_LIMIT, with err->index
 * the resource, counted from 0, and err->pos the byte of `text` where it is wrong.
 * SHUB_E_NOMEM stops at once. */
SHUB_API shub_status shub_clair_add_body(shub_batch *batch, shub_slice text,
                                         size_t *refused, shub_error *err);

/* ---- fixtures ------------------------------------------------------------------ */

/* Appends the samples of an array of Django's fixtures, their values numbers or strings;
 * those of other models are passed over. What is refused, and errors: as
 * shub_clair_add_body, of fixtures; a sample without `measurement_status` is M. */
SHUB_API shub_status shub_clair_add_fixtures(shub_batch *batch, shub_slice text,
                                             size_t *refused, shub_error *err);

/* A node that an export may name by its older id: the SHA-256 of the prefix and the EUI's
 * sixteen digits in upper case (clair-stack, sampledump2fixture.py). */
typedef struct shub_clair_device {
    shub_slice protocol; /* as of shub_clair_node */
    shub_slice dev_eui;
} shub_clair_device;

#define SHUB_CLAIR_MAX_DEVICES 65536 /* of one call */

/* Appends the samples of a MongoDB export, one document a line or an array of them:
 * numbers plain or as {"$numberInt":"540"}, `node_ref` as {"$binary":{"base64":…}},
 * {"$uuid":…} or text. A node whose older id is one of `devices`' gets its id of today,
 * others keep theirs. What is refused, and errors: as shub_clair_add_body, of documents;
 * and those of shub_clair_node for a device, with err->index the device and nothing
 * appended. */
SHUB_API shub_status shub_clair_add_mongo(shub_batch *batch, shub_slice text,
                                          const shub_clair_device *devices, size_t count,
                                          size_t *refused, shub_error *err);

#define SHUB_CLAIR_FIXTURES_MAX ((size_t)1 << 24) /* samples known and new */

/* Fixtures in the making: new samples, each (node, second) once, and those that are in
 * the database already. */
typedef struct shub_clair_fixtures shub_clair_fixtures;

/* Makes an empty set. Errors: SHUB_E_NOMEM. Lifetime: free with shub_clair_fixtures_free.
 */
SHUB_API shub_status shub_clair_fixtures_new(shub_clair_fixtures **fixtures,
                                             shub_error *err);
/* NULL is fine. */
SHUB_API void shub_clair_fixtures_free(shub_clair_fixtures *fixtures);

/* Notes what a dump of the database has: an array of Django's fixtures, or lines of CSV
 * whose first names the columns, among them `node_id` or `node`, and `timestamp_s` (what
 * dump-samples-csv.sh writes, or these two alone), empty ones passed over. Those samples
 * will be known; new ones that were added before are taken away. One line that is wrong
 * refuses the dump, for what it would have named could be doubled: SHUB_E_FORMAT,
 * SHUB_E_TRUNCATED, SHUB_E_EMPTY, SHUB_E_CONTENT, SHUB_E_RANGE, with err->pos, and
 * err->index the fixture or line counted from 0; SHUB_E_LIMIT, SHUB_E_NOMEM. What stood
 * before it is known nevertheless. */
SHUB_API shub_status shub_clair_fixtures_known(shub_clair_fixtures *fixtures,
                                               shub_slice text, shub_error *err);

/* Adds the samples of a batch, each as shub_clair_next reads it, that are neither known
 * nor added before. Samples that are refused are counted, and do not keep others out; the
 * status is that of the first. Errors: as shub_clair_next, but for its end; SHUB_E_LIMIT,
 * SHUB_E_NOMEM, at which it stops. */
SHUB_API shub_status shub_clair_fixtures_add(shub_clair_fixtures *fixtures,
                                             const shub_batch *batch, shub_slice protocol,
                                             shub_error *err);

/* Counts since the set was made. */
typedef struct shub_clair_report {
    size_t size;
    uint64_t added;   /* new ones: what is written */
    uint64_t known;   /* of those to add were in a dump */
    uint64_t doubled; /* of those to add were there before */
    uint64_t refused; /* by shub_clair_fixtures_add */
    uint64_t reserved[4];
} shub_clair_report;

#define SHUB_CLAIR_REPORT_INIT                                                           \
    {                                                                                    \
        sizeof(shub_clair_report), 0, 0, 0, 0,                                           \
        {                                                                                \
            0, 0, 0, 0                                                                   \
        }                                                                                \
    }

/* Tells the counts. */
SHUB_API void shub_clair_fixtures_report(const shub_clair_fixtures *fixtures,
                                         shub_clair_report *report);

/* Writes the new samples in order of time, those of one second in the order they were
 * added, as clair-generate-fixtures-from-storage prints them (clair-ttn,
 * generate_fixtures.py): an array of objects without `pk`, indented by four. Errors:
 * SHUB_E_NOMEM, SHUB_E_LIMIT. Lifetime: `text` is borrowed until the next call on the
 * set. */
SHUB_API shub_status shub_clair_fixtures_write(shub_clair_fixtures *fixtures,
                                               shub_slice *text, shub_error *err);

#ifdef __cplusplus
}
#endif

#endif
