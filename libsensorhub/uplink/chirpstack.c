/* ChirpStack's objects, v4 (api/proto/integration/integration.proto, gw.proto) and v3
 * (chirpstack-application-server internal/integration): names differ in their spelling,
 * EUIs in their form, bandwidths in their unit. */
#include "uplink/reading.h"

/* deviceInfo (v4). */
const shub__key shub__chirpstack_device[] = {
    SHUB__TEXT("tenantId", SHUB__SEEN_DEVICE_INFO, up.tenant),
    SHUB__SKIP("tenantName", 0),
    SHUB__TEXT("applicationId", SHUB__SEEN_DEVICE_INFO, up.application),
    SHUB__SKIP("applicationName", 0),
    SHUB__SKIP("deviceProfileId", 0),
    SHUB__SKIP("deviceProfileName", 0),
    SHUB__TEXT("deviceName", 0, up.name),
    SHUB__LATER("devEui", SHUB__SEEN_DEVICE_INFO, dev_eui),
    SHUB__SKIP("tags", 0),
    SHUB__KEY_END};

/* ---- rxInfo ----------------------------------------------------------------------- */

static const shub__key heard_keys[] = {
    SHUB__LATER("gatewayId", 0, heard.gateway), SHUB__SKIP("uplinkId", 0),
    SHUB__DOUBLE("rssi", SHUB__SEEN_RSSI, heard.rssi), SHUB__DOUBLE("snr", 0, heard.snr),
    SHUB__SKIP("context", 0), SHUB__SKIP("metadata", 0),
    /* v3 */
    SHUB__LATER("gatewayID", 0, heard.gateway), SHUB__LATER("time", 0, heard.time),
    SHUB__DOUBLE("loRaSNR", 0, heard.snr), SHUB__KEY_END};

static void heard(shub__reading *r)
{
    shub__reading_heard_begin(r);
    shub__reading_object(r, heard_keys);
    shub__reading_heard_end(r);
}

void shub__chirpstack_heard(shub__reading *r)
{
    shub__reading_heard_none(r);
    shub__reading_items(r, heard);
}

/* ---- txInfo ----------------------------------------------------------------------- */

static void read_bandwidth(shub__reading *r, double scale)
{
    double value = 0;
    shub__reading_double(r, &value);
    value *= scale;
    if (value >= 0 && value <= INT32_MAX)
        r->up.bandwidth_hz = (int32_t)value;
    else
        shub__json_refuse(&r->json, SHUB_E_RANGE, "a bandwidth is out of range");
}

static void bandwidth_hz(shub__reading *r)
{
    read_bandwidth(r, 1);
}

static void bandwidth_khz(shub__reading *r)
{
    read_bandwidth(r, 1000);
}

static const shub__key lora_keys[] = {
    SHUB__CALL("bandwidth", 0, bandwidth_hz),
    SHUB__INT32("spreadingFactor", 0, 99, up.spreading_factor), SHUB__KEY_END};
static const shub__key v3_lora_keys[] = {
    SHUB__CALL("bandwidth", 0, bandwidth_khz),
    SHUB__INT32("spreadingFactor", 0, 99, up.spreading_factor), SHUB__KEY_END};
static const shub__key fsk_keys[] = {SHUB__INT32("datarate", 0, INT32_MAX, up.bit_rate),
                                     SHUB__KEY_END};
static const shub__key lr_fhss_keys[] = {
    SHUB__INT("operatingChannelWidth", 0, INT32_MAX, channel_hz), SHUB__KEY_END};

static void read_modulation(shub__reading *r, int32_t modulation, const shub__key *keys)
{
    if (shub__reading_null(r))
        return;
    r->up.modulation = modulation;
    shub__reading_object(r, keys);
}

static void lora(shub__reading *r)
{
    read_modulation(r, SHUB_UPLINK_LORA, lora_keys);
}

static void v3_lora(shub__reading *r)
{
    read_modulation(r, SHUB_UPLINK_LORA, v3_lora_keys);
}

static void fsk(shub__reading *r)
{
    read_modulation(r, SHUB_UPLINK_FSK, fsk_keys);
}

static void lr_fhss(shub__reading *r)
{
    read_modulation(r, SHUB_UPLINK_LR_FHSS, lr_fhss_keys);
}

/* An object in v4; in v3 a word, of no use beside the other keys. */
static void modulation(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__CALL("lora", 0, lora),
                                     SHUB__CALL("fsk", 0, fsk),
                                     SHUB__CALL("lrFhss", 0, lr_fhss), SHUB__KEY_END};
    if (shub__json_type_next(&r->json) == SHUB__JSON_OBJECT)
        shub__reading_object(r, keys);
    else
        shub__json_skip(&r->json);
}

/* json_v3 says the data rate by its index alone. */
const shub__key shub__chirpstack_tx[] = {
    SHUB__INT("frequency", 0, INT64_MAX, up.frequency_hz),
    SHUB__CALL("modulation", 0, modulation),
    SHUB__CALL("loRaModulationInfo", 0, v3_lora),
    SHUB__CALL("fskModulationInfo", 0, fsk),
    SHUB__INT32("dr", 0, 15, up.rate_index),
    SHUB__KEY_END};
