#include "eagle/reply.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/reader.h"
#include "base/text.h"
#include "eagle/fields.h"

#include <string.h>

/* Text of the longest reply: names and values, each with a NUL, a byte of the body being
 * 3 at most in UTF-8; the names of an array's items, which stand in the body once; the
 * meters. */
#define TEXT_MAX (8 * SHUB_EAGLE_BODY_MAX)

/* ---- parsing ------------------------------------------------------------------- */

static shub_status read_text(shub_eagle_reply *reply, shub__eagle_source *source,
                             shub_error *err)
{
    static const shub_slice mark = {"\xef\xbb\xbf", 3};
    shub__reader r;

    shub__reader_init(&r, source->text.ptr, source->text.len);
    if (shub__starts_with(source->text, mark))
        shub__skip(&r, mark.len);
    shub__skip_space(&r);
    source->start = r.pos;
    switch (shub__peek(&r)) {
    case SHUB_NONE:
        return shub__fail(err, SHUB_E_EMPTY, SHUB_NONE, "empty body");
    case '<':
        return shub__eagle_read_xml(reply, source, err);
    case '{':
    case '"':
        return shub__eagle_read_json(reply, source, err);
    default:
        return shub__fail(err, SHUB_E_UNEXPECTED, (int64_t)r.pos,
                          "neither XML nor a JSON object");
    }
}

static shub_status read_body(shub_eagle_reply *reply, shub_slice body, shub_error *err)
{
    shub__eagle_source source = {body, body, 0};
    shub__buf repaired;
    shub_status status;

    if (body.len > SHUB_EAGLE_BODY_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "body of %zu bytes, at most %zu",
                          body.len, SHUB_EAGLE_BODY_MAX);
    if (shub__utf8_valid(body) == body.len)
        return read_text(reply, &source, err);
    shub__buf_init(&repaired, 3 * SHUB_EAGLE_BODY_MAX);
    shub__eagle_add_utf8(&repaired, body);
    source.text = shub__buf_view(&repaired);
    status = shub__buf_check(&repaired, "body as UTF-8", err);
    if (!status)
        status = read_text(reply, &source, err);
    shub__buf_fini(&repaired);
    return status;
}

static shub_status parse(shub_slice body, int part, shub_eagle_reply **reply,
                         shub_error *err)
{
    shub_status status;

    *reply = shub__calloc(1, sizeof **reply);
    if (!*reply)
        return shub__fail_nomem(err);
    shub__buf_init(&(*reply)->text, TEXT_MAX);
    (*reply)->part = part;
    status = read_body(*reply, body, err);
    if (status) {
        shub_eagle_reply_free(*reply);
        *reply = NULL;
    }
    return status;
}

shub_status shub_eagle_parse(shub_slice body, shub_eagle_reply **reply, shub_error *err)
{
    return parse(body, 0, reply, err);
}

shub_status shub_eagle_parse_part(shub_slice body, shub_eagle_reply **reply,
                                  shub_error *err)
{
    return parse(body, 1, reply, err);
}

void shub_eagle_reply_free(shub_eagle_reply *reply)
{
    if (!reply)
        return;
    shub__free(reply->fields);
    shub__free(reply->scopes);
    shub__free(reply->readings);
    shub__buf_fini(&reply->text);
    shub__free(reply);
}

void shub__eagle_reply_clear(shub_eagle_reply *reply)
{
    static const shub__span none;

    shub__buf_clear(&reply->text);
    reply->family = SHUB_EAGLE_FAMILY_UNKNOWN;
    reply->gateway = none;
    reply->time_us = 0;
    reply->reading_count = reply->scope_count = reply->field_count = 0;
}

/* ---- what was parsed ----------------------------------------------------------- */

shub_slice shub__eagle_slice(const shub_eagle_reply *reply, shub__span span)
{
    return span.len ? shub_bytes(reply->text.ptr + span.at, span.len)
                    : shub_bytes(NULL, 0);
}

shub_eagle_family shub_eagle_reply_family(const shub_eagle_reply *reply)
{
    return reply->family;
}

