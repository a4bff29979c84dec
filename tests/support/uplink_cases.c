#include "support/uplink_cases.h"

#include "base/number.h"
#include "base/reader.h"
#include "base/text.h"
#include "support/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = 256 };

#define must(condition, ...)                                                             \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "uplink_cases.txt: " __VA_ARGS__);                           \
            exit(EXIT_FAILURE);                                                          \
        }                                                                                \
    } while (0)

static uplink_case cases[CASES];
static size_t count;

/* ---- what a document says ------------------------------------------------------------
 */

static void say(shub__buf *out, const char *name, shub_slice value)
{
    if (!value.len)
        return;
    shub__buf_text(out, name);
    shub__buf_byte(out, ' ');
    for (size_t i = 0; i < value.len; i++)
        shub__buf_byte(out, value.ptr[i] == '\n' ? ' ' : value.ptr[i]);
    shub__buf_byte(out, '\n');
}

static void say_word(shub__buf *out, const char *name, const char *word)
{
    say(out, name, shub_str(word));
}

static void say_int(shub__buf *out, const char *name, int64_t value, int64_t none)
{
    if (value != none)
        shub__buf_printf(out, "%s %" PRId64 "\n", name, value);
}

static void say_double(shub__buf *out, const char *name, double value)
{
    char text[SHUB__DOUBLE_MAX];
    say(out, name, shub_bytes(text, shub__double_write(value, text)));
}

static void say_payload(shub__buf *out, shub_slice payload)
{
    char *hex = malloc(2 * payload.len + 1);
    shub__hex_write(payload.ptr, payload.len, hex);
    say(out, "payload", shub_bytes(hex, 2 * payload.len));
    free(hex);
}

static void say_flags(shub__buf *out, uint32_t flags)
{
    if (flags & SHUB_UPLINK_CONFIRMED)
        shub__buf_text(out, "confirmed\n");
    if (flags & SHUB_UPLINK_SIMULATED)
        shub__buf_text(out, "simulated\n");
    if (flags & SHUB_UPLINK_RETRY)
        shub__buf_text(out, "retry\n");
}

static void say_signal(shub__buf *out, const shub_uplink *up)
{
    say(out, "gateway", up->gateway);
    say_int(out, "gateways", up->gateway_count, 0);
    if (up->flags & SHUB_UPLINK_HAS_SIGNAL) {
        say_double(out, "rssi", up->rssi_dbm);
        say_double(out, "snr", up->snr_db);
    }
    if (up->flags & SHUB_UPLINK_HAS_LOCATION) {
        say_double(out, "latitude", up->latitude);
        say_double(out, "longitude", up->longitude);
        say_double(out, "altitude", up->altitude_m);
    }
    if (up->flags & SHUB_UPLINK_HAS_BATTERY)
        say_double(out, "battery", up->battery);
    if (up->flags & SHUB_UPLINK_HAS_MARGIN)
        say_double(out, "margin", up->margin_db);
}

static void say_rate(shub__buf *out, const shub_uplink *up)
{
    say(out, "rate", up->rate);
    say_int(out, "rate_index", up->rate_index, SHUB_NONE);
    say_int(out, "spreading_factor", up->spreading_factor, 0);
    say_int(out, "bandwidth", up->bandwidth_hz, 0);
    say_int(out, "bit_rate", up->bit_rate, 0);
    say_int(out, "frequency", up->frequency_hz, 0);
}

void uplink_say(shub__buf *out, const shub_uplink *up)
{
    say_word(out, "dialect", shub_uplink_dialect_name(up->dialect));
    say_word(out, "event", shub_uplink_event_name(up->event));
    if (up->payload_status != SHUB_E_UNEXPECTED)
        say_word(out, "payload_status",
                 shub_status_name((shub_status)up->payload_status));
    say_flags(out, up->flags);
    say_word(out, "time_source", shub_uplink_time_name(up->time_source));
    say_int(out, "time", up->time_us, 0);
    say_int(out, "port", up->port, 0);
    say_int(out, "counter", up->counter, SHUB_NONE);
    say(out, "application", up->application);
    say(out, "tenant", up->tenant);
    say(out, "device", up->device);
    say(out, "name", up->name);
    say(out, "dev_eui", up->dev_eui);
    say(out, "dev_addr", up->dev_addr);
    say(out, "session", up->session);
    say_payload(out, up->payload);
    say(out, "object", up->object);
    say(out, "normalized", up->normalized);
    say(out, "text", up->text);
    say(out, "id", up->id);
    say_rate(out, up);
    say_signal(out, up);
}

static void say_refusal(shub__buf *out, shub_status status, const shub_error *err)
{
    shub__buf_printf(out, "refused %s %" PRId64 " %" PRId64 "\n",
                     shub_status_name(status), err->pos, err->index);
}

