/* sensorhub/payload.h: what sensors say over the air, into samples; settings and commands
 * back to them.
 *
 * A frame is the payload of one uplink and what the network says about it. A decoder
 * turns it into samples of the device, at the time the network received it, or at the
 * times the frame itself tells or implies.
 *
 *     shub_frame frame = SHUB_FRAME_INIT;
 *     frame.payload = shub_bytes(bytes, len);
 *     frame.device = SHUB_LIT("a81758fffe052b0f");
 *     frame.time_us = received_us;
 *     frame.port = 5;
 *     shub_decode(shub_decoder_find(NULL, SHUB_LIT("elsys")), &frame, batch, err);
 *
 * Built in (docs/payloads.md says what each gives):
 *     cayenne        Cayenne LPP: The Things Stack's twelve types and the extended ones
 *     clairchen      Clairchen protocol 0: samples of CO2, temperature, humidity
 *     elsys          every ELSYS sensor: measurements, offsets, settings without keys
 *     elsys_gps_le   the same with positions little-endian, as newer firmware has them
 *     ers            ELSYS ERS CO2 as Clair uses it: queues of samples, strict structure
 *     osm            Devtank Open Smart Monitor, versions 1 and 2
 *     oy1012         Talkpool OY1012: CO2, temperature, humidity
 */
#ifndef SENSORHUB_PAYLOAD_H
#define SENSORHUB_PAYLOAD_H

#include <sensorhub/sample.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- decoding ------------------------------------------------------------------ */

#define SHUB_PAYLOAD_MAX 1024 /* bytes of a payload; LoRaWAN allows 242 (TS001 1.0.4) */

/* Appends the samples of a frame to the batch. Returns SHUB_OK, or a status that
 * shub_decode is to return, `err` filled in. The frame is whole, its payload not empty.
 * It may append what a call of shub_decode with another decoder gives; it must not clear
 * the batch, and not append one (device, quantity, time) twice. */
typedef shub_status shub_decode_fn(const shub_frame *frame, shub_batch *batch, void *user,
                                   shub_error *err);

/* A decoder: built in, or an application's own, which shub_decode takes as it is and
 * shub_decoder_register makes known by its name. */
typedef struct shub_decoder {
    size_t size;          /* sizeof(shub_decoder) */
    const char *name;     /* "elsys"; see shub_name_valid */
    const char *vendor;   /* "ELSYS" */
    const char *what;     /* one line of English: which devices, which values */
    const char *document; /* what it was written from */
    int32_t port;         /* FPort such devices use; SHUB_NONE: any. Not checked */
    int32_t keeps_part;   /* 1: samples before an error in the input stay appended */
    shub_decode_fn *decode;
    void *user; /* handed to `decode` */
} shub_decoder;

#define SHUB_DECODER_INIT                                                                \
    {                                                                                    \
        sizeof(shub_decoder), NULL, NULL, NULL, NULL, SHUB_NONE, 0, NULL, NULL           \
    }

/* Decodes a frame and appends its samples to the batch: those of one time stand together,
 * in order of time. A quantity that the frame says twice for one time has its last value.
 * A value that the quantity cannot have is appended and its quality is error. A frame
 * without measurements appends nothing and is no error.
 *
 * Errors: SHUB_E_FORMAT (bytes that are not the format's: too few, too many),
 * SHUB_E_TRUNCATED (ends within a field; `clairchen`, `ers` and `oy1012` say
 * SHUB_E_FORMAT), SHUB_E_CONTENT (a type, version or value that is not allowed, a data
 * rate that is not known), with err->pos the byte where it is wrong; SHUB_E_RANGE (a time
 * that does not fit), SHUB_E_LIMIT, SHUB_E_INVALID (flags), SHUB_E_NOMEM,
 * SHUB_E_NOT_FOUND (`decoder` is NULL: there is none of that name), and those of an
 * application's own decoder. After an error the batch is as before, unless the decoder
 * keeps the part before it. */
SHUB_API shub_status shub_decode(const shub_decoder *decoder, const shub_frame *frame,
                                 shub_batch *batch, shub_error *err);

/* ---- decoders by name ---------------------------------------------------------- */

#define SHUB_REGISTRY_MAX 1024 /* decoders of one registry */

/* The built-in decoders and those an application registered. There is no list of the
 * whole process: who registers owns the list. */
typedef struct shub_registry shub_registry;

/* Makes a registry that holds the built-in decoders. Errors: SHUB_E_NOMEM.
 * Lifetime: free with shub_registry_free. */
SHUB_API shub_status shub_registry_new(shub_registry **registry, shub_error *err);
/* NULL is fine. The decoders that were found in it go with it. */
SHUB_API void shub_registry_free(shub_registry *registry);

