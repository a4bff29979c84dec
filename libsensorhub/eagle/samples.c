#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/table.h"
#include "base/text.h"
#include "eagle/emit.h"

#include <stdio.h>
#include <string.h>

/* Which field of which reading becomes which sample. */
typedef struct source {
    shub_eagle_root root;
    const char *field;
    const char *quantity;
    const char *unit; /* NULL: of the reading's currency */
    shub__eagle_read *read;
    const char *when; /* the field with its time; NULL: the reading's */
} source;

static const source sources[] = {
    {SHUB_EAGLE_ROOT_DEMAND, "Demand", "power", "kW", shub__eagle_read_demand, NULL},
    {SHUB_EAGLE_ROOT_SUMMATION, "SummationDelivered", "energy_delivered", "kWh",
     shub__eagle_read_summation, NULL},
    {SHUB_EAGLE_ROOT_SUMMATION, "SummationReceived", "energy_received", "kWh",
     shub__eagle_read_summation, NULL},
    {SHUB_EAGLE_ROOT_PRICE, "Price", "price", NULL, shub__eagle_read_price, NULL},
    {SHUB_EAGLE_ROOT_NETWORK, "LinkStrength", "link_strength", "/100",
     shub__eagle_read_percent, NULL},
    {SHUB_EAGLE_ROOT_BLOCK_PRICE, "BlockPeriodConsumption", "energy.block", "kWh",
     shub__eagle_read_block, NULL},
    {SHUB_EAGLE_ROOT_DEMAND_PEAKS, "PeakDelivered", "power.max", "kW",
     shub__eagle_read_scaled, NULL},
    {SHUB_EAGLE_ROOT_DEMAND_PEAKS, "PeakReceived", "power.min", "kW",
     shub__eagle_read_scaled, NULL},
    {SHUB_EAGLE_ROOT_ATTRIBUTES, "0x0400", "power", "kW",
     shub__eagle_read_attribute_demand, NULL},
    {SHUB_EAGLE_ROOT_ATTRIBUTES, "0x0000", "energy_delivered", "kWh",
     shub__eagle_read_attribute_summation, NULL},
    {SHUB_EAGLE_ROOT_ATTRIBUTES, "0x0001", "energy_received", "kWh",
     shub__eagle_read_attribute_summation, NULL},
    {SHUB_EAGLE_ROOT_INTERVAL, "Value", "power", "kW", shub__eagle_read_interval_power,
     NULL},
    {SHUB_EAGLE_ROOT_INTERVAL, "Value", "energy.net", "kWh",
     shub__eagle_read_interval_energy, NULL},

    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:InstantaneousDemand", "power", "kW",
     shub__eagle_read_scaled, NULL},
    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:CurrentSummationDelivered", "energy_delivered",
     "kWh", shub__eagle_read_scaled, NULL},
    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:CurrentSummationReceived", "energy_received", "kWh",
     shub__eagle_read_scaled, NULL},
    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:Price", "price", NULL, shub__eagle_read_scaled_price,
     NULL},
    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:CurrentBlockPeriodConsumptionDelivered",
     "energy.block", "kWh", shub__eagle_read_scaled_block, NULL},

    /* The same variables, with and without their name space. */
    {SHUB_EAGLE_ROOT_SIMPLE, "zigbee:InstantaneousDemand", "power", "kW",
     shub__eagle_read_scaled, NULL},
    {SHUB_EAGLE_ROOT_SIMPLE, "InstantaneousDemand", "power", "kW",
     shub__eagle_read_scaled, NULL},
    {SHUB_EAGLE_ROOT_SIMPLE, "zigbee:CurrentSummationDelivered", "energy_delivered",
     "kWh", shub__eagle_read_scaled, NULL},
    {SHUB_EAGLE_ROOT_SIMPLE, "CurrentSummationDelivered", "energy_delivered", "kWh",
     shub__eagle_read_scaled, NULL},
    {SHUB_EAGLE_ROOT_SIMPLE, "zigbee:CurrentSummationReceived", "energy_received", "kWh",
     shub__eagle_read_scaled, NULL},
    {SHUB_EAGLE_ROOT_SIMPLE, "CurrentSummationReceived", "energy_received", "kWh",
     shub__eagle_read_scaled, NULL},
    {SHUB_EAGLE_ROOT_SIMPLE, "zigbee:Price", "price", NULL, shub__eagle_read_scaled_price,
     NULL},
    {SHUB_EAGLE_ROOT_SIMPLE, "Price", "price", NULL, shub__eagle_read_scaled_price, NULL},

    {SHUB_EAGLE_ROOT_RFA, "demand", "power", "kW", shub__eagle_read_rfa, NULL},
    {SHUB_EAGLE_ROOT_RFA, "summationDelivered", "energy_delivered", "kWh",
     shub__eagle_read_rfa, NULL},
    {SHUB_EAGLE_ROOT_RFA, "summationReceived", "energy_received", "kWh",
     shub__eagle_read_rfa, NULL},
    {SHUB_EAGLE_ROOT_RFA, "price", "price", NULL, shub__eagle_read_rfa_price, NULL},

    {SHUB_EAGLE_ROOT_CGI, "demand", "power", "kW", shub__eagle_read_cgi,
     "demand_timestamp"},
    {SHUB_EAGLE_ROOT_CGI, "summation_delivered", "energy_delivered", "kWh",
     shub__eagle_read_cgi, "usage_timestamp"},
    {SHUB_EAGLE_ROOT_CGI, "summation_received", "energy_received", "kWh",
     shub__eagle_read_cgi, "usage_timestamp"},
    {SHUB_EAGLE_ROOT_CGI, "price", "price", NULL, shub__eagle_read_cgi_price,
     "price_timestamp"},
    {SHUB_EAGLE_ROOT_CGI, "threshold_upper_demand", "power.max", "kW",
     shub__eagle_read_cgi, NULL},
    {SHUB_EAGLE_ROOT_CGI, "threshold_lower_demand", "power.min", "kW",
     shub__eagle_read_cgi, NULL},
    {SHUB_EAGLE_ROOT_CGI, "network_link_strength", "link_strength", "/100",
     shub__eagle_read_percent, "network_timestamp"},
};

