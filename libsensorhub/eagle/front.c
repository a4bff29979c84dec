#include "eagle/front.h"

#include "base/error.h"
#include "base/reader.h"
#include "base/text.h"

#include <string.h>

/* One run over a text. What needs no repair is copied late and in long pieces. */
typedef struct run {
    shub__reader in;
    size_t done; /* up to here the text is written */
    shub__buf *out;
    int ampersands; /* there is one */
    int truncated;
    size_t depth;
    shub_slice open[SHUB_EAGLE_DEPTH_MAX]; /* names of the elements that are open */
} run;

static shub_slice from(const run *r, size_t pos)
{
    return shub_bytes(r->in.ptr + pos, r->in.len - pos);
}

static void write_to(run *r, size_t pos)
{
    shub__buf_add(r->out, r->in.ptr + r->done, pos - r->done);
    r->done = pos;
}

static void replace(run *r, size_t pos, size_t len, shub_slice by)
{
    write_to(r, pos);
    shub__buf_slice(r->out, by);
    r->done = pos + len;
}

/* ---- references ---------------------------------------------------------------- */

/* One of XML's five entities or a character reference (XML 1.0 section 4.1), at a '&'. */
static int is_reference(shub_slice text)
{
    static const char *const names[] = {"amp", "lt", "gt", "quot", "apos"};
    const char *end = memchr(text.ptr, ';', text.len < 12 ? text.len : 12);
    shub_slice name;
    size_t i;

    if (!end)
        return 0;
    name = shub_bytes(text.ptr + 1, (size_t)(end - text.ptr) - 1);
    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (shub_slice_equal(name, shub_str(names[i])))
            return 1;
    if (name.len < 2 || name.ptr[0] != '#')
        return 0;
    if (name.ptr[1] != 'x') {
        for (i = 1; i < name.len && shub__is_digit(name.ptr[i]); i++)
            ;
        return i == name.len;
    }
    for (i = 2; i < name.len && shub__hex_value(name.ptr[i]) >= 0; i++)
        ;
    return i == name.len && i > 2;
}

/* Escapes the bare '&' between `pos` and the cursor: of text, or of attribute values. */
static void escape(run *r, size_t pos)
{
    const char *at;

    if (!r->ampersands)
        return;
    while ((at = memchr(r->in.ptr + pos, '&', r->in.pos - pos)) != NULL) {
        pos = (size_t)(at - (const char *)r->in.ptr);
        if (!is_reference(from(r, pos)))
            replace(r, pos, 1, SHUB_LIT("&amp;"));
        pos++;
    }
}

/* ---- markup -------------------------------------------------------------------- */

static shub_slice read_name(run *r)
{
    shub_slice text = from(r, r->in.pos);
    size_t n = 0;

    while (n < text.len && (unsigned char)text.ptr[n] > ' ' && text.ptr[n] != '>' &&
           text.ptr[n] != '/')
        n++;
    return shub__read_bytes(&r->in, n);
}

/* Bytes up to and with the '>' that ends a tag, outside of attribute values; 0 when there
 * is none. */
static size_t tag_length(shub_slice text)
{
    char quote = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return i + 1;
    }
    return 0;
}

/* The rest of a tag; the rest of the text when the tag does not end. */
static shub_slice read_tag(run *r)
{
    shub_slice text = from(r, r->in.pos);
    size_t n = tag_length(text);

    r->truncated |= n == 0;
    return shub__read_bytes(&r->in, n ? n : text.len);
}

static void start_tag(run *r)
{
    size_t begin = r->in.pos;
    shub_slice name = read_name(r);
    shub_slice tag = read_tag(r);

    escape(r, begin);
    if (r->depth == 0 && shub__equal_nocase(name, SHUB_LIT("html")))
        shub__reader_fail(&r->in, SHUB_E_UNEXPECTED);
    if (r->truncated || shub__ends_with(tag, SHUB_LIT("/>")))
        return;
    if (r->depth == SHUB_EAGLE_DEPTH_MAX)
        shub__reader_fail(&r->in, SHUB_E_LIMIT);
    else
        r->open[r->depth++] = name;
}

/* "</rainForest>" ends <rainforest>: the vendor's own example (Uploader API v6 p.5). */
static void end_tag(run *r)
{
    size_t begin;
    shub_slice name, open;

    shub__skip(&r->in, 1);
    begin = r->in.pos;
    name = read_name(r);
    read_tag(r);
    if (r->depth == 0 || r->truncated)
        return;
    open = r->open[--r->depth];
    if (!shub_slice_equal(name, open) && shub__equal_nocase(name, open))
        replace(r, begin, name.len, open);
}

