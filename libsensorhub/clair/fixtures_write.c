/* Fixtures as json.dumps(fixtures, indent=4) prints them. (clair-ttn, clairttn/scripts/
 * generate_fixtures.py.) */
#include "base/error.h"
#include "base/mem.h"
#include "clair/fixtures.h"
#include "clair/sample.h"
#include "clair/write.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct item {
    const shub__fixture *fixture;
} item;

typedef struct list {
    item *items;
    size_t count;
} list;

static void collect(const shub__fixture *fixture, void *user)
{
    list *l = user;

    l->items[l->count++].fixture = fixture;
}

static int compare(const void *a, const void *b)
{
    const shub__fixture *one = ((const item *)a)->fixture;
    const shub__fixture *other = ((const item *)b)->fixture;

    if (one->sample.time_s != other->sample.time_s)
        return one->sample.time_s < other->sample.time_s ? -1 : 1;
    return one->number < other->number ? -1 : one->number > other->number;
}

static void write_one(shub__buf *buf, const shub_clair_sample *s)
{
    shub__buf_printf(buf,
                     "    {\n"
                     "        \"model\": \"core.sample\",\n"
                     "        \"fields\": {\n"
                     "            \"node\": \"%s\",\n"
                     "            \"timestamp_s\": %" PRId64 ",\n"
                     "            \"co2_ppm\": %" PRId32 ",\n"
                     "            \"measurement_status\": \"%c\"",
                     s->node, s->time_s, s->co2_ppm, shub__clair_letters[s->quality]);
    if (s->has & SHUB_CLAIR_HAS_TEMPERATURE) {
        shub__buf_text(buf, ",\n            \"temperature_celsius\": ");
        shub__clair_put_tenths(buf, s->temperature_tenths);
    }
    if (s->has & SHUB_CLAIR_HAS_HUMIDITY)
        shub__buf_printf(buf, ",\n            \"rel_humidity_percent\": %" PRId32,
                         s->humidity_percent);
    shub__buf_text(buf, "\n        }\n    }");
}

static void write_all(shub__buf *buf, const list *l)
{
    shub__buf_text(buf, l->count ? "[\n" : "[");
    for (size_t i = 0; i < l->count; i++) {
        if (i > 0)
            shub__buf_text(buf, ",\n");
        write_one(buf, &l->items[i].fixture->sample);
    }
    shub__buf_text(buf, l->count ? "\n]\n" : "]\n");
}

shub_status shub_clair_fixtures_write(shub_clair_fixtures *fixtures, shub_slice *text,
                                      shub_error *err)
{
    list l = {NULL, 0};
    shub_status status;

    *text = shub_bytes(NULL, 0);
    l.items = shub__reallocarray(NULL, fixtures->report.added + 1, sizeof(item));
    if (!l.items)
        return shub__fail_nomem(err);
    shub__fixtures_each(fixtures, collect, &l);
    qsort(l.items, l.count, sizeof *l.items, compare);
    shub__buf_clear(&fixtures->text);
    write_all(&fixtures->text, &l);
    shub__free(l.items);
    status = shub__buf_check(&fixtures->text, "fixtures", err);
    if (status == SHUB_OK)
        *text = shub__buf_view(&fixtures->text);
    return status;
}
