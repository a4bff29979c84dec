/* post_manager of the EAGLE-100 and of the cloud relay: XML or JSON fragments. */
#include "replies.h"

#include <stdarg.h>

#define EPOCH_2000 946684800

/*
 * One fragment in either form. The layouts are those of captured replies: XML indented by
 * two, JSON flush left with the braces of the last line together.
 */
struct fragment {
    FILE *out;
    const char *root;
    const char *line_end;
    bool json;
    bool has_fields;
};

static void fragment_open(struct fragment *f, const char *root)
{
    f->root = root;
    f->has_fields = false;
    if (f->json)
        fprintf(f->out, "{%s\"%s\": {%s", f->line_end, root, f->line_end);
    else
        fprintf(f->out, "<%s>%s", root, f->line_end);
}

__attribute__((format(printf, 3, 4))) static void field(struct fragment *f,
                                                        const char *name,
                                                        const char *format, ...)
{
    va_list values;
    if (f->json)
        fprintf(f->out, "%s%s\"%s\": \"", f->has_fields ? "," : "",
                f->has_fields ? f->line_end : "", name);
    else
        fprintf(f->out, "  <%s>", name);
    va_start(values, format);
    vfprintf(f->out, format, values);
    va_end(values);
    if (f->json)
        fputc('"', f->out);
    else
        fprintf(f->out, "</%s>%s", name, f->line_end);
    f->has_fields = true;
}

static void fragment_close(struct fragment *f)
{
    if (f->json)
        fprintf(f->out, "}%s}%s", f->line_end, f->line_end);
    else
        fprintf(f->out, "</%s>%s", f->root, f->line_end);
}

static unsigned since_2000(int64_t unix_s)
{
    return (unsigned)(unix_s - EPOCH_2000);
}

static void mac_fields(struct fragment *f, const struct gateway *g)
{
    field(f, "DeviceMacId", "0x%016llx", (unsigned long long)g->device_mac);
    field(f, "MeterMacId", "0x%016llx", (unsigned long long)g->meter_mac);
}

static void format_fields(struct fragment *f, unsigned digits_right)
{
    field(f, "Multiplier", "0x00000001");
    field(f, "Divisor", "0x000003e8");
    field(f, "DigitsRight", "0x%02x", digits_right);
    field(f, "DigitsLeft", "0x06");
    field(f, "SuppressLeadingZero", "Y");
}

/*
 * Positive demand has six digits. Negative demand has six as well in the manual (EAGLE
 * Uploader API p.10, 24-bit signed) and eight on gateways seen with solar: both occur
 * here.
 */
static void demand_field(struct fragment *f, const struct gateway *g,
                         const struct reading *r)
{
    if (r->demand_is_nan)
        field(f, "Demand", "nan");
    else if (r->demand_w >= 0)
        field(f, "Demand", "0x%06x", (unsigned)r->demand_w);
    else if (g->number % 8 == 0)
        field(f, "Demand", "0x%06x", (unsigned)r->demand_w & 0xffffff);
    else
        field(f, "Demand", "0x%08x", (unsigned)r->demand_w);
}

static void instantaneous_demand(struct fragment *f, const struct gateway *g,
                                 const struct reading *r)
{
    fragment_open(f, "InstantaneousDemand");
    mac_fields(f, g);
    field(f, "TimeStamp", "0x%08x", since_2000(r->time));
    demand_field(f, g, r);
    format_fields(f, 3);
    fragment_close(f);
}

static void summation_fields(struct fragment *f, const struct reading *r)
{
    field(f, "TimeStamp", "0x%08x", since_2000(r->time));
    field(f, "SummationDelivered", "0x%016llx", (unsigned long long)r->delivered_wh);
    field(f, "SummationReceived", "0x%016llx", (unsigned long long)r->received_wh);
    format_fields(f, 1);
}

static void current_summation(struct fragment *f, const struct gateway *g,
                              const struct reading *r)
{
    fragment_open(f, "CurrentSummation");
    mac_fields(f, g);
    summation_fields(f, r);
    fragment_close(f);
}

/* As JSON it comes without the outer braces, which clients have to add. */
static void history_data(struct fragment *f, const struct gateway *g,
                         const struct reading *r)
{
    (void)g;
    fputs(f->json ? "\"HistoryData\": [\n{\"CurrentSummation\": {"
                  : "<HistoryData>\n<CurrentSummation>\n",
          f->out);
    summation_fields(f, r);
    fputs(f->json ? "}}\n]\n" : "</CurrentSummation>\n</HistoryData>\n", f->out);
}

static void price_cluster(struct fragment *f, const struct gateway *g,
                          const struct reading *r)
{
    fragment_open(f, "PriceCluster");
    mac_fields(f, g);
    field(f, "TimeStamp", "0x%08x", since_2000(r->time));
    field(f, "StartTime", "0x%08x", since_2000(r->time - r->time % 3600));
    field(f, "Duration", "0xffff");
    if (g->generation == RELAY) {
        field(f, "Price", "0x%08x", r->price_e4 / 100);
        field(f, "Currency", "0x03d2");
        field(f, "TrailingDigits", "0x02");
        field(f, "Tier", "%u", r->tier);
    } else {
        field(f, "Price", "0x%08x", r->price_e4);
        field(f, "Currency", "0x0348");
        field(f, "TrailingDigits", "0x04");
        field(f, "Tier", "0x%02x", r->tier);
    }
    field(f, "RateLabel", "Price%u", r->tier);
    fragment_close(f);
}

