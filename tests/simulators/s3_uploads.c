#include "s3_sim.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PART_NUMBER_MAX 10000

static bool read_algorithm(struct s3_exchange *x, struct s3_upload *upload)
{
    const char *algorithm = s3_header(x, "x-amz-checksum-algorithm");
    const char *type = s3_header(x, "x-amz-checksum-type");
    bool full = type && strcasecmp(type, "FULL_OBJECT") == 0;
    if (!algorithm || x->sim->quirks[S3_QUIRK_ignore_checksums])
        return true;
    upload->algorithm = s3_algorithm_named(algorithm);
    upload->full_object = type ? full : upload->algorithm == S3_CRC64NVME;
    if (upload->algorithm < 0)
        return s3_fail_as(x, 400, "InvalidRequest",
                          "Checksum algorithm provided is unsupported.", NULL);
    bool sha = upload->algorithm == S3_SHA1 || upload->algorithm == S3_SHA256;
    if ((sha && full) || (upload->algorithm == S3_CRC64NVME && !upload->full_object))
        return s3_fail_as(x, 400, "InvalidRequest",
                          "The checksum type cannot be used with this checksum "
                          "algorithm.",
                          NULL);
    return true;
}

void s3_create_upload(struct s3_exchange *x)
{
    struct s3_upload probe = {.algorithm = -1};
    if (!read_algorithm(x, &probe))
        return;
    struct s3_upload *upload =
        s3_store_begin(&x->sim->store, x->bucket, x->key, s3_now_ms(x->sim));
    upload->algorithm = probe.algorithm;
    upload->full_object = probe.full_object;
    s3_keep_headers(x, &upload->headers);
    x->applied = true;
    if (upload->algorithm >= 0) {
        s3_reply_header(x, "x-amz-checksum-algorithm",
                        s3_algorithm_element(upload->algorithm) + strlen("Checksum"));
        s3_reply_header(x, "x-amz-checksum-type",
                        upload->full_object ? "FULL_OBJECT" : "COMPOSITE");
    }
    FILE *out = s3_reply_open(x, "InitiateMultipartUploadResult");
    s3_write_element(out, "Bucket", x->bucket_name);
    s3_write_element(out, "Key", x->key);
    s3_write_element(out, "UploadId", upload->id);
    s3_reply_close(x, out, "InitiateMultipartUploadResult");
}

struct s3_upload *s3_find_upload(struct s3_exchange *x)
{
    const char *id = s3_parameter(x, "uploadId");
    struct s3_upload *upload = s3_store_upload(&x->sim->store, id ? id : "");
    if (upload && upload->state == S3_OPEN && upload->bucket == x->bucket &&
        strcmp(upload->key, x->key) == 0)
        return upload;
    s3_fail(x, "NoSuchUpload", NULL);
    return NULL;
}

static bool check_number(struct s3_exchange *x)
{
    long long number;
    bool in_range =
        s3_parse_number(s3_parameter(x, "partNumber"), 1, PART_NUMBER_MAX, &number);
    if (in_range || (x->sim->quirks[S3_QUIRK_any_part_number] && x->part >= 0))
        return true;
    return s3_fail_as(x, 400, "InvalidArgument",
                      "Part number must be an integer between 1 and 10000, inclusive",
                      "<ArgumentName>partNumber</ArgumentName>");
}

/* The parts of an upload with a checksum algorithm bring it, and no other. */
static bool check_algorithm(struct s3_exchange *x, const struct s3_upload *upload,
                            const struct s3_pairs *checksums)
{
    if (upload->algorithm < 0 ||
        s3_pairs_get(checksums, s3_algorithm_header(upload->algorithm)))
        return true;
    const char *given = checksums->count ? checksums->items[0].name + 15 : "null";
    char *message = s3_print("Checksum Type mismatch occurred, expected checksum Type: "
                             "%s, actual checksum Type: %s",
                             s3_algorithm_header(upload->algorithm) + 15, given);
    s3_fail_as(x, 400, "InvalidRequest", message, NULL);
    free(message);
    return false;
}

static void keep_part(struct s3_exchange *x, struct s3_upload *upload,
                      struct s3_blob *part)
{
    part->number = (unsigned)x->part;
    x->applied = x->fault.kind != S3_LOSE_OBJECT;
    if (x->applied)
        s3_upload_put(upload, part);
    else
        s3_blob_free(part);
}

void s3_put_part(struct s3_exchange *x)
{
    struct s3_pairs checksums = {0};
    char quoted[80];
    struct s3_upload *upload = check_number(x) ? s3_find_upload(x) : NULL;
    if (upload && x->size > x->sim->put_maximum) {
        s3_fail(x, "EntityTooLarge", NULL);
        return;
    }
    if (!upload || !s3_check_body(x, &checksums) ||
        !check_algorithm(x, upload, &checksums)) {
        s3_pairs_free(&checksums);
        return;
    }
    struct s3_blob *part =
        s3_blob_new(NULL, x->body, s3_kept_size(x, x->size), s3_now_ms(x->sim));
    part->checksums = checksums;
    if (part->size != x->size)
        s3_digest_hex(S3_MD5, x->body, x->size, part->etag);
    snprintf(quoted, sizeof quoted, "\"%s\"", part->etag);
    s3_reply_header(x, "ETag", quoted);
    for (size_t i = 0; i < checksums.count; i++)
        s3_reply_header(x, checksums.items[i].name, checksums.items[i].value);
    x->answer.status = 200;
    keep_part(x, upload, part);
}

void s3_copy_part(struct s3_exchange *x)
{
    struct s3_blob *source;
    size_t first;
    size_t size;
    char text[80];
    struct s3_upload *upload = check_number(x) ? s3_find_upload(x) : NULL;
    if (!upload || !s3_copy_source(x, &source, &first, &size))
        return;
    struct s3_blob *part =
        s3_blob_new(NULL, source->data + first, s3_kept_size(x, size), s3_now_ms(x->sim));
    if (upload->algorithm >= 0) {
        s3_digest_base64((enum s3_algorithm)upload->algorithm, part->data, part->size,
                         text);
        s3_pairs_add(&part->checksums, s3_algorithm_header(upload->algorithm), text);
    }
    FILE *out = s3_reply_open(x, "CopyPartResult");
    s3_time_iso(part->modified_ms, text);
    s3_write_element(out, "LastModified", text);
    snprintf(text, sizeof text, "\"%s\"", part->etag);
    s3_write_element(out, "ETag", text);
    s3_reply_close(x, out, "CopyPartResult");
    keep_part(x, upload, part);
}

void s3_abort(struct s3_exchange *x)
{
    struct s3_upload *upload = s3_find_upload(x);
    if (!upload)
        return;
    s3_upload_end(upload, S3_ABORTED);
    x->applied = true;
    x->answer.status = 204;
}
