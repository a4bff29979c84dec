/* Keys of objects: a template, and the parts that fill it in. */
#ifndef SHUB_SHIP_KEY_H
#define SHUB_SHIP_KEY_H

#include "base/buf.h"

#define SHUB__KEY_DEFAULT "{prefix}/{stream}/{Y}/{m}/{d}/{name}.jl.gz"

typedef struct shub__key_parts {
    shub_slice prefix, stream, host; /* valid names */
    shub_slice name;                 /* of the file, without .jl.gz */
    int64_t hour_us;
} shub__key_parts;

/* A template is good when what it makes is a relative path of parts that are neither
 * empty nor hidden: a leading dot is for temporary names. Errors: SHUB_E_INVALID with
 * pos. */
shub_status shub__key_check(shub_slice pattern, shub_error *err);

/* Makes the key of a checked template in `key`, emptied before. A `number` above 0 goes
 * before a last ".jl.gz", or to the end: the key of other content under the same name.
 * Errors: SHUB_E_LIMIT (longer than SHUB_SHIP_KEY_MAX), SHUB_E_RANGE (hour),
 * SHUB_E_NOMEM. */
shub_status shub__key_write(shub_slice pattern, const shub__key_parts *parts,
                            unsigned number, shub__buf *key, shub_error *err);

/* The folders that every key of the template begins with, '/' at the end, or nothing:
 * where to look for them. Only `prefix` and `host` of the parts are used. */
shub_status shub__key_folder(shub_slice pattern, const shub__key_parts *parts,
                             shub__buf *folder, shub_error *err);

/* What the last part of a key tells that is a sealed file's name, perhaps with the key's
 * number before its end. 1, or 0 for other names. Lifetime: `stream` is borrowed. */
int shub__key_parse_name(shub_slice name, shub_slice prefix, shub_slice *stream,
                         int64_t *hour_us);

#endif
