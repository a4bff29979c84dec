#include "eagle/plain.h"

#include "base/error.h"
#include "base/reader.h"
#include "base/text.h"
#include "eagle/build.h"

/* What a byte may be. */
enum {
    ODD = 1,    /* not here, though expat may take it */
    SPACE = 2,  /* XML 1.0 production 3 */
    RETURN = 4, /* which expat would make a line feed of, in text */
    INK = 8,
    NAME = 16,
    FIRST = 32, /* of a name */
    O = ODD,
    S = SPACE,
    R = SPACE | RETURN,
    I = INK,
    N = INK | NAME,
    F = INK | NAME | FIRST
};

/* Names without ':' and characters beyond ASCII. Odd are what begins markup or a
 * reference, ']' which may begin "]]>", and what no XML has. */
static const unsigned char kinds[256] = {
    O, O, O, O, O, O, O, O, O, S, S, O, O, R, O, O, /* 0x00 */
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, /* 0x10 */
    S, I, I, I, I, I, O, I, I, I, I, I, I, N, N, I, /* 0x20: & is odd, - and . in names */
    N, N, N, N, N, N, N, N, N, N, I, I, O, I, I, I, /* 0x30: < is odd */
    I, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, /* 0x40 */
    F, F, F, F, F, F, F, F, F, F, F, I, I, O, I, F, /* 0x50: ] is odd, _ begins names */
    I, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, /* 0x60 */
    F, F, F, F, F, F, F, F, F, F, F, I, I, I, I, O, /* 0x70 */
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
};

/* Text up to the next tag. White space by itself means nothing between elements and is
 * trimmed away within them. */
static int read_text(shub__reader *in, shub__eagle_builder *b)
{
    const unsigned char *at = in->ptr + in->pos;
    size_t left = shub__reader_left(in), n;
    unsigned seen = 0;

    for (n = 0; n < left && at[n] != '<'; n++)
        seen |= kinds[at[n]];
    shub__skip(in, n);
    if (!(seen & INK))
        return !(seen & ODD);
    shub__eagle_text(b, shub_bytes(at, n));
    return !(seen & (ODD | RETURN));
}

static shub_slice read_name(shub__reader *in)
{
    const unsigned char *at = in->ptr + in->pos;
    size_t left = shub__reader_left(in), n = 0;

    if (left && kinds[at[0]] & FIRST)
        while (n < left && kinds[at[n]] & NAME)
            n++;
    return shub__read_bytes(in, n);
}

static int end_tag(shub__reader *in, shub__eagle_builder *b)
{
    shub_slice name;

    if (!b->depth)
        return 0;
    name = shub__eagle_slice(b->reply, b->stack[b->depth].name);
    if (!shub_slice_equal(shub__read_bytes(in, name.len), name) || !shub__accept(in, '>'))
        return 0;
    shub__eagle_close(b);
    return 1;
}

/* HTML is the front's to refuse. An Error is not read here either: the builder does not
 * keep its name, so that it never ends. */
static int start_tag(shub__reader *in, shub__eagle_builder *b)
{
    shub_slice name = read_name(in);
    int empty = shub__accept(in, '/');

    if (!name.len || !shub__accept(in, '>') ||
        (!b->depth && shub__equal_nocase(name, SHUB_LIT("html"))))
        return 0;
    shub__eagle_open(b, name);
    if (empty)
        shub__eagle_close(b);
    return 1;
}

static int read_all(shub__reader *in, shub__eagle_builder *b)
{
    while (shub__reader_left(in)) {
        int plain = !shub__accept(in, '<')  ? read_text(in, b)
                    : shub__accept(in, '/') ? end_tag(in, b)
                                            : start_tag(in, b);
        if (!plain || b->status)
            return 0;
    }
    return !b->depth && shub__eagle_build_finish(b) == SHUB_OK;
}

int shub__eagle_read_plain(shub_eagle_reply *reply, const shub__eagle_source *source,
                           shub_status *status, shub_error *err)
{
    shub__reader in;
    shub__eagle_builder b;

    /* What the text of a reply comes to, at once. */
    (void)shub__buf_room(&reply->text, source->text.len);
    *status = shub__buf_check(&reply->text, "text of a reply", err);
    if (*status)
        return 1;
    shub__reader_init(&in, source->text.ptr, source->text.len);
    shub__skip(&in, source->start);
    shub__eagle_build_init(&b, reply, 0, NULL);
    if (read_all(&in, &b))
        return 1;
    if (b.status == SHUB_E_NOMEM) {
        *status = shub__fail_nomem(err);
        return 1;
    }
    shub__eagle_reply_clear(reply);
    return 0;
}
