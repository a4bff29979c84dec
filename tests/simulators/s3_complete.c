#include "s3_sim.h"

#include <stdlib.h>
#include <string.h>

/* What Complete is about to put together. */
struct assembly {
    struct s3_upload *upload;
    struct s3_blob **parts;
    size_t count;
};

static bool same_etag(const char *given, const char *etag)
{
    size_t size = strlen(etag);
    given += *given == '"';
    return strncmp(given, etag, size) == 0 &&
           (given[size] == '\0' || !strcmp(given + size, "\""));
}

static bool refuse_part(struct s3_exchange *x, const char *code, const char *number)
{
    const char *id = s3_parameter(x, "uploadId");
    char *details =
        s3_print("<UploadId>%s</UploadId><PartNumber>%s</PartNumber>", id, number);
    s3_fail(x, code, details);
    free(details);
    return false;
}

static bool check_part_checksum(struct s3_exchange *x, const struct s3_upload *upload,
                                const struct s3_pairs *given, const struct s3_blob *part)
{
    const char *number = s3_pairs_get(given, "PartNumber");
    for (int i = 0; i < S3_ALGORITHMS; i++) {
        const char *said = s3_pairs_get(given, s3_algorithm_element(i));
        const char *had = s3_pairs_get(&part->checksums, s3_algorithm_header(i));
        if (said && (!had || strcmp(said, had) != 0) &&
            !x->sim->quirks[S3_QUIRK_ignore_checksums])
            return refuse_part(x, "InvalidPart", number);
    }
    if (upload->algorithm < 0 || upload->full_object ||
        s3_pairs_get(given, s3_algorithm_element(upload->algorithm)))
        return true;
    char *message = s3_print("The upload was created using a %s checksum. The complete "
                             "request must include the checksum for each part. It was "
                             "missing for part %s in the request.",
                             s3_algorithm_header(upload->algorithm) + 15, number);
    s3_fail_as(x, 400, "InvalidRequest", message, NULL);
    free(message);
    return false;
}

static int by_number(const void *a, const void *b)
{
    const struct s3_blob *left = *(struct s3_blob *const *)a;
    const struct s3_blob *right = *(struct s3_blob *const *)b;
    return left->number < right->number ? -1 : left->number > right->number;
}

static bool take_part(struct s3_exchange *x, const struct s3_pairs *given,
                      struct assembly *a)
{
    long long number = 0;
    const char *text = s3_pairs_get(given, "PartNumber");
    const char *etag = s3_pairs_get(given, "ETag");
    if (!etag || !s3_parse_number(text, 0, INT32_MAX, &number))
        return s3_fail(x, "MalformedXML", NULL);
    struct s3_blob *part = s3_upload_part(a->upload, (unsigned)number);
    bool ascending = a->count == 0 || a->parts[a->count - 1]->number < number;
    if (!ascending && !x->sim->quirks[S3_QUIRK_any_part_order])
        return s3_fail(x, "InvalidPartOrder", NULL);
    if (!part || !same_etag(etag, part->etag))
        return refuse_part(x, "InvalidPart", text);
    a->parts[a->count++] = part;
    return check_part_checksum(x, a->upload, given, part);
}

static bool refuse_small(struct s3_exchange *x, const struct s3_blob *part)
{
    char *details =
        s3_print("<ProposedSize>%zu</ProposedSize><MinSizeAllowed>%zu</MinSizeAllowed>"
                 "<PartNumber>%u</PartNumber><ETag>%s</ETag>",
                 part->size, x->sim->part_minimum, part->number, part->etag);
    s3_fail(x, "EntityTooSmall", details);
    free(details);
    return false;
}

