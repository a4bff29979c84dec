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

static void one_command(struct flat_json *json, const struct gateway *g,
                        const struct reading *r, struct span text)
{
    uint64_t mac;
    bool addressed = request_hex(text, "MacId", &mac) && mac == g->device_mac;
    switch (request_command(text)) {
    case COMMAND_get_device_list:
        device_list(json, g, r);
        break;
    case COMMAND_get_timezone:
        timezone_info(json, g, r);
        break;
    case COMMAND_get_usage_data:
        if (addressed)
            usage_data(json, g, r);
        break;
    default:
        break;
    }
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
