// The two interfaces of simdjson, taking the same twelve fields.
#include "decode.h"

#include <simdjson.h>

using namespace simdjson;

static bench_text text_of(std::string_view text)
{
    return {text.data(), text.size()};
}

// The fields in the order of the document, as on-demand wants them.
template <class Document> static void read(Document &&document, bench_facts *out)
{
    auto ids = document["end_device_ids"];
    out->device = text_of(std::string_view(ids["device_id"]));
    out->application =
        text_of(std::string_view(ids["application_ids"]["application_id"]));
    out->eui = text_of(std::string_view(ids["dev_eui"]));
    auto message = document["uplink_message"];
    out->session = text_of(std::string_view(message["session_key_id"]));
    out->port = int64_t(message["f_port"]);
    out->counter = int64_t(message["f_cnt"]);
    out->payload = text_of(std::string_view(message["frm_payload"]));
    auto heard = message["rx_metadata"].at(0);
    out->rssi = double(heard["rssi"]);
    out->snr = double(heard["snr"]);
    auto lora = message["settings"]["data_rate"]["lora"];
    out->bandwidth = int64_t(lora["bandwidth"]);
    out->spreading_factor = int64_t(lora["spreading_factor"]);
    out->received = text_of(std::string_view(message["received_at"]));
}

int bench_simdjson_dom(const char *ptr, size_t len, bench_facts *out)
{
    static dom::parser parser;
    try {
        read(parser.parse(ptr, len, false).value(), out);
    } catch (const simdjson_error &) {
        return 0;
    }
    return 1;
}

int bench_simdjson_ondemand(const char *ptr, size_t len, bench_facts *out)
{
    static ondemand::parser parser;
    try {
        ondemand::document document =
            parser.iterate(padded_string_view(ptr, len, len + BENCH_PADDING));
        read(document, out);
    } catch (const simdjson_error &) {
        return 0;
    }
    return 1;
}

const char *bench_simdjson_name(void)
{
    static const std::string name = get_active_implementation()->name();
    return name.c_str();
}
