#include "clair/sample.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "clair/node.h"
#include "sample/batch.h"

#include <inttypes.h>
#include <string.h>

const char shub__clair_letters[4] = "MRE";

const char *shub__clair_part_name(shub__clair_part part)
{
    static const char *const names[SHUB__CLAIR_PARTS] = {
        [SHUB__CLAIR_TIME] = "timestamp_s",
        [SHUB__CLAIR_CO2] = "co2_ppm",
        [SHUB__CLAIR_TEMPERATURE] = "temperature_celsius",
        [SHUB__CLAIR_HUMIDITY] = "rel_humidity_percent",
        [SHUB__CLAIR_NODE] = "node",
        [SHUB__CLAIR_STATUS] = "measurement_status",
    };

    return names[part];
}

/* ---- what the platform takes --------------------------------------------------- */

static shub_status check_number(int64_t value, int64_t min, int64_t max,
                                shub__clair_part part, shub_error *err)
{
    if (value >= min && value <= max)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_RANGE, SHUB_NONE,
                      "%s %" PRId64 " is not between %" PRId64 " and %" PRId64,
                      shub__clair_part_name(part), value, min, max);
}

static shub_status check_temperature(int32_t tenths, shub_error *err)
{
    int64_t size = tenths < 0 ? -(int64_t)tenths : tenths;

    if (tenths >= SHUB_CLAIR_MIN_TEMPERATURE && tenths <= SHUB_CLAIR_MAX_TEMPERATURE)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_RANGE, SHUB_NONE,
                      "%s %s%" PRId64 ".%" PRId64 " is not between %d and %d",
                      shub__clair_part_name(SHUB__CLAIR_TEMPERATURE),
                      tenths < 0 ? "-" : "", size / 10, size % 10,
                      SHUB_CLAIR_MIN_TEMPERATURE / 10, SHUB_CLAIR_MAX_TEMPERATURE / 10);
}

static shub_status check_node(const shub_clair_sample *sample, shub_error *err)
{
    unsigned char node[SHUB__NODE_LEN];
    char text[SHUB_CLAIR_NODE_MAX] = "";

    if (memchr(sample->node, '\0', sizeof sample->node) &&
        shub__node_read(shub_str(sample->node), node))
        shub__node_write(node, text);
    if (text[0] && strcmp(text, sample->node) == 0)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                      "node \"%.36s\" is no UUID in lower case", sample->node);
}

static shub_status check_part(const shub_clair_sample *s, shub__clair_part part,
                              shub_error *err)
{
    const uint32_t all = SHUB_CLAIR_HAS_TEMPERATURE | SHUB_CLAIR_HAS_HUMIDITY;

    switch (part) {
    case SHUB__CLAIR_NODE:
        return check_node(s, err);
    case SHUB__CLAIR_TIME:
        return check_number(s->time_s, 0, SHUB_CLAIR_MAX_TIME_S, part, err);
    case SHUB__CLAIR_CO2:
        return check_number(s->co2_ppm, 0, SHUB_CLAIR_MAX_CO2, part, err);
    case SHUB__CLAIR_TEMPERATURE:
        if (s->has & SHUB_CLAIR_HAS_TEMPERATURE)
            return check_temperature(s->temperature_tenths, err);
        break;
    case SHUB__CLAIR_HUMIDITY:
        if (s->has & SHUB_CLAIR_HAS_HUMIDITY)
            return check_number(s->humidity_percent, 0, SHUB_CLAIR_MAX_HUMIDITY, part,
                                err);
        break;
    case SHUB__CLAIR_STATUS:
    case SHUB__CLAIR_PARTS:
        if (s->quality > SHUB_QUALITY_ERROR || s->has & ~all)
            return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "unknown flags");
        break;
    }
    return SHUB_OK;
}

shub_status shub__clair_check(const shub_clair_sample *sample, shub__clair_part *part,
                              shub_error *err)
{
    for (int i = 0; i < SHUB__CLAIR_PARTS; i++) {
        shub_status status = check_part(sample, (shub__clair_part)i, err);
        *part = (shub__clair_part)i;
        if (status != SHUB_OK)
            return status;
    }
    return SHUB_OK;
}

shub_status shub_clair_check(const shub_clair_sample *sample, shub_error *err)
{
    shub_clair_sample s;
    shub__clair_part part;
    shub_status status = shub__options_in(&s, sizeof s, sample, err);

    return status == SHUB_OK ? shub__clair_check(&s, &part, err) : status;
}

/* ---- out of a batch ------------------------------------------------------------ */

int shub__clair_round(double value, int32_t *out)
{
    int64_t whole;
    double rest;

    *out = 0;
    if (!(value > -2147483648.0 && value < 2147483647.0))
        return 0;
    whole = (int64_t)value;
    rest = value - (double)whole;
    if (rest > 0.5 || (rest == 0.5 && whole % 2))
        whole++;
    if (rest < -0.5 || (rest == -0.5 && whole % 2))
        whole--;
    *out = (int32_t)whole;
    return 1;
}

static const struct {
    const char *quantity;
    const char *unit;
    double scale;
    size_t offset; /* of an int32_t */
    shub__clair_part part;
    uint32_t has;
} rows[] = {
    {"co2", "ppm", 1, offsetof(shub_clair_sample, co2_ppm), SHUB__CLAIR_CO2, 0},
    {"temperature", "Cel", 10, offsetof(shub_clair_sample, temperature_tenths),
     SHUB__CLAIR_TEMPERATURE, SHUB_CLAIR_HAS_TEMPERATURE},
    {"humidity", "%RH", 1, offsetof(shub_clair_sample, humidity_percent),
     SHUB__CLAIR_HUMIDITY, SHUB_CLAIR_HAS_HUMIDITY},
};
enum { ROWS = sizeof rows / sizeof rows[0], CO2 = 0 };

