/* The Things Stack v3: lorawan-stack api/ttn/lorawan/v3/messages.proto as JSON. Fields of
 * empty, 0 and false values are left out. */
#include "uplink/reading.h"

#include <string.h>

/* ---- end_device_ids -----------------------------------------------------------------
 */

static void device_id(shub__reading *r)
{
    shub__reading_text(r, &r->up.device);
}

static void application_id(shub__reading *r)
{
    shub__reading_text(r, &r->up.application);
}

static void application_ids(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("application_id", application_id),
                                     SHUB__KEY_END};
    shub__reading_object(r, keys);
}

static void dev_eui(shub__reading *r)
{
    shub__reading_later(r, &r->dev_eui);
}

static void dev_addr(shub__reading *r)
{
    shub__reading_later(r, &r->dev_addr);
}

void shub__ttn_ids(shub__reading *r)
{
    static const shub__key keys[] = {
        SHUB__KEY("device_id", device_id), SHUB__KEY("application_ids", application_ids),
        SHUB__KEY("dev_eui", dev_eui), SHUB__KEY("dev_addr", dev_addr), SHUB__KEY_END};
    r->seen |= SHUB__SEEN_TTN_V3;
    shub__reading_object(r, keys);
}

/* ---- rx_metadata --------------------------------------------------------------------
 */

static void gateway_id(shub__reading *r)
{
    shub__reading_slice(r, &r->heard.gateway);
}

static void gateway_ids(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("gateway_id", gateway_id), SHUB__KEY_END};
    shub_slice forwarder = r->heard.gateway; /* packet_broker came first */
    shub__reading_object(r, keys);
    if (forwarder.len)
        r->heard.gateway = forwarder;
}

/* The id in gateway_ids is "packetbroker" then, whoever heard it. */
static void packet_broker(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("forwarder_gateway_id", gateway_id),
                                     SHUB__KEY_END};
    shub__reading_object(r, keys);
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
    static const shub__key keys[] = {
        SHUB__KEY("gateway_ids", gateway_ids), SHUB__KEY("packet_broker", packet_broker),
        SHUB__KEY("rssi", rssi), SHUB__KEY("snr", snr), SHUB__KEY_END};
    memset(&r->heard, 0, sizeof r->heard);
    shub__reading_object(r, keys);
    shub__reading_heard_add(r);
}

static void rx_metadata(shub__reading *r)
{
    shub__reading_heard_none(r);
    shub__reading_items(r, heard);
}

/* ---- settings -----------------------------------------------------------------------
 */

static void bandwidth(shub__reading *r)
{
    shub__reading_int32(r, 0, INT32_MAX, &r->up.bandwidth_hz);
}

static void spreading_factor(shub__reading *r)
{
    shub__reading_int32(r, 0, 99, &r->up.spreading_factor);
}

static void lora(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("bandwidth", bandwidth),
                                     SHUB__KEY("spreading_factor", spreading_factor),
                                     SHUB__KEY_END};
    r->up.modulation = SHUB_UPLINK_LORA;
    shub__reading_object(r, keys);
}

static void bit_rate(shub__reading *r)
{
    shub__reading_int32(r, 0, INT32_MAX, &r->up.bit_rate);
}

static void fsk(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("bit_rate", bit_rate), SHUB__KEY_END};
    r->up.modulation = SHUB_UPLINK_FSK;
    shub__reading_object(r, keys);
}

static void channel_width(shub__reading *r)
{
    shub__reading_int(r, 0, INT32_MAX, &r->channel_hz);
}

static void lrfhss(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("operating_channel_width", channel_width),
                                     SHUB__KEY_END};
    r->up.modulation = SHUB_UPLINK_LR_FHSS;
    shub__reading_object(r, keys);
}

static void data_rate(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("lora", lora), SHUB__KEY("fsk", fsk),
                                     SHUB__KEY("lrfhss", lrfhss), SHUB__KEY_END};
    shub__reading_object(r, keys);
}

/* Left out when it is 0, and by servers since 3.16.0: told, and relied on by nothing. */
static void data_rate_index(shub__reading *r)
{
    shub__reading_int32(r, 0, 15, &r->up.rate_index);
}

