/* What was read, made into facts: dialect, event, EUI, time, payload, rate, id. */
#include <string.h>

#include "base/number.h"
#include "base/reader.h"
#include "base/text.h"
#include "uplink/reading.h"

enum { EUI_BYTES = 8, ADDR_BYTES = 4 };

static void refuse_at(shub__reading *r, size_t pos, shub_status status, const char *why)
{
    r->json.start = pos;
    shub__json_refuse(&r->json, status, why);
}

/* ---- dialect, event --------------------------------------------------------------- */

/* ChirpStack v3's `json` writes bytes as base64: 12 digits for an EUI, not 16. */
static int32_t v3_dialect(const shub__reading *r)
{
    return r->dev_eui.text.len == shub__base64_size(EUI_BYTES)
               ? SHUB_UPLINK_CHIRPSTACK_V3
               : SHUB_UPLINK_CHIRPSTACK_JSON_V3;
}

static int32_t dialect_of(const shub__reading *r)
{
    if (r->seen & SHUB__SEEN_TTN_V3)
        return SHUB_UPLINK_TTN_V3;
    if (r->seen & SHUB__SEEN_DEVICE_INFO)
        return SHUB_UPLINK_CHIRPSTACK_V4;
    if (r->seen & SHUB__SEEN_V3_ID)
        return v3_dialect(r);
    if (r->seen & SHUB__SEEN_TTN_V2)
        return SHUB_UPLINK_TTN_V2;
    return r->seen & SHUB__SEEN_OSM ? SHUB_UPLINK_OSM : SHUB_UPLINK_UNKNOWN;
}

/* ChirpStack's documents do not say which event they are: their keys do. Events that have
 * keys of their own come before those that share them. */
