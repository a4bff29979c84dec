/* The outermost keys of every dialect. No key means two things, so that one table serves
 * all, and what was there tells the dialect. */
#include "uplink/reading.h"

#define TTN SHUB__SEEN_TTN_V3
#define V2  SHUB__SEEN_TTN_V2
#define V3  SHUB__SEEN_V3_ID
#define UP  SHUB__SEEN_UP
#define OSM SHUB__SEEN_OSM

/* ---- The Things Stack v3 ---------------------------------------------------------- */

static void pass(shub__reading *r, int32_t event)
{
    r->up.event = event;
    shub__json_skip(&r->json);
}

static void join(shub__reading *r)
{
    r->up.event = SHUB_UPLINK_JOIN;
    shub__reading_object(r, shub__ttn_join);
}

static void ack(shub__reading *r)
{
    pass(r, SHUB_UPLINK_ACK);
}

static void nack(shub__reading *r)
{
    pass(r, SHUB_UPLINK_NACK);
}

static void sent(shub__reading *r)
{
    pass(r, SHUB_UPLINK_TXACK);
}

static void failed(shub__reading *r)
{
    r->up.event = SHUB_UPLINK_FAILED;
    shub__reading_object(r, shub__ttn_failed);
}

static void queued(shub__reading *r)
{
    pass(r, SHUB_UPLINK_QUEUED);
}

static void invalidated(shub__reading *r)
{
    pass(r, SHUB_UPLINK_INVALID);
}

static void service(shub__reading *r)
{
    pass(r, SHUB_UPLINK_SERVICE);
}

/* An object in the place of a result, or the text of ChirpStack v3's event `error`. */
static void error(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__TEXT("message", 0, remote),
                                     SHUB__INT32("http_code", 0, 999, remote_status),
                                     SHUB__KEY_END};
    if (shub__json_type_next(&r->json) != SHUB__JSON_OBJECT) {
        r->seen |= SHUB__SEEN_LOG;
        shub__reading_text(r, &r->up.text);
        return;
    }
    r->remote = SHUB_LIT("no reason given");
    shub__reading_object(r, keys);
}

/* ---- The Things Network v2 -------------------------------------------------------- */

/* The storage's: it does not say ports. */
static void raw(shub__reading *r)
{
    r->portless = 1;
    r->payload.pos = r->json.pos + 1;
    shub__reading_slice(r, &r->payload.text);
}

/* ---- ChirpStack ------------------------------------------------------------------- */

static void v3_application(shub__reading *r)
{
    shub_slice text = {NULL, 0};
    if (shub__json_type_next(&r->json) == SHUB__JSON_NUMBER)
        shub__json_number(&r->json, &text);
    else
        shub__reading_slice(r, &text);
    r->up.application = shub__reading_keep(r, text);
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
    r->seen = yes ? r->seen & ~(unsigned)SHUB__SEEN_NACK : r->seen | SHUB__SEEN_NACK;
}

/* Of an ack without `acknowledged`, which is false then; or of a txack. */
static void queue_item(shub__reading *r)
{
    if (!(r->seen & SHUB__SEEN_ACK))
        r->seen |= SHUB__SEEN_ACK | SHUB__SEEN_NACK;
    shub__json_skip(&r->json);
}

/* True: the level that comes with it is 0, and none. */
static void no_level(shub__reading *r, unsigned why)
{
    int yes = 0;
    if (shub__reading_null(r) || !shub__json_bool(&r->json, &yes))
        return;
    r->seen = yes ? r->seen | why : r->seen & ~why;
}

static void mains(shub__reading *r)
{
    no_level(r, SHUB__SEEN_MAINS);
}

static void no_battery(shub__reading *r)
{
    no_level(r, SHUB__SEEN_NO_BATTERY);
}

/* ---- Devtank OSM ------------------------------------------------------------------ */

/* Seconds. */
static void unix_time(shub__reading *r)
{
    int64_t seconds = 0;
    shub__reading_int(r, INT32_MIN, UINT32_MAX, &seconds);
    r->up.time_us = seconds * SHUB_SECOND_US;
    r->up.time_source = SHUB_UPLINK_TIME_DEVICE;
}

static void values(shub__reading *r)
{
    r->up.event = SHUB_UPLINK_UP;
    shub__reading_raw(r, &r->up.object);
}

static void connection(shub__reading *r)
{
    r->up.event = SHUB_UPLINK_CONNECTION;
    shub__reading_text(r, &r->up.text);
}

static void ret_code(shub__reading *r)
{
    r->up.event = SHUB_UPLINK_RESPONSE;
    shub__reading_text(r, &r->up.text);
}

/* ---- the tables ------------------------------------------------------------------- */

static void ids(shub__reading *r)
{
    shub__reading_object(r, shub__ttn_ids);
}

