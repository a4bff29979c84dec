/* sensorhub/uplink.h: what LoRaWAN network servers and Wi-Fi sensors send, read into one
 * record; and what is sent back.
 *
 * One parser reads them all. It looks at the document, never at who sent it:
 *     The Things Stack v3 (MQTT, webhook, lines of the Storage Integration), v2;
 *     ChirpStack v4 as JSON and protobuf, v3 as `json` and `json_v3`;
 *     the JSON that Devtank's Open Smart Monitor publishes itself.
 *
 *     shub_uplink_parser *parser;
 *     shub_uplink up = SHUB_UPLINK_INIT;
 *     shub_frame frame = SHUB_FRAME_INIT;
 *     if (shub_uplink_parser_new(&parser, err) == SHUB_OK &&
 *         shub_uplink_parse(parser, body, NULL, &up, err) == SHUB_OK &&
 *         shub_uplink_frame(&up, &frame, err) == SHUB_OK)
 *         shub_decode(decoder, &frame, batch, err);
 *
 * Keys that are not known are passed over, and checked; a key that is missing, or null,
 * is the protocol's default.
 */
#ifndef SENSORHUB_UPLINK_H
#define SENSORHUB_UPLINK_H

#include <sensorhub/sample.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what an uplink says ------------------------------------------------------- */

#define SHUB_UPLINK_MAX         ((size_t)1 << 20) /* bytes of one document */
#define SHUB_UPLINK_PAYLOAD_MAX 1024 /* bytes of a payload; LoRaWAN allows 242 */

typedef enum shub_uplink_dialect {
    SHUB_UPLINK_UNKNOWN = 0,
    SHUB_UPLINK_TTN_V3 = 1,        /* The Things Stack */
    SHUB_UPLINK_TTN_V2 = 2,        /* The Things Network before 2021 */
    SHUB_UPLINK_CHIRPSTACK_V4 = 3, /* JSON */
    SHUB_UPLINK_CHIRPSTACK_V4_PROTOBUF = 4,
    SHUB_UPLINK_CHIRPSTACK_V3 = 5,      /* marshaler "json": bytes are base64 */
    SHUB_UPLINK_CHIRPSTACK_JSON_V3 = 6, /* marshaler "json_v3": EUIs are hexadecimal */
    SHUB_UPLINK_OSM = 7                 /* Devtank OSM's JSON over MQTT */
} shub_uplink_dialect;

/* What the document tells. Only the first two carry measurements. */
typedef enum shub_uplink_event {
    SHUB_UPLINK_EVENT_NONE = 0,
    SHUB_UPLINK_UP = 1,         /* a device's message */
    SHUB_UPLINK_NORMALIZED = 2, /* one measurement that The Things Stack made of one */
    SHUB_UPLINK_JOIN = 3,
    SHUB_UPLINK_ACK = 4,     /* the device has confirmed a downlink */
    SHUB_UPLINK_NACK = 5,    /* or it has not: also an `ack` with acknowledged=false */
    SHUB_UPLINK_TXACK = 6,   /* a gateway has sent a downlink, or the server has */
    SHUB_UPLINK_QUEUED = 7,  /* a downlink waits */
    SHUB_UPLINK_FAILED = 8,  /* a downlink could not be sent */
    SHUB_UPLINK_INVALID = 9, /* the queue of downlinks is to be written anew */
    SHUB_UPLINK_STATUS = 10, /* battery and link margin */
    SHUB_UPLINK_LOCATION = 11,
    SHUB_UPLINK_LOG = 12, /* `text` says what went wrong */
    SHUB_UPLINK_INTEGRATION = 13,
    SHUB_UPLINK_SERVICE = 14,    /* The Things Stack's service_data */
    SHUB_UPLINK_CONNECTION = 15, /* the OSM's last will: connection lost */
    SHUB_UPLINK_RESPONSE = 16    /* the OSM's answer to a command; `text`: "0x0" */
} shub_uplink_event;

