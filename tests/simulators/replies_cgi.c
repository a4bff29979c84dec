/* cgi_manager of the EAGLE-100: one flat JSON object, also for several commands at once.
 */
#include "replies.h"

#include <stdarg.h>

struct flat_json {
    FILE *out;
    bool has_keys;
};

__attribute__((format(printf, 3, 4))) static void pair(struct flat_json *json,
                                                       const char *key,
                                                       const char *format, ...)
{
    va_list values;
    fprintf(json->out, "%s\"%s\": \"", json->has_keys ? ", " : "{", key);
    va_start(values, format);
    vfprintf(json->out, format, values);
    va_end(values);
    fputc('"', json->out);
    json->has_keys = true;
}

static void device_list(struct flat_json *json, const struct gateway *g,
                        const struct reading *r)
{
    (void)r;
    pair(json, "num_devices", "1");
    pair(json, "device_mac_id[0]", "0x%016llx", (unsigned long long)g->device_mac);
    pair(json, "device_model_id[0]", "Z109-EAGLE");
}

/* Local times here are dressed up as Unix times; clients take the zone from here. */
static void timezone_info(struct flat_json *json, const struct gateway *g,
                          const struct reading *r)
{
    pair(json, "timezone_localTime", "%lld", (long long)r->time + g->zone_s);
    pair(json, "timezone_olsonName", "%s", g->zone_s ? "US/Pacific" : "UTC/GMT");
    pair(json, "timezone_utcOffset", "%s", g->zone_s ? "local" : "UTC");
    pair(json, "timezone_utcTime", "%lld", (long long)r->time);
    pair(json, "timezone_status", "success");
}

static void usage_data(struct flat_json *json, const struct gateway *g,
                       const struct reading *r)
{
    pair(json, "meter_status", "%s", r->joined ? "Connected" : "Not Connected");
    if (r->demand_is_nan)
        pair(json, "demand", "nan");
    else
        pair(json, "demand", "%.4f", r->demand_w / 1000.0);
    pair(json, "demand_units", "kW");
    pair(json, "demand_timestamp", "%lld", (long long)r->time + g->zone_s);
    pair(json, "summation_received", "%.3f", (double)r->received_wh / 1000);
    pair(json, "summation_delivered", "%.3f", (double)r->delivered_wh / 1000);
    pair(json, "summation_units", "kWh");
    pair(json, "price", "%.4f", r->price_e4 / 1e4);
    pair(json, "price_units", "840");
    pair(json, "price_label", "Set by User");
    pair(json, "message_timestamp", "946684800");
    pair(json, "message_confirmed", "N");
    pair(json, "message_confirm_required", "N");
    pair(json, "message_id", "0");
    pair(json, "message_queue", "active");
    pair(json, "message_read", "Y");
    pair(json, "threshold_upper_demand", "11.548000");
    pair(json, "threshold_lower_demand", "-2.000000");
    pair(json, "fast_poll_frequency", "0x00");
    pair(json, "fast_poll_endtime", "0x00000000");
}

/* Names the meter, which get_usage_data does not. */
static void network_info(struct flat_json *json, const struct gateway *g,
                         const struct reading *r)
{
    pair(json, "network_status", "%s", r->joined ? "Connected" : "Rejoining");
    pair(json, "network_ext_pan_id", "0x%016llx", (unsigned long long)g->meter_mac);
    pair(json, "network_short_addr", "0x8644");
    pair(json, "network_channel", "18");
    pair(json, "network_meter_mac_id", "0x%016llx", (unsigned long long)g->meter_mac);
    pair(json, "network_link_strength", "0x%02x", r->joined ? r->link_percent : 0);
    pair(json, "network_timestamp", "%lld", (long long)r->time + g->zone_s);
}

#define HOURS 14

