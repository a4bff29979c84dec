/* sensorhub/eagle.h: Rainforest EAGLE energy gateways: requests, replies, a client.
 *
 * Three families speak: the cloud relay and the EAGLE-100 (RFA-Z109) answer `<Command>`
 * bodies with fragments such as <InstantaneousDemand>; the EAGLE-200 and EAGLE 3
 * (RFA-Z114) answer device_list and device_query with <DeviceList> and <Device>; both
 * push XML uploads. One parser reads them all: it looks at the document, never at who
 * sent it.
 *
 *     shub_eagle_reply *reply;
 *     if (shub_eagle_parse(body, &reply, err) == SHUB_OK)
 *         shub_eagle_reply_samples(reply, arrival_us, batch, err);
 *     shub_eagle_reply_free(reply);
 */
#ifndef SENSORHUB_EAGLE_H
#define SENSORHUB_EAGLE_H

#include <sensorhub/base.h>
#include <sensorhub/net.h>
#include <sensorhub/sample.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- requests ------------------------------------------------------------------ */

#define SHUB_EAGLE_REQUEST_MAX 4096 /* bytes of the largest body, NUL included */

/* Commands, each in the element that its gateway wants it in: <Command> for post_manager
 * and the relay, <LocalCommand> for cgi_manager and port 5002, <RavenCommand> for the
 * radio (EAGLE REST API 1.0; EAGLE-200 Local API 1.0; EAGLE Uploader API v6). */
typedef enum shub_eagle_command {
    SHUB_EAGLE_GET_INSTANTANEOUS_DEMAND = 1,
    SHUB_EAGLE_GET_CURRENT_SUMMATION = 2,
    SHUB_EAGLE_GET_PRICE = 3,
    SHUB_EAGLE_GET_NETWORK_STATUS = 4,
    SHUB_EAGLE_GET_NETWORK_INFO = 5,
    SHUB_EAGLE_DEVICE_LIST = 6,
    SHUB_EAGLE_DEVICE_DETAILS = 7,
    SHUB_EAGLE_DEVICE_QUERY = 8,
    SHUB_EAGLE_WIFI_STATUS = 9,
    /* the relay and the EAGLE-100 */
    SHUB_EAGLE_LIST_NETWORK = 10,
    SHUB_EAGLE_GET_MESSAGE = 11,
    SHUB_EAGLE_GET_HISTORY_DATA = 12, /* start_us, [end_us], [frequency_s] */
    SHUB_EAGLE_GET_SCHEDULE = 13,     /* [event] */
    SHUB_EAGLE_GET_DEMAND_PEAKS = 14,
    SHUB_EAGLE_GET_MDNS_STATUS = 15,
    /* cgi_manager: their bodies may stand behind each other in one request */
    SHUB_EAGLE_GET_DEVICE_LIST = 16,
    SHUB_EAGLE_GET_DEVICE_INFO = 17,
    SHUB_EAGLE_GET_USAGE_DATA = 18,
    SHUB_EAGLE_GET_HISTORICAL_DATA = 19, /* period: day, week, month, year */
    SHUB_EAGLE_GET_PRICE_BLOCKS = 20,
    SHUB_EAGLE_GET_SETTING_DATA = 21,
    SHUB_EAGLE_GET_DEVICE_CONFIG = 22,
    SHUB_EAGLE_GET_GATEWAY_INFO = 23,
    SHUB_EAGLE_GET_TIMEZONE = 24,
    SHUB_EAGLE_GET_TIME_SOURCE = 25,
    SHUB_EAGLE_GET_UPLOADERS = 26,
    SHUB_EAGLE_GET_UPLOADER = 27,
    /* port 5002 */
    SHUB_EAGLE_LIST_DEVICES = 28,
    SHUB_EAGLE_GET_DEVICE_DATA = 29,
    SHUB_EAGLE_GET_DEMAND_VALUES = 30,    /* period: hour, day, week; [frequency_s] */
    SHUB_EAGLE_GET_SUMMATION_VALUES = 31, /* period: day, week, month, year */
    SHUB_EAGLE_GET_FAST_POLL_STATUS = 32,
    SHUB_EAGLE_GET_PROFILE_DATA = 33, /* [end_us], count up to 12, received */
    /* those that change something */
    SHUB_EAGLE_SET_FAST_POLL =
        34, /* frequency_s 1 to 255, duration_min up to 15, 0: off */
    SHUB_EAGLE_SET_SCHEDULE = 35,    /* event, frequency_s up to 0xffff, disable */
    SHUB_EAGLE_CONFIRM_MESSAGE = 36, /* message_id */
    SHUB_EAGLE_SET_PRICE = 37,       /* price */
    SHUB_EAGLE_DEVICE_CONTROL =
        38, /* hardware_address, one variable, value, allow_control */
    /* JSON for the vendor's REST API, of an EAGLE-200 or EAGLE 3: uploader */
    SHUB_EAGLE_UPLOADER_ADD = 39,
    SHUB_EAGLE_UPLOADER_DELETE = 40 /* its provider alone counts */
} shub_eagle_command;

