/* The Things Network v2 (docs/applications/mqtt/api): what is in `metadata`. */
#include "uplink/reading.h"

#include <string.h>

#include "base/number.h"
#include "base/reader.h"
#include "base/text.h"

static void network_time(shub__reading *r)
{
    shub__reading_later(r, &r->network_time);
}

/* In MHz. */
static void frequency(shub__reading *r)
{
    double mhz = 0;
    shub__reading_double(r, &mhz);
    if (mhz > 0 && mhz < 1e6)
        r->up.frequency_hz = (int64_t)(mhz * 1e6 + 0.5);
}

static int32_t digits(shub__reader *text)
{
    int32_t value = 0;
    for (int c = shub__peek(text); c >= '0' && c <= '9' && value < 10000;
         c = shub__peek(text)) {
        value = value * 10 + (c - '0');
        shub__skip(text, 1);
    }
    return value;
}

/* "SF7BW125" */
static void data_rate(shub__reading *r)
{
    shub_slice text = {NULL, 0};
    shub__reader from;
    shub__reading_slice(r, &text);
    shub__reader_init(&from, text.ptr, text.len);
    if (!shub__accept(&from, 'S') || !shub__accept(&from, 'F'))
        return;
    r->up.modulation = SHUB_UPLINK_LORA;
    r->up.spreading_factor = digits(&from);
    if (shub__accept(&from, 'B') && shub__accept(&from, 'W'))
        r->up.bandwidth_hz = digits(&from) * 1000;
}

static void modulation(shub__reading *r)
{
    shub_slice text = {NULL, 0};
    shub__reading_slice(r, &text);
    if (shub__json_is(text, "FSK"))
        r->up.modulation = SHUB_UPLINK_FSK;
}

static void bit_rate(shub__reading *r)
{
    shub__reading_int32(r, 0, INT32_MAX, &r->up.bit_rate);
}

static void gateway_id(shub__reading *r)
{
    shub__reading_slice(r, &r->heard.gateway);
}

static void rssi(shub__reading *r)
{
    r->heard.has_rssi = 1;
    shub__reading_double(r, &r->heard.rssi);
}

static void snr(shub__reading *r)
{
    shub__reading_double(r, &r->heard.snr);
}

static void heard(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("gtw_id", gateway_id),
                                     SHUB__KEY("rssi", rssi), SHUB__KEY("snr", snr),
                                     SHUB__KEY_END};
    memset(&r->heard, 0, sizeof r->heard);
    shub__reading_object(r, keys);
    shub__reading_heard_add(r);
}

static void gateways(shub__reading *r)
{
    shub__reading_heard_none(r);
    shub__reading_items(r, heard);
}

static void latitude(shub__reading *r)
{
    r->up.flags |= SHUB_UPLINK_HAS_LOCATION;
    shub__reading_double(r, &r->up.latitude);
}

static void longitude(shub__reading *r)
{
    shub__reading_double(r, &r->up.longitude);
}

static void altitude(shub__reading *r)
{
    shub__reading_double(r, &r->up.altitude_m);
}

void shub__ttn_v2_metadata(shub__reading *r)
{
    static const shub__key keys[] = {
        SHUB__KEY("time", network_time),     SHUB__KEY("frequency", frequency),
        SHUB__KEY("modulation", modulation), SHUB__KEY("data_rate", data_rate),
        SHUB__KEY("bit_rate", bit_rate),     SHUB__KEY("gateways", gateways),
        SHUB__KEY("latitude", latitude),     SHUB__KEY("longitude", longitude),
        SHUB__KEY("altitude", altitude),     SHUB__KEY_END};
    shub__reading_object(r, keys);
}
