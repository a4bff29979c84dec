#include "base/error.h"
#include "s3/request_internal.h"

#define NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"

/* XML 1.0 section 2.2: of what UTF-8 can say, controls and U+FFFE, U+FFFF are no
 * characters. Returns the offset of the first such byte, or the length. */
static size_t xml_valid(shub_slice text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;

    for (size_t i = 0; i < text.len; i++) {
        if (p[i] < ' ' && p[i] != '\t' && p[i] != '\n' && p[i] != '\r')
            return i;
        if (p[i] == 0xef && text.len - i >= 3 && p[i + 1] == 0xbf && p[i + 2] >= 0xbe)
            return i;
    }
    return text.len;
}

/* White space as references, or the parser there would make others of it (XML 1.0 section
 * 2.11). */
static const char *reference(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    default:
        return NULL;
    }
}

static void write_text(shub__buf *out, shub_slice text)
{
    size_t done = 0;

    for (size_t i = 0; i < text.len; i++) {
        const char *by = reference(text.ptr[i]);
        if (!by)
            continue;
        shub__buf_add(out, text.ptr + done, i - done);
        shub__buf_text(out, by);
        done = i + 1;
    }
    if (done < text.len)
        shub__buf_add(out, text.ptr + done, text.len - done);
}

static shub_status finish(shub__s3_request *req, shub_error *err)
{
    shub_status status = shub__buf_check(&req->text, "request body", err);

    req->body = status ? shub_str(NULL) : shub__buf_view(&req->text);
    return status;
}

static shub_status write_key(shub__buf *out, shub_slice key, shub_error *err)
{
    shub_status status = shub__s3_check_key(key, err);
    size_t valid;

    if (status)
        return status;
    valid = xml_valid(key);
    if (valid < key.len)
        return shub__fail(err, SHUB_E_INVALID, (int64_t)valid,
                          "key holds byte 0x%02x at %zu, which XML 1.0 cannot say",
                          (unsigned)(unsigned char)key.ptr[valid], valid);
    shub__buf_text(out, "<Object><Key>");
    write_text(out, key);
    shub__buf_text(out, "</Key></Object>");
    return SHUB_OK;
}

shub_status shub__s3_delete_body(shub__s3_request *req, const shub_slice *keys,
                                 size_t count, shub_error *err)
{
    if (count > SHUB__S3_DELETE_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "%zu keys in one request, the limit is %d", count,
                          SHUB__S3_DELETE_MAX);
    shub__buf_clear(&req->text);
    shub__buf_text(&req->text, "<Delete xmlns=\"" NAMESPACE "\"><Quiet>true</Quiet>");
    for (size_t i = 0; i < count; i++) {
        shub_status status = write_key(&req->text, keys[i], err);
        if (status)
            return shub__fail_at(err, status, (int64_t)i);
    }
    shub__buf_text(&req->text, "</Delete>");
    return finish(req, err);
}

static shub_status write_part(shub__buf *out, const shub__s3_done *part, int before,
                              const char *sum_name, shub_error *err)
{
    if (part->part <= before || part->part > SHUB_S3_PARTS_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "part %d behind part %d, the limit is %d", part->part, before,
                          SHUB_S3_PARTS_MAX);
    if (!part->etag.len || xml_valid(part->etag) < part->etag.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "part %d has no usable ETag",
                          part->part);
    shub__buf_text(out, "<Part><ETag>\"");
    write_text(out, part->etag);
    shub__buf_text(out, "\"</ETag>");
    if (sum_name && part->sum.len) {
        shub__buf_printf(out, "<%s>", sum_name);
        write_text(out, part->sum);
        shub__buf_printf(out, "</%s>", sum_name);
    }
    shub__buf_printf(out, "<PartNumber>%d</PartNumber></Part>", part->part);
    return SHUB_OK;
}

shub_status shub__s3_complete_body(shub__s3_request *req, const shub__s3_done *parts,
                                   size_t count, const char *sum_name, shub_error *err)
{
    if (count > SHUB_S3_PARTS_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "%zu parts, the limit is %d",
                          count, SHUB_S3_PARTS_MAX);
    shub__buf_clear(&req->text);
    shub__buf_text(&req->text, "<CompleteMultipartUpload xmlns=\"" NAMESPACE "\">");
    for (size_t i = 0; i < count; i++) {
        int before = i ? parts[i - 1].part : 0;
        shub_status status = write_part(&req->text, &parts[i], before, sum_name, err);
        if (status)
            return shub__fail_at(err, status, (int64_t)i);
    }
    shub__buf_text(&req->text, "</CompleteMultipartUpload>");
    return finish(req, err);
}
