/* What every command that asks an S3 store is told. The rows come first in its table of
 * options, so that the values have these places. */
#ifndef SENSORHUB_CLI_S3_H
#define SENSORHUB_CLI_S3_H

#include "cli.h"

enum {
    S3_ENDPOINT,
    S3_REGION,
    S3_PROFILE,
    S3_ANONYMOUS,
    S3_CA,
    S3_PIN,
    S3_INSECURE,
    S3_ADDRESSING,
    S3_INTEGRITY,
    S3_UNSIGNED,
    S3_PART_SIZE,
    S3_IN_FLIGHT,
    S3_RETRIES,
    S3_ROWS /* the first of the command's own */
};

#define S3_OPTION_ROWS                                                                   \
    {"endpoint", "URL",                                                                  \
     "of the store (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's,\n"             \
     "Amazon's)"},                                                                       \
        {"region", "NAME",                                                               \
         "(AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1)"},                  \
        {"profile", "NAME",                                                              \
         "of ~/.aws/config and ~/.aws/credentials (AWS_PROFILE, default)"},              \
        {"anonymous", NULL, "sign nothing"},                                             \
        {"ca-file", "FILE",                                                              \
         "PEM file of authorities to trust in place of the system's"},                   \
        {"pin", "sha256//BASE64", "public key the store must have"},                     \
        {"insecure", NULL, "do not verify the store's certificate"},                     \
        {"addressing", "HOW", "how a bucket is named: auto, path, virtual (auto)"},      \
        {"integrity", "HOW",                                                             \
         "what tells that a body arrived: auto, none, md5, sha256, crc32c,\n"            \
         "crc64nvme (auto: crc32c at Amazon over TLS, else sha256)"},                    \
        {"unsigned-payload", NULL,                                                       \
         "leave bodies out of the signature over plain HTTP too"},                       \
        {"part-size", "SIZE", "of a part of an upload (8M)"},                            \
        {"in-flight", "N", "parts on their way at once (4)"},                            \
    {                                                                                    \
        "retries", "N", "of one request (9)"                                             \
    }

#define S3_ENVIRONMENT                                                                   \
    "\n"                                                                                 \
    "ENVIRONMENT\n"                                                                      \
    "    Keys come from where AWS's own programs look for them: AWS_ACCESS_KEY_ID,\n"    \
    "    AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; the profile; web identity, "          \
    "container\n"                                                                        \
    "    and instance. They are never on the command line, which every user can see.\n"

/* Reads the options above. EXIT_OK, or the exit status of what was wrong and said.
 * Lifetime: `opts` borrows from the command line. */
int s3_options_read(const arguments *args, shub_s3_options *opts);

/* Opens a client by the options above; `journal` (nullable) of its uploads. EXIT_OK, or
 * the exit status of what was said. */
int s3_open(const arguments *args, const char *journal, shub_s3 **s3);

/* Where an object is. Lifetime: borrows from the command line. */
typedef struct s3_place {
    shub_slice bucket;
    shub_slice key; /* or prefix; may be empty */
} s3_place;

/* Reads "s3://bucket/key"; `wants_key`: it must have one. EXIT_OK or EXIT_USAGE. */
int s3_place_read(const char *text, int wants_key, s3_place *place);
/* What a shell has a copy named: `key`, and where that is a prefix ("" or "…/") the last
 * part of `path` below it. In `room`, which may be what the slice points to. EXIT_OK or
 * EXIT_USAGE. */
int s3_name_below(shub_slice key, const char *path, char room[SHUB_S3_KEY_MAX + 1],
                  shub_slice *name);

/* --if-none-match, --storage-class, --sse: what put, cp have in common, in this order. */
enum { TARGET_NEW, TARGET_CLASS, TARGET_SSE, TARGET_ROWS };

#define S3_TARGET_ROWS                                                                   \
    {"if-none-match", NULL, "only when there is no such object yet"},                    \
        {"storage-class", "NAME", "STANDARD_IA, GLACIER_IR and the like"},               \
    {                                                                                    \
        "sse", "NAME", "encryption at the store: AES256, aws:kms"                        \
    }

void s3_target_read(const arguments *args, shub_s3_put_options *opts);
/* A row about an object: bucket, key, bytes, etag. */
void s3_row(const s3_place *place, const shub_s3_object *object, int json);

int run_s3_put(const arguments *args); /* s3_put.c */
extern const option_row s3_put_options[];

int run_s3_get(const arguments *args); /* s3_get.c */
extern const option_row s3_get_options[];

int run_s3_rm(const arguments *args); /* s3_rm.c */
extern const option_row s3_rm_options[];

int run_s3_uploads(const arguments *args); /* s3_uploads.c */
extern const option_row s3_uploads_options[];

#endif
