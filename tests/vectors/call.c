/* call FILE: makes each call of the file, a line each, and says what it gave. A line is a
 * word and what the call takes, each as hexadecimal digits, `-` when it is empty.
 * call.py and call.lua beside this say the same, to the byte; test_captured.py writes the
 * calls and knows what they give. */
#include <sensorhub.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX (4 << 20) /* of the file */
#define ARGS_MAX  64

static shub_slice arg[ARGS_MAX]; /* of the call; NUL-terminated */
static size_t args;
static shub_batch *batch;

/* ---- saying -------------------------------------------------------------------------
 */

static void say_slice(const char *before, shub_slice text, const char *after)
{
    fputs(before, stdout);
    if (text.len)
        fwrite(text.ptr, 1, text.len, stdout);
    fputs(after, stdout);
}

static void say_status(const char *what, shub_status status, const shub_error *err)
{
    if (status == SHUB_OK)
        printf("%s ok\n", what);
    else
        printf("%s %s pos=%" PRId64 " index=%" PRId64 " %s\n", what,
               shub_status_name(status), err->pos, err->index, err->message);
}

/* And the result, when there is one. */
static void say_result(const char *what, shub_status status, shub_slice text,
                       const shub_error *err)
{
    say_status(what, status, err);
    if (status == SHUB_OK)
        say_slice("", text, "\n");
}

static void say_hex(const char *before, shub_slice bytes)
{
    fputs(before, stdout);
    for (size_t i = 0; i < bytes.len; i++)
        printf("%02x", (unsigned char)bytes.ptr[i]);
    putchar('\n');
}

static void say_batch(void)
{
    shub_slice text;

    if (shub_batch_to_jsonl(batch, &text, NULL) != SHUB_OK)
        exit(1);
    say_slice("", text, "");
}

static long long number(size_t i)
{
    return strtoll(arg[i].ptr, NULL, 10);
}

/* ---- payloads, and what goes back ---------------------------------------------------
 */

static void call_decode(void)
{
    shub_frame frame = SHUB_FRAME_INIT;
    shub_error err = SHUB_ERROR_INIT;

    frame.payload = arg[1];
    frame.rate = arg[2];
    frame.time_us = number(3);
    frame.device = arg[4];
    say_status("decode",
               shub_decode(shub_decoder_find(NULL, arg[0]), &frame, batch, &err), &err);
    say_batch();
}

/* Behind the port: names and values. */
static shub_status elsys_downlink(shub_downlink *d, shub_error *err)
{
    shub_elsys_setting settings[ARGS_MAX / 2];
    size_t count = 0;

    for (size_t i = 2; i + 1 < args; i += 2)
        settings[count++] = (shub_elsys_setting){arg[i], number(i + 1)};
    return shub_elsys_settings(settings, count, (int32_t)number(1), d, err);
}

static shub_status downlink_of(shub_downlink *d, shub_error *err)
{
    const char *kind = arg[0].ptr;
    shub_cayenne_value value = {0, 0, 0};

    if (!strcmp(kind, "ers"))
        return shub_ers_settings(arg[1], (int32_t)number(2), d, err);
    if (!strcmp(kind, "elsys"))
        return elsys_downlink(d, err);
    if (!strcmp(kind, "osm"))
        return shub_osm_command(arg[1], (int)number(2), d, err);
    if (!strcmp(kind, "osm_begin"))
        return shub_osm_firmware_begin((uint16_t)number(1), d, err);
    if (!strcmp(kind, "osm_chunk"))
        return shub_osm_firmware_chunk((uint16_t)number(1), arg[2], d, err);
    if (!strcmp(kind, "osm_end"))
        return shub_osm_firmware_end((uint16_t)number(1), d, err);
    value.channel = (int32_t)number(1);
    value.value = strtod(arg[2].ptr, NULL);
    return shub_cayenne_downlink(&value, 1, (int32_t)number(3), d, err);
}

static void call_down(void)
{
    unsigned char bytes[SHUB_DOWNLINK_MAX];
    shub_downlink d = {bytes, sizeof bytes, 0, 0, 0};
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = downlink_of(&d, &err);

    say_status("down", status, &err);
    if (status != SHUB_OK)
        return;
    printf("%d ", (int)d.port);
    say_hex("", shub_bytes((const char *)bytes, d.len));
}

