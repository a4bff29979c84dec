#include "eagle/requests.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

void shub__eagle_writer_init(shub__eagle_writer *w, char *dst, size_t cap)
{
    w->dst = dst;
    w->cap = cap < SHUB_EAGLE_REQUEST_MAX ? cap : SHUB_EAGLE_REQUEST_MAX;
    w->len = 0;
    if (w->cap)
        dst[0] = '\0';
}

void shub__eagle_put_slice(shub__eagle_writer *w, shub_slice text)
{
    if (text.len && w->len < w->cap && text.len < w->cap - w->len)
        memcpy(w->dst + w->len, text.ptr, text.len);
    w->len += text.len;
}

void shub__eagle_put(shub__eagle_writer *w, const char *text)
{
    shub__eagle_put_slice(w, shub_str(text));
}

static void put_escaped(shub__eagle_writer *w, shub_slice text)
{
    size_t done = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        const char *by = c == '&'   ? "&amp;"
                         : c == '<' ? "&lt;"
                         : c == '>' ? "&gt;"
                                    : NULL;
        if (!by)
            continue;
        shub__eagle_put_slice(w, shub_bytes(text.ptr + done, i - done));
        shub__eagle_put(w, by);
        done = i + 1;
    }
    shub__eagle_put_slice(w, shub_bytes(text.ptr + done, text.len - done));
}

void shub__eagle_put_element(shub__eagle_writer *w, const char *name, shub_slice text)
{
    shub__eagle_put(w, "<");
    shub__eagle_put(w, name);
    shub__eagle_put(w, ">");
    put_escaped(w, text);
    shub__eagle_put(w, "</");
    shub__eagle_put(w, name);
    shub__eagle_put(w, ">\n");
}

void shub__eagle_put_hex(shub__eagle_writer *w, const char *name, uint32_t number,
                         int digits)
{
    char text[16];

    (void)snprintf(text, sizeof text, "0x%0*x", digits, (unsigned)number);
    shub__eagle_put_element(w, name, shub_str(text));
}

shub_status shub__eagle_writer_finish(shub__eagle_writer *w, shub_status status,
                                      size_t *len, shub_error *err)
{
    *len = 0;
    if (!status && w->len >= w->cap)
        status = shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                            "request of %zu bytes, room for %zu", w->len + 1, w->cap);
    if (status) {
        if (w->cap)
            w->dst[0] = '\0';
        return status;
    }
    w->dst[w->len] = '\0';
    *len = w->len;
    return SHUB_OK;
}