/* The command's name on the wire, "get_price"; NULL for other numbers. Lifetime: static.
 */
SHUB_API const char *shub_eagle_command_name(shub_eagle_command command);

typedef struct shub_eagle_uploader shub_eagle_uploader;

typedef struct shub_eagle_request_options {
    size_t size;
    shub_slice mac_id; /* of the gateway's radio; may be empty, but cgi_manager's
                          commands other than get_device_list need it */
    shub_slice hardware_address; /* of device_*: as device_list wrote it */
    const shub_slice *variables; /* of device_query, "zigbee:Price"; none: all */
    size_t variable_count;
    shub_slice
        component;    /* of device_query with variables, device_control; empty: "Main" */
    int32_t json;     /* 1: ask for <Format>JSON</Format> */
    int32_t local;    /* 1: <LocalCommand> around what stands in <Command> else:
                         get_price of cgi_manager */
    shub_slice event; /* time, message, price, summation, demand, scheduled_prices,
                         profile_data, billing_period, block_period */
    shub_slice period;
    shub_slice price; /* "0.1287", or "automatic": the meter's again */
    shub_slice value; /* of device_control: "on" */
    int64_t start_us;
    int64_t end_us; /* 0: not given */
    uint32_t frequency_s;
    uint32_t duration_min;
    uint32_t message_id;
    uint32_t count;        /* of intervals; 0: 12 */
    int32_t received;      /* 1: what the customer fed in, else what was delivered */
    int32_t disable;       /* 1: <Enabled>N</Enabled> */
    int32_t allow_control; /* 1: device_control may switch what hangs on the gateway */
    int32_t reserved;
    const shub_eagle_uploader *uploader; /* of uploader_add, uploader_delete */
} shub_eagle_request_options;

#define SHUB_EAGLE_REQUEST_OPTIONS_INIT                                                  \
    {                                                                                    \
        sizeof(shub_eagle_request_options), {NULL, 0}, {NULL, 0}, NULL, 0, {NULL, 0}, 0, \
            0, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
            NULL                                                                         \
    }

/* Writes the body of a request into `dst` of `cap` bytes, NUL-terminated; `len` is its
 * length. `opts` may be NULL. Errors: SHUB_E_INVALID (unknown command, an option that is
 * missing or none of those named), SHUB_E_RANGE (a number or time beyond what the gateway
 * takes), SHUB_E_CONTENT (a character that XML 1.0 cannot carry; err->pos in its text,
 * err->index of its variable), SHUB_E_LIMIT (more than `cap` or SHUB_EAGLE_REQUEST_MAX
 * bytes). */
SHUB_API shub_status shub_eagle_request(shub_eagle_command command,
                                        const shub_eagle_request_options *opts, char *dst,
                                        size_t cap, size_t *len, shub_error *err);

/* The same for the answer to an upload of an EAGLE-100, which may carry one command back:
 * set_fast_poll, set_schedule, get_profile_data, get_fast_poll_status, get_history_data
 * (EAGLE Uploader API v6). The gateway is known by its upload: mac_id may be left out.
 * Errors besides: SHUB_E_INVALID (another command). */
SHUB_API shub_status shub_eagle_upload_answer(shub_eagle_command command,
                                              const shub_eagle_request_options *opts,
                                              char *dst, size_t cap, size_t *len,
                                              shub_error *err);

/* Where an EAGLE-200 or EAGLE 3 is to push its readings to. It has two such places at
 * most; one cannot be changed, but deleted and added anew (EAGLE-200 Uploader API section
 * 6). */
struct shub_eagle_uploader {
    size_t size;
    shub_slice provider; /* its name, by which it is deleted */
    shub_slice description;
    shub_slice format; /* "XML:Raw" (also when empty), "XML:Simple" or "RFA" */
    shub_slice hostname;
    shub_slice path;   /* empty: "/" */
    shub_slice header; /* a secret perhaps, "X-Token: ..."; may be empty */
    uint32_t port;     /* 0: 80, or 443 with TLS */
    int32_t tls;
    uint32_t upload_size; /* 0: at once, not kept when it cannot be sent */
    uint32_t upload_period_s;
};

