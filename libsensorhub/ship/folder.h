/* What the files of the folder destination share. */
#ifndef SHUB_SHIP_FOLDER_H
#define SHUB_SHIP_FOLDER_H

#include "base/buf.h"
#include "ship/dest.h"

typedef struct shub__folder {
    shub__dest dest; /* first: the handle */
    char *path;
} shub__folder;

/* Path of an object; `path` is to be freed also on failure. */
shub_status shub__folder_path(const shub__folder *f, const char *key, shub__buf *path,
                              shub_error *err);
/* Cuts a path at its last '/'. */
void shub__folder_parent(shub__buf *path);

/* Calls of the table. */
void shub__folder_put(shub__dest *dest, shub__dest_put *puts, size_t count);
shub_status shub__folder_clean(shub__dest *dest, shub_error *err);

#endif
