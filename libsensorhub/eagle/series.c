/* Values that stand in numbered fields: blocks of a tariff, intervals of a profile, the
 * history of cgi_manager. */
#include "base/number.h"
#include "base/text.h"
#include "eagle/emit.h"

#include <stdio.h>

#define NUMBER_MAX   9999

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* 1 when a name is `prefix`, a number, `suffix`. */
static int numbered(shub_slice name, shub_slice prefix, shub_slice suffix, uint64_t *n)
{
    size_t fixed = prefix.len + suffix.len;
    shub_slice digits;

    *n = 0;
    if (name.len <= fixed ||
        !shub__equal_nocase(shub_bytes(name.ptr, prefix.len), prefix) ||
        !shub__equal_nocase(shub_bytes(name.ptr + name.len - suffix.len, suffix.len),
                            suffix))
        return 0;
    digits = shub_bytes(name.ptr + prefix.len, name.len - fixed);
    for (size_t i = 0; i < digits.len; i++) {
        if (!shub__is_digit(digits.ptr[i]))
            return 0;
        *n = *n * 10 + (uint64_t)(digits.ptr[i] - '0');
        if (*n > NUMBER_MAX)
            return 0;
    }
    return 1;
}

/* ---- blocks of a tariff -------------------------------------------------------- */

static const struct block {
    shub_eagle_root root;
    const char *prefix;
    const char *suffix;
    const char *quantity;
    const char *unit; /* NULL: a price */
    shub__eagle_read *read;
} blocks[] = {
    {SHUB_EAGLE_ROOT_BLOCK_PRICE, "Price", "", "price.block", NULL,
     shub__eagle_read_price},
    {SHUB_EAGLE_ROOT_BLOCK_PRICE, "Threshold", "", "energy.block_threshold", "kWh",
     shub__eagle_read_summation},
    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:NoTierBlock", "Price", "price.block", NULL,
     shub__eagle_read_scaled_price},
    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:Block", "Threshold", "energy.block_threshold", "kWh",
     shub__eagle_read_scaled},
};

static void emit_block(shub__eagle_emitter *e, const shub_eagle_reading *r,
                       const struct block *block, shub_slice field, uint64_t number)
{
    shub__eagle_value v = {block->quantity, number, field, block->unit, 0, 0, 0};
    shub_status status = block->read(r, field, v.unit, &v.value, &e->last);

    if (!status)
        status = shub__eagle_time(r, &v.time_us, &e->last);
    if (status)
        shub__eagle_note(e, status);
    else
        shub__eagle_emit(e, r, &v);
}

/* Those of the reading's own scope: what a Device has outside of its components would be
 * walked again for each of them. */
static void emit_blocks(shub__eagle_emitter *e, const shub_eagle_reading *r)
{
    const shub_eagle_reply *reply = r->reply;
    shub__eagle_scope scope;

    if (r->scope == SHUB__EAGLE_NONE)
        return;
    scope = reply->scopes[r->scope];
    for (uint32_t i = scope.first; i < scope.first + scope.count; i++) {
        shub_slice name = shub__eagle_slice(reply, reply->fields[i].name);
        for (size_t k = 0; reply->fields[i].value.len && k < COUNT(blocks); k++) {
            uint64_t n;
            if (blocks[k].root != r->root ||
                !numbered(name, shub_str(blocks[k].prefix), shub_str(blocks[k].suffix),
                          &n) ||
                n == 0)
                continue;
            emit_block(e, r, &blocks[k], name, n);
            if (e->stop)
                return;
        }
    }
}

/* ---- the history of cgi_manager ------------------------------------------------ */

/* "timestamp[3]" of "value[3]"; values without one are holes. */
static shub_status history_time(const shub__eagle_emitter *e, const shub_eagle_reading *r,
                                uint64_t i, shub__eagle_value *v, shub_error *err)
{
    char field[32];
    int64_t zone_us;
    shub_status status;

    (void)snprintf(field, sizeof field, "timestamp[%llu]", (unsigned long long)i);
    status =
        shub__eagle_field_time(r, shub_str(field), SHUB__EAGLE_UNIX, &v->time_us, err);
    if (status)
        return status;
    if (!v->time_us)
        return SHUB_E_NOT_FOUND;
    if (!shub__eagle_zone_for(e, r, &zone_us))
        v->flags = SHUB_TIME_ASSUMED;
    v->time_us += zone_us;
    return SHUB_OK;
}

