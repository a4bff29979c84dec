#include "base/error.h"
#include "base/text.h"
#include "s3/request_internal.h"
#include "s3/uri.h"

#include <string.h>

#define META        "x-amz-meta-"
#define META_SHA256 META "shub-sha256"
#define TAGS_MAX    ((size_t)8192)
#define ETAG_MAX    ((size_t)1024)

typedef struct field {
    const char *name; /* of the header */
    shub_slice value;
} field;

static shub_status add_fields(shub__s3_request *req, const field *fields, size_t count,
                              shub_error *err)
{
    for (size_t i = 0; i < count; i++) {
        shub_status status;
        if (!fields[i].value.len)
            continue;
        status = shub__s3_add_header(req, fields[i].name, fields[i].value, err);
        if (status)
            return status;
    }
    return SHUB_OK;
}

/* ---- metadata and tags --------------------------------------------------------- */

/* RFC 9110 section 5.6.2. */
static int is_token(shub_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = shub__lower(text.ptr[i]);
        if (!shub__is_digit(c) && (c < 'a' || c > 'z') &&
            (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return 0;
    }
    return text.len > 0;
}

/* "x-amz-meta-" and the name in lower case, as servers answer it. */
static shub_status meta_name(shub__s3_request *req, shub_slice name, shub_slice *out,
                             shub_error *err)
{
    size_t prefix = strlen(META);
    char *text = shub__arena_array(&req->arena, prefix + name.len + 1, 1);

    if (!text)
        return shub__fail_nomem(err);
    memcpy(text, META, prefix);
    for (size_t i = 0; i < name.len; i++)
        text[prefix + i] = shub__lower(name.ptr[i]);
    *out = shub_bytes(text, prefix + name.len);
    return SHUB_OK;
}

static shub_status add_metadata_row(shub__s3_request *req, shub_s3_pair row,
                                    shub_error *err)
{
    shub_s3_pair pair = {{NULL, 0}, row.value};
    shub_status status;

    if (!is_token(row.name) || row.name.len > SHUB_S3_KEY_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "metadata name \"%.*s\" is no header token (RFC 9110)",
                          SHUB__SHOW(row.name));
    status = meta_name(req, row.name, &pair.name, err);
    if (status)
        return status;
    for (size_t i = 0; i < req->header_count; i++)
        if (shub_slice_equal(req->headers[i].name, pair.name))
            return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                              "metadata name \"%.*s\" is there twice",
                              SHUB__SHOW(row.name));
    return shub__s3_add_pair(req, pair, err);
}

static shub_status add_metadata(shub__s3_request *req, const shub_s3_put_options *opts,
                                shub_error *err)
{
    for (size_t i = 0; i < opts->metadata_count; i++) {
        shub_status status = add_metadata_row(req, opts->metadata[i], err);
        if (status)
            return shub__fail_at(err, status, (int64_t)i);
    }
    return SHUB_OK;
}

static shub_status write_tag(shub__buf *out, shub_s3_pair tag, shub_error *err)
{
    if (!tag.name.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "a tag has no name");
    if (shub__utf8_valid(tag.name) < tag.name.len ||
        shub__utf8_valid(tag.value) < tag.value.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "tag \"%.*s\" is not UTF-8",
                          SHUB__SHOW(tag.name));
    if (out->len)
        shub__buf_byte(out, '&');
    shub__uri_encode(out, tag.name, 0);
    shub__buf_byte(out, '=');
    shub__uri_encode(out, tag.value, 0);
    return shub__buf_check(out, "tags", err);
}

/* As the query of a URL (S3 API Reference, PutObject, "x-amz-tagging"). */
static shub_status add_tags(shub__s3_request *req, const shub_s3_put_options *opts,
                            shub_error *err)
{
    shub_status status = SHUB_OK;
    shub__buf text;

    shub__buf_init(&text, TAGS_MAX);
    for (size_t i = 0; !status && i < opts->tag_count; i++) {
        status = write_tag(&text, opts->tags[i], err);
        if (status)
            (void)shub__fail_at(err, status, (int64_t)i);
    }
    if (!status && text.len)
        status = shub__s3_add_header(req, "x-amz-tagging", shub__buf_view(&text), err);
    shub__buf_fini(&text);
    return status;
}

