/* Request bodies: what is written is XML, and says what was asked for. The input is a
 * command, then texts with a NUL between them: MacId, hardware address, component,
 * variables. */
#include <sensorhub.h>

#include <stdlib.h>
#include <string.h>

#define VARIABLES_MAX 8

#define must(condition)                                                                  \
    do {                                                                                 \
        if (!(condition))                                                                \
            abort();                                                                     \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static shub_slice next_text(const char **p, const char *end)
{
    const char *begin = *p;
    const char *nul = begin < end ? memchr(begin, 0, (size_t)(end - begin)) : NULL;

    *p = nul ? nul + 1 : end;
    return shub_bytes(begin, (size_t)((nul ? nul : end) - begin));
}

/* XML gives white space back changed; texts of other characters must come back as they
 * were. */
static int plain(shub_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ')
            return 0;
    return 1;
}

static void check_body(shub_slice body, const char *field, shub_slice wanted)
{
    shub_eagle_reply *reply;
    const shub_eagle_reading *reading;

    must(shub_eagle_parse(body, &reply, NULL) == SHUB_OK);
    must(shub_eagle_reply_count(reply) == 1);
    reading = shub_eagle_reply_at(reply, 0);
    if (wanted.len && plain(wanted))
        must(
            shub_slice_equal(shub_eagle_reading_field(reading, shub_str(field)), wanted));
    shub_eagle_reply_free(reply);
}

static void check_json(shub_slice body)
{
    shub_eagle_reply *reply;

    must(shub_eagle_parse(body, &reply, NULL) == SHUB_OK);
    shub_eagle_reply_free(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_eagle_request_options opts = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    const char *p = (const char *)data;
    const char *end = p + len;
    shub_eagle_uploader uploader = SHUB_EAGLE_UPLOADER_INIT;
    shub_slice variables[VARIABLES_MAX];
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_command command = len ? (shub_eagle_command)(*p++ & 63) : 0;
    shub_status status;
    size_t n, again;

    opts.mac_id = next_text(&p, end);
    opts.hardware_address = next_text(&p, end);
    opts.component = next_text(&p, end);
    while (p < end && opts.variable_count < VARIABLES_MAX)
        variables[opts.variable_count++] = next_text(&p, end);
    opts.variables = variables;
    opts.json = (int32_t)(len & 1);
    opts.local = (int32_t)(len >> 1 & 1);
    opts.event = opts.period = opts.price = opts.value = opts.component;
    opts.start_us = opts.end_us = (int64_t)len * 1000000000000;
    opts.frequency_s = opts.duration_min = opts.count = (uint32_t)len & 31;
    opts.message_id = (uint32_t)len;
    opts.allow_control = 1;
    uploader.provider = opts.mac_id;
    uploader.hostname = opts.hardware_address;
    uploader.header = opts.component;
    uploader.port = (uint32_t)len;
    opts.uploader = &uploader;

    status = shub_eagle_request(command, &opts, body, sizeof body, &n, &err);
    must(n == (status ? 0 : strlen(body)));
    must(status ? err.code == status && err.message[0] != '\0' : n > 0);
    if (status)
        return 0;
    must(shub_eagle_request(command, &opts, body, n, &again, NULL) == SHUB_E_LIMIT);
    must(shub_eagle_request(command, &opts, body, n + 1, &again, NULL) == SHUB_OK);
    if (body[0] == '{') {
        check_json(shub_bytes(body, n));
        return 0;
    }
    if (strstr(body, "\n<MacId>"))
        check_body(shub_bytes(body, n), "MacId", opts.mac_id);
    else
        check_body(shub_bytes(body, n), "Name",
                   shub_str(shub_eagle_command_name(command)));
    if (strstr(body, "\n<HardwareAddress>"))
        check_body(shub_bytes(body, n), "HardwareAddress", opts.hardware_address);
    must(shub_eagle_upload_answer(command, &opts, body, sizeof body, &again, NULL) !=
         SHUB_E_LIMIT);
    return 0;
}
