/*
 * A scripted S3 in memory, for tests: its own thread, a free port of the loopback,
 * answers as AWS S3 gives them, and faults on command. Beside it on the same port: the
 * instance metadata service, a container's credentials endpoint, and STS.
 *
 *     s3_sim *sim = s3_sim_start(NULL);
 *     s3_sim_script(sim, "fault complete drop_after 1");
 *     ... http://127.0.0.1:PORT/bucket/key, S3_SIM_ACCESS, S3_SIM_SECRET, us-east-1 ...
 *     s3_sim_object object;
 *     if (s3_sim_get(sim, "bucket", "key", &object)) ...
 *     s3_sim_object_free(&object);
 *     s3_sim_stop(sim);
 *
 * Every function may be called from any thread. Without memory the program ends.
 *
 * A client whose kept-alive connection ends before an answer may ask again by itself:
 * libcurl does so once over a connection it has used before. Two requests in the log then
 * stand for one.
 */
#ifndef S3_SIM_H
#define S3_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define S3_SIM_ACCESS "AKIASIMULATED0000001"
#define S3_SIM_SECRET "simulated/secret+of0one/access1key000000"

typedef struct s3_sim s3_sim;

typedef struct s3_sim_options {
    unsigned short port;     /* 0: any free one */
    bool ipv6;               /* also [::1], the same port */
    const char *certificate; /* PEM texts; both or none: HTTPS, or HTTP */
    const char *private_key;
    const char *access; /* the first key pair; NULL: S3_SIM_ACCESS, S3_SIM_SECRET */
    const char *secret;
    const char *region; /* NULL: us-east-1 */
    double clock_start; /* Unix seconds; 0: now */
    double clock_rate;  /* simulated seconds a second; 0: 1. The line "rate 0" stops it */
} s3_sim_options;

/*
 * Starts a server; options may be NULL. NULL when no port could be opened.
 * Lifetime: s3_sim_stop.
 */
s3_sim *s3_sim_start(const s3_sim_options *options);

/* Ends the server and frees everything; requests under way are dropped. NULL is allowed.
 */
void s3_sim_stop(s3_sim *sim);

unsigned short s3_sim_port(const s3_sim *sim);

/*
 * Obeys one line, as the program scripted_s3 does on standard input (its --help lists
 * them; s3_sim_help prints the list). NULL, or what is wrong with it.
 */
const char *s3_sim_script(s3_sim *sim, const char *line);

/* The same, with somewhere for the lines `stats`, `log` and `list` to write to. */
const char *s3_sim_ask(s3_sim *sim, const char *line, FILE *out);

void s3_sim_help(FILE *out);

/*
 * Forgets objects, uploads, faults, counters and log, and drops what is stalled. Keys,
 * clock, quirks and limits stay.
 */
void s3_sim_reset(s3_sim *sim);

/* ---- looking in ----------------------------------------------------------------- */

/* An object, or a part of an upload: a copy. */
typedef struct s3_sim_object {
    unsigned char *data; /* one more byte, zero, follows */
    size_t size;
    char etag[72];       /* without quotes */
    char *headers;       /* "name: value\n" in lower case, checksums too */
    int64_t modified_ms; /* Unix milliseconds of the simulated clock */
} s3_sim_object;

/* False when there is no such object. Lifetime: s3_sim_object_free. */
bool s3_sim_get(s3_sim *sim, const char *bucket, const char *key, s3_sim_object *out);
void s3_sim_object_free(s3_sim_object *object);

/*
 * Copies the value of one header ("x-amz-meta-name", "content-type") into `value`; false
 * when the object has none or it does not fit.
 */
bool s3_sim_header(const s3_sim_object *object, const char *name, char *value,
                   size_t size);

/* Puts an object there, as if it had been uploaded long ago. */
void s3_sim_put(s3_sim *sim, const char *bucket, const char *key, const void *data,
                size_t size);

/* Removes it; false when it is not there. */
bool s3_sim_delete(s3_sim *sim, const char *bucket, const char *key);

/* How many objects a bucket has, or all buckets (NULL). */
size_t s3_sim_object_count(s3_sim *sim, const char *bucket);

/* Uploads neither completed nor aborted: in a bucket, or in all (NULL). */
size_t s3_sim_upload_count(s3_sim *sim, const char *bucket);

/* The id of the latest open upload of a key; false when it has none. */
bool s3_sim_upload_id(s3_sim *sim, const char *bucket, const char *key, char id[64]);

/* How many parts an open upload has; 0 also when there is no such upload. */
size_t s3_sim_part_count(s3_sim *sim, const char *upload_id);

/* A part of an open upload. Lifetime: s3_sim_object_free. */
bool s3_sim_part(s3_sim *sim, const char *upload_id, unsigned number, s3_sim_object *out);

/* One request that was answered, or dropped. */
typedef struct s3_sim_request {
    const char *operation; /* "PutObject", "UploadPart", "ImdsToken", "Other" ... */
    const char *bucket;    /* "" for none, as all texts here */
    const char *key;
    const char *upload_id;
    const char *access; /* key that signed it, or was handed out */
    const char *code;   /* of the error: "NoSuchKey"; also one inside a 200 */
    const char *fault;  /* the kind that struck: "drop_after" */
    unsigned part;      /* number of the part; 0 for none */
    unsigned status;    /* that went out; 0 when none did */
    bool applied;       /* it changed what the server holds, or was read to the end */
    uint64_t body_size; /* bytes that came in */
    int64_t mono_us;    /* when its last byte was in, CLOCK_MONOTONIC */
} s3_sim_request;

/* How many requests the log holds. */
size_t s3_sim_log_size(s3_sim *sim);

/* One of them from 0; NULL beyond the end. Lifetime: until s3_sim_reset or _stop. */
const s3_sim_request *s3_sim_log_at(s3_sim *sim, size_t index);

/*
 * How many requests of an operation came ("PutObject" or "put"; "any" or NULL: all), and
 * how many of them were answered with a status below 300.
 */
size_t s3_sim_requests(s3_sim *sim, const char *operation);
size_t s3_sim_successes(s3_sim *sim, const char *operation);

/* How often a fault struck, of every kind when NULL. */
size_t s3_sim_faults(s3_sim *sim, const char *kind);

#endif
