/* The Things Stack v3: lorawan-stack api/ttn/lorawan/v3/messages.proto as JSON. Fields of
 * empty, 0 and false values are left out. */
#include "uplink/reading.h"

#include <string.h>

#define SEEN SHUB__SEEN_TTN_V3

/* ---- end_device_ids -----------------------------------------------------------------
 */

static const shub__key application_ids[] = {
    SHUB__TEXT("application_id", 0, up.application), SHUB__KEY_END};

const shub__key shub__ttn_ids[] = {SHUB__TEXT("device_id", SEEN, up.device),
                                   SHUB__OBJECT("application_ids", application_ids),
                                   SHUB__LATER("dev_eui", SEEN, dev_eui),
                                   SHUB__SKIP("join_eui", SEEN),
                                   SHUB__LATER("dev_addr", SEEN, dev_addr),
                                   SHUB__KEY_END};

/* ---- rx_metadata --------------------------------------------------------------------
 */

static const shub__key gateway_ids[] = {SHUB__LATER("gateway_id", 0, heard.gateway),
                                        SHUB__SKIP("eui", 0), SHUB__KEY_END};

/* The id in gateway_ids is "packetbroker" then, whoever heard it. */
static const shub__key packet_broker[] = {
    SHUB__SKIP("message_id", 0),
    SHUB__SKIP("forwarder_net_id", 0),
    SHUB__SKIP("forwarder_tenant_id", 0),
    SHUB__SKIP("forwarder_cluster_id", 0),
    SHUB__SKIP("forwarder_gateway_eui", 0),
    SHUB__LATER("forwarder_gateway_id", 0, heard.forwarder),
    SHUB__SKIP("home_network_net_id", 0),
    SHUB__SKIP("home_network_tenant_id", 0),
    SHUB__SKIP("home_network_cluster_id", 0),
    SHUB__KEY_END};

static const shub__key heard_keys[] = {SHUB__OBJECT("gateway_ids", gateway_ids),
                                       SHUB__OBJECT("packet_broker", packet_broker),
                                       SHUB__SKIP("time", 0),
                                       SHUB__SKIP("timestamp", 0),
                                       SHUB__DOUBLE("rssi", SHUB__SEEN_RSSI, heard.rssi),
                                       SHUB__SKIP("channel_rssi", 0),
                                       SHUB__DOUBLE("snr", 0, heard.snr),
                                       SHUB__SKIP("location", 0),
                                       SHUB__SKIP("uplink_token", 0),
                                       SHUB__SKIP("channel_index", 0),
                                       SHUB__SKIP("received_at", 0),
                                       SHUB__KEY_END};

static void heard(shub__reading *r)
{
    shub__reading_heard_begin(r);
    shub__reading_object(r, heard_keys);
    if (r->heard.forwarder.text.len)
        r->heard.gateway = r->heard.forwarder;
    shub__reading_heard_end(r);
}

static void rx_metadata(shub__reading *r)
{
    shub__reading_heard_none(r);
    shub__reading_items(r, heard);
}

/* ---- settings -----------------------------------------------------------------------
 */

static const shub__key lora_keys[] = {
    SHUB__INT32("bandwidth", 0, INT32_MAX, up.bandwidth_hz),
    SHUB__INT32("spreading_factor", 0, 99, up.spreading_factor),
    SHUB__SKIP("coding_rate", 0), SHUB__KEY_END};

static void lora(shub__reading *r)
{
    r->up.modulation = SHUB_UPLINK_LORA;
    shub__reading_object(r, lora_keys);
}

static void fsk(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__INT32("bit_rate", 0, INT32_MAX, up.bit_rate),
                                     SHUB__KEY_END};
    r->up.modulation = SHUB_UPLINK_FSK;
    shub__reading_object(r, keys);
}

static void lrfhss(shub__reading *r)
{
    static const shub__key keys[] = {
        SHUB__INT("operating_channel_width", 0, INT32_MAX, channel_hz), SHUB__KEY_END};
    r->up.modulation = SHUB_UPLINK_LR_FHSS;
    shub__reading_object(r, keys);
}

static const shub__key data_rate[] = {SHUB__CALL("lora", 0, lora),
                                      SHUB__CALL("fsk", 0, fsk),
                                      SHUB__CALL("lrfhss", 0, lrfhss), SHUB__KEY_END};

/* The index is left out when it is 0, and by servers since 3.16.0: told, and relied on by
 * nothing. */