#define SHUB_EAGLE_UPLOADER_INIT                                                         \
    {                                                                                    \
        sizeof(shub_eagle_uploader), {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0},         \
            {NULL, 0}, {NULL, 0}, 0, 0, 0, 0                                             \
    }

/* Write the JSON body of a POST to
 * https://api.rainforestcloud.com/rest/device/GUID/command, GUID being "d8d5b9" and the
 * cloud id, as shub_eagle_request does; shub_eagle_send sends it. Errors: SHUB_E_INVALID
 * (provider or hostname missing, unknown format, port), SHUB_E_CONTENT (no UTF-8),
 * SHUB_E_LIMIT, SHUB_E_NOMEM.
 */
SHUB_API shub_status shub_eagle_uploader_add(const shub_eagle_uploader *uploader,
                                             char *dst, size_t cap, size_t *len,
                                             shub_error *err);
SHUB_API shub_status shub_eagle_uploader_delete(shub_slice provider, char *dst,
                                                size_t cap, size_t *len, shub_error *err);

/* ---- replies and uploads ------------------------------------------------------- */

#define SHUB_EAGLE_BODY_MAX     ((size_t)1 << 20) /* bytes of a reply or upload */
#define SHUB_EAGLE_READINGS_MAX 4096              /* readings of one body */
#define SHUB_EAGLE_FIELDS_MAX   1024 /* fields of a fragment, device or component */
#define SHUB_EAGLE_DEPTH_MAX    32   /* elements or objects in each other */

typedef enum shub_eagle_root {
    SHUB_EAGLE_ROOT_UNKNOWN = 0,       /* kept with its name and fields */
    SHUB_EAGLE_ROOT_DEMAND = 1,        /* InstantaneousDemand */
    SHUB_EAGLE_ROOT_SUMMATION = 2,     /* CurrentSummation, CurrentSummationDelivered */
    SHUB_EAGLE_ROOT_PRICE = 3,         /* PriceCluster */
    SHUB_EAGLE_ROOT_NETWORK = 4,       /* NetworkInfo, NetworkStatus, ConnectionStatus */
    SHUB_EAGLE_ROOT_DEVICE = 5,        /* a Device of a DeviceList, or with a component */
    SHUB_EAGLE_ROOT_MESSAGE = 6,       /* MessageCluster */
    SHUB_EAGLE_ROOT_TIME = 7,          /* TimeCluster */
    SHUB_EAGLE_ROOT_DEVICE_INFO = 8,   /* DeviceInfo */
    SHUB_EAGLE_ROOT_SCHEDULE = 9,      /* ScheduleInfo */
    SHUB_EAGLE_ROOT_BLOCK_PRICE = 10,  /* BlockPriceDetail */
    SHUB_EAGLE_ROOT_DEMAND_PEAKS = 11, /* DemandPeaks */
    SHUB_EAGLE_ROOT_PROFILE = 12,      /* ProfileData */
    SHUB_EAGLE_ROOT_BILLING_PERIOD = 13, /* BillingPeriodList */
    SHUB_EAGLE_ROOT_FAST_POLL = 14,      /* FastPollStatus */
    SHUB_EAGLE_ROOT_METER_INFO = 15,     /* MeterInfo */
    SHUB_EAGLE_ROOT_ATTRIBUTES = 16,     /* ReadAttributesResponse */
    SHUB_EAGLE_ROOT_WIFI = 17,           /* WiFiStatus */
    SHUB_EAGLE_ROOT_MDNS = 18,           /* mDnsStatus */
    SHUB_EAGLE_ROOT_INTERVAL = 19,       /* Reading, of a series from port 5002 */
    SHUB_EAGLE_ROOT_CGI = 20,   /* all of a cgi_manager's answer: it is flat JSON */
    SHUB_EAGLE_ROOT_RFA = 21,   /* one of an RFA upload; its name is its dataType */
    SHUB_EAGLE_ROOT_SIMPLE = 22 /* XmlSimple, of an XML:Simple upload */
} shub_eagle_root;

/* A word for it, "demand"; NULL for other numbers. Lifetime: static. */
SHUB_API const char *shub_eagle_root_name(shub_eagle_root root);

