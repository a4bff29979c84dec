/* Get: bytes as they come, taken up again behind the last one when a connection breaks,
 * and compared with what the server says of the whole. */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/random.h"
#include "base/text.h"
#include "s3/client.h"

#include <stdio.h>
#include <string.h>

#define TMP_PATH_MAX ((size_t)8192)

/* Headers of an answer that have a sum of the whole object. One that stands for a sum of
 * parts' sums ends with "-N" (User Guide, "Checking object integrity"). */
static const struct {
    const char *header;
    shub__sum_kind kind;
    int hex;
} sums[] = {
    {"x-amz-meta-shub-sha256", SHUB__SUM_SHA256, 1},
    {"x-amz-checksum-crc64nvme", SHUB__SUM_CRC64NVME, 0},
    {"x-amz-checksum-crc32c", SHUB__SUM_CRC32C, 0},
    {"x-amz-checksum-sha256", SHUB__SUM_SHA256, 0},
};

typedef struct download {
    shub__s3_call call;
    shub_s3_get_options opts;
    shub_s3_sink_fn *sink;
    void *user;
    shub__summer *summer; /* NULL: nothing to compare with */
    shub__sum wanted;
    char etag[256]; /* of the first answer */
    shub_s3_object object;
} download;

/* ---- sums ----------------------------------------------------------------------- */

static int read_sum(shub_slice text, int hex, shub__sum *sum)
{
    shub_status status =
        hex ? shub__hex_read(text, sum->bytes, sizeof sum->bytes, &sum->len)
            : shub__base64_read(text, sum->bytes, sizeof sum->bytes, &sum->len);

    return status == SHUB_OK;
}

static shub_status begin_sum(download *d, shub_slice headers, shub_error *err)
{
    if (d->opts.offset || d->opts.length)
        return SHUB_OK;
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        shub_slice text = shub__s3_header(headers, sums[i].header);

        if (text.len && read_sum(text, sums[i].hex, &d->wanted))
            return shub__summer_new(sums[i].kind, &d->summer, err);
    }
    return SHUB_OK;
}

static shub_status end_sum(download *d, shub_error *err)
{
    shub__sum got;
    shub_status status;

    if (!d->summer)
        return SHUB_OK;
    status = shub__summer_end(d->summer, &got, err);
    if (status == SHUB_OK &&
        (got.len != d->wanted.len || memcmp(got.bytes, d->wanted.bytes, got.len) != 0))
        status = shub__fail(err, SHUB_E_CHECKSUM, SHUB_NONE,
                            "%.*s: what came is not what was put",
                            SHUB__SHOW(d->call.req.key));
    return status;
}

/* ---- bytes ---------------------------------------------------------------------- */

/* A server that does not know ranges sends everything, from its beginning. */
static shub_status check_range(const download *d, shub_slice headers, shub_error *err)
{
    int64_t from = d->opts.offset + d->call.sunk;
    char wanted[64];

    if (!from && !d->opts.length)
        return SHUB_OK;
    (void)snprintf(wanted, sizeof wanted, "bytes %lld-", (long long)from);
    if (shub__starts_with(shub__s3_header(headers, "Content-Range"), shub_str(wanted)))
        return SHUB_OK;
    return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE,
                      "%.*s: the server does not know ranges",
                      SHUB__SHOW(d->call.req.key));
}

/* Before the first byte of an attempt. What the first answer says counts for all. */
static shub_status begin(download *d, shub_error *err)
{
    shub_slice headers = shub__http_headers(d->call.http);
    shub_slice etag = shub__trim_quotes(shub__s3_header(headers, "ETag"));
    shub_status status = check_range(d, headers, err);

    if (status != SHUB_OK || d->call.sunk)
        return status;
    (void)snprintf(d->etag, sizeof d->etag, "%.*s", (int)etag.len,
                   etag.ptr ? etag.ptr : "");
    return begin_sum(d, headers, err);
}

static shub_status on_bytes(shub_slice bytes, void *user, shub_error *err)
{
    download *d = user;
    shub_status status = SHUB_OK;

    if (!d->call.sunk_now)
        status = begin(d, err);
    if (status == SHUB_OK && d->summer)
        status = shub__summer_add(d->summer, bytes.ptr, bytes.len, err);
    return status == SHUB_OK ? d->sink(bytes, d->user, err) : status;
}