static int32_t chirpstack_event(const shub__reading *r)
{
    static const struct {
        unsigned seen;
        int32_t event;
    } rows[] = {
        {SHUB__SEEN_INTEGRATION, SHUB_UPLINK_INTEGRATION},
        {SHUB__SEEN_TXACK, SHUB_UPLINK_TXACK},
        {SHUB__SEEN_ACK, SHUB_UPLINK_ACK},
        {SHUB__SEEN_STATUS, SHUB_UPLINK_STATUS},
        {SHUB__SEEN_LOG, SHUB_UPLINK_LOG},
        {SHUB__SEEN_LOCATION, SHUB_UPLINK_LOCATION},
        {SHUB__SEEN_UP, SHUB_UPLINK_UP},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (r->seen & rows[i].seen)
            return rows[i].event;
    /* v4's join has no rxInfo; v3's has, and its uplinks never lack fCnt. */
    if (r->seen & SHUB__SEEN_HEARD && r->up.dialect == SHUB_UPLINK_CHIRPSTACK_V4)
        return SHUB_UPLINK_UP;
    return r->seen & SHUB__SEEN_DEV_ADDR ? SHUB_UPLINK_JOIN : SHUB_UPLINK_UP;
}

static const struct {
    const char *word;
    int32_t event;
} chirpstack_words[] = {
    {"up", SHUB_UPLINK_UP},
    {"join", SHUB_UPLINK_JOIN},
    {"ack", SHUB_UPLINK_ACK},
    {"txack", SHUB_UPLINK_TXACK},
    {"status", SHUB_UPLINK_STATUS},
    {"location", SHUB_UPLINK_LOCATION},
    {"log", SHUB_UPLINK_LOG},
    {"error", SHUB_UPLINK_LOG},
    {"integration", SHUB_UPLINK_INTEGRATION},
};

int32_t shub__chirpstack_word(shub_slice word)
{
    for (size_t i = 0; i < sizeof chirpstack_words / sizeof chirpstack_words[0]; i++)
        if (shub__json_is(word, chirpstack_words[i].word))
            return chirpstack_words[i].event;
    return SHUB_UPLINK_EVENT_NONE;
}

static int is_chirpstack(const shub__reading *r)
{
    return r->up.dialect >= SHUB_UPLINK_CHIRPSTACK_V4 &&
           r->up.dialect <= SHUB_UPLINK_CHIRPSTACK_JSON_V3;
}

static void finish_chirpstack(shub__reading *r)
{
    shub_uplink *up = &r->up;
    if (!up->event)
        up->event = r->said ? r->said : chirpstack_event(r);
    if (up->event == SHUB_UPLINK_ACK && r->seen & SHUB__SEEN_NACK)
        up->event = SHUB_UPLINK_NACK;
    if (up->event == SHUB_UPLINK_UP && up->counter == SHUB_NONE)
        up->counter = 0;
    if (r->seen & SHUB__SEEN_MARGIN)
        up->flags |= SHUB_UPLINK_HAS_MARGIN;
    if (r->seen & SHUB__SEEN_BATTERY &&
        !(r->seen & (SHUB__SEEN_MAINS | SHUB__SEEN_NO_BATTERY)))
        up->flags |= SHUB_UPLINK_HAS_BATTERY;
}

/* ---- texts of bytes --------------------------------------------------------------- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The highest bit of each of eight bytes, themselves below 0x80, that is from `first` to
 * `last`. */
static uint64_t within(uint64_t bytes, char first, char last)
{
    uint64_t above = bytes + EACH(0x80 - (unsigned)first);
    uint64_t beyond = bytes + EACH(0x7f - (unsigned)last);
    return above & ~beyond;
}

/* Hexadecimal digits of either case, eight at a time, as lower-case ones: 1, or 0 when
 * there is another byte. */
static int lower_digits(shub_slice text, char *dst)
{
    uint64_t all = EACH(0x80);
    for (size_t i = 0; i < text.len; i += 8) {
        uint64_t digits;
        memcpy(&digits, text.ptr + i, 8);
        uint64_t letters = digits | EACH(0x20);
        all &= (within(digits, '0', '9') | within(letters, 'a', 'f')) & ~digits;
        memcpy(dst + i, &letters, 8); /* digits have the bit */
    }
    return all == EACH(0x80);
}

/* Lower-case digits of `count` bytes that are written as hexadecimal or base64: 1, or 0
 * when it is neither. */
static int bytes_text(shub__reading *r, shub_slice text, size_t count, shub_slice *out)
{
    unsigned char bytes[EUI_BYTES];
    char digits[2 * EUI_BYTES];
    size_t len;
    if (text.len != 2 * count || !lower_digits(text, digits)) {
        if (text.len != shub__base64_size(count) ||
            shub__base64_read(text, bytes, count, &len) || len != count)
            return 0;
        shub__hex_write(bytes, count, digits);
    }
    *out = shub__reading_keep(r, shub_bytes(digits, 2 * count));
    return 1;
}

static void finish_ids(shub__reading *r)
{
    shub__later *eui = &r->dev_eui;
    shub__later *addr = &r->dev_addr;
    if (eui->text.len && !bytes_text(r, eui->text, EUI_BYTES, &r->up.dev_eui))
        refuse_at(r, eui->pos, SHUB_E_FORMAT, "a device EUI is not one of 8 bytes");
    if (addr->text.len && !bytes_text(r, addr->text, ADDR_BYTES, &r->up.dev_addr))
        refuse_at(r, addr->pos, SHUB_E_FORMAT, "a device address is not one of 4 bytes");
}

/* ---- time ------------------------------------------------------------------------- */

/* Gateways without a clock of their own say 1970 or 1980, some are minutes ahead
 * (lorawan-stack #1732, #5585): none was there before LoRaWAN 1.0 was, in January 2015,
 * and none is from the future. */
#define GATEWAY_TIME_MIN      (INT64_C(1420070400) * SHUB_SECOND_US)
#define GATEWAY_TIME_AHEAD_US (5 * 60 * SHUB_SECOND_US)

int64_t shub__uplink_gateway_us(const shub__reading *r, shub_slice time)
{
    int64_t arrival = r->opts->arrival_us;
    int64_t time_us;
    if (shub_time_parse(time, &time_us, NULL) || time_us < GATEWAY_TIME_MIN ||
        (arrival && time_us - GATEWAY_TIME_AHEAD_US > arrival))
        return 0;
    return time_us;
}

static int take_gateway_time(shub__reading *r)
{
    if (!r->gateway_us)
        return 0;
    r->up.time_us = r->gateway_us;
    r->up.time_source = SHUB_UPLINK_TIME_GATEWAY;
    return 1;
}

static int take_time(shub__reading *r, const shub__later *time, int32_t source)
{
    if (!time->text.len)
        return 0;
    if (shub_time_parse(time->text, &r->up.time_us, NULL))
        refuse_at(r, time->pos, SHUB_E_FORMAT, "a time is not one of RFC 3339");
    r->up.time_source = source;
    return 1;
}

static void finish_time(shub__reading *r)
{
    if (r->up.time_source || take_time(r, &r->network_time, SHUB_UPLINK_TIME_NETWORK) ||
        take_time(r, &r->server_time, SHUB_UPLINK_TIME_SERVER))
        return;
    if ((r->up.dialect == SHUB_UPLINK_CHIRPSTACK_V3 ||
         r->up.dialect == SHUB_UPLINK_CHIRPSTACK_JSON_V3) &&
        take_gateway_time(r))
        return;
    if (r->opts->arrival_us) {
        r->up.time_us = r->opts->arrival_us;
        r->up.time_source = SHUB_UPLINK_TIME_ARRIVAL;
    }
}

/* ---- payload ---------------------------------------------------------------------- */

static shub_status read_payload(shub__reading *r)
{
    shub_slice text = r->payload.text;
    size_t len;
    if (r->up.payload.len)
        return SHUB_OK; /* bytes, of protobuf */
    char *dst = shub__buf_room(&r->parser->text, SHUB_UPLINK_PAYLOAD_MAX + 1);
    if (!dst)
        return r->parser->text.status;
    shub_status status = shub__base64_read(text, dst, SHUB_UPLINK_PAYLOAD_MAX, &len);
    dst[len] = '\0';
    if (len) {
        shub__buf_added(&r->parser->text, len + 1);
        r->up.payload = shub_bytes(dst, len);
    }
    return status;
}

static shub_status payload_status(shub__reading *r)
{
    if (r->up.event != SHUB_UPLINK_UP || r->up.dialect == SHUB_UPLINK_OSM)
        return SHUB_E_UNEXPECTED;
    if (!r->payload.text.len && !r->up.payload.len)
        return SHUB_E_NO_PAYLOAD;
    if (!r->up.port && !r->portless)
        return SHUB_E_MAC_ONLY;
    shub_status status = read_payload(r);
    return status || !(r->seen & SHUB__SEEN_KEY) ? status : SHUB_E_ENCRYPTED;
}

static void finish_payload(shub__reading *r)
{
    r->up.payload_status = payload_status(r);
    if (r->up.payload_status != SHUB_OK && r->up.payload_status != SHUB_E_ENCRYPTED)
        r->up.payload = shub_bytes(NULL, 0);
}

/* ---- signal, rate ----------------------------------------------------------------- */

static void finish_signal(shub__reading *r)
{
    shub_uplink *up = &r->up;
    if (r->seen & SHUB__SEEN_SIGNAL) {
        up->flags |= SHUB_UPLINK_HAS_SIGNAL;
        up->rssi_dbm = r->best.rssi;
        up->snr_db = r->best.snr;
    }
    if (up->dialect == SHUB_UPLINK_CHIRPSTACK_V3 &&
        bytes_text(r, r->best.gateway.text, EUI_BYTES, &up->gateway))
        return;
    up->gateway = shub__reading_keep(r, r->best.gateway.text);
}

static size_t put_text(char *dst, const char *text)
{
    size_t len = strlen(text);
    memcpy(dst, text, len);
    return len;
}

/* 125, 62.5: what is below a kilohertz only where there is some. */
static size_t put_khz(char *dst, int64_t hz)
{
    size_t len = shub__int64_write(hz / 1000, dst);
    int rest = (int)(hz % 1000);
    if (!rest)
        return len;
    dst[len++] = '.';
    for (int digit = 100; rest; digit /= 10) {
        dst[len++] = (char)('0' + rest / digit);
        rest %= digit;
    }
    return len;
}

static void finish_rate(shub__reading *r)
{
    char text[64];
    size_t len = 0;
    const shub_uplink *up = &r->up;
    if (up->modulation == SHUB_UPLINK_LORA && up->spreading_factor && up->bandwidth_hz) {
        len = put_text(text, "SF");
        len += shub__int64_write(up->spreading_factor, text + len);
        len += put_text(text + len, "BW");
        len += put_khz(text + len, up->bandwidth_hz);
    } else if (up->modulation == SHUB_UPLINK_FSK && up->bit_rate) {
        len = put_text(text, "FSK");
        len += shub__int64_write(up->bit_rate, text + len);
    } else if (up->modulation == SHUB_UPLINK_LR_FHSS && r->channel_hz) {
        len = put_text(text, "LRFHSS");
        len += put_khz(text + len, r->channel_hz);
    }
    r->up.rate = shub__reading_keep(r, shub_bytes(text, len));
}

/* ---- id --------------------------------------------------------------------------- */

/* There is room: all parts were kept or stand in the document. */
static void keep_id(shub__reading *r, const shub_slice *parts, size_t count)
{
    shub__buf *buf = &r->parser->text;
    char *dst = buf->ptr + buf->len;
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (buf->cap - buf->len - len < parts[i].len + 2)
            return;
        if (i)
            dst[len++] = '/';
        if (parts[i].len)
            memcpy(dst + len, parts[i].ptr, parts[i].len);
        len += parts[i].len;
    }
    dst[len] = '\0';
    r->up.id = shub_bytes(dst, len);
    buf->len += len + 1;
}

