/* Texts as numbers, beside the C library's strtod; their first bytes as a double that is
 * written and read back. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

static void read_text(const char *data, size_t len)
{
    double strict, loose;
    int64_t integer;
    uint64_t natural;
    shub_status status = shub__double_read(data, len, SHUB__NUMBER_LOOSE, &loose);
    if (shub__double_read(data, len, SHUB__NUMBER_JSON, &strict) != SHUB_E_FORMAT)
        REQUIRE(status != SHUB_E_FORMAT && memcmp(&strict, &loose, sizeof loose) == 0);
    if (shub__int64_read(data, len, &integer) == SHUB_OK)
        REQUIRE(status == SHUB_OK && strict == (double)integer);
    if (shub__uint64_read(data, len, &natural) == SHUB_OK)
        REQUIRE(status == SHUB_OK && strict == (double)natural);
    if (status == SHUB_E_FORMAT)
        return;

    char *text = malloc(len + 1);
    REQUIRE(text != NULL);
    memcpy(text, data, len);
    text[len] = '\0';
    char *end;
    double right = strtod(text, &end);
    REQUIRE(end == text + len);
    REQUIRE((status == SHUB_E_RANGE) == (isinf(right) != 0));
    if (status == SHUB_OK)
        REQUIRE(memcmp(&loose, &right, sizeof right) == 0);
    free(text);
}

static void write_double(const uint8_t *data)
{
    char text[SHUB__DOUBLE_MAX];
    double value, back;
    memcpy(&value, data, sizeof value);
    if (!isfinite(value))
        return;
    size_t len = shub__double_write(value, text);
    REQUIRE(shub__double_read(text, len, SHUB__NUMBER_JSON, &back) == SHUB_OK);
    REQUIRE(memcmp(&back, &value, sizeof value) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    read_text((const char *)data, len);
    if (len >= sizeof(double))
        write_double(data);
    return 0;
}