static void call_ttn_body(void)
{
    shub_uplink_downlink_options opts = SHUB_UPLINK_DOWNLINK_OPTIONS_INIT;
    char body[SHUB_UPLINK_DOWNLINK_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t len;

    opts.payload = arg[0];
    opts.port = (int32_t)number(1);
    status = shub_uplink_downlink(SHUB_UPLINK_FORM_TTN_V3, &opts, body, sizeof body, &len,
                                  &err);
    say_result("body", status, shub_bytes(body, len), &err);
}

/* ---- uplinks ------------------------------------------------------------------------
 */

static void say_text(const char *word, shub_slice value)
{
    if (!value.len)
        return;
    printf("%s ", word);
    for (size_t i = 0; i < value.len; i++)
        putchar(value.ptr[i] == '\n' ? ' ' : value.ptr[i]);
    putchar('\n');
}

static void say_int(const char *word, int64_t value, int64_t none)
{
    if (value != none)
        printf("%s %" PRId64 "\n", word, value);
}

static void say_double(const char *word, double value, uint32_t has)
{
    if (has)
        printf("%s %.17g\n", word, value);
}

static void say_names(const shub_uplink *up)
{
    say_text("application", up->application);
    say_text("tenant", up->tenant);
    say_text("device", up->device);
    say_text("name", up->name);
    say_text("dev_eui", up->dev_eui);
    say_text("dev_addr", up->dev_addr);
    say_text("session", up->session);
    if (up->payload.len)
        say_hex("payload ", up->payload);
    say_text("object", up->object);
    say_text("normalized", up->normalized);
    say_text("text", up->text);
    say_text("id", up->id);
    say_text("rate", up->rate);
    say_text("gateway", up->gateway);
}

static void say_numbers(const shub_uplink *up)
{
    say_int("time", up->time_us, 0);
    say_int("port", up->port, 0);
    say_int("counter", up->counter, SHUB_NONE);
    say_int("rate_index", up->rate_index, SHUB_NONE);
    say_int("spreading_factor", up->spreading_factor, 0);
    say_int("bandwidth_hz", up->bandwidth_hz, 0);
    say_int("bit_rate", up->bit_rate, 0);
    say_int("frequency_hz", up->frequency_hz, 0);
    say_int("gateway_count", up->gateway_count, 0);
    say_double("rssi_dbm", up->rssi_dbm, up->flags & SHUB_UPLINK_HAS_SIGNAL);
    say_double("snr_db", up->snr_db, up->flags & SHUB_UPLINK_HAS_SIGNAL);
    say_double("latitude", up->latitude, up->flags & SHUB_UPLINK_HAS_LOCATION);
    say_double("longitude", up->longitude, up->flags & SHUB_UPLINK_HAS_LOCATION);
    say_double("altitude_m", up->altitude_m, up->flags & SHUB_UPLINK_HAS_LOCATION);
    say_double("battery", up->battery, up->flags & SHUB_UPLINK_HAS_BATTERY);
    say_double("margin_db", up->margin_db, up->flags & SHUB_UPLINK_HAS_MARGIN);
}

static void say_uplink(const shub_uplink *up)
{
    printf("dialect %s\n", shub_uplink_dialect_name(up->dialect));
    printf("event %s\n", shub_uplink_event_name(up->event));
    printf("payload_status %s\n", shub_status_name((shub_status)up->payload_status));
    printf("time_source %s\n", shub_uplink_time_name(up->time_source));
    say_int("confirmed", !!(up->flags & SHUB_UPLINK_CONFIRMED), 0);
    say_int("simulated", !!(up->flags & SHUB_UPLINK_SIMULATED), 0);
    say_int("retry", !!(up->flags & SHUB_UPLINK_RETRY), 0);
    say_names(up);
    say_numbers(up);
}

/* ---- walks over uplinks --------------------------------------------------------------
 */

static shub_uplink_parser *new_parser(void)
{
    shub_uplink_parser *parser;

    if (shub_uplink_parser_new(&parser, NULL) != SHUB_OK)
        exit(1);
    return parser;
}

/* What each document says. */
static void say_uplinks(const shub_uplink_options *opts)
{
    shub_uplink_walk walk = {.body = arg[0]};
    shub_uplink_parser *parser = new_parser();
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    while ((status = shub_uplink_next(parser, &walk, opts, &up, &err)) !=
           SHUB_E_NOT_FOUND) {
        if (status == SHUB_OK)
            say_uplink(&up);
        else
            say_status("refused", status, &err);
    }
    shub_uplink_parser_free(parser);
}

/* What an uplink says in numbers, or with a decoder its payload. One that carries none is
 * no failure. */
static shub_status sample(const shub_uplink *up, shub_slice decoder, shub_error *err)
{
    shub_frame frame = SHUB_FRAME_INIT;
    shub_status status;

    if (!decoder.len)
        return shub_uplink_samples(up, batch, err);
    status = shub_uplink_frame(up, &frame, err);
    if (status == SHUB_E_UNEXPECTED || status == SHUB_E_NO_PAYLOAD ||
        status == SHUB_E_MAC_ONLY)
        return SHUB_OK;
    return status ? status
                  : shub_decode(shub_decoder_find(NULL, decoder), &frame, batch, err);
}

/* The samples of all documents; how many documents failed, and why the first did. */
static void say_samples(const char *what, const shub_uplink_options *opts,
                        shub_slice decoder)
{
    shub_uplink_walk walk = {.body = arg[0]};
    shub_uplink_parser *parser = new_parser();
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_status status = SHUB_OK, first = SHUB_OK;
    shub_error told = SHUB_ERROR_INIT;
    int failed = 0;

    shub_batch_clear(batch);
    while (status != SHUB_E_NOT_FOUND) {
        shub_error err = SHUB_ERROR_INIT;
        status = shub_uplink_next(parser, &walk, opts, &up, &err);
        if (status == SHUB_OK)
            status = sample(&up, decoder, &err);
        if (status == SHUB_OK || status == SHUB_E_NOT_FOUND)
            continue;
        if (!failed++) {
            first = status;
            told = err;
        }
    }
    say_status(what, first, &told);
    printf("failed %d\n", failed);
    say_batch();
    shub_uplink_parser_free(parser);
}

static void say_bodies(shub_slice protocol)
{
    shub_group at = {0, 0, {NULL, 0}, 0};
    shub_clair_sample s = SHUB_CLAIR_SAMPLE_INIT;

    while (shub_clair_next(batch, &at, protocol, &s, NULL) == SHUB_OK) {
        char body[SHUB_CLAIR_BODY_MAX];
        size_t len;
        if (shub_clair_body(&s, body, sizeof body, &len, NULL) != SHUB_OK)
            exit(1);
        say_slice("body ", shub_bytes(body, len), "\n");
    }
}

static void call_uplink(void)
{
    shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;

    opts.topic = arg[1];
    say_uplinks(&opts);
    say_samples("samples", &opts, SHUB_LIT(""));
    if (!arg[2].len)
        return;
    say_samples("decode", &opts, arg[2]);
    say_bodies(arg[2]);
}

/* ---- Clair --------------------------------------------------------------------------
 */

static void call_node(void)
{
    char node[SHUB_CLAIR_NODE_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_clair_node(arg[0], arg[1], node, &err);

    say_result("node", status, shub_str(node), &err);
}

static void call_body(void)
{
    shub_error err = SHUB_ERROR_INIT;

    say_status("read", shub_clair_add_body(batch, arg[0], NULL, &err), &err);
    say_batch();
    say_bodies(SHUB_LIT(""));
}

static void call_fixtures(void)
{
    shub_clair_report report = SHUB_CLAIR_REPORT_INIT;
    shub_clair_fixtures *fixtures;
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;

    say_samples("decode", NULL, arg[1]);
    if (shub_clair_fixtures_new(&fixtures, NULL) != SHUB_OK)
        exit(1);
    if (arg[2].len)
        say_status("known", shub_clair_fixtures_known(fixtures, arg[2], &err), &err);
    say_status("add", shub_clair_fixtures_add(fixtures, batch, arg[1], &err), &err);
    shub_clair_fixtures_report(fixtures, &report);
    printf("%d %d %d %d\n", (int)report.added, (int)report.known, (int)report.doubled,
           (int)report.refused);
    if (shub_clair_fixtures_write(fixtures, &text, NULL) != SHUB_OK)
        exit(1);
    say_slice("", text, "");
    shub_clair_fixtures_free(fixtures);
}

/* ---- signed calls -------------------------------------------------------------------
 */

static void call_pipe(void)
{
    char signature[SHUB_WEBHOOK_PIPE_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status =
        shub_webhook_pipe_verify(&arg[0], 1, arg[1], arg[2], arg[3], &err);

    say_status("verify", status, &err);
    status = shub_webhook_pipe_sign(arg[0], arg[1], arg[2], signature, &err);
    say_result("sign", status, shub_str(signature), &err);
}

static void call_lambda(void)
{
    char signature[SHUB_WEBHOOK_LAMBDA_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_webhook_lambda_verify(&arg[0], 1, arg[1], arg[2], &err);

    say_status("verify", status, &err);
    status = shub_webhook_lambda_sign(arg[0], arg[1], signature, &err);
    say_result("sign", status, shub_str(signature), &err);
}

static void call_form(void)
{
    char *value = malloc(arg[0].len + 1);
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t len;

    if (!value)
        exit(1);
    status = shub_webhook_form_field(arg[0], arg[1], value, arg[0].len + 1, &len, &err);
    say_result("form", status, shub_bytes(value, len), &err);
    free(value);
}

/* ---- line protocol ------------------------------------------------------------------
 */

/* Behind the rows: measurement, the device's tag, naming, one_line, then tags, key and
 * value. */
static void call_influx(void)
{
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_tag tags[ARGS_MAX / 2];
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;

    say_status("rows", shub_batch_add_jsonl(batch, arg[0], NULL, &err), &err);
    opts.measurement = arg[1];
    opts.device_tag = arg[2];
    opts.naming =
        strcmp(arg[3].ptr, "chirpstack") ? SHUB_INFLUX_FIELDS : SHUB_INFLUX_CHIRPSTACK;
    opts.no_units = 1;
    opts.one_line = (int32_t)number(4);
    opts.tags = tags;
    for (size_t i = 5; i + 1 < args; i += 2)
        tags[opts.tag_count++] = (shub_tag){arg[i], arg[i + 1]};
    say_status("lines", shub_batch_to_influx(batch, &opts, &text, &err), &err);
    say_slice("", text, "");
}

/* Behind the text: the device's tag, precision, time of lines without one. */
static void call_read(void)
{
    static const char *const precisions[] = {"ns", "us", "ms", "s"};
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    size_t refused;

    opts.device_tag = arg[1];
    while (strcmp(precisions[opts.precision], arg[2].ptr) != 0)
        opts.precision++;
    opts.now_us = number(3);
    say_status("read", shub_batch_add_influx(batch, arg[0], &opts, &refused, &err), &err);
    printf("refused %zu\n", refused);
    say_batch();
}

/* ---- the file -----------------------------------------------------------------------
 */

static const struct {
    const char *name;
    void (*make)(void);
} calls[] = {
    {"decode", call_decode},     {"down", call_down},     {"ttn_body", call_ttn_body},
    {"uplink", call_uplink},     {"node", call_node},     {"body", call_body},
    {"fixtures", call_fixtures}, {"pipe", call_pipe},     {"lambda", call_lambda},
    {"form", call_form},         {"influx", call_influx}, {"read", call_read}};

static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Turns digits into the bytes they stand for, where they are. */
static shub_slice bytes_of(char *word)
{
    char *end = word;

    for (char *p = word; *p && *p != '-'; p += 2)
        *end++ = (char)(digit(p[0]) << 4 | digit(p[1]));
    *end = '\0';
    return shub_bytes(word, (size_t)(end - word));
}

static void make_call(char *line)
{
    char *place, *name = strtok_r(line, " ", &place), *word;

    memset(arg, 0, sizeof arg);
    for (args = 0; args < ARGS_MAX && (word = strtok_r(NULL, " ", &place)); args++)
        arg[args] = bytes_of(word);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (!strcmp(name, calls[i].name))
            calls[i].make();
}

int main(int argc, char **argv)
{
    static char content[BYTES_MAX];
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    char *place, *line;

    if (!file)
        return 1;
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    fclose(file);
    if (shub_batch_new(&batch, NULL) != SHUB_OK)
        return 1;
    for (line = strtok_r(content, "\n", &place); line;
         line = strtok_r(NULL, "\n", &place)) {
        make_call(line);
        puts("====");
        shub_batch_clear(batch);
    }
    shub_batch_free(batch);
    return 0;
}
