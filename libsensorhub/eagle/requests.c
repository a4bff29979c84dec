/* Request bodies: one fragment without a prolog, an element a line, which port 5002 needs
 * and the others take. MacId may be left out where the gateway has one meter (EAGLE REST
 * API 1.0 p.5; EAGLE-200 Local API 1.0 p.10-13). */
#include "eagle/requests.h"

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"

#include <string.h>

/* Elements behind <Name>, in this order. */
enum {
    MAC = 0x1,        /* MacId */
    DEVICE_MAC = 0x2, /* DeviceMacId, of set_schedule */
    DETAILS = 0x4,    /* DeviceDetails */
    COMPONENTS = 0x8,
    CONTROL = 0x10, /* Components with a value */
    START = 0x20,
    END = 0x40,
    PERIOD = 0x80,    /* Period */
    INTERVAL = 0x100, /* Interval */
    EVENT = 0x200,
    FREQUENCY = 0x400,
    DURATION = 0x800,
    ENABLED = 0x1000,
    ID = 0x2000,
    PRICE = 0x4000,
    INTERVALS = 0x8000, /* NumberOfPeriods, IntervalChannel */
    FORMAT = 0x10000,
    /* What must be given. */
    NEEDS_START = 0x20000,
    NEEDS_EVENT = 0x40000,
    NEEDS_MAC = 0x80000
};

#define CGI (MAC | NEEDS_MAC)

typedef struct row {
    const char *name;
    const char *root;
    unsigned parts;
    uint32_t frequency_max;
    const char *periods; /* the words that `period` may be */
} row;

