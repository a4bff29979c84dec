/* Talkpool OY1012 (clair-ttn e22db40, clairttn/oy1012.py): five bytes, the lower four
 * bits of temperature and humidity in the third. */
#include "payload/clair.h"
#include "payload/decoders.h"

#include "base/error.h"

enum { CO2, TEMPERATURE, HUMIDITY };

static const shub__field table[] = {
    [CO2] = {"co2", "ppm"},
    [TEMPERATURE] = {"temperature", "Cel"},
    [HUMIDITY] = {"humidity", "%RH"},
};
static const shub__fields fields = SHUB__FIELDS(table);

shub_status shub__oy1012_decode(const shub_frame *frame, shub_batch *batch, void *user,
                                shub_error *err)
{
    shub__reader r;
    shub__rows rows;
    int64_t time_us;
    (void)user;
    shub__frame_read(frame, &r);
    int temperature = shub__read_u8(&r) << 4;
    int humidity = shub__read_u8(&r) << 4;
    int low = shub__read_u8(&r);
    int co2 = shub__read_u16be(&r);
    if (r.status || shub__reader_left(&r))
        return shub__fail(err, SHUB_E_FORMAT, r.status ? (int64_t)r.len : 5,
                          "payload of %zu bytes, not 5", r.len);
    shub_status status = shub__clair_time(frame->time_us, 0, &time_us, err);
    if (status)
        return status;
    shub__frame_rows(frame, batch, &fields, &rows, err);
    shub__rows_at(&rows, time_us);
    shub__rows_double(&rows, CO2, co2);
    shub__rows_double(&rows, TEMPERATURE, ((temperature | low >> 4) - 800) / 10.0);
    shub__rows_double(&rows, HUMIDITY, ((humidity | (low & 15)) - 250) / 10.0);
    return shub__rows_end(&rows);
}