static void frequency(shub__reading *r)
{
    shub__reading_int(r, 0, INT64_MAX, &r->up.frequency_hz);
}

static void settings(shub__reading *r)
{
    static const shub__key keys[] = {
        SHUB__KEY("data_rate", data_rate), SHUB__KEY("frequency", frequency),
        SHUB__KEY("data_rate_index", data_rate_index), SHUB__KEY_END};
    shub__reading_object(r, keys);
}

/* ---- uplink_message -----------------------------------------------------------------
 */

static void session_key_id(shub__reading *r)
{
    shub__reading_text(r, &r->up.session);
}

static void f_port(shub__reading *r)
{
    shub__reading_int32(r, 0, 255, &r->up.port);
}

static void f_cnt(shub__reading *r)
{
    shub__reading_int(r, 0, UINT32_MAX, &r->up.counter);
}

static void frm_payload(shub__reading *r)
{
    shub__reading_later(r, &r->payload);
}

static void decoded_payload(shub__reading *r)
{
    shub__reading_raw(r, &r->up.object);
}

static void normalized_payload(shub__reading *r)
{
    shub__reading_raw(r, &r->up.normalized);
}

/* The Network Server's time (not the outer one). */
static void received_at(shub__reading *r)
{
    shub__reading_later(r, &r->network_time);
}

/* Present, and not null: the payload is as it came over the air. */
static void app_s_key(shub__reading *r)
{
    if (!shub__reading_null(r))
        r->seen |= SHUB__SEEN_KEY;
}

static void confirmed(shub__reading *r)
{
    shub__reading_flag(r, SHUB_UPLINK_CONFIRMED);
}

static void tenant_id(shub__reading *r)
{
    shub__reading_text(r, &r->up.tenant);
}

static void network_ids(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("tenant_id", tenant_id), SHUB__KEY_END};
    shub__reading_object(r, keys);
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

/* In the order they come in, the most of them. */
static const shub__key message_keys[] = {
    SHUB__KEY("session_key_id", session_key_id),
    SHUB__KEY("f_port", f_port),
    SHUB__KEY("f_cnt", f_cnt),
    SHUB__KEY("frm_payload", frm_payload),
    SHUB__KEY("decoded_payload", decoded_payload),
    SHUB__KEY("rx_metadata", rx_metadata),
    SHUB__KEY("settings", settings),
    SHUB__KEY("received_at", received_at),
    SHUB__KEY("network_ids", network_ids),
    SHUB__KEY("normalized_payload", normalized_payload),
    SHUB__KEY("app_s_key", app_s_key),
    SHUB__KEY("confirmed", confirmed),
    SHUB__KEY("locations", locations),
    SHUB__KEY_END,
};

/* Of doubled keys the last counts, whole. */
static void forget_message(shub__reading *r)
{
    shub_uplink *up = &r->up;
    static const shub_slice none = {NULL, 0};
    static const shub__later nothing;
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
    r->seen |= SHUB__SEEN_TTN_V3;
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

void shub__ttn_join(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("session_key_id", session_key_id),
                                     SHUB__KEY_END};
    r->seen |= SHUB__SEEN_TTN_V3;
    r->up.event = SHUB_UPLINK_JOIN;
    shub__reading_object(r, keys);
}

void shub__ttn_location(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("location", shub__reading_location),
                                     SHUB__KEY_END};
    r->seen |= SHUB__SEEN_TTN_V3;
    r->up.event = SHUB_UPLINK_LOCATION;
    shub__reading_object(r, keys);
}

static void message_format(shub__reading *r)
{
    shub__reading_text(r, &r->up.text);
}

static void failure(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("message_format", message_format),
                                     SHUB__KEY_END};
    shub__reading_object(r, keys);
}

void shub__ttn_failed(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("error", failure), SHUB__KEY_END};
    r->seen |= SHUB__SEEN_TTN_V3;
    r->up.event = SHUB_UPLINK_FAILED;
    shub__reading_object(r, keys);
}
