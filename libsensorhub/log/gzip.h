/* Files as gzip members (RFC 1952), and back. */
#ifndef SHUB_LOG_GZIP_H
#define SHUB_LOG_GZIP_H

#include <sensorhub/base.h>

typedef struct shub__gzip shub__gzip;

/* `level` 1 to 9: zlib's; 0: the fastest there is, ISA-L's level 1 or zlib's. */
shub_status shub__gzip_new(int level, shub__gzip **gzip, shub_error *err);
void shub__gzip_free(shub__gzip *gzip);

typedef struct shub__gzip_count {
    uint64_t lines;
    uint64_t bytes_in;
    uint64_t bytes_out;
} shub__gzip_count;

/* Writes the whole of file `from` as one member, mtime 0 and no name, to the end of file
 * `to`, and counts. Errors: SHUB_E_FULL, SHUB_E_IO. */
shub_status shub__gzip_file(shub__gzip *gzip, int from, int to, shub__gzip_count *count,
                            shub_error *err);

/* A member as its trailer tells, checked against its data. */
typedef struct shub__gzip_member {
    uint32_t crc;
    uint32_t bytes; /* modulo 2^32 */
} shub__gzip_member;

/* Called with data as it comes, `member` NULL; and at the end of each member, `data`
 * NULL. */
typedef shub_status shub__gunzip_fn(const void *data, size_t len,
                                    const shub__gzip_member *member, void *user,
                                    shub_error *err);
/* Reads all members of a file. Errors: SHUB_E_CORRUPT, SHUB_E_IO, SHUB_E_NOMEM, and those
 * of `fn`, which stop it. */
shub_status shub__gunzip(int fd, shub__gunzip_fn *fn, void *user, shub_error *err);

/* The same of bytes as they come. */
typedef struct shub__gunzipper shub__gunzipper;
/* Errors: SHUB_E_NOMEM. Lifetime: free with shub__gunzipper_free. */
shub_status shub__gunzipper_new(shub__gunzip_fn *fn, void *user, shub__gunzipper **gunzip,
                                shub_error *err);
/* NULL is fine. */
void shub__gunzipper_free(shub__gunzipper *gunzip);
shub_status shub__gunzipper_add(shub__gunzipper *gunzip, const void *ptr, size_t len,
                                shub_error *err);
/* SHUB_OK when the last member is whole and there was one; else SHUB_E_CORRUPT. */
shub_status shub__gunzipper_end(const shub__gunzipper *gunzip, shub_error *err);

/* The same numbers of a file that is not compressed. */
shub_status shub__gzip_member_of(int fd, shub__gzip_member *member, shub_error *err);

#endif