static const row rows[] = {
    [SHUB_EAGLE_GET_INSTANTANEOUS_DEMAND] = {"get_instantaneous_demand", "Command",
                                             MAC | FORMAT, 0, NULL},
    [SHUB_EAGLE_GET_CURRENT_SUMMATION] = {"get_current_summation", "Command",
                                          MAC | FORMAT, 0, NULL},
    [SHUB_EAGLE_GET_PRICE] = {"get_price", "Command", MAC | FORMAT, 0, NULL},
    [SHUB_EAGLE_GET_NETWORK_STATUS] = {"get_network_status", "Command", MAC | FORMAT, 0,
                                       NULL},
    [SHUB_EAGLE_GET_NETWORK_INFO] = {"get_network_info", "Command", MAC | FORMAT, 0,
                                     NULL},
    [SHUB_EAGLE_DEVICE_LIST] = {"device_list", "Command", FORMAT, 0, NULL},
    [SHUB_EAGLE_DEVICE_DETAILS] = {"device_details", "Command", DETAILS | FORMAT, 0,
                                   NULL},
    [SHUB_EAGLE_DEVICE_QUERY] = {"device_query", "Command", DETAILS | COMPONENTS | FORMAT,
                                 0, NULL},
    [SHUB_EAGLE_WIFI_STATUS] = {"wifi_status", "Command", FORMAT, 0, NULL},
    [SHUB_EAGLE_LIST_NETWORK] = {"list_network", "Command", FORMAT, 0, NULL},
    [SHUB_EAGLE_GET_MESSAGE] = {"get_message", "Command", MAC | FORMAT, 0, NULL},
    [SHUB_EAGLE_GET_HISTORY_DATA] = {"get_history_data", "Command",
                                     MAC | START | NEEDS_START | END | FREQUENCY | FORMAT,
                                     0xffff, NULL},
    [SHUB_EAGLE_GET_SCHEDULE] = {"get_schedule", "Command", MAC | EVENT | FORMAT, 0,
                                 NULL},
    [SHUB_EAGLE_GET_DEMAND_PEAKS] = {"get_demand_peaks", "Command", MAC | FORMAT, 0,
                                     NULL},
    [SHUB_EAGLE_GET_MDNS_STATUS] = {"get_mdns_status", "Command", FORMAT, 0, NULL},
    [SHUB_EAGLE_GET_DEVICE_LIST] = {"get_device_list", "LocalCommand", MAC, 0, NULL},
    [SHUB_EAGLE_GET_DEVICE_INFO] = {"get_device_info", "LocalCommand", CGI, 0, NULL},
    [SHUB_EAGLE_GET_USAGE_DATA] = {"get_usage_data", "LocalCommand", CGI, 0, NULL},
    [SHUB_EAGLE_GET_HISTORICAL_DATA] = {"get_historical_data", "LocalCommand",
                                        CGI | PERIOD, 0, "day week month year"},
    [SHUB_EAGLE_GET_PRICE_BLOCKS] = {"get_price_blocks", "LocalCommand", CGI, 0, NULL},
    [SHUB_EAGLE_GET_SETTING_DATA] = {"get_setting_data", "LocalCommand", CGI, 0, NULL},
    [SHUB_EAGLE_GET_DEVICE_CONFIG] = {"get_device_config", "LocalCommand", CGI, 0, NULL},
    [SHUB_EAGLE_GET_GATEWAY_INFO] = {"get_gateway_info", "LocalCommand", CGI, 0, NULL},
    [SHUB_EAGLE_GET_TIMEZONE] = {"get_timezone", "LocalCommand", CGI, 0, NULL},
    [SHUB_EAGLE_GET_TIME_SOURCE] = {"get_time_source", "LocalCommand", CGI, 0, NULL},
    [SHUB_EAGLE_GET_UPLOADERS] = {"get_uploaders", "LocalCommand", CGI, 0, NULL},
    [SHUB_EAGLE_GET_UPLOADER] = {"get_uploader", "LocalCommand", CGI, 0, NULL},
    [SHUB_EAGLE_LIST_DEVICES] = {"list_devices", "LocalCommand", 0, 0, NULL},
    [SHUB_EAGLE_GET_DEVICE_DATA] = {"get_device_data", "LocalCommand", CGI, 0, NULL},
    [SHUB_EAGLE_GET_DEMAND_VALUES] = {"get_demand_values", "LocalCommand",
                                      CGI | INTERVAL | FREQUENCY, 0xffff,
                                      "hour day week"},
    [SHUB_EAGLE_GET_SUMMATION_VALUES] = {"get_summation_values", "LocalCommand",
                                         CGI | INTERVAL, 0, "day week month year"},
    [SHUB_EAGLE_GET_FAST_POLL_STATUS] = {"get_fast_poll_status", "LocalCommand", MAC, 0,
                                         NULL},
    [SHUB_EAGLE_GET_PROFILE_DATA] = {"get_profile_data", "RavenCommand",
                                     MAC | INTERVALS | END, 0, NULL},
    [SHUB_EAGLE_SET_FAST_POLL] = {"set_fast_poll", "RavenCommand",
                                  MAC | FREQUENCY | DURATION, 0xff, NULL},
    [SHUB_EAGLE_SET_SCHEDULE] = {"set_schedule", "Command",
                                 DEVICE_MAC | EVENT | NEEDS_EVENT | FREQUENCY | ENABLED,
                                 0xffff, NULL},
    [SHUB_EAGLE_CONFIRM_MESSAGE] = {"confirm_message", "Command", MAC | ID | FORMAT, 0,
                                    NULL},
    [SHUB_EAGLE_SET_PRICE] = {"set_price", "LocalCommand", CGI | PRICE, 0, NULL},
    [SHUB_EAGLE_DEVICE_CONTROL] = {"device_control", "Command", DETAILS | CONTROL, 0,
                                   NULL},
    [SHUB_EAGLE_UPLOADER_ADD] = {"uploader_add", NULL, 0, 0, NULL}, /* JSON */
    [SHUB_EAGLE_UPLOADER_DELETE] = {"uploader_delete", NULL, 0, 0, NULL},
};

static const char events[] = "time message price summation demand scheduled_prices "
                             "profile_data billing_period block_period";

static const row *row_of(shub_eagle_command command)
{
    return (int)command > 0 && (size_t)command < sizeof rows / sizeof *rows
               ? &rows[command]
               : NULL;
}

const char *shub_eagle_command_name(shub_eagle_command command)
{
    const row *r = row_of(command);

    return r ? r->name : NULL;
}

/* ---- checks -------------------------------------------------------------------- */

/* One of the words of a list with spaces between them. */
static int is_word_of(const char *list, shub_slice text)
{
    shub_slice rest = shub_str(list), word;

    while (rest.len) {
        (void)shub__cut(rest, ' ', &word, &rest);
        if (shub_slice_equal(word, text))
            return 1;
    }
    return 0;
}

static shub_status check_word(const row *r, const char *what, const char *list,
                              shub_slice text, int needed, shub_error *err)
{
    if ((!needed && !text.len) || is_word_of(list, text))
        return SHUB_OK;
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s: %s is one of %s", r->name,
                      what, list);
}