/* ---- the object ---------------------------------------------------------------- */

static shub_status add_keeping(shub__s3_request *req, const shub_s3_put_options *opts,
                               shub_error *err)
{
    const field fields[] = {
        {"x-amz-storage-class", opts->storage_class},
        {"x-amz-server-side-encryption", opts->sse},
        {"x-amz-server-side-encryption-aws-kms-key-id", opts->sse_kms_key_id},
    };

    if (opts->sse_kms_key_id.len && !shub__starts_with(opts->sse, SHUB_LIT("aws:kms")))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "sse_kms_key_id goes with sse \"aws:kms\", not \"%.*s\"",
                          SHUB__SHOW(opts->sse));
    return add_fields(req, fields, sizeof fields / sizeof *fields, err);
}

static shub_status add_content(shub__s3_request *req, const shub_s3_put_options *opts,
                               shub_error *err)
{
    const field fields[] = {
        {"content-type", opts->content_type.len ? opts->content_type
                                                : SHUB_LIT("application/octet-stream")},
        {"content-encoding", opts->content_encoding},
        {"cache-control", opts->cache_control},
    };
    shub_status status = add_fields(req, fields, sizeof fields / sizeof *fields, err);

    if (!status)
        status = add_metadata(req, opts, err);
    return status ? status : add_tags(req, opts, err);
}

static shub_status check_copy(const shub_s3_put_options *opts, shub_error *err)
{
    if (opts->content_type.len || opts->content_encoding.len || opts->cache_control.len ||
        opts->metadata_count || opts->tag_count)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "a copy keeps the content headers, metadata and tags of its "
                          "source");
    return SHUB_OK;
}

shub_status shub__s3_add_object_headers(shub__s3_request *req,
                                        const shub_s3_put_options *opts, shub_error *err)
{
    shub_status status =
        req->op == SHUB__S3_COPY ? check_copy(opts, err) : add_content(req, opts, err);

    return status ? status : add_keeping(req, opts, err);
}

shub_status shub__s3_add_sha256(shub__s3_request *req, const unsigned char sha256[32],
                                shub_error *err)
{
    char hex[64];

    shub__hex_write(sha256, 32, hex);
    return shub__s3_add_header(req, META_SHA256, shub_bytes(hex, sizeof hex), err);
}

/* ---- conditions ---------------------------------------------------------------- */

shub_status shub__s3_add_etag(shub__s3_request *req, const char *name, shub_slice etag,
                              shub_error *err)
{
    shub_status status;
    shub__buf text;

    if (etag.len >= 2 && etag.ptr[0] == '"' && etag.ptr[etag.len - 1] == '"')
        etag = shub_bytes(etag.ptr + 1, etag.len - 2);
    if (etag.len && memchr(etag.ptr, '"', etag.len))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "ETag %.*s has a quotation mark within", SHUB__SHOW(etag));
    shub__buf_init(&text, ETAG_MAX);
    shub__buf_byte(&text, '"');
    shub__buf_slice(&text, etag);
    shub__buf_byte(&text, '"');
    status = shub__buf_check(&text, "ETag", err);
    if (!status)
        status = shub__s3_add_header(req, name, shub__buf_view(&text), err);
    shub__buf_fini(&text);
    return status;
}

shub_status shub__s3_add_conditions(shub__s3_request *req,
                                    const shub_s3_put_options *opts, shub_error *err)
{
    if (opts->if_none_match && opts->if_match.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "if_none_match and if_match exclude each other");
    if (opts->if_none_match)
        return shub__s3_add_header(req, "if-none-match", SHUB_LIT("*"), err);
    if (opts->if_match.len)
        return shub__s3_add_etag(req, "if-match", opts->if_match, err);
    return SHUB_OK;
}

int shub__s3_has_condition(const shub__s3_request *req)
{
    for (size_t i = 0; i < req->header_count; i++)
        if (shub__equal_nocase(req->headers[i].name, SHUB_LIT("If-Match")) ||
            shub__equal_nocase(req->headers[i].name, SHUB_LIT("If-None-Match")))
            return 1;
    return 0;
}