static void network_info(struct fragment *f, const struct gateway *g,
                         const struct reading *r)
{
    (void)r;
    fragment_open(f, "NetworkInfo");
    field(f, "DeviceMacId", "0x%016llx", (unsigned long long)g->device_mac);
    field(f, "InstallCode", "0x%s", g->install_code);
    field(f, "LinkKeyHigh", "0x0123456789abcdef");
    field(f, "LinkKeyLow", "0x0123456789abcdef");
    field(f, "FWVersion", "1.4.48 (6952)");
    field(f, "HWVersion", "1.2.5");
    field(f, "Manufacturer", "Rainforest Automation, Inc.");
    field(f, "ModelId", "Z109-EAGLE");
    field(f, "DateCode", "2014051823520701");
    field(f, "ImageType", "0x1301");
    field(f, "Protocol", "Zigbee");
    fragment_close(f);
}

/* The root is documented as NetworkStatus and captured as NetworkInfo: both occur here.
 */
static void network_status(struct fragment *f, const struct gateway *g,
                           const struct reading *r)
{
    fragment_open(f, g->number % 2 ? "NetworkInfo" : "NetworkStatus");
    field(f, "DeviceMacId", "0x%016llx", (unsigned long long)g->device_mac);
    field(f, "Status", "%s", r->joined ? "Connected" : "Rejoining");
    field(f, "CoordMacId", "0x%016llx", (unsigned long long)g->meter_mac);
    field(f, "ExtPanId", "0x%016llx", (unsigned long long)g->meter_mac);
    field(f, "ShortAddr", "0x8644");
    field(f, "Channel", "18");
    field(f, "LinkStrength", "0x%02x", r->joined ? r->link_percent : 0);
    field(f, "Protocol", "Zigbee");
    fragment_close(f);
}

static void message_cluster(struct fragment *f, const struct gateway *g,
                            const struct reading *r)
{
    (void)r;
    fragment_open(f, "MessageCluster");
    mac_fields(f, g);
    field(f, "TimeStamp", "0x00000000");
    field(f, "StartTime", "0x00000000");
    field(f, "Duration", "0x0000");
    field(f, "Id", "0x00000000");
    field(f, "ConfirmationRequired", "N");
    field(f, "Confirmed", "N");
    field(f, "Read", "Y");
    field(f, "Queue", "active");
    fragment_close(f);
}

static void schedule_info(struct fragment *f, const struct gateway *g,
                          const struct reading *r)
{
    (void)g;
    (void)r;
    fragment_open(f, "ScheduleInfo");
    field(f, "DeviceMacId", "0x0000000000000000");
    field(f, "MeterMacId", "0x0000000000000000");
    field(f, "Event", "demand");
    field(f, "Frequency", "10");
    fragment_close(f);
}

static void demand_peaks(struct fragment *f, const struct gateway *g,
                         const struct reading *r)
{
    (void)r;
    fragment_open(f, "DemandPeaks");
    field(f, "PeakReceived", "%s", g->solar ? "-6.500000" : "0.000000");
    field(f, "DeviceMacId", "0x%016llx", (unsigned long long)g->device_mac);
    field(f, "PeakDelivered", "5.000000");
    fragment_close(f);
}

/* Seen as MessageCluster and as CommandResponse (rainforestautomation/Eagle-Http-API). */
static void confirm_message(struct fragment *f, const struct gateway *g,
                            const struct reading *r)
{
    if (g->number % 2 == 0) {
        message_cluster(f, g, r);
        return;
    }
    fragment_open(f, "CommandResponse");
    field(f, "Status", "Success");
    fragment_close(f);
}

/* A Z109 answers the newer models' command with 200 and a document of another root. */
static void not_a_device_list(struct fragment *f, const struct gateway *g,
                              const struct reading *r)
{
    (void)r;
    fragment_open(f, g->number % 2 ? "Error" : "CommandResponse");
    field(f, g->number % 2 ? "Text" : "Status", "Unknown command");
    fragment_close(f);
}

static void (*const writers[COMMAND_COUNT])(struct fragment *, const struct gateway *,
                                            const struct reading *) = {
    [COMMAND_get_instantaneous_demand] = instantaneous_demand,
    [COMMAND_get_current_summation] = current_summation,
    [COMMAND_get_history_data] = history_data,
    [COMMAND_get_price] = price_cluster,
    [COMMAND_get_network_info] = network_info,
    [COMMAND_get_network_status] = network_status,
    [COMMAND_get_message] = message_cluster,
    [COMMAND_get_schedule] = schedule_info,
    [COMMAND_confirm_message] = confirm_message,
    [COMMAND_get_demand_peaks] = demand_peaks,
    [COMMAND_device_list] = not_a_device_list,
};

void reply_post_manager(const struct gateway *gateway, const struct reading *reading,
                        struct span text, FILE *out)
{
    /* CRLF is the documented line end, LF the captured one. */
    struct fragment fragment = {.out = out,
                                .line_end = gateway->number % 3 ? "\n" : "\r\n",
                                .json = request_has(text, "Format", "JSON")};
    enum command command = request_command(text);
    if (writers[command])
        writers[command](&fragment, gateway, reading);
}
