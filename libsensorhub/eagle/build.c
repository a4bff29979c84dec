#include "eagle/build.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "eagle/fields.h"

#include <string.h>

#define FIRST_CAP 16 /* readings, scopes, fields */

enum { VARIABLE_NAME, VARIABLE_VALUE, VARIABLE_UNIT };

/* ---- text ---------------------------------------------------------------------- */

static void check_text(shub__eagle_builder *b)
{
    if (!b->status)
        b->status = shub__buf_check(&b->reply->text, "text of a reply", b->err);
}

static void forget_pending(shub__eagle_builder *b)
{
    shub__buf_cut(&b->reply->text, b->pending);
}

static shub_slice pending_text(const shub__eagle_builder *b)
{
    shub_slice all = shub__buf_view(&b->reply->text);

    return shub__trim(shub_bytes(all.ptr + b->pending, all.len - b->pending));
}

/* Keeps the pending text where it is. */
static shub__span keep_pending(shub__eagle_builder *b)
{
    shub__buf *text = &b->reply->text;
    shub_slice kept = pending_text(b);
    shub__span span = {0, 0};

    if (!kept.len) {
        forget_pending(b);
        return span;
    }
    span.at = (uint32_t)(kept.ptr - text->ptr);
    span.len = (uint32_t)kept.len;
    shub__buf_cut(text, span.at + kept.len);
    shub__buf_byte(text, '\0');
    b->pending = text->len;
    return span;
}

static shub__span keep(shub__eagle_builder *b, shub_slice slice)
{
    shub__buf_slice(&b->reply->text, slice);
    return keep_pending(b);
}

/* ---- readings, scopes, fields -------------------------------------------------- */

/* Room for one more item; NULL and a status when there is none. */
static void *grown(shub__eagle_builder *b, void *items, size_t count, size_t *cap,
                   size_t size)
{
    size_t more = *cap ? *cap * 2 : FIRST_CAP;

    if (count < *cap)
        return items;
    items = shub__reallocarray(items, more, size);
    if (!items)
        b->status = shub__fail_nomem(b->err);
    else
        *cap = more;
    return items;
}

static uint32_t new_scope(shub__eagle_builder *b)
{
    static const shub__eagle_scope empty = {0, 0};
    shub_eagle_reply *reply = b->reply;
    shub__eagle_scope *scopes =
        grown(b, reply->scopes, reply->scope_count, &reply->scope_cap, sizeof *scopes);

    if (!scopes)
        return SHUB__EAGLE_NONE;
    reply->scopes = scopes;
    scopes[reply->scope_count] = empty;
    return (uint32_t)reply->scope_count++;
}

static shub_eagle_reading *new_reading(shub__eagle_builder *b, shub_eagle_root root,
                                       shub__span name, uint32_t scope)
{
    shub_eagle_reply *reply = b->reply;
    shub_eagle_reading *readings;

    if (reply->reading_count == SHUB_EAGLE_READINGS_MAX) {
        b->status = shub__fail(b->err, SHUB_E_LIMIT, SHUB_NONE, "more than %d readings",
                               SHUB_EAGLE_READINGS_MAX);
        return NULL;
    }
    readings = grown(b, reply->readings, reply->reading_count, &reply->reading_cap,
                     sizeof *readings);
    if (!readings)
        return NULL;
    reply->readings = readings;
    readings += reply->reading_count++;
    memset(readings, 0, sizeof *readings);
    readings->reply = reply;
    readings->root = root;
    readings->name = name;
    readings->scope = scope;
    readings->device = SHUB__EAGLE_NONE;
    return readings;
}

static void add_field(shub__eagle_builder *b, uint32_t scope, shub__span name,
                      shub__span value, shub__span unit)
{
    shub_eagle_reply *reply = b->reply;
    shub__eagle_field *fields;
    shub__eagle_scope *s;
    uint32_t i = (uint32_t)reply->field_count;

    if (b->status || scope == SHUB__EAGLE_NONE)
        return;
    s = &reply->scopes[scope];
    if (s->count == SHUB_EAGLE_FIELDS_MAX) {
        b->status = shub__fail(b->err, SHUB_E_LIMIT, SHUB_NONE,
                               "more than %d fields in a reading", SHUB_EAGLE_FIELDS_MAX);
        return;
    }
    fields = grown(b, reply->fields, i, &reply->field_cap, sizeof *fields);
    if (!fields)
        return;
    reply->fields = fields;
    fields[i] = (shub__eagle_field){name, value, unit, scope};
    if (!s->count)
        s->first = i;
    b->scattered |= i != s->first + s->count;
    s->count++;
    reply->field_count++;
}

