/* The outermost keys of every dialect. No key means two things, so that one table serves
 * all, and what was there tells the dialect. */
#include "uplink/reading.h"

#include <string.h>

#define TTN SHUB__SEEN_TTN_V3

static void skip(shub__reading *r)
{
    shub__json_skip(&r->json);
}

/* ---- The Things Stack v3 ------------------------------------------------------------
 */

static void server_time(shub__reading *r)
{
    r->seen |= TTN;
    shub__reading_later(r, &r->server_time);
}

static void ttn_event(shub__reading *r, int32_t event)
{
    r->seen |= TTN;
    r->up.event = event;
}

static void ack(shub__reading *r)
{
    ttn_event(r, SHUB_UPLINK_ACK);
}

static void nack(shub__reading *r)
{
    ttn_event(r, SHUB_UPLINK_NACK);
}

static void sent(shub__reading *r)
{
    ttn_event(r, SHUB_UPLINK_TXACK);
}

static void queued(shub__reading *r)
{
    ttn_event(r, SHUB_UPLINK_QUEUED);
}

static void invalidated(shub__reading *r)
{
    ttn_event(r, SHUB_UPLINK_INVALID);
}

static void service(shub__reading *r)
{
    ttn_event(r, SHUB_UPLINK_SERVICE);
}

static void simulated(shub__reading *r)
{
    shub__reading_flag(r, SHUB_UPLINK_SIMULATED);
}

/* The Storage Integration's line. */
static void result(shub__reading *r)
{
    shub__reading_object(r, shub__uplink_ttn_keys);
}

static void remote_message(shub__reading *r)
{
    shub__reading_text(r, &r->remote);
}

static void remote_status(shub__reading *r)
{
    shub__reading_int32(r, 0, 999, &r->remote_status);
}

static void log_text(shub__reading *r)
{
    r->seen |= SHUB__SEEN_LOG;
    shub__reading_text(r, &r->up.text);
}

/* An object in the place of a result, or the text of ChirpStack v3's event `error`. */
static void error(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__KEY("message", remote_message),
                                     SHUB__KEY("http_code", remote_status),
                                     SHUB__KEY_END};
    if (shub__json_type_next(&r->json) != SHUB__JSON_OBJECT) {
        log_text(r);
        return;
    }
    r->remote = SHUB_LIT("no reason given");
    shub__reading_object(r, keys);
}

/* ---- The Things Network v2 ----------------------------------------------------------
 */

static void v2_text(shub__reading *r, shub_slice *out)
{
    r->seen |= SHUB__SEEN_TTN_V2;
    shub__reading_text(r, out);
}

static void app_id(shub__reading *r)
{
    v2_text(r, &r->up.application);
}

static void dev_id(shub__reading *r)
{
    v2_text(r, &r->up.device);
}

static void hardware_serial(shub__reading *r)
{
    r->seen |= SHUB__SEEN_TTN_V2;
    shub__reading_later(r, &r->dev_eui);
}

static void payload(shub__reading *r)
{
    shub__reading_later(r, &r->payload);
}

static void payload_raw(shub__reading *r)
{
    r->seen |= SHUB__SEEN_TTN_V2;
    payload(r);
}

/* The storage's: it does not say ports. */
static void raw(shub__reading *r)
{
    r->portless = 1;
    payload_raw(r);
}

static void port(shub__reading *r)
{
    shub__reading_int32(r, 0, 255, &r->up.port);
}

static void counter(shub__reading *r)
{
    shub__reading_int(r, 0, UINT32_MAX, &r->up.counter);
}

static void is_retry(shub__reading *r)
{
    shub__reading_flag(r, SHUB_UPLINK_RETRY);
}

static void confirmed(shub__reading *r)
{
    shub__reading_flag(r, SHUB_UPLINK_CONFIRMED);
}

static void object(shub__reading *r)
{
    shub__reading_raw(r, &r->up.object);
}

/* ---- ChirpStack ---------------------------------------------------------------------
 */

static void deduplication_id(shub__reading *r)
{
    shub__reading_later(r, &r->duplicates);
}

static void network_time(shub__reading *r)
{
    shub__reading_later(r, &r->network_time);
}

static void v3_application(shub__reading *r)
{
    shub_slice text = {NULL, 0};
    r->seen |= SHUB__SEEN_V3_ID;
    if (shub__json_type_next(&r->json) == SHUB__JSON_NUMBER)
        shub__json_number(&r->json, &text);
    else
        shub__reading_slice(r, &text);
    r->up.application = shub__reading_keep(r, text);
}

