/* ChirpStack v4's protobuf: api/proto/integration/integration.proto and gw/gw.proto.
 * Field numbers are theirs. A field of another wire type than the schema's is passed
 * over, as an unknown one. */
#include <math.h>

#include "base/number.h"
#include "base/text.h"
#include "uplink/protobuf.h"
#include "uplink/reading.h"

typedef struct proto_key {
    uint32_t number;
    unsigned wire;
    void (*read)(shub__reading *r, const shub__proto *p);
} proto_key;

#define VARINT  SHUB__PROTO_VARINT
#define FIXED32 SHUB__PROTO_FIXED32
#define FIXED64 SHUB__PROTO_FIXED64
#define BYTES   SHUB__PROTO_BYTES
#define KEY_END                                                                          \
    {                                                                                    \
        0, 0, NULL                                                                       \
    }

static void refuse(shub__reading *r, shub_slice at, size_t pos, shub_status status,
                   const char *why)
{
    r->json.start = (size_t)(at.ptr - r->json.ptr) + pos;
    shub__json_refuse(&r->json, status, why);
}

static void read_message(shub__reading *r, shub_slice message, const proto_key *keys)
{
    shub__proto p;
    shub__proto_init(&p, message);
    while (!r->json.status && shub__proto_next(&p)) {
        for (const proto_key *key = keys; key->read; key++)
            if (key->number == p.number && key->wire == p.wire)
                key->read(r, &p);
    }
    if (p.from.status)
        refuse(r, message, p.start, p.from.status, "a field of protobuf is malformed");
}

/* Texts of protobuf are UTF-8. */
static shub_slice text_of(shub__reading *r, const shub__proto *p)
{
    size_t good = shub__utf8_valid(p->bytes);
    if (good == p->bytes.len)
        return p->bytes;
    refuse(r, p->bytes, good, SHUB_E_FORMAT, "a string is not UTF-8");
    return shub_bytes(NULL, 0);
}

static void keep_text(shub__reading *r, const shub__proto *p, shub_slice *out)
{
    *out = shub__reading_keep(r, text_of(r, p));
}

static void later_text(shub__reading *r, const shub__proto *p, shub__later *out)
{
    out->text = text_of(r, p);
    out->pos = out->text.len ? (size_t)(out->text.ptr - r->json.ptr) : 0;
}

static int32_t int32_of(const shub__proto *p)
{
    return p->value > INT32_MAX ? INT32_MAX : (int32_t)p->value;
}

/* ---- time ------------------------------------------------------------------------- */

static void seconds(shub__reading *r, const shub__proto *p)
{
    r->seconds = (int64_t)p->value;
}

static void nanoseconds(shub__reading *r, const shub__proto *p)
{
    r->nanoseconds = (int64_t)p->value;
}

/* google.protobuf.Timestamp: years 1 to 9999, fractions count forward. */
static void network_time(shub__reading *r, const shub__proto *p)
{
    static const proto_key keys[] = {
        {1, VARINT, seconds}, {2, VARINT, nanoseconds}, KEY_END};
    r->seconds = r->nanoseconds = 0;
    read_message(r, p->bytes, keys);
    if (r->seconds < INT64_C(-62135596800) || r->seconds > INT64_C(253402300799) ||
        r->nanoseconds < 0 || r->nanoseconds > 999999999) {
        refuse(r, p->bytes, 0, SHUB_E_RANGE, "a time is out of range");
        return;
    }
    r->up.time_us = r->seconds * SHUB_SECOND_US + r->nanoseconds / 1000;
    r->up.time_source = SHUB_UPLINK_TIME_NETWORK;
}

/* ---- who -------------------------------------------------------------------------- */

static void deduplication_id(shub__reading *r, const shub__proto *p)
{
    later_text(r, p, &r->duplicates);
}

static void tenant_id(shub__reading *r, const shub__proto *p)
{
    keep_text(r, p, &r->up.tenant);
}

static void application_id(shub__reading *r, const shub__proto *p)
{
    keep_text(r, p, &r->up.application);
}

static void device_name(shub__reading *r, const shub__proto *p)
{
    keep_text(r, p, &r->up.name);
}

static void dev_eui(shub__reading *r, const shub__proto *p)
{
    later_text(r, p, &r->dev_eui);
}

static void device_info(shub__reading *r, const shub__proto *p)
{
    static const proto_key keys[] = {{1, BYTES, tenant_id},
                                     {3, BYTES, application_id},
                                     {7, BYTES, device_name},
                                     {8, BYTES, dev_eui},
                                     KEY_END};
    read_message(r, p->bytes, keys);
}

static void dev_addr(shub__reading *r, const shub__proto *p)
{
    later_text(r, p, &r->dev_addr);
}

/* ---- gateways --------------------------------------------------------------------- */

