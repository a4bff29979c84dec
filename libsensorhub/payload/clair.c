#include "payload/clair.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

static const shub__clair_rate rates[] = {
    /* rate     Clairchen s, ERS count, ERS s */
    {"SF7BW250", 38, 2, 326},   {"SF7BW125", 75, 2, 326},   {"SF8BW125", 134, 2, 326},
    {"SF9BW125", 178, 2, 326},  {"SF10BW125", 214, 3, 356}, {"SF11BW125", 534, 4, 593},
    {"SF12BW125", 855, 5, 948},
};
enum { RATES = sizeof rates / sizeof rates[0] };

const shub__clair_rate *shub__clair_rate_find(shub_slice rate)
{
    for (size_t i = 0; i < RATES; i++)
        if (shub_slice_equal(rate, shub_str(rates[i].rate)))
            return &rates[i];
    return NULL;
}

const shub__clair_rate *shub__clair_count_find(size_t count)
{
    for (size_t i = 0; i < RATES; i++)
        if ((size_t)rates[i].ers_count == count)
            return &rates[i];
    return NULL;
}

shub_status shub__clair_time(int64_t time_us, int64_t back_s, int64_t *out_us,
                             shub_error *err)
{
    int64_t second = shub__second_round(time_us);
    if (shub__i64_mul(second - back_s, SHUB_SECOND_US, out_us))
        return SHUB_OK;
    *out_us = 0;
    return shub__fail(err, SHUB_E_RANGE, SHUB_NONE, "time does not fit");
}
