/* Uplinks of The Things Stack, 2.2 KB each as they are sent, 256 different ones:
 * read into a shub_uplink, beside jansson and, where it was found, simdjson, which take
 * twelve fields out of them. Ours checks all of the text, decodes payload and EUI, reads
 * the time and picks the best gateway. What all of them read is compared. */
#include <jansson.h>
#include <string.h>

#include <sensorhub/uplink.h>

#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "decode.h"

#define COUNT  256 /* they fit into the second cache, where what a socket gave is */
#define ROUNDS 80
#define ROOM   4096

typedef struct document {
    char text[ROOM + BENCH_PADDING];
    size_t len;
} document;

static document *pretty;  /* a field a line, as the console shows it */
static document *compact; /* as webhooks and MQTT carry it */
static document *documents;
static bench_facts facts[COUNT];

/* ---- the documents ------------------------------------------------------------------
 */

static const char form[] =
    "{'end_device_ids':{'device_id':'sensor-%04d','application_ids':{'application_id':"
    "'clairchen-test'},'dev_eui':'9876B6000011%04X','join_eui':'70B3D57ED00347BA',"
    "'dev_addr':'260BC3D6'},'correlation_ids':['as:up:01FG1JPY8VGZWRTHPJGY4Y41VM',"
    "'ns:uplink:01FG1JPY2DYSQ25A54MTNHWRXZ','pba:conn:up:01FG16560GWJ3GWMXXXEH02WCH',"
    "'pba:uplink:01FG1JPY2AJ2PQ0YCFKYT6ZGXF',"
    "'rpc:/ttn.lorawan.v3.GsNs/HandleUplink:01FG1JPY2DSWV5XCSEJ1M92T4J',"
    "'rpc:/ttn.lorawan.v3.NsAs/HandleUplink:01FG1JPY8VY8M6M3FH1RH5MJQ0'],"
    "'received_at':'2021-09-20T12:%02d:53.180595270Z','uplink_message':{'session_key_id':"
    "'AXuyqD7znKml0qbj/8Y0QQ==','f_port':%d,'f_cnt':%d,'frm_payload':'%s','rx_metadata':"
    "[{'gateway_ids':{'gateway_id':'packetbroker'},'packet_broker':{'message_id':"
    "'01FG1JPY2AJ2PQ0YCFKYT6ZGXF','forwarder_net_id':'000013','forwarder_tenant_id':"
    "'ttnv2','forwarder_cluster_id':'ttn-v2-eu-3','forwarder_gateway_eui':"
    "'C0EE40FFFF293507','forwarder_gateway_id':'eui-c0ee40ffff293507',"
    "'home_network_net_id':'000013','home_network_tenant_id':'ttn',"
    "'home_network_cluster_id':'ttn-eu1'},'rssi':%d,'channel_rssi':%d,'snr':%d.%d,"
    "'location':{'latitude':52.48453486,'longitude':13.34653402,'altitude':46},"
    "'uplink_token':'%s'}],'settings':{'data_rate':{'lora':{'bandwidth':125000,"
    "'spreading_factor':%d}},'data_rate_index':3,'coding_rate':'4/5','frequency':"
    "'867100000'},'received_at':'2021-09-20T12:%02d:52.973476075Z','consumed_airtime':"
    "'0.185344s','network_ids':{'net_id':'000013','tenant_id':'ttn','cluster_id':"
    "'ttn-eu1'}}}";

static int below(uint64_t *state, int bound)
{
    return (int)shub__random_below(state, (uint64_t)bound);
}

