#include "s3_sim.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct algorithm_form {
    const char *name;
    const char *header;
    const char *element;
} algorithms[S3_ALGORITHMS] = {
    [S3_CRC32] = {"crc32", "x-amz-checksum-crc32", "ChecksumCRC32"},
    [S3_CRC32C] = {"crc32c", "x-amz-checksum-crc32c", "ChecksumCRC32C"},
    [S3_CRC64NVME] = {"crc64nvme", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME"},
    [S3_SHA1] = {"sha1", "x-amz-checksum-sha1", "ChecksumSHA1"},
    [S3_SHA256] = {"sha256", "x-amz-checksum-sha256", "ChecksumSHA256"},
};

int s3_algorithm_named(const char *name)
{
    for (int i = 0; i < S3_ALGORITHMS; i++)
        if (strcasecmp(algorithms[i].name, name) == 0)
            return i;
    return -1;
}

const char *s3_algorithm_header(int algorithm)
{
    return algorithms[algorithm].header;
}

const char *s3_algorithm_element(int algorithm)
{
    return algorithms[algorithm].element;
}

static bool check_md5(struct s3_exchange *x)
{
    char expected[S3_BASE64_MAX];
    const char *given = s3_header(x, "content-md5");
    if (!given)
        return true;
    if (strlen(given) != 24)
        return s3_fail(x, "InvalidDigest", NULL);
    s3_digest_base64(S3_MD5, x->body, x->size, expected);
    return strcmp(given, expected) == 0 || s3_fail(x, "BadDigest", NULL);
}

static bool refuse_checksum(struct s3_exchange *x, int algorithm)
{
    char *message =
        s3_print("The %s you specified did not match the calculated checksum.",
                 algorithms[algorithm].element + 8);
    s3_fail_as(x, 400, "BadDigest", message, NULL);
    free(message);
    return false;
}

static bool check_checksum(struct s3_exchange *x, int algorithm,
                           struct s3_pairs *checksums)
{
    char expected[S3_BASE64_MAX];
    const char *given = s3_header(x, algorithms[algorithm].header);
    if (!given)
        return true;
    s3_digest_base64((enum s3_algorithm)algorithm, x->body, x->size, expected);
    if (strlen(given) != strlen(expected)) {
        char *message =
            s3_print("Value for %s header is invalid.", algorithms[algorithm].header);
        s3_fail_as(x, 400, "InvalidRequest", message, NULL);
        free(message);
        return false;
    }
    if (strcmp(given, expected) != 0)
        return refuse_checksum(x, algorithm);
    s3_pairs_add(checksums, algorithms[algorithm].header, given);
    return true;
}

bool s3_check_body(struct s3_exchange *x, struct s3_pairs *checksums)
{
    if (!check_md5(x))
        return false;
    for (int i = 0; i < S3_ALGORITHMS && !x->sim->quirks[S3_QUIRK_ignore_checksums]; i++)
        if (!check_checksum(x, i, checksums))
            return false;
    return true;
}

/* An entity tag with or without its quotes, or any: *. */
static bool etag_matches(const char *given, const char *etag)
{
    size_t size = strlen(etag);
    if (strcmp(given, "*") == 0)
        return true;
    given += *given == '"';
    return strncmp(given, etag, size) == 0 &&
           (given[size] == '\0' || !strcmp(given + size, "\""));
}

static bool refuse_condition(struct s3_exchange *x, const char *name)
{
    char *details = s3_print("<Condition>%s</Condition>", name);
    s3_fail(x, "PreconditionFailed", details);
    free(details);
    return false;
}

bool s3_check_write(struct s3_exchange *x, bool complete)
{
    const char *none = s3_header(x, "if-none-match");
    const char *match = s3_header(x, "if-match");
    const struct s3_blob *there = s3_bucket_get(x->bucket, x->key);
    if ((!none && !match) || x->sim->quirks[S3_QUIRK_ignore_conditional] ||
        (complete && x->sim->quirks[S3_QUIRK_ignore_conditional_complete]))
        return true;
    if (!complete && x->sim->quirks[S3_QUIRK_conditional_501])
        return s3_fail(x, "NotImplemented", NULL);
    if (none && strcmp(none, "*") != 0)
        return s3_fail(x, "NotImplemented", NULL);
    if (none && there)
        return refuse_condition(x, "If-None-Match");
    if (match && !there)
        return s3_fail(x, "NoSuchKey", NULL);
    if (match && !etag_matches(match, there->etag))
        return refuse_condition(x, "If-Match");
    return true;
}

/* RFC 9110 section 13: of a read. Modification times are no part of it here. */
bool s3_check_read(struct s3_exchange *x, const struct s3_blob *object)
{
    const char *none = s3_header(x, "if-none-match");
    const char *match = s3_header(x, "if-match");
    if (match && !etag_matches(match, object->etag))
        return refuse_condition(x, "If-Match");
    if (!none || !etag_matches(none, object->etag))
        return true;
    s3_reply_object(x, object, false);
    x->answer.status = 304;
    return false;
}

static bool check_copy(struct s3_exchange *x, const struct s3_blob *object)
{
    const char *none = s3_header(x, "x-amz-copy-source-if-none-match");
    const char *match = s3_header(x, "x-amz-copy-source-if-match");
    if (match && !etag_matches(match, object->etag))
        return refuse_condition(x, "x-amz-copy-source-If-Match");
    if (none && etag_matches(none, object->etag))
        return refuse_condition(x, "x-amz-copy-source-If-None-Match");
    return true;
}

/* RFC 9110 section 14.1.2, one range of bytes. */
bool s3_parse_range(const char *text, size_t whole, size_t *first, size_t *size)
{
    long long from = 0;
    long long to = INT64_MAX;
    char end = 0;
    *first = *size = 0;
    if (sscanf(text, "bytes=-%lld%c", &to, &end) == 1 && to >= 0) {
        *size = (unsigned long long)to < whole ? (size_t)to : whole;
        *first = whole - *size;
        return true;
    }
    to = INT64_MAX;
    int count = sscanf(text, "bytes=%lld-%lld%c", &from, &to, &end);
    if (count < 1 || count > 2 || from < 0 || to < from || !strchr(text, '-'))
        return false;
    if ((unsigned long long)from < whole) {
        *first = (size_t)from;
        *size = (unsigned long long)to < whole ? (size_t)(to - from) + 1 : whole - *first;
    }
    return true;
}

static bool refuse_source(struct s3_exchange *x)
{
    return s3_fail_as(x, 400, "InvalidArgument",
                      "Copy Source must mention the source bucket and key: "
                      "sourcebucket/sourcekey",
                      NULL);
}

static bool find_source(struct s3_exchange *x, struct s3_blob **source)
{
    const char *given = s3_header(x, "x-amz-copy-source");
    char *name = s3_copy_n(given, strcspn(given, "?"));
    s3_url_decode(name, false);
    char *key = name + (*name == '/');
    char *bucket_name = strsep(&key, "/");
    if (!key || !*key) {
        free(name);
        return refuse_source(x);
    }
    const struct s3_bucket *bucket = s3_store_bucket(&x->sim->store, bucket_name);
    *source = bucket ? s3_bucket_get(bucket, key) : NULL;
    free(name);
    return *source || s3_fail(x, "NoSuchKey", NULL);
}

bool s3_copy_source(struct s3_exchange *x, struct s3_blob **source, size_t *first,
                    size_t *size)
{
    const char *range = s3_header(x, "x-amz-copy-source-range");
    if (!find_source(x, source) || !check_copy(x, *source))
        return false;
    *first = 0;
    *size = (*source)->size;
    if (range && (!s3_parse_range(range, (*source)->size, first, size) || *size == 0))
        return s3_fail_as(x, 400, "InvalidArgument",
                          "The x-amz-copy-source-range value must be of the form "
                          "bytes=first-last where first and last are the zero-based "
                          "offsets of the first and last bytes to copy",
                          NULL);
    return true;
}
