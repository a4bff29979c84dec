/* A folder as destination: a key is a path below it. */
#include "ship/folder.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

#define DEPTH_MAX 32 /* of folders below the destination */

shub_status shub__folder_path(const shub__folder *f, const char *key, shub__buf *path,
                              shub_error *err)
{
    shub__buf_init(path, SHUB__DEST_PATH_MAX);
    shub__buf_printf(path, "%s/%s", f->path, key);
    return shub__buf_check(path, "path", err);
}

/* Cuts a path at its last '/'. */
void shub__folder_parent(shub__buf *path)
{
    while (path->len > 0 && path->ptr[path->len - 1] != '/')
        path->len--;
    if (path->len > 1)
        path->len--;
    path->ptr[path->len] = '\0';
}

/* ---- looking ---------------------------------------------------------------------- */

static shub_status folder_head(shub__dest *dest, const char *key, shub__digest *out,
                               shub_error *err)
{
    shub__stat st;
    shub__buf path;
    shub_status status = shub__folder_path((shub__folder *)dest, key, &path, err);

    memset(out, 0, sizeof *out);
    if (status == SHUB_OK)
        status = shub__file_stat_path(path.ptr, &st, err);
    if (status == SHUB_OK) {
        out->bytes = st.is_folder ? SHUB_NONE : st.bytes;
        out->device = st.device;
        out->inode = st.inode;
    }
    shub__buf_fini(&path);
    return status;
}

static shub_status folder_read(shub__dest *dest, const char *key, int gzip,
                               shub__digest *out, shub_error *err)
{
    shub__buf path;
    shub_status status = shub__folder_path((shub__folder *)dest, key, &path, err);

    memset(out, 0, sizeof *out);
    if (status == SHUB_OK)
        status = shub__digest_file(path.ptr, gzip, out, err);
    shub__buf_fini(&path);
    return status;
}

static shub_status sync_file(const char *path, shub_error *err)
{
    int fd;
    shub_status status = shub__file_open(path, SHUB__OPEN_READ, &fd, err);

    if (status == SHUB_OK)
        status = shub__file_sync(fd, err);
    shub__file_close(fd);
    return status;
}

/* The file, and each folder from its own up to the destination. */
static shub_status folder_settle(shub__dest *dest, const char *key, shub_error *err)
{
    const shub__folder *f = (shub__folder *)dest;
    shub__buf path;
    shub_status status = shub__folder_path(f, key, &path, err);

    if (status == SHUB_OK)
        status = sync_file(path.ptr, err);
    while (status == SHUB_OK && path.len > strlen(f->path)) {
        shub__folder_parent(&path);
        status = shub__file_sync_folder(path.ptr, err);
    }
    shub__buf_fini(&path);
    return status;
}

/* ---- list ------------------------------------------------------------------------- */

typedef struct walk {
    const shub__folder *f;
    shub__buf key; /* of the folder at hand, '/' at its end, or empty */
    int depth;
    shub__dest_fn *fn;
    void *user;
    shub_error *err;
    shub_status status;
} walk;

static shub_status walk_folder(walk *w);

static shub_status walk_entry(walk *w, int is_folder)
{
    shub__digest there;
    shub_status status = shub__buf_check(&w->key, "key", w->err);

    if (status != SHUB_OK)
        return status;
    if (is_folder) {
        shub__buf_byte(&w->key, '/');
        return walk_folder(w);
    }
    status = folder_head((shub__dest *)w->f, w->key.ptr, &there, w->err);
    if (status != SHUB_OK) /* one that went meanwhile is not there */
        return status == SHUB_E_NOT_FOUND ? SHUB_OK : status;
    return w->fn(shub__buf_view(&w->key), there.bytes, w->user, w->err);
}

static int on_name(const char *name, int is_folder, void *user)
{
    walk *w = user;
    size_t len = w->key.len;

    if (name[0] == '.')
        return 0;
    shub__buf_text(&w->key, name);
    w->status = walk_entry(w, is_folder);
    w->key.len = len;
    return w->status != SHUB_OK;
}

