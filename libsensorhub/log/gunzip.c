#include "log/gzip.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <string.h>
#include <zlib.h>

enum { BLOCK = 64 * 1024 };
#define PIECE ((size_t)1 << 30)

struct shub__gunzipper {
    z_stream zlib;
    shub__gunzip_fn *fn;
    void *user;
    int64_t at; /* bytes that came */
    int inside; /* a member has begun */
    uint8_t out[BLOCK];
};

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

static shub_status corrupt(const shub__gunzipper *g, const char *what, shub_error *err)
{
    int64_t at = g->at - g->zlib.avail_in;

    return shub__fail(err, SHUB_E_CORRUPT, at, "gzip data %s at byte %lld", what,
                      (long long)at);
}

shub_status shub__gunzipper_new(shub__gunzip_fn *fn, void *user, shub__gunzipper **out,
                                shub_error *err)
{
    shub__gunzipper *g = shub__calloc(1, sizeof *g);

    *out = NULL;
    if (!g)
        return shub__fail_nomem(err);
    g->fn = fn;
    g->user = user;
    g->zlib.zalloc = zlib_alloc;
    g->zlib.zfree = zlib_free;
    if (inflateInit2(&g->zlib, 15 + 16) != Z_OK) {
        shub__free(g);
        return shub__fail_nomem(err);
    }
    *out = g;
    return SHUB_OK;
}

void shub__gunzipper_free(shub__gunzipper *g)
{
    if (!g)
        return;
    (void)inflateEnd(&g->zlib);
    shub__free(g);
}

static shub_status end_member(shub__gunzipper *g, shub_error *err)
{
    shub__gzip_member member = {(uint32_t)g->zlib.adler, (uint32_t)g->zlib.total_out};

    g->inside = 0;
    (void)inflateReset(&g->zlib);
    return g->fn(NULL, 0, &member, g->user, err);
}

/* `full`: the output filled its block, and there may be more without input. */
static shub_status step(shub__gunzipper *g, int *full, shub_error *err)
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
    *full = len == sizeof g->out && result != Z_STREAM_END;
    if (len)
        status = g->fn(g->out, len, NULL, g->user, err);
    if (!status && result == Z_STREAM_END)
        status = end_member(g, err);
    return status;
}

/* One that zlib can count. */
static shub_status add_piece(shub__gunzipper *g, const void *ptr, size_t len,
                             shub_error *err)
{
    int full = 0;
    shub_status status = SHUB_OK;

    g->zlib.next_in = (Bytef *)(uintptr_t)ptr; /* zlib does not write to it */
    g->zlib.avail_in = (uInt)len;
    g->at += (int64_t)len;
    while (!status && (g->zlib.avail_in || full))
        status = step(g, &full, err);
    return status;
}

shub_status shub__gunzipper_add(shub__gunzipper *g, const void *ptr, size_t len,
                                shub_error *err)
{
    const char *bytes = ptr;
    shub_status status = SHUB_OK;

    while (!status && len) {
        size_t piece = len < PIECE ? len : PIECE;

        status = add_piece(g, bytes, piece, err);
        bytes += piece;
        len -= piece;
    }
    return status;
}

shub_status shub__gunzipper_end(const shub__gunzipper *g, shub_error *err)
{
    return g->inside || g->at == 0 ? corrupt(g, "ends early", err) : SHUB_OK;
}

static shub_status feed(shub__gunzipper *g, int fd, uint8_t *block, shub_error *err)
{
    shub_status status = SHUB_OK;
    size_t got = BLOCK;

    while (!status && got == BLOCK) {
        status = shub__file_read(fd, block, BLOCK, g->at, &got, err);
        if (!status)
            status = shub__gunzipper_add(g, block, got, err);
    }
    return status ? status : shub__gunzipper_end(g, err);
}

shub_status shub__gunzip(int fd, shub__gunzip_fn *fn, void *user, shub_error *err)
{
    uint8_t *block = shub__malloc(BLOCK);
    shub__gunzipper *g = NULL;
    shub_status status =
        block ? shub__gunzipper_new(fn, user, &g, err) : shub__fail_nomem(err);

    if (!status)
        status = feed(g, fd, block, err);
    shub__gunzipper_free(g);
    shub__free(block);
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
