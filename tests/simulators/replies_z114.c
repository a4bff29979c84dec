/* post_manager of the EAGLE-200 and EAGLE 3 (EAGLE-200 Local API Manual 1.0). */
#include "replies.h"

#include <string.h>

#define NAMESPACE "zigbee:"

/* A meter's variables. Those without a live writer hold the captured value. */
struct variable {
    const char *name; /* without the namespace */
    const char *units;
    const char *value;
    const char *description;
    void (*live)(FILE *out, const struct gateway *gateway, const struct reading *reading);
};

static void kilowatts(FILE *out, const struct gateway *g, const struct reading *r)
{
    if (r->demand_is_nan)
        fputs("nan", out);
    else
        fprintf(out, g->number % 3 ? "%.6f" : "%.3f", r->demand_w / 1000.0);
}

static void delivered(FILE *out, const struct gateway *g, const struct reading *r)
{
    fprintf(out, g->number % 3 ? "%.6f" : "%.3f", (double)r->delivered_wh / 1000);
}

static void received(FILE *out, const struct gateway *g, const struct reading *r)
{
    fprintf(out, g->number % 3 ? "%.6f" : "%.3f", (double)r->received_wh / 1000);
}

/* Every other gateway has no price, which is said by a word in the place of a number. */
static bool has_price(const struct gateway *g)
{
    return g->number % 2 == 0;
}

static void price(FILE *out, const struct gateway *g, const struct reading *r)
{
    if (has_price(g))
        fprintf(out, "%.4f", r->price_e4 / 1e4);
    else
        fputs("invalid", out);
}

static void price_tier(FILE *out, const struct gateway *g, const struct reading *r)
{
    fprintf(out, "%u", has_price(g) ? r->tier : 0);
}

static void price_trailing_digits(FILE *out, const struct gateway *g,
                                  const struct reading *r)
{
    (void)r;
    fputs(has_price(g) ? "4" : "255", out);
}

static void price_start_time(FILE *out, const struct gateway *g, const struct reading *r)
{
    fprintf(out, "%lld",
            has_price(g) ? (long long)(r->time - r->time % 3600) : 946684800);
}

static const char threshold[] =
    "the block threshold values for a given period (typically the billing cycle)";
static const char tier_price[] = "The price of Energy, Gas, or Water delivered to the "
                                 "premises at a specific price tier";

static const struct variable variables[] = {
    {"Block1Threshold", "kWh", "", threshold, NULL},
    {"Block2Threshold", "kWh", "", threshold, NULL},
    {"Block3Threshold", "kWh", "", threshold, NULL},
    {"Block4Threshold", "kWh", "", threshold, NULL},
    {"Block5Threshold", "kWh", "", threshold, NULL},
    {"Block6Threshold", "kWh", "", threshold, NULL},
    {"Block7Threshold", "kWh", "", threshold, NULL},
    {"Block8Threshold", "kWh", "", threshold, NULL},
    {"BlockPeriodDuration", "min", "0",
     "The current block tariff period duration in minutes", NULL},
    {"BlockPeriodNumberOfBlocks", "", "0", "", NULL},
    {"CurrentBillingPeriodDuration", "min", "60215213",
     "The current billing period duration in minutes", NULL},
    {"CurrentBillingPeriodStart", "", "1628739302",
     "The start time of the current billing period", NULL},
    {"CurrentBlockPeriodConsumptionDelivered", "kWh", "0.000000",
     "The most recent summed value of Energy, Gas or Water delivered and consumed in the "
     "premises during the Block Tariff Period",
     NULL},
    {"CurrentSummationDelivered", "kWh", "", "Summation Delivered to Home", delivered},
    {"CurrentSummationReceived", "kWh", "", "Summation Recieved from Home", received},
    {"Divisor", "", "1000", "Divisor applied to demand and summation values", NULL},
    {"InstantaneousDemand", "kW", "", "Instantaneous Demand", kilowatts},
    {"Message", "", "", "Message from utility to customer", NULL},
    {"MessageConfirmationRequired", "", "false",
     "Indicates if the message requires user confirmation", NULL},
    {"MessageConfirmed", "", "false",
     "Indicates if the message has received user confirmation", NULL},
    {"MessageDurationInMinutes", "min", "", "Duration of current price", NULL},
    {"MessageId", "", "", "Message unique ID", NULL},
    {"MessagePriority", "", "", "Message priority", NULL},
    {"MessageStartTime", "", "", "Start time for current message", NULL},
    {"Multiplier", "", "1", "Multiplier applied to demand and summation values", NULL},
    {"NoTierBlock1Price", "USD/kWh", "", tier_price, NULL},
    {"NoTierBlock2Price", "USD/kWh", "", tier_price, NULL},
    {"NoTierBlock3Price", "USD/kWh", "", tier_price, NULL},
    {"NoTierBlock4Price", "USD/kWh", "", tier_price, NULL},
    {"NoTierBlock5Price", "USD/kWh", "", tier_price, NULL},
    {"NoTierBlock6Price", "USD/kWh", "", tier_price, NULL},
    {"NoTierBlock7Price", "USD/kWh", "", tier_price, NULL},
    {"NoTierBlock8Price", "USD/kWh", "", tier_price, NULL},
    {"Price", "", "", "Price of electricity", price},
    {"PriceCurrency", "", "USD", "The local unit of currency used in the price field",
     NULL},
    {"PriceDuration", "min", "0",
     "Amount of time in minutes after the Start Time during which the price signal is "
     "valid",
     NULL},
    {"PriceRateLabel", "", "", "Active priuce rate label", NULL},
    {"PriceStartTime", "", "", "The time at which the price signal becomes valid",
     price_start_time},
    {"PriceTier", "", "", "The current Price Tier", price_tier},
    {"PriceTrailingDigits", "", "",
     "Indicates the number of digits to the right of the decimal point",
     price_trailing_digits},
    {"StartOfBlockPeriod", "", "946684800",
     "The start time of the current block tariff period", NULL},
    {"ThresholdDivisor", "", "1",
     "Provides a value to divide the result of applying the threshold multiplier "
     "attribute to Block Threshold values",
     NULL},
    {"ThresholdMultiplier", "", "1",
     "Provides a value to be multiplied against Threshold attributes", NULL},
};

