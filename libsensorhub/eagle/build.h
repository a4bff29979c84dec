/* From elements to readings: what XML and JSON have in common. A reader reports elements
 * as they open and close, the builder knows what they mean.
 *
 * In JSON a member is an element of the key's name, and the items of an array are
 * elements of the array's name; so both forms of one reply make the same readings. */
#ifndef SHUB_EAGLE_BUILD_H
#define SHUB_EAGLE_BUILD_H

#include "base/text.h"
#include "eagle/reply.h"

/* What an element is, which depends on where it stands. */
typedef enum shub__eagle_kind {
    SHUB__EAGLE_CONTAINER, /* holds fragments: the document, <rainforest>, <DeviceList> */
    SHUB__EAGLE_FRAGMENT,  /* a reading, once it has a child */
    SHUB__EAGLE_DEVICE,
    SHUB__EAGLE_COMPONENTS,
    SHUB__EAGLE_COMPONENT,
    SHUB__EAGLE_VARIABLES,
    SHUB__EAGLE_VARIABLE,
    SHUB__EAGLE_FIELD, /* text, or more fields of the same reading */
    SHUB__EAGLE_ERROR
} shub__eagle_kind;

typedef struct shub__eagle_node {
    shub__eagle_kind kind;
    int parent; /* 1: an element stands in it */
    shub__span name;
    uint32_t scope;      /* where its fields go, or none yet */
    uint32_t components; /* of a device */
} shub__eagle_node;

typedef struct shub__eagle_builder {
    shub_eagle_reply *reply;
    shub__eagle_node stack[SHUB_EAGLE_DEPTH_MAX + 1];
    size_t depth;           /* of the innermost element; 0: the document */
    size_t pending;         /* where the text of the innermost element begins */
    size_t elements;        /* that stood in the document */
    int scattered;          /* a scope's fields do not stand together */
    int json;               /* else XML */
    shub__span variable[3]; /* name, value, unit of the one that is open */
    shub_status status;     /* sticks */
    shub_error *err;
} shub__eagle_builder;

/* 1 when a name is `wanted`, but for case. That begins with a letter, and most words
 * differ in it, be it large or small. */
static inline int shub__eagle_is(shub_slice name, const char *wanted)
{
    return name.len && ((name.ptr[0] ^ wanted[0]) & ~0x20) == 0 &&
           shub__equal_nocase(name, shub_str(wanted));
}

/* places.c: what an element is by its name and its parent, and what a document is by its
 * root's. */
shub__eagle_kind shub__eagle_kind_of(shub__eagle_kind parent, shub_slice name);
shub_eagle_root shub__eagle_root_of(shub_slice name);
shub_eagle_family shub__eagle_family_of(shub_slice name);

void shub__eagle_build_init(shub__eagle_builder *b, shub_eagle_reply *reply, int json,
                            shub_error *err);
/* Errors stick, are told into `err` without a position, and make every later call do
 * nothing: SHUB_E_NOMEM, SHUB_E_LIMIT, SHUB_E_REMOTE (an Error element),
 * SHUB_E_UNEXPECTED (HTML). */
void shub__eagle_open(shub__eagle_builder *b, shub_slice name);
void shub__eagle_attribute(shub__eagle_builder *b, shub_slice name, shub_slice value);
void shub__eagle_text(shub__eagle_builder *b, shub_slice text);
void shub__eagle_close(shub__eagle_builder *b);
/* The document breaks off here. When a part is wanted, and something is whole: finishes
 * with that. Else SHUB_E_TRUNCATED. */
shub_status shub__eagle_broken_off(shub__eagle_builder *b,
                                   const shub__eagle_source *source, const char *why);
/* The document's end: SHUB_E_EMPTY when nothing stood in it. */
shub_status shub__eagle_build_finish(shub__eagle_builder *b);

#endif