static bool take_parts(struct s3_exchange *x, const struct s3_body *body,
                       struct assembly *a)
{
    if (body->count == 0)
        return s3_fail(x, "MalformedXML", NULL);
    for (size_t i = 0; i < body->count; i++)
        if (!take_part(x, &body->items[i], a))
            return false;
    qsort(a->parts, a->count, sizeof *a->parts, by_number);
    if (x->sim->quirks[S3_QUIRK_all_parts_needed] && a->count != a->upload->part_count)
        return s3_fail(x, "InvalidPart", NULL);
    for (size_t i = 0; i + 1 < a->count; i++)
        if (a->parts[i]->size < x->sim->part_minimum)
            return refuse_small(x, a->parts[i]);
    return true;
}

static unsigned char from_hex(const char *digits)
{
    char pair[3] = {digits[0], digits[1], '\0'};
    return (unsigned char)strtoul(pair, NULL, 16);
}

/* MD5 of the parts' binary MD5s, a hyphen, their number. */
static void compute_etag(const struct assembly *a, struct s3_blob *object)
{
    unsigned char *digests = s3_alloc(16 * a->count);
    char hex[S3_HEX_SIZE];
    for (size_t i = 0; i < a->count; i++)
        for (size_t at = 0; at < 16; at++)
            digests[16 * i + at] = from_hex(a->parts[i]->etag + 2 * at);
    s3_digest_hex(S3_MD5, digests, 16 * a->count, hex);
    snprintf(object->etag, sizeof object->etag, "%.32s-%zu", hex, a->count);
    free(digests);
}

/* Base64 of the digest of the parts' binary digests, a hyphen, their number. */
static char *composite_checksum(const struct assembly *a)
{
    enum s3_algorithm algorithm = (enum s3_algorithm)a->upload->algorithm;
    unsigned char *digests = s3_alloc(S3_DIGEST_MAX * a->count);
    size_t size = 0;
    char base64[S3_BASE64_MAX];
    for (size_t i = 0; i < a->count; i++)
        size +=
            s3_digest(algorithm, a->parts[i]->data, a->parts[i]->size, digests + size);
    s3_digest_base64(algorithm, digests, size, base64);
    free(digests);
    return s3_print("%s-%zu", base64, a->count);
}

static bool add_checksum(struct s3_exchange *x, const struct assembly *a,
                         struct s3_blob *object)
{
    int algorithm = a->upload->algorithm < 0 ? S3_CRC64NVME : a->upload->algorithm;
    char base64[S3_BASE64_MAX];
    s3_digest_base64((enum s3_algorithm)algorithm, object->data, object->size, base64);
    bool full = a->upload->algorithm < 0 || a->upload->full_object;
    char *value = full ? s3_copy(base64) : composite_checksum(a);
    const char *given = s3_header(x, s3_algorithm_header(algorithm));
    bool good =
        !given || strcmp(given, value) == 0 || x->sim->quirks[S3_QUIRK_ignore_checksums];
    s3_pairs_add(&object->checksums, s3_algorithm_header(algorithm), value);
    free(value);
    return good || s3_fail(x, "BadDigest", NULL);
}

/* x-amz-mp-object-size: what the object's size is to be. */
static bool check_size(struct s3_exchange *x, const struct s3_blob *object)
{
    const char *given = s3_header(x, "x-amz-mp-object-size");
    long long size;
    if (!given || (s3_parse_number(given, 0, INT64_MAX, &size) &&
                   (unsigned long long)size == object->size))
        return true;
    return s3_fail_as(x, 400, "InvalidRequest",
                      "The provided 'x-amz-mp-object-size' header does not match what "
                      "was computed.",
                      NULL);
}

static struct s3_blob *assemble(struct s3_exchange *x, const struct assembly *a)
{
    size_t size = 0;
    for (size_t i = 0; i < a->count; i++)
        size += a->parts[i]->size;
    unsigned char *data = s3_grow(NULL, size + 1, 1);
    size = 0;
    for (size_t i = 0; i < a->count; i++) {
        memcpy(data + size, a->parts[i]->data, a->parts[i]->size);
        size += a->parts[i]->size;
    }
    struct s3_blob *object =
        s3_blob_new(x->key, data, s3_kept_size(x, size), s3_now_ms(x->sim));
    free(data);
    compute_etag(a, object);
    s3_pairs_add_all(&object->headers, &a->upload->headers);
    if (add_checksum(x, a, object) && check_size(x, object))
        return object;
    s3_blob_free(object);
    return NULL;
}