#define VARIABLE_COUNT (sizeof variables / sizeof variables[0])

/*
 * Three firmware styles: "21.499 kW" alone (2017), "2.151000 kW" with the unit again, and
 * "1.562000" with the unit apart.
 */
static void write_variable(FILE *out, const struct gateway *g, const struct reading *r,
                           const struct variable *v, bool refresh)
{
    unsigned style = g->number % 3;
    fprintf(out, "<Variable>\n<Name>" NAMESPACE "%s</Name>\n<Value>", v->name);
    bool known = !refresh && r->joined && (v->live || v->value[0]);
    if (known && v->live)
        v->live(out, g, r);
    else if (known)
        fputs(v->value, out);
    if (known && v->units[0] && style != 2)
        fprintf(out, " %s", v->units);
    fputs("</Value>\n", out);
    if (style != 0)
        fprintf(out, "<Units>%s</Units>\n<Description>%s</Description>\n", v->units,
                v->description);
    fputs("</Variable>\n", out);
}

static void write_named(FILE *out, const struct gateway *g, const struct reading *r,
                        struct span wanted)
{
    struct span name;
    bool refresh = request_has(wanted, "Refresh", "Y");
    if (!request_element(&wanted, "Name", &name))
        return;
    size_t prefix = strlen(NAMESPACE);
    if (name.size < prefix || memcmp(name.data, NAMESPACE, prefix) != 0)
        return;
    name = (struct span){name.data + prefix, name.size - prefix};
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        if (span_equals(name, variables[i].name))
            write_variable(out, g, r, &variables[i], refresh);
}

static void write_device(FILE *out, uint64_t address, int64_t last_contact, bool joined)
{
    fprintf(out,
            "<Device>\n"
            "<HardwareAddress>0x%016llx</HardwareAddress>\n"
            "<Manufacturer>generic</Manufacturer>\n"
            "<ModelId>electric_meter</ModelId>\n"
            "<Protocol>Zigbee</Protocol>\n"
            "<LastContact>0x%08x</LastContact>\n"
            "<ConnectionStatus>%s</ConnectionStatus>\n"
            "<NetworkAddress>%s</NetworkAddress>\n"
            "</Device>\n",
            (unsigned long long)address, (unsigned)last_contact,
            joined ? "Connected" : "Not joined", joined ? "0x0000" : "0xffff");
}

/* A meter of the past, never heard again, is listed before the live one. */
static void device_list(FILE *out, const struct gateway *g, const struct reading *r)
{
    fputs("<DeviceList>\n", out);
    if (g->stale_meter_mac)
        write_device(out, g->stale_meter_mac, 0, false);
    write_device(out, g->meter_mac, r->joined ? r->time : 0, r->joined);
    fputs("</DeviceList>\n", out);
}

