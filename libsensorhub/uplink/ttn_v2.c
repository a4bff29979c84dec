/* The Things Network v2 (docs/applications/mqtt/api): what is in `metadata`. */
#include "uplink/reading.h"

#include "base/reader.h"

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

static const shub__key heard_keys[] = {SHUB__LATER("gtw_id", 0, heard.gateway),
                                       SHUB__DOUBLE("rssi", SHUB__SEEN_RSSI, heard.rssi),
                                       SHUB__DOUBLE("snr", 0, heard.snr), SHUB__KEY_END};

static void heard(shub__reading *r)
{
    shub__reading_heard_begin(r);
    shub__reading_object(r, heard_keys);
    shub__reading_heard_end(r);
}

static void gateways(shub__reading *r)
{
    shub__reading_heard_none(r);
    shub__reading_items(r, heard);
}

static void latitude(shub__reading *r)
{
    if (shub__reading_double(r, &r->up.latitude))
        r->up.flags |= SHUB_UPLINK_HAS_LOCATION;
}

const shub__key shub__ttn_v2_metadata[] = {
    SHUB__LATER("time", 0, network_time),
    SHUB__CALL("frequency", 0, frequency),
    SHUB__CALL("modulation", 0, modulation),
    SHUB__CALL("data_rate", 0, data_rate),
    SHUB__INT32("bit_rate", 0, INT32_MAX, up.bit_rate),
    SHUB__CALL("gateways", 0, gateways),
    SHUB__CALL("latitude", 0, latitude),
    SHUB__DOUBLE("longitude", 0, up.longitude),
    SHUB__DOUBLE("altitude", 0, up.altitude_m),
    SHUB__KEY_END};
