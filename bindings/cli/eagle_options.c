#include "eagle.h"

#include <stdlib.h>
#include <string.h>

const char *const eagle_transports[] = {"auto",     "relay", "eagle100",
                                        "eagle200", "cgi",   NULL};

static int value_reads(const char *text, uint32_t *reads)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } rows[] = {{"demand", SHUB_EAGLE_READ_DEMAND},
                {"summation", SHUB_EAGLE_READ_SUMMATION},
                {"price", SHUB_EAGLE_READ_PRICE},
                {"network", SHUB_EAGLE_READ_NETWORK}};

    while (text && *text) {
        size_t len = strcspn(text, ","), i = 0;
        while (i < 4 &&
               (strlen(rows[i].name) != len || strncmp(rows[i].name, text, len) != 0))
            i++;
        if (i == 4) {
            usage("--reads: \"%.*s\" is none of demand, summation, price, network",
                  (int)len, text);
            return 0;
        }
        *reads |= rows[i].bit;
        text += len + (text[len] == ',');
    }
    return 1;
}

static int value_retries(const char *text, int32_t *retries)
{
    int64_t number = 2;

    if (!value_count("retries", text, 100, &number))
        return 0;
    *retries = number == 0 ? SHUB_NONE : (int32_t)number;
    return 1;
}

static int read_plain(const arguments *args, shub_eagle_options *opts)
{
    int64_t timeout_us = 0, unstick_us = 0;

    if (!value_reads(args->value[EAGLE_READS], &opts->reads) ||
        !value_choice("transport", args->value[EAGLE_TRANSPORT], eagle_transports,
                      &opts->transport) ||
        !value_duration_us("timeout", args->value[EAGLE_TIMEOUT], &timeout_us) ||
        !value_duration_us("unstick", args->value[EAGLE_UNSTICK], &unstick_us) ||
        !value_retries(args->value[EAGLE_RETRIES], &opts->retries))
        return EXIT_USAGE;
    if (args->value[EAGLE_RELAY] && args->value[EAGLE_TRANSPORT])
        return usage("--relay and --transport exclude each other");
    opts->cloud_id = args->value[EAGLE_CLOUD_ID];
    opts->user =
        args->value[EAGLE_USER] ? args->value[EAGLE_USER] : getenv("SENSORHUB_USER");
    opts->meter = args->value[EAGLE_METER];
    opts->ca_file = args->value[EAGLE_CA];
    opts->pin = args->value[EAGLE_PIN];
    opts->insecure = args->value[EAGLE_INSECURE] != NULL;
    opts->timeout_ms = timeout_us / 1000;
    opts->unstick_ms = unstick_us / 1000;
    if (args->value[EAGLE_RELAY])
        opts->transport = SHUB_EAGLE_RELAY;
    return EXIT_OK;
}

int eagle_options_read(const arguments *args, shub_eagle_options *opts,
                       eagle_secrets *secrets)
{
    int code = read_plain(args, opts);

    if (code != EXIT_OK)
        return code;
    if (!input_secret(args->value[EAGLE_INSTALL_CODE_FILE], "SENSORHUB_INSTALL_CODE",
                      &secrets->install_code) ||
        !input_secret(args->value[EAGLE_PASSWORD_FILE], "SENSORHUB_PASSWORD",
                      &secrets->password))
        return EXIT_SYSTEM;
    opts->install_code = secrets->install_code;
    opts->password = secrets->password;
    return EXIT_OK;
}

void eagle_forget(eagle_secrets *secrets)
{
    input_forget(secrets->install_code);
    input_forget(secrets->password);
}

const char *eagle_name(const char *url)
{
    const char *at = url ? strrchr(url, '@') : NULL;

    if (!url)
        return "relay";
    return at ? at + 1 : url;
}
