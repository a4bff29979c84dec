/* Copying into a folder. What is half-copied has a hidden name in the destination itself,
 * so that one look finds all of it, and is locked by who copies. */
#include "ship/folder.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

#define TEMP_MARK ".tmp-"
#define TEMP_HEX  16 /* digits of the content's SHA-256 in a temporary name */
#define NAMES_MAX ((size_t)1 << 20) /* bytes of temporary names removed by one clean */

static shub_status temp_of(const shub__folder *f, const char *key,
                           const shub__digest *digest, shub__buf *path, shub_error *err)
{
    const char *slash = strrchr(key, '/');
    char hex[TEMP_HEX];

    shub__hex_write(digest->sha256, TEMP_HEX / 2, hex);
    shub__buf_init(path, SHUB__DEST_PATH_MAX);
    shub__buf_printf(path, "%s/.%s" TEMP_MARK "%.*s", f->path, slash ? slash + 1 : key,
                     TEMP_HEX, hex);
    return shub__buf_check(path, "path", err);
}

static int is_temp(shub_slice name)
{
    const size_t tail = sizeof TEMP_MARK - 1 + TEMP_HEX;

    if (name.len <= tail + 1 || name.ptr[0] != '.')
        return 0;
    name = shub_bytes(name.ptr + name.len - tail, tail);
    if (!shub__starts_with(name, SHUB_LIT(TEMP_MARK)))
        return 0;
    for (size_t i = sizeof TEMP_MARK - 1; i < tail; i++)
        if (shub__hex_value(name.ptr[i]) == SHUB_NONE)
            return 0;
    return 1;
}

/* ---- put -------------------------------------------------------------------------- */

/* Whether the path still leads to the open file: 1 or 0. */
static shub_status is_same_file(int fd, const char *path, int *same, shub_error *err)
{
    shub__stat of_fd, of_path;
    shub_status status = shub__file_stat(fd, &of_fd, err);

    *same = 0;
    if (status != SHUB_OK)
        return status;
    status = shub__file_stat_path(path, &of_path, err);
    *same = status == SHUB_OK && of_fd.inode == of_path.inode &&
            of_fd.device == of_path.device;
    return status == SHUB_E_NOT_FOUND ? SHUB_OK : status;
}

/* Makes and locks the temporary file. One that is there is somebody's: what died shippers
 * left was cleaned away when this run began. It is never emptied and used again: a power
 * cut may have left it a second name of the object it became. */
static shub_status open_temp(const char *path, int *fd, shub_error *err)
{
    int same;
    shub_status status = shub__file_open(path, SHUB__OPEN_CREATE, fd, err);

    if (status == SHUB_E_EXISTS)
        return shub__fail(err, SHUB_E_BUSY, SHUB_NONE, "%s: in use by another", path);
    if (status != SHUB_OK)
        return status;
    status = shub__file_lock(*fd, err);
    if (status == SHUB_OK)
        status = is_same_file(*fd, path, &same, err);
    /* Between its making and its lock another shipper may have cleaned it away. */
    if (status == SHUB_OK && !same)
        status = shub__fail(err, SHUB_E_BUSY, SHUB_NONE, "%s: removed by another", path);
    if (status != SHUB_OK)
        shub__file_close(*fd);
    return status;
}

static shub_status copy_chunks(int from, int to, char *chunk, shub__digester *d,
                               shub_error *err)
{
    size_t got = SHUB__CHUNK, written;

    while (got == SHUB__CHUNK) {
        shub_status status =
            shub__file_read(from, chunk, SHUB__CHUNK, d->bytes, &got, err);
        if (status == SHUB_OK)
            status = shub__digester_add(d, chunk, got, err);
        if (status == SHUB_OK)
            status = shub__file_write(to, chunk, got, &written, err);
        if (status != SHUB_OK)
            return status;
    }
    return SHUB_OK;
}

/* Copies, and hashes what it copied. */
static shub_status copy_hashed(int from, int to, shub__digest *copied, shub_error *err)
{
    char *chunk = shub__malloc(SHUB__CHUNK);
    shub__digester d;
    shub_status status = shub__digester_init(&d, 0, err);

    if (status == SHUB_OK && !chunk)
        status = shub__fail_nomem(err);
    if (status == SHUB_OK)
        status = copy_chunks(from, to, chunk, &d, err);
    if (status == SHUB_OK)
        status = shub__digester_end(&d, copied, err);
    shub__digester_fini(&d);
    shub__free(chunk);
    return status;
}

