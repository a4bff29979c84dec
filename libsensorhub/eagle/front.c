#include "eagle/front.h"

#include "base/error.h"
#include "base/reader.h"
#include "base/text.h"

#include <string.h>

/* One run over a body. */
typedef struct run {
    shub__reader in;
    shub__buf *out;
    size_t depth;
    shub_slice open[SHUB_EAGLE_DEPTH_MAX]; /* names of the elements that are open */
    int truncated;
    shub_error *err;
} run;

/* ---- characters ---------------------------------------------------------------- */

/* Code page 1252, 0x80 to 0x9f; the five bytes that it leaves open are C1 controls, as
 * the WHATWG's windows-1252 has them. The rest of the upper half is Latin-1. */
static const uint16_t cp1252[] = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
    0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

static void add_cp1252(shub__buf *out, unsigned char byte)
{
    char dst[4];
    uint32_t code_point = byte < 0xa0 ? cp1252[byte - 0x80] : byte;

    shub__buf_add(out, dst, shub__utf8_write(code_point, dst));
}

static shub_slice after(shub_slice text, size_t n)
{
    return shub_bytes(text.ptr + n, text.len - n);
}

void shub__eagle_add_utf8(shub__buf *out, shub_slice text)
{
    while (text.len) {
        size_t valid = shub__utf8_valid(text);
        shub__buf_add(out, text.ptr, valid);
        text = after(text, valid);
        if (text.len) {
            add_cp1252(out, (unsigned char)*text.ptr);
            text = after(text, 1);
        }
    }
}