/* ---- what was seen ------------------------------------------------------------- */

#define SEEN_MIN 16 /* places, of a body with something to remember */

/* Of the device, stirred with the time and the number. */
static size_t hash(const shub__eagle_identity *id)
{
    uint64_t h = (shub__hash(id->device) ^ (uint64_t)id->time_us) * 0x9e3779b97f4a7c15;

    h = (h ^ id->number) * 0x9e3779b97f4a7c15;
    return (size_t)(h ^ h >> 32);
}

static int same(const shub__eagle_identity *a, const shub__eagle_identity *b)
{
    return a->time_us == b->time_us && a->number == b->number &&
           !strcmp(a->quantity, b->quantity) && shub_slice_equal(a->device, b->device);
}

/* Where it is, or the free place for it. */
static shub__eagle_identity *place_of(const shub__eagle_seen *s,
                                      const shub__eagle_identity *id)
{
    size_t i = hash(id) & (s->size - 1);

    while (s->places[i].quantity && !same(&s->places[i], id))
        i = (i + 1) & (s->size - 1);
    return &s->places[i];
}

static shub_status seen_resize(shub__eagle_seen *s, size_t size, shub_error *err)
{
    shub__eagle_seen grown = {shub__calloc(size, sizeof *s->places), size, s->count};

    if (!grown.places)
        return shub__fail_nomem(err);
    for (size_t i = 0; i < s->size; i++)
        if (s->places[i].quantity)
            *place_of(&grown, &s->places[i]) = s->places[i];
    shub__free(s->places);
    *s = grown;
    return SHUB_OK;
}