static void make_compact(document *d, int i, uint64_t *state)
{
    char payload[5], token[701];
    int minute = below(state, 60);
    int rssi = -40 - below(state, 90);
    shub__base64_write(&i, 3, payload);
    payload[4] = '\0';
    for (size_t k = 0; k < sizeof token - 1; k++)
        token[k] = (char)('A' + below(state, 26));
    token[sizeof token - 1] = '\0';
    int len = snprintf(d->text, ROOM, form, i, i, minute, 1 + below(state, 100),
                       below(state, 100000), payload, rssi, rssi, -below(state, 20) - 1,
                       below(state, 10), token, 7 + below(state, 6), minute);
    must(len > 0 && len < ROOM, "snprintf");
    d->len = (size_t)len;
    for (size_t k = 0; k < d->len; k++)
        if (d->text[k] == '\'')
            d->text[k] = '"';
}

static void make_documents(void)
{
    uint64_t state = 1;
    pretty = calloc(COUNT, sizeof *pretty);
    compact = calloc(COUNT, sizeof *compact);
    must(pretty && compact, "calloc");
    for (int i = 0; i < COUNT; i++) {
        make_compact(&compact[i], i, &state);
        json_t *value = json_loadb(compact[i].text, compact[i].len, 0, NULL);
        must(value != NULL, "json_loadb");
        pretty[i].len = json_dumpb(value, pretty[i].text, ROOM,
                                   JSON_INDENT(1) | JSON_REAL_PRECISION(15));
        must(pretty[i].len <= ROOM, "json_dumpb");
        json_decref(value);
    }
}

/* ---- what is measured ---------------------------------------------------------------
 */

static shub_uplink_parser *parser;

/* All documents of the part, `rounds` times. */
static size_t each(void (*read)(const document *d, bench_facts *out), int rounds)
{
    size_t bytes = 0;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < COUNT; i++) {
            read(&documents[i], &facts[i]);
            bytes += documents[i].len;
        }
    }
    return bytes;
}

static void move_one(const document *d, bench_facts *out)
{
    static char copy[ROOM];
    (void)out;
    memcpy(copy, d->text, d->len);
    __asm__ volatile("" ::"r"(copy) : "memory");
}

static size_t do_memcpy(void)
{
    return each(move_one, ROUNDS);
}

static void skip_one(const document *d, bench_facts *out)
{
    shub__json j;
    (void)out;
    shub__json_init(&j, shub_bytes(d->text, d->len), NULL);
    must(shub__json_finish(&j, NULL) == SHUB_OK, "shub__json_finish");
}

static size_t do_skip(void)
{
    return each(skip_one, ROUNDS);
}

static shub_uplink up = SHUB_UPLINK_INIT;

static void parse_one(const document *d, bench_facts *out)
{
    (void)out;
    must(!shub_uplink_parse(parser, shub_bytes(d->text, d->len), NULL, &up, NULL),
         "shub_uplink_parse");
}

static size_t do_ours(void)
{
    return each(parse_one, ROUNDS);
}

static bench_text text_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    bench_text text = {json_string_value(value), json_string_length(value)};
    return text;
}