/* Adds a copy of a decoder. Errors: SHUB_E_INVALID (no name that shub_name_valid takes,
 * no `decode`), SHUB_E_EXISTS (its name, built in or registered), SHUB_E_LIMIT,
 * SHUB_E_NOMEM. Lifetime: copies the strings, borrows `user`. */
SHUB_API shub_status shub_decoder_register(shub_registry *registry,
                                           const shub_decoder *decoder, shub_error *err);

/* The decoder of a name, NULL when there is none. A NULL registry knows the built-in
 * ones. Lifetime: static when built in, else as the registry. */
SHUB_API const shub_decoder *shub_decoder_find(const shub_registry *registry,
                                               shub_slice name);
/* The i-th decoder, the built-in ones first in order of name; NULL past the end.
 * Lifetime: as shub_decoder_find. */
SHUB_API const shub_decoder *shub_decoder_at(const shub_registry *registry, size_t i);

/* ---- downlinks ----------------------------------------------------------------- */

#define SHUB_DOWNLINK_MAX 242 /* bytes that LoRaWAN carries at best (RP002-1.0.3) */

/* Bytes for a device and the FPort they go to. The caller sets `dst` and `cap`; after a
 * failure `len` and `port` are 0. */
typedef struct shub_downlink {
    unsigned char *dst;
    size_t cap;
    size_t len;
    int32_t port;
    int32_t reserved;
} shub_downlink;

/* Settings that let an ERS CO2 send as many samples in one message as Clair wants at a
 * data rate ("SF9BW125"), as they are sent by a node that listens on `rx_port`, the FPort
 * of its uplinks (5). Errors: SHUB_E_CONTENT (unknown data rate), SHUB_E_INVALID (port),
 * SHUB_E_LIMIT (cap). */
SHUB_API shub_status shub_ers_settings(shub_slice rate, int32_t rx_port,
                                       shub_downlink *downlink, shub_error *err);

/* One setting of an ELSYS sensor, by the vendor's name: "splPer", "sendPer". "reboot" has
 * no value but 1. */
typedef struct shub_elsys_setting {
    shub_slice name;
    int64_t value;
} shub_elsys_setting;

/* Settings of an ELSYS sensor whose uplinks have the FPort `rx_port` (5). Errors:
 * SHUB_E_NOT_FOUND (no setting of that name), SHUB_E_UNSUPPORTED (keys, addresses, the
 * lock, settings that are no number), SHUB_E_RANGE (value), SHUB_E_INVALID (port),
 * SHUB_E_LIMIT (cap); err->index is the setting. */
SHUB_API shub_status shub_elsys_settings(const shub_elsys_setting *settings, size_t count,
                                         int32_t rx_port, shub_downlink *downlink,
                                         shub_error *err);

#define SHUB_OSM_COMMAND_MAX 51 /* bytes of a command */

/* A command line for an OSM, "interval PM10 4"; when `confirmed` is not 0 the device
 * answers it with an error number (quantity `error`, 1: success). Errors: SHUB_E_CONTENT
 * (empty, not printable ASCII), SHUB_E_LIMIT (SHUB_OSM_COMMAND_MAX, cap). */
SHUB_API shub_status shub_osm_command(shub_slice command, int confirmed,
                                      shub_downlink *downlink, shub_error *err);
/* Firmware for an OSM: how many chunks come, chunk after chunk numbered from 0, and the
 * CRC of all. Errors: SHUB_E_CONTENT (an empty chunk), SHUB_E_LIMIT (SHUB_DOWNLINK_MAX,
 * cap). */
SHUB_API shub_status shub_osm_firmware_begin(uint16_t chunks, shub_downlink *downlink,
                                             shub_error *err);
SHUB_API shub_status shub_osm_firmware_chunk(uint16_t number, shub_slice bytes,
                                             shub_downlink *downlink, shub_error *err);
SHUB_API shub_status shub_osm_firmware_end(uint16_t crc, shub_downlink *downlink,
                                           shub_error *err);

/* A value for one channel of a Cayenne LPP device. */
typedef struct shub_cayenne_value {
    int32_t channel; /* 0 to 254 */
    int32_t reserved;
    double value; /* -327.68 to 327.67, sent in hundredths, the nearest */
} shub_cayenne_value;

/* Values for a Cayenne LPP device, on an FPort of its own choice. Errors: SHUB_E_INVALID
 * (port, channel), SHUB_E_RANGE (value), SHUB_E_LIMIT (cap); err->index is the value. */
SHUB_API shub_status shub_cayenne_downlink(const shub_cayenne_value *values, size_t count,
                                           int32_t port, shub_downlink *downlink,
                                           shub_error *err);

#ifdef __cplusplus
}
#endif

#endif
