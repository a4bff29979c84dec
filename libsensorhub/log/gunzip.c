#include "log/gzip.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <string.h>
#include <zlib.h>

enum { BLOCK = 64 * 1024 };

typedef struct gunzip {
    z_stream zlib;
    int fd;
    int64_t at; /* in the file */
    int inside; /* a member has begun */
    int full;   /* the last output filled its block: there may be more without input */
    uint8_t in[BLOCK];
    uint8_t out[BLOCK];
} gunzip;

static voidpf zlib_alloc(voidpf user, uInt items, uInt size)
{
    (void)user;
    return shub__reallocarray(NULL, items, size);
}

static void zlib_free(voidpf user, voidpf ptr)
{
    (void)user;
    shub__free(ptr);
}

static shub_status corrupt(const gunzip *g, const char *what, shub_error *err)
{
    int64_t at = g->at - g->zlib.avail_in;

    return shub__fail(err, SHUB_E_CORRUPT, at, "gzip data %s at byte %lld", what,
                      (long long)at);
}

static shub_status refill(gunzip *g, shub_error *err)
{
    size_t got;
    shub_status status = shub__file_read(g->fd, g->in, sizeof g->in, g->at, &got, err);

    g->at += (int64_t)got;
    g->zlib.next_in = g->in;
    g->zlib.avail_in = (uInt)got;
    return status;
}

static shub_status end_member(gunzip *g, shub__gunzip_fn *fn, void *user, shub_error *err)
{
    shub__gzip_member member = {(uint32_t)g->zlib.adler, (uint32_t)g->zlib.total_out};

    g->inside = 0;
    g->full = 0;
    (void)inflateReset(&g->zlib);
    return fn(NULL, 0, &member, user, err);
}

static shub_status step(gunzip *g, shub__gunzip_fn *fn, void *user, shub_error *err)
{
    int result;
    size_t len;
    shub_status status = SHUB_OK;

    g->zlib.next_out = g->out;
    g->zlib.avail_out = sizeof g->out;
    g->inside = 1;
    result = inflate(&g->zlib, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR)
        return shub__fail_nomem(err);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return corrupt(g, "damaged", err);
    len = sizeof g->out - g->zlib.avail_out;
    g->full = len == sizeof g->out;
    if (len)
        status = fn(g->out, len, NULL, user, err);
    if (!status && result == Z_STREAM_END)
        status = end_member(g, fn, user, err);
    return status;
}

static shub_status read_members(gunzip *g, shub__gunzip_fn *fn, void *user,
                                shub_error *err)
{
    shub_status status = SHUB_OK;

    while (!status) {
        if (g->zlib.avail_in == 0 && !g->full)
            status = refill(g, err);
        if (status)
            return status;
        if (g->zlib.avail_in == 0 && !g->full)
            return g->inside || g->at == 0 ? corrupt(g, "ends early", err) : SHUB_OK;
        status = step(g, fn, user, err);
    }
    return status;
}

shub_status shub__gunzip(int fd, shub__gunzip_fn *fn, void *user, shub_error *err)
{
    gunzip *g = shub__calloc(1, sizeof *g);
    shub_status status;

    if (!g)
        return shub__fail_nomem(err);
    g->fd = fd;
    g->zlib.zalloc = zlib_alloc;
    g->zlib.zfree = zlib_free;
    status = inflateInit2(&g->zlib, 15 + 16) == Z_OK ? SHUB_OK : shub__fail_nomem(err);
    if (!status) {
        status = read_members(g, fn, user, err);
        (void)inflateEnd(&g->zlib);
    }
    shub__free(g);
    return status;
}

shub_status shub__gzip_member_of(int fd, shub__gzip_member *member, shub_error *err)
{
    uint8_t *block = shub__malloc(BLOCK);
    uLong crc = crc32(0, NULL, 0);
    int64_t at = 0;
    size_t len = BLOCK;
    shub_status status = SHUB_OK;

    memset(member, 0, sizeof *member);
    if (!block)
        return shub__fail_nomem(err);
    while (!status && len == BLOCK) {
        status = shub__file_read(fd, block, BLOCK, at, &len, err);
        crc = crc32(crc, block, (uInt)len);
        at += (int64_t)len;
    }
    shub__free(block);
    if (!status)
        *member = (shub__gzip_member){(uint32_t)crc, (uint32_t)at};
    return status;
}
