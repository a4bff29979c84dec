#include "ship/key.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "log/name.h"

#include <sensorhub/ship.h>
#include <string.h>

#define SEALED ".jl.gz"

typedef enum field { PREFIX, STREAM, YEAR, MONTH, DAY, HOUR, NAME, HOST, FIELDS } field;

static const char *const names[FIELDS] = {"prefix", "stream", "Y",    "m",
                                          "d",      "H",      "name", "host"};

/* One piece of a template: literal text, or a field. */
typedef struct piece {
    shub_slice text;
    field field; /* FIELDS: literal */
} piece;

/* Takes the next piece off `rest`: 1, 0 at the end, SHUB_NONE for braces that name no
 * field. */
static int next_piece(shub_slice *rest, piece *out)
{
    size_t len = 0;

    out->field = FIELDS;
    if (rest->len == 0)
        return 0;
    while (len < rest->len && rest->ptr[len] != '{' && rest->ptr[len] != '}')
        len++;
    if (len == 0) {
        shub_slice tail;
        if (rest->ptr[0] == '}' || !shub__cut(*rest, '}', &out->text, &tail))
            return SHUB_NONE;
        for (int i = 0; i < FIELDS; i++)
            if (shub_slice_equal(shub_bytes(out->text.ptr + 1, out->text.len - 1),
                                 shub_str(names[i])))
                out->field = (field)i;
        if (out->field == FIELDS)
            return SHUB_NONE;
        *rest = tail;
        return 1;
    }
    out->text = shub_bytes(rest->ptr, len);
    *rest = shub_bytes(rest->ptr + len, rest->len - len);
    return 1;
}

/* 1 when `byte` may follow `before` in a key; a field stands as 'x', no key begins or
 * ends with '/'. */
static int may_follow(char before, char byte)
{
    if ((unsigned char)byte < 0x20 || byte == 0x7f)
        return 0;
    return before != '/' || (byte != '/' && byte != '.');
}

shub_status shub__key_check(shub_slice pattern, shub_error *err)
{
    shub_slice rest = pattern;
    char before = '/';
    piece p;
    int more;

    if (pattern.len > SHUB_SHIP_KEY_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "key template has %zu bytes, at most %d", pattern.len,
                          SHUB_SHIP_KEY_MAX);
    while ((more = next_piece(&rest, &p)) == 1) {
        for (size_t i = 0; p.field == FIELDS && i < p.text.len; i++) {
            if (!may_follow(before, p.text.ptr[i]))
                return shub__fail(err, SHUB_E_INVALID, p.text.ptr + i - pattern.ptr,
                                  "key template: '%c' may not stand here: %.*s",
                                  p.text.ptr[i], SHUB__SHOW(pattern));
            before = p.text.ptr[i];
        }
        if (p.field != FIELDS)
            before = 'x';
    }
    if (more < 0)
        return shub__fail(err, SHUB_E_INVALID, (int64_t)(pattern.len - rest.len),
                          "key template: unknown field: %.*s", SHUB__SHOW(rest));
    if (before == '/' || shub__utf8_valid(pattern) != pattern.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "key template is empty, ends with '/' or is not UTF-8: %.*s",
                          SHUB__SHOW(pattern));
    return SHUB_OK;
}

static void add_field(field f, const shub__key_parts *parts, const shub__civil *hour,
                      shub__buf *key)
{
    switch (f) {
    case PREFIX:
        shub__buf_slice(key, parts->prefix);
        break;
    case STREAM:
        shub__buf_slice(key, parts->stream);
        break;
    case NAME:
        shub__buf_slice(key, parts->name);
        break;
    case HOST:
        shub__buf_slice(key, parts->host);
        break;
    case YEAR:
        shub__buf_printf(key, "%04d", hour->year);
        break;
    case MONTH:
        shub__buf_printf(key, "%02d", hour->month);
        break;
    case DAY:
        shub__buf_printf(key, "%02d", hour->day);
        break;
    case HOUR:
        shub__buf_printf(key, "%02d", hour->hour);
        break;
    case FIELDS:
        break;
    }
}

shub_status shub__key_write(shub_slice pattern, const shub__key_parts *parts,
                            unsigned number, shub__buf *key, shub_error *err)
{
    shub_slice rest = pattern;
    shub__civil hour;
    piece p;

    shub__buf_clear(key);
    if (!shub__civil_from_us(parts->hour_us, &hour))
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE,
                          "hour %lld us has no four-digit year",
                          (long long)parts->hour_us);
    while (next_piece(&rest, &p) == 1) {
        if (p.field == FIELDS)
            shub__buf_slice(key, p.text);
        else
            add_field(p.field, parts, &hour, key);
    }
    if (number > 0) {
        int sealed = shub__ends_with(shub__buf_view(key), SHUB_LIT(SEALED));
        if (sealed)
            key->len -= sizeof SEALED - 1;
        shub__buf_printf(key, ".%u%s", number, sealed ? SEALED : "");
    }
    return shub__buf_check(key, "key", err);
}

shub_status shub__key_folder(shub_slice pattern, const shub__key_parts *parts,
                             shub__buf *folder, shub_error *err)
{
    static const shub__civil no_hour;
    shub_slice rest = pattern;
    piece p;

    shub__buf_clear(folder);
    while (next_piece(&rest, &p) == 1) {
        if (p.field == FIELDS)
            shub__buf_slice(folder, p.text);
        else if (p.field == PREFIX || p.field == HOST)
            add_field(p.field, parts, &no_hour, folder);
        else
            break;
    }
    while (folder->len > 0 && folder->ptr[folder->len - 1] != '/')
        folder->len--;
    if (folder->ptr)
        folder->ptr[folder->len] = '\0';
    return shub__buf_check(folder, "key", err);
}

/* Takes ".<digits>" from before the last ".jl.gz". */
static int drop_number(char *text, size_t len)
{
    size_t end = len - (sizeof SEALED - 1), begin = end;

    while (begin > 0 && shub__is_digit(text[begin - 1]))
        begin--;
    if (begin == end || begin == 0 || text[begin - 1] != '.')
        return 0;
    memcpy(text + begin - 1, SEALED, sizeof SEALED);
    return 1;
}

int shub__key_parse_name(shub_slice name, shub_slice prefix, shub_slice *stream,
                         int64_t *hour_us)
{
    char text[256];
    shub__log_name parsed;

    if (name.len >= sizeof text || !shub__ends_with(name, SHUB_LIT(SEALED)))
        return 0;
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    /* A file's own number, and behind it that of the key. */
    if (!shub__log_name_read(shub_str(text), prefix, &parsed) &&
        !(drop_number(text, name.len) &&
          shub__log_name_read(shub_str(text), prefix, &parsed)))
        return 0;
    *stream = shub_bytes(name.ptr + (parsed.stream.ptr - text), parsed.stream.len);
    *hour_us = parsed.hour_us;
    return 1;
}