static shub_status walk_folder(walk *w)
{
    shub__buf path;
    shub_status status = shub__buf_check(&w->key, "key", w->err);

    if (status == SHUB_OK && w->depth == DEPTH_MAX)
        status = shub__fail(w->err, SHUB_E_LIMIT, SHUB_NONE,
                            "%s: more than %d folders deep", w->key.ptr, DEPTH_MAX);
    if (status != SHUB_OK)
        return status;
    status = shub__folder_path(w->f, w->key.ptr ? w->key.ptr : "", &path, w->err);
    w->depth++;
    if (status == SHUB_OK)
        status = shub__file_list(path.ptr, on_name, w, w->err);
    w->depth--;
    shub__buf_fini(&path);
    if (status == SHUB_E_NOT_FOUND)
        status = SHUB_OK;
    return status == SHUB_OK ? w->status : status;
}

static shub_status folder_list(shub__dest *dest, const char *prefix, shub__dest_fn *fn,
                               void *user, shub_error *err)
{
    walk w = {(shub__folder *)dest, {0}, 0, fn, user, err, SHUB_OK};
    shub_status status;

    shub__buf_init(&w.key, SHUB__DEST_PATH_MAX);
    shub__buf_text(&w.key, prefix);
    status = walk_folder(&w);
    shub__buf_fini(&w.key);
    return status;
}

/* ---- open ------------------------------------------------------------------------- */

static void folder_close(shub__dest *dest)
{
    shub__folder *f = (shub__folder *)dest;

    shub__free(f->path);
    shub__free(f);
}

static const shub__dest_calls folder_calls = {
    folder_close,  shub__folder_put, folder_head,        folder_read,
    folder_settle, folder_list,      shub__folder_clean,
};

static shub_status decode_path(shub_slice text, shub__buf *path, shub_error *err)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        size_t len;
        if (byte == '%') {
            shub_slice digits = shub_bytes(text.ptr + i + 1, text.len - i > 2 ? 2 : 0);
            if (shub__hex_read(digits, &byte, 1, &len) || len != 1 || byte == 0)
                return shub__fail(err, SHUB_E_INVALID, (int64_t)i,
                                  "destination: bad %%-escape in %.*s", SHUB__SHOW(text));
            i += 2;
        }
        shub__buf_byte(path, (char)byte);
    }
    while (path->len > 1 && path->ptr[path->len - 1] == '/')
        path->ptr[--path->len] = '\0';
    return shub__buf_check(path, "destination", err);
}

static shub_status check_folder(const char *path, shub_error *err)
{
    shub__stat st;
    shub_status status = shub__file_stat_path(path, &st, err);

    if (status == SHUB_OK && !st.is_folder)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "destination %s is not a folder", path);
    return status;
}

shub_status shub__folder_open(shub_slice url, const shub__dest_options *opts,
                              shub__dest **dest, shub_error *err)
{
    const size_t scheme = sizeof "file://" - 1;
    shub__buf path;
    shub__folder *f;
    shub_status status;

    (void)opts;
    *dest = NULL;
    if (url.len <= scheme || url.ptr[scheme] != '/')
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "destination \"%.*s\": want file:///folder", SHUB__SHOW(url));
    f = shub__calloc(1, sizeof *f);
    if (!f)
        return shub__fail_nomem(err);
    shub__buf_init(&path, SHUB__DEST_PATH_MAX);
    status = decode_path(shub_bytes(url.ptr + scheme, url.len - scheme), &path, err);
    if (status == SHUB_OK)
        status = check_folder(path.ptr, err);
    f->dest.calls = &folder_calls;
    f->path = path.ptr; /* taken */
    if (status != SHUB_OK) {
        folder_close(&f->dest);
        return status;
    }
    *dest = &f->dest;
    return SHUB_OK;
}