/* Where a body comes from, by its first element. */
typedef enum shub_eagle_family {
    SHUB_EAGLE_FAMILY_UNKNOWN = 0,
    SHUB_EAGLE_FAMILY_FRAGMENT = 1,    /* bare fragments: relay, EAGLE-100 */
    SHUB_EAGLE_FAMILY_DEVICE_LIST = 2, /* EAGLE-200 / 3 */
    SHUB_EAGLE_FAMILY_DEVICE = 3,      /* EAGLE-200 / 3 */
    SHUB_EAGLE_FAMILY_UPLOAD = 4,      /* <rainforest> or RFA: a push of any generation */
    SHUB_EAGLE_FAMILY_CGI = 5          /* flat JSON: cgi_manager of an EAGLE-100 */
} shub_eagle_family;

/* A word for it, "fragment"; NULL for other numbers. Lifetime: static. */
SHUB_API const char *shub_eagle_family_name(shub_eagle_family family);

/* A parsed body: a list of readings. */
typedef struct shub_eagle_reply shub_eagle_reply;
/* One fragment, device or component of it. */
typedef struct shub_eagle_reading shub_eagle_reading;

/* Parses a reply or an upload, XML or JSON: the first character decides. Tolerated: no
 * root or several, tags and names of any case, bare `&`, bytes of code page 1252,
 * unknown, doubled and blank elements, text between elements, JSON without outer braces,
 * one object where a list may stand, null. Errors: SHUB_E_EMPTY, SHUB_E_FORMAT with pos
 * (also declarations and processing instructions), SHUB_E_TRUNCATED with pos,
 * SHUB_E_LIMIT, SHUB_E_REMOTE (the first level has an Error; the message is its text),
 * SHUB_E_UNEXPECTED (HTML or another foreign document), SHUB_E_NOMEM.
 * Lifetime: free `reply` with shub_eagle_reply_free; it does not need `body` any more. */
SHUB_API shub_status shub_eagle_parse(shub_slice body, shub_eagle_reply **reply,
                                      shub_error *err);
/* As shub_eagle_parse, but of a body that breaks off the fragments and Devices are kept
 * that stand whole before the cut; such a reply is truncated. SHUB_E_TRUNCATED when
 * nothing is whole. */
SHUB_API shub_status shub_eagle_parse_part(shub_slice body, shub_eagle_reply **reply,
                                           shub_error *err);
/* NULL is fine. */
SHUB_API void shub_eagle_reply_free(shub_eagle_reply *reply);
/* 1 when the body broke off, as only shub_eagle_parse_part lets pass. */
SHUB_API int shub_eagle_reply_truncated(const shub_eagle_reply *reply);

SHUB_API shub_eagle_family shub_eagle_reply_family(const shub_eagle_reply *reply);
/* Ethernet MAC of the gateway that pushed, as written, "0xd8d5b9..." or, in RFA,
 * "d8d5b9..."; empty for replies.
 * Lifetime: borrowed from the reply. */
SHUB_API shub_slice shub_eagle_reply_gateway(const shub_eagle_reply *reply);
/* Envelope time of an upload; 0 when there is none. */
SHUB_API int64_t shub_eagle_reply_time_us(const shub_eagle_reply *reply);
SHUB_API size_t shub_eagle_reply_count(const shub_eagle_reply *reply);
/* The i-th reading in the order of the body; NULL past the end.
 * Lifetime: borrowed from the reply. */
SHUB_API const shub_eagle_reading *shub_eagle_reply_at(const shub_eagle_reply *reply,
                                                       size_t i);
/* Appends the samples of every reading:
 *
 *     power                    kW      demand, negative when fed into the grid
 *     power.max, power.min     kW      demand peaks
 *     energy_delivered,        kWh     the meter's totals
 *     energy_received
 *     energy.net               kWh     within an interval of history, may be negative
 *     energy.interval          kWh     within an interval of a profile
 *     energy.block             kWh     within the block period
 *     energy.block_threshold.N kWh     where block N of the tariff ends
 *     price, price.block.N     per kWh
 *     link_strength            /100
 *
 * Device is the meter's address, lower case with 0x. A price is per kWh in the currency
 * that its ISO 4217 number or its letters name ("USD/kWh"), without a unit for an unknown
 * one. Of a Device with several components, a plug with two receptacles, those not called
 * Main are told apart by their FixedId: "power.1", "power.2"; in RFA by a componentId
 * above 1.
 *
 * A reading without a time of its own gets `arrival_us` and SHUB_TIME_ASSUMED; the time
 * of a Device is its LastContact, when the gateway last heard it; of an interval it is
 * the one that the gateway names, of a profile the interval's end. Times of cgi_manager
 * are local; get_timezone's answer in the same body makes UTC of them, without it values
 * get the arrival's time, and history keeps the local one, flagged. Nothing is appended
 * for a Device or a cgi_manager's meter that says another status than Connected, for
 * fields that are blank or say that they are unknown (a price of 0xFFFFFFFF or -1, 255
 * trailing digits, "invalid", "nan"), and for a profile without a scale. Multiplier and
 * Divisor count as 1 when 0 or absent. No (device, quantity, time) comes twice: the first
 * counts.
 *
 * A field that is malformed or out of range is skipped, the others are appended, and the
 * first such error is returned, err->index the place of its reading: SHUB_E_FORMAT,
 * SHUB_E_RANGE, SHUB_E_CONTENT (an unknown unit, no meter named). SHUB_E_NOMEM and
 * SHUB_E_LIMIT stop at once. */
