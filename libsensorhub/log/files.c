#include "log/files.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more item; NULL without memory. */
static void *one_more(void *array, size_t count, size_t *cap, size_t size)
{
    size_t more = *cap ? *cap * 2 : 16;
    void *grown;

    if (count < *cap)
        return array;
    grown = shub__reallocarray(array, more, size);
    if (grown)
        *cap = more;
    return grown;
}

typedef struct hours_user {
    shub__log_hours *hours;
    int failed;
} hours_user;

static int add_hour(const char *name, int is_folder, void *user)
{
    hours_user *u = user;
    shub__log_hours *hours = u->hours;
    int64_t hour_us;
    int64_t *grown;

    if (!is_folder || shub__hour_read(shub_str(name), &hour_us) != SHUB_OK)
        return 0;
    grown = one_more(hours->at, hours->count, &hours->cap, sizeof *grown);
    u->failed = !grown;
    if (!grown)
        return 1;
    hours->at = grown;
    hours->at[hours->count++] = hour_us;
    return 0;
}

static int compare_hours(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

shub_status shub__log_hours_read(const shub__log_place *place, shub__log_hours *hours,
                                 shub_error *err)
{
    hours_user user = {hours, 0};
    shub_status status;

    memset(hours, 0, sizeof *hours);
    status = shub__file_list(place->root.ptr, add_hour, &user, err);
    if (!status && user.failed)
        status = shub__fail_nomem(err);
    if (status) {
        shub__free(hours->at);
        memset(hours, 0, sizeof *hours);
        return status;
    }
    if (hours->count)
        qsort(hours->at, hours->count, sizeof *hours->at, compare_hours);
    return SHUB_OK;
}

typedef struct files_user {
    shub__log_entries *entries;
    shub_slice prefix;
    int64_t hour_us;
    int failed;
} files_user;

static int add_file(const char *text, int is_folder, void *user)
{
    files_user *u = user;
    shub__log_entries *entries = u->entries;
    shub__log_entry *grown;
    shub__log_name name;

    if (is_folder || !shub__log_name_read(shub_str(text), u->prefix, &name) ||
        name.hour_us != u->hour_us)
        return 0;
    grown = one_more(entries->at, entries->count, &entries->cap, sizeof *grown);
    u->failed = !grown;
    if (!grown)
        return 1;
    entries->at = grown;
    grown += entries->count++;
    memset(grown, 0, sizeof *grown);
    memcpy(grown->stream, name.stream.ptr, name.stream.len);
    grown->hour_us = name.hour_us;
    grown->number = name.number;
    grown->state = name.state;
    return 0;
}

static int compare_files(const void *a, const void *b)
{
    const shub__log_entry *x = a;
    const shub__log_entry *y = b;
    int order = strcmp(x->stream, y->stream);

    if (order)
        return order;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->state > y->state) - (x->state < y->state);
}

shub_status shub__log_files_read(const shub__log_place *place, int64_t hour_us,
                                 shub__log_entries *entries, shub_error *err)
{
    files_user user = {entries, place->prefix, hour_us, 0};
    shub_error failure;
    shub__buf path;
    shub_status status;

    memset(entries, 0, sizeof *entries);
    shub__buf_init(&path, SHUB__PATH_MAX);
    status = shub__log_folder(&path, place, hour_us, &failure);
    if (!status)
        status = shub__file_list(path.ptr, add_file, &user, &failure);
    if (status == SHUB_E_NOT_FOUND)
        status = SHUB_OK;
    if (!status && user.failed)
        status = shub__fail_nomem(&failure);
    shub__buf_fini(&path);
    if (status) {
        shub__free(entries->at);
        memset(entries, 0, sizeof *entries);
        if (err)
            *err = failure;
        return status;
    }
    if (entries->count)
        qsort(entries->at, entries->count, sizeof *entries->at, compare_files);
    return SHUB_OK;
}

size_t shub__log_stream_length(const shub__log_entries *entries, size_t first)
{
    size_t end = first;

    while (end < entries->count &&
           strcmp(entries->at[end].stream, entries->at[first].stream) == 0)
        end++;
    return end - first;
}

shub__log_name shub__log_entry_name(const shub__log_entry *entry)
{
    return (shub__log_name){shub_str(entry->stream), entry->hour_us, entry->number,
                            entry->state};
}
