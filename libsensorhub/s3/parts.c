#include "s3/parts.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/checksum.h"

#include <assert.h>
#include <string.h>

#define MIB       ((int64_t)1 << 20)
#define MD5_BYTES 16

struct shub__s3_part_row {
    int64_t offset, bytes;
    shub_slice etag, sum;
    shub__s3_part_state state;
};

int64_t shub__s3_part_size(int64_t total, int64_t wanted)
{
    int64_t size = wanted > 0 ? wanted : SHUB_S3_PART_BYTES;
    int64_t needed;

    if (total > SHUB_S3_PUT_MAX * SHUB_S3_PARTS_MAX)
        return 0;
    if (size < SHUB_S3_PART_MIN)
        size = SHUB_S3_PART_MIN;
    if (size > SHUB_S3_PUT_MAX)
        size = SHUB_S3_PUT_MAX;
    needed = total / SHUB_S3_PARTS_MAX + (total % SHUB_S3_PARTS_MAX > 0);
    if (needed <= size)
        return size;
    return (needed + MIB - 1) / MIB * MIB; /* SHUB_S3_PUT_MAX is whole MiB */
}

/* ---- the plan ------------------------------------------------------------------ */

static shub_status too_many(shub_error *err)
{
    return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "upload of more than %d parts",
                      SHUB_S3_PARTS_MAX);
}

static shub_status reserve(shub__s3_parts *parts, int count, shub_error *err)
{
    struct shub__s3_part_row *rows;
    int cap = parts->cap ? parts->cap : 16;

    if (count > SHUB_S3_PARTS_MAX)
        return too_many(err);
    if (count <= parts->cap)
        return SHUB_OK;
    while (cap < count)
        cap *= 2;
    rows = shub__reallocarray(parts->rows, (size_t)cap, sizeof *rows);
    if (!rows)
        return shub__fail_nomem(err);
    parts->rows = rows;
    parts->cap = cap;
    return SHUB_OK;
}

shub_status shub__s3_parts_append(shub__s3_parts *parts, int64_t bytes, int *part,
                                  shub_error *err)
{
    shub_status status = reserve(parts, parts->count + 1, err);
    struct shub__s3_part_row *row;

    *part = 0;
    if (status)
        return status;
    row = &parts->rows[parts->count++];
    memset(row, 0, sizeof *row);
    row->offset = parts->bytes;
    row->bytes = bytes;
    parts->bytes += bytes;
    *part = parts->count;
    return SHUB_OK;
}

static shub_status plan(shub__s3_parts *parts, shub_error *err)
{
    int64_t count = parts->total / parts->part_bytes +
                    (parts->total % parts->part_bytes > 0 || !parts->total);
    shub_status status;
    int part;

    if (count > SHUB_S3_PARTS_MAX)
        return too_many(err);
    status = reserve(parts, (int)count, err);
    for (int i = 0; !status && i < count; i++) {
        int64_t left = parts->total - parts->bytes;
        int64_t bytes = left < parts->part_bytes ? left : parts->part_bytes;
        status = shub__s3_parts_append(parts, bytes, &part, err);
    }
    return status;
}

shub_status shub__s3_parts_init(shub__s3_parts *parts, int64_t total, int64_t part_bytes,
                                shub_error *err)
{
    memset(parts, 0, sizeof *parts);
    if (part_bytes <= 0)
        return too_many(err);
    parts->total = total;
    parts->part_bytes = part_bytes;
    return total == SHUB_NONE ? SHUB_OK : plan(parts, err);
}

void shub__s3_parts_fini(shub__s3_parts *parts)
{
    shub__free(parts->rows);
    shub__arena_fini(&parts->arena);
    memset(parts, 0, sizeof *parts);
}

/* ---- states -------------------------------------------------------------------- */

static struct shub__s3_part_row *row_of(shub__s3_parts *parts, int part)
{
    assert(part >= 1 && part <= parts->count);
    return &parts->rows[part - 1];
}

static void set_state(shub__s3_parts *parts, int part, shub__s3_part_state state)
{
    struct shub__s3_part_row *row = row_of(parts, part);
    int change = (state == SHUB__S3_PART_DONE) - (row->state == SHUB__S3_PART_DONE);

    row->state = state;
    parts->done += change;
    parts->bytes_done += change * row->bytes;
    if (state == SHUB__S3_PART_WAITING && part - 1 < parts->next)
        parts->next = part - 1;
}

void shub__s3_parts_doubt(shub__s3_parts *parts)
{
    for (int part = 1; part <= parts->count; part++)
        set_state(parts, part, SHUB__S3_PART_WAITING);
}

static void forget(struct shub__s3_part_row *row)
{
    row->etag = shub_str(NULL);
    row->sum = shub_str(NULL);
}

