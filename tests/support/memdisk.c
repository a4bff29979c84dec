#include "support/memdisk.h"

#include "base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory: a test without memory may stop ------------------------------------- */

void *mem_must(void *ptr)
{
    if (!ptr)
        abort();
    return ptr;
}

/* One more item of `size` bytes behind `count` of them, zeroed. */
void *mem_more(void *array, size_t count, size_t size)
{
    char *grown = mem_must(realloc(array, (count + 1) * size));

    memset(grown + count * size, 0, size);
    return grown;
}

static void bytes_resize(bytes *b, size_t len)
{
    b->ptr = mem_must(realloc(b->ptr, len + 1));
    if (len > b->len)
        memset(b->ptr + b->len, 0, len - b->len);
    b->len = len;
}

static void bytes_put(bytes *b, size_t offset, const void *src, size_t len)
{
    if (offset + len > b->len)
        bytes_resize(b, offset + len);
    if (len)
        memcpy(b->ptr + offset, src, len);
}

static void bytes_copy(bytes *to, const bytes *from)
{
    bytes_resize(to, 0);
    bytes_put(to, 0, from->ptr, from->len);
}

/* ---- names ---------------------------------------------------------------------- */

entry *entries_find(const entries *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->at[i].name, name) == 0)
            return &set->at[i];
    return NULL;
}

static void entries_remove(entries *set, const char *name)
{
    entry *found = entries_find(set, name);

    if (!found)
        return;
    free(found->name);
    *found = set->at[--set->count];
}

static void entries_set(entries *set, const char *name, node *target)
{
    entry *found = entries_find(set, name);

    if (found) {
        found->node = target;
        return;
    }
    set->at = mem_more(set->at, set->count, sizeof *set->at);
    set->at[set->count].name = mem_must(strdup(name));
    set->at[set->count++].node = target;
}

void entries_clear(entries *set)
{
    while (set->count)
        entries_remove(set, set->at[0].name);
    free(set->at);
    set->at = NULL;
}

void entries_copy(entries *to, const entries *from)
{
    entries_clear(to);
    for (size_t i = 0; i < from->count; i++)
        entries_set(to, from->at[i].name, from->at[i].node);
}

static void naming_apply(const naming *n, entries *set)
{
    if (n->gone)
        entries_remove(set, n->gone);
    if (n->name)
        entries_set(set, n->name, n->node);
}

void folder_change(node *folder, const char *gone, const char *name, node *target)
{
    naming *n;

    folder->namings = mem_more(folder->namings, folder->naming_count, sizeof *n);
    n = &folder->namings[folder->naming_count++];
    n->gone = gone ? mem_must(strdup(gone)) : NULL;
    n->name = name ? mem_must(strdup(name)) : NULL;
    n->node = target;
    naming_apply(n, &folder->names);
}

static void namings_clear(node *folder)
{
    for (size_t i = 0; i < folder->naming_count; i++) {
        free(folder->namings[i].gone);
        free(folder->namings[i].name);
    }
    folder->naming_count = 0;
}

void folder_to_disk(node *folder)
{
    entries_copy(&folder->disk_names, &folder->names);
    namings_clear(folder);
}

/* ---- content -------------------------------------------------------------------- */

static void change_apply(const change *c, bytes *to)
{
    if (c->truncates)
        bytes_resize(to, (size_t)c->offset);
    else
        bytes_put(to, (size_t)c->offset, c->data.ptr, c->data.len);
}

static void file_change(node *file, int truncates, int64_t offset, const void *src,
                        size_t len)
{
    change *c;

    file->changes = mem_more(file->changes, file->change_count, sizeof *c);
    c = &file->changes[file->change_count++];
    c->truncates = truncates;
    c->offset = offset;
    bytes_put(&c->data, 0, src, len);
    change_apply(c, &file->now);
}

void file_write(node *file, int64_t offset, const void *src, size_t len)
{
    file_change(file, 0, offset, src, len);
}

