#include "support/memfs.h"

#include "base/file.h"
#include "support/memdisk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct handle {
    node *node; /* NULL: closed */
    int appends;
    int64_t at;
    int full; /* a short write was the plan: the next one finds no room */
} handle;

struct memfs {
    shub__file_calls calls;
    node *nodes;
    node *root;
    uint64_t next_id;
    handle *handles;
    int handle_count;
    uint64_t count, planned;
    memfs_fault fault;
    int came, dead;
    memfs_crash_fn *on_crash; /* may be NULL */
    void *user;
    int64_t now_us, free_bytes;
};

const char *memfs_fault_name(memfs_fault fault)
{
    static const char *const names[] = {"none",        "crash",  "crash after", "short",
                                        "short crash", "ENOSPC", "EIO",         "EMFILE"};

    return names[fault];
}

const char *memfs_boot_name(memfs_boot boot)
{
    static const char *const names[] = {"killed", "power lost", "power lost in part"};

    return names[boot];
}

/* ---- the plan ------------------------------------------------------------------- */

enum { NEEDS_ROOM = 1, OPENS = 2, WRITES = 4, NEVER_FAILS = 8 };

/* Counts a call. Returns the fault to act out in it, MEMFS_NONE mostly, or -EIO, ENOSPC,
 * EMFILE as the answer the call gives at once. */
static int enter(memfs *fs, int traits)
{
    fs->count++;
    if (fs->dead)
        return -EIO;
    if (fs->count != fs->planned)
        return MEMFS_NONE;
    fs->came = 1;
    switch (fs->fault) {
    case MEMFS_CRASH:
        memfs_crash(fs);
        return -EIO;
    case MEMFS_CRASH_AFTER:
        memfs_crash(fs);
        return MEMFS_CRASH_AFTER;
    case MEMFS_SHORT:
        return traits & WRITES ? MEMFS_SHORT : MEMFS_NONE;
    case MEMFS_SHORT_CRASH:
        if (traits & WRITES)
            memfs_crash(fs);
        return traits & WRITES ? MEMFS_SHORT_CRASH : MEMFS_NONE;
    case MEMFS_ENOSPC:
        return traits & NEEDS_ROOM ? -ENOSPC : MEMFS_NONE;
    case MEMFS_EIO:
        return traits & NEVER_FAILS ? MEMFS_NONE : -EIO;
    case MEMFS_EMFILE:
        return traits & OPENS ? -EMFILE : MEMFS_NONE;
    default:
        return MEMFS_NONE;
    }
}

/* The answer of a call that did its work, or did not and says why. */
static int64_t leave(int mode, int64_t result)
{
    return mode == MEMFS_CRASH_AFTER || mode == MEMFS_SHORT_CRASH ? -EIO : result;
}

#define ENTER(traits)                                                                    \
    memfs *fs = user;                                                                    \
    int mode = enter(fs, traits);                                                        \
    if (mode < 0)                                                                        \
    return mode

static handle *handle_of(memfs *fs, int fd)
{
    if (fd < 0 || fd >= fs->handle_count || !fs->handles[fd].node)
        abort(); /* a descriptor that is not open: the code under test is wrong */
    return &fs->handles[fd];
}

/* ---- the calls ------------------------------------------------------------------ */

static node *add_node(memfs *fs, int is_folder)
{
    node *n = node_new(++fs->next_id, is_folder, fs->now_us);

    n->next = fs->nodes;
    fs->nodes = n;
    return n;
}

static int handle_new(memfs *fs, node *file, int appends)
{
    int fd = 0;

    while (fd < fs->handle_count && fs->handles[fd].node)
        fd++;
    if (fd == fs->handle_count) {
        fs->handles = mem_more(fs->handles, (size_t)fd, sizeof *fs->handles);
        fs->handle_count++;
    }
    fs->handles[fd] = (handle){file, appends, 0, 0};
    return fd;
}

