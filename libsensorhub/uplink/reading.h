/* What the files of uplink/ share: one document being read, and the words of each
 * dialect's tables. */
#ifndef SHUB_UPLINK_READING_H
#define SHUB_UPLINK_READING_H

#include <stddef.h>

#include <sensorhub/uplink.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_runs.h"

struct shub_uplink_parser {
    shub__buf text;    /* what the last uplink points to */
    shub__buf scratch; /* an OSM's text being repaired */
};

/* A text of the document that is read once all of it was seen, and where it stands. */
typedef struct shub__later {
    shub_slice text;
    size_t pos;
} shub__later;

/* One entry of the gateways that heard an uplink. */
typedef struct shub__heard {
    shub__later gateway;
    shub__later forwarder; /* the Packet Broker's word for the gateway */
    shub__later time;
    double rssi, snr;
} shub__heard;

/* Keys that were there: evidence of the dialect and the event. */
enum {
    SHUB__SEEN_DEVICE_INFO = 0x1, /* ChirpStack v4 */
    SHUB__SEEN_V3_ID = 0x2,       /* ChirpStack v3 */
    SHUB__SEEN_TTN_V3 = 0x4,
    SHUB__SEEN_TTN_V2 = 0x8,
    SHUB__SEEN_OSM = 0x10,
    SHUB__SEEN_UP = 0x20,
    SHUB__SEEN_HEARD = 0x40, /* rxInfo */
    SHUB__SEEN_ACK = 0x80,
    SHUB__SEEN_TXACK = 0x100,
    SHUB__SEEN_STATUS = 0x200,
    SHUB__SEEN_LOG = 0x400,
    SHUB__SEEN_LOCATION = 0x800,
    SHUB__SEEN_INTEGRATION = 0x1000,
    SHUB__SEEN_DEV_ADDR = 0x2000,
    SHUB__SEEN_MAINS = 0x4000,
    SHUB__SEEN_NO_BATTERY = 0x8000,
    SHUB__SEEN_KEY = 0x10000, /* the payload is still encrypted */
    SHUB__SEEN_NACK = 0x20000,
    SHUB__SEEN_RSSI = 0x40000,   /* of the gateway being read */
    SHUB__SEEN_SIGNAL = 0x80000, /* of the best */
    SHUB__SEEN_MARGIN = 0x100000,
    SHUB__SEEN_BATTERY = 0x200000,
    /* Not seen when the value was null or no number. */
    SHUB__SEEN_NUMBERS = SHUB__SEEN_RSSI | SHUB__SEEN_MARGIN | SHUB__SEEN_BATTERY
};

typedef struct shub__reading {
    shub__json json;
    shub_uplink up;
    shub_uplink_parser *parser;
    const shub_uplink_options *opts;
    unsigned seen;
    shub__heard heard; /* the entry being read */
    shub__heard best;
    shub__later payload;      /* base64 */
    shub__later network_time; /* RFC 3339 */
    shub__later server_time;
    shub__later dev_eui;
    shub__later dev_addr;
    shub__later duplicates; /* ChirpStack's deduplicationId */
    shub_slice remote;      /* error that came in the place of a document */
    int32_t remote_status;  /* of HTTP */
    int32_t said;           /* event that topic or query named */
    int32_t portless;       /* 1: the dialect never says a port */
    int32_t location_rank;  /* of the place kept: 0 none, 1 configured, 2 measured */
    int64_t gateway_us;     /* the first possible time of a gateway; 0: none */
    int64_t channel_hz;     /* width of an LR-FHSS channel */
    int64_t seconds, nanoseconds; /* of a protobuf's time */
} shub__reading;

/* ---- objects by tables ------------------------------------------------------------- */

/* What is done with the value of a key; null leaves what is there, but by SKIP and CALL.
 * Numbers may stand in quotes: 64-bit integers of protobuf's JSON do. What is most
 * frequent comes first. */
enum {
    SHUB__TAKE_SKIP,
    SHUB__TAKE_LATER, /* a text that is read once all was seen */
    SHUB__TAKE_TEXT,  /* a text that is kept, NUL-terminated */
    SHUB__TAKE_INT,   /* 0 to `limit`, an int64_t */
    SHUB__TAKE_INT32, /* the same */
    SHUB__TAKE_DOUBLE,
    SHUB__TAKE_CALL,   /* `read` moves over it */
    SHUB__TAKE_OBJECT, /* by `keys` */
    SHUB__TAKE_RAW,    /* the text of any value, kept; null is none */
    SHUB__TAKE_FLAG    /* bits `limit` of up.flags */
};

#define SHUB__KEY_MARKS 3 /* quotes and colon around a name */

typedef struct shub__key {
    const char *written; /* the name in quotes, and its colon; NULL behind the last */
    size_t len;          /* of that */
    int take;
    unsigned seen; /* evidence that the key is */
    size_t offset; /* of what is set, in shub__reading */
    int64_t limit;
    const struct shub__key *keys;
    void (*read)(shub__reading *r);
} shub__key;

#define SHUB__KEY(name, take, seen, offset, limit, keys, read)                           \
    {                                                                                    \
        "\"" name "\":", sizeof(name) - 1 + SHUB__KEY_MARKS, SHUB__TAKE_##take, seen,    \
            offset, limit, keys, read                                                    \
    }