/* The hours up to the reading's own, one with a hole (evilpete/RainEagle). */
static void historical_data(struct flat_json *json, const struct gateway *g,
                            const struct reading *r)
{
    char key[24];
    pair(json, "data_period", "day");
    pair(json, "data_size", "%d", HOURS);
    for (int i = 0; i < HOURS; i++) {
        long long end = (long long)(r->time - r->time % 3600) - (HOURS - 1 - i) * 3600;
        snprintf(key, sizeof key, "timestamp[%d]", i);
        pair(json, key, "%lld", end + g->zone_s);
        snprintf(key, sizeof key, "value[%d]", i);
        if (i != 10)
            pair(json, key, "%.3f", gateway_demand_w(g, end) / 1000.0);
    }
}

static void price(struct flat_json *json, const struct gateway *g,
                  const struct reading *r)
{
    pair(json, "price", "%.4f", r->price_e4 / 1e4);
    pair(json, "price_label", "Set by User");
    pair(json, "price_timestamp", "%lld", (long long)r->time + g->zone_s);
    pair(json, "price_units", "$");
}

static void set_price(struct flat_json *json, const struct gateway *g,
                      const struct reading *r)
{
    (void)g;
    (void)r;
    pair(json, "set_price_status", "success");
}

static void gateway_info(struct flat_json *json, const struct gateway *g,
                         const struct reading *r)
{
    const char *id = g->cloud_id;
    (void)r;
    pair(json, "gateway_cloud_id", "%.2s:%.2s:%.2s", id, id + 2, id + 4);
    pair(json, "gateway_internet_status", "connected");
    pair(json, "gateway_ip_addr", "10.11.12.13");
    pair(json, "gateway_mac_id", "D8:D5:B9:%.2s:%.2s:%.2s", id, id + 2, id + 4);
}

static void uploaders(struct flat_json *json, const struct gateway *g,
                      const struct reading *r)
{
    (void)g;
    (void)r;
    pair(json, "uploader[0]", "none");
    pair(json, "uploader[1]", "bidgely");
    pair(json, "uploader_name[0]", "None");
    pair(json, "uploader_name[1]", "Bidgely Inc.");
}

static void device_config(struct flat_json *json, const struct gateway *g,
                          const struct reading *r)
{
    (void)g;
    (void)r;
    pair(json, "config_ssh_enabled", "Y");
    pair(json, "config_vpn_enabled", "Y");
}

static void time_source(struct flat_json *json, const struct gateway *g,
                        const struct reading *r)
{
    (void)g;
    (void)r;
    pair(json, "time_source", "internet");
}

static const struct {
    void (*write)(struct flat_json *, const struct gateway *, const struct reading *);
    bool addressed; /* says nothing to a MacId other than its own, or none */
} writers[COMMAND_COUNT] = {
    [COMMAND_get_device_list] = {device_list, false},
    [COMMAND_get_timezone] = {timezone_info, false},
    [COMMAND_get_usage_data] = {usage_data, true},
    [COMMAND_get_network_info] = {network_info, true},
    [COMMAND_get_historical_data] = {historical_data, true},
    [COMMAND_get_price] = {price, true},
    [COMMAND_set_price] = {set_price, true},
    [COMMAND_get_gateway_info] = {gateway_info, true},
    [COMMAND_get_uploaders] = {uploaders, true},
    [COMMAND_get_device_config] = {device_config, true},
    [COMMAND_get_time_source] = {time_source, true},
};

static void one_command(struct flat_json *json, const struct gateway *g,
                        const struct reading *r, struct span text)
{
    enum command command = request_command(text);
    uint64_t mac;
    bool own = request_hex(text, "MacId", &mac) && mac == g->device_mac;
    if (writers[command].write && (own || !writers[command].addressed))
        writers[command].write(json, g, r);
}

void reply_cgi_manager(const struct gateway *gateway, const struct reading *reading,
                       struct span text, FILE *out)
{
    struct flat_json json = {.out = out};
    struct span command;
    struct span rest = text;
    while (request_element(&rest, "LocalCommand", &command))
        one_command(&json, gateway, reading, command);
    rest = text;
    while (request_element(&rest, "Command", &command))
        one_command(&json, gateway, reading, command);
    if (json.has_keys)
        fputs("}\n", out);
}
