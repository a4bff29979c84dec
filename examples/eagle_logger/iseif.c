#include "iseif.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_2000_S                                                                     \
    946684800 /* 2000-01-01T00:00:00Z (EAGLE REST API 1.0, "TimeStamp") */

static const char *const fields[] = {"DeviceMacId", "MeterMacId", "TimeStamp",
                                     "Demand",      "Multiplier", "Divisor",
                                     "DigitsRight", "DigitsLeft"};

int iseif_line(const shub_eagle_reading *reading, char line[ISEIF_LINE_MAX])
{
    shub_slice zero = shub_eagle_reading_field(reading, SHUB_LIT("SuppressLeadingZero"));
    size_t used = 0;

    if (shub_eagle_reading_root(reading) != SHUB_EAGLE_ROOT_DEMAND || zero.len != 1)
        return 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        uint64_t value;
        if (shub_eagle_reading_u64(reading, shub_str(fields[i]), &value, NULL) != SHUB_OK)
            return 0;
        used += (size_t)snprintf(line + used, ISEIF_LINE_MAX - used, "%s\"%s\": %" PRIu64,
                                 i ? ", " : "{", fields[i], value);
    }
    snprintf(line + used, ISEIF_LINE_MAX - used, ", \"SuppressLeadingZero\": \"%c\"}",
             zero.ptr[0] == 'N' ? 'N' : 'Y');
    return 1;
}

/* Finds `"name": NUMBER` in a line of ours; 1, or 0. (A MAC address of 64 bits is more
 * than the integers of many JSON readers hold.) */
static int find_number(const char *line, const char *name, unsigned long long *number)
{
    char key[32];
    const char *at;
    char *end;

    snprintf(key, sizeof key, "\"%s\": ", name);
    at = strstr(line, key);
    if (!at)
        return 0;
    at += strlen(key);
    *number = strtoull(at, &end, 10);
    return end > at;
}

static void append_time(const char *line, shub_batch *batch)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    unsigned long long meter, stamp;
    char device[24];

    if (!find_number(line, "MeterMacId", &meter) ||
        !find_number(line, "TimeStamp", &stamp))
        return;
    snprintf(device, sizeof device, "0x%016llx", meter);
    s.device = shub_str(device);
    s.quantity = SHUB_LIT("power");
    s.time_us = ((int64_t)stamp + EPOCH_2000_S) * SHUB_SECOND_US;
    s.value = shub_double(0);
    (void)!shub_batch_append(batch, &s, NULL);
}

void iseif_times(shub_slice text, shub_batch *batch)
{
    char line[ISEIF_LINE_MAX];

    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;

        snprintf(line, sizeof line, "%.*s", (int)(len < sizeof line ? len : 0), text.ptr);
        append_time(line, batch);
        text.ptr += len + (end != NULL);
        text.len -= len + (end != NULL);
    }
}