#define SHUB__AT(field)              offsetof(shub__reading, field)

#define SHUB__SKIP(name, seen)       SHUB__KEY(name, SKIP, seen, 0, 0, NULL, NULL)
#define SHUB__CALL(name, seen, read) SHUB__KEY(name, CALL, seen, 0, 0, NULL, read)
#define SHUB__OBJECT(name, keys)     SHUB__KEY(name, OBJECT, 0, 0, 0, keys, NULL)
#define SHUB__LATER(name, seen, to)                                                      \
    SHUB__KEY(name, LATER, seen, SHUB__AT(to), 0, NULL, NULL)
#define SHUB__TEXT(name, seen, to)                                                       \
    SHUB__KEY(name, TEXT, seen, SHUB__AT(to), 0, NULL, NULL)
#define SHUB__RAW(name, seen, to) SHUB__KEY(name, RAW, seen, SHUB__AT(to), 0, NULL, NULL)
#define SHUB__INT(name, seen, limit, to)                                                 \
    SHUB__KEY(name, INT, seen, SHUB__AT(to), limit, NULL, NULL)
#define SHUB__INT32(name, seen, limit, to)                                               \
    SHUB__KEY(name, INT32, seen, SHUB__AT(to), limit, NULL, NULL)
#define SHUB__DOUBLE(name, seen, to)                                                     \
    SHUB__KEY(name, DOUBLE, seen, SHUB__AT(to), 0, NULL, NULL)
#define SHUB__FLAG(name, flag) SHUB__KEY(name, FLAG, 0, 0, flag, NULL, NULL)
#define SHUB__KEY_END                                                                    \
    {                                                                                    \
        NULL, SIZE_MAX, 0, 0, 0, 0, NULL, NULL                                           \
    }

/* Reads the object that is due by a table that SHUB__KEY_END ends; null is passed
 * over. */
void shub__reading_object(shub__reading *r, const shub__key *keys);
/* The same for each item of an array. */
void shub__reading_items(shub__reading *r, void (*item)(shub__reading *r));

/* 1 when the value that is due is null, and moves over it. */
int shub__reading_null(shub__reading *r);
/* Read a value; null leaves what is there, as what is no number does: then the one of
 * doubles gives 0. */
void shub__reading_slice(shub__reading *r, shub_slice *out);
void shub__reading_int(shub__reading *r, int64_t min, int64_t max, int64_t *out);
int shub__reading_double(shub__reading *r, double *out);
void shub__reading_text(shub__reading *r, shub_slice *out);
void shub__reading_raw(shub__reading *r, shub_slice *out);

/* Copies into the parser. */
shub_slice shub__reading_keep(shub__reading *r, shub_slice text);

/* latitude, longitude, altitude of the device. */
void shub__reading_location(shub__reading *r);

/* ---- gateways ---------------------------------------------------------------------- */

/* Begins the list anew: of doubled keys the last counts. */
void shub__reading_heard_none(shub__reading *r);
/* Around the reading of r->heard: it is counted, and taken as the best when it is. */
void shub__reading_heard_begin(shub__reading *r);
void shub__reading_heard_end(shub__reading *r);

/* ---- the dialects ------------------------------------------------------------------ */

extern const shub__key shub__uplink_keys[]; /* of every dialect's outermost object */

void shub__ttn_uplink(shub__reading *r);
void shub__ttn_normalized(shub__reading *r);
void shub__ttn_location(shub__reading *r);
void shub__chirpstack_heard(shub__reading *r);

extern const shub__key shub__ttn_ids[], shub__ttn_join[], shub__ttn_failed[];
extern const shub__key shub__ttn_v2_metadata[];
extern const shub__key shub__chirpstack_device[], shub__chirpstack_tx[];

/* ChirpStack v4's protobuf. */
int shub__uplink_is_protobuf(shub_slice body);
/* Writes google.protobuf.Struct as JSON; 0, and where, when it is malformed. */
int shub__proto_struct(shub__buf *out, shub_slice message, size_t *bad);
void shub__chirpstack_protobuf(shub__reading *r, shub_slice body);
#define SHUB__OSM_RAW_MAX 512 /* bytes; the firmware's buffer has 256 */
/* 1 when the OSM's firmware wrote it: its bytes, which are not always JSON. */
int shub__osm_is_raw(shub_slice body);
void shub__osm_raw(shub__reading *r, shub_slice body);

/* The event of ChirpStack's word, "up"; SHUB_UPLINK_EVENT_NONE: none. */
int32_t shub__chirpstack_word(shub_slice word);
/* What a topic of MQTT names; the document may say otherwise. */
void shub__uplink_topic(shub__reading *r, shub_slice topic);
/* The time that a gateway says, or 0 when it cannot be. */
int64_t shub__uplink_gateway_us(const shub__reading *r, shub_slice time);
/* Makes the facts of what was read. */
void shub__uplink_finish(shub__reading *r);
/* shub_uplink_parse; when `used` is not NULL, it becomes the place behind the document,
 * and what stands there is not looked at. */
shub_status shub__uplink_read(shub_uplink_parser *parser, shub_slice body,
                              const shub_uplink_options *opts, shub_uplink *up,
                              size_t *used, shub_error *err);
/* Zeroes all but its size. */
void shub__uplink_zero(shub_uplink *up);

#endif
