#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "eagle/reply.h"

/* How the gateways spell the fields of a message: fragments, RFA as seen and as its
 * manual has it, an EAGLE-200's variables, cgi_manager. */
static const char *const texts[] = {"Text", "Message", "zigbee:Message", "message_text",
                                    NULL};
static const char *const ids[] = {"Id", "MessageId", "zigbee:MessageId", "message_id",
                                  NULL};
static const char *const priorities[] = {
    "Priority", "MessagePriority", "zigbee:MessagePriority", "message_priority", NULL};
static const char *const queues[] = {"Queue", "message_queue", NULL};
static const char *const required[] = {"ConfirmationRequired",
                                       "zigbee:MessageConfirmationRequired",
                                       "message_confirm_required", NULL};
static const char *const confirmed[] = {"Confirmed", "zigbee:MessageConfirmed",
                                        "message_confirmed", NULL};

static shub_slice first_of(const shub_eagle_reading *reading, const char *const *names)
{
    shub_slice text = {NULL, 0};

    for (; *names && !text.len; names++)
        text = shub_eagle_reading_field(reading, shub_str(*names));
    return text;
}

static int is_yes(shub_slice text)
{
    return shub__equal_nocase(text, SHUB_LIT("Y")) ||
           shub__equal_nocase(text, SHUB_LIT("true"));
}

static uint64_t id_of(const shub_eagle_reading *reading)
{
    uint64_t id = 0;

    for (const char *const *name = ids; *name && !id; name++)
        (void)shub_eagle_reading_u64(reading, shub_str(*name), &id, NULL);
    return id;
}

static int has_messages(const shub_eagle_reading *reading)
{
    shub_slice name = shub_eagle_reading_name(reading);

    switch (reading->root) {
    case SHUB_EAGLE_ROOT_MESSAGE:
    case SHUB_EAGLE_ROOT_DEVICE:
    case SHUB_EAGLE_ROOT_SIMPLE:
    case SHUB_EAGLE_ROOT_CGI:
        return 1;
    case SHUB_EAGLE_ROOT_RFA:
        return shub__equal_nocase(name, SHUB_LIT("Message"));
    default:
        return 0;
    }
}

shub_status shub_eagle_reading_message(const shub_eagle_reading *reading,
                                       shub_eagle_message *message, shub_error *err)
{
    shub_eagle_message m = SHUB_EAGLE_MESSAGE_INIT;

    if (has_messages(reading))
        m.text = first_of(reading, texts);
    if (m.text.len) {
        m.priority = first_of(reading, priorities);
        m.queue = first_of(reading, queues);
        m.id = id_of(reading);
        m.confirmation_required = is_yes(first_of(reading, required));
        m.confirmed = is_yes(first_of(reading, confirmed));
    }
    shub__result_out(message, &m, sizeof m);
    return m.text.len ? SHUB_OK
                      : shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE, "no message");
}

/* ---- HTML ---------------------------------------------------------------------- */

/* The escapes of a message's Text (EAGLE Uploader API v6, MessageCluster). */
static const struct {
    const char *name;
    char character;
} escapes[] = {
    {"&gt;", '>'}, {"&lt;", '<'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&#39;", '\''}};

int shub__eagle_is_message_text(shub_slice name)
{
    for (const char *const *text = texts; *text; text++)
        if (shub__equal_nocase(name, shub_str(*text)))
            return 1;
    return 0;
}

size_t shub__eagle_unescape(char *text, size_t len)
{
    size_t out = 0;

    for (size_t i = 0; i < len; out++) {
        size_t skip = 1;
        text[out] = text[i];
        for (size_t k = 0; text[i] == '&' && k < sizeof escapes / sizeof *escapes; k++)
            if (shub__starts_with(shub_bytes(text + i, len - i),
                                  shub_str(escapes[k].name))) {
                text[out] = escapes[k].character;
                skip = shub_str(escapes[k].name).len;
                break;
            }
        i += skip;
    }
    text[out] = '\0';
    return out;
}
