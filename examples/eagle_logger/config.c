#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_MAX 256

static shub_status fail(shub_error *err, shub_status code, const char *what,
                        const char *detail)
{
    static const shub_error init = SHUB_ERROR_INIT;

    *err = init;
    err->code = code;
    snprintf(err->message, sizeof err->message, "%s: %s", what, detail);
    return code;
}

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static const char *text_or_env(const json_t *object, const char *key,
                               const char *variable)
{
    const char *value = text(object, key);

    return value ? value : getenv(variable);
}

/* ---- secrets ---- */

static int first_line(const char *path, char secret[SECRET_MAX])
{
    FILE *file = fopen(path, "r");
    int ok;

    if (file) /* no buffer that would keep it */
        setvbuf(file, NULL, _IONBF, 0);
    ok = file && fgets(secret, SECRET_MAX, file);

    if (file)
        fclose(file);
    if (ok)
        secret[strcspn(secret, "\r\n")] = '\0';
    return ok;
}

/* From the file that the gateway names, else from the variable, else from the file that
 * the variable with _FILE behind it names. No secret at all is fine: `secret` is then
 * empty. */
static shub_status read_secret(const json_t *object, const char *key,
                               const char *variable, char secret[SECRET_MAX],
                               shub_error *err)
{
    char file_variable[64];
    const char *path = text(object, key);

    secret[0] = '\0';
    snprintf(file_variable, sizeof file_variable, "%s_FILE", variable);
    if (!path && getenv(variable)) {
        snprintf(secret, SECRET_MAX, "%s", getenv(variable));
        return SHUB_OK;
    }
    if (!path)
        path = getenv(file_variable);
    if (path && !first_line(path, secret))
        return fail(err, SHUB_E_IO, path, "cannot be read");
    return SHUB_OK;
}

/* ---- gateways ---- */

static const struct {
    const char *name;
    shub_eagle_transport transport;
} transports[] = {{"auto", SHUB_EAGLE_AUTO},
                  {"relay", SHUB_EAGLE_RELAY},
                  {"eagle100", SHUB_EAGLE_100},
                  {"eagle200", SHUB_EAGLE_200}};

static int transport_of(const char *name)
{
    for (size_t i = 0; name && i < sizeof transports / sizeof transports[0]; i++)
        if (strcmp(name, transports[i].name) == 0)
            return transports[i].transport;
    return name ? SHUB_NONE : SHUB_EAGLE_AUTO;
}

/* What is done with the options of a gateway. */
typedef shub_status use_fn(config *c, const char *id, const shub_eagle_options *options,
                           shub_error *err);

/* Whoever uses the options copies them; the secrets do not stay here. */
static shub_status use_with_secrets(config *c, const json_t *settings,
                                    shub_eagle_options *options, use_fn *use,
                                    shub_error *err)
{
    char install_code[SECRET_MAX] = "", password[SECRET_MAX] = "";
    shub_status status = read_secret(settings, "install_code_file",
                                     "SENSORHUB_INSTALL_CODE", install_code, err);

    if (status == SHUB_OK)
        status =
            read_secret(settings, "password_file", "SENSORHUB_PASSWORD", password, err);
    options->install_code = install_code[0] ? install_code : NULL;
    options->password = password[0] ? password : NULL;
    if (status == SHUB_OK)
        status = use(c, text(settings, "id"), options, err);
    explicit_bzero(install_code, sizeof install_code);
    explicit_bzero(password, sizeof password);
    return status;
}

static shub_status use_gateway(config *c, const json_t *settings, use_fn *use,
                               shub_error *err)
{
    shub_eagle_options options = SHUB_EAGLE_OPTIONS_INIT;
    const char *id = text(settings, "id");

    if (!id || !shub_name_valid(shub_str(id)))
        return fail(err, SHUB_E_CONTENT, "gateway", "needs an \"id\" of [A-Za-z0-9._-]");
    options.transport = transport_of(text(settings, "transport"));
    if (options.transport == SHUB_NONE)
        return fail(err, SHUB_E_CONTENT, id, "unknown \"transport\"");
    options.url = text(settings, "url");
    options.cloud_id = text(settings, "cloud_id");
    options.user = text(settings, "user");
    options.meter = text(settings, "meter");
    options.ca_file = text(settings, "ca_file");
    options.pin = text(settings, "pin");
    options.insecure = json_is_true(json_object_get(settings, "insecure"));
    options.reads = c->reads;
    return use_with_secrets(c, settings, &options, use, err);
}

static shub_status check(config *c, const char *id, const shub_eagle_options *options,
                         shub_error *err)
{
    shub_eagle *eagle;
    shub_status status = shub_eagle_open(c->loop, options, &eagle, err);

    (void)id;
    shub_eagle_close(eagle);
    return status;
}

/* One that is there already did not change, and goes on as it is. */
static shub_status add(config *c, const char *id, const shub_eagle_options *options,
                       shub_error *err)
{
    shub_status status = shub_fleet_add(c->fleet, shub_str(id), options, err);

    if (status == SHUB_OK)
        c->on_added(id, c->user);
    return status == SHUB_E_EXISTS ? SHUB_OK : status;
}

