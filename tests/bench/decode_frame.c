/* Payloads of a thousand sensors into batches of a thousand frames. The floor moves the
 * columns of such a batch, which is the least that filling them can cost. */
#include <string.h>

#include <sensorhub.h>

#include "decode.h"

enum { DEVICES = 1000, ROUNDS = 200, ROWS = 5 * DEVICES };

static char devices[DEVICES][17];
static shub_batch *batch;
static shub_columns from;
static struct {
    int64_t time_us[ROWS], i64[ROWS];
    int32_t device[ROWS], quantity[ROWS], unit[ROWS];
    double f64[ROWS];
    uint8_t kind[ROWS];
} to;

/* An ERS CO2: temperature, humidity, light, motion, CO2. */
static const unsigned char elsys[] = {0x01, 0x00, 0xe2, 0x02, 0x29, 0x04, 0x00,
                                      0x27, 0x05, 0x06, 0x06, 0x03, 0x08};
/* Three of CO2. */
static const unsigned char ers[] = {0x06, 0x02, 0xc7, 0x06, 0x02, 0xab, 0x06, 0x02, 0xfa};
/* Two of CO2, temperature, humidity. */
static const unsigned char clairchen[] = {0x01, 0x32, 0xb4, 0x33, 0xb5};
/* Channels 1 to 5: temperature, humidity, light, digital input, analog input. */
static const unsigned char cayenne[] = {0x01, 0x67, 0x00, 0xe2, 0x02, 0x68,
                                        0x52, 0x03, 0x65, 0x00, 0x27, 0x04,
                                        0x00, 0x01, 0x05, 0x02, 0x15, 0x4a};
/* PM10 with least and greatest, CNT1, BAT. */
static const unsigned char osm[] = {
    0x02, 0x50, 0x4d, 0x31, 0x30, 0x02, 0x15, 0xe0, 0x2e, 0x00, 0x00, 0x15, 0x10,
    0x27, 0x00, 0x00, 0x15, 0x98, 0x3a, 0x00, 0x00, 0x43, 0x4e, 0x54, 0x31, 0x01,
    0x02, 0xd2, 0x04, 0x42, 0x41, 0x54, 0x00, 0x01, 0x15, 0x18, 0x82, 0x01, 0x00};

static void decode_all(const char *name, const unsigned char *bytes, size_t len,
                       int alone)
{
    const shub_decoder *decoder = shub_decoder_find(NULL, shub_str(name));
    shub_frame frame = SHUB_FRAME_INIT;
    frame.payload = shub_bytes(bytes, len);
    frame.rate = SHUB_LIT("SF9BW125");
    for (int round = 0; round < ROUNDS; round++) {
        shub_batch_clear(batch);
        for (int i = 0; i < DEVICES; i++) {
            if (alone)
                shub_batch_clear(batch);
            frame.device = shub_bytes(devices[i], 16);
            frame.time_us = (1598966251 + i) * SHUB_SECOND_US;
            must(!shub_decode(decoder, &frame, batch, NULL), name);
        }
    }
}

static size_t do_move(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(to.time_us, from.time_us, sizeof to.time_us);
        memcpy(to.device, from.device, sizeof to.device);
        memcpy(to.quantity, from.quantity, sizeof to.quantity);
        memcpy(to.unit, from.unit, sizeof to.unit);
        memcpy(to.f64, from.f64, sizeof to.f64);
        memcpy(to.i64, from.i64, sizeof to.i64);
        memcpy(to.kind, from.kind, sizeof to.kind);
        __asm__ volatile("" ::"r"(&to) : "memory");
    }
    return 0;
}

/* What one writes who needs nothing but this frame: no names, no checks, no errors. */
static size_t by_hand(const unsigned char *p, size_t len, int32_t device, int64_t time_us,
                      size_t n)
{
    for (size_t i = 0; i < len; n++) {
        to.time_us[n] = time_us;
        to.device[n] = device;
        to.quantity[n] = p[i];
        to.unit[n] = p[i];
        to.i64[n] = 0;
        to.kind[n] = SHUB_KIND_DOUBLE;
        switch (p[i]) {
        case 0x01:
            to.f64[n] = (int16_t)(p[i + 1] << 8 | p[i + 2]) / 10.0;
            i += 3;
            break;
        case 0x02:
            to.f64[n] = p[i + 1];
            i += 2;
            break;
        case 0x05:
            to.f64[n] = 0;
            to.i64[n] = p[i + 1];
            to.kind[n] = SHUB_KIND_INT64;
            i += 2;
            break;
        default:
            to.f64[n] = p[i + 1] << 8 | p[i + 2];
            i += 3;
        }
    }
    return n;
}

