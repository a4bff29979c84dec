#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/reply_internal.h"
#include "s3/uri.h"

#include <string.h>

/* More than a page may have; what a server sends beyond is refused. */
#define ENTRIES_MAX 10000

typedef enum place {
    HEAD, /* of the page itself */
    ENTRY,
    PREFIX
} place;

typedef enum what {
    TRUNCATED,
    ENCODING,
    NEXT_FIRST,
    NEXT_SECOND,
    KEY,
    ETAG,
    SIZE,
    TIME,
    CLASS,
    UPLOAD,
    NUMBER,
    SUM
} what;

typedef struct row {
    place place;
    const char *name;
    what what;
} row;

/* One list: where its entries stand, and what is read of them. */
typedef struct layout {
    const char *root, *entry;
    const row *rows;
    int encoded_marks; /* marks are percent-encoded as keys are */
} layout;

static const row object_rows[] = {
    {HEAD, "IsTruncated", TRUNCATED},
    {HEAD, "EncodingType", ENCODING},
    {HEAD, "NextContinuationToken", NEXT_FIRST},
    {ENTRY, "Key", KEY},
    {ENTRY, "ETag", ETAG},
    {ENTRY, "Size", SIZE},
    {ENTRY, "LastModified", TIME},
    {ENTRY, "StorageClass", CLASS},
    {PREFIX, "Prefix", KEY},
    {HEAD, NULL, KEY},
};
static const row upload_rows[] = {
    {HEAD, "IsTruncated", TRUNCATED},
    {HEAD, "EncodingType", ENCODING},
    {HEAD, "NextKeyMarker", NEXT_FIRST},
    {HEAD, "NextUploadIdMarker", NEXT_SECOND},
    {ENTRY, "Key", KEY},
    {ENTRY, "UploadId", UPLOAD},
    {ENTRY, "Initiated", TIME},
    {ENTRY, "StorageClass", CLASS},
    {PREFIX, "Prefix", KEY},
    {HEAD, NULL, KEY},
};
static const row part_rows[] = {
    {HEAD, "IsTruncated", TRUNCATED},
    {HEAD, "NextPartNumberMarker", NEXT_FIRST},
    {ENTRY, "PartNumber", NUMBER},
    {ENTRY, "ETag", ETAG},
    {ENTRY, "Size", SIZE},
    {ENTRY, "LastModified", TIME},
    {ENTRY, "ChecksumCRC32C", SUM},
    {ENTRY, "ChecksumSHA256", SUM},
    {ENTRY, "ChecksumCRC64NVME", SUM},
    {HEAD, NULL, KEY},
};

static const layout *layout_of(shub__s3_op op)
{
    static const layout objects = {"ListBucketResult", "Contents", object_rows, 0};
    static const layout uploads = {"ListMultipartUploadsResult", "Upload", upload_rows,
                                   1};
    static const layout parts = {"ListPartsResult", "Part", part_rows, 0};

    return op == SHUB__S3_LIST ? &objects : op == SHUB__S3_LIST_PARTS ? &parts : &uploads;
}

typedef struct entry {
    shub_s3_object object;
    shub_slice sum;
} entry;

typedef struct reading {
    const layout *layout;
    shub__arena *arena;
    shub__s3_page *page;
    entry *entries; /* the one behind the last is being read */
    size_t count, cap;
    int encoded;
    int right_root;
} reading;

/* ---- fields -------------------------------------------------------------------- */

static shub_status read_time(shub_slice text, int64_t *time_us)
{
    (void)shub_time_parse(shub__trim(text), time_us, NULL);
    return SHUB_OK;
}

static int part_number(shub_slice text)
{
    int64_t number = shub__s3_number(text);

    return number > 0 && number <= SHUB_S3_PARTS_MAX ? (int)number : 0;
}

static shub_status set(reading *r, what field, shub_slice text, shub_error *err)
{
    entry *e = &r->entries[r->count];

    switch (field) {
    case TRUNCATED:
        r->page->truncated = shub__equal_nocase(shub__trim(text), SHUB_LIT("true"));
        return SHUB_OK;
    case ENCODING:
        r->encoded = shub__equal_nocase(shub__trim(text), SHUB_LIT("url"));
        return SHUB_OK;
    case NEXT_FIRST:
        return shub__s3_keep(r->arena, text, &r->page->next[0], err);
    case NEXT_SECOND:
        return shub__s3_keep(r->arena, text, &r->page->next[1], err);
    case KEY:
        return shub__s3_keep(r->arena, text, &e->object.key, err);
    case ETAG:
        return shub__s3_keep(r->arena, shub__s3_unquote(text), &e->object.etag, err);
    case SIZE:
        e->object.bytes = shub__s3_number(text);
        return SHUB_OK;
    case TIME:
        return read_time(text, &e->object.modified_us);
    case CLASS:
        return shub__s3_keep(r->arena, text, &e->object.storage_class, err);
    case UPLOAD:
        return shub__s3_keep(r->arena, text, &e->object.upload_id, err);
    case NUMBER:
        e->object.part = part_number(text);
        return SHUB_OK;
    default:
        return shub__s3_keep(r->arena, shub__trim(text), &e->sum, err);
    }
}

/* ---- entries ------------------------------------------------------------------- */

static void begin_entry(reading *r)
{
    entry *e = &r->entries[r->count];

    memset(e, 0, sizeof *e);
    e->object.size = sizeof e->object;
    e->object.bytes = SHUB_NONE;
}