static const json_t *find(const json_t *list, const char *id, size_t before)
{
    for (size_t i = 0; id && i < json_array_size(list) && i < before; i++) {
        const char *other = text(json_array_get(list, i), "id");
        if (other && strcmp(other, id) == 0)
            return json_array_get(list, i);
    }
    return NULL;
}

static shub_status check_all(config *c, const json_t *list, shub_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *settings = json_array_get(list, i);
        shub_status status = use_gateway(c, settings, check, err);

        if (status)
            return status;
        if (find(list, text(settings, "id"), i))
            return fail(err, SHUB_E_CONTENT, text(settings, "id"),
                        "two gateways have this id");
    }
    return SHUB_OK;
}

static shub_status set_gateways(config *c, json_t *list, shub_error *err)
{
    shub_status status = check_all(c, list, err);

    if (status)
        return status;
    for (size_t i = 0; i < json_array_size(c->gateways); i++) {
        const json_t *old = json_array_get(c->gateways, i);
        const char *id = text(old, "id");

        if (!json_equal(find(list, id, SIZE_MAX), old))
            (void)!shub_fleet_remove(c->fleet, shub_str(id), NULL);
    }
    json_decref(c->gateways);
    c->gateways = json_incref(list);
    for (size_t i = 0; !status && i < json_array_size(list); i++)
        status = use_gateway(c, json_array_get(list, i), add, err);
    return status;
}

/* ---- the document ---- */

static const struct {
    const char *name;
    uint32_t bit;
} reads[] = {{"demand", SHUB_EAGLE_READ_DEMAND},
             {"summation", SHUB_EAGLE_READ_SUMMATION},
             {"price", SHUB_EAGLE_READ_PRICE},
             {"network", SHUB_EAGLE_READ_NETWORK}};

static shub_status read_reads(config *c, const json_t *list, shub_error *err)
{
    c->reads = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        uint32_t bit = 0;
        for (size_t k = 0; name && k < sizeof reads / sizeof reads[0]; k++)
            if (strcmp(name, reads[k].name) == 0)
                bit = reads[k].bit;
        if (!bit)
            return fail(err, SHUB_E_CONTENT, "reads",
                        "knows demand, summation, price, network");
        c->reads |= bit;
    }
    return SHUB_OK;
}

static shub_status read_durability(config *c, const char *name, shub_error *err)
{
    static const char *const names[] = {"every", "interval", "none"};

    for (int i = 0; i < 3; i++)
        if (!name || strcmp(name, names[i]) == 0) {
            c->log.durability = i;
            return SHUB_OK;
        }
    return fail(err, SHUB_E_CONTENT, "durability", "is every, interval or none");
}

static shub_status read_document(config *c, shub_error *err)
{
    const json_t *d = c->document;
    const json_t *interval = json_object_get(d, "interval_s");
    const char *lines = text(d, "lines");
    shub_status status;

    c->root = text_or_env(d, "root", "SENSORHUB_ROOT");
    if (!c->root)
        return fail(err, SHUB_E_CONTENT, c->path, "needs \"root\"");
    c->log.prefix = c->ship.prefix = text(d, "prefix");
    c->ship.root = c->root;
    c->ship.dest = text_or_env(d, "dest", "SENSORHUB_DEST");
    c->ship.key = text(d, "key");
    c->interval_ms = interval ? (int64_t)(json_number_value(interval) * 1000) : 6000;
    if (c->interval_ms < 1)
        return fail(err, SHUB_E_CONTENT, "interval_s", "must be a positive number");
    c->dedup = json_is_true(json_object_get(d, "dedup"));
    c->verbose = json_is_true(json_object_get(d, "verbose"));
    c->iseif_lines = lines && strcmp(lines, "iseif") == 0;
    if (lines && !c->iseif_lines && strcmp(lines, "canonical") != 0)
        return fail(err, SHUB_E_CONTENT, "lines", "is canonical or iseif");
    if ((status = read_durability(c, text(d, "durability"), err)))
        return status;
    return read_reads(c, json_object_get(d, "reads"), err);
}

static json_t *load(const char *path, shub_error *err)
{
    json_error_t error;
    json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

    if (!document) {
        fail(err, SHUB_E_FORMAT, path, error.text);
        err->pos = error.position;
    }
    return document;
}

shub_status config_open(config *c, const char *path, shub_error *err)
{
    static const shub_log_options log = SHUB_LOG_OPTIONS_INIT;
    static const shub_ship_options ship = SHUB_SHIP_OPTIONS_INIT;

    memset(c, 0, sizeof *c);
    c->path = path;
    c->log = log;
    c->ship = ship;
    c->document = load(path, err);
    if (!c->document)
        return SHUB_E_FORMAT;
    return read_document(c, err);
}

shub_status config_gateways(config *c, shub_error *err)
{
    json_t *document = load(c->path, err);
    shub_status status;

    if (!document)
        return SHUB_E_FORMAT;
    status = set_gateways(c, json_object_get(document, "gateways"), err);
    json_decref(document);
    return status;
}