static int open_place(memfs *fs, place *p, shub__open_mode how)
{
    if (p->node && p->node->is_folder)
        return -EISDIR;
    if (p->node && how == SHUB__OPEN_CREATE)
        return -EEXIST;
    if (!p->node && (how == SHUB__OPEN_READ || how == SHUB__OPEN_UPDATE))
        return -ENOENT;
    if (!p->node) {
        p->node = add_node(fs, 0);
        folder_change(p->folder, NULL, p->name, p->node);
    }
    if (how == SHUB__OPEN_REPLACE)
        file_truncate(p->node, 0);
    return handle_new(fs, p->node, how == SHUB__OPEN_APPEND);
}

static int fs_open(void *user, const char *path, shub__open_mode how)
{
    place p;
    int result;

    ENTER(OPENS | (how == SHUB__OPEN_READ || how == SHUB__OPEN_UPDATE ? 0 : NEEDS_ROOM));
    result = place_find(fs->root, path, &p);
    if (result < 0)
        return (int)leave(mode, result);
    result = open_place(fs, &p, how);
    place_done(&p);
    return (int)leave(mode, result);
}

static void unlock_if_held(memfs *fs, int fd)
{
    if (fs->handles[fd].node->locked_by == fd + 1)
        fs->handles[fd].node->locked_by = 0;
}

static int fs_close(void *user, int fd)
{
    ENTER(NEVER_FAILS);
    (void)handle_of(fs, fd);
    unlock_if_held(fs, fd);
    fs->handles[fd].node = NULL;
    return (int)leave(mode, 0);
}

static int64_t fs_read(void *user, int fd, void *dst, size_t len, int64_t offset)
{
    bytes *content;

    ENTER(0);
    content = &handle_of(fs, fd)->node->now;
    if ((uint64_t)offset >= content->len)
        return leave(mode, 0);
    if (len > content->len - (size_t)offset)
        len = content->len - (size_t)offset;
    memcpy(dst, content->ptr + offset, len);
    return leave(mode, (int64_t)len);
}

/* At `offset`, or behind the last write of the descriptor when that is SHUB_NONE. */
static int64_t write_some(memfs *fs, int mode, handle *h, const void *src, size_t len,
                          int64_t offset)
{
    if (h->full) {
        h->full = 0;
        return leave(mode, -ENOSPC);
    }
    if (mode == MEMFS_SHORT || mode == MEMFS_SHORT_CRASH) {
        len /= 2;
        h->full = len > 0;
        if (len == 0)
            return -ENOSPC;
    }
    if (h->appends)
        h->at = (int64_t)h->node->now.len;
    if (offset != SHUB_NONE)
        h->at = offset;
    file_write(h->node, h->at, src, len);
    h->node->mtime_us = fs->now_us;
    h->at += (int64_t)len;
    return leave(mode, (int64_t)len);
}

static int64_t fs_write(void *user, int fd, const void *src, size_t len)
{
    ENTER(WRITES | NEEDS_ROOM);
    return write_some(fs, mode, handle_of(fs, fd), src, len, SHUB_NONE);
}

static int64_t fs_write_at(void *user, int fd, const void *src, size_t len,
                           int64_t offset)
{
    ENTER(WRITES | NEEDS_ROOM);
    return write_some(fs, mode, handle_of(fs, fd), src, len, offset);
}

static int fs_truncate(void *user, int fd, int64_t len)
{
    ENTER(0);
    file_truncate(handle_of(fs, fd)->node, len);
    return (int)leave(mode, 0);
}

static int fs_sync(void *user, int fd)
{
    node *file;
    memfs *fs = user;
    int mode = enter(fs, NEEDS_ROOM);

    if (mode < 0 && fs->dead)
        return mode;
    file = handle_of(fs, fd)->node;
    if (mode < 0) {
        file_lose(file);
        return mode;
    }
    file_to_disk(file);
    return (int)leave(mode, 0);
}

static int fs_sync_folder(void *user, const char *path)
{
    place p;
    int result;

    ENTER(OPENS | NEEDS_ROOM);
    result = place_find(fs->root, path, &p);
    if (result < 0)
        return (int)leave(mode, result);
    if (p.node && p.node->is_folder)
        folder_to_disk(p.node);
    result = !p.node ? -ENOENT : p.node->is_folder ? 0 : -ENOTDIR;
    place_done(&p);
    return (int)leave(mode, result);
}