static const shub__key settings[] = {
    SHUB__OBJECT("data_rate", data_rate),
    SHUB__INT32("data_rate_index", 0, 15, up.rate_index),
    SHUB__SKIP("coding_rate", 0),
    SHUB__INT("frequency", 0, INT64_MAX, up.frequency_hz),
    SHUB__SKIP("timestamp", 0),
    SHUB__SKIP("time", 0),
    SHUB__KEY_END};

/* ---- uplink_message -----------------------------------------------------------------
 */

/* Present, and not null: the payload is as it came over the air. */
static void app_s_key(shub__reading *r)
{
    if (shub__reading_null(r))
        return;
    r->seen |= SHUB__SEEN_KEY;
    shub__json_skip(&r->json);
}

/* One for each way the place is known by; what the device said itself is worth more than
 * what somebody set in the console. */
static void locations(shub__reading *r)
{
    shub_slice source;
    if (shub__reading_null(r))
        return;
    shub__json_enter_object(&r->json);
    while (shub__json_next_key(&r->json, &source)) {
        int rank = shub__json_is(source, "user") ? 1 : 2;
        if (rank < r->location_rank)
            continue;
        r->location_rank = rank;
        shub__reading_location(r);
    }
}

static const shub__key network_ids[] = {SHUB__SKIP("net_id", 0),
                                        SHUB__TEXT("tenant_id", 0, up.tenant),
                                        SHUB__SKIP("cluster_id", 0), SHUB__KEY_END};

/* In the order they come in. `received_at` is the Network Server's time, other than the
 * outer one. */
static const shub__key message_keys[] = {
    SHUB__TEXT("session_key_id", 0, up.session),
    SHUB__INT32("f_port", 0, 255, up.port),
    SHUB__INT("f_cnt", 0, UINT32_MAX, up.counter),
    SHUB__LATER("frm_payload", 0, payload),
    SHUB__RAW("decoded_payload", 0, up.object),
    SHUB__RAW("normalized_payload", 0, up.normalized),
    SHUB__CALL("rx_metadata", 0, rx_metadata),
    SHUB__OBJECT("settings", settings),
    SHUB__LATER("received_at", 0, network_time),
    SHUB__CALL("app_s_key", 0, app_s_key),
    SHUB__FLAG("confirmed", SHUB_UPLINK_CONFIRMED),
    SHUB__SKIP("consumed_airtime", 0),
    SHUB__CALL("locations", 0, locations),
    SHUB__SKIP("version_ids", 0),
    SHUB__OBJECT("network_ids", network_ids),
    SHUB__KEY_END,
};

/* Of doubled keys the last counts, whole. */
static void forget_message(shub__reading *r)
{
    static const shub_slice none = {NULL, 0};
    static const shub__later nothing;
    shub_uplink *up = &r->up;
    up->session = up->object = up->normalized = up->tenant = none;
    up->port = up->modulation = up->spreading_factor = up->bandwidth_hz = 0;
    up->bit_rate = 0;
    up->frequency_hz = r->channel_hz = 0;
    up->rate_index = SHUB_NONE;
    up->flags &= SHUB_UPLINK_SIMULATED;
    r->payload = r->network_time = nothing;
    r->location_rank = 0;
    r->seen &= ~(unsigned)SHUB__SEEN_KEY;
    shub__reading_heard_none(r);
}

static void message(shub__reading *r, int32_t event)
{
    if (r->up.event)
        forget_message(r);
    r->up.event = event;
    r->up.counter = 0;
    shub__reading_object(r, message_keys);
}

void shub__ttn_uplink(shub__reading *r)
{
    message(r, SHUB_UPLINK_UP);
}

void shub__ttn_normalized(shub__reading *r)
{
    message(r, SHUB_UPLINK_NORMALIZED);
}

/* ---- other events -------------------------------------------------------------------
 */

const shub__key shub__ttn_join[] = {SHUB__TEXT("session_key_id", 0, up.session),
                                    SHUB__KEY_END};

static const shub__key failure[] = {SHUB__TEXT("message_format", 0, up.text),
                                    SHUB__KEY_END};
const shub__key shub__ttn_failed[] = {SHUB__OBJECT("error", failure), SHUB__KEY_END};

void shub__ttn_location(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__CALL("location", 0, shub__reading_location),
                                     SHUB__KEY_END};
    r->up.event = SHUB_UPLINK_LOCATION;
    shub__reading_object(r, keys);
}
