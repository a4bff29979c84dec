#include "sample/influx_options.h"

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "sample/influx.h"

static const int64_t steps_ns[] = {1, 1000, 1000000, 1000000000};

int64_t shub__influx_step_ns(int32_t precision)
{
    return steps_ns[precision];
}

static shub_status check_word(shub_slice name, shub__influx_word word, const char *what,
                              shub_error *err)
{
    const char *why = shub__influx_refuses(name, word);
    size_t valid = shub__utf8_valid(name);
    if (!why && valid < name.len)
        why = "is not UTF-8";
    if (!why && name.len > SHUB_SAMPLE_NAME_MAX)
        why = "is too long";
    if (!why)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s \"%.*s\" %s", what,
                      SHUB__SHOW(name), why);
}

static shub_status check_tags(const shub_influx_options *o, shub_error *err)
{
    shub_status status = SHUB_OK;
    for (size_t i = 0; i < o->tag_count && !status; i++) {
        status = check_word(o->tags[i].key, SHUB__INFLUX_KEY, "key of a tag", err);
        if (!status)
            status =
                check_word(o->tags[i].value, SHUB__INFLUX_VALUE, "value of a tag", err);
    }
    return status;
}

shub_status shub__influx_options_in(shub_influx_options *ours,
                                    const shub_influx_options *theirs, shub_error *err)
{
    shub_status status = shub__options_in(ours, sizeof *ours, theirs, err);
    if (status)
        return status;
    if (ours->precision < SHUB_INFLUX_NS || ours->precision > SHUB_INFLUX_S)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "unknown precision %d",
                          (int)ours->precision);
    if (ours->naming < SHUB_INFLUX_FIELDS || ours->naming > SHUB_INFLUX_CHIRPSTACK)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "unknown naming %d",
                          (int)ours->naming);
    if (!ours->measurement.len)
        ours->measurement = SHUB_LIT("samples");
    if (!ours->device_tag.len)
        ours->device_tag = ours->naming == SHUB_INFLUX_CHIRPSTACK ? SHUB_LIT("dev_eui")
                                                                  : SHUB_LIT("device");
    status = check_word(ours->measurement, SHUB__INFLUX_MEASUREMENT, "measurement", err);
    if (!status)
        status = check_word(ours->device_tag, SHUB__INFLUX_KEY, "device_tag", err);
    return status ? status : check_tags(ours, err);
}