#define TTN_KEYS                                                                         \
    SHUB__CALL("end_device_ids", TTN, ids), SHUB__SKIP("correlation_ids", 0),            \
        SHUB__LATER("received_at", TTN, server_time),                                    \
        SHUB__CALL("uplink_message", TTN, shub__ttn_uplink),                             \
        SHUB__CALL("uplink_normalized", TTN, shub__ttn_normalized),                      \
        SHUB__CALL("join_accept", TTN, join), SHUB__CALL("downlink_ack", TTN, ack),      \
        SHUB__CALL("downlink_nack", TTN, nack), SHUB__CALL("downlink_sent", TTN, sent),  \
        SHUB__CALL("downlink_failed", TTN, failed),                                      \
        SHUB__CALL("downlink_queued", TTN, queued),                                      \
        SHUB__CALL("downlink_queue_invalidated", TTN, invalidated),                      \
        SHUB__CALL("location_solved", TTN, shub__ttn_location),                          \
        SHUB__CALL("service_data", TTN, service),                                        \
        SHUB__FLAG("simulated", SHUB_UPLINK_SIMULATED)

/* What is in "result", a line of the Storage Integration. */
static const shub__key ttn_keys[] = {TTN_KEYS, SHUB__KEY_END};

const shub__key shub__uplink_keys[] = {
    TTN_KEYS,
    SHUB__OBJECT("result", ttn_keys),
    SHUB__CALL("error", 0, error),
    /* ChirpStack v4 */
    SHUB__LATER("deduplicationId", 0, duplicates),
    SHUB__LATER("time", 0, network_time), /* of v2's storage, too */
    SHUB__OBJECT("deviceInfo", shub__chirpstack_device),
    SHUB__LATER("devAddr", SHUB__SEEN_DEV_ADDR, dev_addr),
    SHUB__SKIP("adr", UP),
    SHUB__INT32("dr", 0, 15, up.rate_index),
    SHUB__INT("fCnt", UP, UINT32_MAX, up.counter),
    SHUB__INT32("fPort", UP, 255, up.port),
    SHUB__FLAG("confirmed", SHUB_UPLINK_CONFIRMED), /* of v2, too */
    SHUB__LATER("data", UP, payload),
    SHUB__RAW("object", UP, up.object),
    SHUB__CALL("rxInfo", SHUB__SEEN_HEARD, shub__chirpstack_heard),
    SHUB__OBJECT("txInfo", shub__chirpstack_tx),
    SHUB__CALL("joinServerContext", 0, join_server_context),
    SHUB__CALL("queueItemId", 0, queue_item),
    SHUB__CALL("acknowledged", SHUB__SEEN_ACK, acknowledged),
    SHUB__INT("fCntDown", 0, UINT32_MAX, up.counter),
    SHUB__SKIP("downlinkId", SHUB__SEEN_TXACK),
    SHUB__SKIP("gatewayId", SHUB__SEEN_TXACK),
    SHUB__DOUBLE("margin", SHUB__SEEN_STATUS | SHUB__SEEN_MARGIN, up.margin_db),
    SHUB__CALL("externalPowerSource", SHUB__SEEN_STATUS, mains),
    SHUB__CALL("batteryLevelUnavailable", SHUB__SEEN_STATUS, no_battery),
    SHUB__DOUBLE("batteryLevel", SHUB__SEEN_STATUS | SHUB__SEEN_BATTERY, up.battery),
    SHUB__SKIP("code", SHUB__SEEN_LOG),
    SHUB__TEXT("description", SHUB__SEEN_LOG, up.text),
    SHUB__CALL("location", SHUB__SEEN_LOCATION, shub__reading_location),
    SHUB__SKIP("integrationName", SHUB__SEEN_INTEGRATION),
    /* ChirpStack v3 besides */
    SHUB__CALL("applicationID", V3, v3_application),
    SHUB__TEXT("deviceName", V3, up.name),
    SHUB__LATER("devEUI", V3, dev_eui),
    SHUB__TEXT("objectJSON", UP, up.object),
    SHUB__FLAG("confirmedUplink", SHUB_UPLINK_CONFIRMED),
    SHUB__LATER("publishedAt", 0, server_time),
    SHUB__SKIP("gatewayID", SHUB__SEEN_TXACK),
    /* The Things Network v2; the last two: its storage */
    SHUB__TEXT("app_id", V2, up.application),
    SHUB__TEXT("dev_id", V2, up.device),
    SHUB__LATER("hardware_serial", V2, dev_eui),
    SHUB__INT32("port", 0, 255, up.port),
    SHUB__INT("counter", 0, UINT32_MAX, up.counter),
    SHUB__FLAG("is_retry", SHUB_UPLINK_RETRY),
    SHUB__LATER("payload_raw", V2, payload),
    SHUB__RAW("payload_fields", 0, up.object),
    SHUB__OBJECT("metadata", shub__ttn_v2_metadata),
    SHUB__TEXT("device_id", V2, up.device),
    SHUB__CALL("raw", V2, raw),
    /* Devtank OSM */
    SHUB__CALL("UNIX", OSM, unix_time),
    SHUB__TEXT("NAME", OSM, up.name),
    SHUB__CALL("VALUES", OSM, values),
    SHUB__CALL("connection", OSM, connection),
    SHUB__CALL("ret_code", OSM, ret_code),
    SHUB__KEY_END,
};
