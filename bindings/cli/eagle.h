/* What every command that asks gateways is told. The rows come first in its table of
 * options, so that the values have these places. */
#ifndef SENSORHUB_CLI_EAGLE_H
#define SENSORHUB_CLI_EAGLE_H

#include "cli.h"

enum {
    EAGLE_CLOUD_ID,
    EAGLE_INSTALL_CODE_FILE,
    EAGLE_RELAY,
    EAGLE_USER,
    EAGLE_PASSWORD_FILE,
    EAGLE_TRANSPORT,
    EAGLE_READS,
    EAGLE_METER,
    EAGLE_CA,
    EAGLE_PIN,
    EAGLE_INSECURE,
    EAGLE_TIMEOUT,
    EAGLE_RETRIES,
    EAGLE_UNSTICK,
    EAGLE_ROWS /* the first of the command's own */
};

#define EAGLE_OPTION_ROWS                                                                \
    {"cloud-id", "ID", "six digits on the gateway's label: user of its API"},            \
        {"install-code-file", "FILE",                                                    \
         "file with the gateway's install code: password of its API"},                   \
        {"relay", NULL,                                                                  \
         "ask the cloud relay, for an EAGLE-100; the URL may be left out"},              \
        {"user", "NAME", "account at the relay"},                                        \
        {"password-file", "FILE", "file with the account's password"},                   \
        {"transport", "NAME",                                                            \
         "eagle100, eagle200 (EAGLE 3 too), cgi (an EAGLE-100 with older firmware)\n"    \
         "or relay; found out when not given"},                                          \
        {"reads", "LIST", "of demand,summation,price,network (demand)"},                 \
        {"meter", "ADDRESS",                                                             \
         "hardware address of the meter to read (the first connected one)"},             \
        {"ca", "FILE", "PEM file of authorities to trust in place of the system's"},     \
        {"pin", "sha256//BASE64", "public key the gateway must have"},                   \
        {"insecure", NULL, "do not verify the gateway's certificate"},                   \
        {"timeout", "DURATION", "for one request (10s, relay 20s)"},                     \
        {"retries", "N", "of one request (2)"},                                          \
    {                                                                                    \
        "unstick", "DURATION",                                                           \
            "wake up an EAGLE-100 that says 503, and wait so long (never; try 15s)"      \
    }

#define EAGLE_ENVIRONMENT                                                                \
    "ENVIRONMENT\n"                                                                      \
    "    SENSORHUB_INSTALL_CODE, SENSORHUB_INSTALL_CODE_FILE\n"                          \
    "        the install code, or a file with it\n"                                      \
    "    SENSORHUB_USER, SENSORHUB_PASSWORD, SENSORHUB_PASSWORD_FILE\n"                  \
    "        the account at the relay\n"

/* Words of SHUB_EAGLE_AUTO, ..., then NULL. */
extern const char *const eagle_transports[];

/* Credentials, wiped by eagle_forget. */
typedef struct eagle_secrets {
    char *install_code, *password;
} eagle_secrets;

/* Reads the options above, secrets from their files or the environment. EXIT_OK, or the
 * exit status of what was wrong and said. */
int eagle_options_read(const arguments *args, shub_eagle_options *opts,
                       eagle_secrets *secrets);
void eagle_forget(eagle_secrets *secrets);
/* What messages call a gateway: its URL without credentials, which the library refuses;
 * NULL is the relay. Lifetime: borrows the URL. */
const char *eagle_name(const char *url);

/* eagle.c: print a reply, with the vendor's fields or as samples. */
void eagle_print_raw(const char *source, const shub_eagle_reply *reply);
shub_status eagle_print_samples(const char *source, const shub_eagle_reply *reply,
                                const shub_eagle_sample_options *opts, shub_error *err);

/* Asks one gateway and prints its answer. */
typedef shub_status eagle_ask_fn(shub_eagle *eagle, const char *url, const void *user,
                                 shub_error *err);
/* eagle_about.c: asks every gateway of the command line from its `first` word on, or the
 * relay; the first that fails decides. */
int eagle_ask_all(const arguments *args, int first, const shub_eagle_options *opts,
                  eagle_ask_fn *ask, const void *user);

/* eagle_about.c */
int run_detect(const arguments *args);
int run_list(const arguments *args);
int run_upload_server(const arguments *args);
extern const option_row detect_options[], list_options[];

int run_send(const arguments *args); /* eagle_send.c */
extern const option_row send_options[];

int run_watch(const arguments *args); /* eagle_watch.c */
extern const option_row watch_options[];

#endif