/* One of XML's five entities or a character reference (XML 1.0 section 4.1), at a '&'. */
static int is_reference(shub_slice text)
{
    static const char *const names[] = {"amp", "lt", "gt", "quot", "apos"};
    const char *end = memchr(text.ptr, ';', text.len < 12 ? text.len : 12);
    shub_slice name;
    int hex;

    if (!end)
        return 0;
    name = shub_bytes(text.ptr + 1, (size_t)(end - text.ptr) - 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (shub_slice_equal(name, shub_str(names[i])))
            return 1;
    if (name.len < 2 || name.ptr[0] != '#')
        return 0;
    hex = name.ptr[1] == 'x';
    for (size_t i = 1 + (size_t)hex; i < name.len; i++)
        if (hex ? shub__hex_value(name.ptr[i]) < 0 : !shub__is_digit(name.ptr[i]))
            return 0;
    return name.len > 1 + (size_t)hex;
}

/* Text or the inside of a tag, with its bare '&' escaped. */
static void add_text(shub__buf *out, shub_slice text)
{
    const char *at;

    while (text.len && (at = memchr(text.ptr, '&', text.len))) {
        shub__eagle_add_utf8(out, shub_bytes(text.ptr, (size_t)(at - text.ptr)));
        text = after(text, (size_t)(at - text.ptr));
        shub__buf_text(out, is_reference(text) ? "&" : "&amp;");
        text = after(text, 1);
    }
    shub__eagle_add_utf8(out, text);
}

/* ---- markup -------------------------------------------------------------------- */

static shub_slice rest(const run *r)
{
    return shub_bytes(r->in.ptr + r->in.pos, r->in.len - r->in.pos);
}

static shub_slice read_name(run *r)
{
    shub_slice text = rest(r);
    size_t n = 0;

    while (n < text.len && !shub__is_space(text.ptr[n]) && !strchr("/>", text.ptr[n]))
        n++;
    return shub__read_bytes(&r->in, n);
}

/* Bytes up to and with the '>' that ends a tag, outside of attribute values. */
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

/* The rest of a tag; the rest of the body when the tag does not end. */
static shub_slice read_tag(run *r)
{
    shub_slice text = rest(r);
    size_t n = tag_length(text);

    r->truncated |= n == 0;
    return shub__read_bytes(&r->in, n ? n : text.len);
}

static void start_tag(run *r)
{
    shub_slice name = read_name(r);
    shub_slice tag = read_tag(r);

    if (r->depth == 0 && shub__equal_nocase(name, SHUB_LIT("html")))
        shub__reader_fail(&r->in, SHUB_E_UNEXPECTED);
    add_text(r->out, name);
    add_text(r->out, tag);
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
    shub_slice name, tag;

    shub__skip(&r->in, 1);
    name = read_name(r);
    tag = read_tag(r);
    if (r->depth && !r->truncated) {
        r->depth--;
        if (shub__equal_nocase(name, r->open[r->depth]))
            name = r->open[r->depth];
    }
    shub__buf_byte(r->out, '/');
    add_text(r->out, name);
    add_text(r->out, tag);
}

/* Moves over what begins with `open` and ends with `close`: 1, or 0 when it does not
 * begin so, as far as there are bytes. */
static int skip_over(run *r, const char *open, const char *close)
{
    shub_slice text = rest(r);
    size_t len = strlen(open);
    const char *end;

    if (memcmp(text.ptr, open, text.len < len ? text.len : len) != 0)
        return 0;
    end = text.len < len ? NULL
                         : memmem(text.ptr + len, text.len - len, close, strlen(close));
    r->truncated |= end == NULL;
    shub__eagle_add_utf8(
        r->out, shub__read_bytes(&r->in, end ? (size_t)(end - text.ptr) : text.len));
    return 1;
}

/* Comments and CDATA sections stay; declarations have no place in a reply, and are what
 * entity attacks are made of. */
static void declaration(run *r)
{
    static const shub_slice html = {"!doctype html", 13};
    shub_slice text = rest(r);

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
    shub__buf_byte(r->out, '<');
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
    shub_slice text = rest(r);
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

static shub_status refused(const run *r)
{
    int64_t pos = (int64_t)r->in.pos;

    switch (r->in.status) {
    case SHUB_E_LIMIT:
        return shub__fail(r->err, SHUB_E_LIMIT, pos, "more than %d levels",
                          SHUB_EAGLE_DEPTH_MAX);
    case SHUB_E_UNEXPECTED:
        return shub__fail(r->err, SHUB_E_UNEXPECTED, pos, "the document is HTML");
    default:
        return shub__fail(r->err, SHUB_E_FORMAT, pos,
                          "a declaration or processing instruction");
    }
}

static void go(run *r)
{
    while (!r->in.status && shub__reader_left(&r->in)) {
        if (shub__peek(&r->in) == '<')
            markup(r);
        else
            add_text(r->out, shub__read_until(&r->in, '<'));
    }
    r->truncated |= r->depth > 0;
    if (!r->truncated)
        shub__buf_text(r->out, "</r>");
}

shub_status shub__eagle_front_run(shub__eagle_front *front, shub__buf *out,
                                  shub_error *err)
{
    shub_status status;
    run r;

    memset(&r, 0, sizeof r);
    r.out = out;
    r.err = err;
    shub__reader_init(&r.in, front->body.ptr, front->body.len);
    shub__skip(&r.in, front->start);
    skip_prolog(&r);
    front->content = r.in.pos;
    shub__buf_text(out, SHUB__EAGLE_FRONT_ROOT);
    go(&r);
    front->truncated = r.truncated;
    status = shub__buf_check(out, "XML document", err);
    return !status && r.in.status ? refused(&r) : status;
}

static size_t utf8_length(char lead)
{
    unsigned char c = (unsigned char)lead;

    return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

size_t shub__eagle_origin(shub_slice body, size_t from, shub_slice document, size_t to,
                          size_t pos)
{
    const shub_slice amp = {"&amp;", 5};

    while (to < pos && to < document.len && from < body.len) {
        shub_slice d = after(document, to);
        shub_slice b = after(body, from);
        size_t n = utf8_length(*d.ptr);
        int same = n == 1 || shub__starts_with(b, shub_bytes(d.ptr, n));
        if (*b.ptr == '&' && shub__starts_with(d, amp) && !shub__starts_with(b, amp)) {
            n = amp.len;
            same = 0;
        }
        to += n;
        from += same ? n : 1;
    }
    return from;
}