/* The rest, of the same object. */
static shub_status resume(shub__s3_call *call, shub_error *err)
{
    download *d = call->user;
    shub_s3_get_options rest = d->opts;

    rest.offset += call->sunk;
    rest.if_match = shub_str(d->etag);
    if (d->opts.length) {
        rest.length -= call->sunk;
        if (rest.length <= 0)
            return shub__fail(err, SHUB_E_TRUNCATED, SHUB_NONE,
                              "%.*s: the answer has no end", SHUB__SHOW(call->req.key));
    }
    if (!rest.if_match.len)
        return shub__fail(err, SHUB_E_TRUNCATED, SHUB_NONE,
                          "%.*s: without an ETag it cannot be taken up again",
                          SHUB__SHOW(call->req.key));
    call->req.header_count = call->req.query_count = 0;
    return shub__s3_add_get(&call->req, &rest, err);
}

/* ---- get ------------------------------------------------------------------------ */

static shub_status run(download *d, shub_s3 *s3, shub_error *err)
{
    shub_status status = shub__s3_add_get(&d->call.req, &d->opts, err);

    d->call.sink = on_bytes;
    d->call.sink_user = d;
    d->call.resume = resume;
    d->call.user = d;
    if (status == SHUB_OK)
        status = shub__s3_call_run(&d->call, err);
    if (status == SHUB_OK && !d->call.sunk) /* nothing came that could begin it */
        status = begin_sum(d, shub__buf_view(&d->call.headers), err);
    if (status == SHUB_OK)
        status = end_sum(d, err);
    if (status == SHUB_OK)
        status = shub__s3_read_object(SHUB__S3_GET, shub__buf_view(&d->call.headers),
                                      &s3->arena, &d->object, err);
    return status;
}

shub_status shub_s3_get(shub_s3 *s3, shub_slice bucket, shub_slice key,
                        const shub_s3_get_options *opts, shub_s3_sink_fn *sink,
                        void *user, shub_s3_object *object, shub_error *err)
{
    download d;
    shub_status status;

    memset(&d, 0, sizeof d);
    d.sink = sink;
    d.user = user;
    shub__arena_clear(&s3->arena);
    status = shub__options_in(&d.opts, sizeof d.opts, opts, err);
    if (status == SHUB_OK && (d.opts.offset < 0 || d.opts.length < 0))
        status = shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "offset or length below 0");
    if (status == SHUB_OK)
        status = shub__s3_call_init(&d.call, s3, SHUB__S3_GET, bucket, key, err);
    if (status == SHUB_OK)
        status = run(&d, s3, err);
    d.object.key = key;
    if (status != SHUB_OK)
        memset(&d.object, 0, sizeof d.object);
    shub__summer_free(d.summer);
    shub__s3_call_fini(&d.call);
    shub__result_out(object, &d.object, sizeof d.object);
    return status;
}

/* ---- into a file ---------------------------------------------------------------- */

static shub_status write_bytes(shub_slice bytes, void *user, shub_error *err)
{
    const int *fd = user;
    size_t written;

    return shub__file_write(*fd, bytes.ptr, bytes.len, &written, err);
}

static shub_status get_into(shub_s3 *s3, shub_slice bucket, shub_slice key,
                            const char *tmp, const char *path,
                            const shub_s3_get_options *opts, shub_s3_object *object,
                            shub_error *err)
{
    int fd;
    shub_status status = shub__file_open(tmp, SHUB__OPEN_CREATE, &fd, err);

    if (status != SHUB_OK)
        return status;
    status = shub_s3_get(s3, bucket, key, opts, write_bytes, &fd, object, err);
    if (status == SHUB_OK)
        status = shub__file_sync(fd, err);
    shub__file_close(fd);
    if (status == SHUB_OK)
        status = shub__file_rename(tmp, path, err);
    if (status == SHUB_OK)
        return shub__file_sync_parent(path, err);
    (void)shub__file_unlink(tmp, NULL);
    return status;
}

shub_status shub_s3_get_file(shub_s3 *s3, shub_slice bucket, shub_slice key,
                             const char *path, const shub_s3_get_options *opts,
                             shub_s3_object *object, shub_error *err)
{
    shub__buf tmp;
    shub_status status;

    shub__buf_init(&tmp, TMP_PATH_MAX);
    shub__buf_printf(&tmp, "%s.tmp-%016llx", path,
                     (unsigned long long)shub__random(&s3->random));
    status = shub__buf_check(&tmp, "path", err);
    if (status == SHUB_OK)
        status = get_into(s3, bucket, key, tmp.ptr, path, opts, object, err);
    if (status != SHUB_OK)
        shub__result_out(object, &(shub_s3_object){0}, sizeof(shub_s3_object));
    shub__buf_fini(&tmp);
    return status;
}
