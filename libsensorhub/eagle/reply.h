/* A parsed body as it is kept: one buffer of text, and readings, scopes and fields that
 * point into it. */
#ifndef SHUB_EAGLE_REPLY_H
#define SHUB_EAGLE_REPLY_H

#include <sensorhub/eagle.h>

#include "base/buf.h"
#include "eagle/source.h"

#define SHUB__EAGLE_NONE UINT32_MAX /* no such scope */

/* A place in shub_eagle_reply.text, followed there by a NUL. No length: absent. */
typedef struct shub__span {
    uint32_t at;
    uint32_t len;
} shub__span;

typedef struct shub__eagle_field {
    shub__span name;
    shub__span value;
    shub__span unit; /* of a variable */
    uint32_t scope;
} shub__eagle_field;

/* Fields that stand together, once the body is read. */
typedef struct shub__eagle_scope {
    uint32_t first;
    uint32_t count;
} shub__eagle_scope;

struct shub_eagle_reading {
    const shub_eagle_reply *reply;
    shub_eagle_root root;
    shub__span name;
    shub__span meter;
    uint32_t scope;
    uint32_t device;    /* scope of the Device this is a component of, or none */
    uint32_t component; /* its place among the components, from 1 */
    uint32_t components;
};

struct shub_eagle_reply {
    shub_eagle_family family;
    int part; /* 1: what stands whole before a cut is wanted */
    int truncated;
    shub__span gateway;
    int64_t time_us;
    shub__buf text;
    shub_eagle_reading *readings;
    size_t reading_count, reading_cap;
    shub__eagle_scope *scopes;
    size_t scope_count, scope_cap;
    shub__eagle_field *fields;
    size_t field_count, field_cap;
};

shub_slice shub__eagle_slice(const shub_eagle_reply *reply, shub__span span);

/* The first field of the name, NULL when there is none. */
const shub__eagle_field *shub__eagle_find(const shub_eagle_reading *reading,
                                          shub_slice name);

/* message.c: fields whose text has HTML's escapes on top of XML's, and that text without
 * them, in place: its new length. There is room for a NUL. */
int shub__eagle_is_message_text(shub_slice name);
size_t shub__eagle_unescape(char *text, size_t len);

/* Empties it; what was asked for, and the memory, stay. */
void shub__eagle_reply_clear(shub_eagle_reply *reply);

/* Read a body into an empty `reply`. */
shub_status shub__eagle_read_xml(shub_eagle_reply *reply,
                                 const shub__eagle_source *source, shub_error *err);
shub_status shub__eagle_read_json(shub_eagle_reply *reply,
                                  const shub__eagle_source *source, shub_error *err);

#endif