/* A reading by itself whose rows have quantities of their own gives nothing twice. */
static int comes_once(const shub_eagle_reply *reply)
{
    shub_eagle_root root;

    if (reply->reading_count != 1)
        return reply->reading_count == 0;
    root = reply->readings[0].root;
    return root == SHUB_EAGLE_ROOT_DEMAND || root == SHUB_EAGLE_ROOT_SUMMATION ||
           root == SHUB_EAGLE_ROOT_PRICE || root == SHUB_EAGLE_ROOT_NETWORK;
}

/* SHUB_E_EXISTS, which is not told, when it was there already. */
static shub_status remember(shub__eagle_seen *s, const shub__eagle_identity *id,
                            shub_error *err)
{
    shub__eagle_identity *place;
    shub_status status;

    if (!s->size)
        return SHUB_OK;
    if (2 * (s->count + 1) > s->size &&
        (status = seen_resize(s, 2 * s->size, err)) != SHUB_OK)
        return status;
    place = place_of(s, id);
    if (place->quantity)
        return SHUB_E_EXISTS;
    *place = *id;
    s->count++;
    return SHUB_OK;
}

/* ---- from readings to samples -------------------------------------------------- */

void shub__eagle_note(shub__eagle_emitter *e, shub_status status)
{
    if (status == SHUB_OK || status == SHUB_E_NOT_FOUND)
        return;
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
 * FixedId; the meter's own is called Main (EAGLE-200 Local API 1.0 p.12 and p.17). In RFA
 * the meter's is "01" or "all". */
static uint64_t component_of(const shub_eagle_reading *r)
{
    uint64_t id;

    if (r->root == SHUB_EAGLE_ROOT_RFA) {
        shub_status status =
            shub_eagle_reading_u64(r, SHUB_LIT("componentId"), &id, NULL);
        return status == SHUB_OK && id > 1 ? id : 0;
    }
    if (r->components < 2 ||
        shub__equal_nocase(shub_eagle_reading_field(r, SHUB_LIT("Component")),
                           SHUB_LIT("Main")))
        return 0;
    if (shub_eagle_reading_u64(r, SHUB_LIT("FixedId"), &id, NULL) != SHUB_OK || id == 0)
        id = r->component;
    return id;
}

static shub_status append(shub__eagle_emitter *e, const shub_eagle_reading *r,
                          const shub__eagle_value *v, const shub__eagle_identity *id)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    char quantity[SHUB__EAGLE_QUANTITY_MAX], currency[SHUB__EAGLE_UNIT_MAX];
    const char *unit = v->unit;

    if (id->number)
        (void)snprintf(quantity, sizeof quantity, "%s.%llu", id->quantity,
                       (unsigned long long)id->number);
    if (!unit) {
        shub__eagle_price_unit(r, v->field, currency);
        unit = currency;
    }
    s.device = id->device;
    s.quantity = shub_str(id->number ? quantity : id->quantity);
    s.unit = shub_str(unit);
    s.time_us = id->time_us;
    s.value = shub_double(v->value);
    s.flags = v->flags | (v->time_us ? 0 : SHUB_TIME_ASSUMED);
    if (e->opts.guard) {
        int suspect;
        shub_status status =
            shub_eagle_guard_check(e->opts.guard, &s, &suspect, &e->last);
        if (status)
            return status;
        s.flags |= suspect ? SHUB_QUALITY_ERROR : 0;
    }
    return shub_batch_append(e->batch, &s, &e->last);
}

void shub__eagle_emit(shub__eagle_emitter *e, const shub_eagle_reading *r,
                      const shub__eagle_value *v)
{
    shub__eagle_identity id = {shub_eagle_reading_meter(r), v->time_us, v->quantity,
                               v->number};
    shub_status status;

    if (!id.device.len)
        id.device = e->opts.meter;
    if (!id.time_us)
        id.time_us = e->opts.arrival_us;
    if (!id.device.len)
        status = shub__fail(&e->last, SHUB_E_CONTENT, SHUB_NONE, "%.*s names no meter",
                            SHUB__SHOW(v->field));
    else
        status = remember(&e->seen, &id, &e->last);
    if (status == SHUB_E_EXISTS)
        return;
    if (!status)
        status = append(e, r, v, &id);
    shub__eagle_note(e, status);
}

