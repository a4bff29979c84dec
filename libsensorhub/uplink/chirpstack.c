/* ChirpStack's objects, v4 (api/proto/integration/integration.proto, gw.proto) and v3
 * (chirpstack-application-server internal/integration): names differ in their spelling,
 * EUIs in their form, bandwidths in their unit. */
#include "uplink/reading.h"

#include <string.h>

/* ---- deviceInfo (v4) ----------------------------------------------------------------
 */

static void tenant_id(shub__reading *r)
{
    shub__reading_text(r, &r->up.tenant);
}

static void application_id(shub__reading *r)
{
    shub__reading_text(r, &r->up.application);
}

static void device_name(shub__reading *r)
{
    shub__reading_text(r, &r->up.name);
}

static void dev_eui(shub__reading *r)
{
    shub__reading_later(r, &r->dev_eui);
}

void shub__chirpstack_device(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("tenantId", tenant_id),
                                     SHUB__KEY("applicationId", application_id),
                                     SHUB__KEY("deviceName", device_name),
                                     SHUB__KEY("devEui", dev_eui), SHUB__KEY_END};
    r->seen |= SHUB__SEEN_DEVICE_INFO;
    shub__reading_object(r, keys);
}

/* ---- rxInfo -------------------------------------------------------------------------
 */

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

static void gateway_time(shub__reading *r)
{
    shub__reading_slice(r, &r->heard.time);
    r->heard.time_pos = r->json.start + 1;
}

static void heard(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("gatewayId", gateway_id),
                                     SHUB__KEY("gatewayID", gateway_id),
                                     SHUB__KEY("rssi", rssi),
                                     SHUB__KEY("snr", snr),
                                     SHUB__KEY("loRaSNR", snr),
                                     SHUB__KEY("time", gateway_time),
                                     SHUB__KEY_END};
    memset(&r->heard, 0, sizeof r->heard);
    shub__reading_object(r, keys);
    shub__reading_heard_add(r);
}

void shub__chirpstack_heard(shub__reading *r)
{
    r->seen |= SHUB__SEEN_HEARD;
    shub__reading_heard_none(r);
    shub__reading_items(r, heard);
}

/* ---- txInfo -------------------------------------------------------------------------
 */

static void frequency(shub__reading *r)
{
    shub__reading_int(r, 0, INT64_MAX, &r->up.frequency_hz);
}

/* json_v3 says the data rate by its index alone. */
static void rate_index(shub__reading *r)
{
    shub__reading_int32(r, 0, 15, &r->up.rate_index);
}

static void bandwidth(shub__reading *r)
{
    double value = 0;
    shub__reading_double(r, &value);
    value *= r->scale_hz;
    if (value >= 0 && value <= INT32_MAX)
        r->up.bandwidth_hz = (int32_t)value;
    else
        shub__json_refuse(&r->json, SHUB_E_RANGE, "a bandwidth is out of range");
}

static void spreading_factor(shub__reading *r)
{
    shub__reading_int32(r, 0, 99, &r->up.spreading_factor);
}

static void read_lora(shub__reading *r, double scale_hz)
{
    static const shub__key keys[] = {SHUB__KEY("bandwidth", bandwidth),
                                     SHUB__KEY("spreadingFactor", spreading_factor),
                                     SHUB__KEY_END};
    if (shub__reading_null(r))
        return;
    r->up.modulation = SHUB_UPLINK_LORA;
    r->scale_hz = scale_hz;
    shub__reading_object(r, keys);
}

static void lora(shub__reading *r)
{
    read_lora(r, 1);
}

static void lora_khz(shub__reading *r)
{
    read_lora(r, 1000);
}

static void bit_rate(shub__reading *r)
{
    shub__reading_int32(r, 0, INT32_MAX, &r->up.bit_rate);
}

static void fsk(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("datarate", bit_rate), SHUB__KEY_END};
    if (shub__reading_null(r))
        return;
    r->up.modulation = SHUB_UPLINK_FSK;
    shub__reading_object(r, keys);
}

static void channel_width(shub__reading *r)
{
    shub__reading_int(r, 0, INT32_MAX, &r->channel_hz);
}

static void lr_fhss(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("operatingChannelWidth", channel_width),
                                     SHUB__KEY_END};
    if (shub__reading_null(r))
        return;
    r->up.modulation = SHUB_UPLINK_LR_FHSS;
    shub__reading_object(r, keys);
}

/* An object in v4; in v3 a word, of no use beside the other keys. */
static void modulation(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("lora", lora), SHUB__KEY("fsk", fsk),
                                     SHUB__KEY("lrFhss", lr_fhss), SHUB__KEY_END};
    if (shub__json_type_next(&r->json) == SHUB__JSON_OBJECT)
        shub__reading_object(r, keys);
}

void shub__chirpstack_tx(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("frequency", frequency),
                                     SHUB__KEY("modulation", modulation),
                                     SHUB__KEY("loRaModulationInfo", lora_khz),
                                     SHUB__KEY("fskModulationInfo", fsk),
                                     SHUB__KEY("dr", rate_index),
                                     SHUB__KEY_END};
    shub__reading_object(r, keys);
}
