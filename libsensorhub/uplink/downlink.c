/* Bodies of downlinks: The Things Stack's DownlinkQueueRequest, v2's and ChirpStack's
 * commands, and the queues of ChirpStack's HTTP interfaces. */
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/number.h"
#include "base/options.h"
#include "base/text.h"
#include "uplink/reading.h"

/* ID_MAX: lorawan-stack api/ttn/lorawan/v3/messages.proto, correlation_ids. */
enum { DOWNLINK_MAX = 242, ID_MAX = 100, PORT_MAX = 223 };

static void add_payload(shub__buf *out, shub_slice payload)
{
    char text[(DOWNLINK_MAX + 2) / 3 * 4];
    shub__base64_write(payload.ptr, payload.len, text);
    shub__buf_byte(out, '"');
    shub__buf_add(out, text, shub__base64_size(payload.len));
    shub__buf_byte(out, '"');
}

static void add_port(shub__buf *out, int32_t port)
{
    char text[SHUB__INT64_MAX];
    shub__buf_add(out, text, shub__int64_write(port, text));
}

static const char *truth(int32_t value)
{
    return value ? "true" : "false";
}

static void ttn_v3(shub__buf *out, const shub_uplink_downlink_options *o)
{
    if (!o->payload.len) {
        shub__buf_text(out, "{\"downlinks\":[]}");
        return;
    }
    shub__buf_text(out, "{\"downlinks\":[{\"f_port\":");
    add_port(out, o->port);
    shub__buf_text(out, ",\"frm_payload\":");
    add_payload(out, o->payload);
    shub__buf_text(out, ",\"priority\":");
    shub__json_quote(out, o->priority.len ? o->priority : SHUB_LIT("NORMAL"));
    if (o->confirmed)
        shub__buf_text(out, ",\"confirmed\":true");
    if (o->id.len) {
        shub__buf_text(out, ",\"correlation_ids\":[");
        shub__json_quote(out, o->id);
        shub__buf_byte(out, ']');
    }
    shub__buf_text(out, "}]}");
}

static void ttn_v2(shub__buf *out, const shub_uplink_downlink_options *o)
{
    shub__buf_text(out, "{\"port\":");
    add_port(out, o->port);
    shub__buf_text(out, ",\"confirmed\":");
    shub__buf_text(out, truth(o->confirmed));
    shub__buf_text(out, ",\"payload_raw\":");
    add_payload(out, o->payload);
    shub__buf_byte(out, '}');
}

/* What every body of ChirpStack's has, behind an opening brace. */
static void chirpstack(shub__buf *out, const shub_uplink_downlink_options *o)
{
    shub__buf_text(out, "\"confirmed\":");
    shub__buf_text(out, truth(o->confirmed));
    shub__buf_text(out, ",\"fPort\":");
    add_port(out, o->port);
    shub__buf_text(out, ",\"data\":");
    add_payload(out, o->payload);
    shub__buf_byte(out, '}');
}

/* The EUI of the body must be that of the topic, whose digits are lower-case. */
static void chirpstack_v4(shub__buf *out, const shub_uplink_downlink_options *o)
{
    shub__buf_text(out, "{\"devEui\":\"");
    for (size_t i = 0; i < o->dev_eui.len; i++)
        shub__buf_byte(out, shub__lower(o->dev_eui.ptr[i]));
    shub__buf_text(out, "\",");
    if (o->id.len) {
        shub__buf_text(out, "\"id\":");
        shub__json_quote(out, o->id);
        shub__buf_byte(out, ',');
    }
    chirpstack(out, o);
}

static void chirpstack_v3(shub__buf *out, const shub_uplink_downlink_options *o)
{
    shub__buf_byte(out, '{');
    chirpstack(out, o);
}

static void chirpstack_v4_http(shub__buf *out, const shub_uplink_downlink_options *o)
{
    shub__buf_text(out, "{\"queueItem\":{");
    chirpstack(out, o);
    shub__buf_byte(out, '}');
}

static void chirpstack_v3_http(shub__buf *out, const shub_uplink_downlink_options *o)
{
    shub__buf_text(out, "{\"deviceQueueItem\":{");
    chirpstack(out, o);
    shub__buf_byte(out, '}');
}