SHUB_API shub_status shub_eagle_reply_samples(const shub_eagle_reply *reply,
                                              int64_t arrival_us, shub_batch *batch,
                                              shub_error *err);

/* Watches the totals of meters. Gateways say now and then, for one reading, that a total
 * is 0 or less than it was; taken for energy that would be an enormous consumption. Such
 * a sample is kept and marked SHUB_QUALITY_ERROR. A total that stays low for
 * SHUB_EAGLE_GUARD_READINGS readings of different times, and does not fall among them, is
 * that of a new meter, and is believed again. */
typedef struct shub_eagle_guard shub_eagle_guard;

#define SHUB_EAGLE_GUARD_READINGS 10
#define SHUB_EAGLE_GUARD_MAX      65536 /* totals watched; those beyond it pass */

/* Lifetime: free with shub_eagle_guard_free, after what uses it. Errors: SHUB_E_NOMEM. */
SHUB_API shub_status shub_eagle_guard_new(shub_eagle_guard **guard, shub_error *err);
/* NULL is fine. */
SHUB_API void shub_eagle_guard_free(shub_eagle_guard *guard);
/* Looks at one sample, of energy_delivered or energy_received; others pass. `suspect`: 1
 * when it is no energy. Readings older than the newest are history and pass. Errors:
 * SHUB_E_NOMEM. */
SHUB_API shub_status shub_eagle_guard_check(shub_eagle_guard *guard,
                                            const shub_sample *sample, int *suspect,
                                            shub_error *err);

/* What a body does not say itself. */
typedef struct shub_eagle_sample_options {
    size_t size;
    int64_t arrival_us;
    shub_slice meter; /* of readings that name none: demand peaks, history, cgi_manager,
                         port 5002; written as in samples, lower case with 0x */
    int64_t zone_us; /* UTC minus local time, for times of cgi_manager in bodies that have
                        no get_timezone; with zone_known */
    uint32_t multiplier; /* of a profile, with divisor */
    uint32_t divisor;    /* 0: a profile without a scale of its own gives nothing */
    int32_t zone_known;  /* 1: zone_us counts */
    int32_t reserved;
    shub_eagle_guard *guard; /* marks totals that fall; NULL: none */
} shub_eagle_sample_options;

#define SHUB_EAGLE_SAMPLE_OPTIONS_INIT                                                   \
    {                                                                                    \
        sizeof(shub_eagle_sample_options), 0, {NULL, 0}, 0, 0, 0, 0, 0, NULL             \
    }

/* As shub_eagle_reply_samples, with more to go by. Errors besides: SHUB_E_INVALID. */
SHUB_API shub_status shub_eagle_reply_samples_with(const shub_eagle_reply *reply,
                                                   const shub_eagle_sample_options *opts,
                                                   shub_batch *batch, shub_error *err);

SHUB_API shub_eagle_root shub_eagle_reading_root(const shub_eagle_reading *reading);
/* Root element as the vendor spells it; empty for fields that stand outside of any, as in
 * the flat JSON of cgi_manager. Lifetime: borrowed from the reply. */
SHUB_API shub_slice shub_eagle_reading_name(const shub_eagle_reading *reading);
/* Address of the meter (MeterMacId, CoordMacId) or of the Device (HardwareAddress), lower
 * case with 0x; empty when absent or not hexadecimal.
 * Lifetime: borrowed from the reply. */
