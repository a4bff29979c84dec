/* eagle send: one command. */
#include "eagle.h"

#include <stdlib.h>
#include <string.h>

#define VARIABLES_MAX 64 /* of --variables */

enum {
    MAC_ID = EAGLE_ROWS,
    HARDWARE_ADDRESS,
    VARIABLES,
    COMPONENT,
    VALUE,
    EVENT,
    PERIOD,
    PRICE,
    START,
    END,
    FREQUENCY,
    DURATION,
    MESSAGE_ID,
    COUNT,
    RECEIVED,
    DISABLE,
    LOCAL,
    ALLOW_CONTROL,
    PROVIDER,
    HOSTNAME,
    PATH,
    PORT,
    TLS,
    FORMAT,
    DESCRIPTION,
    HEADER_FILE,
    UPLOAD_SIZE,
    UPLOAD_PERIOD,
    REST_URL,
    SAMPLES
};

const option_row send_options[] = {
    EAGLE_OPTION_ROWS,
    {"mac-id", "ADDRESS", "of the gateway's radio (found out where it is needed)"},
    {"hardware-address", "ADDRESS", "of the device (the meter)"},
    {"variables", "LIST", "of the device, zigbee:Price,..."},
    {"component", "NAME", "of the device (Main)"},
    {"value", "TEXT", "what device_control sets the variable to"},
    {"event", "NAME", "of a schedule: demand, summation, price, message, ..."},
    {"period", "WORD", "hour, day, week, month or year"},
    {"price", "PRICE", "0.1287, or automatic"},
    {"start", "TIME", "of history (RFC 3339)"},
    {"end", "TIME", "of history"},
    {"frequency", "DURATION", "of fast polls, a schedule, or history"},
    {"duration", "DURATION", "of fast polls, at most 15m; 0 ends them"},
    {"message-id", "N", "of the message to confirm"},
    {"count", "N", "of intervals (12)"},
    {"received", NULL, "intervals of what was fed in"},
    {"disable", NULL, "the schedule"},
    {"local", NULL, "ask cgi_manager for what post_manager knows too"},
    {"allow-control", NULL, "device_control may switch what hangs on the gateway"},
    {"provider", "NAME", "of an uploader"},
    {"hostname", "NAME", "where it pushes to"},
    {"path", "PATH", "of its URL (/)"},
    {"port", "N", "80, or 443 with --tls"},
    {"tls", NULL, "it pushes by https"},
    {"format", "NAME", "XML:Raw, XML:Simple or RFA (XML:Raw)"},
    {"description", "TEXT", "of it"},
    {"header-file", "FILE", "file with a header it sends along, \"X-Token: ...\""},
    {"upload-size", "N", "0: at once (0)"},
    {"upload-period", "DURATION", "from upload to upload"},
    {"rest-url", "URL", "where uploaders are set (the vendor's)"},
    {"samples", NULL, "print sample records, not the vendor's fields"},
    {NULL, NULL, NULL},
};

/* What is sent, and how its answer is printed. */
typedef struct sending {
    shub_eagle_command command;
    shub_eagle_request_options opts;
    shub_eagle_uploader uploader;
    shub_slice variables[VARIABLES_MAX];
    char *header; /* a secret */
    shub_eagle_sample_options samples;
    int as_samples;
} sending;

/* ---- options ---------------------------------------------------------------------- */

static int value_command(const char *text, shub_eagle_command *out)
{
    const char *name;

    for (int i = 1; (name = shub_eagle_command_name((shub_eagle_command)i)) != NULL; i++)
        if (strcmp(name, text) == 0) {
            *out = (shub_eagle_command)i;
            return 1;
        }
    usage("eagle send: \"%s\" is no command", text);
    return 0;
}

static int value_time(const char *name, const char *text, int64_t *time_us)
{
    shub_error err = SHUB_ERROR_INIT;

    if (!text || shub_time_parse(shub_str(text), time_us, &err) == SHUB_OK)
        return 1;
    usage("--%s: %s", name, err.message);
    return 0;
}

static int value_u32(const char *name, const char *text, uint32_t *out)
{
    int64_t number = 0;

    if (!value_count(name, text, UINT32_MAX, &number))
        return 0;
    *out = (uint32_t)number;
    return 1;
}

static int value_span(const char *name, const char *text, int64_t unit_us, uint32_t *out)
{
    int64_t span_us = 0;

    if (!value_duration_us(name, text, &span_us))
        return 0;
    if (span_us / unit_us > UINT32_MAX || span_us % unit_us) {
        usage("--%s: not %s", name, text);
        return 0;
    }
    *out = (uint32_t)(span_us / unit_us);
    return 1;
}

