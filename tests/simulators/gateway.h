/* One simulated gateway: who it is, what its meter shows, what it was asked so far. */
#ifndef SIM_GATEWAY_H
#define SIM_GATEWAY_H

#include "faults.h"
#include "request.h"

#include <stdbool.h>
#include <stdint.h>

enum generation { RELAY, EAGLE100, EAGLE200 };

enum auth_seen { AUTH_NONE, AUTH_OK, AUTH_BAD };

struct gateway_stats {
    unsigned long requests;
    unsigned long unauthorized;
    unsigned long commands[COMMAND_COUNT];
    unsigned long faults[FAULT_COUNT];
    int64_t last_request_us;
    int64_t smallest_gap_us; /* between two requests' beginnings; -1: fewer than two */
    unsigned in_flight;
    unsigned in_flight_max;
    enum auth_seen auth;
};

struct gateway {
    unsigned number; /* from 1, in the order of the ready lines */
    enum generation generation;
    uint64_t seed;

    char cloud_id[7];
    char install_code[17];
    char user[40];
    char password[20];
    char authorization[64]; /* the only Authorization header it accepts */
    bool open_to_all;       /* asks for no authorization */
    bool old_firmware;      /* an EAGLE-100 that has cgi_manager alone */
    uint64_t device_mac;
    uint64_t meter_mac;
    uint64_t stale_meter_mac; /* 0: has no second meter */
    bool solar;               /* sends energy back around noon UTC */
    int cadence_s;            /* the meter has news this often */
    int phase_s;
    int zone_s; /* local time minus UTC */
    char url[48];

    /* The meter's counters, integrated up to a tick. */
    int64_t counted_to;
    double delivered_wh;
    double received_wh;
    int64_t last_shown; /* the tick of the last reply while joined */

    struct fault_plan faults;
    struct gateway_stats stats;
};

/* What the meter shows at one moment. Times are seconds since 1970 UTC. */
struct reading {
    int64_t time;
    int demand_w;
    uint64_t delivered_wh;
    uint64_t received_wh;
    unsigned price_e4; /* ten thousandths of a currency unit */
    unsigned tier;
    unsigned link_percent;
    bool joined;
    bool demand_is_nan;
};

const char *generation_name(enum generation generation);

/* Fills in everything but the URL; the same seed and number give the same gateway. */
void gateway_init(struct gateway *gateway, unsigned number, enum generation generation,
                  uint64_t seed, int64_t now);

/* cloud_id text → index from 0 in a row of gateways made with this seed, or -1. */
long cloud_id_index(const char *cloud_id, uint64_t seed);

/* Watts drawn from the grid at a time; negative when the roof gives more than is used. */
int gateway_demand_w(const struct gateway *gateway, int64_t time);

/* The newest tick's reading, or that of the last reply when the meter is not joined. */
struct reading gateway_read(struct gateway *gateway, int64_t now, bool joined);

void gateway_request_begin(struct gateway *gateway, int64_t mono_us);
void gateway_request_end(struct gateway *gateway);

/* A number that looks random but depends on its arguments alone. */
uint64_t sim_hash(uint64_t seed, uint64_t value);

#endif