/* Place in `rows`, ROWS when it has none. */
static size_t find_row(shub_slice quantity)
{
    size_t i = 0;

    while (i < ROWS && !shub_slice_equal(quantity, shub_str(rows[i].quantity)))
        i++;
    return i;
}

static shub_status take_value(const shub_sample *row, size_t i, shub_clair_sample *sample,
                              shub_error *err)
{
    int32_t *out = (int32_t *)(void *)((char *)sample + rows[i].offset);
    double value = row->value.kind == SHUB_KIND_INT64 ? (double)row->value.as.i64
                                                      : row->value.as.f64;

    if (row->value.kind != SHUB_KIND_INT64 && row->value.kind != SHUB_KIND_DOUBLE)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%s is no number",
                          rows[i].quantity);
    if (row->unit.len && !shub_slice_equal(row->unit, shub_str(rows[i].unit)))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%s in \"%.*s\", not in %s",
                          rows[i].quantity, SHUB__SHOW(row->unit), rows[i].unit);
    if (!shub__clair_round(value * rows[i].scale, out))
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE, "%s is beyond all bounds",
                          shub__clair_part_name(rows[i].part));
    sample->has |= rows[i].has;
    if ((row->flags & SHUB_QUALITY_MASK) > sample->quality)
        sample->quality = row->flags & SHUB_QUALITY_MASK;
    return SHUB_OK;
}

/* The rows of a group; `seen` gets a bit for each of ours. */
static shub_status take_rows(const shub_batch *batch, const shub_group *at,
                             shub_clair_sample *sample, unsigned *seen, shub_error *err)
{
    shub_status status = SHUB_OK, first = SHUB_OK;
    shub_sample row;

    *seen = 0;
    for (size_t i = at->first; i < at->first + at->count; i++) {
        size_t place;
        if (shub_batch_get(batch, i, &row, NULL) ||
            (place = find_row(row.quantity)) == ROWS)
            continue;
        *seen |= 1u << place;
        status = take_value(&row, place, sample, first ? NULL : err);
        if (first == SHUB_OK)
            first = status;
    }
    return first;
}

static shub_status take_node(shub_slice device, shub_slice protocol,
                             shub_clair_sample *sample, shub_error *err)
{
    unsigned char node[SHUB__NODE_LEN];
    shub_status status = SHUB_OK;

    if (!shub__node_read(device, node)) {
        if (!protocol.len)
            return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                              "device \"%.*s\" is no node's id, and no protocol is said",
                              SHUB__SHOW(device));
        status = shub__node_of(protocol, device, node, NULL, err);
    }
    if (status == SHUB_E_FORMAT)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "device \"%.*s\" is neither a node's id nor an EUI",
                          SHUB__SHOW(device));
    if (status == SHUB_OK)
        shub__node_write(node, sample->node);
    return status;
}

static shub_status read_group(const shub_batch *batch, const shub_group *at,
                              shub_slice protocol, shub_clair_sample *sample,
                              unsigned *seen, shub_error *err)
{
    shub__clair_part part;
    shub_status status = take_rows(batch, at, sample, seen, err);

    if (status != SHUB_OK || !*seen)
        return status;
    if (!(*seen & 1u << CO2))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "a sample without co2");
    status = take_node(at->device, protocol, sample, err);
    if (status != SHUB_OK)
        return status;
    sample->time_s = shub__second_round(at->time_us);
    return shub__clair_check(sample, &part, err);
}

shub_status shub_clair_next(const shub_batch *batch, shub_group *at, shub_slice protocol,
                            shub_clair_sample *sample, shub_error *err)
{
    static const shub_clair_sample empty = SHUB_CLAIR_SAMPLE_INIT;
    shub_clair_sample found;
    unsigned seen;

    shub__result_out(sample, &empty, sizeof empty);
    while (shub_batch_next_group(batch, at)) {
        shub_status status;
        found = empty;
        status = read_group(batch, at, protocol, &found, &seen, err);
        if (status != SHUB_OK)
            return shub__fail_at(err, status, (int64_t)at->first);
        if (!seen)
            continue;
        shub__result_out(sample, &found, sizeof found);
        return SHUB_OK;
    }
    return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE, "no further sample");
}

/* ---- into a batch -------------------------------------------------------------- */

static shub_status append_rows(shub_batch *batch, const shub_clair_sample *sample,
                               shub_error *err)
{
    shub_sample row = SHUB_SAMPLE_INIT;

    row.device = shub_str(sample->node);
    row.time_us = sample->time_s * SHUB_SECOND_US;
    row.flags = sample->quality;
    for (size_t i = 0; i < ROWS; i++) {
        const char *at = (const char *)sample + rows[i].offset;
        shub_status status;
        if (rows[i].has && !(sample->has & rows[i].has))
            continue;
        row.quantity = shub_str(rows[i].quantity);
        row.unit = shub_str(rows[i].unit);
        row.value = shub_double(*(const int32_t *)(const void *)at / rows[i].scale);
        status = shub_batch_append(batch, &row, err);
        if (status != SHUB_OK)
            return status;
    }
    return SHUB_OK;
}

shub_status shub_clair_append(shub_batch *batch, const shub_clair_sample *sample,
                              shub_error *err)
{
    shub__batch_mark mark = shub__batch_marked(batch);
    shub_clair_sample s;
    shub__clair_part part;
    shub_status status;

    if ((status = shub__options_in(&s, sizeof s, sample, err)) != SHUB_OK ||
        (status = shub__clair_check(&s, &part, err)) != SHUB_OK)
        return status;
    status = append_rows(batch, &s, err);
    if (status != SHUB_OK)
        shub__batch_rewind(batch, &mark);
    return status;
}
