#include "base/clock.h"
#include "base/error.h"
#include "base/reader.h"
#include "base/text.h"
#include "s3/reply_internal.h"

#include <string.h>

#define META "x-amz-meta-"

/* ---- one header ---------------------------------------------------------------- */

static int next_header(shub__reader *lines, shub_slice *name, shub_slice *value)
{
    shub_slice line;

    while (shub__read_line(lines, &line)) {
        if (!shub__cut(line, ':', name, value))
            continue; /* the status line */
        *name = shub__trim(*name);
        *value = shub__trim(*value);
        return 1;
    }
    return 0;
}

shub_slice shub__s3_header(shub_slice headers, const char *name)
{
    shub__reader lines;
    shub_slice found, value;

    shub__reader_init(&lines, headers.ptr, headers.len);
    while (next_header(&lines, &found, &value))
        if (shub__equal_nocase(found, shub_str(name)))
            return value.len ? value : shub_str(NULL);
    return shub_str(NULL);
}

/* ---- dates --------------------------------------------------------------------- */

static int two_digits(shub_slice text, size_t pos)
{
    char tens = text.ptr[pos], ones = text.ptr[pos + 1];

    if (!shub__is_digit(tens) || !shub__is_digit(ones))
        return SHUB_NONE;
    return (tens - '0') * 10 + (ones - '0');
}

static int month_of(shub_slice text, size_t pos)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++)
        if (!memcmp(names + 3 * i, text.ptr + pos, 3))
            return i + 1;
    return SHUB_NONE;
}

/* By position; the name of the day is not compared. */
int shub__s3_http_date(shub_slice text, int64_t *time_us)
{
    shub__civil civil = {0}, back;
    int century;

    *time_us = 0;
    if (text.len != 29 || memcmp(text.ptr + 25, " GMT", 4) != 0 || text.ptr[3] != ',')
        return 0;
    civil.day = two_digits(text, 5);
    civil.month = month_of(text, 8);
    century = two_digits(text, 12);
    civil.year = two_digits(text, 14);
    civil.hour = two_digits(text, 17);
    civil.minute = two_digits(text, 20);
    civil.second = two_digits(text, 23);
    if (civil.day < 1 || civil.month < 1 || century < 0 || civil.year < 0 ||
        civil.hour < 0 || civil.hour > 23 || civil.minute < 0 || civil.minute > 59 ||
        civil.second < 0 || civil.second > 60)
        return 0;
    civil.year += century * 100;
    *time_us = shub__civil_to_us(&civil);
    if (shub__civil_from_us(*time_us, &back) && back.month == civil.month)
        return 1;
    if (civil.second == 60)
        return 1;
    *time_us = 0;
    return 0;
}

/* ---- the object ---------------------------------------------------------------- */

/* Of the whole object, also when a part of it comes: "bytes 0-9/443". */
static int64_t bytes_of(shub_slice headers)
{
    shub_slice range = shub__s3_header(headers, "Content-Range"), head, total;

    if (!range.len)
        return shub__s3_number(shub__s3_header(headers, "Content-Length"));
    return shub__cut(range, '/', &head, &total) ? shub__s3_number(total) : SHUB_NONE;
}

static int is_meta(shub_slice name)
{
    return name.len > strlen(META) &&
           shub__equal_nocase(shub_bytes(name.ptr, strlen(META)), SHUB_LIT(META));
}

static shub_status keep_lower(shub__arena *arena, shub_slice name, shub_slice *out,
                              shub_error *err)
{
    char *text = shub__arena_array(arena, name.len + 1, 1);

    if (!text)
        return shub__fail_nomem(err);
    for (size_t i = 0; i < name.len; i++)
        text[i] = shub__lower(name.ptr[i]);
    *out = shub_bytes(text, name.len);
    return SHUB_OK;
}

static size_t count_metadata(shub_slice headers)
{
    shub__reader lines;
    shub_slice name, value;
    size_t count = 0;

    shub__reader_init(&lines, headers.ptr, headers.len);
    while (next_header(&lines, &name, &value))
        count += (size_t)is_meta(name);
    return count;
}

static void read_sha256(shub_s3_pair pair, shub_s3_object *object)
{
    size_t len;

    if (!shub_slice_equal(pair.name, SHUB_LIT("shub-sha256")) || pair.value.len != 64)
        return;
    object->has_sha256 = !shub__hex_read(pair.value, object->sha256, 32, &len);
    if (!object->has_sha256)
        memset(object->sha256, 0, sizeof object->sha256);
}

static shub_status read_metadata(shub_slice headers, shub__arena *arena,
                                 shub_s3_object *object, shub_error *err)
{
    size_t count = count_metadata(headers), i = 0;
    shub_s3_pair *pairs;
    shub__reader lines;
    shub_slice name, value;

    if (!count)
        return SHUB_OK;
    pairs = shub__arena_array(arena, count, sizeof *pairs);
    if (!pairs)
        return shub__fail_nomem(err);
    shub__reader_init(&lines, headers.ptr, headers.len);
    while (next_header(&lines, &name, &value)) {
        shub_status status;
        if (!is_meta(name))
            continue;
        name = shub_bytes(name.ptr + strlen(META), name.len - strlen(META));
        status = keep_lower(arena, name, &pairs[i].name, err);
        if (!status)
            status = shub__s3_keep(arena, value, &pairs[i].value, err);
        if (status)
            return status;
        read_sha256(pairs[i++], object);
    }
    object->metadata = pairs;
    object->metadata_count = count;
    return SHUB_OK;
}

typedef struct field {
    const char *header;
    size_t offset; /* of a slice in shub_s3_object */
    int described; /* 1: of a Get or Head only */
} field;

static const field fields[] = {
    {"ETag", offsetof(shub_s3_object, etag), 0},
    {"x-amz-version-id", offsetof(shub_s3_object, version_id), 0},
    {"x-amz-server-side-encryption", offsetof(shub_s3_object, sse), 0},
    {"Content-Type", offsetof(shub_s3_object, content_type), 1},
    {"Content-Encoding", offsetof(shub_s3_object, content_encoding), 1},
    {"Cache-Control", offsetof(shub_s3_object, cache_control), 1},
    {"x-amz-storage-class", offsetof(shub_s3_object, storage_class), 1},
};

static shub_status read_fields(shub_slice headers, int described, shub__arena *arena,
                               shub_s3_object *object, shub_error *err)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const field *f = &fields[i];
        shub_slice value = shub__s3_unquote(shub__s3_header(headers, f->header));
        shub_slice *out = (shub_slice *)(void *)((char *)object + f->offset);
        shub_status status;
        if (f->described && !described)
            continue;
        status = shub__s3_keep(arena, value, out, err);
        if (status)
            return status;
    }
    return SHUB_OK;
}

shub_status shub__s3_read_object(shub__s3_op op, shub_slice headers, shub__arena *arena,
                                 shub_s3_object *object, shub_error *err)
{
    int described = op == SHUB__S3_GET || op == SHUB__S3_HEAD;
    shub_status status;

    memset(object, 0, sizeof *object);
    object->size = sizeof *object;
    object->bytes = SHUB_NONE;
    status = read_fields(headers, described, arena, object, err);
    if (!status && described) {
        object->bytes = bytes_of(headers);
        (void)shub__s3_http_date(shub__s3_header(headers, "Last-Modified"),
                                 &object->modified_us);
        status = read_metadata(headers, arena, object, err);
    }
    if (status)
        memset(object, 0, sizeof *object);
    return status;
}
