#include "base/json.h"

/* What stands behind the backslash for a byte that must be escaped (RFC 8259 section 7):
 * a letter, 'u' for those without one, 0 for every other byte. */
static char escape_of(unsigned char c)
{
    static const char below_space[33] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";
    if (c < ' ')
        return below_space[c];
    return c == '"' || c == '\\' ? (char)c : 0;
}

void shub__json_quote(shub__buf *buf, shub_slice text)
{
    size_t plain = 0;
    shub__buf_byte(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        char letter = escape_of(c);
        if (!letter)
            continue;
        shub__buf_add(buf, text.ptr + plain, i - plain);
        plain = i + 1;
        if (letter == 'u')
            shub__buf_printf(buf, "\\u%04x", (unsigned)c);
        else
            shub__buf_add(buf, (const char[]){'\\', letter}, 2);
    }
    if (text.len > plain)
        shub__buf_add(buf, text.ptr + plain, text.len - plain);
    shub__buf_byte(buf, '"');
}
