#include "s3/sigv4.h"

#include "base/error.h"
#include "base/text.h"
#include "s3/uri.h"

#include <string.h>

/* Pairs in the order they are signed in. */
typedef struct sorted {
    const shub_s3_pair *at[SHUB__SIGV4_PAIRS];
    size_t count;
} sorted;

typedef int compare_fn(const shub_s3_pair *a, const shub_s3_pair *b);

/* Behind those that are equal: the values of one header keep their order. */
static shub_status insert(sorted *all, const shub_s3_pair *pair, compare_fn *compare,
                          const char *what, shub_error *err)
{
    size_t i = all->count;

    if (i == SHUB__SIGV4_PAIRS)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "request has more than %d %s",
                          SHUB__SIGV4_PAIRS, what);
    for (; i > 0 && compare(all->at[i - 1], pair) > 0; i--)
        all->at[i] = all->at[i - 1];
    all->at[i] = pair;
    all->count++;
    return SHUB_OK;
}

/* ---- path ------------------------------------------------------------------------ */

static int is_dots(shub_slice segment, size_t count)
{
    return segment.len == count && memcmp(segment.ptr, "..", count) == 0;
}

/* RFC 3986 section 5.2.4, and empty segments go too. `begin` is where the path begins in
 * `out`. */
static void write_normalized(shub__buf *out, shub_slice path)
{
    size_t begin = out->len;
    shub_slice rest = path, segment;
    int more = 1, open = 1; /* open: the path ends with a '/' */

    while (more && !out->status) {
        more = shub__cut(rest, '/', &segment, &rest);
        open = !segment.len || is_dots(segment, 1) || is_dots(segment, 2);
        if (segment.len && is_dots(segment, 2)) {
            size_t end = out->len;
            while (end > begin && out->ptr[--end] != '/')
                ;
            shub__buf_cut(out, end);
        } else if (!open) {
            shub__buf_byte(out, '/');
            shub__uri_encode(out, segment, 0);
        }
    }
    if (open || out->len == begin)
        shub__buf_byte(out, '/');
}

/* ---- query ------------------------------------------------------------------------- */

static int compare_parameters(const shub_s3_pair *a, const shub_s3_pair *b)
{
    int order = shub__uri_compare(a->name, b->name);

    return order ? order : shub__uri_compare(a->value, b->value);
}

static shub_status write_query(const shub__sigv4_request *req, shub__buf *out,
                               shub_error *err)
{
    sorted all = {.count = 0};
    shub_status status = SHUB_OK;

    for (size_t i = 0; i < req->query_count && status == SHUB_OK; i++)
        status =
            insert(&all, &req->query[i], compare_parameters, "query parameters", err);
    for (size_t i = 0; i < all.count && status == SHUB_OK; i++) {
        if (i)
            shub__buf_byte(out, '&');
        shub__uri_encode(out, all.at[i]->name, 0);
        shub__buf_byte(out, '=');
        shub__uri_encode(out, all.at[i]->value, 0);
    }
    return status;
}

/* ---- headers ----------------------------------------------------------------------- */

static int compare_headers(const shub_s3_pair *a, const shub_s3_pair *b)
{
    size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;

    for (size_t i = 0; i < len; i++) {
        int order = (unsigned char)shub__lower(a->name.ptr[i]) -
                    (unsigned char)shub__lower(b->name.ptr[i]);
        if (order)
            return order;
    }
    return (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

/* Those that the CRT of the AWS SDKs leaves out as well. */
static int passed_over(shub_slice name)
{
    static const char *const names[] = {"authorization",     "connection", "expect",
                                        "transfer-encoding", "upgrade",    "user-agent",
                                        "x-amzn-trace-id"};
    static const char prefix[] = "sec-websocket-";
    size_t len = sizeof prefix - 1;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (shub__equal_nocase(name, shub_str(names[i])))
            return 1;
    return name.len >= len &&
           shub__equal_nocase(shub_bytes(name.ptr, len), shub_bytes(prefix, len));
}

static shub_status sort_headers(const shub__sigv4_request *req, sorted *all,
                                shub_error *err)
{
    shub_status status = SHUB_OK;

    all->count = 0;
    for (size_t i = 0; i < req->header_count && status == SHUB_OK; i++)
        if (!passed_over(req->headers[i].name))
            status = insert(all, &req->headers[i], compare_headers, "headers", err);
    return status;
}

static int is_first_of_name(const sorted *all, size_t i)
{
    return i == 0 || compare_headers(all->at[i - 1], all->at[i]) != 0;
}

static void write_lower(shub__buf *out, shub_slice text)
{
    char *room = shub__buf_room(out, text.len);

    if (!room)
        return;
    for (size_t i = 0; i < text.len; i++)
        room[i] = shub__lower(text.ptr[i]);
    shub__buf_added(out, text.len);
}

/* Few bytes get as far as the call. */
static int is_blank(char c)
{
    return (unsigned char)c <= ' ' && shub__is_space(c);
}

/* Trimmed, and one space for white space inside. */
static void write_value(shub__buf *out, shub_slice value)
{
    shub_slice text = shub__trim(value);
    char *room = shub__buf_room(out, text.len);
    size_t len = 0;

    if (!room)
        return;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_blank(text.ptr[i]))
            room[len++] = text.ptr[i];
        else if (!is_blank(text.ptr[i - 1]))
            room[len++] = ' ';
    }
    shub__buf_added(out, len);
}

