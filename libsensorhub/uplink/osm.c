/* Devtank Open Smart Monitor over Wi-Fi (osm_firmware_v2 src/protocols/jsonblob.c):
 *
 *     {"UNIX":1719840134,"NAME":"Kettle1 Mon","VALUES":{"TEMP":23.500,"FW":"cd69700"}}
 *
 * without white space. The firmware does not escape what is in quotes, so these bytes are
 * not always JSON, and where they are, a backslash is one still. They are read as they
 * are written; what differs, as the example of the vendor's manual, is read as JSON. */
#include <string.h>

#include "base/number.h"
#include "base/reader.h"
#include "base/text.h"
#include "uplink/reading.h"

static const shub_slice begin_unix = {"{\"UNIX\":", 8};
static const shub_slice begin_name = {",\"NAME\":\"", 9};
static const shub_slice end_name = {"\",\"VALUES\":{", 12};

/* Offset of `what` in the text, or SIZE_MAX. */
static size_t find(shub_slice text, shub_slice what)
{
    for (size_t i = 0; text.len - i >= what.len; i++)
        if (!memcmp(text.ptr + i, what.ptr, what.len))
            return i;
    return SIZE_MAX;
}

static shub_slice rest_of(const shub__reader *from)
{
    return shub_bytes(from->ptr + from->pos, from->len - from->pos);
}

static int accept_text(shub__reader *from, shub_slice text)
{
    if (!shub__starts_with(rest_of(from), text))
        return 0;
    shub__skip(from, text.len);
    return 1;
}

/* The firmware writes no exponents; who passes its document on may. */
static int is_number_byte(int c)
{
    return c == '-' || c == '.' || (c >= '0' && c <= '9') || c == 'e' || c == 'E' ||
           c == '+';
}

static shub_slice number_text(shub__reader *from)
{
    size_t begin = from->pos;
    while (is_number_byte(shub__peek(from)))
        shub__skip(from, 1);
    return shub_bytes(from->ptr + begin, from->pos - begin);
}

int shub__osm_is_raw(shub_slice body)
{
    shub__reader from;
    shub__reader_init(&from, body.ptr, body.len);
    return body.len <= SHUB__OSM_RAW_MAX && accept_text(&from, begin_unix) &&
           number_text(&from).len && accept_text(&from, begin_name) &&
           find(rest_of(&from), end_name) != SIZE_MAX;
}

/* ---- values ----------------------------------------------------------------------- */

static void fail(shub__reading *r, const shub__reader *from, const char *why)
{
    r->json.start = from->pos;
    shub__json_refuse(&r->json, shub__peek(from) < 0 ? SHUB_E_TRUNCATED : SHUB_E_FORMAT,
                      why);
}

/* A text that may hold quotes: it ends at the one behind which the object goes on. */
static int quoted(shub__reader *from, shub_slice *text)
{
    shub_slice rest = rest_of(from);
    for (size_t i = 0; i + 1 < rest.len; i++) {
        if (rest.ptr[i] != '"')
            continue;
        char next = rest.ptr[i + 1];
        char after = i + 2 < rest.len ? rest.ptr[i + 2] : 0;
        if ((next == ',' && after == '"') || (next == '}' && after == '}')) {
            *text = shub__read_bytes(from, i);
            shub__skip(from, 1);
            return 1;
        }
    }
    shub__skip(from, rest.len);
    return 0;
}

/* Bytes that are no UTF-8 become U+FFFD. */
static void add_utf8(shub__buf *out, shub_slice text)
{
    while (text.len) {
        size_t good = shub__utf8_valid(text);
        shub__buf_add(out, text.ptr, good);
        if (good == text.len)
            return;
        shub__buf_add(out, "\xef\xbf\xbd", 3);
        text.ptr += good + 1;
        text.len -= good + 1;
    }
}

/* Adds a value as JSON has it: 1, or 0 when it is none. */
static int add_value(shub__reader *from, shub__buf *json, shub__buf *repaired)
{
    shub_slice text;
    double number;
    if (!shub__accept(from, '"')) {
        text = number_text(from);
        shub__buf_slice(json, text);
        return !shub__double_read(text.ptr, text.len, SHUB__NUMBER_JSON, &number);
    }
    if (!quoted(from, &text))
        return 0;
    shub__buf_cut(repaired, 0);
    add_utf8(repaired, text);
    shub__json_quote(json, shub__buf_view(repaired));
    return 1;
}

/* Behind "VALUES":{ */
static void add_values(shub__reading *r, shub__reader *from, shub__buf *json,
                       shub__buf *repaired)
{
    const char *between = "{";
    do {
        shub_slice key;
        if (!shub__accept(from, '"')) {
            fail(r, from, "expected a name");
            return;
        }
        key = shub__read_until(from, '"');
        shub__buf_text(json, between);
        shub__json_quote(json, shub_bytes(key.ptr, shub__utf8_valid(key)));
        shub__buf_byte(json, ':');
        if (!shub__accept(from, '"') || !shub__accept(from, ':') ||
            !add_value(from, json, repaired)) {
            fail(r, from, "expected a value");
            return;
        }
        between = ",";
    } while (shub__accept(from, ','));
    shub__buf_byte(json, '}');
    if (!accept_text(from, SHUB_LIT("}}")))
        fail(r, from, "expected ',' or '}'");
}

/* In the parser, where it stays. */
static void read_values(shub__reading *r, shub__reader *from)
{
    shub__buf *json = &r->parser->text;
    size_t begin = json->len;
    shub__buf_clear(&r->parser->scratch);
    if (accept_text(from, SHUB_LIT("}}")))
        shub__buf_text(json, "{}");
    else
        add_values(r, from, json, &r->parser->scratch);
    shub__skip_space(from);
    if (!r->json.status)
        r->json.pos = from->pos;
    if (r->parser->scratch.status)
        shub__json_refuse(&r->json, r->parser->scratch.status, "no room for a text");
    r->up.object = shub_bytes(json->ptr + begin, json->len - begin);
    shub__buf_byte(json, '\0');
}

void shub__osm_raw(shub__reading *r, shub_slice body)
{
    shub__reader from;
    shub_slice name;
    int64_t seconds;
    shub__buf *kept = &r->parser->text;
    shub__reader_init(&from, body.ptr, body.len);
    accept_text(&from, begin_unix);
    shub_slice text = number_text(&from);
    if (shub__int64_read(text.ptr, text.len, &seconds) || seconds < INT32_MIN ||
        seconds > UINT32_MAX) {
        r->json.start = begin_unix.len;
        shub__json_refuse(&r->json, SHUB_E_RANGE, "seconds are out of range");
        return;
    }
    accept_text(&from, begin_name);
    name = shub__read_bytes(&from, find(rest_of(&from), end_name));
    shub__skip(&from, end_name.len);
    size_t begin = kept->len;
    add_utf8(kept, name);
    r->up.name = shub_bytes(kept->ptr + begin, kept->len - begin);
    shub__buf_byte(kept, '\0');
    r->seen |= SHUB__SEEN_OSM;
    r->up.event = SHUB_UPLINK_UP;
    r->up.time_us = seconds * SHUB_SECOND_US;
    r->up.time_source = SHUB_UPLINK_TIME_DEVICE;
    read_values(r, &from);
}