static void v3_dev_eui(shub__reading *r)
{
    r->seen |= SHUB__SEEN_V3_ID;
    shub__reading_later(r, &r->dev_eui);
}

static void name(shub__reading *r)
{
    shub__reading_text(r, &r->up.name);
}

static void dev_addr(shub__reading *r)
{
    r->seen |= SHUB__SEEN_DEV_ADDR;
    shub__reading_later(r, &r->dev_addr);
}

static void rate_index(shub__reading *r)
{
    shub__reading_int32(r, 0, 15, &r->up.rate_index);
}

static void adr(shub__reading *r)
{
    r->seen |= SHUB__SEEN_UP;
    shub__json_skip(&r->json);
}

static void f_cnt(shub__reading *r)
{
    r->seen |= SHUB__SEEN_UP;
    counter(r);
}

static void f_port(shub__reading *r)
{
    r->seen |= SHUB__SEEN_UP;
    port(r);
}

static void data(shub__reading *r)
{
    r->seen |= SHUB__SEEN_UP;
    payload(r);
}

static void cs_object(shub__reading *r)
{
    r->seen |= SHUB__SEEN_UP;
    object(r);
}

/* v3 `json`: the object as a text of its own. */
static void object_json(shub__reading *r)
{
    r->seen |= SHUB__SEEN_UP;
    shub__reading_text(r, &r->up.object);
}

/* Not empty: the key is with a join server, for the application alone. */
static void join_server_context(shub__reading *r)
{
    shub_slice name_of_key;
    if (shub__reading_null(r))
        return;
    shub__json_enter_object(&r->json);
    while (shub__json_next_key(&r->json, &name_of_key))
        r->seen |= SHUB__SEEN_KEY;
}

static void acknowledged(shub__reading *r)
{
    int yes = 0;
    if (!shub__reading_null(r))
        shub__json_bool(&r->json, &yes);
    r->seen = (r->seen | SHUB__SEEN_ACK) & ~(unsigned)SHUB__SEEN_NACK;
    if (!yes)
        r->seen |= SHUB__SEEN_NACK;
}

/* Of an ack without `acknowledged`, which is false then; or of a txack. */
static void queue_item(shub__reading *r)
{
    if (!(r->seen & SHUB__SEEN_ACK))
        r->seen |= SHUB__SEEN_ACK | SHUB__SEEN_NACK;
    shub__json_skip(&r->json);
}

static void tx_ack(shub__reading *r)
{
    r->seen |= SHUB__SEEN_TXACK;
    shub__json_skip(&r->json);
}

static void margin(shub__reading *r)
{
    r->seen |= SHUB__SEEN_STATUS;
    r->up.flags |= SHUB_UPLINK_HAS_MARGIN;
    shub__reading_double(r, &r->up.margin_db);
}

static void battery_level(shub__reading *r)
{
    r->seen |= SHUB__SEEN_STATUS;
    r->up.flags |= SHUB_UPLINK_HAS_BATTERY;
    shub__reading_double(r, &r->up.battery);
}

/* True: the level that comes with it is 0, and none. */
static void no_battery(shub__reading *r)
{
    int yes = 0;
    if (shub__reading_null(r) || !shub__json_bool(&r->json, &yes))
        return;
    r->seen |= SHUB__SEEN_STATUS;
    r->seen = yes ? r->seen | SHUB__SEEN_NO_BATTERY
                  : r->seen & ~(unsigned)SHUB__SEEN_NO_BATTERY;
}

static void log_key(shub__reading *r)
{
    r->seen |= SHUB__SEEN_LOG;
    shub__json_skip(&r->json);
}

static void location(shub__reading *r)
{
    r->seen |= SHUB__SEEN_LOCATION;
    shub__reading_location(r);
}

static void integration(shub__reading *r)
{
    r->seen |= SHUB__SEEN_INTEGRATION;
    shub__json_skip(&r->json);
}

/* ---- Devtank OSM --------------------------------------------------------------------
 */

/* Seconds. */
static void unix_time(shub__reading *r)
{
    int64_t seconds = 0;
    r->seen |= SHUB__SEEN_OSM;
    shub__reading_int(r, INT32_MIN, UINT32_MAX, &seconds);
    r->up.time_us = seconds * SHUB_SECOND_US;
    r->up.time_source = SHUB_UPLINK_TIME_DEVICE;
}

static void osm_name(shub__reading *r)
{
    r->seen |= SHUB__SEEN_OSM;
    shub__reading_text(r, &r->up.name);
}