static void write_headers(const sorted *all, shub__buf *out)
{
    for (size_t i = 0; i < all->count; i++) {
        if (!is_first_of_name(all, i)) {
            shub__buf_byte(out, ',');
        } else {
            if (i)
                shub__buf_byte(out, '\n');
            write_lower(out, all->at[i]->name);
            shub__buf_byte(out, ':');
        }
        write_value(out, all->at[i]->value);
    }
    shub__buf_text(out, all->count ? "\n\n" : "\n");
}

static void write_names(const sorted *all, shub__buf *out)
{
    for (size_t i = 0; i < all->count; i++) {
        if (!is_first_of_name(all, i))
            continue;
        if (i)
            shub__buf_byte(out, ';');
        write_lower(out, all->at[i]->name);
    }
}

shub_status shub__sigv4_signed_headers(const shub__sigv4_request *req, shub__buf *out,
                                       shub_error *err)
{
    sorted all;
    shub_status status = sort_headers(req, &all, err);

    if (status != SHUB_OK)
        return status;
    write_names(&all, out);
    return shub__buf_check(out, "list of signed headers", err);
}

/* ---- the whole ----------------------------------------------------------------------
 */

static size_t size_of_pairs(const shub_s3_pair *pairs, size_t count, size_t more)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += pairs[i].name.len + pairs[i].value.len + more;
    return size;
}

/* One allocation, unless much of it must be encoded. */
static void make_room(const shub__sigv4_request *req, shub__buf *out)
{
    size_t size = req->method.len + req->path.len + req->payload.len + 64 +
                  size_of_pairs(req->query, req->query_count, 16) +
                  2 * size_of_pairs(req->headers, req->header_count, 4);

    if (size < out->max - out->len)
        (void)shub__buf_room(out, size);
}

static shub_slice part_of(const shub__buf *buf, size_t begin, size_t end)
{
    return buf->status ? shub_str("") : shub_bytes(buf->ptr + begin, end - begin);
}

static void write_front(const shub__sigv4_signer *signer, const shub__sigv4_request *req,
                        shub__buf *out)
{
    make_room(req, out);
    shub__buf_slice(out, req->method);
    shub__buf_byte(out, '\n');
    if (signer->normalize)
        write_normalized(out, req->path);
    else
        shub__uri_encode(out, req->path, 1);
    shub__buf_byte(out, '\n');
}

shub_status shub__sigv4_canonical(const shub__sigv4_signer *signer,
                                  const shub__sigv4_request *req, shub__buf *out,
                                  shub_slice *query, shub_slice *signed_headers,
                                  shub_error *err)
{
    size_t query_at, query_end, names_at, names_end;
    sorted headers;
    shub_status status = sort_headers(req, &headers, err);

    if (query)
        *query = shub_str("");
    if (signed_headers)
        *signed_headers = shub_str("");
    if (status != SHUB_OK)
        return status;
    write_front(signer, req, out);
    query_at = out->len;
    status = write_query(req, out, err);
    if (status != SHUB_OK)
        return status;
    query_end = out->len;
    shub__buf_byte(out, '\n');
    write_headers(&headers, out);
    names_at = out->len;
    write_names(&headers, out);
    names_end = out->len;
    shub__buf_byte(out, '\n');
    shub__buf_slice(out, req->payload);
    if (query)
        *query = part_of(out, query_at, query_end);
    if (signed_headers)
        *signed_headers = part_of(out, names_at, names_end);
    return shub__buf_check(out, "canonical request", err);
}