static shub_status check_number(const row *r, const char *what, uint32_t number,
                                uint32_t max, shub_error *err)
{
    if (number <= max)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_RANGE, SHUB_NONE, "%s: %s %u, at most %u", r->name,
                      what, number, max);
}

static shub_status missing(const row *r, const char *what, shub_error *err)
{
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s needs %s", r->name, what);
}

static shub_status check_given(const row *r, const shub_eagle_request_options *opts,
                               shub_error *err)
{
    if (r->parts & NEEDS_MAC && !opts->mac_id.len)
        return missing(r, "a mac_id", err);
    if (r->parts & DETAILS && !opts->hardware_address.len)
        return missing(r, "a hardware_address", err);
    if (r->parts & NEEDS_START && !opts->start_us)
        return missing(r, "a start_us", err);
    if (r->parts & PRICE && !opts->price.len)
        return missing(r, "a price", err);
    if (!(r->parts & CONTROL))
        return SHUB_OK;
    if (opts->variable_count != 1 || !opts->value.len)
        return missing(r, "one variable and a value", err);
    return opts->allow_control ? SHUB_OK : missing(r, "allow_control", err);
}

static shub_status check_numbers(const row *r, const shub_eagle_request_options *opts,
                                 shub_error *err)
{
    shub_status status = SHUB_OK;

    if (r->parts & FREQUENCY)
        status = check_number(r, "frequency_s", opts->frequency_s, r->frequency_max, err);
    if (!status && r->parts & DURATION)
        status = check_number(r, "duration_min", opts->duration_min, 15, err);
    if (!status && r->parts & DURATION && opts->duration_min && !opts->frequency_s)
        status = missing(r, "a frequency_s", err);
    if (!status && r->parts & INTERVALS)
        status = check_number(r, "count", opts->count, 12, err);
    if (!status && r->periods)
        status = check_word(r, "period", r->periods, opts->period, 1, err);
    if (!status && r->parts & EVENT)
        status = check_word(r, "event", events, opts->event, r->parts & NEEDS_EVENT, err);
    return status;
}

/* Bytes before the first character outside the Char of XML 1.0 section 2.2. */
static size_t xml_chars(shub_slice text)
{
    size_t valid = shub__utf8_valid(text);

    for (size_t i = 0; i < valid; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return i;
        /* U+FFFE and U+FFFF */
        if (c == 0xef && !memcmp(text.ptr + i, "\xef\xbf", 2) &&
            (unsigned char)text.ptr[i + 2] >= 0xbe)
            return i;
    }
    return valid;
}

static shub_status check_text(shub_slice text, const char *what, shub_error *err)
{
    size_t good = xml_chars(text);

    if (good == text.len)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_CONTENT, (int64_t)good,
                      "%s: byte 0x%02x is no character of XML 1.0", what,
                      (unsigned char)text.ptr[good]);
}

static shub_status check_texts(const shub_eagle_request_options *opts, shub_error *err)
{
    const struct {
        shub_slice text;
        const char *what;
    } texts[] = {{opts->mac_id, "mac_id"},
                 {opts->hardware_address, "hardware_address"},
                 {opts->component, "component"},
                 {opts->value, "value"}};
    shub_status status;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if ((status = check_text(texts[i].text, texts[i].what, err)) != SHUB_OK)
            return status;
    for (size_t i = 0; i < opts->variable_count; i++)
        if ((status = check_text(opts->variables[i], "variable", err)) != SHUB_OK)
            return shub__fail_at(err, status, (int64_t)i);
    return SHUB_OK;
}

/* ---- elements ------------------------------------------------------------------ */

/* A price as a whole number and the digits behind its point. */
typedef struct price {
    uint32_t number;
    uint32_t trailing;
} price;

#define PRICE_AUTOMATIC    0xffffffffu /* the meter's price again (RainEagle) */
#define PRICE_TRAILING_MAX 8

static shub_status parse_price(shub_slice text, price *p, shub_error *err)
{
    uint64_t number = 0;
    size_t digits = 0;
    int point = 0;

    *p = (price){PRICE_AUTOMATIC, 0};
    if (shub_slice_equal(text, SHUB_LIT("automatic")))
        return SHUB_OK;
    for (size_t i = 0; i < text.len && number < PRICE_AUTOMATIC; i++) {
        if (text.ptr[i] == '.' && !point++)
            continue;
        if (!shub__is_digit(text.ptr[i]))
            return shub__fail(err, SHUB_E_INVALID, (int64_t)i,
                              "price is a decimal or \"automatic\"");
        number = number * 10 + (uint64_t)(text.ptr[i] - '0');
        p->trailing += (uint32_t)point;
        digits++;
    }
    if (!digits)
        return shub__fail(err, SHUB_E_INVALID, 0, "price is a decimal or \"automatic\"");
    if (number >= PRICE_AUTOMATIC || p->trailing > PRICE_TRAILING_MAX)
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE,
                          "price has more digits than a gateway takes");
    p->number = (uint32_t)number;
    return SHUB_OK;
}

