#include "base/error.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/text.h"
#include "eagle/fields.h"

#include <stdio.h>
#include <string.h>

/* Which field of which reading becomes which sample. */
typedef struct source {
    shub_eagle_root root;
    const char *field;
    const char *quantity;
    const char *unit; /* NULL: of the reading's currency */
    shub__eagle_read *read;
} source;

static const source sources[] = {
    {SHUB_EAGLE_ROOT_DEMAND, "Demand", "power", "kW", shub__eagle_read_demand},
    {SHUB_EAGLE_ROOT_SUMMATION, "SummationDelivered", "energy_delivered", "kWh",
     shub__eagle_read_summation},
    {SHUB_EAGLE_ROOT_SUMMATION, "SummationReceived", "energy_received", "kWh",
     shub__eagle_read_summation},
    {SHUB_EAGLE_ROOT_PRICE, "Price", "price", NULL, shub__eagle_read_price},
    {SHUB_EAGLE_ROOT_NETWORK, "LinkStrength", "link_strength", "/100",
     shub__eagle_read_percent},
    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:InstantaneousDemand", "power", "kW",
     shub__eagle_read_scaled},
    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:CurrentSummationDelivered", "energy_delivered",
     "kWh", shub__eagle_read_scaled},
    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:CurrentSummationReceived", "energy_received", "kWh",
     shub__eagle_read_scaled},
    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:Price", "price", NULL,
     shub__eagle_read_scaled_price},
};

/* Samples that one reading can give: the variables of a device. */
#define SAMPLES_PER_READING ((size_t)4)

/* What tells samples of one body apart. */
typedef struct identity {
    shub_slice device;
    int64_t time_us;
    const char *quantity; /* NULL: a free place */
    uint64_t component;   /* 0: none */
} identity;

/* What was appended, so that no (device, quantity, time) comes twice: uploads repeat
 * fragments. An open hash table with twice the places needed; none for one reading. */
typedef struct seen {
    identity *places;
    size_t mask;
} seen;

static shub_status seen_init(seen *s, size_t readings, shub_error *err)
{
    size_t size = 1;

    memset(s, 0, sizeof *s);
    if (readings < 2)
        return SHUB_OK;
    while (size < 2 * SAMPLES_PER_READING * readings)
        size *= 2;
    s->mask = size - 1;
    s->places = shub__calloc(size, sizeof *s->places);
    return s->places ? SHUB_OK : shub__fail_nomem(err);
}

/* Of the device, stirred with the time and the component. */
static size_t hash(const identity *id)
{
    uint64_t h = (shub__hash(id->device) ^ (uint64_t)id->time_us) * 0x9e3779b97f4a7c15;

    h = (h ^ id->component) * 0x9e3779b97f4a7c15;
    return (size_t)(h ^ h >> 32);
}

static int same(const identity *a, const identity *b)
{
    return a->time_us == b->time_us && a->component == b->component &&
           !strcmp(a->quantity, b->quantity) && shub_slice_equal(a->device, b->device);
}

/* 1 when it was there already; remembers it else. */
static int seen_before(seen *s, const identity *id)
{
    size_t i = hash(id) & s->mask;

    if (!s->places)
        return 0;
    for (; s->places[i].quantity; i = (i + 1) & s->mask)
        if (same(&s->places[i], id))
            return 1;
    s->places[i] = *id;
    return 0;
}

/* ---- from readings to samples -------------------------------------------------- */

typedef struct emitter {
    int64_t arrival_us;
    shub_batch *batch;
    seen seen;
    size_t reading;     /* in hand */
    shub_status status; /* the first error, or the one that ends the work */
    int stop;
    shub_error last; /* told by what failed just now */
    shub_error *err;
} emitter;

static void note(emitter *e, shub_status status)
{
    e->stop = status == SHUB_E_NOMEM || status == SHUB_E_LIMIT;
    if (e->status && !e->stop)
        return;
    e->status = status;
    if (e->err) {
        *e->err = e->last;
        e->err->index = (int64_t)e->reading;
    }
}

/* Several components of one device, the receptacles of a plug, are told apart by their
 * FixedId; the meter's own is called Main (EAGLE-200 Local API 1.0 p.12 and p.17). */
static uint64_t qualifier(const shub_eagle_reading *r)
{
    uint64_t id;

    if (r->components < 2 ||
        shub__equal_nocase(shub_eagle_reading_field(r, SHUB_LIT("Component")),
                           SHUB_LIT("Main")))
        return 0;
    if (shub_eagle_reading_u64(r, SHUB_LIT("FixedId"), &id, NULL) != SHUB_OK || id == 0)
        id = r->component;
    return id;
}

static shub_status append(emitter *e, const identity *id, const char *unit,
                          const shub_sample *sample)
{
    shub_sample s = *sample;
    char quantity[64];

    if (seen_before(&e->seen, id))
        return SHUB_OK;
    if (id->component)
        (void)snprintf(quantity, sizeof quantity, "%s.%llu", id->quantity,
                       (unsigned long long)id->component);
    s.device = id->device;
    s.quantity = shub_str(id->component ? quantity : id->quantity);
    s.unit = shub_str(unit);
    s.time_us = id->time_us;
    return shub_batch_append(e->batch, &s, &e->last);
}

static shub_status emit(emitter *e, const shub_eagle_reading *r, const source *from)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    identity id = {shub_eagle_reading_meter(r), 0, from->quantity, qualifier(r)};
    char currency[SHUB__EAGLE_UNIT_MAX];
    const char *unit = from->unit;
    double value = 0;
    shub_status status = from->read(r, shub_str(from->field), unit, &value, &e->last);

    if (status == SHUB_E_NOT_FOUND)
        return SHUB_OK;
    if (status || (status = shub__eagle_time(r, &id.time_us, &e->last)) != SHUB_OK)
        return status;
    if (!id.device.len)
        return shub__fail(&e->last, SHUB_E_CONTENT, SHUB_NONE, "%s names no meter",
                          from->field);
    if (!id.time_us) {
        id.time_us = e->arrival_us;
        s.flags = SHUB_TIME_ASSUMED;
    }
    if (!unit) {
        shub__eagle_price_unit(r, currency);
        unit = currency;
    }
    s.value = shub_double(value);
    return append(e, &id, unit, &s);
}

static void emit_reading(emitter *e, const shub_eagle_reading *r)
{
    if (r->root == SHUB_EAGLE_ROOT_DEVICE && shub_eagle_reading_connected(r) == 0)
        return;
    for (size_t i = 0; i < sizeof sources / sizeof *sources && !e->stop; i++) {
        shub_status status;
        if (sources[i].root != r->root)
            continue;
        status = emit(e, r, &sources[i]);
        if (status)
            note(e, status);
    }
}

shub_status shub_eagle_reply_samples(const shub_eagle_reply *reply, int64_t arrival_us,
                                     shub_batch *batch, shub_error *err)
{
    emitter e = {.arrival_us = arrival_us, .batch = batch, .err = err};
    shub_status status = seen_init(&e.seen, reply->reading_count, err);

    if (status)
        return status;
    for (; e.reading < reply->reading_count && !e.stop; e.reading++)
        emit_reading(&e, &reply->readings[e.reading]);
    shub__free(e.seen.places);
    return e.status;
}
