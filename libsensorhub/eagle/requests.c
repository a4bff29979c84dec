/* Request bodies: one fragment without a prolog, an element a line. The manuals write
 * CRLF, the gateways take LF as well. MacId may be left out; the relay and the EAGLE-100
 * then mean their one meter (EAGLE REST API 1.0 p.5; EAGLE-200 Local API 1.0 p.10-13). */
#include <sensorhub/eagle.h>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"

#include <string.h>

static const struct {
    shub_eagle_command command;
    const char *name;
} commands[] = {
    {SHUB_EAGLE_GET_INSTANTANEOUS_DEMAND, "get_instantaneous_demand"},
    {SHUB_EAGLE_GET_CURRENT_SUMMATION, "get_current_summation"},
    {SHUB_EAGLE_GET_PRICE, "get_price"},
    {SHUB_EAGLE_GET_NETWORK_STATUS, "get_network_status"},
    {SHUB_EAGLE_GET_NETWORK_INFO, "get_network_info"},
    {SHUB_EAGLE_DEVICE_LIST, "device_list"},
    {SHUB_EAGLE_DEVICE_DETAILS, "device_details"},
    {SHUB_EAGLE_DEVICE_QUERY, "device_query"},
};

const char *shub_eagle_command_name(shub_eagle_command command)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].command == command)
            return commands[i].name;
    return NULL;
}

/* The body as it grows in the caller's memory; `len` counts also what did not fit. */
typedef struct writer {
    char *dst;
    size_t cap;
    size_t len;
} writer;

static void put(writer *w, shub_slice text)
{
    if (text.len && w->len < w->cap && text.len < w->cap - w->len)
        memcpy(w->dst + w->len, text.ptr, text.len);
    w->len += text.len;
}

static void put_text(writer *w, const char *text)
{
    put(w, shub_str(text));
}

static void put_escaped(writer *w, shub_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '&')
            put_text(w, "&amp;");
        else if (c == '<')
            put_text(w, "&lt;");
        else if (c == '>')
            put_text(w, "&gt;");
        else
            put(w, shub_bytes(&c, 1));
    }
}

static void put_element(writer *w, const char *name, shub_slice text)
{
    put_text(w, "<");
    put_text(w, name);
    put_text(w, ">");
    put_escaped(w, text);
    put_text(w, "</");
    put_text(w, name);
    put_text(w, ">\n");
}

static void put_device(writer *w, const shub_eagle_request_options *opts)
{
    put_text(w, "<DeviceDetails>\n");
    put_element(w, "HardwareAddress", opts->hardware_address);
    put_text(w, "</DeviceDetails>\n");
}

static void put_variables(writer *w, const shub_eagle_request_options *opts)
{
    put_text(w, "<Component>\n");
    put_element(w, "Name", opts->component.len ? opts->component : SHUB_LIT("Main"));
    put_text(w, "<Variables>\n");
    for (size_t i = 0; i < opts->variable_count; i++) {
        put_text(w, "<Variable>\n");
        put_element(w, "Name", opts->variables[i]);
        put_text(w, "</Variable>\n");
    }
    put_text(w, "</Variables>\n</Component>\n");
}

static void put_components(writer *w, const shub_eagle_request_options *opts)
{
    put_text(w, "<Components>\n");
    if (opts->variable_count)
        put_variables(w, opts);
    else
        put_element(w, "All", SHUB_LIT("Y"));
    put_text(w, "</Components>\n");
}

static void put_command(writer *w, shub_eagle_command command,
                        const shub_eagle_request_options *opts)
{
    put_text(w, "<Command>\n");
    put_element(w, "Name", shub_str(shub_eagle_command_name(command)));
    if (command < SHUB_EAGLE_DEVICE_LIST && opts->mac_id.len)
        put_element(w, "MacId", opts->mac_id);
    if (command > SHUB_EAGLE_DEVICE_LIST)
        put_device(w, opts);
    if (command == SHUB_EAGLE_DEVICE_QUERY)
        put_components(w, opts);
    if (opts->json)
        put_element(w, "Format", SHUB_LIT("JSON"));
    put_text(w, "</Command>");
}

/* Bytes before the first character outside the Char of XML 1.0 section 2.2. */
static size_t xml_chars(shub_slice text)
{
    size_t valid = shub__utf8_valid(text);

    for (size_t i = 0; i < valid; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return i;
        /* U+FFFE and U+FFFF */
        if (c == 0xef && !memcmp(text.ptr + i, "\xef\xbf", 2) &&
            (unsigned char)text.ptr[i + 2] >= 0xbe)
            return i;
    }
    return valid;
}

static shub_status check_text(shub_slice text, const char *what, shub_error *err)
{
    size_t good = xml_chars(text);

    if (good == text.len)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_CONTENT, (int64_t)good,
                      "%s: byte 0x%02x is no character of XML 1.0", what,
                      (unsigned char)text.ptr[good]);
}

static shub_status check_options(shub_eagle_command command,
                                 const shub_eagle_request_options *opts, shub_error *err)
{
    shub_status status;

    if (!shub_eagle_command_name(command))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "no EAGLE command has number %d", (int)command);
    if (command > SHUB_EAGLE_DEVICE_LIST && !opts->hardware_address.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s needs a hardware_address",
                          shub_eagle_command_name(command));
    if ((status = check_text(opts->mac_id, "mac_id", err)) != SHUB_OK)
        return status;
    if ((status = check_text(opts->hardware_address, "hardware_address", err)) != SHUB_OK)
        return status;
    if ((status = check_text(opts->component, "component", err)) != SHUB_OK)
        return status;
    for (size_t i = 0; i < opts->variable_count; i++)
        if ((status = check_text(opts->variables[i], "variable", err)) != SHUB_OK)
            return shub__fail_at(err, status, (int64_t)i);
    return SHUB_OK;
}

shub_status shub_eagle_request(shub_eagle_command command,
                               const shub_eagle_request_options *opts, char *dst,
                               size_t cap, size_t *len, shub_error *err)
{
    shub_eagle_request_options known;
    size_t room = cap < SHUB_EAGLE_REQUEST_MAX ? cap : SHUB_EAGLE_REQUEST_MAX;
    writer w = {dst, room, 0};
    shub_status status;

    *len = 0;
    if (room)
        dst[0] = '\0';
    if ((status = shub__options_in(&known, sizeof known, opts, err)) != SHUB_OK ||
        (status = check_options(command, &known, err)) != SHUB_OK)
        return status;
    put_command(&w, command, &known);
    if (w.len >= room) {
        if (room)
            dst[0] = '\0';
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "request of %zu bytes, room for %zu", w.len + 1, room);
    }
    dst[w.len] = '\0';
    *len = w.len;
    return SHUB_OK;
}
