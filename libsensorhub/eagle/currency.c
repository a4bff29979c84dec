#include "eagle/fields.h"

#include "base/text.h"

#include <string.h>

/* ISO 4217:2015, numeric code to letters: currencies of countries with ZigBee smart
 * meters. */
static const struct {
    uint16_t number;
    char code[4];
} currencies[] = {
    {36, "AUD"},  {124, "CAD"}, {156, "CNY"}, {208, "DKK"}, {344, "HKD"},
    {356, "INR"}, {376, "ILS"}, {392, "JPY"}, {410, "KRW"}, {484, "MXN"},
    {554, "NZD"}, {578, "NOK"}, {702, "SGD"}, {710, "ZAR"}, {752, "SEK"},
    {756, "CHF"}, {826, "GBP"}, {840, "USD"}, {978, "EUR"}, {986, "BRL"},
};

static const char *code_of(uint64_t number)
{
    for (size_t i = 0; i < sizeof currencies / sizeof *currencies; i++)
        if (currencies[i].number == number)
            return currencies[i].code;
    return NULL;
}

/* The letters themselves, as an EAGLE-200 gives them, "USD" or "USD/kWh". */
static int letters(shub_slice text, char dst[4])
{
    if (text.len < 3 || (text.len > 3 && text.ptr[3] != '/') ||
        shub__equal_nocase(text, SHUB_LIT("kWh")))
        return 0;
    for (size_t i = 0; i < 3; i++) {
        char c = shub__lower(text.ptr[i]);
        if (c < 'a' || c > 'z')
            return 0;
        dst[i] = (char)(c - 'a' + 'A');
    }
    dst[3] = '\0';
    return 1;
}

static int code_in(const shub_eagle_reading *reading, shub_slice field, char code[4])
{
    shub_slice text = shub_eagle_reading_field(reading, field);
    uint64_t number = 0;

    if (letters(text, code))
        return 1;
    if (shub_eagle_reading_u64(reading, field, &number, NULL) || !code_of(number))
        return 0;
    memcpy(code, code_of(number), 4);
    return 1;
}

/* In which fields readings name their currency; the unit of a Device's price is the last
 * resort. "$" of an old cgi_manager names none: it may be any dollar. */
static const struct {
    shub_eagle_root root;
    const char *field;
} fields[] = {
    {SHUB_EAGLE_ROOT_PRICE, "Currency"},
    {SHUB_EAGLE_ROOT_BLOCK_PRICE, "Currency"},
    {SHUB_EAGLE_ROOT_DEVICE, "zigbee:PriceCurrency"},
    {SHUB_EAGLE_ROOT_SIMPLE, "zigbee:PriceCurrency"},
    {SHUB_EAGLE_ROOT_SIMPLE, "PriceCurrency"},
    {SHUB_EAGLE_ROOT_CGI, "price_units"},
    {SHUB_EAGLE_ROOT_RFA, "currency"},
    {SHUB_EAGLE_ROOT_RFA, "units"},
};

static int find_code(const shub_eagle_reading *reading, shub_slice price, char code[4])
{
    const shub__eagle_field *f;

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].root == reading->root &&
            code_in(reading, shub_str(fields[i].field), code))
            return 1;
    f = shub__eagle_find(reading, price);
    return f && letters(shub__eagle_slice(reading->reply, f->unit), code);
}

size_t shub__eagle_price_unit(const shub_eagle_reading *reading, shub_slice price,
                              char dst[SHUB__EAGLE_UNIT_MAX])
{
    char code[4];

    dst[0] = '\0';
    if (!find_code(reading, price, code))
        return 0;
    memcpy(dst, code, 3);
    memcpy(dst + 3, "/kWh", 5);
    return 7;
}