static int fs_lock(void *user, int fd)
{
    node *file;

    ENTER(0);
    file = handle_of(fs, fd)->node;
    if (file->locked_by && file->locked_by != fd + 1)
        return (int)leave(mode, -EWOULDBLOCK);
    file->locked_by = fd + 1;
    return (int)leave(mode, 0);
}

static int fs_unlock(void *user, int fd)
{
    ENTER(NEVER_FAILS);
    (void)handle_of(fs, fd);
    unlock_if_held(fs, fd);
    return (int)leave(mode, 0);
}

static void stat_fill(const node *n, shub__stat *out)
{
    out->bytes = (int64_t)n->now.len;
    out->mtime_us = n->mtime_us;
    out->birth_us = n->birth_us;
    out->device = 1;
    out->inode = n->id;
    out->is_folder = n->is_folder;
}

static int fs_stat_fd(void *user, int fd, shub__stat *out)
{
    ENTER(0);
    stat_fill(handle_of(fs, fd)->node, out);
    return (int)leave(mode, 0);
}

static int fs_stat_path(void *user, const char *path, shub__stat *out)
{
    place p;
    int result;

    ENTER(0);
    result = place_find(fs->root, path, &p);
    if (result < 0)
        return (int)leave(mode, result);
    if (p.node)
        stat_fill(p.node, out);
    result = p.node ? 0 : -ENOENT;
    place_done(&p);
    return (int)leave(mode, result);
}

static int rename_places(const place *from, const place *to, int replaces)
{
    if (!from->node)
        return -ENOENT;
    if (to->node && !replaces)
        return -EEXIST;
    if (to->node == from->node)
        return 0;
    if (from->folder == to->folder) {
        folder_change(from->folder, from->name, to->name, from->node);
        return 0;
    }
    folder_change(to->folder, NULL, to->name, from->node);
    folder_change(from->folder, from->name, NULL, NULL);
    return 0;
}

static int rename_paths(memfs *fs, const char *from, const char *to, int replaces)
{
    place a;
    place b;
    int result = place_find(fs->root, from, &a);

    if (result < 0)
        return result;
    result = place_find(fs->root, to, &b);
    if (result == 0) {
        result = rename_places(&a, &b, replaces);
        place_done(&b);
    }
    place_done(&a);
    return result;
}

static int fs_rename(void *user, const char *from, const char *to)
{
    ENTER(NEEDS_ROOM);
    return (int)leave(mode, rename_paths(fs, from, to, 1));
}

static int fs_rename_new(void *user, const char *from, const char *to)
{
    ENTER(NEEDS_ROOM);
    return (int)leave(mode, rename_paths(fs, from, to, 0));
}

static int fs_unlink(void *user, const char *path)
{
    place p;
    int result;

    ENTER(0);
    result = place_find(fs->root, path, &p);
    if (result < 0)
        return (int)leave(mode, result);
    result = !p.node ? -ENOENT : p.node->is_folder ? -EISDIR : 0;
    if (result == 0)
        folder_change(p.folder, p.name, NULL, NULL);
    place_done(&p);
    return (int)leave(mode, result);
}

static int fs_make_folder(void *user, const char *path)
{
    place p;
    int result;

    ENTER(NEEDS_ROOM);
    result = place_find(fs->root, path, &p);
    if (result < 0)
        return (int)leave(mode, result);
    result = p.node ? -EEXIST : 0;
    if (result == 0)
        folder_change(p.folder, NULL, p.name, add_node(fs, 1));
    place_done(&p);
    return (int)leave(mode, result);
}

static int fs_remove_folder(void *user, const char *path)
{
    place p;
    int result;

    ENTER(0);
    result = place_find(fs->root, path, &p);
    if (result < 0)
        return (int)leave(mode, result);
    result = !p.node ? -ENOENT : !p.node->is_folder ? -ENOTDIR : 0;
    if (result == 0 && p.node->names.count)
        result = -ENOTEMPTY;
    if (result == 0)
        folder_change(p.folder, p.name, NULL, NULL);
    place_done(&p);
    return (int)leave(mode, result);
}