static shub_status fill_temp(int temp, const char *path, const shub__digest *digest,
                             shub_error *err)
{
    shub__digest copied = {0};
    int from;
    shub_status status = shub__file_open(path, SHUB__OPEN_READ, &from, err);

    if (status != SHUB_OK)
        return status;
    status = copy_hashed(from, temp, &copied, err);
    shub__file_close(from);
    if (status == SHUB_OK && !shub__digest_equal(&copied, digest))
        status = shub__fail(err, SHUB_E_CORRUPT, SHUB_NONE,
                            "%s: changed while it was copied", path);
    return status == SHUB_OK ? shub__file_sync(temp, err) : status;
}

/* Gives the temporary file its key. Folders first: they are synced as they are made. */
static shub_status publish(const shub__folder *f, const char *temp, const char *key,
                           shub_error *err)
{
    shub__buf object, parent;
    shub_status status = shub__folder_path(f, key, &object, err);

    shub__buf_init(&parent, SHUB__DEST_PATH_MAX);
    shub__buf_slice(&parent, shub__buf_view(&object));
    if (status == SHUB_OK)
        status = shub__buf_check(&parent, "path", err);
    if (status == SHUB_OK) {
        shub__folder_parent(&parent);
        status = shub__file_make_folders(parent.ptr, err);
    }
    if (status == SHUB_OK)
        status = shub__file_rename_new(temp, object.ptr, err);
    if (status == SHUB_OK)
        status = shub__file_sync_folder(parent.ptr, err);
    shub__buf_fini(&object);
    shub__buf_fini(&parent);
    return status;
}

static shub_status put_temp(shub__folder *f, const char *temp, const char *path,
                            const shub__digest *digest, const char *key, shub_error *err)
{
    int fd;
    shub_status status = open_temp(temp, &fd, err);

    if (status != SHUB_OK)
        return status;
    status = fill_temp(fd, path, digest, err);
    if (status == SHUB_OK)
        status = publish(f, temp, key, err);
    /* Gone when it was renamed; else its room is wanted back now, not by the next clean.
     */
    if (status != SHUB_OK)
        (void)shub__file_unlink(temp, NULL);
    shub__file_unlock(fd);
    shub__file_close(fd);
    return status;
}

static shub_status put_file(shub__folder *f, const shub__dest_put *put)
{
    shub__buf temp;
    shub_status status = temp_of(f, put->key, put->digest, &temp, put->err);

    if (status == SHUB_OK)
        status = put_temp(f, temp.ptr, put->path, put->digest, put->key, put->err);
    shub__buf_fini(&temp);
    return status;
}

void shub__folder_put(shub__dest *dest, shub__dest_put *puts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        puts[i].status = put_file((shub__folder *)dest, &puts[i]);
}

/* ---- clean ------------------------------------------------------------------------ */

static int collect_temp(const char *name, int is_folder, void *user)
{
    shub_slice text = shub_str(name);

    if (!is_folder && is_temp(text))
        shub__buf_add(user, name, text.len + 1);
    return 0;
}

/* One that is locked has a living owner. */
static shub_status remove_stale(const char *path, shub_error *err)
{
    int fd;
    shub_status status = shub__file_open(path, SHUB__OPEN_READ, &fd, err);

    if (status != SHUB_OK)
        return status == SHUB_E_NOT_FOUND ? SHUB_OK : status;
    status = shub__file_lock(fd, err);
    if (status == SHUB_OK) {
        status = shub__file_unlink(path, err);
        shub__file_unlock(fd);
    }
    shub__file_close(fd);
    return status == SHUB_E_BUSY ? SHUB_OK : status;
}

shub_status shub__folder_clean(shub__dest *dest, shub_error *err)
{
    shub__folder *f = (shub__folder *)dest;
    shub__buf names, path;
    shub_status status;

    shub__buf_init(&names, NAMES_MAX);
    status = shub__file_list(f->path, collect_temp, &names, err);
    if (status == SHUB_OK && names.status != SHUB_E_LIMIT) /* more: next time */
        status = shub__buf_check(&names, "names", err);
    for (size_t at = 0; status == SHUB_OK && at < names.len;
         at += strlen(names.ptr + at) + 1) {
        status = shub__folder_path(f, names.ptr + at, &path, err);
        if (status == SHUB_OK)
            status = remove_stale(path.ptr, err);
        shub__buf_fini(&path);
    }
    shub__buf_fini(&names);
    return status;
}