typedef void write_fn(shub__buf *out, const shub_uplink_downlink_options *o);
static write_fn *const forms[] = {NULL,
                                  ttn_v3,
                                  ttn_v2,
                                  chirpstack_v4,
                                  chirpstack_v3,
                                  chirpstack_v4_http,
                                  chirpstack_v3_http};

/* ---- what is allowed -------------------------------------------------------------- */

static int priority_known(shub_slice priority)
{
    static const char *const words[] = {"LOWEST",       "LOW",  "BELOW_NORMAL", "NORMAL",
                                        "ABOVE_NORMAL", "HIGH", "HIGHEST"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (shub__json_is(priority, words[i]))
            return 1;
    return !priority.len;
}

/* 8-4-4-4-12 hexadecimal digits. */
static int is_uuid(shub_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        int hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? text.ptr[i] != '-' : shub__hex_value(text.ptr[i]) < 0)
            return 0;
    }
    return text.len == 36;
}

/* ChirpStack v4 drops a command whose id is no UUID (chirpstack
 * src/integration/mod.rs). */
static shub_status check_ids(shub_uplink_form form, const shub_uplink_downlink_options *o,
                             shub_error *err)
{
    unsigned char eui[8];
    size_t len = 0;
    int is_v4 = form == SHUB_UPLINK_FORM_CHIRPSTACK_V4;
    if (is_v4 && (shub__hex_read(o->dev_eui, eui, sizeof eui, &len) || len != sizeof eui))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "\"%.*s\" is no EUI of 16 hexadecimal digits",
                          SHUB__SHOW(o->dev_eui));
    if (is_v4 && o->id.len && !is_uuid(o->id))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "the id \"%.*s\" is no UUID",
                          SHUB__SHOW(o->id));
    if (o->id.len > ID_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "an id of %zu bytes, at most %d",
                          o->id.len, ID_MAX);
    if (shub__utf8_valid(o->id) != o->id.len)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "an id that is not UTF-8");
    return SHUB_OK;
}

static shub_status check_options(shub_uplink_form form,
                                 const shub_uplink_downlink_options *o, shub_error *err)
{
    if (!priority_known(o->priority))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "unknown priority \"%.*s\"",
                          SHUB__SHOW(o->priority));
    if (!o->payload.len && form != SHUB_UPLINK_FORM_TTN_V3)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "a downlink without a payload");
    if (o->payload.len > DOWNLINK_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "a payload of %zu bytes, at most %d", o->payload.len,
                          DOWNLINK_MAX);
    if (o->payload.len && (o->port < 1 || o->port > PORT_MAX))
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE, "FPort %d, allowed are 1 to %d",
                          (int)o->port, PORT_MAX);
    return check_ids(form, o, err);
}

static shub_status write_body(shub_uplink_form form,
                              const shub_uplink_downlink_options *o, char *dst,
                              size_t cap, size_t *len, shub_error *err)
{
    shub__buf out;
    shub__buf_init(&out, SHUB_UPLINK_DOWNLINK_MAX);
    forms[form](&out, o);
    shub_status status = shub__buf_check(&out, "downlink", err);
    if (!status && out.len >= cap)
        status =
            shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "a body of %zu bytes, room for %zu",
                       out.len, cap ? cap - 1 : 0);
    if (!status) {
        memcpy(dst, out.ptr, out.len + 1);
        *len = out.len;
    }
    shub__buf_fini(&out);
    return status;
}

shub_status shub_uplink_downlink(shub_uplink_form form,
                                 const shub_uplink_downlink_options *opts, char *dst,
                                 size_t cap, size_t *len, shub_error *err)
{
    shub_uplink_downlink_options ours;
    *len = 0;
    if (cap)
        *dst = '\0';
    shub_status status = shub__options_in(&ours, sizeof ours, opts, err);
    if (status)
        return status;
    if (form < SHUB_UPLINK_FORM_TTN_V3 || form > SHUB_UPLINK_FORM_CHIRPSTACK_V3_HTTP)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "unknown form %d", (int)form);
    status = check_options(form, &ours, err);
    return status ? status : write_body(form, &ours, dst, cap, len, err);
}