static int fs_list(void *user, const char *path, shub__name_fn *fn, void *fn_user)
{
    entries names = {NULL, 0};
    place p;
    int result;

    ENTER(OPENS);
    result = place_find(fs->root, path, &p);
    if (result < 0)
        return (int)leave(mode, result);
    result = !p.node ? -ENOENT : p.node->is_folder ? 0 : -ENOTDIR;
    if (result == 0) /* a copy: `fn` may change the folder */
        entries_copy(&names, &p.node->names);
    place_done(&p);
    for (size_t i = 0; i < names.count; i++)
        if (fn(names.at[i].name, names.at[i].node->is_folder, fn_user))
            break;
    entries_clear(&names);
    return (int)leave(mode, result);
}

static int fs_free_bytes(void *user, const char *path, int64_t *out)
{
    ENTER(0);
    (void)path;
    *out = fs->free_bytes;
    return (int)leave(mode, 0);
}

static int fs_journal(void *user)
{
    ENTER(NEEDS_ROOM);
    return (int)leave(mode, 0);
}

static const shub__file_calls table = {
    .open = fs_open,
    .close = fs_close,
    .read = fs_read,
    .write = fs_write,
    .write_at = fs_write_at,
    .truncate = fs_truncate,
    .sync = fs_sync,
    .sync_folder = fs_sync_folder,
    .lock = fs_lock,
    .unlock = fs_unlock,
    .stat_fd = fs_stat_fd,
    .stat_path = fs_stat_path,
    .rename = fs_rename,
    .rename_new = fs_rename_new,
    .unlink = fs_unlink,
    .make_folder = fs_make_folder,
    .remove_folder = fs_remove_folder,
    .list = fs_list,
    .free_bytes = fs_free_bytes,
    .journal = fs_journal,
};

/* ---- the test's side ------------------------------------------------------------ */

memfs *memfs_new(void)
{
    memfs *fs = mem_must(calloc(1, sizeof *fs));

    fs->calls = table;
    fs->calls.user = fs;
    fs->free_bytes = INT64_MAX;
    fs->root = add_node(fs, 1);
    shub__file_set_calls(&fs->calls);
    return fs;
}

void memfs_free(memfs *fs)
{
    shub__file_set_calls(NULL);
    while (fs->nodes) {
        node *next = fs->nodes->next;
        node_free(fs->nodes);
        fs->nodes = next;
    }
    free(fs->handles);
    free(fs);
}

const shub__file_calls *memfs_calls_table(const memfs *fs)
{
    return &fs->calls;
}

void memfs_plan(memfs *fs, uint64_t k, memfs_fault fault)
{
    fs->count = 0;
    fs->planned = k;
    fs->fault = fault;
    fs->came = 0;
}

uint64_t memfs_calls(const memfs *fs)
{
    return fs->count;
}

int memfs_fault_came(const memfs *fs)
{
    return fs->came;
}

int memfs_dead(const memfs *fs)
{
    return fs->dead;
}

void memfs_crash(memfs *fs)
{
    fs->dead = 1;
    if (fs->on_crash)
        fs->on_crash(fs->user);
}

void memfs_on_crash(memfs *fs, memfs_crash_fn *fn, void *user)
{
    fs->on_crash = fn;
    fs->user = user;
}

void memfs_reboot(memfs *fs, memfs_boot boot, uint64_t seed)
{
    for (node *n = fs->nodes; n; n = n->next)
        node_reboot(n, boot, &seed);
    for (int fd = 0; fd < fs->handle_count; fd++)
        fs->handles[fd].node = NULL;
    fs->dead = 0;
    memfs_plan(fs, 0, MEMFS_NONE);
}

void memfs_set_now(memfs *fs, int64_t now_us)
{
    fs->now_us = now_us;
}

void memfs_set_free(memfs *fs, int64_t free_bytes)
{
    fs->free_bytes = free_bytes;
}

int memfs_open_count(const memfs *fs)
{
    int count = 0;

    for (int fd = 0; fd < fs->handle_count; fd++)
        count += fs->handles[fd].node != NULL;
    return count;
}