static void connection(shub__reading *r)
{
    r->seen |= SHUB__SEEN_OSM;
    r->up.event = SHUB_UPLINK_CONNECTION;
    shub__reading_text(r, &r->up.text);
}

static void ret_code(shub__reading *r)
{
    r->seen |= SHUB__SEEN_OSM;
    r->up.event = SHUB_UPLINK_RESPONSE;
    shub__reading_text(r, &r->up.text);
}

/* ---- the tables ---------------------------------------------------------------------
 */

#define TTN_KEYS                                                                         \
    SHUB__KEY("end_device_ids", shub__ttn_ids), SHUB__KEY("correlation_ids", skip),      \
        SHUB__KEY("received_at", server_time),                                           \
        SHUB__KEY("uplink_message", shub__ttn_uplink),                                   \
        SHUB__KEY("uplink_normalized", shub__ttn_normalized),                            \
        SHUB__KEY("join_accept", shub__ttn_join), SHUB__KEY("downlink_ack", ack),        \
        SHUB__KEY("downlink_nack", nack), SHUB__KEY("downlink_sent", sent),              \
        SHUB__KEY("downlink_failed", shub__ttn_failed),                                  \
        SHUB__KEY("downlink_queued", queued),                                            \
        SHUB__KEY("downlink_queue_invalidated", invalidated),                            \
        SHUB__KEY("location_solved", shub__ttn_location),                                \
        SHUB__KEY("service_data", service), SHUB__KEY("simulated", simulated)

const shub__key shub__uplink_ttn_keys[] = {TTN_KEYS, SHUB__KEY_END};

const shub__key shub__uplink_keys[] = {
    TTN_KEYS,
    SHUB__KEY("result", result),
    SHUB__KEY("error", error),
    /* The Things Network v2; the last three: its storage */
    SHUB__KEY("app_id", app_id),
    SHUB__KEY("dev_id", dev_id),
    SHUB__KEY("hardware_serial", hardware_serial),
    SHUB__KEY("port", port),
    SHUB__KEY("counter", counter),
    SHUB__KEY("is_retry", is_retry),
    SHUB__KEY("confirmed", confirmed), /* ChirpStack v4, too */
    SHUB__KEY("payload_raw", payload_raw),
    SHUB__KEY("payload_fields", object),
    SHUB__KEY("metadata", shub__ttn_v2_metadata),
    SHUB__KEY("device_id", dev_id),
    SHUB__KEY("raw", raw),
    SHUB__KEY("time", network_time), /* ChirpStack v4, too */
    /* ChirpStack */
    SHUB__KEY("deduplicationId", deduplication_id),
    SHUB__KEY("deviceInfo", shub__chirpstack_device),
    SHUB__KEY("applicationID", v3_application),
    SHUB__KEY("devEUI", v3_dev_eui),
    SHUB__KEY("deviceName", name),
    SHUB__KEY("devAddr", dev_addr),
    SHUB__KEY("adr", adr),
    SHUB__KEY("dr", rate_index),
    SHUB__KEY("fCnt", f_cnt),
    SHUB__KEY("fPort", f_port),
    SHUB__KEY("confirmedUplink", confirmed),
    SHUB__KEY("data", data),
    SHUB__KEY("object", cs_object),
    SHUB__KEY("objectJSON", object_json),
    SHUB__KEY("rxInfo", shub__chirpstack_heard),
    SHUB__KEY("txInfo", shub__chirpstack_tx),
    SHUB__KEY("joinServerContext", join_server_context),
    SHUB__KEY("acknowledged", acknowledged),
    SHUB__KEY("queueItemId", queue_item),
    SHUB__KEY("fCntDown", counter),
    SHUB__KEY("downlinkId", tx_ack),
    SHUB__KEY("gatewayId", tx_ack),
    SHUB__KEY("gatewayID", tx_ack),
    SHUB__KEY("margin", margin),
    SHUB__KEY("batteryLevel", battery_level),
    SHUB__KEY("batteryLevelUnavailable", no_battery),
    SHUB__KEY("code", log_key),
    SHUB__KEY("description", log_text),
    SHUB__KEY("location", location),
    SHUB__KEY("integrationName", integration),
    /* Devtank OSM */
    SHUB__KEY("UNIX", unix_time),
    SHUB__KEY("NAME", osm_name),
    SHUB__KEY("VALUES", shub__osm_values),
    SHUB__KEY("connection", connection),
    SHUB__KEY("ret_code", ret_code),
    SHUB__KEY_END,
};
