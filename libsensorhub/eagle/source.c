#include "eagle/source.h"

#include "base/text.h"

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

static shub_slice behind(shub_slice text, size_t n)
{
    return shub_bytes(text.ptr + n, text.len - n);
}

void shub__eagle_add_utf8(shub__buf *out, shub_slice text)
{
    while (text.len) {
        size_t valid = shub__utf8_valid(text);
        shub__buf_add(out, text.ptr, valid);
        text = behind(text, valid);
        if (text.len) {
            add_cp1252(out, (unsigned char)*text.ptr);
            text = behind(text, 1);
        }
    }
}

static size_t utf8_length(char lead)
{
    unsigned char c = (unsigned char)lead;

    return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* A character came from the same bytes, from one of code page 1252, or, "&amp;", from a
 * bare '&'. */
size_t shub__eagle_origin(shub_slice text, size_t from, shub_slice document, size_t to,
                          size_t pos)
{
    const shub_slice amp = {"&amp;", 5};

    while (to < pos && to < document.len && from < text.len) {
        shub_slice d = behind(document, to);
        shub_slice t = behind(text, from);
        size_t n = utf8_length(*d.ptr);
        int same = n == 1 || shub__starts_with(t, shub_bytes(d.ptr, n));
        if (*t.ptr == '&' && shub__starts_with(d, amp) && !shub__starts_with(t, amp)) {
            n = amp.len;
            same = 0;
        }
        to += n;
        from += same ? n : 1;
    }
    return from;
}

int64_t shub__eagle_source_pos(const shub__eagle_source *source, size_t pos)
{
    return (int64_t)shub__eagle_origin(source->body, 0, source->text, 0, pos);
}