int shub_eagle_reply_truncated(const shub_eagle_reply *reply)
{
    return reply->truncated;
}

shub_slice shub_eagle_reply_gateway(const shub_eagle_reply *reply)
{
    return shub__eagle_slice(reply, reply->gateway);
}

int64_t shub_eagle_reply_time_us(const shub_eagle_reply *reply)
{
    return reply->time_us;
}

size_t shub_eagle_reply_count(const shub_eagle_reply *reply)
{
    return reply->reading_count;
}

const shub_eagle_reading *shub_eagle_reply_at(const shub_eagle_reply *reply, size_t i)
{
    return i < reply->reading_count ? &reply->readings[i] : NULL;
}

shub_eagle_root shub_eagle_reading_root(const shub_eagle_reading *reading)
{
    return reading->root;
}

shub_slice shub_eagle_reading_name(const shub_eagle_reading *reading)
{
    return shub__eagle_slice(reading->reply, reading->name);
}

shub_slice shub_eagle_reading_meter(const shub_eagle_reading *reading)
{
    return shub__eagle_slice(reading->reply, reading->meter);
}

int64_t shub_eagle_reading_time_us(const shub_eagle_reading *reading)
{
    int64_t time_us;

    (void)shub__eagle_time(reading, &time_us, NULL);
    return time_us;
}

int shub_eagle_reading_connected(const shub_eagle_reading *reading)
{
    const char *field = reading->root == SHUB_EAGLE_ROOT_DEVICE    ? "ConnectionStatus"
                        : reading->root == SHUB_EAGLE_ROOT_CGI     ? "meter_status"
                        : reading->root == SHUB_EAGLE_ROOT_NETWORK ? "Status"
                                                                   : NULL;
    shub_slice status;

    if (!field)
        return SHUB_NONE;
    status = shub_eagle_reading_field(reading, shub_str(field));
    if (!status.len)
        return SHUB_NONE;
    return shub__equal_nocase(status, SHUB_LIT("Connected"));
}

/* ---- fields -------------------------------------------------------------------- */

static shub__eagle_scope scope_at(const shub_eagle_reading *reading, uint32_t scope)
{
    static const shub__eagle_scope none = {0, 0};

    return scope == SHUB__EAGLE_NONE ? none : reading->reply->scopes[scope];
}

static const shub__eagle_field *find_in(const shub_eagle_reading *reading, uint32_t scope,
                                        shub_slice name)
{
    const shub_eagle_reply *reply = reading->reply;
    shub__eagle_scope s = scope_at(reading, scope);

    for (uint32_t i = s.first; i < s.first + s.count; i++)
        if (reply->fields[i].name.len == name.len &&
            shub__equal_nocase(shub__eagle_slice(reply, reply->fields[i].name), name))
            return &reply->fields[i];
    return NULL;
}

const shub__eagle_field *shub__eagle_find(const shub_eagle_reading *reading,
                                          shub_slice name)
{
    const shub__eagle_field *field = find_in(reading, reading->device, name);

    return field ? field : find_in(reading, reading->scope, name);
}

shub_slice shub_eagle_reading_field(const shub_eagle_reading *reading, shub_slice name)
{
    const shub__eagle_field *field = shub__eagle_find(reading, name);

    return field ? shub__eagle_slice(reading->reply, field->value) : shub_bytes(NULL, 0);
}

int shub_eagle_reading_field_at(const shub_eagle_reading *reading, size_t i,
                                shub_slice *name, shub_slice *value, shub_slice *unit)
{
    const shub_eagle_reply *reply = reading->reply;
    shub__eagle_scope scope = scope_at(reading, reading->device);
    const shub__eagle_field *field;

    *name = *value = *unit = shub_bytes(NULL, 0);
    if (i >= scope.count) {
        i -= scope.count;
        scope = scope_at(reading, reading->scope);
    }
    if (i >= scope.count)
        return 0;
    field = &reply->fields[scope.first + i];
    *name = shub__eagle_slice(reply, field->name);
    *value = shub__eagle_slice(reply, field->value);
    *unit = shub__eagle_slice(reply, field->unit);
    return 1;
}