int shub__eagle_zone_for(const shub__eagle_emitter *e, const shub_eagle_reading *reading,
                         int64_t *zone_us)
{
    if (shub__eagle_zone(reading, zone_us))
        return 1;
    *zone_us = e->opts.zone_known ? e->opts.zone_us : 0;
    return e->opts.zone_known;
}

/* The value's own time, else the demand's; 0 while the zone is unknown. */
static shub_status cgi_time(const shub__eagle_emitter *e, const shub_eagle_reading *r,
                            const char *when, int64_t *time_us, shub_error *err)
{
    int64_t zone_us;
    shub_status status;

    *time_us = 0;
    if (!shub__eagle_zone_for(e, r, &zone_us))
        return SHUB_OK;
    status = shub__eagle_field_time(r, shub_str(when), SHUB__EAGLE_UNIX, time_us, err);
    if (!status && !*time_us)
        status = shub__eagle_field_time(r, SHUB_LIT("demand_timestamp"), SHUB__EAGLE_UNIX,
                                        time_us, err);
    if (*time_us)
        *time_us += zone_us;
    return status;
}

static void emit_row(shub__eagle_emitter *e, const shub_eagle_reading *r,
                     const source *from)
{
    shub__eagle_value v = {
        from->quantity, component_of(r), shub_str(from->field), from->unit, 0, 0, 0};
    shub_status status = from->read(r, v.field, v.unit, &v.value, &e->last);

    if (!status)
        status = r->root == SHUB_EAGLE_ROOT_CGI
                     ? cgi_time(e, r, from->when, &v.time_us, &e->last)
                     : shub__eagle_time(r, &v.time_us, &e->last);
    if (status)
        shub__eagle_note(e, status);
    else
        shub__eagle_emit(e, r, &v);
}

static void emit_reading(shub__eagle_emitter *e, const shub_eagle_reading *r)
{
    int stale = r->root == SHUB_EAGLE_ROOT_DEVICE || r->root == SHUB_EAGLE_ROOT_CGI;

    if (stale && shub_eagle_reading_connected(r) == 0)
        return;
    for (size_t i = 0; i < sizeof sources / sizeof *sources && !e->stop; i++)
        if (sources[i].root == r->root)
            emit_row(e, r, &sources[i]);
    if (!e->stop)
        shub__eagle_emit_series(e, r);
}

static shub_status emit_all(shub__eagle_emitter *e, const shub_eagle_reply *reply)
{
    shub_status status = SHUB_OK;

    if (!comes_once(reply))
        status = seen_resize(&e->seen, SEEN_MIN, e->err);
    if (status)
        return status;
    for (; e->reading < reply->reading_count && !e->stop; e->reading++)
        emit_reading(e, &reply->readings[e->reading]);
    shub__free(e->seen.places);
    return e->status;
}

shub_status shub_eagle_reply_samples(const shub_eagle_reply *reply, int64_t arrival_us,
                                     shub_batch *batch, shub_error *err)
{
    shub__eagle_emitter e = {.batch = batch, .err = err};

    e.opts.arrival_us = arrival_us;
    return emit_all(&e, reply);
}

shub_status shub_eagle_reply_samples_with(const shub_eagle_reply *reply,
                                          const shub_eagle_sample_options *opts,
                                          shub_batch *batch, shub_error *err)
{
    shub__eagle_emitter e = {.batch = batch, .err = err};
    shub_status status = shub__options_in(&e.opts, sizeof e.opts, opts, err);

    return status ? status : emit_all(&e, reply);
}
