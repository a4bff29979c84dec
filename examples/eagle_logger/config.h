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
    json_t *gateways; /* as configured: a change makes a gateway anew */

    /* Set between config_open and config_gateways. */
    shub_loop *loop;
    shub_fleet *fleet;
    void (*on_added)(const char *id, void *user);
    void *user;
} config;

/* Reads the file, but for its gateways. Errors: SHUB_E_FORMAT, SHUB_E_CONTENT. */
shub_status config_open(config *c, const char *path, shub_error *err);

/* Reads the list of gateways: adds new ones to the fleet and tells of them, removes those
 * that are gone, leaves the others alone. Whatever else changed waits for a restart. A
 * file with an error changes nothing. Errors: SHUB_E_FORMAT, SHUB_E_CONTENT, SHUB_E_IO,
 * and those of shub_eagle_open. */
shub_status config_gateways(config *c, shub_error *err);

#endif