static int value_variables(const char *text, sending *s)
{
    while (text && *text) {
        size_t len = strcspn(text, ",");

        if (s->opts.variable_count == VARIABLES_MAX) {
            usage("--variables: more than %d", VARIABLES_MAX);
            return 0;
        }
        s->variables[s->opts.variable_count++] = shub_bytes(text, len);
        text += len + (text[len] == ',');
    }
    s->opts.variables = s->variables;
    return 1;
}

static int read_numbers(const arguments *args, sending *s)
{
    const char *const *v = args->value;
    shub_eagle_request_options *o = &s->opts;
    shub_eagle_uploader *u = &s->uploader;
    const int64_t second_us = SHUB_SECOND_US;

    return value_variables(v[VARIABLES], s) &&
           value_time("start", v[START], &o->start_us) &&
           value_time("end", v[END], &o->end_us) &&
           value_span("frequency", v[FREQUENCY], second_us, &o->frequency_s) &&
           value_span("duration", v[DURATION], 60 * second_us, &o->duration_min) &&
           value_u32("message-id", v[MESSAGE_ID], &o->message_id) &&
           value_u32("count", v[COUNT], &o->count) &&
           value_u32("port", v[PORT], &u->port) &&
           value_u32("upload-size", v[UPLOAD_SIZE], &u->upload_size) &&
           value_span("upload-period", v[UPLOAD_PERIOD], second_us, &u->upload_period_s);
}

static void read_texts(const arguments *args, sending *s)
{
    const char *const *v = args->value;
    shub_eagle_request_options *o = &s->opts;
    shub_eagle_uploader *u = &s->uploader;

    o->mac_id = shub_str(v[MAC_ID]);
    o->hardware_address = shub_str(v[HARDWARE_ADDRESS]);
    o->component = shub_str(v[COMPONENT]);
    o->value = shub_str(v[VALUE]);
    o->event = shub_str(v[EVENT]);
    o->period = shub_str(v[PERIOD]);
    o->price = shub_str(v[PRICE]);
    o->received = v[RECEIVED] != NULL;
    o->disable = v[DISABLE] != NULL;
    o->local = v[LOCAL] != NULL;
    o->allow_control = v[ALLOW_CONTROL] != NULL;
    o->uploader = v[PROVIDER] ? u : NULL;
    u->provider = shub_str(v[PROVIDER]);
    u->hostname = shub_str(v[HOSTNAME]);
    u->path = shub_str(v[PATH]);
    u->format = shub_str(v[FORMAT]);
    u->description = shub_str(v[DESCRIPTION]);
    u->header = shub_str(s->header);
    u->tls = v[TLS] != NULL;
    s->samples.meter = shub_str(v[EAGLE_METER]);
    s->as_samples = v[SAMPLES] != NULL;
}

/* ---- sending ---------------------------------------------------------------------- */

static shub_status send_one(shub_eagle *eagle, const char *url, const void *user,
                            shub_error *err)
{
    const sending *s = user;
    shub_eagle_sample_options samples = s->samples;
    shub_eagle_reply *reply;
    shub_status status = shub_eagle_send(eagle, s->command, &s->opts, &reply, err);

    samples.arrival_us = shub_now_us();
    if (reply && s->as_samples)
        status = eagle_print_samples(url, reply, &samples, err);
    else if (reply)
        eagle_print_raw(url, reply);
    shub_eagle_reply_free(reply);
    return status;
}

static int send_all(const arguments *args, const shub_eagle_options *opts)
{
    static const shub_eagle_request_options no_options = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    static const shub_eagle_uploader no_uploader = SHUB_EAGLE_UPLOADER_INIT;
    static const shub_eagle_sample_options no_samples = SHUB_EAGLE_SAMPLE_OPTIONS_INIT;
    sending s = {.opts = no_options, .uploader = no_uploader, .samples = no_samples};
    int code = EXIT_USAGE;

    if (!value_command(args->rest[0], &s.command) || !read_numbers(args, &s))
        return EXIT_USAGE;
    if (!input_secret(args->value[HEADER_FILE], "SENSORHUB_UPLOADER_HEADER", &s.header))
        return EXIT_SYSTEM;
    read_texts(args, &s);
    code = eagle_ask_all(args, 1, opts, send_one, &s);
    input_forget(s.header);
    return code;
}

int run_send(const arguments *args)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    eagle_secrets secrets = {NULL, NULL};
    int code = eagle_options_read(args, &opts, &secrets);

    opts.rest_url = args->value[REST_URL];
    if (code == EXIT_OK && args->count == 1 && opts.transport != SHUB_EAGLE_RELAY)
        code = usage("eagle send: wants a URL, or --relay");
    if (code == EXIT_OK)
        code = send_all(args, &opts);
    eagle_forget(&secrets);
    return code;
}
