#include "base/error.h"
#include "base/options.h"
#include "uplink/values.h"

static shub_status check(const shub_uplink *up, shub_slice device, shub_error *err)
{
    shub_status status = (shub_status)up->payload_status;
    if (!status && up->event != SHUB_UPLINK_UP)
        status = SHUB_E_UNEXPECTED;
    if (status)
        return shub__fail(err, status, SHUB_NONE, "no frame of \"%.*s\": %s",
                          SHUB__SHOW(device), shub_status_text(status));
    if (!device.len)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "payload of no device: \"%.*s\"", SHUB__SHOW(up->application));
    if (!up->time_source)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "payload without a time: \"%.*s\"", SHUB__SHOW(device));
    return SHUB_OK;
}

shub_status shub_uplink_frame(const shub_uplink *up, shub_frame *frame, shub_error *err)
{
    shub_frame ours = SHUB_FRAME_INIT;
    shub_slice device = shub__uplink_device(up);
    shub_status status = check(up, device, err);
    if (!status) {
        ours.payload = up->payload;
        ours.device = device;
        ours.rate = up->rate;
        ours.time_us = up->time_us;
        ours.port = up->port;
        ours.flags = up->time_source == SHUB_UPLINK_TIME_ARRIVAL ? SHUB_TIME_ASSUMED : 0;
    }
    shub__result_out(frame, &ours, sizeof ours);
    return status;
}