static void gateway_id(shub__reading *r, const shub__proto *p)
{
    later_text(r, p, &r->heard.gateway);
}

static void rssi(shub__reading *r, const shub__proto *p)
{
    r->seen |= SHUB__SEEN_RSSI;
    r->heard.rssi = (double)(int32_t)(uint32_t)p->value;
}

static void snr(shub__reading *r, const shub__proto *p)
{
    double value = shub__proto_float(p->value);
    if (isfinite(value))
        r->heard.snr = value;
}

static void heard(shub__reading *r, const shub__proto *p)
{
    static const proto_key keys[] = {
        {1, BYTES, gateway_id}, {6, VARINT, rssi}, {7, FIXED32, snr}, KEY_END};
    shub__reading_heard_begin(r);
    read_message(r, p->bytes, keys);
    shub__reading_heard_end(r);
}

static void frequency(shub__reading *r, const shub__proto *p)
{
    r->up.frequency_hz = (int64_t)(uint32_t)p->value;
}

static void bandwidth(shub__reading *r, const shub__proto *p)
{
    r->up.bandwidth_hz = int32_of(p);
}

static void spreading_factor(shub__reading *r, const shub__proto *p)
{
    r->up.spreading_factor = int32_of(p);
}

static void lora(shub__reading *r, const shub__proto *p)
{
    static const proto_key keys[] = {
        {1, VARINT, bandwidth}, {2, VARINT, spreading_factor}, KEY_END};
    r->up.modulation = SHUB_UPLINK_LORA;
    read_message(r, p->bytes, keys);
}

static void bit_rate(shub__reading *r, const shub__proto *p)
{
    r->up.bit_rate = int32_of(p);
}

static void fsk(shub__reading *r, const shub__proto *p)
{
    static const proto_key keys[] = {{2, VARINT, bit_rate}, KEY_END};
    r->up.modulation = SHUB_UPLINK_FSK;
    read_message(r, p->bytes, keys);
}

static void channel_width(shub__reading *r, const shub__proto *p)
{
    r->channel_hz = int32_of(p);
}

static void lr_fhss(shub__reading *r, const shub__proto *p)
{
    static const proto_key keys[] = {{1, VARINT, channel_width}, KEY_END};
    r->up.modulation = SHUB_UPLINK_LR_FHSS;
    read_message(r, p->bytes, keys);
}

static void modulation(shub__reading *r, const shub__proto *p)
{
    static const proto_key keys[] = {
        {3, BYTES, lora}, {4, BYTES, fsk}, {5, BYTES, lr_fhss}, KEY_END};
    read_message(r, p->bytes, keys);
}

static void tx_info(shub__reading *r, const shub__proto *p)
{
    static const proto_key keys[] = {
        {1, VARINT, frequency}, {2, BYTES, modulation}, KEY_END};
    read_message(r, p->bytes, keys);
}

/* ---- up --------------------------------------------------------------------------- */

static void rate_index(shub__reading *r, const shub__proto *p)
{
    r->up.rate_index = int32_of(p);
}

static void counter(shub__reading *r, const shub__proto *p)
{
    r->up.counter = (int64_t)(uint32_t)p->value;
}

static void port(shub__reading *r, const shub__proto *p)
{
    if (p->value > 255)
        refuse(r, shub_bytes(p->from.ptr, p->from.len), p->start, SHUB_E_RANGE,
               "an FPort is out of range");
    r->up.port = int32_of(p);
}

static void confirmed(shub__reading *r, const shub__proto *p)
{
    r->up.flags &= ~SHUB_UPLINK_CONFIRMED;
    if (p->value)
        r->up.flags |= SHUB_UPLINK_CONFIRMED;
}

static void data(shub__reading *r, const shub__proto *p)
{
    r->up.payload = shub__reading_keep(r, p->bytes);
}

static void object(shub__reading *r, const shub__proto *p)
{
    shub__buf *text = &r->parser->text;
    size_t begin = text->len;
    size_t bad;
    if (!shub__proto_struct(text, p->bytes, &bad))
        refuse(r, p->bytes, bad, SHUB_E_FORMAT, "an object of protobuf is malformed");
    r->up.object = shub_bytes(text->ptr + begin, text->len - begin);
    shub__buf_byte(text, '\0');
}

static void join_server_context(shub__reading *r, const shub__proto *p)
{
    if (p->bytes.len)
        r->seen |= SHUB__SEEN_KEY;
}

/* ---- other events ----------------------------------------------------------------- */

static void acknowledged(shub__reading *r, const shub__proto *p)
{
    if (p->value)
        r->seen &= ~(unsigned)SHUB__SEEN_NACK;
}

static void description(shub__reading *r, const shub__proto *p)
{
    keep_text(r, p, &r->up.text);
}