static shub_slice device_of(const shub_uplink *up)
{
    return up->dev_eui.len ? up->dev_eui : up->device.len ? up->device : up->name;
}

/* Counters begin anew with each session: where there is none, the time tells, when it
 * comes with the message. */
static void finish_uplink_id(shub__reading *r, shub_slice device, shub_slice when)
{
    const shub_uplink *up = &r->up;
    char counter[SHUB__INT64_MAX];
    shub_slice count = shub_bytes(counter, shub__int64_write(up->counter, counter));
    shub_slice session = up->session.len ? up->session : when;
    if (up->dialect != SHUB_UPLINK_TTN_V3 && up->counter != SHUB_NONE)
        keep_id(r, (const shub_slice[]){device, count, r->payload.text}, 3);
    else if (!session.len)
        return;
    else if (up->dialect == SHUB_UPLINK_TTN_V3 && up->event == SHUB_UPLINK_NORMALIZED)
        keep_id(r, (const shub_slice[]){device, session, count, up->normalized}, 4);
    else if (up->dialect == SHUB_UPLINK_TTN_V3)
        keep_id(r, (const shub_slice[]){device, session, count}, 3);
    else if (up->dialect == SHUB_UPLINK_OSM)
        keep_id(r, (const shub_slice[]){device, when, up->object}, 3);
    else
        keep_id(r, (const shub_slice[]){device, when, r->payload.text}, 3);
}