static void write_checksums(FILE *out, const struct s3_blob *object)
{
    for (int i = 0; i < S3_ALGORITHMS; i++) {
        const char *value =
            object ? s3_pairs_get(&object->checksums, s3_algorithm_header(i)) : NULL;
        if (value)
            s3_write_element(out, s3_algorithm_element(i), value);
    }
}

static void write_location(FILE *out, const struct s3_exchange *x)
{
    char *path = s3_url_encode(x->key, true);
    fprintf(out, "<Location>%s://127.0.0.1:%u/%s/%s</Location>",
            x->sim->tls ? "https" : "http", x->sim->port, x->bucket_name, path);
    free(path);
}

static void reply_completed(struct s3_exchange *x, const char *etag,
                            const struct s3_blob *object)
{
    char quoted[80];
    bool empty = x->sim->quirks[S3_QUIRK_empty_complete_etag];
    FILE *out = s3_reply_open(x, "CompleteMultipartUploadResult");
    snprintf(quoted, sizeof quoted, "\"%s\"", etag);
    write_location(out, x);
    s3_write_element(out, "Bucket", x->bucket_name);
    s3_write_element(out, "Key", x->key);
    s3_write_element(out, "ETag", empty ? "" : quoted);
    if (!x->sim->quirks[S3_QUIRK_ignore_checksums])
        write_checksums(out, object);
    s3_reply_close(x, out, "CompleteMultipartUploadResult");
    if (!x->sim->quirks[S3_QUIRK_keep_alive_complete])
        return;
    char *spaced = s3_print("  \n \n%s", x->answer.body);
    free(x->answer.body);
    x->answer.body = spaced;
    x->answer.size = strlen(spaced);
    x->answer.delivery = S3_CHUNKED;
}

static void complete(struct s3_exchange *x, struct s3_upload *upload,
                     const struct s3_body *body)
{
    struct assembly a = {.upload = upload};
    a.parts = s3_alloc((body->count + 1) * sizeof *a.parts);
    bool good = take_parts(x, body, &a) && s3_check_write(x, true);
    struct s3_blob *object = good ? assemble(x, &a) : NULL;
    free(a.parts);
    if (!object)
        return;
    memcpy(upload->etag, object->etag, sizeof upload->etag);
    reply_completed(x, object->etag, object);
    s3_upload_end(upload, S3_COMPLETED);
    x->applied = x->fault.kind != S3_LOSE_OBJECT;
    if (x->applied)
        s3_bucket_put(x->bucket, object);
    else
        s3_blob_free(object);
}

/* A second Complete of the same upload is answered as the first was. */
static bool is_repeated(const struct s3_exchange *x, const struct s3_upload *upload)
{
    return upload && upload->state == S3_COMPLETED && upload->bucket == x->bucket &&
           strcmp(upload->key, x->key) == 0 && !x->sim->quirks[S3_QUIRK_complete_once];
}

void s3_complete(struct s3_exchange *x)
{
    struct s3_body body;
    struct s3_upload *upload =
        s3_store_upload(&x->sim->store, s3_parameter(x, "uploadId"));
    if (is_repeated(x, upload)) {
        reply_completed(x, upload->etag, NULL);
        return;
    }
    upload = s3_find_upload(x);
    if (!upload && x->sim->quirks[S3_QUIRK_unknown_upload_500])
        s3_fail_as(x, 500, "InternalError",
                   "This multipart completion is already in progress", NULL);
    if (!upload)
        return;
    if (s3_parse_body(x, "CompleteMultipartUpload", "Part", &body))
        complete(x, upload, &body);
    else
        s3_fail(x, "MalformedXML", NULL);
    s3_body_free(&body);
}
