/* A destination: where objects are kept under keys. One table of calls, one file a kind.
 */
#ifndef SHUB_SHIP_DEST_H
#define SHUB_SHIP_DEST_H

#include "ship/digest.h"

#include <sensorhub/s3.h>

#define SHUB__DEST_PATH_MAX 8192 /* bytes of a path; the system's own limit is lower */

typedef struct shub__dest shub__dest;

/* Called for each object; an error stops and becomes the list's. */
typedef shub_status shub__dest_fn(shub_slice key, int64_t bytes, void *user,
                                  shub_error *err);

/* A file that is to become an object. */
typedef struct shub__dest_put {
    const char *path;           /* of the file, */
    const shub__digest *digest; /* whose content this is */
    const char *key;
    shub_status status; /* what came of it */
    shub_error *err;
} shub__dest_put;

typedef struct shub__dest_calls {
    void (*close)(shub__dest *dest);
    /* Makes objects of files, durable, and sets the status of each; nothing that exists
     * is replaced. Errors: SHUB_E_EXISTS (key taken), SHUB_E_CORRUPT (the file changed),
     * SHUB_E_BUSY (another is at it), SHUB_E_FULL, SHUB_E_IO, SHUB_E_NOMEM, and the
     * network's. */
    void (*put)(shub__dest *dest, shub__dest_put *puts, size_t count);
    /* Size of an object, and its SHA-256 when the destination keeps one. Errors:
     * SHUB_E_NOT_FOUND, SHUB_E_IO, SHUB_E_NOMEM. */
    shub_status (*head)(shub__dest *dest, const char *key, shub__digest *out,
                        shub_error *err);
    /* The same of an object read whole; `gzip` as shub__digest_file. */
    shub_status (*read)(shub__dest *dest, const char *key, int gzip, shub__digest *out,
                        shub_error *err);
    /* Makes an object durable that was found there: who put it may have died before. */
    shub_status (*settle)(shub__dest *dest, const char *key, shub_error *err);
    /* Every object whose key begins with `folder`, empty or with '/' at its end; none
     * there is fine. Order undefined. */
    shub_status (*list)(shub__dest *dest, const char *folder, shub__dest_fn *fn,
                        void *user, shub_error *err);
    /* Removes what puts that died have left. */
    shub_status (*clean)(shub__dest *dest, shub_error *err);
} shub__dest_calls;

struct shub__dest {
    const shub__dest_calls *calls;
};

/* What a destination may need besides its URL. */
typedef struct shub__dest_options {
    const shub_s3_options *s3; /* NULL: all by the environment */
    const char *uploads;       /* path of the journal of uploads under way */
    shub_clock clock;
} shub__dest_options;

/* Opens a destination by its URL. Errors: SHUB_E_UNSUPPORTED (kind), SHUB_E_INVALID,
 * SHUB_E_NOT_FOUND, SHUB_E_IO, SHUB_E_NOMEM. Lifetime: close with calls->close. */
shub_status shub__dest_open(const char *url, const shub__dest_options *opts,
                            shub__dest **dest, shub_error *err);

/* "file:///folder", RFC 8089; other characters than '%' stand for themselves. */
shub_status shub__folder_open(shub_slice url, const shub__dest_options *opts,
                              shub__dest **dest, shub_error *err);
/* "s3://bucket" and "s3://bucket/prefix"; the key is put behind the prefix and a '/'. */
shub_status shub__bucket_open(shub_slice url, const shub__dest_options *opts,
                              shub__dest **dest, shub_error *err);

#endif