static size_t do_by_hand(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        size_t n = 0;
        for (int i = 0; i < DEVICES; i++)
            n = by_hand(elsys, sizeof elsys, i, (1598966251 + i) * SHUB_SECOND_US, n);
        __asm__ volatile("" ::"r"(&to) : "memory");
    }
    return 0;
}

static size_t do_elsys(void)
{
    decode_all("elsys", elsys, sizeof elsys, 0);
    return 0;
}

static size_t do_alone(void)
{
    decode_all("elsys", elsys, sizeof elsys, 1);
    return 0;
}

static size_t do_ers(void)
{
    decode_all("ers", ers, sizeof ers, 0);
    return 0;
}

static size_t do_clairchen(void)
{
    decode_all("clairchen", clairchen, sizeof clairchen, 0);
    return 0;
}

static size_t do_cayenne(void)
{
    decode_all("cayenne", cayenne, sizeof cayenne, 0);
    return 0;
}

static size_t do_osm(void)
{
    decode_all("osm", osm, sizeof osm, 0);
    return 0;
}

static size_t do_append(void)
{
    static const char *const names[][2] = {{"temperature", "Cel"},
                                           {"humidity", "%RH"},
                                           {"illuminance", "lx"},
                                           {"motion", "count"},
                                           {"co2", "ppm"}};
    shub_sample s = SHUB_SAMPLE_INIT;
    for (int round = 0; round < ROUNDS; round++) {
        shub_batch_clear(batch);
        for (int i = 0; i < ROWS; i++) {
            s.device = shub_bytes(devices[i / 5], 16);
            s.quantity = shub_str(names[i % 5][0]);
            s.unit = shub_str(names[i % 5][1]);
            s.time_us = (1598966251 + i / 5) * SHUB_SECOND_US;
            s.value = i % 5 == 3 ? shub_int64(6) : shub_double(22.6);
            must(!shub_batch_append(batch, &s, NULL), "append");
        }
    }
    return 0;
}

/* The batch has what by_hand makes of the same frames. */
static void compare(void)
{
    must(from.rows == ROWS, "shub_decode");
    do_by_hand();
    must(!memcmp(from.time_us, to.time_us, sizeof to.time_us) &&
             !memcmp(from.f64, to.f64, sizeof to.f64) &&
             !memcmp(from.kind, to.kind, sizeof to.kind),
         "comparing columns");
    for (int i = 0; i < ROWS; i++)
        must(from.kind[i] != SHUB_KIND_INT64 || from.i64[i] == to.i64[i],
             "comparing counts");
}

static void begin(void)
{
    must(!shub_batch_new(&batch, NULL), "shub_batch_new");
    for (int i = 0; i < DEVICES; i++)
        snprintf(devices[i], sizeof devices[i], "a81758fffe%06x", (unsigned)i * 7919);
    decode_all("elsys", elsys, sizeof elsys, 0);
    from.size = sizeof from;
    shub_batch_columns(batch, &from);
    compare();
}

static void end(void)
{
    shub_batch_free(batch);
}

static const bench_row rows[] = {
    {"memcpy of the columns", do_move, 0, 0},
    {"by hand, one kind of frame, unchecked", do_by_hand, 0, 0},
    {"elsys, 13 bytes, 5 samples", do_elsys, 0, 0},
    {"elsys, a batch for each frame", do_alone, 0, 0},
    {"shub_batch_append of the 5 samples", do_append, 0, 0},
    {"ers, 3 samples at 3 times", do_ers, 0, 0},
    {"clairchen, 6 samples at 2 times", do_clairchen, 0, 0},
    {"cayenne, 5 channels", do_cayenne, 0, 0},
    {"osm, 5 values of 3 names", do_osm, 0, 0},
    {NULL, NULL, 0, 0},
};

const bench_part bench_frames = {
    "frames", "frames into batches", "frames", (size_t)DEVICES *ROUNDS, begin, end, rows};