/* Moves over what begins with `open` and ends with `close`: 1, or 0 when it does not
 * begin so, as far as there are bytes. */
static int skip_over(run *r, const char *open, const char *close)
{
    shub_slice text = from(r, r->in.pos);
    size_t len = strlen(open);
    const char *end = NULL;

    if (memcmp(text.ptr, open, text.len < len ? text.len : len) != 0)
        return 0;
    if (text.len > len)
        end = memmem(text.ptr + len, text.len - len, close, strlen(close));
    r->truncated |= end == NULL;
    shub__skip(&r->in, end ? (size_t)(end - text.ptr) + strlen(close) : text.len);
    return 1;
}

/* Comments and CDATA sections stay; declarations have no place in a reply, and are what
 * entity attacks are made of. */
static void declaration(run *r)
{
    static const shub_slice html = {"!doctype html", 13};
    shub_slice text = from(r, r->in.pos);

    if (skip_over(r, "!--", "-->") || skip_over(r, "![CDATA[", "]]>"))
        return;
    text.len = text.len < html.len ? text.len : html.len;
    shub__reader_fail(&r->in,
                      shub__equal_nocase(text, html) ? SHUB_E_UNEXPECTED : SHUB_E_FORMAT);
}

static void markup(run *r)
{
    size_t begin = r->in.pos;

    shub__skip(&r->in, 1);
    switch (shub__peek(&r->in)) {
    case SHUB_NONE:
        r->truncated = 1;
        break;
    case '!':
        declaration(r);
        break;
    case '?':
        shub__reader_fail(&r->in, SHUB_E_FORMAT);
        break;
    case '/':
        end_tag(r);
        break;
    default:
        start_tag(r);
    }
    if (r->in.status)
        r->in.pos = begin;
}

/* "<?xml version=...?>", at the start only. */
static void skip_prolog(run *r)
{
    shub_slice text = from(r, r->in.pos);
    const char *end;

    if (text.len < 2 || memcmp(text.ptr, "<?xml", text.len < 5 ? text.len : 5) != 0)
        return;
    if (text.len > 5 && !shub__is_space(text.ptr[5]))
        return;
    end = memmem(text.ptr, text.len, "?>", 2);
    r->truncated = end == NULL;
    shub__skip(&r->in, end ? (size_t)(end - text.ptr) + 2 : text.len);
    shub__skip_space(&r->in);
}

/* ---- the whole ----------------------------------------------------------------- */

static void go(run *r)
{
    while (!r->in.status && shub__reader_left(&r->in)) {
        size_t begin = r->in.pos;
        if (shub__peek(&r->in) == '<') {
            markup(r);
        } else {
            shub__read_until(&r->in, '<');
            escape(r, begin);
        }
    }
    write_to(r, r->in.pos);
    r->truncated |= r->depth > 0;
    if (!r->truncated)
        shub__buf_text(r->out, "</r>");
}

static shub_status refused(const run *r, int64_t pos, shub_error *err)
{
    switch (r->in.status) {
    case SHUB_E_LIMIT:
        return shub__fail(err, SHUB_E_LIMIT, pos, "more than %d levels",
                          SHUB_EAGLE_DEPTH_MAX);
    case SHUB_E_UNEXPECTED:
        return shub__fail(err, SHUB_E_UNEXPECTED, pos, "the document is HTML");
    default:
        return shub__fail(err, SHUB_E_FORMAT, pos,
                          "a declaration or processing instruction");
    }
}

shub_status shub__eagle_front_run(shub__eagle_front *front, shub__buf *document,
                                  shub_error *err)
{
    shub_slice text = front->source->text;
    run r = {.out = document, .ampersands = memchr(text.ptr, '&', text.len) != NULL};
    shub_status status;

    shub__reader_init(&r.in, text.ptr, text.len);
    shub__skip(&r.in, front->source->start);
    skip_prolog(&r);
    front->content = r.done = r.in.pos;
    shub__buf_text(document, SHUB__EAGLE_FRONT_ROOT);
    go(&r);
    front->truncated = r.truncated;
    status = shub__buf_check(document, "XML document", err);
    if (status || !r.in.status)
        return status;
    return refused(&r, shub__eagle_source_pos(front->source, r.in.pos), err);
}

int64_t shub__eagle_front_origin(const shub__eagle_front *front, shub_slice document,
                                 size_t pos)
{
    size_t in_text = shub__eagle_origin(front->source->text, front->content, document,
                                        strlen(SHUB__EAGLE_FRONT_ROOT), pos);

    return shub__eagle_source_pos(front->source, in_text);
}
