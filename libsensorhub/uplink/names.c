#include <sensorhub/uplink.h>

static const char *const dialects[] = {"unknown",
                                       "ttn_v3",
                                       "ttn_v2",
                                       "chirpstack_v4",
                                       "chirpstack_v4_protobuf",
                                       "chirpstack_v3",
                                       "chirpstack_json_v3",
                                       "osm"};

static const char *const events[] = {
    "none",  "up",          "normalized", "join",       "ack",     "nack",
    "txack", "queued",      "failed",     "invalid",    "status",  "location",
    "log",   "integration", "service",    "connection", "response"};

static const char *const sources[] = {"none",    "network", "server",
                                      "gateway", "device",  "arrival"};

static const char *name_of(const char *const *names, size_t count, int32_t number)
{
    return number >= 0 && (size_t)number < count ? names[number] : NULL;
}

const char *shub_uplink_dialect_name(int32_t dialect)
{
    return name_of(dialects, sizeof dialects / sizeof *dialects, dialect);
}

const char *shub_uplink_event_name(int32_t event)
{
    return name_of(events, sizeof events / sizeof *events, event);
}

const char *shub_uplink_time_name(int32_t source)
{
    return name_of(sources, sizeof sources / sizeof *sources, source);
}