void shub__s3_parts_restart(shub__s3_parts *parts)
{
    shub__s3_parts_doubt(parts);
    for (int i = 0; i < parts->count; i++)
        forget(&parts->rows[i]);
    shub__arena_clear(&parts->arena);
}

int shub__s3_parts_take(shub__s3_parts *parts, int64_t *offset, int64_t *bytes)
{
    *offset = 0;
    *bytes = 0;
    while (parts->next < parts->count &&
           parts->rows[parts->next].state != SHUB__S3_PART_WAITING)
        parts->next++;
    if (parts->next == parts->count)
        return 0;
    *offset = parts->rows[parts->next].offset;
    *bytes = parts->rows[parts->next].bytes;
    parts->rows[parts->next].state = SHUB__S3_PART_SENDING;
    return ++parts->next;
}

void shub__s3_parts_return(shub__s3_parts *parts, int part)
{
    set_state(parts, part, SHUB__S3_PART_WAITING);
}

static shub_slice keep(shub__arena *arena, shub_slice text)
{
    return text.len ? shub__arena_copy(arena, text) : shub_str(NULL);
}

shub_status shub__s3_parts_done(shub__s3_parts *parts, int part, shub_slice etag,
                                shub_slice sum, shub_error *err)
{
    struct shub__s3_part_row *row = row_of(parts, part);

    if (!shub__arena_reserve(&parts->arena, etag.len + sum.len + 2))
        return shub__fail_nomem(err);
    row->etag = keep(&parts->arena, etag);
    row->sum = keep(&parts->arena, sum);
    set_state(parts, part, SHUB__S3_PART_DONE);
    return SHUB_OK;
}

static int agree(shub_slice ours, shub_slice theirs)
{
    return !ours.len || !theirs.len || shub_slice_equal(ours, theirs);
}

shub_status shub__s3_parts_found(shub__s3_parts *parts, int part, int64_t bytes,
                                 shub_slice etag, shub_slice sum, shub_error *err)
{
    struct shub__s3_part_row *row;

    if (part < 1 || part > parts->count)
        return SHUB_OK;
    row = row_of(parts, part);
    if (row->state != SHUB__S3_PART_WAITING)
        return SHUB_OK;
    if (row->bytes != bytes || !agree(row->etag, etag) || !agree(row->sum, sum) ||
        (parts->needs_sums && !sum.len && !row->sum.len)) {
        forget(row);
        return SHUB_OK;
    }
    return shub__s3_parts_done(parts, part, etag.len ? etag : row->etag,
                               sum.len ? sum : row->sum, err);
}

void shub__s3_parts_end(shub__s3_parts *parts)
{
    parts->total = parts->bytes;
}

shub_status shub__s3_parts_etag(const shub__s3_parts *parts, shub__buf *etag,
                                shub_error *err)
{
    unsigned char md5[MD5_BYTES];
    shub__summer *summer;
    shub__sum sum;
    size_t len;
    char hex[2 * MD5_BYTES];
    shub_status status = shub__summer_new(SHUB__SUM_MD5, &summer, err);

    shub__buf_clear(etag);
    for (int i = 0; status == SHUB_OK && i < parts->count; i++) {
        shub_slice text = parts->rows[i].etag;

        if (shub__hex_read(text, md5, sizeof md5, &len) != SHUB_OK || len != sizeof md5)
            break;
        status = shub__summer_add(summer, md5, sizeof md5, err);
        if (status != SHUB_OK || i + 1 < parts->count)
            continue;
        status = shub__summer_end(summer, &sum, err);
        shub__hex_write(sum.bytes, sizeof md5, hex);
        shub__buf_printf(etag, "%.*s-%d", (int)sizeof hex, hex, parts->count);
    }
    shub__summer_free(summer);
    return status == SHUB_OK ? shub__buf_check(etag, "ETag", err) : status;
}

int shub__s3_parts_complete(const shub__s3_parts *parts)
{
    return parts->total != SHUB_NONE && parts->count > 0 && parts->done == parts->count;
}

shub_status shub__s3_parts_list(const shub__s3_parts *parts, shub__s3_done **list,
                                shub_error *err)
{
    shub__s3_done *to = shub__calloc((size_t)parts->done + 1, sizeof *to);

    *list = to;
    if (!to)
        return shub__fail_nomem(err);
    for (int i = 0; i < parts->count; i++) {
        const struct shub__s3_part_row *row = &parts->rows[i];
        if (row->state != SHUB__S3_PART_DONE)
            continue;
        to->part = i + 1;
        to->etag = row->etag;
        to->sum = row->sum;
        to++;
    }
    return SHUB_OK;
}