static void device_details(FILE *out, uint64_t address)
{
    fprintf(out,
            "<Device>\n<DeviceDetails>\n"
            "<Name>Power Meter</Name>\n"
            "<HardwareAddress>0x%016llx</HardwareAddress>\n"
            "<Protocol>Zigbee</Protocol>\n"
            "<Manufacturer>Generic</Manufacturer>\n"
            "<ModelId>electric_meter</ModelId>\n"
            "</DeviceDetails>\n<Components>\n<Component>\n"
            "<Name>Main</Name>\n<FixedId>0</FixedId>\n<Variables>\n",
            (unsigned long long)address);
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        fprintf(out, "<Variable>" NAMESPACE "%s</Variable>\n", variables[i].name);
    fputs("</Variables>\n</Component>\n</Components>\n</Device>\n", out);
}

static void query_details(FILE *out, uint64_t address, int64_t last_contact, bool joined)
{
    fprintf(out,
            "<Device>\n<DeviceDetails>\n"
            "<Name>Power Meter</Name>\n"
            "<HardwareAddress>0x%016llx</HardwareAddress>\n"
            "<Protocol>Zigbee</Protocol>\n"
            "<NetworkAddress>%s</NetworkAddress>\n"
            "<Manufacturer>Generic</Manufacturer>\n"
            "<ModelId>electric_meter</ModelId>\n"
            "<LastContact>0x%08x</LastContact>\n"
            "<ConnectionStatus>%s</ConnectionStatus>\n"
            "</DeviceDetails>\n",
            (unsigned long long)address, joined ? "0x0000" : "0xffff",
            (unsigned)last_contact, joined ? "Connected" : "Not joined");
}

static void query_components(FILE *out, const struct gateway *g, const struct reading *r,
                             struct span text)
{
    fputs("<Components>\n<Component>\n<HardwareId></HardwareId>\n<FixedId>0</FixedId>\n"
          "<Name>Main</Name>\n<Variables>\n",
          out);
    if (request_has(text, "All", "Y")) {
        for (size_t i = 0; i < VARIABLE_COUNT; i++)
            write_variable(out, g, r, &variables[i], false);
    } else {
        struct span wanted;
        while (request_element(&text, "Variable", &wanted))
            write_named(out, g, r, wanted);
    }
    fputs("</Variables>\n</Component>\n</Components>\n", out);
}

/* A meter that is not joined comes without Components or, as often, with empty values. */
static void device_query(FILE *out, const struct gateway *g, const struct reading *r,
                         uint64_t address, struct span text)
{
    bool joined = r->joined && address == g->meter_mac;
    query_details(out, address, joined ? r->time : 0, joined);
    if (joined || (address == g->meter_mac && g->number % 2))
        query_components(out, g, r, text);
    fputs("</Device>\n", out);
}

static void wifi_status(FILE *out, const struct gateway *g)
{
    fprintf(out,
            "<WiFiStatus>\n<Enabled>Y</Enabled>\n<Type>router</Type>\n"
            "<SSID>eagle-%s (router)</SSID>\n<Encryption>WPA2 PSK (CCMP)</Encryption>\n"
            "<Channel>11</Channel>\n<IpAddress>192.168.7.1</IpAddress>\n</WiFiStatus>\n",
            g->cloud_id);
}

static bool find_meter(const struct gateway *g, struct span text, uint64_t *address)
{
    return request_hex(text, "HardwareAddress", address) && *address != 0 &&
           (*address == g->meter_mac || *address == g->stale_meter_mac);
}

void reply_eagle200(const struct gateway *gateway, const struct reading *reading,
                    struct span text, FILE *out)
{
    enum command command = request_command(text);
    bool needs_meter =
        command == COMMAND_device_details || command == COMMAND_device_query;
    uint64_t address = 0;
    if (needs_meter && !find_meter(gateway, text, &address)) {
        fputs("<Error>\n<Text>Unknown device</Text>\n</Error>\n", out);
        return;
    }
    if (command == COMMAND_device_list)
        device_list(out, gateway, reading);
    else if (command == COMMAND_device_details)
        device_details(out, address);
    else if (command == COMMAND_device_query)
        device_query(out, gateway, reading, address, text);
    else if (command == COMMAND_wifi_status)
        wifi_status(out, gateway);
}