/* Energies of intervals, or, asked for as such, demands. */
static void emit_history(shub__eagle_emitter *e, const shub_eagle_reading *r)
{
    shub_slice type = shub_eagle_reading_field(r, SHUB_LIT("data_type"));
    int demand = shub__equal_nocase(type, SHUB_LIT("demand"));
    shub_slice name, text, unit;
    uint64_t n;

    for (size_t i = 0; shub_eagle_reading_field_at(r, i, &name, &text, &unit); i++) {
        shub__eagle_value v = {
            demand ? "power" : "energy.net", 0, name, demand ? "kW" : "kWh", 0, 0, 0};
        shub_status status;
        if (!numbered(name, SHUB_LIT("value["), SHUB_LIT("]"), &n))
            continue;
        status = shub__eagle_read_scaled(r, name, v.unit, &v.value, &e->last);
        if (!status)
            status = history_time(e, r, n, &v, &e->last);
        if (status)
            shub__eagle_note(e, status);
        else
            shub__eagle_emit(e, r, &v);
        if (e->stop)
            return;
    }
}

/* ---- profiles ------------------------------------------------------------------ */

#define INTERVALS_MAX    12       /* EAGLE Uploader API v6, ProfileData */
#define INTERVAL_INVALID 0xffffff /* the same */

/* What the values of a ProfileData have in common. */
typedef struct profile {
    int64_t end_us; /* of the newest interval, which is the first */
    int64_t period_us;
    uint64_t multiplier;
    uint64_t divisor;
    uint64_t count;
} profile;

/* SHUB_E_NOT_FOUND: the meter gave no intervals, or nobody says their scale. */
static shub_status read_profile(const shub__eagle_emitter *e, const shub_eagle_reading *r,
                                profile *p, shub_error *err)
{
    /* Seconds, by ProfileIntervalPeriod (EAGLE Uploader API v6, ProfileData). */
    static const int64_t periods[] = {86400, 3600, 1800, 900, 600, 450, 300, 150};
    uint64_t period, result;
    shub_status status = shub__eagle_time(r, &p->end_us, err);

    if (!status)
        status =
            shub__eagle_integer(r, SHUB_LIT("ProfileIntervalPeriod"), 7, 0, &period, err);
    if (!status)
        status = shub__eagle_integer(r, SHUB_LIT("Status"), 255, 0, &result, err);
    if (!status)
        status = shub__eagle_integer(r, SHUB_LIT("NumberOfPeriodsDelivered"), 255,
                                     INTERVALS_MAX, &p->count, err);
    if (!status)
        status = shub__eagle_integer(r, SHUB_LIT("Multiplier"), UINT32_MAX,
                                     e->opts.multiplier, &p->multiplier, err);
    if (!status)
        status = shub__eagle_integer(r, SHUB_LIT("Divisor"), UINT32_MAX, e->opts.divisor,
                                     &p->divisor, err);
    if (status)
        return status;
    p->period_us = periods[period] * SHUB_SECOND_US;
    p->multiplier = p->multiplier ? p->multiplier : 1;
    return result == 0 && p->end_us && p->divisor ? SHUB_OK : SHUB_E_NOT_FOUND;
}

static void emit_profile(shub__eagle_emitter *e, const shub_eagle_reading *r)
{
    profile p;
    shub_status status = read_profile(e, r, &p, &e->last);

    shub__eagle_note(e, status);
    for (unsigned i = 0; !status && i < INTERVALS_MAX && i < p.count && !e->stop; i++) {
        char field[24];
        uint64_t raw;
        shub__eagle_value v = {"energy.interval", 0, {NULL, 0}, "kWh", 0, 0, 0};
        shub_status here;

        (void)snprintf(field, sizeof field, "IntervalData%u", i + 1);
        v.field = shub_str(field);
        here = shub__eagle_integer(r, v.field, INTERVAL_INVALID, INTERVAL_INVALID, &raw,
                                   &e->last);
        shub__eagle_note(e, here);
        if (here || raw == INTERVAL_INVALID)
            continue;
        v.value = shub__double_from_uratio(raw, p.multiplier, p.divisor);
        v.time_us = p.end_us - (int64_t)i * p.period_us;
        shub__eagle_emit(e, r, &v);
    }
}

void shub__eagle_emit_series(shub__eagle_emitter *e, const shub_eagle_reading *reading)
{
    switch (reading->root) {
    case SHUB_EAGLE_ROOT_BLOCK_PRICE:
    case SHUB_EAGLE_ROOT_DEVICE:
        emit_blocks(e, reading);
        break;
    case SHUB_EAGLE_ROOT_CGI:
        emit_history(e, reading);
        break;
    case SHUB_EAGLE_ROOT_PROFILE:
        emit_profile(e, reading);
        break;
    default:
        break;
    }
}
