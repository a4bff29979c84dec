#include "log/gzip.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "log/scan.h"

#include <string.h>
#include <zlib.h>

#ifdef SHUB_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

enum { IN = 128 * 1024, OUT = 64 * 1024 };

struct shub__gzip {
    uint8_t in[IN];
    uint8_t out[OUT];
    size_t out_len;
    int level; /* of zlib; 0: ISA-L */
    z_stream zlib;
#ifdef SHUB_HAVE_ISAL
    struct isal_zstream isal;
    uint8_t isal_memory[ISAL_DEF_LVL1_DEFAULT];
#endif
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

static shub_status zlib_start(shub__gzip *gzip, shub_error *err)
{
    memset(&gzip->zlib, 0, sizeof gzip->zlib);
    gzip->zlib.zalloc = zlib_alloc;
    gzip->zlib.zfree = zlib_free;
    /* 15 + 16: the largest window, gzip's frame; without deflateSetHeader it has mtime 0
     * and no name. */
    if (deflateInit2(&gzip->zlib, gzip->level, Z_DEFLATED, 15 + 16, 8,
                     Z_DEFAULT_STRATEGY) == Z_OK)
        return SHUB_OK;
    return shub__fail_nomem(err);
}

shub_status shub__gzip_new(int level, shub__gzip **gzip, shub_error *err)
{
    shub__gzip *made = shub__malloc(sizeof *made);
    shub_status status = SHUB_OK;

    *gzip = NULL;
    if (!made)
        return shub__fail_nomem(err);
    made->level = level;
#ifndef SHUB_HAVE_ISAL
    made->level = level ? level : 1;
#endif
    if (made->level)
        status = zlib_start(made, err);
    if (status) {
        shub__free(made);
        return status;
    }
    *gzip = made;
    return SHUB_OK;
}

void shub__gzip_free(shub__gzip *gzip)
{
    if (gzip && gzip->level)
        (void)deflateEnd(&gzip->zlib);
    shub__free(gzip);
}

/* Compresses as far as input and room for output reach: 1 when there is more to come for
 * the same input. */
static int zlib_step(shub__gzip *gzip, int last)
{
    gzip->zlib.next_out = gzip->out + gzip->out_len;
    gzip->zlib.avail_out = (uInt)(OUT - gzip->out_len);
    (void)deflate(&gzip->zlib, last ? Z_FINISH : Z_NO_FLUSH);
    gzip->out_len = OUT - gzip->zlib.avail_out;
    return gzip->zlib.avail_out == 0;
}

static void zlib_begin(shub__gzip *gzip)
{
    (void)deflateReset(&gzip->zlib);
}

#ifdef SHUB_HAVE_ISAL
static void isal_begin(shub__gzip *gzip)
{
    isal_deflate_init(&gzip->isal);
    gzip->isal.level = 1;
    gzip->isal.level_buf = gzip->isal_memory;
    gzip->isal.level_buf_size = sizeof gzip->isal_memory;
    gzip->isal.gzip_flag = IGZIP_GZIP;
}

static int isal_step(shub__gzip *gzip, int last)
{
    gzip->isal.end_of_stream = (uint16_t)last;
    gzip->isal.next_out = gzip->out + gzip->out_len;
    gzip->isal.avail_out = (uint32_t)(OUT - gzip->out_len);
    (void)isal_deflate(&gzip->isal);
    gzip->out_len = OUT - gzip->isal.avail_out;
    return gzip->isal.avail_out == 0;
}
#endif

static void begin(shub__gzip *gzip)
{
    gzip->out_len = 0;
#ifdef SHUB_HAVE_ISAL
    if (!gzip->level) {
        isal_begin(gzip);
        return;
    }
#endif
    zlib_begin(gzip);
}

static void feed(shub__gzip *gzip, size_t len)
{
#ifdef SHUB_HAVE_ISAL
    gzip->isal.next_in = gzip->in;
    gzip->isal.avail_in = (uint32_t)len;
#endif
    gzip->zlib.next_in = gzip->in;
    gzip->zlib.avail_in = (uInt)len;
}

static int step(shub__gzip *gzip, int last)
{
#ifdef SHUB_HAVE_ISAL
    if (!gzip->level)
        return isal_step(gzip, last);
#endif
    return zlib_step(gzip, last);
}

static shub_status put_out(shub__gzip *gzip, int to, shub__gzip_count *count,
                           shub_error *err)
{
    size_t written;
    shub_status status = shub__file_write(to, gzip->out, gzip->out_len, &written, err);

    count->bytes_out += written;
    gzip->out_len = 0;
    return status;
}

static shub_status compress_input(shub__gzip *gzip, size_t len, int last, int to,
                                  shub__gzip_count *count, shub_error *err)
{
    shub_status status = SHUB_OK;

    feed(gzip, len);
    while (!status && step(gzip, last))
        status = put_out(gzip, to, count, err);
    return status;
}

shub_status shub__gzip_file(shub__gzip *gzip, int from, int to, shub__gzip_count *count,
                            shub_error *err)
{
    int64_t at = 0;
    size_t len;
    shub_status status;

    begin(gzip);
    do {
        status = shub__file_read(from, gzip->in, IN, at, &len, err);
        if (status)
            return status;
        at += (int64_t)len;
        count->lines += shub__count_newlines((const char *)gzip->in, len);
        status = compress_input(gzip, len, len < IN, to, count, err);
    } while (!status && len == IN);
    count->bytes_in += (uint64_t)at;
    return status ? status : put_out(gzip, to, count, err);
}
