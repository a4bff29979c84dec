#include "s3.h"

#include <string.h>

static int value_int32(const char *name, const char *text, int64_t max, int32_t *out)
{
    int64_t number = *out;

    if (!value_count(name, text, max, &number))
        return 0;
    *out = (int32_t)number;
    return 1;
}

static int value_part_size(const char *text, int64_t *bytes)
{
    if (!value_bytes("part-size", text, bytes))
        return 0;
    if (!text || (*bytes >= SHUB_S3_PART_MIN && *bytes <= SHUB_S3_PUT_MAX))
        return 1;
    usage("--part-size: \"%s\" is not between 5M and 5G", text);
    return 0;
}

int s3_options_read(const arguments *args, shub_s3_options *opts)
{
    static const char *const addressings[] = {"auto", "path", "virtual", NULL};
    static const char *const integrities[] = {"auto",   "none",      "md5", "sha256",
                                              "crc32c", "crc64nvme", NULL};

    if (!value_choice("addressing", args->value[S3_ADDRESSING], addressings,
                      &opts->addressing) ||
        !value_choice("integrity", args->value[S3_INTEGRITY], integrities,
                      &opts->integrity) ||
        !value_part_size(args->value[S3_PART_SIZE], &opts->part_bytes) ||
        !value_int32("in-flight", args->value[S3_IN_FLIGHT], 100, &opts->in_flight) ||
        !value_int32("retries", args->value[S3_RETRIES], 1000, &opts->retries))
        return EXIT_USAGE;
    if (args->value[S3_RETRIES] && !opts->retries)
        opts->retries = SHUB_NONE;
    opts->endpoint = args->value[S3_ENDPOINT];
    opts->region = args->value[S3_REGION];
    opts->profile = args->value[S3_PROFILE];
    opts->anonymous = args->value[S3_ANONYMOUS] != NULL;
    opts->ca_file = args->value[S3_CA];
    opts->pin = args->value[S3_PIN];
    opts->insecure = args->value[S3_INSECURE] != NULL;
    opts->unsigned_payload = args->value[S3_UNSIGNED] != NULL;
    return EXIT_OK;
}

int s3_open(const arguments *args, const char *journal, shub_s3 **s3)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    int code = s3_options_read(args, &opts);

    *s3 = NULL;
    if (code != EXIT_OK)
        return code;
    opts.journal = journal;
    status = shub_s3_open(&opts, s3, &err);
    return status == SHUB_OK ? EXIT_OK : failed("s3", status, &err);
}

int s3_place_read(const char *text, int wants_key, s3_place *place)
{
    const char *bucket = text + strlen("s3://");
    size_t len;

    memset(place, 0, sizeof *place);
    if (strncmp(text, "s3://", strlen("s3://")) != 0)
        return usage("\"%s\": wants s3://bucket/key", text);
    len = strcspn(bucket, "/");
    place->bucket = shub_bytes(bucket, len);
    place->key = shub_str(bucket[len] ? bucket + len + 1 : bucket + len);
    if (!len || (wants_key && !place->key.len))
        return usage("\"%s\": wants s3://bucket/key", text);
    return EXIT_OK;
}

int s3_name_below(shub_slice key, const char *path, char room[SHUB_S3_KEY_MAX + 1],
                  shub_slice *name)
{
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    size_t len = 0;

    *name = key;
    if (key.len && key.ptr[key.len - 1] != '/')
        return EXIT_OK;
    len = strlen(last);
    if (!len || strcmp(last, "-") == 0)
        return usage("\"%s\" has no name for an object below a prefix", path);
    if (key.len + len > SHUB_S3_KEY_MAX)
        return usage("\"%s\": the key is longer than %d bytes", path, SHUB_S3_KEY_MAX);
    memmove(room, key.ptr, key.len);
    memcpy(room + key.len, last, len + 1);
    *name = shub_bytes(room, key.len + len);
    return EXIT_OK;
}

void s3_target_read(const arguments *args, shub_s3_put_options *opts)
{
    opts->if_none_match = args->value[S3_ROWS + TARGET_NEW] != NULL;
    opts->storage_class = shub_str(args->value[S3_ROWS + TARGET_CLASS]);
    opts->sse = shub_str(args->value[S3_ROWS + TARGET_SSE]);
}

void s3_row(const s3_place *place, const shub_s3_object *object, int json)
{
    row_text("bucket", place->bucket);
    row_text("key", place->key);
    row_int("bytes", object->bytes);
    row_text("etag", object->etag);
    row_end(json);
}