SHUB_API shub_slice shub_eagle_reading_meter(const shub_eagle_reading *reading);
/* Time of the reading: the meter's (TimeStamp, UTCTime, EndTime of a profile, from 2000
 * on), of a Device its LastContact (from 1970 on), of a cgi_manager's answer its
 * demand_timestamp when get_timezone's answer is in the same body; 0 when absent,
 * malformed or a sentinel (0, 0xffffffff). */
SHUB_API int64_t shub_eagle_reading_time_us(const shub_eagle_reading *reading);
/* 1: Connected, 0: the reading says another status, SHUB_NONE: it says none. */
SHUB_API int shub_eagle_reading_connected(const shub_eagle_reading *reading);

/* A raw field as the vendor wrote it, without white space around it: "Demand" ->
 * "0x0003b0". Names compare without case; of doubled fields the first counts; absent and
 * blank ones give the empty slice. A reading of a Device has the fields of the device and
 * then those of its component: "Component" -> "Main" (its name), "FixedId", its
 * variables, "zigbee:InstantaneousDemand" -> "21.499 kW". Fields of nested elements go by
 * their own names; texts of messages are freed of HTML's escapes. InstallCode, LinkKey,
 * LinkKeyHigh, LinkKeyLow and a WiFiStatus's Key are secrets: they are reachable here and
 * are shown nowhere else, not in messages, not in traces. Lifetime: borrowed from the
 * reply. */
SHUB_API shub_slice shub_eagle_reading_field(const shub_eagle_reading *reading,
                                             shub_slice name);
/* The i-th raw field, doubled and blank ones too: name, value, unit (of a variable, else
 * empty). 1, or 0 past the end. Lifetime: borrowed from the reply. */
SHUB_API int shub_eagle_reading_field_at(const shub_eagle_reading *reading, size_t i,
                                         shub_slice *name, shub_slice *value,
                                         shub_slice *unit);
/* A raw field as unsigned integer: `0x` hexadecimal, else decimal. Errors:
 * SHUB_E_NOT_FOUND (absent or blank), SHUB_E_FORMAT, SHUB_E_RANGE. */
SHUB_API shub_status shub_eagle_reading_u64(const shub_eagle_reading *reading,
                                            shub_slice name, uint64_t *out,
                                            shub_error *err);

/* A message of the utility to its customer, however the gateway spells its fields. */
typedef struct shub_eagle_message {
    size_t size;
    shub_slice text;     /* without HTML's escapes */
    shub_slice priority; /* "Low", "Medium", "High", "Critical"; may be empty */
    shub_slice queue;    /* "Active", "Cancel Pending"; may be empty */
    uint64_t id;
    int32_t confirmation_required;
    int32_t confirmed;
    shub_slice reserved;
} shub_eagle_message;

#define SHUB_EAGLE_MESSAGE_INIT                                                          \
    {                                                                                    \
        sizeof(shub_eagle_message), {NULL, 0}, {NULL, 0}, {NULL, 0}, 0, 0, 0,            \
        {                                                                                \
            NULL, 0                                                                      \
        }                                                                                \
    }

/* The message of a MessageCluster, an RFA Message, a Device's variables or a
 * cgi_manager's answer. Errors: SHUB_E_NOT_FOUND (the reading has no text of one).
 * Lifetime: borrowed from the reply. */
SHUB_API shub_status shub_eagle_reading_message(const shub_eagle_reading *reading,
                                                shub_eagle_message *message,
                                                shub_error *err);

/* ---- a client for one gateway -------------------------------------------------- */

typedef enum shub_eagle_transport {
    SHUB_EAGLE_AUTO = 0,  /* ask the gateway; decided by the root of its answer */
    SHUB_EAGLE_RELAY = 1, /* cloud relay, EAGLE-100 accounts */
    SHUB_EAGLE_100 = 2,   /* post_manager of an EAGLE-100 */
    SHUB_EAGLE_200 = 3,   /* EAGLE-200 and EAGLE 3 */
    SHUB_EAGLE_CGI = 4    /* cgi_manager: an EAGLE-100 without post_manager */
} shub_eagle_transport;

/* What a poll reads; bits. An EAGLE-200 answers all of them at once, a cgi_manager all
 * but the network. */
#define SHUB_EAGLE_READ_DEMAND      0x1u
#define SHUB_EAGLE_READ_SUMMATION   0x2u
#define SHUB_EAGLE_READ_PRICE       0x4u
#define SHUB_EAGLE_READ_NETWORK     0x8u

