#include "iseif.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
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

/* A MAC address of 64 bits is more than jansson's integers hold: all are read as reals,
 * which a time stamp of 32 bits fits exactly. */
static void append_time(const char *line, size_t len, shub_batch *batch)
{
    json_t *object = json_loadb(line, len, JSON_DECODE_INT_AS_REAL, NULL);
    const json_t *stamp = json_object_get(object, "TimeStamp");
    shub_sample s = SHUB_SAMPLE_INIT;

    s.device = SHUB_LIT("iseif");
    s.quantity = SHUB_LIT("power");
    s.time_us = ((int64_t)json_real_value(stamp) + EPOCH_2000_S) * SHUB_SECOND_US;
    s.value = shub_double(0);
    if (json_is_real(stamp))
        (void)!shub_batch_append(batch, &s, NULL);
    json_decref(object);
}

void iseif_times(shub_slice text, shub_batch *batch)
{
    const char *end;

    for (; text.len && (end = memchr(text.ptr, '\n', text.len)); end++) {
        append_time(text.ptr, (size_t)(end - text.ptr), batch);
        text.len -= (size_t)(end + 1 - text.ptr);
        text.ptr = end + 1;
    }
}
