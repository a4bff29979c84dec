#include "ship/digest.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "log/gzip.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

struct shub__hash {
    EVP_MD_CTX *context;
    int64_t bytes;
};

int shub__digest_equal(const shub__digest *a, const shub__digest *b)
{
    return a->known && b->known && a->bytes == b->bytes &&
           memcmp(a->sha256, b->sha256, SHUB__SHA256_SIZE) == 0;
}

shub_status shub__hash_new(shub__hash **out, shub_error *err)
{
    shub__hash *hash = shub__calloc(1, sizeof *hash);

    *out = NULL;
    if (!hash)
        return shub__fail_nomem(err);
    hash->context = EVP_MD_CTX_new();
    if (!hash->context || !EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL)) {
        shub__hash_free(hash);
        return shub__fail_nomem(err);
    }
    *out = hash;
    return SHUB_OK;
}

void shub__hash_free(shub__hash *hash)
{
    if (!hash)
        return;
    EVP_MD_CTX_free(hash->context);
    shub__free(hash);
}

shub_status shub__hash_add(shub__hash *hash, const void *ptr, size_t len, shub_error *err)
{
    assert(hash);
    hash->bytes += (int64_t)len;
    if (!EVP_DigestUpdate(hash->context, ptr, len))
        return shub__fail_nomem(err);
    return SHUB_OK;
}

shub_status shub__hash_end(shub__hash *hash, shub__digest *out, shub_error *err)
{
    out->bytes = hash->bytes;
    out->known = EVP_DigestFinal_ex(hash->context, out->sha256, NULL);
    return out->known ? SHUB_OK : shub__fail_nomem(err);
}

/* What reading a file needs. */
typedef struct reading {
    int fd;
    char *chunk;
    shub__hash *hash;
} reading;

static shub_status read_all(reading *r, shub_error *err)
{
    int64_t offset = 0;
    size_t got = SHUB__CHUNK;

    while (got == SHUB__CHUNK) {
        shub_status status =
            shub__file_read(r->fd, r->chunk, SHUB__CHUNK, offset, &got, err);
        if (status == SHUB_OK)
            status = shub__hash_add(r->hash, r->chunk, got, err);
        if (status != SHUB_OK)
            return status;
        offset += (int64_t)got;
    }
    return SHUB_OK;
}

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

static shub_status digest_opened(reading *r, int gzip, shub__digest *out, shub_error *err)
{
    shub__stat st;
    shub_status status = shub__file_stat(r->fd, &st, err);

    r->chunk = shub__malloc(SHUB__CHUNK);
    if (status == SHUB_OK && !r->chunk)
        status = shub__fail_nomem(err);
    if (status == SHUB_OK)
        status = shub__hash_new(&r->hash, err);
    if (status == SHUB_OK)
        status = read_all(r, err);
    if (status == SHUB_OK)
        status = shub__hash_end(r->hash, out, err);
    if (status == SHUB_OK && gzip)
        status = shub__gunzip(r->fd, pass_over, NULL, err);
    out->device = st.device;
    out->inode = st.inode;
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
    reading r = {SHUB_NONE, NULL, NULL};
    shub_status status;

    memset(out, 0, sizeof *out);
    status = shub__file_open(path, SHUB__OPEN_READ, &r.fd, err);
    if (status != SHUB_OK)
        return status;
    status = digest_opened(&r, gzip, out, err);
    shub__hash_free(r.hash);
    shub__free(r.chunk);
    shub__file_close(r.fd);
    if (status == SHUB_OK)
        return SHUB_OK;
    memset(out, 0, sizeof *out);
    return name_file(err, status, path);
}