static void put_device(shub__eagle_writer *w, const shub_eagle_request_options *opts)
{
    shub__eagle_put(w, "<DeviceDetails>\n");
    shub__eagle_put_element(w, "HardwareAddress", opts->hardware_address);
    shub__eagle_put(w, "</DeviceDetails>\n");
}

static void put_variables(shub__eagle_writer *w, const shub_eagle_request_options *opts,
                          int values)
{
    shub__eagle_put(w, "<Component>\n");
    shub__eagle_put_element(w, "Name",
                            opts->component.len ? opts->component : SHUB_LIT("Main"));
    shub__eagle_put(w, "<Variables>\n");
    for (size_t i = 0; i < opts->variable_count; i++) {
        shub__eagle_put(w, "<Variable>\n");
        shub__eagle_put_element(w, "Name", opts->variables[i]);
        if (values)
            shub__eagle_put_element(w, "Value", opts->value);
        shub__eagle_put(w, "</Variable>\n");
    }
    shub__eagle_put(w, "</Variables>\n</Component>\n");
}

static void put_components(shub__eagle_writer *w, const shub_eagle_request_options *opts,
                           int values)
{
    shub__eagle_put(w, "<Components>\n");
    if (opts->variable_count)
        put_variables(w, opts, values);
    else
        shub__eagle_put_element(w, "All", SHUB_LIT("Y"));
    shub__eagle_put(w, "</Components>\n");
}

static shub_status put_time(shub__eagle_writer *w, const char *name, int64_t time_us,
                            shub_error *err)
{
    int64_t seconds = time_us / SHUB_SECOND_US - SHUB__EAGLE_EPOCH;

    if (seconds < 0 || seconds >= UINT32_MAX)
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE,
                          "%s lies outside of the years 2000 to 2136", name);
    shub__eagle_put_hex(w, name, (uint32_t)seconds, 8);
    return SHUB_OK;
}

static shub_status put_times(shub__eagle_writer *w, unsigned parts,
                             const shub_eagle_request_options *opts, shub_error *err)
{
    shub_status status = SHUB_OK;

    if (parts & START)
        status = put_time(w, "StartTime", opts->start_us, err);
    if (!status && parts & END && opts->end_us)
        status = put_time(w, "EndTime", opts->end_us, err);
    return status;
}

static void put_numbers(shub__eagle_writer *w, const row *r,
                        const shub_eagle_request_options *opts)
{
    if (r->parts & INTERVALS) {
        shub__eagle_put_hex(w, "NumberOfPeriods", opts->count ? opts->count : 12, 1);
        shub__eagle_put_element(w, "IntervalChannel",
                                opts->received ? SHUB_LIT("Received")
                                               : SHUB_LIT("Delivered"));
    }
    if (r->parts & PERIOD)
        shub__eagle_put_element(w, "Period", opts->period);
    if (r->parts & INTERVAL)
        shub__eagle_put_element(w, "Interval", opts->period);
    if (r->parts & EVENT && opts->event.len)
        shub__eagle_put_element(w, "Event", opts->event);
    if (r->parts & FREQUENCY && (opts->frequency_s || r->parts & (DURATION | ENABLED)))
        shub__eagle_put_hex(w, "Frequency", opts->frequency_s,
                            r->frequency_max > 0xff ? 4 : 2);
    if (r->parts & DURATION)
        shub__eagle_put_hex(w, "Duration", opts->duration_min, 2);
    if (r->parts & ENABLED)
        shub__eagle_put_element(w, "Enabled",
                                opts->disable ? SHUB_LIT("N") : SHUB_LIT("Y"));
    if (r->parts & ID)
        shub__eagle_put_hex(w, "Id", opts->message_id, 8);
}

