/* EAGLE bodies to samples, beside what must be paid at least: expat alone over the same
 * bytes, and jansson's tree of them. CPU time, medians of five runs. */
#include <sensorhub.h>

#include <expat.h>
#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS 5

static const char demand_xml[] = "<InstantaneousDemand>\n"
                                 "  <DeviceMacId>0xd8d5b90000002aeb</DeviceMacId>\n"
                                 "  <MeterMacId>0x000781000081fd17</MeterMacId>\n"
                                 "  <TimeStamp>0x1c91ec39</TimeStamp>\n"
                                 "  <Demand>0x0003b0</Demand>\n"
                                 "  <Multiplier>0x00000001</Multiplier>\n"
                                 "  <Divisor>0x000003e8</Divisor>\n"
                                 "  <DigitsRight>0x03</DigitsRight>\n"
                                 "  <DigitsLeft>0x06</DigitsLeft>\n"
                                 "  <SuppressLeadingZero>Y</SuppressLeadingZero>\n"
                                 "</InstantaneousDemand>\n";

static const char demand_json[] = "{\n\"InstantaneousDemand\": {\n"
                                  "\"DeviceMacId\": \"0xd8d5b90000002aeb\",\n"
                                  "\"MeterMacId\": \"0x000781000081fd17\",\n"
                                  "\"TimeStamp\": \"0x1c9347b8\",\n"
                                  "\"Demand\": \"0x0003b0\",\n"
                                  "\"Multiplier\": \"0x00000001\",\n"
                                  "\"Divisor\": \"0x000003e8\",\n"
                                  "\"DigitsRight\": \"0x03\",\n"
                                  "\"DigitsLeft\": \"0x06\",\n"
                                  "\"SuppressLeadingZero\": \"Y\"}\n}\n";

static char upload[SHUB_EAGLE_BODY_MAX];
static char query[16384];

static shub_slice body;
static size_t count;
static shub_batch *batch;
static volatile size_t sink; /* keeps the work from being optimised away */

static void fail(const char *what)
{
    fprintf(stderr, "bench_eagle: %s\n", what);
    exit(1);
}

static void ours(void)
{
    shub_eagle_reply *reply;
    shub_error err;

    if (shub_eagle_parse(body, &reply, &err) ||
        shub_eagle_reply_samples(reply, 1, batch, &err))
        fail(err.message);
    sink += shub_batch_count(batch);
    shub_batch_clear(batch);
    shub_eagle_reply_free(reply);
}

static void XMLCALL on_start(void *user, const XML_Char *name,
                             const XML_Char **attributes)
{
    (void)user;
    (void)attributes;
    sink += (unsigned char)name[0];
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    (void)user;
    sink += (unsigned char)name[0];
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len)
{
    (void)user;
    sink += (unsigned char)text[0] + (size_t)len;
}

static void expat_alone(void)
{
    XML_Parser parser = XML_ParserCreate("UTF-8");

    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    if (XML_Parse(parser, body.ptr, (int)body.len, 1) != XML_STATUS_OK)
        fail("expat");
    XML_ParserFree(parser);
}

static void jansson_alone(void)
{
    json_t *root = json_loadb(body.ptr, body.len, 0, NULL);
    json_t *demand = json_object_get(root, "InstantaneousDemand");

    if (!json_string_value(json_object_get(demand, "Demand")))
        fail("jansson");
    json_decref(root);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Microseconds of one body. */
static double measure(void (*work)(void))
{
    double times[RUNS];

    for (int run = 0; run < RUNS; run++) {
        struct timespec begin, end;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
        for (size_t i = 0; i < count; i++)
            work();
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        times[run] = ((double)(end.tv_sec - begin.tv_sec) * 1e6 +
                      (double)(end.tv_nsec - begin.tv_nsec) / 1e3) /
                     (double)count;
    }
    qsort(times, RUNS, sizeof *times, ascending);
    return times[RUNS / 2];
}

static void compare(const char *name, shub_slice bytes, size_t times, const char *peer,
                    void (*theirs)(void))
{
    double our_time, their_time;

    body = bytes;
    count = times;
    our_time = measure(ours);
    their_time = measure(theirs);
    printf("%-26s %7zu B %9.2f us %8.0f/s %7.1f MB/s   %-8s %9.2f us   ours/%s %.2f\n",
           name, bytes.len, our_time, 1e6 / our_time, (double)bytes.len / our_time, peer,
           their_time, peer, our_time / their_time);
}

/* As many fragments as a body may hold, each of its own time. */
static shub_slice make_upload(void)
{
    size_t len = (size_t)sprintf(upload, "<rainforest macId=\"0xf0ad4e00ce69\">\n");

    for (unsigned i = 1; len + 512 < sizeof upload; i++)
        len +=
            (size_t)sprintf(upload + len,
                            "<InstantaneousDemand>\n"
                            "<DeviceMacId>0x00158d0000000004</DeviceMacId>\n"
                            "<MeterMacId>0x00178d0000000004</MeterMacId>\n"
                            "<TimeStamp>0x%08x</TimeStamp>\n<Demand>0x001738</Demand>\n"
                            "<Multiplier>0x00000001</Multiplier>\n"
                            "<Divisor>0x000003e8</Divisor>\n"
                            "</InstantaneousDemand>\n",
                            i);
    len += (size_t)sprintf(upload + len, "</rainforest>\n");
    return shub_bytes(upload, len);
}

/* An EAGLE-200's answer to <All>Y</All>: 43 variables. */
static shub_slice make_query(void)
{
    static const char *const names[] = {
        "InstantaneousDemand", "CurrentSummationDelivered", "CurrentSummationReceived"};
    size_t len = (size_t)sprintf(
        query, "<Device><DeviceDetails><Name>Power Meter</Name>"
               "<HardwareAddress>0x000781000081fd0b</HardwareAddress>"
               "<LastContact>0x59a0b67c</LastContact>"
               "<ConnectionStatus>Connected</ConnectionStatus></DeviceDetails>"
               "<Components><Component><Name>Main</Name><Variables>");

    for (int i = 0; i < 43; i++)
        len += (size_t)sprintf(query + len,
                               "<Variable>\n<Name>zigbee:%s</Name>\n"
                               "<Value>%d.965000</Value>\n<Units>%s</Units>\n"
                               "<Description>Summation Delivered to Home</Description>\n"
                               "</Variable>\n",
                               i < 40 ? "Block1Threshold" : names[i - 40], i,
                               i == 40 ? "kW" : "kWh");
    len += (size_t)sprintf(query + len, "</Variables></Component></Components></Device>");
    return shub_bytes(query, len);
}

int main(void)
{
    if (shub_batch_new(&batch, NULL))
        fail("out of memory");
    compare("relay demand, XML", shub_str(demand_xml), 50000, "expat", expat_alone);
    compare("relay demand, JSON", shub_str(demand_json), 50000, "jansson", jansson_alone);
    compare("EAGLE-200, 43 variables", make_query(), 5000, "expat", expat_alone);
    compare("upload of 1 MiB", make_upload(), 20, "expat", expat_alone);
    shub_batch_free(batch);
    return sink == 0;
}
