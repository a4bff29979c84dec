/* The quantity table: order, look-up by the first word, and units against the registry.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

/* Every name of the SenML units registries: RFC 8428 section 12.1, RFC 8798 sections 3
 * and 5, and those registered since. */
static const char *const senml_units[] = {
    "m",     "kg",       "g",      "s",    "A",     "K",    "cd",    "mol",  "Hz",
    "rad",   "sr",       "N",      "Pa",   "J",     "W",    "C",     "V",    "F",
    "Ohm",   "S",        "Wb",     "T",    "H",     "Cel",  "lm",    "lx",   "Bq",
    "Gy",    "Sv",       "kat",    "m2",   "m3",    "l",    "m/s",   "m/s2", "m3/s",
    "l/s",   "W/m2",     "cd/m2",  "bit",  "bit/s", "lat",  "lon",   "pH",   "dB",
    "dBW",   "Bspl",     "count",  "/",    "%",     "%RH",  "%EL",   "EL",   "1/s",
    "1/min", "beat/min", "beats",  "S/m",  "B",     "VA",   "VAs",   "var",  "vars",
    "J/m",   "kg/m3",    "deg",    "NTU",  "ms",    "min",  "h",     "MHz",  "kW",
    "kVA",   "kvar",     "Ah",     "Wh",   "kWh",   "varh", "kvarh", "kVAh", "Wh/km",
    "KiB",   "GB",       "Mbit/s", "B/s",  "MB/s",  "mV",   "mA",    "dBm",  "ug/m3",
    "mm/h",  "m/h",      "ppm",    "/100", "/1000", "hPa",  "mm",    "cm",   "km",
    "km/h",  "ppb",      "ppt",    "VAh",  "mg/l",  "ug/l", "g/l",
};

static int registered(const char *unit)
{
    for (size_t i = 0; i < sizeof senml_units / sizeof senml_units[0]; i++) {
        if (!strcmp(unit, senml_units[i]))
            return 1;
    }
    return 0;
}

START_TEST(test_rows)
{
    const char *before = "";
    const shub_quantity *row;
    size_t count = 0;
    for (; (row = shub_quantity_at(count)); count++) {
        ck_assert_msg(strcmp(before, row->name) < 0, "%s is out of order", row->name);
        ck_assert_uint_eq(strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                          strlen(row->name));
        ck_assert_msg(row->senml == registered(row->unit), "%s: %s", row->name,
                      row->unit);
        ck_assert_msg(row->min < row->max, "%s", row->name);
        ck_assert(row->kind >= SHUB_KIND_DOUBLE && row->kind <= SHUB_KIND_TEXT);
        ck_assert_uint_gt(strlen(row->what), 3);
        ck_assert_ptr_eq(shub_quantity_find(shub_str(row->name)), row);
        before = row->name;
    }
    ck_assert_uint_gt(count, 80);
    ck_assert_ptr_null(shub_quantity_at(count + 1000));
}
END_TEST

START_TEST(test_first_word_counts)
{
    const shub_quantity *row = shub_quantity_find(SHUB_LIT("temperature"));
    ck_assert_str_eq(row->unit, "Cel");
    ck_assert_ptr_eq(shub_quantity_find(SHUB_LIT("temperature.2")), row);
    ck_assert_ptr_eq(shub_quantity_find(SHUB_LIT("temperature.outside.min")), row);
    ck_assert_ptr_eq(shub_quantity_find(SHUB_LIT("temperature.")), row);
    ck_assert_ptr_null(shub_quantity_find(SHUB_LIT("temperatur")));
    ck_assert_ptr_null(shub_quantity_find(SHUB_LIT("temperatures")));
    ck_assert_ptr_null(shub_quantity_find(SHUB_LIT("Temperature")));
    ck_assert_ptr_null(shub_quantity_find(SHUB_LIT(".temperature")));
    ck_assert_ptr_null(shub_quantity_find(SHUB_LIT("")));
    ck_assert_ptr_null(shub_quantity_find(shub_str(NULL)));
    ck_assert_ptr_null(shub_quantity_find(SHUB_LIT("a")));
    ck_assert_ptr_null(shub_quantity_find(SHUB_LIT("zzz")));
    ck_assert_ptr_null(shub_quantity_find(SHUB_LIT("power\0")));
}
END_TEST

/* What the gateways' and sensors' decoders rely on. */
static const struct {
    const char *name, *unit;
    int32_t kind;
} relied_on[] = {
    {"power", "kW", SHUB_KIND_DOUBLE},
    {"energy_delivered", "kWh", SHUB_KIND_DOUBLE},
    {"energy_received", "kWh", SHUB_KIND_DOUBLE},
    {"price.tier.2", "USD/kWh", SHUB_KIND_DOUBLE},
    {"link_strength", "/100", SHUB_KIND_DOUBLE},
    {"co2", "ppm", SHUB_KIND_DOUBLE},
    {"humidity", "%RH", SHUB_KIND_DOUBLE},
    {"battery", "%EL", SHUB_KIND_DOUBLE},
    {"battery_voltage", "V", SHUB_KIND_DOUBLE},
    {"pulse_count.1", "count", SHUB_KIND_INT64},
    {"motion", "count", SHUB_KIND_INT64},
    {"digital_input.3", "", SHUB_KIND_INT64},
    {"switch.1", "", SHUB_KIND_BOOL},
    {"firmware", "", SHUB_KIND_TEXT},
    {"sound.peak", "dBA", SHUB_KIND_DOUBLE},
    {"pm2_5.max", "ug/m3", SHUB_KIND_DOUBLE},
};

START_TEST(test_relied_on)
{
    const shub_quantity *row = shub_quantity_find(shub_str(relied_on[_i].name));
    ck_assert_ptr_nonnull(row);
    ck_assert_str_eq(row->unit, relied_on[_i].unit);
    ck_assert_int_eq(row->kind, relied_on[_i].kind);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample_quantity");
    TCase *table = tcase_create("table");
    tcase_add_test(table, test_rows);
    tcase_add_test(table, test_first_word_counts);
    tcase_add_loop_test(table, test_relied_on, 0, sizeof relied_on / sizeof relied_on[0]);
    suite_add_tcase(suite, table);
    return suite_run(suite);
}