static shub_status put_parts(shub__eagle_writer *w, const row *r,
                             const shub_eagle_request_options *opts, shub_error *err)
{
    price p = {0, 0};
    shub_status status;

    if (r->parts & MAC && opts->mac_id.len)
        shub__eagle_put_element(w, "MacId", opts->mac_id);
    if (r->parts & DEVICE_MAC && opts->mac_id.len)
        shub__eagle_put_element(w, "DeviceMacId", opts->mac_id);
    if (r->parts & DETAILS)
        put_device(w, opts);
    if (r->parts & (COMPONENTS | CONTROL))
        put_components(w, opts, (r->parts & CONTROL) != 0);
    if ((status = put_times(w, r->parts, opts, err)) != SHUB_OK)
        return status;
    put_numbers(w, r, opts);
    if (r->parts & PRICE) {
        if ((status = parse_price(opts->price, &p, err)) != SHUB_OK)
            return status;
        shub__eagle_put_hex(w, "Price", p.number, 8);
        shub__eagle_put_hex(w, "TrailingDigits", p.trailing, 2);
    }
    if (r->parts & FORMAT && opts->json)
        shub__eagle_put_element(w, "Format", SHUB_LIT("JSON"));
    return SHUB_OK;
}

/* ---- bodies -------------------------------------------------------------------- */

static shub_status write_body(shub__eagle_writer *w, const row *r, const char *root,
                              const shub_eagle_request_options *opts, shub_error *err)
{
    shub_status status;

    if ((status = check_given(r, opts, err)) != SHUB_OK ||
        (status = check_numbers(r, opts, err)) != SHUB_OK ||
        (status = check_texts(opts, err)) != SHUB_OK)
        return status;
    shub__eagle_put(w, "<");
    shub__eagle_put(w, root);
    shub__eagle_put(w, ">\n");
    shub__eagle_put_element(w, "Name", shub_str(r->name));
    status = put_parts(w, r, opts, err);
    shub__eagle_put(w, "</");
    shub__eagle_put(w, root);
    shub__eagle_put(w, ">");
    return status;
}

static shub_status write_uploader(shub_eagle_command command,
                                  const shub_eagle_uploader *uploader, char *dst,
                                  size_t cap, size_t *len, shub_error *err)
{
    if (!uploader)
        return missing(row_of(command), "an uploader", err);
    if (command == SHUB_EAGLE_UPLOADER_ADD)
        return shub_eagle_uploader_add(uploader, dst, cap, len, err);
    return shub_eagle_uploader_delete(uploader->provider, dst, cap, len, err);
}

static shub_status request(shub_eagle_command command, const char *root,
                           const shub_eagle_request_options *opts, char *dst, size_t cap,
                           size_t *len, shub_error *err)
{
    shub__eagle_writer w;
    shub_eagle_request_options known;
    const row *r = row_of(command);
    shub_status status;

    shub__eagle_writer_init(&w, dst, cap);
    *len = 0;
    if ((status = shub__options_in(&known, sizeof known, opts, err)) != SHUB_OK)
        return status;
    if (!r)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "no EAGLE command has number %d", (int)command);
    if (!r->root)
        return write_uploader(command, known.uploader, dst, cap, len, err);
    if (!root)
        root = known.local ? "LocalCommand" : r->root;
    status = write_body(&w, r, root, &known, err);
    return shub__eagle_writer_finish(&w, status, len, err);
}

shub_status shub_eagle_request(shub_eagle_command command,
                               const shub_eagle_request_options *opts, char *dst,
                               size_t cap, size_t *len, shub_error *err)
{
    return request(command, NULL, opts, dst, cap, len, err);
}

shub_status shub_eagle_upload_answer(shub_eagle_command command,
                                     const shub_eagle_request_options *opts, char *dst,
                                     size_t cap, size_t *len, shub_error *err)
{
    static const struct {
        shub_eagle_command command;
        const char *root;
    } answers[] = {{SHUB_EAGLE_SET_FAST_POLL, "RavenCommand"},
                   {SHUB_EAGLE_SET_SCHEDULE, "RavenCommand"},
                   {SHUB_EAGLE_GET_PROFILE_DATA, "RavenCommand"},
                   {SHUB_EAGLE_GET_FAST_POLL_STATUS, "LocalCommand"},
                   {SHUB_EAGLE_GET_HISTORY_DATA, "LocalCommand"}};

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (answers[i].command == command)
            return request(command, answers[i].root, opts, dst, cap, len, err);
    *len = 0;
    if (cap)
        dst[0] = '\0';
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                      "an upload is not answered by command %d", (int)command);
}
