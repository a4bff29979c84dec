#include "log/files.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct shub_log_list {
    shub_log_file *files; /* each owns its path, the stream behind it */
    size_t count;
    size_t cap;
    size_t next;
};

/* Whether another descriptor holds the lock, of this process or another. */
static shub_status ask_writer(const char *path, int *has_writer, shub_error *err)
{
    int fd;
    shub_status status = shub__file_open(path, SHUB__OPEN_READ, &fd, err);

    *has_writer = 0;
    if (status)
        return status;
    status = shub__file_lock(fd, err);
    *has_writer = status == SHUB_E_BUSY;
    shub__file_unlock(fd);
    shub__file_close(fd);
    return *has_writer ? SHUB_OK : status;
}

static shub_status look(const char *path, shub_log_file *file, shub_error *err)
{
    shub__stat stat;
    int has_writer = 0;
    shub_status status = shub__file_stat_path(path, &stat, err);

    if (!status && file->state == SHUB_LOG_OPEN)
        status = ask_writer(path, &has_writer, err);
    if (has_writer)
        file->state = SHUB_LOG_LIVE;
    file->bytes = stat.bytes;
    return status;
}

/* SHUB_E_NOT_FOUND when it is gone meanwhile. */
static shub_status fill(const shub__log_place *place, const shub__log_entry *entry,
                        shub_log_file *file, shub_error *err)
{
    shub__log_name name = shub__log_entry_name(entry);
    shub__buf path;
    size_t len;
    shub_status status;

    memset(file, 0, sizeof *file);
    file->size = sizeof *file;
    file->hour_us = entry->hour_us;
    file->number = entry->number;
    file->state = entry->state;
    shub__buf_init(&path, SHUB__PATH_MAX + sizeof entry->stream + 1);
    status = shub__log_path(&path, place, &name, err);
    if (!status)
        status = look(path.ptr, file, err);
    len = path.len;
    shub__buf_byte(&path, '\0');
    shub__buf_slice(&path, name.stream);
    if (!status)
        status = shub__buf_check(&path, "path", err);
    if (status) {
        shub__buf_fini(&path);
        return status;
    }
    file->path = shub_bytes(path.ptr, len);
    file->name = shub_str(strrchr(path.ptr, '/') + 1);
    file->stream = shub_bytes(path.ptr + len + 1, name.stream.len);
    return SHUB_OK;
}

static int has_sealing(const shub__log_entries *entries, const char *stream)
{
    for (size_t i = 0; i < entries->count; i++)
        if (entries->at[i].state == SHUB_LOG_SEALING &&
            (!stream || strcmp(entries->at[i].stream, stream) == 0))
            return 1;
    return 0;
}

static shub_status grow(shub_log_list *list, size_t more, shub_error *err)
{
    size_t cap = list->cap ? list->cap * 2 : 64;
    shub_log_file *grown;

    if (list->cap - list->count >= more)
        return SHUB_OK;
    cap = cap - list->count < more ? list->count + more : cap;
    grown = shub__reallocarray(list->files, cap, sizeof *grown);
    if (!grown)
        return shub__fail_nomem(err);
    list->files = grown;
    list->cap = cap;
    return SHUB_OK;
}

/* `later` is what the folder held after `entries` were read. */
static shub_status add_files(shub_log_list *list, const shub__log_place *place,
                             const shub__log_entries *entries,
                             const shub__log_entries *later, shub_error *err)
{
    int held = has_sealing(later, NULL);
    shub_status status = grow(list, entries->count, err);

    for (size_t i = 0; i < entries->count && !status; i++) {
        shub_log_file *file = &list->files[list->count];
        shub_error failure;
        status = fill(place, &entries->at[i], file, &failure);
        if (status == SHUB_E_NOT_FOUND) {
            status = SHUB_OK;
            continue;
        }
        if (status && err)
            *err = failure;
        list->count += !status;
        if (held && file->state == SHUB_LOG_SEALED &&
            has_sealing(later, entries->at[i].stream))
            file->state = SHUB_LOG_SEALING;
    }
    return status;
}

/* A .jl.gz is final once no .sealing of its stream and hour is left: until then a
 * recovery may make it again. One that is there while its sealed file is seen is sure to
 * be in a list begun afterwards, so the folder is read twice. */
static shub_status add_hour(shub_log_list *list, const shub__log_place *place,
                            int64_t hour_us, shub_error *err)
{
    shub__log_entries entries;
    shub__log_entries later = {NULL, 0, 0};
    shub_status status = shub__log_files_read(place, hour_us, &entries, err);

    if (!status && entries.count)
        status = shub__log_files_read(place, hour_us, &later, err);
    if (!status)
        status = add_files(list, place, &entries, &later, err);
    shub__free(entries.at);
    shub__free(later.at);
    return status;
}

static int compare(const void *a, const void *b)
{
    const shub_log_file *x = a;
    const shub_log_file *y = b;

    if (x->hour_us != y->hour_us)
        return x->hour_us < y->hour_us ? -1 : 1;
    return strcmp(x->name.ptr, y->name.ptr);
}

static shub_status fill_list(shub_log_list *list, const shub__log_place *place,
                             shub_error *err)
{
    shub__log_hours hours;
    shub_status status = shub__log_hours_read(place, &hours, err);

    for (size_t i = 0; i < hours.count && !status; i++)
        status = add_hour(list, place, hours.at[i], err);
    shub__free(hours.at);
    if (!status && list->count)
        qsort(list->files, list->count, sizeof *list->files, compare);
    return status;
}

/* The root with a NUL behind it. */
static shub_status open_list(shub_slice root, const char *prefix, shub_log_list *list,
                             shub_error *err)
{
    char *copy = shub__strndup(root.ptr, root.len);
    shub__log_place place = {{copy, root.len}, shub_str(prefix ? prefix : "sensorhub")};
    shub_status status;

    if (!copy)
        return shub__fail_nomem(err);
    status = fill_list(list, &place, err);
    shub__free(copy);
    return status;
}

shub_status shub_log_list_open(shub_slice root, const char *prefix, shub_log_list **list,
                               shub_error *err)
{
    shub_log_list *made = shub__calloc(1, sizeof *made);
    shub_status status;

    *list = NULL;
    if (!made)
        return shub__fail_nomem(err);
    status = open_list(root, prefix, made, err);
    if (status) {
        shub_log_list_close(made);
        return status;
    }
    *list = made;
    return SHUB_OK;
}

int shub_log_list_next(shub_log_list *list, shub_log_file *file)
{
    size_t head = sizeof file->size;
    size_t size = file->size < sizeof *file ? file->size : sizeof *file;

    memset((char *)file + head, 0, size - head);
    if (list->next == list->count)
        return 0;
    memcpy((char *)file + head, (char *)&list->files[list->next++] + head, size - head);
    return 1;
}

void shub__log_list_rewind(shub_log_list *list)
{
    list->next = 0;
}

void shub_log_list_close(shub_log_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        shub__free((char *)list->files[i].path.ptr);
    shub__free(list->files);
    shub__free(list);
}