shub_status uplink_case_walk(const uplink_case *c, shub_slice body, shub__buf *facts,
                             shub_batch *batch)
{
    shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;
    shub_uplink_walk walk = {.body = body};
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_uplink_parser *parser;
    shub_status status = shub_uplink_parser_new(&parser, &err);
    int no_memory = status == SHUB_E_NOMEM;
    if (status)
        return status;
    opts.topic = shub_str(c->topic);
    opts.event = shub_str(c->event);
    opts.arrival_us = c->arrival_us;
    while (status != SHUB_E_NOT_FOUND && !no_memory) {
        status = shub_uplink_next(parser, &walk, &opts, &up, &err);
        if (status == SHUB_OK) {
            uplink_say(facts, &up);
            status = shub_uplink_samples(&up, batch, &err);
            if (status)
                shub__buf_printf(facts, "samples %s\n", shub_status_name(status));
        } else if (status != SHUB_E_NOT_FOUND) {
            say_refusal(facts, status, &err);
        }
        no_memory = status == SHUB_E_NOMEM;
    }
    shub_uplink_parser_free(parser);
    return no_memory ? SHUB_E_NOMEM : SHUB_OK;
}

/* ---- the file ------------------------------------------------------------------------
 */

static char *copy(shub_slice text)
{
    char *c = malloc(text.len + 1);
    if (text.len)
        memcpy(c, text.ptr, text.len);
    c[text.len] = '\0';
    return c;
}

static char escape(const char **p)
{
    switch (*++*p) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'x':
        *p += 2;
        return (char)(shub__hex_value((*p)[-1]) * 16 + shub__hex_value((*p)[0]));
    default:
        must(**p == '\\', "unknown escape %c\n", **p);
        return '\\';
    }
}

static void add_body(uplink_case *c, shub_slice text)
{
    char *joined = malloc(c->body.len + text.len + 1);
    size_t len = c->body.len;
    if (len)
        memcpy(joined, c->body.ptr, len);
    for (const char *p = text.ptr; p < text.ptr + text.len; p++)
        joined[len++] = *p == '\\' ? escape(&p) : *p;
    free((char *)c->body.ptr);
    c->body = shub_bytes(joined, len);
}

static void add_line(char **lines, shub_slice text)
{
    size_t len = strlen(*lines);
    char *joined = malloc(len + text.len + 2);
    memcpy(joined, *lines, len);
    if (text.len)
        memcpy(joined + len, text.ptr, text.len);
    memcpy(joined + len + text.len, "\n", 2);
    free(*lines);
    *lines = joined;
}

static void set(char **word, shub_slice text)
{
    free(*word);
    *word = copy(text);
}

static void begin(shub_slice name)
{
    uplink_case *c = &cases[count++];
    must(count <= CASES, "too many cases\n");
    c->name = copy(name);
    c->topic = copy(SHUB_LIT(""));
    c->event = copy(SHUB_LIT(""));
    c->facts = copy(SHUB_LIT(""));
    c->lines = copy(SHUB_LIT(""));
}

static void add(shub_slice what, shub_slice rest, shub_slice line)
{
    uplink_case *c = &cases[count - 1];
    if (shub_slice_equal(what, SHUB_LIT("body")))
        add_body(c, rest);
    else if (shub_slice_equal(what, SHUB_LIT("topic")))
        set(&c->topic, rest);
    else if (shub_slice_equal(what, SHUB_LIT("query")))
        set(&c->event, rest);
    else if (shub_slice_equal(what, SHUB_LIT("arrival")))
        c->arrival_us = strtoll(rest.ptr, NULL, 10);
    else if (shub_slice_equal(what, SHUB_LIT("line")))
        add_line(&c->lines, rest);
    else
        add_line(&c->facts, line);
}

static void read_cases(shub_slice text)
{
    shub__reader r;
    shub_slice line, what, rest;
    shub__reader_init(&r, text.ptr, text.len);
    while (shub__read_line(&r, &line)) {
        if (!line.len || line.ptr[0] == '#')
            continue;
        shub__cut(line, ' ', &what, &rest);
        if (shub_slice_equal(what, SHUB_LIT("case"))) {
            begin(rest);
            continue;
        }
        must(count > 0, "no case yet\n");
        add(what, rest, line);
    }
}

size_t uplink_case_count(void)
{
    char path[4096];
    char *text;
    size_t len;
    if (count)
        return count;
    snprintf(path, sizeof path, "%s/tests/vectors/uplink_cases.txt",
             getenv("SHUB_SOURCE") ? getenv("SHUB_SOURCE") : "..");
    text = read_whole(path, &len);
    must(text, "no file %s\n", path);
    read_cases(shub_bytes(text, len));
    free(text);
    say_rows(path, count);
    return count;
}

const uplink_case *uplink_case_at(size_t i)
{
    return i < uplink_case_count() ? &cases[i] : NULL;
}
