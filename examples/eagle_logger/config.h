/* What eagle_logger is told: a JSON file, and the environment where the file is silent.
 *
 *     {
 *       "root": "/var/lib/eagle_logger",     SENSORHUB_ROOT
 *       "dest": "file:///srv/archive",       SENSORHUB_DEST; none: files are sealed and
 * stay "prefix": "iseif-rainforest",        of file names; none: "sensorhub" "key":
 * "rainforest-logs/{stream}/{Y}/{m}/{d}/{name}.jl.gz", "interval_s": 6, "dedup": true,
 * one record for each time of the meter "lines": "canonical",                or "iseif":
 * the nine raw fields of a demand "durability": "every",               "interval", "none"
 *       "reads": ["demand", "summation", "price", "network"],
 *       "verbose": true,                     a line on standard output for each record
 * logged "gateways": [
 *         {"id": "004792", "url": "http://eagle-004792.local", "cloud_id": "004792",
 *          "install_code_file": "/etc/eagle_logger/004792"},
 *         {"id": "00ce69", "transport": "relay", "cloud_id": "00ce69",
 *          "user": "me@example.org", "password_file": "/etc/eagle_logger/relay"}
 *       ]
 *     }
 *
 * A gateway may also say "transport": "eagle100" or "eagle200", "meter", "ca_file",
 * "pin", "insecure": true. `id` names its stream. Secrets come from files named in the
 * configuration, else from SENSORHUB_INSTALL_CODE, SENSORHUB_PASSWORD, or the files that
 * SENSORHUB_INSTALL_CODE_FILE, SENSORHUB_PASSWORD_FILE name; never from the
 * configuration. */
#ifndef EAGLE_LOGGER_CONFIG_H
#define EAGLE_LOGGER_CONFIG_H

#include <jansson.h>
#include <sensorhub.h>

#define MAX_SEEN 16

/* Newest meter time of a quantity. */
typedef struct seen {
    char quantity[32];
    int64_t time_us;
} seen;

typedef struct gateway {
    char id[65];
    shub_eagle *eagle;
    json_t *settings; /* as configured: a change makes the gateway anew */
    int64_t due_ms;
    int remembered; /* `seen` was filled from the log */
    seen seen[MAX_SEEN];
} gateway;

typedef struct config {
    const char *path;
    json_t *document; /* owns the texts of the options */
    const char *root;
    shub_log_options log;
    shub_ship_options ship;
    int64_t interval_ms;
    uint32_t reads;
    int dedup;
    int iseif_lines;
    int verbose;
    gateway *gateways;
    size_t gateway_count;
} config;

/* Reads the file and opens a client for each gateway. Errors: SHUB_E_FORMAT,
 * SHUB_E_CONTENT, and those of shub_eagle_open. */
shub_status config_open(config *c, const char *path, shub_loop *loop, shub_error *err);

/* Reads the list of gateways again: opens new ones, closes those that are gone, leaves
 * the others alone. Whatever else changed waits for a restart. A file with an error
 * changes nothing. */
shub_status config_reload(config *c, shub_loop *loop, shub_error *err);

void config_close(config *c);

#endif
