#include "payload/elsys_settings.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

enum {
    NUMBER, /* unsigned, big-endian */
    BYTES,  /* shown as hexadecimal digits */
    SECRET, /* a key, an address or a code: never shown, never sent */
    REST    /* a text whose length is not told, to the end: secrets may be behind it */
};

/* ELSYS NFC settings; ids and sizes as vendor-derived decoders have them. */
static const struct setting {
    unsigned char id;
    unsigned char size;
    unsigned char how;
    const char *name;
} settings[] = {
    {1, 16, SECRET, "appSKey"},    {2, 16, SECRET, "nwkSKey"},
    {3, 8, SECRET, "devEui"},      {4, 8, SECRET, "appEui"},
    {5, 16, SECRET, "appKey"},     {6, 4, SECRET, "devAddr"},
    {7, 1, NUMBER, "ota"},         {8, 1, NUMBER, "port"},
    {9, 1, NUMBER, "mode"},        {10, 1, NUMBER, "ack"},
    {11, 1, NUMBER, "drDef"},      {12, 1, NUMBER, "drMax"},
    {13, 1, NUMBER, "drMin"},      {14, 1, NUMBER, "class"},
    {15, 1, NUMBER, "power"},      {16, 1, NUMBER, "extCfg"},
    {17, 1, NUMBER, "pirCfg"},     {18, 1, NUMBER, "co2Cfg"},
    {19, 4, BYTES, "accCfg"},      {20, 4, NUMBER, "splPer"},
    {21, 4, NUMBER, "tempPer"},    {22, 4, NUMBER, "rhPer"},
    {23, 4, NUMBER, "lightPer"},   {24, 4, NUMBER, "pirPer"},
    {25, 4, NUMBER, "co2Per"},     {26, 4, NUMBER, "extPer"},
    {27, 4, NUMBER, "extPwrTime"}, {28, 4, NUMBER, "triggTime"},
    {29, 4, NUMBER, "accPer"},     {30, 4, NUMBER, "vddPer"},
    {31, 4, NUMBER, "sendPer"},    {32, 4, SECRET, "lock"},
    {33, 4, NUMBER, "rfu"},        {34, 4, BYTES, "link"},
    {35, 4, NUMBER, "pressPer"},   {36, 4, NUMBER, "soundPer"},
    {37, 1, NUMBER, "plan"},       {38, 1, NUMBER, "subBand"},
    {39, 1, NUMBER, "lbt"},        {40, 1, NUMBER, "ledConfig"},
    {41, 1, NUMBER, "co2Action"},  {42, 4, NUMBER, "waterPer"},
    {43, 4, NUMBER, "reedPer"},    {44, 4, NUMBER, "reedCfg"},
    {45, 1, NUMBER, "pirSens"},    {46, 1, NUMBER, "qSize"},
    {47, 1, NUMBER, "qOffset"},    {48, 1, NUMBER, "qPurge"},
    {49, 2, NUMBER, "co2Ref"},     {50, 1, NUMBER, "co2Cal"},
    {51, 2, NUMBER, "co2Abc"},     {52, 1, NUMBER, "pirSensitivity"},
    {53, 2, NUMBER, "occSens"},    {54, 1, NUMBER, "soundPwr"},
    {55, 4, NUMBER, "dispPer"},    {56, 1, NUMBER, "dispAction"},
    {57, 1, NUMBER, "dispUnit"},   {58, 1, NUMBER, "dispInv"},
    {59, 1, NUMBER, "asr"},        {60, 1, NUMBER, "dispFull"},
    {61, 1, NUMBER, "dispLogo"},   {62, 1, NUMBER, "dispLang"},
    {63, 4, NUMBER, "lightComp"},  {64, 4, NUMBER, "vocPer"},
    {65, 0, REST, "dispCustom"},   {66, 1, NUMBER, "buttonPer"},
    {67, 51, BYTES, "buttonCfg"},  {245, 1, NUMBER, "sensor"},
    {251, 2, NUMBER, "version"},   {252, 4, NUMBER, "sleep"},
    {254, 0, NUMBER, "reboot"},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

/* ---- up --------------------------------------------------------------------------- */

static const struct setting *find_id(unsigned id)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (settings[i].id == id)
            return &settings[i];
    return NULL;
}

