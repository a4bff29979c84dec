/* Uplinks of The Things Stack, 2.6 KB each, a thousand different ones: read into a
 * shub_uplink, beside jansson and, where it was found, simdjson, which take twelve fields
 * out of them. Ours checks all of the text, decodes payload and EUI, reads the time and
 * picks the best gateway. What all of them read is compared. Each figure is the median of
 * seven runs, taken in turns, in the processor's time. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sensorhub/uplink.h>

#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "bench_uplink.h"

#define COUNT  1000
#define ROUNDS 20
#define RUNS   7
#define ROOM   4096

typedef struct document {
    char text[ROOM + BENCH_PADDING];
    size_t len;
} document;

static document *pretty;  /* a field a line, as the console shows it */
static document *compact; /* as webhooks and MQTT carry it */
static document *documents;
static bench_facts facts[COUNT];

static void must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s failed\n", what);
        exit(1);
    }
}

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

static void do_memcpy(void)
{
    static char copy[ROOM];
    for (int i = 0; i < COUNT; i++)
        memcpy(copy, documents[i].text, documents[i].len);
}

static void do_skip(void)
{
    for (int i = 0; i < COUNT; i++) {
        shub__json j;
        shub__json_init(&j, shub_bytes(documents[i].text, documents[i].len), NULL);
        must(shub__json_finish(&j, NULL) == SHUB_OK, "shub__json_finish");
    }
}

static void parse_one(const document *d, shub_uplink *up)
{
    must(!shub_uplink_parse(parser, shub_bytes(d->text, d->len), NULL, up, NULL),
         "shub_uplink_parse");
}

static void do_ours(void)
{
    shub_uplink up = SHUB_UPLINK_INIT;
    for (int i = 0; i < COUNT; i++)
        parse_one(&documents[i], &up);
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

static void do_jansson(void)
{
    for (int i = 0; i < COUNT; i++)
        json_decref(read_jansson(&documents[i], &facts[i]));
}

#ifdef BENCH_SIMDJSON
static void do_dom(void)
{
    for (int i = 0; i < COUNT; i++)
        must(bench_simdjson_dom(documents[i].text, documents[i].len, &facts[i]), "DOM");
}

static void do_ondemand(void)
{
    for (int i = 0; i < COUNT; i++)
        must(bench_simdjson_ondemand(documents[i].text, documents[i].len, &facts[i]),
             "on-demand");
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

static void compare(const shub_uplink *up, const bench_facts *f)
{
    unsigned char payload[64];
    size_t len;
    int64_t time_us;
    must(same_text(f->device, up->device) && same_text(f->application, up->application) &&
             same_eui(f->eui, up->dev_eui) && same_text(f->session, up->session),
         "comparing ids");
    must(f->port == up->port && f->counter == up->counter &&
             f->spreading_factor == up->spreading_factor &&
             f->bandwidth == up->bandwidth_hz && f->rssi == up->rssi_dbm &&
             f->snr == up->snr_db,
         "comparing numbers");
    must(!shub__base64_read(shub_bytes(f->payload.ptr, f->payload.len), payload,
                            sizeof payload, &len) &&
             shub_slice_equal(shub_bytes(payload, len), up->payload),
         "comparing payloads");
    must(!shub_time_parse(shub_bytes(f->received.ptr, f->received.len), &time_us, NULL) &&
             time_us == up->time_us,
         "comparing times");
}

static void compare_all(void)
{
    for (int i = 0; i < COUNT; i++) {
        shub_uplink up = SHUB_UPLINK_INIT;
        bench_facts f;
        parse_one(&documents[i], &up);
        json_t *value = read_jansson(&documents[i], &f);
        compare(&up, &f);
        json_decref(value);
#ifdef BENCH_SIMDJSON
        must(bench_simdjson_dom(documents[i].text, documents[i].len, &f), "DOM");
        compare(&up, &f);
        must(bench_simdjson_ondemand(documents[i].text, documents[i].len, &f), "OD");
        compare(&up, &f);
#endif
    }
}

/* ---- the table ----------------------------------------------------------------------
 */

static const struct {
    const char *name;
    void (*run)(void);
} rows[] = {
    {"memcpy", do_memcpy},
    {"skipped, checked", do_skip},
    {"shub_uplink_parse", do_ours},
#ifdef BENCH_SIMDJSON
    {"simdjson DOM, 12 fields", do_dom},
    {"simdjson on-demand, 12 fields", do_ondemand},
#endif
    {"jansson, 12 fields", do_jansson},
};

#define ROWS (sizeof rows / sizeof rows[0])

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double one = *(const double *)a;
    double other = *(const double *)b;
    return (one > other) - (one < other);
}

static void measure(const char *what, document *which)
{
    static double taken[ROWS][RUNS];
    documents = which;
    compare_all();
    for (int run = 0; run < RUNS; run++) {
        for (size_t i = 0; i < ROWS; i++) {
            double before = seconds();
            for (int round = 0; round < (i + 1 == ROWS ? 1 : ROUNDS); round++)
                rows[i].run();
            taken[i][run] = (seconds() - before) / (i + 1 == ROWS ? 1 : ROUNDS) / COUNT;
        }
    }
    printf("%s, %zu bytes\n", what, which[0].len);
    for (size_t i = 0; i < ROWS; i++) {
        qsort(taken[i], RUNS, sizeof taken[i][0], by_value);
        printf("  %-32s %8.0f ns  %7.3f M/s\n", rows[i].name, taken[i][RUNS / 2] * 1e9,
               1e-6 / taken[i][RUNS / 2]);
    }
}

int main(void)
{
    make_documents();
    must(!shub_uplink_parser_new(&parser, NULL), "shub_uplink_parser_new");
#ifdef BENCH_SIMDJSON
    printf("simdjson by its %s code\n", bench_simdjson_name());
#else
    puts("simdjson was not found: left out");
#endif
    measure("a field a line", pretty);
    measure("compact", compact);
    shub_uplink_parser_free(parser);
    free(pretty);
    free(compact);
    return 0;
}
