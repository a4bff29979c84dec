/* Commands for a Devtank Open Smart Monitor (osm_firmware_v2 include/osm/comms/lw.h,
 * src/comms/rak3172.c; cs_protocol.js Encode): 1, id[4], body. Numbers are big-endian:
 * the firmware reads them as hexadecimal text. */
#include <sensorhub/payload.h>

#include <string.h>

#include "base/error.h"

#define OSM_PORT 1 /* what RAK3172 modules listen on */

enum { HEADER = 1 + 4 };

static shub_status begin(const char *id, size_t body, shub_downlink *downlink,
                         shub_error *err)
{
    size_t len = HEADER + body;
    size_t cap = downlink->cap < SHUB_DOWNLINK_MAX ? downlink->cap : SHUB_DOWNLINK_MAX;
    downlink->len = 0;
    downlink->port = 0;
    if (len > cap)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "%zu bytes, at most %zu", len,
                          cap);
    downlink->dst[0] = 1;
    memcpy(downlink->dst + 1, id, 4);
    downlink->len = len;
    downlink->port = OSM_PORT;
    return SHUB_OK;
}

static shub_status refuse(shub_downlink *downlink, shub_status status, shub_error *err,
                          const char *why)
{
    downlink->len = 0;
    downlink->port = 0;
    return shub__fail(err, status, SHUB_NONE, "%s", why);
}

shub_status shub_osm_command(shub_slice command, int confirmed, shub_downlink *downlink,
                             shub_error *err)
{
    if (!command.len)
        return refuse(downlink, SHUB_E_CONTENT, err, "empty command");
    if (command.len > SHUB_OSM_COMMAND_MAX)
        return refuse(downlink, SHUB_E_LIMIT, err, "command of more than 51 bytes");
    for (size_t i = 0; i < command.len; i++)
        if (command.ptr[i] < 0x20 || command.ptr[i] > 0x7e)
            return refuse(downlink, SHUB_E_CONTENT, err,
                          "command is not printable ASCII");
    shub_status status = begin(confirmed ? "CCMD" : "CMD\0", command.len, downlink, err);
    if (!status)
        memcpy(downlink->dst + HEADER, command.ptr, command.len);
    return status;
}

static shub_status numbered(const char *id, uint16_t number, shub_slice bytes,
                            shub_downlink *downlink, shub_error *err)
{
    shub_status status = begin(id, 2 + bytes.len, downlink, err);
    if (status)
        return status;
    unsigned char *at = downlink->dst + HEADER;
    at[0] = (unsigned char)(number >> 8);
    at[1] = (unsigned char)number;
    if (bytes.len)
        memcpy(at + 2, bytes.ptr, bytes.len);
    return SHUB_OK;
}

shub_status shub_osm_firmware_begin(uint16_t chunks, shub_downlink *downlink,
                                    shub_error *err)
{
    return numbered("FW-\0", chunks, shub_bytes(NULL, 0), downlink, err);
}

shub_status shub_osm_firmware_chunk(uint16_t number, shub_slice bytes,
                                    shub_downlink *downlink, shub_error *err)
{
    if (!bytes.len)
        return refuse(downlink, SHUB_E_CONTENT, err, "empty chunk");
    if (bytes.len > SHUB_DOWNLINK_MAX)
        return refuse(downlink, SHUB_E_LIMIT, err, "chunk of more than 242 bytes");
    return numbered("FW+\0", number, bytes, downlink, err);
}

shub_status shub_osm_firmware_end(uint16_t crc, shub_downlink *downlink, shub_error *err)
{
    return numbered("FW@\0", crc, shub_bytes(NULL, 0), downlink, err);
}