/* A reboot has no value: that it was asked for is 1. */
static shub_value number_of(shub_slice bytes)
{
    int64_t value = bytes.len ? 0 : 1;
    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | (unsigned char)bytes.ptr[i];
    return shub_int64(value);
}

static void put(shub__rows *rows, const struct setting *s, shub_slice bytes)
{
    char name[40];
    char digits[2 * UINT8_MAX];
    shub_value value;
    if (s->how == SECRET || s->how == REST)
        return;
    if (s->how == NUMBER) {
        value = number_of(bytes);
    } else {
        shub__hex_write(bytes.ptr, bytes.len, digits);
        value = shub_text(shub_bytes(digits, 2 * bytes.len));
    }
    (void)snprintf(name, sizeof name, "setting.%s", s->name);
    shub__rows_put_named(rows, shub_str(name), shub_bytes(NULL, 0), &value);
}

void shub__elsys_settings_read(shub__rows *rows, shub__reader values, size_t at)
{
    shub__reader *r = &values;
    while (shub__reader_left(r)) {
        int64_t pos = (int64_t)(at + r->pos);
        unsigned id = shub__read_u8(r);
        const struct setting *s = find_id(id);
        if (!s) {
            shub__rows_fail(rows, SHUB_E_CONTENT, pos, "unknown setting %u", id);
            return;
        }
        shub_slice bytes =
            shub__read_bytes(r, s->how == REST ? shub__reader_left(r) : s->size);
        if (r->status) {
            shub__rows_fail(rows, r->status, pos, "truncated setting %s at byte %d",
                            s->name, (int)pos);
            return;
        }
        put(rows, s, bytes);
    }
}

/* ---- down ------------------------------------------------------------------------- */

static shub_status find_name(shub_slice name, const struct setting **found,
                             shub_error *err)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        if (!shub_slice_equal(name, shub_str(settings[i].name)))
            continue;
        *found = &settings[i];
        if (settings[i].how == NUMBER)
            return SHUB_OK;
        return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE, "setting %s is not sent",
                          settings[i].name);
    }
    return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE, "no setting \"%.*s\"",
                      SHUB__SHOW(name));
}

static shub_status write_one(const shub_elsys_setting *setting, unsigned char *dst,
                             size_t cap, size_t *len, shub_error *err)
{
    const struct setting *s = NULL;
    shub_status status = find_name(setting->name, &s, err);
    if (status)
        return status;
    const int64_t min = s->size ? 0 : 1; /* without a value: it is done, or not sent */
    const int64_t max = s->size ? (INT64_C(1) << 8 * s->size) - 1 : 1;
    if (setting->value < min || setting->value > max)
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE, "%s %lld is not %lld to %lld",
                          s->name, (long long)setting->value, (long long)min,
                          (long long)max);
    if (cap - *len < (size_t)s->size + 1)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "more than %zu bytes", cap);
    dst[(*len)++] = s->id;
    for (int i = s->size; i-- > 0;)
        dst[(*len)++] = (unsigned char)(setting->value >> 8 * i);
    return SHUB_OK;
}

shub_status shub_elsys_settings(const shub_elsys_setting *all, size_t count,
                                int32_t rx_port, shub_downlink *downlink, shub_error *err)
{
    size_t len = 2; /* type, length of the rest */
    size_t cap = downlink->cap < SHUB_DOWNLINK_MAX ? downlink->cap : SHUB_DOWNLINK_MAX;
    downlink->len = 0;
    downlink->port = 0;
    if (rx_port < 1 || rx_port > 222)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "port %d is not 1 to 222",
                          (int)rx_port);
    if (cap < len)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "more than %zu bytes", cap);
    for (size_t i = 0; i < count; i++) {
        shub_status status = write_one(&all[i], downlink->dst, cap, &len, err);
        if (status)
            return shub__fail_at(err, status, (int64_t)i);
    }
    downlink->dst[0] = SHUB__ELSYS_SETTINGS;
    downlink->dst[1] = (unsigned char)(len - 2);
    downlink->len = len;
    downlink->port = rx_port + 1;
    return SHUB_OK;
}
