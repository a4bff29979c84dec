#include "gateway.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DAY_S  86400
#define TWO_PI 6.283185307179586

const char *generation_name(enum generation generation)
{
    static const char *const names[] = {"relay", "eagle100", "eagle200"};
    return names[generation];
}

/* The output function of SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t sim_hash(uint64_t seed, uint64_t value)
{
    uint64_t z = seed + (value + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned between(uint64_t hash, unsigned low, unsigned high)
{
    return low + (unsigned)(hash % (high - low + 1));
}

/* Cloud IDs are the end of a MAC, so they come in rows; leading zeros are common. */
static unsigned first_cloud_id(uint64_t seed)
{
    return between(sim_hash(seed, 1), 0x001000, 0x00efff);
}

long cloud_id_index(const char *cloud_id, uint64_t seed)
{
    unsigned id;
    int used = 0;
    if (sscanf(cloud_id, "%6x%n", &id, &used) != 1 || used != 6 || cloud_id[6] != '\0')
        return -1;
    return (long)id - (long)first_cloud_id(seed);
}

static void base64(const char *text, char *out)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i += 3) {
        unsigned group = 0;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (i + k < size ? (unsigned char)text[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            *out++ = i + k <= size ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
    *out = '\0';
}

static void init_identity(struct gateway *g, uint64_t seed)
{
    unsigned id = (first_cloud_id(seed) + g->number - 1) & 0xffffff;
    snprintf(g->cloud_id, sizeof g->cloud_id, "%06x", id);
    snprintf(g->install_code, sizeof g->install_code, "%016llx",
             (unsigned long long)sim_hash(g->seed, 2));
    snprintf(g->user, sizeof g->user, "user%u@example.invalid", g->number);
    snprintf(g->password, sizeof g->password, "pw-%08x", (unsigned)sim_hash(g->seed, 3));
    char pair[40];
    snprintf(pair, sizeof pair, "%s:%s", g->cloud_id, g->install_code);
    memcpy(g->authorization, "Basic ", 6);
    base64(pair, g->authorization + 6);
    g->device_mac = 0xd8d5b90000000000u | id;
    g->meter_mac = 0x0007810000000000u | (0x810000u + g->number);
}

void gateway_init(struct gateway *g, unsigned number, enum generation generation,
                  uint64_t seed, int64_t now)
{
    memset(g, 0, sizeof *g);
    g->number = number;
    g->generation = generation;
    g->seed = sim_hash(seed, number);
    init_identity(g, seed);
    g->solar = number % 4 == 0;
    g->cadence_s = (int)between(sim_hash(g->seed, 4), 7, 10);
    g->phase_s = (int)between(sim_hash(g->seed, 5), 0, 6);
    g->zone_s = -3600 * (int)between(sim_hash(g->seed, 6), 0, 8);
    g->counted_to = now;
    g->delivered_wh = between(sim_hash(g->seed, 7), 1000000, 90000000);
    g->received_wh = g->solar ? between(sim_hash(g->seed, 8), 100000, 9000000) : 0;
    g->last_shown = now;
    g->stats.smallest_gap_us = -1;
}

static double sun(const struct gateway *g, int64_t time)
{
    double hour = (double)(((time % DAY_S) + DAY_S) % DAY_S) / 3600;
    if (!g->solar || hour <= 6 || hour >= 18)
        return 0;
    double peak_w = between(sim_hash(g->seed, 9), 4000, 7000);
    double clouds =
        between(sim_hash(g->seed ^ 9, (uint64_t)(time / 300)), 60, 100) / 100.0;
    return peak_w * clouds * sin(TWO_PI * (hour - 6) / 24);
}

int gateway_demand_w(const struct gateway *g, int64_t time)
{
    double base = between(sim_hash(g->seed, 10), 250, 650);
    double turn = (double)time / DAY_S + (double)(g->seed % 16) / 64;
    double watts = base * (1 + 0.6 * sin(TWO_PI * turn));
    uint64_t appliance = sim_hash(g->seed ^ 10, (uint64_t)(time / 600));
    if (appliance % 4 == 0)
        watts += between(appliance >> 8, 800, 2400);
    watts += between(sim_hash(g->seed ^ 11, (uint64_t)time), 0, 60);
    return (int)lround(watts - sun(g, time));
}

/*
 * Adds the energy of the ticks since the last reading. After a long jump of the clock the
 * steps grow, so that no request waits for millions of them. A clock set back leaves the
 * counters alone: they only grow.
 */
static void count_energy(struct gateway *g, int64_t tick)
{
    int64_t step = g->cadence_s;
    while ((tick - g->counted_to) / step > 4096)
        step *= 2;
    while (g->counted_to < tick) {
        int64_t seconds = tick - g->counted_to < step ? tick - g->counted_to : step;
        g->counted_to += seconds;
        double wh = gateway_demand_w(g, g->counted_to) * (double)seconds / 3600;
        if (wh >= 0)
            g->delivered_wh += wh;
        else
            g->received_wh -= wh;
    }
}

static int64_t newest_tick(const struct gateway *g, int64_t now)
{
    int64_t since = (now - g->phase_s) % g->cadence_s;
    return now - (since < 0 ? since + g->cadence_s : since);
}

struct reading gateway_read(struct gateway *g, int64_t now, bool joined)
{
    int64_t tick = joined ? newest_tick(g, now) : g->last_shown;
    g->last_shown = tick;
    count_energy(g, tick);
    int64_t hour = (tick % DAY_S) / 3600;
    bool peak = hour >= 16 && hour < 21;
    return (struct reading){
        .time = tick,
        .demand_w = gateway_demand_w(g, tick),
        .delivered_wh = (uint64_t)g->delivered_wh,
        .received_wh = (uint64_t)g->received_wh,
        .price_e4 = peak ? 2500 : 1300,
        .tier = peak ? 2 : 1,
        .link_percent = between(sim_hash(g->seed ^ 12, (uint64_t)(tick / 60)), 40, 100),
        .joined = joined,
    };
}

void gateway_request_begin(struct gateway *g, int64_t mono_us)
{
    struct gateway_stats *stats = &g->stats;
    int64_t gap = mono_us - stats->last_request_us;
    if (stats->requests > 0 &&
        (stats->smallest_gap_us < 0 || gap < stats->smallest_gap_us))
        stats->smallest_gap_us = gap;
    stats->last_request_us = mono_us;
    stats->requests++;
    stats->in_flight++;
    if (stats->in_flight > stats->in_flight_max)
        stats->in_flight_max = stats->in_flight;
}

void gateway_request_end(struct gateway *g)
{
    g->stats.in_flight--;
}
