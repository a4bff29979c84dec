/* The files and folders of memfs: each holds what the running system shows and what is on
 * the disk, and the changes between the two. */
#ifndef TESTS_SUPPORT_MEMDISK_H
#define TESTS_SUPPORT_MEMDISK_H

#include "support/memfs.h"

#include <stddef.h>

typedef struct node node;

typedef struct bytes {
    char *ptr;
    size_t len;
} bytes;

/* A write or a truncation that no sync has covered. */
typedef struct change {
    int64_t offset; /* of a write; the length of a truncation */
    bytes data;
    int truncates;
    int lost; /* a sync that should have covered it failed */
} change;

typedef struct entry {
    char *name;
    node *node;
} entry;

typedef struct entries {
    entry *at;
    size_t count;
} entries;

/* A change of names in one folder: `gone` goes, `name` then means `node`; either may be
 * missing. A rename inside a folder is one change, so it happens whole or not at all. */
typedef struct naming {
    char *gone;
    char *name;
    node *node;
} naming;

struct node {
    node *next;
    uint64_t id;
    int is_folder;
    int64_t mtime_us, birth_us;
    int locked_by; /* descriptor + 1 */

    bytes now, disk;
    change *changes;
    size_t change_count;

    entries names, disk_names;
    naming *namings;
    size_t naming_count;
};

/* Allocation that stops the test when there is no memory. */
void *mem_must(void *ptr);
/* One more item of `size` bytes behind `count` of them, zeroed. */
void *mem_more(void *array, size_t count, size_t size);

entry *entries_find(const entries *set, const char *name);
void entries_clear(entries *set);
void entries_copy(entries *to, const entries *from);

/* Changes names as the running system shows them, and notes it for the disk: `gone` goes,
 * `name` then means `target`; either may be NULL. */
void folder_change(node *folder, const char *gone, const char *name, node *target);
void folder_to_disk(node *folder);

void file_write(node *file, int64_t offset, const void *src, size_t len);
void file_truncate(node *file, int64_t len);
void file_to_disk(node *file);
/* What a sync that fails does: the data not on the disk will never come there. */
void file_lose(node *file);

/* Where a path leads. */
typedef struct place {
    char *copy;
    node *folder;
    char *name; /* NULL: the root */
    node *node; /* NULL: not there */
} place;

/* Finds it below a root: 0, -ENOENT or -ENOTDIR for its folder. To be ended with
 * place_done. */
int place_find(node *root, const char *path, place *p);
void place_done(place *p);

node *node_new(uint64_t id, int is_folder, int64_t now_us);
void node_free(node *n);
/* Leaves what `boot` leaves, on the disk and as it shows. */
void node_reboot(node *n, memfs_boot boot, uint64_t *seed);

#endif