/* Where `time_us` comes from. */
typedef enum shub_uplink_time {
    SHUB_UPLINK_TIME_NONE = 0,    /* there is none: 0 */
    SHUB_UPLINK_TIME_NETWORK = 1, /* the network server received it */
    SHUB_UPLINK_TIME_SERVER = 2,  /* the application server did, a little later */
    SHUB_UPLINK_TIME_GATEWAY = 3, /* a gateway says so: only of ChirpStack v3 that says no
                                     other, and only when the time is possible */
    SHUB_UPLINK_TIME_DEVICE = 4,  /* the device's own clock */
    SHUB_UPLINK_TIME_ARRIVAL = 5  /* `arrival_us` of the options */
} shub_uplink_time;

/* Bits of `flags`. */
#define SHUB_UPLINK_CONFIRMED    0x1u /* the device wants an acknowledgement */
#define SHUB_UPLINK_SIMULATED    0x2u /* made in The Things Stack's console */
#define SHUB_UPLINK_RETRY        0x4u /* v2: sent again by the device */
#define SHUB_UPLINK_HAS_SIGNAL   0x8u /* rssi_dbm and snr_db hold */
#define SHUB_UPLINK_HAS_LOCATION 0x10u
#define SHUB_UPLINK_HAS_BATTERY  0x20u
#define SHUB_UPLINK_HAS_MARGIN   0x40u

typedef enum shub_uplink_modulation {
    SHUB_UPLINK_MODULATION_NONE = 0,
    SHUB_UPLINK_LORA = 1,
    SHUB_UPLINK_FSK = 2,
    SHUB_UPLINK_LR_FHSS = 3
} shub_uplink_modulation;

typedef struct shub_uplink {
    size_t size;     /* sizeof(shub_uplink) */
    int32_t dialect; /* a shub_uplink_dialect */
    int32_t event;   /* a shub_uplink_event */
    /* Of an event UP: SHUB_OK; SHUB_E_NO_PAYLOAD (the server left it out, as it does when
     * it is empty); SHUB_E_MAC_ONLY (FPort 0 or none: commands of the network, no data of
     * the device's); SHUB_E_ENCRYPTED (the server does not have the key); SHUB_E_FORMAT
     * (no base64); SHUB_E_LIMIT. Of others SHUB_E_UNEXPECTED. `payload` is empty unless
     * SHUB_OK or SHUB_E_ENCRYPTED. */
    int32_t payload_status;
    uint32_t flags;
    int64_t time_us;
    int32_t time_source;    /* a shub_uplink_time */
    int32_t port;           /* FPort; 0: none */
    int64_t counter;        /* of frames; SHUB_NONE: the dialect has none */
    shub_slice application; /* id */
    shub_slice tenant;      /* id */
    shub_slice device;      /* id: The Things Stack's device_id, the OSM's hardware id */
    shub_slice name;        /* of the device, for people */
    shub_slice dev_eui;     /* 16 lower-case hexadecimal digits */
    shub_slice dev_addr;    /* 8 such */
    shub_slice session;     /* The Things Stack's session_key_id: counters begin anew with
                               it */
    shub_slice payload;     /* bytes */
    shub_slice object;      /* what the server made of it: the text of a JSON value */
    shub_slice normalized;  /* The Things Stack's normalized_payload, likewise */
    shub_slice text;        /* of LOG, FAILED, RESPONSE */
    shub_slice
        id; /* equal for two copies of one message, different for two messages: what
               the dialect says duplicates are known by; empty: it cannot be told */
    shub_slice rate;    /* "SF9BW125", "FSK50000", "LRFHSS137"; empty: not said */
    int32_t modulation; /* a shub_uplink_modulation */
    int32_t rate_index; /* SHUB_NONE: not said */
    int32_t spreading_factor;
    int32_t bandwidth_hz;
    int32_t bit_rate; /* of FSK */
    int32_t gateway_count;
    int64_t frequency_hz;
    shub_slice gateway;         /* the one that heard it best: by RSSI, then SNR */
    double rssi_dbm, snr_db;    /* of it */
    double latitude, longitude; /* of the device, degrees */
    double altitude_m;
    double battery;   /* percent */
    double margin_db; /* of the link */
    int64_t reserved[8];
} shub_uplink;