/* Brings the fields of each scope together: those of a Device may stand before, between
 * and behind those of its components. */
static void gather_fields(shub__eagle_builder *b)
{
    shub_eagle_reply *reply = b->reply;
    shub__eagle_field *fields =
        shub__reallocarray(NULL, reply->field_count, sizeof *fields);
    uint32_t first = 0;

    if (!fields) {
        b->status = shub__fail_nomem(b->err);
        return;
    }
    for (size_t i = 0; i < reply->scope_count; i++) {
        reply->scopes[i].first = first;
        first += reply->scopes[i].count;
        reply->scopes[i].count = 0;
    }
    for (size_t i = 0; i < reply->field_count; i++) {
        shub__eagle_scope *s = &reply->scopes[reply->fields[i].scope];
        fields[s->first + s->count++] = reply->fields[i];
    }
    shub__free(reply->fields);
    reply->fields = fields;
    reply->field_cap = reply->field_count;
}

/* ---- elements ------------------------------------------------------------------ */

static uint32_t open_scope(shub__eagle_builder *b, size_t depth);

/* A component's reading lists the fields of its device before its own. */
static void new_component(shub__eagle_builder *b, size_t depth)
{
    shub__eagle_node *device = &b->stack[depth - 2];
    uint32_t shared = open_scope(b, depth - 2);
    shub_eagle_reading *reading =
        new_reading(b, SHUB_EAGLE_ROOT_DEVICE, device->name, b->stack[depth].scope);

    if (!reading)
        return;
    reading->device = shared;
    reading->component = ++device->components;
}

/* The items of an RFA upload are those of the array "body". */
static shub_eagle_root fragment_root(const shub__eagle_builder *b, size_t depth)
{
    shub_slice name = shub__eagle_slice(b->reply, b->stack[depth].name);

    if (b->json && depth == 1 && shub__eagle_is(name, "body"))
        return SHUB_EAGLE_ROOT_RFA;
    return shub__eagle_root_of(name);
}

/* The scope that the element at `depth` puts its fields into, made when first needed:
 * what stays blank makes no reading. */
static uint32_t open_scope(shub__eagle_builder *b, size_t depth)
{
    shub__eagle_node *node = &b->stack[depth];

    while (node->kind != SHUB__EAGLE_CONTAINER && node->kind != SHUB__EAGLE_FRAGMENT &&
           node->kind != SHUB__EAGLE_DEVICE && node->kind != SHUB__EAGLE_COMPONENT)
        node = &b->stack[--depth];
    if (node->scope != SHUB__EAGLE_NONE || b->status)
        return node->scope;
    node->scope = new_scope(b);
    if (b->status)
        return node->scope;
    if (node->kind == SHUB__EAGLE_FRAGMENT)
        new_reading(b, fragment_root(b, depth), node->name, node->scope);
    else if (node->kind == SHUB__EAGLE_CONTAINER)
        new_reading(b,
                    b->json && depth == 0 ? SHUB_EAGLE_ROOT_CGI : SHUB_EAGLE_ROOT_UNKNOWN,
                    node->name, node->scope);
    else if (node->kind == SHUB__EAGLE_COMPONENT)
        new_component(b, depth);
    return node->scope;
}

static void begin_document(shub__eagle_builder *b, shub_slice name)
{
    if (b->elements++ == 0)
        b->reply->family = shub__eagle_family_of(name);
}

static void push(shub__eagle_builder *b, shub__eagle_kind kind, shub__span name)
{
    b->stack[++b->depth] = (shub__eagle_node){kind, 0, name, SHUB__EAGLE_NONE, 0};
}

void shub__eagle_open(shub__eagle_builder *b, shub_slice name)
{
    static const shub__span none = {0, 0};
    shub__eagle_node *parent = &b->stack[b->depth];

    if (b->status)
        return;
    if (b->depth == SHUB_EAGLE_DEPTH_MAX) {
        b->status = shub__fail(b->err, SHUB_E_LIMIT, SHUB_NONE, "more than %d levels",
                               SHUB_EAGLE_DEPTH_MAX);
        return;
    }
    if (parent->kind == SHUB__EAGLE_ERROR) {
        shub__buf_byte(&b->reply->text, ' ');
        push(b, SHUB__EAGLE_ERROR, none);
        return;
    }
    forget_pending(b);
    if (b->depth == 0)
        begin_document(b, name);
    if (!parent->parent && parent->kind != SHUB__EAGLE_CONTAINER)
        open_scope(b, b->depth);
    parent->parent = 1;
    if (b->depth == 0 && shub__eagle_is(name, "Error"))
        push(b, SHUB__EAGLE_ERROR, none);
    else
        push(b, shub__eagle_kind_of(parent->kind, name), keep(b, name));
    if (b->stack[b->depth].kind == SHUB__EAGLE_VARIABLE)
        memset(b->variable, 0, sizeof b->variable);
    check_text(b);
}

