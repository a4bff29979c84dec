/* What eagle_logger is told: a JSON file, config.json beside this one as an example, and
 * the environment where the file is silent.
 *
 * - root: folder of the log; SENSORHUB_ROOT.
 * - dest: where sealed files go, SENSORHUB_DEST; none: they stay.
 * - prefix: of file names, "sensorhub"; key: template of keys at the destination.
 * - interval_s: between two polls of a gateway, 6.
 * - dedup: true: one record for each time of the meter.
 * - lines: "canonical", or "iseif": the nine raw fields of a demand.
 * - durability: "every", "interval", "none".
 * - reads: of "demand", "summation", "price", "network"; none: demand.
 * - verbose: true: a line on standard output for each record logged.
 * - gateways: a list of objects with id, which names the stream, url, cloud_id; transport
 *   "auto", "relay", "eagle100" or "eagle200"; install_code_file; for the relay user and
 *   password_file; meter, ca_file, pin, insecure.
 *
 * Secrets come from the files that the configuration names, else from
 * SENSORHUB_INSTALL_CODE and SENSORHUB_PASSWORD, else from the files that
 * SENSORHUB_INSTALL_CODE_FILE and SENSORHUB_PASSWORD_FILE name; never from the
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
