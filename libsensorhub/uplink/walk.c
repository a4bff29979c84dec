/* Bodies of several documents. */
#include <string.h>

#include "base/error.h"
#include "uplink/reading.h"

static int at(const shub_uplink_walk *walk, size_t pos)
{
    return pos < walk->body.len ? (unsigned char)walk->body.ptr[pos] : SHUB_NONE;
}

static size_t skip_space(const shub_uplink_walk *walk, size_t pos)
{
    while (pos < walk->body.len && shub__json_is_space(walk->body.ptr[pos]))
        pos++;
    return pos;
}

/* A document may span lines, whose own lines begin with blanks or other bytes: '{' at the
 * begin of one begins the next, also when the one before breaks off. */
static size_t next_line(const shub_uplink_walk *walk, size_t pos)
{
    for (;;) {
        const char *from = walk->body.ptr + pos;
        const char *end = memchr(from, '\n', walk->body.len - pos);
        if (!end)
            return walk->body.len;
        pos += (size_t)(end - from) + 1;
        if (at(walk, pos) == '{')
            return pos;
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Behind the item at walk->pos; behind all when it is not JSON: nobody can tell then
 * where the next begins. */
static size_t item_end(const shub_uplink_walk *walk)
{
    shub_slice rest = {walk->body.ptr + walk->pos, walk->body.len - walk->pos};
    shub__json j;
    shub__json_init(&j, rest, NULL);
    return shub__json_skip(&j) ? walk->pos + j.pos : walk->body.len;
}

/* Moves over what stands between documents: 1 when there is one more. */
static int advance(shub_uplink_walk *walk)
{
    size_t pos = skip_space(walk, walk->next);
    if (walk->count == 0 && shub__uplink_is_protobuf(walk->body)) {
        pos = 0;
    } else if (walk->count == 0 && at(walk, pos) == '[') {
        walk->in_array = 1;
        pos = skip_space(walk, pos + 1);
    } else if (walk->in_array && at(walk, pos) == ',') {
        pos = skip_space(walk, pos + 1);
    }
    if (walk->in_array && at(walk, pos) == ']')
        pos = skip_space(walk, pos + 1);
    walk->pos = walk->next = pos;
    return pos < walk->body.len;
}

/* The document that begins at walk->pos ends there at the latest. Of others on the line
 * of one before its end is looked up, as of items: a parser has room for all that may be
 * the document. */
static size_t last_end(shub_uplink_walk *walk)
{
    if (walk->count == 0 && shub__uplink_is_protobuf(walk->body))
        return walk->body.len;
    if (walk->in_array)
        return item_end(walk);
    if (walk->pos < walk->line_end)
        return smaller(item_end(walk), walk->line_end);
    walk->line_end = next_line(walk, walk->pos);
    return walk->line_end;
}

/* Of what may hold the document only as much is read as one can have. */
static shub_status read_one(shub_uplink_parser *parser, const shub_uplink_walk *walk,
                            const shub_uplink_options *opts, shub_uplink *up,
                            size_t *used, shub_error *err)
{
    shub_slice text = {walk->body.ptr + walk->pos, walk->next - walk->pos};
    int cut = text.len > SHUB_UPLINK_MAX;
    if (cut)
        text.len = SHUB_UPLINK_MAX;
    shub_status status = shub__uplink_read(parser, text, opts, up, used, err);
    if (status == SHUB_E_TRUNCATED && cut)
        return shub__fail(err, SHUB_E_LIMIT, 0, "a document of more than %zu bytes",
                          SHUB_UPLINK_MAX);
    return status;
}

shub_status shub_uplink_next(shub_uplink_parser *parser, shub_uplink_walk *walk,
                             const shub_uplink_options *opts, shub_uplink *up,
                             shub_error *err)
{
    shub_error own = SHUB_ERROR_INIT;
    size_t used = 0;
    if (!err)
        err = &own;
    if (!advance(walk)) {
        shub__uplink_zero(up);
        return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE, "past the last document");
    }
    walk->next = last_end(walk);
    shub_status status = read_one(parser, walk, opts, up, &used, err);
    size_t index = walk->count++;
    if (!status) {
        walk->next = walk->pos + used;
        return SHUB_OK;
    }
    walk->refused++;
    walk->next = smaller(item_end(walk), walk->next);
    if (err->pos != SHUB_NONE)
        err->pos += (int64_t)walk->pos;
    return shub__fail_at(err, status, (int64_t)index);
}