void shub__eagle_attribute(shub__eagle_builder *b, shub_slice name, shub_slice value)
{
    shub_eagle_reply *reply = b->reply;
    shub_slice element = shub__eagle_slice(reply, b->stack[b->depth].name);

    if (b->status || !shub__eagle_is(element, "rainforest"))
        return;
    if (shub__eagle_is(name, "macId") && !reply->gateway.len)
        reply->gateway = keep(b, value);
    if (shub__eagle_is(name, "timestamp") && !reply->time_us)
        reply->time_us = shub__eagle_envelope_time(value);
    check_text(b);
}

void shub__eagle_text(shub__eagle_builder *b, shub_slice text)
{
    if (b->status)
        return;
    shub__buf_slice(&b->reply->text, text);
    check_text(b);
}

/* A member of the document itself: of the envelope of an RFA upload (EAGLE-200 Uploader
 * API p.33), or of a cgi_manager's flat answer. 1 when it belongs to the envelope. */
static int take_member(shub__eagle_builder *b, shub_slice name, shub__span text)
{
    shub_eagle_reply *reply = b->reply;
    shub_slice value = shub__eagle_slice(reply, text);

    if (shub__eagle_is(name, "deviceGuid")) {
        reply->gateway = reply->gateway.len ? reply->gateway : text;
        reply->family = SHUB_EAGLE_FAMILY_UPLOAD;
        return 1;
    }
    if (shub__eagle_is(name, "timestamp")) {
        if (!reply->time_us)
            reply->time_us = shub__eagle_envelope_ms(value);
        return 1;
    }
    if (reply->family == SHUB_EAGLE_FAMILY_UNKNOWN)
        reply->family = SHUB_EAGLE_FAMILY_CGI;
    return 0;
}

/* Text of an element without children: a field of what it stands in. */
static void close_leaf(shub__eagle_builder *b, const shub__eagle_node *node)
{
    static const shub__span none = {0, 0};
    static const char *const parts[] = {"Name", "Value", "Units"};
    shub__span text = keep_pending(b);
    shub__span name = node->name;
    const shub__eagle_node *parent = &b->stack[b->depth];
    shub_slice name_text = shub__eagle_slice(b->reply, name);

    if (node->kind == SHUB__EAGLE_VARIABLE && text.len)
        add_field(b, open_scope(b, b->depth), text, none, none);
    if (node->kind == SHUB__EAGLE_FRAGMENT && text.len &&
        !(b->json && b->depth == 0 && take_member(b, name_text, text)))
        add_field(b, open_scope(b, b->depth), name, text, none);
    if (node->kind != SHUB__EAGLE_FIELD)
        return;
    if (parent->kind == SHUB__EAGLE_VARIABLE) {
        for (size_t i = 0; i < 3; i++)
            if (shub__eagle_is(name_text, parts[i]) && !b->variable[i].len)
                b->variable[i] = text;
        return;
    }
    if (parent->kind == SHUB__EAGLE_COMPONENT && shub__eagle_is(name_text, "Name"))
        name = keep(b, SHUB_LIT("Component"));
    add_field(b, open_scope(b, b->depth), name, text, none);
}

static void close_parent(shub__eagle_builder *b, const shub__eagle_node *node)
{
    shub_eagle_reply *reply = b->reply;

    forget_pending(b);
    if (node->kind == SHUB__EAGLE_VARIABLE && b->variable[VARIABLE_NAME].len)
        add_field(b, open_scope(b, b->depth), b->variable[VARIABLE_NAME],
                  b->variable[VARIABLE_VALUE], b->variable[VARIABLE_UNIT]);
    if (node->kind != SHUB__EAGLE_DEVICE)
        return;
    if (!node->components)
        new_reading(b, SHUB_EAGLE_ROOT_DEVICE, node->name, node->scope);
    for (uint32_t i = 1; i <= node->components; i++)
        reply->readings[reply->reading_count - i].components = node->components;
}

