#include "ship/digest.h"

#include "base/error.h"
#include "base/mem.h"

#include <zlib.h>

#define GZIP_ONLY                                                                        \
    16 /* added to windowBits: gzip, not zlib, headers (zlib.h, inflateInit2) */

struct shub__gzip_check {
    z_stream stream;
    int64_t pos; /* of the input */
    int inside;  /* a member has begun and not ended */
    int members;
    unsigned char out[65536];
};

static voidpf take(voidpf opaque, uInt items, uInt size)
{
    (void)opaque;
    return shub__calloc(items, size);
}

static void give(voidpf opaque, voidpf ptr)
{
    (void)opaque;
    shub__free(ptr);
}

shub_status shub__gzip_check_new(shub__gzip_check **out, shub_error *err)
{
    shub__gzip_check *check = shub__calloc(1, sizeof *check);

    *out = NULL;
    if (!check)
        return shub__fail_nomem(err);
    check->stream.zalloc = take;
    check->stream.zfree = give;
    if (inflateInit2(&check->stream, MAX_WBITS + GZIP_ONLY) != Z_OK) {
        shub__free(check);
        return shub__fail_nomem(err);
    }
    *out = check;
    return SHUB_OK;
}

void shub__gzip_check_free(shub__gzip_check *check)
{
    if (!check)
        return;
    inflateEnd(&check->stream);
    shub__free(check);
}

/* Inflates once; the output is not wanted. */
static int inflate_some(shub__gzip_check *check)
{
    z_stream *z = &check->stream;
    int code;

    z->next_out = check->out;
    z->avail_out = sizeof check->out;
    code = inflate(z, Z_NO_FLUSH);
    check->inside = code != Z_STREAM_END;
    if (code != Z_STREAM_END)
        return code;
    check->members++;
    return inflateReset(z);
}

shub_status shub__gzip_check_add(shub__gzip_check *check, const void *ptr, size_t len,
                                 shub_error *err)
{
    z_stream *z = &check->stream;
    int code = Z_OK;

    z->next_in = (z_const Bytef *)ptr;
    z->avail_in = (uInt)len; /* a chunk */
    z->avail_out = 0;
    /* A full output may hide more of it behind an empty input. */
    while (code == Z_OK && (z->avail_in > 0 || (check->inside && z->avail_out == 0)))
        code = inflate_some(check);
    check->pos += (int64_t)(len - z->avail_in);
    if (code == Z_OK || code == Z_BUF_ERROR)
        return SHUB_OK;
    if (code == Z_MEM_ERROR)
        return shub__fail_nomem(err);
    return shub__fail(err, SHUB_E_CORRUPT, check->pos, "not gzip at byte %lld: %s",
                      (long long)check->pos, z->msg ? z->msg : "damaged");
}

shub_status shub__gzip_check_end(shub__gzip_check *check, shub_error *err)
{
    if (!check->inside && check->members > 0)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_CORRUPT, check->pos,
                      "gzip ends early, after %lld bytes and %d members",
                      (long long)check->pos, check->members);
}