void file_truncate(node *file, int64_t len)
{
    file_change(file, 1, len, NULL, 0);
}

void file_lose(node *file)
{
    for (size_t i = 0; i < file->change_count; i++)
        file->changes[i].lost |= !file->changes[i].truncates;
}

static void changes_clear(node *file)
{
    for (size_t i = 0; i < file->change_count; i++)
        free(file->changes[i].data.ptr);
    file->change_count = 0;
}

void file_to_disk(node *file)
{
    for (size_t i = 0; i < file->change_count; i++) {
        const change *c = &file->changes[i];
        size_t end = (size_t)c->offset + c->data.len;
        if (!c->lost)
            change_apply(c, &file->disk);
        else if (end > file->disk.len) /* its length came, its bytes did not */
            bytes_resize(&file->disk, end);
    }
    changes_clear(file);
}

node *node_new(uint64_t id, int is_folder, int64_t now_us)
{
    node *n = mem_must(calloc(1, sizeof *n));

    n->id = id;
    n->is_folder = is_folder;
    n->mtime_us = now_us;
    n->birth_us = now_us;
    return n;
}

void node_free(node *n)
{
    changes_clear(n);
    namings_clear(n);
    entries_clear(&n->names);
    entries_clear(&n->disk_names);
    free(n->changes);
    free(n->namings);
    free(n->now.ptr);
    free(n->disk.ptr);
    free(n);
}

/* Of a file's unsynced changes: none, all, those before a cut, or each one or not. */
static void file_some(node *file, uint64_t *seed)
{
    uint64_t way = shub__random_below(seed, 4);
    uint64_t cut = shub__random_below(seed, file->change_count + 1);

    for (size_t i = 0; way > 0 && i < file->change_count; i++) {
        change *c = &file->changes[i];
        if (way == 2 && i > cut)
            break;
        if (way == 2 && i == cut)
            c->data.len = shub__random_below(seed, c->data.len + 1);
        if (way == 3 && shub__random_below(seed, 2))
            continue;
        if (!c->lost)
            change_apply(c, &file->disk);
    }
}

static void folder_some(node *folder, uint64_t *seed)
{
    for (size_t i = 0; i < folder->naming_count; i++)
        if (shub__random_below(seed, 2))
            naming_apply(&folder->namings[i], &folder->disk_names);
}

void node_reboot(node *n, memfs_boot boot, uint64_t *seed)
{
    n->locked_by = 0;
    if (boot == MEMFS_KILLED)
        return;
    if (boot == MEMFS_POWER_SOME) {
        file_some(n, seed);
        folder_some(n, seed);
    }
    bytes_copy(&n->now, &n->disk);
    entries_copy(&n->names, &n->disk_names);
    changes_clear(n);
    namings_clear(n);
}

/* ---- paths ---------------------------------------------------------------------- */

/* Finds the folder a path's last name is in; `last` points at that name inside `copy`. */
static int walk(node *root, char *copy, node **folder, char **last)
{
    node *at = root;
    char *save = NULL;
    char *name = strtok_r(copy, "/", &save);

    *last = NULL;
    for (; name; name = strtok_r(NULL, "/", &save)) {
        if (strcmp(name, ".") == 0)
            continue;
        if (*last) {
            entry *found = entries_find(&at->names, *last);
            if (!found)
                return -ENOENT;
            if (!found->node->is_folder)
                return -ENOTDIR;
            at = found->node;
        }
        *last = name;
    }
    *folder = at;
    return 0;
}

int place_find(node *root, const char *path, place *p)
{
    entry *found;
    int result;

    memset(p, 0, sizeof *p);
    p->copy = mem_must(strdup(path));
    result = walk(root, p->copy, &p->folder, &p->name);
    if (result < 0) {
        free(p->copy);
        return result;
    }
    found = p->name ? entries_find(&p->folder->names, p->name) : NULL;
    p->node = p->name ? (found ? found->node : NULL) : root;
    return 0;
}

void place_done(place *p)
{
    free(p->copy);
}