#define SHUB_UPLINK_INIT                                                                 \
    {                                                                                    \
        sizeof(shub_uplink), 0, 0, 0, 0, 0, 0, 0, 0, {NULL, 0}, {NULL, 0}, {NULL, 0},    \
            {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, \
            {NULL, 0}, {NULL, 0}, {NULL, 0}, 0, 0, 0, 0, 0, 0, 0, {NULL, 0}, 0, 0, 0, 0, \
            0, 0, 0,                                                                     \
        {                                                                                \
            0, 0, 0, 0, 0, 0, 0, 0                                                       \
        }                                                                                \
    }

/* Words for them, "ttn_v3", "up", "network"; NULL for other numbers. Lifetime: static. */
SHUB_API const char *shub_uplink_dialect_name(int32_t dialect);
SHUB_API const char *shub_uplink_event_name(int32_t event);
SHUB_API const char *shub_uplink_time_name(int32_t source);

/* ---- parsing ------------------------------------------------------------------- */

/* Memory that parsing needs, kept from one document to the next: once it has grown to
 * their size, parsing allocates nothing. */
typedef struct shub_uplink_parser shub_uplink_parser;

/* Makes a parser. Errors: SHUB_E_NOMEM. Lifetime: free with shub_uplink_parser_free. */
SHUB_API shub_status shub_uplink_parser_new(shub_uplink_parser **parser, shub_error *err);
/* NULL is fine. */
SHUB_API void shub_uplink_parser_free(shub_uplink_parser *parser);

/* What is known besides the document. */
typedef struct shub_uplink_options {
    size_t size;
    int64_t
        arrival_us;   /* when it came; the time of documents that say none. 0: unknown */
    shub_slice topic; /* of MQTT: names what the document leaves out */
    shub_slice event; /* `event` of ChirpStack's HTTP query, "up"; protobuf says no event
                         itself, and is taken for "up" */
    int64_t reserved[4];
} shub_uplink_options;

#define SHUB_UPLINK_OPTIONS_INIT                                                         \
    {                                                                                    \
        sizeof(shub_uplink_options), 0, {NULL, 0}, {NULL, 0},                            \
        {                                                                                \
            0, 0, 0, 0                                                                   \
        }                                                                                \
    }

/* Reads one document. `opts` may be NULL; `up->size` is set before. Errors: SHUB_E_FORMAT
 * (neither JSON nor protobuf, a time or EUI that is none), SHUB_E_TRUNCATED,
 * SHUB_E_CONTENT (a value of another type), SHUB_E_RANGE (a number that cannot be),
 * SHUB_E_EMPTY, SHUB_E_UNEXPECTED (a document of no dialect), SHUB_E_REMOTE (the error
 * that the Storage Integration sends in the place of a result), SHUB_E_LIMIT
 * (SHUB_UPLINK_MAX, depth), SHUB_E_NOMEM; err->pos is the byte where it is wrong.
 * Lifetime: what `up` points to is the parser's, until its next call; slices are
 * NUL-terminated. */
SHUB_API shub_status shub_uplink_parse(shub_uplink_parser *parser, shub_slice body,
                                       const shub_uplink_options *opts, shub_uplink *up,
                                       shub_error *err);

/* Place in a body of several documents: set `body`, and the rest to 0. */
typedef struct shub_uplink_walk {
    shub_slice body;
    size_t next;      /* where the next document is looked for */
    size_t pos;       /* where the last one began */
    size_t count;     /* documents so far */
    size_t refused;   /* of them */
    size_t line_end;  /* of the lines that may hold the next document; 0: not known */
    int32_t in_array; /* 1: they are the items of an array */
    int32_t reserved;
} shub_uplink_walk;

/* Reads the next document: lines of the Storage Integration, with and without blank ones
 * between, documents that span lines or share one, or the items of an array. A document
 * that is refused is passed over when it is JSON; else the walk goes on at the next line
 * that begins with '{', in an array nowhere. Errors: SHUB_E_NOT_FOUND (past the end); of
 * a document, as shub_uplink_parse, with err->pos in the body and err->index the
 * document, counted from 0. Lifetime: as of shub_uplink_parse. */
SHUB_API shub_status shub_uplink_next(shub_uplink_parser *parser, shub_uplink_walk *walk,
                                      const shub_uplink_options *opts, shub_uplink *up,
                                      shub_error *err);

/* ---- payloads ------------------------------------------------------------------ */

/* The frame that shub_decode (sensorhub/payload.h) takes, of an uplink with a payload.
 * Its device is dev_eui, else device, else name; its flags are SHUB_TIME_ASSUMED when the
 * time is `arrival_us` of the options. Errors: the uplink's payload_status;
 * SHUB_E_UNEXPECTED (no event UP), SHUB_E_CONTENT (no device, no time). Lifetime: borrows
 * from what `up` points to. */
SHUB_API shub_status shub_uplink_frame(const shub_uplink *up, shub_frame *frame,
                                       shub_error *err);

/* ---- samples that need no decoder ------------------------------------------------ */

#define SHUB_UPLINK_VALUES_MAX 128 /* of one document */

/* Appends what the document itself says in numbers: the values of an OSM's JSON, what The
 * Things Stack normalized, battery and link margin of a STATUS, the place of a LOCATION.
 * Others append nothing. The samples are of dev_eui, else device, else name. An OSM
 * prints values between -1 and 0 without their sign: it cannot be told. Errors:
 * SHUB_E_CONTENT (no device, no time, a value that a batch refuses), SHUB_E_FORMAT,
 * SHUB_E_LIMIT (SHUB_UPLINK_VALUES_MAX, a name of more than 48 bytes), SHUB_E_NOMEM; the
 * values that could be appended were. */
SHUB_API shub_status shub_uplink_samples(const shub_uplink *up, shub_batch *batch,
                                         shub_error *err);

/* ---- downlinks ----------------------------------------------------------------- */

#define SHUB_UPLINK_DOWNLINK_MAX 4096 /* bytes that always hold a body, NUL included */

/* Whom a downlink's body is for. */
typedef enum shub_uplink_form {
    SHUB_UPLINK_FORM_TTN_V3 = 1, /* topic .../down/push or /replace, and the webhook's */
    SHUB_UPLINK_FORM_TTN_V2 = 2, /* topic {app}/devices/{dev}/down */
    SHUB_UPLINK_FORM_CHIRPSTACK_V4 = 3,      /* topic .../command/down */
    SHUB_UPLINK_FORM_CHIRPSTACK_V3 = 4,      /* the same */
    SHUB_UPLINK_FORM_CHIRPSTACK_V4_HTTP = 5, /* POST /api/devices/{devEui}/queue */
    SHUB_UPLINK_FORM_CHIRPSTACK_V3_HTTP = 6  /* the same */
} shub_uplink_form;

typedef struct shub_uplink_downlink_options {
    size_t size;
    shub_slice payload;  /* bytes; empty for SHUB_UPLINK_FORM_TTN_V3: an empty list, which
                            clears the queue when it replaces it */
    shub_slice dev_eui;  /* CHIRPSTACK_V4 wants it again in the body */
    shub_slice priority; /* of TTN_V3: "NORMAL" when empty */
    shub_slice id;       /* handed back with the events of this downlink: TTN_V3's
                            correlation id, CHIRPSTACK_V4's id, a UUID; may be empty */
    int32_t port;        /* FPort, 1 to 223 */
    int32_t confirmed;
    int64_t reserved[4];
} shub_uplink_downlink_options;

#define SHUB_UPLINK_DOWNLINK_OPTIONS_INIT                                                \
    {                                                                                    \
        sizeof(shub_uplink_downlink_options), {NULL, 0}, {NULL, 0}, {NULL, 0},           \
            {NULL, 0}, 0, 0,                                                             \
        {                                                                                \
            0, 0, 0, 0                                                                   \
        }                                                                                \
    }

/* Writes the body of a downlink into `dst` of `cap` bytes, NUL-terminated; `len` is its
 * length. Errors: SHUB_E_INVALID (unknown form or priority, no EUI of 16 hexadecimal
 * digits or no UUID where one is wanted, no payload), SHUB_E_RANGE (port), SHUB_E_CONTENT
 * (an id that is not UTF-8), SHUB_E_LIMIT (242 bytes of payload, 100 of id, `cap`),
 * SHUB_E_NOMEM. */
SHUB_API shub_status shub_uplink_downlink(shub_uplink_form form,
                                          const shub_uplink_downlink_options *opts,
                                          char *dst, size_t cap, size_t *len,
                                          shub_error *err);

#ifdef __cplusplus
}
#endif

#endif