static void margin(shub__reading *r, const shub__proto *p)
{
    r->up.margin_db = (double)(int32_t)(uint32_t)p->value;
}

static void mains(shub__reading *r, const shub__proto *p)
{
    if (p->value)
        r->seen |= SHUB__SEEN_MAINS;
}

static void no_battery(shub__reading *r, const shub__proto *p)
{
    if (p->value)
        r->seen |= SHUB__SEEN_NO_BATTERY;
}

static void battery(shub__reading *r, const shub__proto *p)
{
    double value = shub__proto_float(p->value);
    r->seen &= ~(unsigned)SHUB__SEEN_BATTERY;
    if (!isfinite(value))
        return;
    r->seen |= SHUB__SEEN_BATTERY;
    r->up.battery = value;
}

static void set_finite(double *out, const shub__proto *p)
{
    double value = shub__proto_double(p->value);
    if (isfinite(value))
        *out = value;
}

static void latitude(shub__reading *r, const shub__proto *p)
{
    set_finite(&r->up.latitude, p);
}

static void longitude(shub__reading *r, const shub__proto *p)
{
    set_finite(&r->up.longitude, p);
}

static void altitude(shub__reading *r, const shub__proto *p)
{
    set_finite(&r->up.altitude_m, p);
}

static void location(shub__reading *r, const shub__proto *p)
{
    static const proto_key keys[] = {
        {1, FIXED64, latitude}, {2, FIXED64, longitude}, {3, FIXED64, altitude}, KEY_END};
    r->up.flags |= SHUB_UPLINK_HAS_LOCATION;
    read_message(r, p->bytes, keys);
}

/* ---- the events ------------------------------------------------------------------- */

#define HEAD                                                                             \
    {1, BYTES, deduplication_id}, {2, BYTES, network_time},                              \
    {                                                                                    \
        3, BYTES, device_info                                                            \
    }

static const proto_key up_keys[] = {HEAD,
                                    {4, BYTES, dev_addr},
                                    {6, VARINT, rate_index},
                                    {7, VARINT, counter},
                                    {8, VARINT, port},
                                    {9, VARINT, confirmed},
                                    {10, BYTES, data},
                                    {11, BYTES, object},
                                    {12, BYTES, heard},
                                    {13, BYTES, tx_info},
                                    {15, BYTES, join_server_context},
                                    KEY_END};
static const proto_key join_keys[] = {HEAD, {4, BYTES, dev_addr}, KEY_END};
static const proto_key ack_keys[] = {
    HEAD, {5, VARINT, acknowledged}, {6, VARINT, counter}, KEY_END};
static const proto_key txack_keys[] = {{2, BYTES, network_time},
                                       {3, BYTES, device_info},
                                       {5, VARINT, counter},
                                       {7, BYTES, tx_info},
                                       KEY_END};
static const proto_key status_keys[] = {HEAD,
                                        {5, VARINT, margin},
                                        {6, VARINT, mains},
                                        {7, VARINT, no_battery},
                                        {8, FIXED32, battery},
                                        KEY_END};
static const proto_key location_keys[] = {HEAD, {4, BYTES, location}, KEY_END};
static const proto_key log_keys[] = {
    {1, BYTES, network_time}, {2, BYTES, device_info}, {6, BYTES, description}, KEY_END};
static const proto_key integration_keys[] = {HEAD, {6, BYTES, object}, KEY_END};

static const struct {
    int32_t event;
    const proto_key *keys;
    unsigned seen; /* what it has, whether or not its fields are 0 */
} events[] = {
    {SHUB_UPLINK_UP, up_keys, 0},
    {SHUB_UPLINK_JOIN, join_keys, 0},
    {SHUB_UPLINK_ACK, ack_keys, 0},
    {SHUB_UPLINK_TXACK, txack_keys, 0},
    {SHUB_UPLINK_STATUS, status_keys, SHUB__SEEN_BATTERY | SHUB__SEEN_MARGIN},
    {SHUB_UPLINK_LOCATION, location_keys, 0},
    {SHUB_UPLINK_LOG, log_keys, 0},
    {SHUB_UPLINK_INTEGRATION, integration_keys, 0},
};

void shub__chirpstack_protobuf(shub__reading *r, shub_slice body)
{
    int32_t event = r->said ? r->said : SHUB_UPLINK_UP;
    r->up.dialect = SHUB_UPLINK_CHIRPSTACK_V4_PROTOBUF;
    r->up.event = event;
    r->seen |= SHUB__SEEN_NACK;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (events[i].event != event)
            continue;
        r->seen |= events[i].seen;
        read_message(r, body, events[i].keys);
    }
    if (!r->json.status && !r->dev_eui.text.len)
        shub__json_refuse(&r->json, SHUB_E_UNEXPECTED, "protobuf without a device");
}