static void finish_id(shub__reading *r)
{
    const shub_uplink *up = &r->up;
    char time[SHUB__INT64_MAX];
    shub_slice device = device_of(up);
    shub_slice when = {NULL, 0};
    if (!up->session.len && up->time_source &&
        up->time_source != SHUB_UPLINK_TIME_ARRIVAL)
        when = shub_bytes(time, shub__int64_write(up->time_us, time));
    if (r->duplicates.text.len) {
        keep_id(r, &r->duplicates.text, 1);
    } else if (up->event == SHUB_UPLINK_UP || up->event == SHUB_UPLINK_NORMALIZED) {
        finish_uplink_id(r, device, when);
    } else if (up->session.len || when.len) {
        shub_slice event = shub_str(shub_uplink_event_name(up->event));
        shub_slice session = up->session.len ? up->session : when;
        keep_id(r, (const shub_slice[]){device, event, session, up->text}, 4);
    }
}

void shub__uplink_finish(shub__reading *r)
{
    if (!r->up.dialect)
        r->up.dialect = dialect_of(r);
    if (!r->up.dialect || r->json.status)
        return;
    if (is_chirpstack(r))
        finish_chirpstack(r);
    else if (!r->up.event)
        r->up.event =
            r->up.dialect == SHUB_UPLINK_TTN_V2 ? SHUB_UPLINK_UP : SHUB_UPLINK_EVENT_NONE;
    finish_ids(r);
    finish_time(r);
    finish_payload(r);
    finish_signal(r);
    finish_rate(r);
    finish_id(r);
}
