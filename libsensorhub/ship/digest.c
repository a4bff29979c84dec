#include "ship/digest.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <string.h>

int shub__digest_equal(const shub__digest *a, const shub__digest *b)
{
    return a->known && b->known && a->bytes == b->bytes &&
           memcmp(a->sha256, b->sha256, SHUB__SHA256_SIZE) == 0;
}

/* ---- bytes as they come ---------------------------------------------------------- */

static shub_status pass_over(const void *data, size_t len,
                             const shub__gzip_member *member, void *user, shub_error *err)
{
    (void)data;
    (void)len;
    (void)member;
    (void)user;
    (void)err;
    return SHUB_OK;
}

shub_status shub__digester_init(shub__digester *d, int gzip, shub_error *err)
{
    shub_status status;

    memset(d, 0, sizeof *d);
    status = shub__summer_new(SHUB__SUM_SHA256, &d->summer, err);
    if (status == SHUB_OK && gzip)
        status = shub__gunzipper_new(pass_over, NULL, &d->gunzip, err);
    return status;
}

void shub__digester_fini(shub__digester *d)
{
    shub__summer_free(d->summer);
    shub__gunzipper_free(d->gunzip);
}

shub_status shub__digester_add(shub__digester *d, const void *ptr, size_t len,
                               shub_error *err)
{
    shub_status status = shub__summer_add(d->summer, ptr, len, err);

    d->bytes += (int64_t)len;
    if (status == SHUB_OK && d->gunzip)
        status = shub__gunzipper_add(d->gunzip, ptr, len, err);
    return status;
}

shub_status shub__digester_end(shub__digester *d, shub__digest *out, shub_error *err)
{
    shub__sum sum;
    shub_status status = d->gunzip ? shub__gunzipper_end(d->gunzip, err) : SHUB_OK;

    if (status == SHUB_OK)
        status = shub__summer_end(d->summer, &sum, err);
    if (status != SHUB_OK)
        return status;
    out->bytes = d->bytes;
    out->known = 1;
    memcpy(out->sha256, sum.bytes, SHUB__SHA256_SIZE);
    return SHUB_OK;
}

/* ---- files ----------------------------------------------------------------------- */

static shub_status read_all(int fd, char *chunk, shub__digester *d, shub_error *err)
{
    size_t got = SHUB__CHUNK;

    while (got == SHUB__CHUNK) {
        shub_status status = shub__file_read(fd, chunk, SHUB__CHUNK, d->bytes, &got, err);
        if (status == SHUB_OK)
            status = shub__digester_add(d, chunk, got, err);
        if (status != SHUB_OK)
            return status;
    }
    return SHUB_OK;
}

static shub_status digest_opened(int fd, int gzip, shub__digest *out, shub_error *err)
{
    char *chunk = shub__malloc(SHUB__CHUNK);
    shub__digester d;
    shub__stat st;
    shub_status status = shub__digester_init(&d, gzip, err);

    if (status == SHUB_OK && !chunk)
        status = shub__fail_nomem(err);
    if (status == SHUB_OK)
        status = shub__file_stat(fd, &st, err);
    if (status == SHUB_OK)
        status = read_all(fd, chunk, &d, err);
    if (status == SHUB_OK)
        status = shub__digester_end(&d, out, err);
    if (status == SHUB_OK) {
        out->device = st.device;
        out->inode = st.inode;
    }
    shub__digester_fini(&d);
    shub__free(chunk);
    return status;
}

/* The calls on a descriptor do not know its path; who reads the message wants to. */
static shub_status name_file(shub_error *err, shub_status code, const char *path)
{
    char message[SHUB_ERROR_MESSAGE_MAX];

    if (!err || code == SHUB_E_NOMEM)
        return code;
    memcpy(message, err->message, sizeof message);
    return shub__fail(err, code, err->pos, "%s: %s", path, message);
}

shub_status shub__digest_file(const char *path, int gzip, shub__digest *out,
                              shub_error *err)
{
    int fd;
    shub_status status;

    memset(out, 0, sizeof *out);
    status = shub__file_open(path, SHUB__OPEN_READ, &fd, err);
    if (status != SHUB_OK)
        return status;
    status = digest_opened(fd, gzip, out, err);
    shub__file_close(fd);
    if (status == SHUB_OK)
        return SHUB_OK;
    memset(out, 0, sizeof *out);
    return name_file(err, status, path);
}