#define SHUB_EAGLE_MIN_GAP_MS       1000  /* between requests to a gateway (aioeagle) */
#define SHUB_EAGLE_LOCAL_TIMEOUT_MS 10000 /* deadline of a request, local */
#define SHUB_EAGLE_RELAY_TIMEOUT_MS 20000 /* deadline of a request, relay */
#define SHUB_EAGLE_UNSTICK_MS       15000 /* for a radio to wake up (eagle100) */
#define SHUB_EAGLE_REST_URL         "https://api.rainforestcloud.com/rest"

typedef struct shub_eagle_options {
    size_t size;
    /* "http://eagle-004792.local", a host name or an address, without credentials; NULL
     * with SHUB_EAGLE_RELAY: the relay's own address */
    const char *url;
    const char *cloud_id; /* six hexadecimal digits, with leading zeros; user of Basic */
    const char *install_code; /* secret: password of Basic; NULL: no authentication */
    const char *user;         /* relay account */
    const char *password;     /* secret: relay account */
    /* EAGLE-200: hardware address to read; NULL: the first Connected electric meter.
     * cgi_manager: the meter's address, of samples; NULL: by get_network_info */
    const char *meter;
    const char *ca_file; /* PEM file of authorities; NULL: the system's */
    /* "sha256//BASE64" of the server's public key; without ca_file it alone decides, for
     * self-signed certificates; NULL: none */
    const char *pin;
    int32_t transport;        /* a shub_eagle_transport */
    uint32_t reads;           /* SHUB_EAGLE_READ_ bits; 0: demand */
    int32_t insecure;         /* 1: TLS certificates are not verified; a pin still is */
    int32_t retries;          /* of one request; 0: 2; SHUB_NONE: none */
    int64_t timeout_ms;       /* deadline of one request; 0: by transport */
    int64_t min_gap_ms;       /* from an answer to the next request; 0: as above */
    int32_t circuit_failures; /* polls failed in a row until the circuit opens; 0: 5 */
    int32_t reserved;
    int64_t circuit_rest_ms; /* first rest, doubled up to 16 times; 0: 30 000 */
    uint64_t seed;           /* of the jitter; 0: from the handle's address, the clock */
    shub_clock clock;        /* {NULL, NULL}: the system's */
    int64_t interval_ms;     /* of a fleet: from poll to poll; 0: the fleet's */
    /* EAGLE-100 that says 503 to the last attempt too: its cgi_manager is asked for
     * history, which wakes its radio up, and the request is sent once more so long after
     * (eagle100 waits SHUB_EAGLE_UNSTICK_MS); 0: never */
    int64_t unstick_ms;
    const char *rest_url; /* takes uploader_add and _delete; NULL: SHUB_EAGLE_REST_URL */
} shub_eagle_options;

#define SHUB_EAGLE_OPTIONS_INIT                                                          \
    {                                                                                    \
        sizeof(shub_eagle_options), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0,   \
            0, 0, 0, 0, 0, 0, 0, 0, 0, {NULL, NULL}, 0, 0, NULL                          \
    }

typedef struct shub_eagle shub_eagle;

/* Opens a client for one gateway on a loop; copies the options; sends nothing yet.
 * Errors: SHUB_E_INVALID (bad url, a cloud_id that is missing or not six digits, a number
 * out of range), SHUB_E_FORKED, SHUB_E_NOMEM.
 * Lifetime: close with shub_eagle_close before the loop. */
SHUB_API shub_status shub_eagle_open(shub_loop *loop, const shub_eagle_options *opts,
                                     shub_eagle **eagle, shub_error *err);
/* Gives up what is in flight, wipes the credentials. NULL is fine. */
SHUB_API void shub_eagle_close(shub_eagle *eagle);

/* Starts a poll of what the options' `reads` say; the loop carries it out, requests at
 * least min_gap_ms apart, those that fail for the moment retried with back-off and
 * jitter. A cgi_manager is asked for get_timezone in the same body, so that its times are
 * UTC. After circuit_failures polls failed in a row the gateway rests; then one poll
 * without retries probes. Errors: SHUB_E_BUSY (a poll is running or its result was not
 * taken), SHUB_E_CIRCUIT (resting; err->retry_after_us says how long), SHUB_E_FORKED. */
SHUB_API shub_status shub_eagle_start(shub_eagle *eagle, shub_error *err);

