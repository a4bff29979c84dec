/* ELSYS ERS CO2 as Clair's network uses it (clair-ttn e22db40, clairttn/ers.py): a queue
 * of two to five samples, the newest first, each CO2 alone or CO2, temperature and
 * humidity in any order. What else an ERS can send refuses the message. */
#include "payload/clair.h"
#include "payload/decoders.h"

#include "base/error.h"
#include "base/number.h"

enum { CO2, TEMPERATURE, HUMIDITY, FIELDS };

static const shub__field table[] = {
    [CO2] = {"co2", "ppm"},
    [TEMPERATURE] = {"temperature", "Cel"},
    [HUMIDITY] = {"humidity", "%RH"},
};
static const shub__fields fields = SHUB__FIELDS(table);

/* The longest message has five samples of three; up to two more measurements leave the
 * quotient of ers.py at three. What is beyond is counted alone. */
#define KEPT 20

typedef struct measurement {
    int field;
    double value;
} measurement;

typedef struct message {
    measurement kept[KEPT];
    size_t count;
    size_t counts[FIELDS];
} message;

/* ---- measurements ----------------------------------------------------------------- */

static shub_status read_temperature(shub__reader *r, double *value, shub_error *err)
{
    int16_t raw = (int16_t)shub__read_u16be(r);
    if (r->status)
        return shub__fail(err, SHUB_E_FORMAT, (int64_t)r->pos,
                          "less than two bytes to decode temperature");
    *value = raw / 10.0;
    if (raw <= 32765 && raw >= -32765)
        return SHUB_OK;
    char text[SHUB__DOUBLE_MAX];
    shub__double_write(*value, text);
    return shub__fail(err, SHUB_E_CONTENT, (int64_t)r->pos - 2,
                      "temperature %s not in admissible range", text);
}

static shub_status read_humidity(shub__reader *r, double *value, shub_error *err)
{
    unsigned raw = shub__read_u8(r);
    if (r->status)
        return shub__fail(err, SHUB_E_FORMAT, (int64_t)r->pos,
                          "no byte to decode relative humidity");
    *value = raw;
    if (raw > 100)
        return shub__fail(err, SHUB_E_CONTENT, (int64_t)r->pos - 1,
                          "relative humidity %u > 100", raw);
    return SHUB_OK;
}

static shub_status read_co2(shub__reader *r, double *value, shub_error *err)
{
    unsigned raw = shub__read_u16be(r);
    if (r->status)
        return shub__fail(err, SHUB_E_FORMAT, (int64_t)r->pos,
                          "less than two bytes to decode co2");
    *value = raw;
    if (raw > 10000)
        return shub__fail(err, SHUB_E_CONTENT, (int64_t)r->pos - 2, "co2 %u > 10000",
                          raw);
    return SHUB_OK;
}

static shub_status read_one(shub__reader *r, measurement *m, shub_error *err)
{
    int64_t at = (int64_t)r->pos;
    unsigned header = shub__read_u8(r);
    unsigned nob = header >> 6;
    unsigned type = header & 0x3f;
    if (nob)
        return shub__fail(err, SHUB_E_CONTENT, at,
                          "nob %u != 0 not allowed for Clair ERS sensors", nob);
    m->field = type == 0x01 ? TEMPERATURE : type == 0x02 ? HUMIDITY : CO2;
    switch (type) {
    case 0x01:
        return read_temperature(r, &m->value, err);
    case 0x02:
        return read_humidity(r, &m->value, err);
    case 0x06:
        return read_co2(r, &m->value, err);
    default:
        return shub__fail(err, SHUB_E_CONTENT, at, "unsupported sensor type: %u", type);
    }
}

static shub_status read_all(shub__reader *r, message *msg, shub_error *err)
{
    while (shub__reader_left(r)) {
        measurement m = {0, 0};
        shub_status status = read_one(r, &m, err);
        if (status)
            return status;
        if (msg->count < KEPT)
            msg->kept[msg->count] = m;
        msg->count++;
        msg->counts[m.field]++;
    }
    return SHUB_OK;
}

/* ---- structure -------------------------------------------------------------------- */

/* How many of the field's values are in the sample of `n` measurements at `first`, of
 * which the message may have fewer. */
static size_t count_in(const message *msg, size_t first, size_t n, int field)
{
    size_t count = 0;
    for (size_t i = first; i < first + n && i < msg->count; i++)
        count += msg->kept[i].field == field;
    return count;
}

static int each_has(const message *msg, size_t n, int field, size_t count)
{
    for (size_t first = 0; first < msg->count; first += n)
        if (count_in(msg, first, n, field) != count)
            return 0;
    return 1;
}

/* Sets the number of measurements in one sample. */
static shub_status check(const message *msg, size_t *n, shub_error *err)
{
    size_t samples = msg->counts[CO2];
    if (!samples || !shub__clair_count_find(samples))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "invalid number of measurements samples: %zu", samples);
    *n = msg->count / samples;
    if (*n != 1 && *n != 3)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "invalid number of measurements: %zu", msg->count);
    if (!each_has(msg, *n, CO2, 1))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "invalid order of measurements");
    if (*n == 3 && !(each_has(msg, *n, TEMPERATURE, 1) && each_has(msg, *n, HUMIDITY, 1)))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "invalid combination of measurements");
    return SHUB_OK;
}

static void put_sample(shub__rows *rows, const measurement *sample, size_t n)
{
    for (int field = 0; field < FIELDS; field++)
        for (size_t i = 0; i < n; i++)
            if (sample[i].field == field)
                shub__rows_double(rows, (size_t)field, sample[i].value);
}

shub_status shub__ers_decode(const shub_frame *frame, shub_batch *batch, void *user,
                             shub_error *err)
{
    message msg = {.count = 0};
    shub__reader r;
    shub__rows rows;
    size_t n = 0;
    int64_t time_us;
    (void)user;
    shub__frame_read(frame, &r);
    shub_status status = read_all(&r, &msg, err);
    if (!status)
        status = check(&msg, &n, err);
    if (status)
        return status;
    int64_t seconds = shub__clair_count_find(msg.counts[CO2])->ers_s;
    shub__frame_rows(frame, batch, &fields, &rows, err);
    for (size_t i = msg.counts[CO2]; i-- > 0;) {
        status = shub__clair_time(frame->time_us, (int64_t)i * seconds, &time_us, err);
        if (status)
            return status;
        shub__rows_at(&rows, time_us);
        put_sample(&rows, &msg.kept[i * n], n);
    }
    return shub__rows_end(&rows);
}

/* ---- down ------------------------------------------------------------------------- */

/* How an ERS is to measure at a data rate (ers.py, PARAMETER_SETS); without temperature
 * where messages are long on the air. */
shub_status shub_ers_settings(shub_slice rate, int32_t rx_port, shub_downlink *downlink,
                              shub_error *err)
{
    const shub__clair_rate *row = shub__clair_rate_find(rate);
    downlink->len = 0;
    downlink->port = 0;
    if (!row)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "unknown data rate \"%.*s\"",
                          SHUB__SHOW(rate));
    const shub_elsys_setting settings[] = {
        {SHUB_LIT("splPer"), row->ers_s},
        {SHUB_LIT("tempPer"), row->ers_count == 2},
        {SHUB_LIT("sendPer"), row->ers_count},
    };
    return shub_elsys_settings(settings, sizeof settings / sizeof settings[0], rx_port,
                               downlink, err);
}