static int64_t int_at(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static json_t *read_jansson(const document *d, bench_facts *out)
{
    json_t *value = json_loadb(d->text, d->len, 0, NULL);
    json_t *ids = json_object_get(value, "end_device_ids");
    json_t *message = json_object_get(value, "uplink_message");
    json_t *heard = json_array_get(json_object_get(message, "rx_metadata"), 0);
    json_t *settings = json_object_get(message, "settings");
    json_t *lora = json_object_get(json_object_get(settings, "data_rate"), "lora");
    out->device = text_at(ids, "device_id");
    out->application = text_at(json_object_get(ids, "application_ids"), "application_id");
    out->eui = text_at(ids, "dev_eui");
    out->session = text_at(message, "session_key_id");
    out->payload = text_at(message, "frm_payload");
    out->received = text_at(message, "received_at");
    out->port = int_at(message, "f_port");
    out->counter = int_at(message, "f_cnt");
    out->spreading_factor = int_at(lora, "spreading_factor");
    out->bandwidth = int_at(lora, "bandwidth");
    out->rssi = json_number_value(json_object_get(heard, "rssi"));
    out->snr = json_number_value(json_object_get(heard, "snr"));
    return value;
}

static void jansson_one(const document *d, bench_facts *out)
{
    json_decref(read_jansson(d, out));
}

static size_t do_jansson(void)
{
    return each(jansson_one, 1);
}

#ifdef BENCH_SIMDJSON
static void dom_one(const document *d, bench_facts *out)
{
    must(bench_simdjson_dom(d->text, d->len, out), "DOM");
}

static size_t do_dom(void)
{
    return each(dom_one, ROUNDS);
}

static void ondemand_one(const document *d, bench_facts *out)
{
    must(bench_simdjson_ondemand(d->text, d->len, out), "on-demand");
}

static size_t do_ondemand(void)
{
    return each(ondemand_one, ROUNDS);
}
#endif

/* ---- the same -----------------------------------------------------------------------
 */

static int same_text(bench_text a, shub_slice b)
{
    return shub_slice_equal(shub_bytes(a.ptr, a.len), b);
}

static int same_eui(bench_text a, shub_slice b)
{
    return shub__equal_nocase(shub_bytes(a.ptr, a.len), b);
}

static void compare(const bench_facts *f)
{
    unsigned char payload[64];
    size_t len;
    int64_t time_us;
    must(same_text(f->device, up.device) && same_text(f->application, up.application) &&
             same_eui(f->eui, up.dev_eui) && same_text(f->session, up.session),
         "comparing ids");
    must(f->port == up.port && f->counter == up.counter &&
             f->spreading_factor == up.spreading_factor &&
             f->bandwidth == up.bandwidth_hz && f->rssi == up.rssi_dbm &&
             f->snr == up.snr_db,
         "comparing numbers");
    must(!shub__base64_read(shub_bytes(f->payload.ptr, f->payload.len), payload,
                            sizeof payload, &len) &&
             shub_slice_equal(shub_bytes(payload, len), up.payload),
         "comparing payloads");
    must(!shub_time_parse(shub_bytes(f->received.ptr, f->received.len), &time_us, NULL) &&
             time_us == up.time_us,
         "comparing times");
}

static void compare_all(void)
{
    for (int i = 0; i < COUNT; i++) {
        bench_facts f;
        parse_one(&documents[i], NULL);
        json_t *value = read_jansson(&documents[i], &f);
        compare(&f);
        json_decref(value);
#ifdef BENCH_SIMDJSON
        dom_one(&documents[i], &f);
        compare(&f);
        ondemand_one(&documents[i], &f);
        compare(&f);
#endif
    }
}

/* ---- the parts ----------------------------------------------------------------------
 */

static void begin(void)
{
    must(!shub_uplink_parser_new(&parser, NULL), "shub_uplink_parser_new");
    compare_all();
#ifdef BENCH_SIMDJSON
    printf("simdjson by its %s code\n", bench_simdjson_name());
#else
    puts("simdjson was not found: left out");
#endif
}

static void begin_compact(void)
{
    make_documents();
    documents = compact;
    begin();
}

static void begin_pretty(void)
{
    make_documents();
    documents = pretty;
    begin();
}

static void end(void)
{
    shub_uplink_parser_free(parser);
    free(pretty);
    free(compact);
}

static const bench_row rows[] = {
    {"memcpy", do_memcpy, 0, 0},
    {"skipped, checked", do_skip, 0, 0},
    {"shub_uplink_parse", do_ours, 0, 0},
#ifdef BENCH_SIMDJSON
    {"simdjson DOM, 12 fields", do_dom, 0, 0},
    {"simdjson on-demand, 12 fields", do_ondemand, 0, 0},
#endif
    {"jansson, 12 fields", do_jansson, COUNT, 0},
    {NULL, NULL, 0, 0},
};

const bench_part bench_compact = {
    "uplinks", "uplinks as they are sent", "documents", COUNT *ROUNDS, begin_compact, end,
    rows};

const bench_part bench_pretty = {
    "pretty", "the same, a field a line", "documents", COUNT *ROUNDS, begin_pretty, end,
    rows};