/* Room for one more, the one being read. */
static shub_status make_room(reading *r, shub_error *err)
{
    size_t cap = r->cap ? 2 * r->cap : 16;
    entry *grown;

    if (r->count < r->cap)
        return SHUB_OK;
    if (r->count > ENTRIES_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "a page of more than %d entries",
                          ENTRIES_MAX);
    grown = shub__reallocarray(r->entries, cap, sizeof *grown);
    if (!grown)
        return shub__fail_nomem(err);
    r->entries = grown;
    r->cap = cap;
    return SHUB_OK;
}

static shub_status end_entry(reading *r, int is_prefix, shub_error *err)
{
    entry *e = &r->entries[r->count];
    int named = r->layout->rows == part_rows ? e->object.part > 0 : e->object.key.len > 0;
    shub_status status;

    if (!named)
        return shub__fail(err, SHUB_E_HTTP, (int64_t)r->count,
                          "entry %zu of the list has no name", r->count);
    e->object.is_prefix = is_prefix;
    r->count++;
    status = make_room(r, err);
    if (!status)
        begin_entry(r);
    return status;
}

static shub_status set_named(reading *r, place where, shub_slice name, shub_slice text,
                             shub_error *err)
{
    for (const row *at = r->layout->rows; at->name; at++)
        if (at->place == where && shub_slice_equal(name, shub_str(at->name)))
            return set(r, at->what, text, err);
    return SHUB_OK;
}

static shub_status on_element(shub_slice path, shub_slice text, void *user,
                              shub_error *err)
{
    reading *r = user;
    shub_slice name = shub__s3_xml_below(path, r->layout->root), inner;

    if (shub_slice_equal(path, shub_str(r->layout->root)))
        r->right_root = 1;
    if (shub_slice_equal(name, shub_str(r->layout->entry)))
        return end_entry(r, 0, err);
    if (shub_slice_equal(name, SHUB_LIT("CommonPrefixes")))
        return end_entry(r, 1, err);
    inner = shub__s3_xml_below(name, r->layout->entry);
    if (inner.len)
        return set_named(r, ENTRY, inner, text, err);
    inner = shub__s3_xml_below(name, "CommonPrefixes");
    if (inner.len)
        return set_named(r, PREFIX, inner, text, err);
    return set_named(r, HEAD, name, text, err);
}

/* ---- the page ------------------------------------------------------------------ */

static shub_status decode(reading *r, shub_slice *text, shub__buf *out, shub_error *err)
{
    shub_status status;

    shub__buf_clear(out);
    status = shub__uri_decode(out, *text, 1);
    if (status == SHUB_E_FORMAT)
        return shub__fail(err, SHUB_E_HTTP, SHUB_NONE, "\"%.*s\" is not percent-encoded",
                          SHUB__SHOW(*text));
    status = shub__buf_check(out, "key", err);
    return status ? status : shub__s3_keep(r->arena, shub__buf_view(out), text, err);
}

static shub_status decode_all(reading *r, shub_error *err)
{
    shub_status status = SHUB_OK;
    shub__buf out;

    shub__buf_init(&out, SHUB__S3_BODY_MAX);
    for (size_t i = 0; !status && i < r->count; i++)
        status = decode(r, &r->entries[i].object.key, &out, err);
    if (!status && r->layout->encoded_marks)
        status = decode(r, &r->page->next[0], &out, err);
    shub__buf_fini(&out);
    return status;
}

static int before(shub_slice a, shub_slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

    return order ? order < 0 : a.len < b.len;
}

static size_t next_of(const reading *r, size_t i, int is_prefix)
{
    while (i < r->count && r->entries[i].object.is_prefix != is_prefix)
        i++;
    return i;
}

/* Servers send all keys, then all common prefixes, each in order: they are merged. */
static void hand_over(const reading *r)
{
    size_t key = next_of(r, 0, 0), prefix = next_of(r, 0, 1);

    for (size_t i = 0; i < r->count; i++) {
        int take_key = key < r->count &&
                       (prefix == r->count || before(r->entries[key].object.key,
                                                     r->entries[prefix].object.key));
        const entry *e = &r->entries[take_key ? key : prefix];
        r->page->entries[i] = e->object;
        r->page->sums[i] = e->sum;
        if (take_key)
            key = next_of(r, key + 1, 0);
        else
            prefix = next_of(r, prefix + 1, 1);
    }
    r->page->count = r->count;
}

static shub_status finish(reading *r, shub_error *err)
{
    shub_status status = r->encoded ? decode_all(r, err) : SHUB_OK;

    if (status)
        return status;
    if (!r->right_root)
        return shub__fail(err, SHUB_E_HTTP, SHUB_NONE, "the answer is no %s",
                          r->layout->root);
    if (r->page->truncated && !r->page->next[0].len)
        return shub__fail(err, SHUB_E_HTTP, SHUB_NONE,
                          "the list goes on, and nothing says where");
    r->page->entries = shub__arena_array(r->arena, r->count, sizeof *r->page->entries);
    r->page->sums = shub__arena_array(r->arena, r->count, sizeof *r->page->sums);
    if (!r->page->entries || !r->page->sums)
        return shub__fail_nomem(err);
    hand_over(r);
    return SHUB_OK;
}

shub_status shub__s3_read_page(shub__s3_op op, shub_slice body, shub__arena *arena,
                               shub__s3_page *page, shub_error *err)
{
    reading r = {.layout = layout_of(op), .arena = arena, .page = page};
    shub_status status;

    memset(page, 0, sizeof *page);
    status = make_room(&r, err);
    if (!status) {
        begin_entry(&r);
        status = shub__s3_read_body(body, on_element, &r, err);
    }
    if (!status)
        status = finish(&r, err);
    shub__free(r.entries);
    if (status)
        memset(page, 0, sizeof *page);
    return status;
}
