#include "base/error.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/text.h"

#include <sensorhub/eagle.h>

#include <stddef.h>
#include <string.h>

#define KEY_MAX 192 /* of a device and a quantity; longer ones pass */

/* A total of one meter. */
typedef struct total {
    shub__entry entry; /* first: found by it */
    struct total *next;
    double value;    /* believed */
    int64_t time_us; /* of the newest reading, believed or not */
    double low;      /* the last one that was not believed */
    int lows;        /* of them in a row, of different times; 0: none */
    char key[];
} total;

struct shub_eagle_guard {
    shub__table table;
    total *all;
};

shub_status shub_eagle_guard_new(shub_eagle_guard **guard, shub_error *err)
{
    *guard = shub__calloc(1, sizeof **guard);
    return *guard ? SHUB_OK : shub__fail_nomem(err);
}

void shub_eagle_guard_free(shub_eagle_guard *guard)
{
    if (!guard)
        return;
    while (guard->all) {
        total *t = guard->all;
        guard->all = t->next;
        shub__free(t);
    }
    shub__table_fini(&guard->table);
    shub__free(guard);
}

/* "energy_delivered", "energy_received.2" */
static int is_total(shub_slice quantity)
{
    shub_slice word, rest;

    (void)shub__cut(quantity, '.', &word, &rest);
    return shub_slice_equal(word, SHUB_LIT("energy_delivered")) ||
           shub_slice_equal(word, SHUB_LIT("energy_received"));
}

/* The bytes of a key, 0 when it is too long. */
static size_t key_of(const shub_sample *s, char key[KEY_MAX])
{
    size_t len = s->device.len + 1 + s->quantity.len;

    if (len > KEY_MAX)
        return 0;
    if (s->device.len)
        memcpy(key, s->device.ptr, s->device.len);
    key[s->device.len] = ' ';
    memcpy(key + s->device.len + 1, s->quantity.ptr, s->quantity.len);
    return len;
}

static shub_status add(shub_eagle_guard *guard, shub_slice key, const shub_sample *s,
                       shub_error *err)
{
    total *t = shub__calloc(1, sizeof *t + key.len);
    shub_status status;

    if (!t)
        return shub__fail_nomem(err);
    memcpy(t->key, key.ptr, key.len);
    t->entry.key = shub_bytes(t->key, key.len);
    t->value = s->value.as.f64;
    t->time_us = s->time_us;
    status = shub__table_add(&guard->table, &t->entry, err);
    if (status) {
        shub__free(t);
        return status;
    }
    t->next = guard->all;
    guard->all = t;
    return SHUB_OK;
}

static void believe(total *t, double value)
{
    t->value = value;
    t->lows = 0;
}

/* A reading below what was believed. The same reading asked for again counts once. */
static int is_suspect(total *t, double value, int newer)
{
    if (t->lows && value < t->low)
        t->lows = 0;
    t->low = value;
    if (newer || !t->lows)
        t->lows++;
    if (t->lows < SHUB_EAGLE_GUARD_READINGS)
        return 1;
    believe(t, value);
    return 0;
}

static int judge(total *t, const shub_sample *s)
{
    double value = s->value.as.f64;
    int newer = s->time_us > t->time_us;

    if (s->time_us < t->time_us)
        return 0;
    t->time_us = s->time_us;
    if (value < t->value)
        return is_suspect(t, value, newer);
    believe(t, value);
    return 0;
}

shub_status shub_eagle_guard_check(shub_eagle_guard *guard, const shub_sample *sample,
                                   int *suspect, shub_error *err)
{
    char bytes[KEY_MAX];
    shub__entry *entry;
    shub_slice key;

    *suspect = 0;
    if (sample->value.kind != SHUB_KIND_DOUBLE || !is_total(sample->quantity))
        return SHUB_OK;
    key = shub_bytes(bytes, key_of(sample, bytes));
    if (!key.len)
        return SHUB_OK;
    entry = shub__table_find(&guard->table, key);
    if (entry) {
        *suspect = judge((total *)(void *)entry, sample);
        return SHUB_OK;
    }
    if (guard->table.count >= SHUB_EAGLE_GUARD_MAX)
        return SHUB_OK;
    return add(guard, key, sample, err);
}