static void close_error(shub__eagle_builder *b)
{
    shub_slice text = pending_text(b);

    if (b->stack[b->depth].kind == SHUB__EAGLE_ERROR)
        return;
    if (!text.len)
        text = SHUB_LIT("an Error without a reason");
    b->status =
        shub__fail(b->err, SHUB_E_REMOTE, SHUB_NONE, "%.*s", (int)text.len, text.ptr);
}

void shub__eagle_close(shub__eagle_builder *b)
{
    const shub__eagle_node *node = &b->stack[b->depth];

    if (b->status)
        return;
    b->depth--;
    if (node->kind == SHUB__EAGLE_ERROR)
        close_error(b);
    else if (node->parent)
        close_parent(b, node);
    else
        close_leaf(b, node);
    check_text(b);
}

void shub__eagle_build_init(shub__eagle_builder *b, shub_eagle_reply *reply, int json,
                            shub_error *err)
{
    memset(b, 0, sizeof *b);
    b->reply = reply;
    b->err = err;
    b->json = json;
    b->stack[0].kind = SHUB__EAGLE_CONTAINER;
    b->stack[0].scope = SHUB__EAGLE_NONE;
}

/* What is done when all of a reading is there: an RFA item is called by its dataType,
 * texts of messages lose HTML's escapes. */
static void finish_fields(shub__eagle_builder *b)
{
    shub_eagle_reply *reply = b->reply;

    for (size_t i = 0; i < reply->reading_count; i++) {
        shub_eagle_reading *r = &reply->readings[i];
        const shub__eagle_field *type = NULL;
        if (r->root == SHUB_EAGLE_ROOT_RFA)
            type = shub__eagle_find(r, SHUB_LIT("dataType"));
        if (type && type->value.len)
            r->name = type->value;
    }
    for (size_t i = 0; i < reply->field_count; i++) {
        shub__eagle_field *f = &reply->fields[i];
        char *value = reply->text.ptr + f->value.at;
        if (f->value.len && memchr(value, '&', f->value.len) &&
            shub__eagle_is_message_text(shub__eagle_slice(reply, f->name)))
            f->value.len = (uint32_t)shub__eagle_unescape(value, f->value.len);
    }
}

/* Takes away the reading of a scope, which has one at most. */
static void drop_reading(shub_eagle_reply *reply, uint32_t scope)
{
    size_t kept = 0;

    for (size_t i = 0; i < reply->reading_count; i++)
        if (reply->readings[i].scope != scope)
            reply->readings[kept++] = reply->readings[i];
    reply->reading_count = kept;
}

/* What is open lacks what stands behind the cut: a Divisor, a currency. 1 when something
 * is left. */
static int cut(shub__eagle_builder *b)
{
    for (; b->depth > 0; b->depth--) {
        const shub__eagle_node *node = &b->stack[b->depth];
        if (node->kind == SHUB__EAGLE_DEVICE)
            b->reply->reading_count -= node->components;
        else if (node->kind == SHUB__EAGLE_FRAGMENT && node->scope != SHUB__EAGLE_NONE)
            drop_reading(b->reply, node->scope);
    }
    if (b->stack[0].scope != SHUB__EAGLE_NONE)
        drop_reading(b->reply, b->stack[0].scope);
    return b->reply->reading_count > 0;
}

shub_status shub__eagle_build_finish(shub__eagle_builder *b)
{
    shub_eagle_reply *reply = b->reply;

    if (!b->status && !b->elements)
        b->status = shub__fail(b->err, SHUB_E_EMPTY, SHUB_NONE, "no element in the body");
    if (!b->status && b->scattered)
        gather_fields(b);
    if (b->status)
        return b->status;
    forget_pending(b);
    finish_fields(b);
    for (size_t i = 0; i < reply->reading_count; i++) {
        char mac[SHUB__EAGLE_MAC_MAX];
        size_t len = shub__eagle_mac(&reply->readings[i], mac);
        reply->readings[i].meter = keep(b, shub_bytes(mac, len));
    }
    check_text(b);
    return b->status;
}

shub_status shub__eagle_broken_off(shub__eagle_builder *b,
                                   const shub__eagle_source *source, const char *why)
{
    if (!b->status && b->reply->part && cut(b)) {
        b->reply->truncated = 1;
        return shub__eagle_build_finish(b);
    }
    if (!b->status)
        b->status =
            shub__fail(b->err, SHUB_E_TRUNCATED, (int64_t)source->body.len, "%s", why);
    return b->status;
}
