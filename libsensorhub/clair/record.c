#include "clair/record.h"

#include "base/error.h"
#include "base/number.h"

#include <string.h>

void shub__clair_record_init(shub__clair_record *r, shub_slice text, shub__buf *scratch)
{
    memset(r, 0, sizeof *r);
    r->sample.size = sizeof r->sample;
    shub__json_init(&r->json, text, scratch);
}

static void see(shub__clair_record *r, shub__clair_part part)
{
    r->seen |= 1u << part;
    r->pos[part] = r->json.start;
}

/* ---- numbers ------------------------------------------------------------------- */

/* MongoDB Extended JSON v2: {"$numberInt":"540"}. */
static int read_extended(shub__json *j, shub_slice *text)
{
    static const char prefix[] = "$number";
    shub_slice key;
    int found = 0;

    shub__json_enter_object(j);
    while (shub__json_next_key(j, &key))
        if (key.len >= sizeof prefix - 1 &&
            memcmp(key.ptr, prefix, sizeof prefix - 1) == 0)
            found = shub__json_string(j, text);
    return found || shub__json_refuse(j, SHUB_E_CONTENT, "a number expected");
}

/* Reads the digits of a number: plain, or as Django and MongoDB write it. 0: there is
 * none, or an error. */
static int read_digits(shub__clair_record *r, shub_slice *text)
{
    shub__json *j = &r->json;

    switch (shub__json_type_next(j)) {
    case SHUB__JSON_NULL:
        shub__json_skip(j);
        return 0;
    case SHUB__JSON_STRING:
        return shub__json_string(j, text);
    case SHUB__JSON_OBJECT:
        if (r->extended)
            return read_extended(j, text);
        return shub__json_number(j, text);
    default:
        return shub__json_number(j, text);
    }
}

/* Reads a number of as many `scale`ths, whole ones. */
static void read_number(shub__clair_record *r, shub__clair_part part, double scale,
                        int32_t *out)
{
    shub_slice digits = {NULL, 0};
    double value, off;
    shub_status status;

    if (!read_digits(r, &digits))
        return;
    status = shub__double_read(digits.ptr, digits.len, SHUB__NUMBER_JSON, &value);
    value *= scale;
    if (status == SHUB_E_RANGE || (!status && !shub__clair_round(value, out))) {
        shub__json_refuse(&r->json, SHUB_E_RANGE, "a number beyond all bounds");
        return;
    }
    if (status) {
        shub__json_refuse(&r->json, SHUB_E_CONTENT, "a number expected");
        return;
    }
    off = value - *out;
    /* What lies between is no decimal digit, but how doubles hold it. */
    if (off > 1e-6 || off < -1e-6) {
        shub__json_refuse(&r->json, SHUB_E_CONTENT, "a number with too many decimals");
        return;
    }
    see(r, part);
}

/* ---- the others ---------------------------------------------------------------- */

static void read_status(shub__clair_record *r)
{
    shub_slice text;
    const char *letter;

    if (!shub__json_string(&r->json, &text))
        return;
    letter = text.len == 1 ? memchr(shub__clair_letters, text.ptr[0], 3) : NULL;
    if (!letter) {
        shub__json_refuse(&r->json, SHUB_E_CONTENT, "a status that is none of M, R, E");
        return;
    }
    r->sample.quality = (uint32_t)(letter - shub__clair_letters);
    see(r, SHUB__CLAIR_STATUS);
}

void shub__clair_take_node(shub__clair_record *r,
                           const unsigned char node[SHUB__NODE_LEN])
{
    memcpy(r->node, node, SHUB__NODE_LEN);
    shub__node_write(node, r->sample.node);
    see(r, SHUB__CLAIR_NODE);
}

void shub__clair_read_node(shub__clair_record *r)
{
    unsigned char node[SHUB__NODE_LEN];
    shub_slice text;

    if (!shub__json_string(&r->json, &text))
        return;
    if (shub__node_read(text, node))
        shub__clair_take_node(r, node);
    else
        shub__json_refuse(&r->json, SHUB_E_CONTENT, "a node that is no UUID");
}

/* A later value of a doubled key that is null takes the first away. */
int shub__clair_read_member(shub__clair_record *r, shub_slice key)
{
    shub__clair_part part = SHUB__CLAIR_TIME;
    int32_t time_s = 0;

    while (part < SHUB__CLAIR_PARTS && !shub__json_is(key, shub__clair_part_name(part)))
        part++;
    if (part == SHUB__CLAIR_PARTS || part == SHUB__CLAIR_NODE)
        return 0;
    r->seen &= ~(1u << part);
    switch (part) {
    case SHUB__CLAIR_TIME:
        read_number(r, part, 1, &time_s);
        r->sample.time_s = time_s;
        break;
    case SHUB__CLAIR_CO2:
        read_number(r, part, 1, &r->sample.co2_ppm);
        break;
    case SHUB__CLAIR_TEMPERATURE:
        read_number(r, part, 10, &r->sample.temperature_tenths);
        break;
    case SHUB__CLAIR_HUMIDITY:
        read_number(r, part, 1, &r->sample.humidity_percent);
        break;
    default:
        read_status(r);
    }
    return 1;
}

/* ---- the whole ----------------------------------------------------------------- */

/* The scanner counts from the begin of the item, err->pos will not. */
static shub_status finish(shub__clair_record *r, shub_error *err)
{
    shub_status status = shub__json_finish(&r->json, err);

    if (status != SHUB_E_CONTENT && status != SHUB_E_RANGE && status != SHUB_E_UNEXPECTED)
        return status;
    return shub__fail(err, status, err ? err->pos : SHUB_NONE, "%s", r->json.why);
}

shub_status shub__clair_record_finish(shub__clair_record *r, unsigned needed,
                                      shub_error *err)
{
    shub_status status = finish(r, err);

    if (status != SHUB_OK)
        return status;
    for (int part = 0; part < SHUB__CLAIR_PARTS; part++)
        if (needed & ~r->seen & 1u << part)
            return shub__fail(err, SHUB_E_CONTENT, 0, "a sample without %s",
                              shub__clair_part_name((shub__clair_part)part));
    return SHUB_OK;
}

shub_status shub__clair_record_append(shub__clair_record *r, shub_batch *batch,
                                      shub_error *err)
{
    const unsigned needed =
        1u << SHUB__CLAIR_NODE | 1u << SHUB__CLAIR_TIME | 1u << SHUB__CLAIR_CO2;
    shub__clair_part part;
    shub_status status = shub__clair_record_finish(r, needed, err);

    if (status != SHUB_OK)
        return status;
    if (r->seen & 1u << SHUB__CLAIR_TEMPERATURE)
        r->sample.has |= SHUB_CLAIR_HAS_TEMPERATURE;
    if (r->seen & 1u << SHUB__CLAIR_HUMIDITY)
        r->sample.has |= SHUB_CLAIR_HAS_HUMIDITY;
    status = shub__clair_check(&r->sample, &part, err);
    if (status != SHUB_OK && err)
        err->pos = (int64_t)r->pos[part];
    return status == SHUB_OK ? shub_clair_append(batch, &r->sample, err) : status;
}