/* Takes the result of a poll: appends its samples to `batch`, watched by a guard of the
 * client's own (shub_eagle_guard). Errors: SHUB_E_AGAIN (still running, or no poll
 * started), and those of the poll: SHUB_E_AUTH, SHUB_E_OVERLOADED, SHUB_E_HTTP,
 * SHUB_E_REDIRECT, SHUB_E_REMOTE (all with http_status and the gateway's own words),
 * SHUB_E_NOT_JOINED (the meter is away or says nothing), SHUB_E_NETWORK, SHUB_E_TIMEOUT,
 * SHUB_E_TLS, SHUB_E_FORKED, and those of shub_eagle_parse and shub_eagle_reply_samples.
 * What was read before a failure is appended; with SHUB_E_TRUNCATED also what
 * shub_eagle_parse_part finds in the answer that breaks off.
 */
SHUB_API shub_status shub_eagle_take(shub_eagle *eagle, shub_batch *batch,
                                     shub_error *err);

/* Start, run the loop, take: a poll that blocks until its result is there. */
SHUB_API shub_status shub_eagle_poll(shub_eagle *eagle, shub_batch *batch,
                                     shub_error *err);

/* Which transport a gateway speaks, found out by the root of its answers, never by their
 * status alone; blocks. Asked in turn: device_list, post_manager of an EAGLE-100, and,
 * where that is not there or says nothing of its kind, cgi_manager. What the options name
 * is believed. A gateway whose meter is away is recognized all the same. Errors:
 * SHUB_E_BUSY, SHUB_E_CIRCUIT, and those of a poll; then SHUB_EAGLE_AUTO. */
SHUB_API shub_status shub_eagle_detect(shub_eagle *eagle, shub_eagle_transport *transport,
                                       shub_error *err);

/* The i-th reply of the poll taken last, for its raw fields; NULL past the end.
 * Lifetime: borrowed until the next poll, detection, list or command starts, or _close.
 */
SHUB_API const shub_eagle_reply *shub_eagle_last_reply(const shub_eagle *eagle, size_t i);

/* Starts to ask a gateway, in place of a poll, which meters and other devices it has. An
 * EAGLE-200 or EAGLE 3 answers with a reading of every device (device_list), the others
 * with their network's state, which names the meter. Devices that are not connected are
 * no failure. Errors: as shub_eagle_start. */
SHUB_API shub_status shub_eagle_start_list(shub_eagle *eagle, shub_error *err);

/* Starts to send one command, in place of a poll, to the program of the gateway that
 * knows it: post_manager or the relay, or cgi_manager of an EAGLE-100. What both of an
 * EAGLE-100's know goes to post_manager where its transport has one, with `local` to
 * cgi_manager. The options are copied. A hardware_address (but of device_control) or a
 * mac_id that is missing is found out first, as for a poll; cgi_manager is asked for
 * get_timezone in the same body as a read. uploader_add and _delete go to rest_url, with
 * the install code; its certificate is verified whatever the options say of the
 * gateway's.
 *
 * Gaps, credentials, retries and circuit are those of a poll, but device_control and the
 * uploader's commands, which may do twice what is asked for once, are never repeated.
 * Errors: SHUB_E_UNSUPPORTED (the transport does not know the command; those of port 5002
 * and get_profile_data, which only answers an upload, none does), and those of
 * shub_eagle_request and shub_eagle_start. */
SHUB_API shub_status shub_eagle_start_send(shub_eagle *eagle, shub_eagle_command command,
                                           const shub_eagle_request_options *opts,
                                           shub_error *err);

/* Takes the answer to shub_eagle_start_list or _start_send. `reply` is NULL when a
 * command that changes something was answered by nothing, as most are. Errors:
 * SHUB_E_AGAIN (still running, or neither started), SHUB_E_REMOTE (also a status other
 * than "success" of cgi_manager), SHUB_E_EXISTS (the uploader is there already), and
 * those of a poll. Lifetime: free `reply` with shub_eagle_reply_free. */
SHUB_API shub_status shub_eagle_take_reply(shub_eagle *eagle, shub_eagle_reply **reply,
                                           shub_error *err);

/* Start, run the loop, take: block until the reply is there. */
SHUB_API shub_status shub_eagle_list(shub_eagle *eagle, shub_eagle_reply **reply,
                                     shub_error *err);
SHUB_API shub_status shub_eagle_send(shub_eagle *eagle, shub_eagle_command command,
                                     const shub_eagle_request_options *opts,
                                     shub_eagle_reply **reply, shub_error *err);

/* The transport in use: what the options said, or what was found out; SHUB_EAGLE_AUTO
 * before. */
SHUB_API shub_eagle_transport shub_eagle_transport_used(const shub_eagle *eagle);

#ifdef __cplusplus
}
#endif

#endif
