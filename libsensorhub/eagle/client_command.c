/* What a program asks for in place of a poll: a list of devices, or one command. */
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "eagle/client.h"

#include <string.h>

/* Who knows a command, and what it does. */
enum {
    POST = 0x1, /* the relay, and post_manager of an EAGLE-100 */
    E200 = 0x2, /* post_manager of an EAGLE-200 or EAGLE 3 */
    CGI = 0x4,  /* cgi_manager */
    REST = 0x8, /* the vendor's REST API */
    CHANGES = 0x10,
    ONCE = 0x20 /* a second time it may do something else */
};

/* Nobody here: port 5002, and get_profile_data, which only answers an upload. */
static const unsigned char commands[] = {
    [SHUB_EAGLE_GET_INSTANTANEOUS_DEMAND] = POST,
    [SHUB_EAGLE_GET_CURRENT_SUMMATION] = POST,
    [SHUB_EAGLE_GET_PRICE] = POST | CGI,
    [SHUB_EAGLE_GET_NETWORK_STATUS] = POST,
    [SHUB_EAGLE_GET_NETWORK_INFO] = POST | CGI,
    [SHUB_EAGLE_DEVICE_LIST] = E200,
    [SHUB_EAGLE_DEVICE_DETAILS] = E200,
    [SHUB_EAGLE_DEVICE_QUERY] = E200,
    [SHUB_EAGLE_WIFI_STATUS] = E200,
    [SHUB_EAGLE_LIST_NETWORK] = POST,
    [SHUB_EAGLE_GET_MESSAGE] = POST | CGI,
    [SHUB_EAGLE_GET_HISTORY_DATA] = POST,
    [SHUB_EAGLE_GET_SCHEDULE] = POST,
    [SHUB_EAGLE_GET_DEMAND_PEAKS] = POST,
    [SHUB_EAGLE_GET_MDNS_STATUS] = POST,
    [SHUB_EAGLE_GET_DEVICE_LIST] = CGI,
    [SHUB_EAGLE_GET_DEVICE_INFO] = CGI,
    [SHUB_EAGLE_GET_USAGE_DATA] = CGI,
    [SHUB_EAGLE_GET_HISTORICAL_DATA] = CGI,
    [SHUB_EAGLE_GET_PRICE_BLOCKS] = CGI,
    [SHUB_EAGLE_GET_SETTING_DATA] = CGI,
    [SHUB_EAGLE_GET_DEVICE_CONFIG] = CGI,
    [SHUB_EAGLE_GET_GATEWAY_INFO] = CGI,
    [SHUB_EAGLE_GET_TIMEZONE] = CGI,
    [SHUB_EAGLE_GET_TIME_SOURCE] = CGI,
    [SHUB_EAGLE_GET_UPLOADERS] = CGI,
    [SHUB_EAGLE_GET_UPLOADER] = CGI,
    [SHUB_EAGLE_GET_FAST_POLL_STATUS] = CGI,
    [SHUB_EAGLE_SET_FAST_POLL] = CGI | CHANGES,
    [SHUB_EAGLE_SET_SCHEDULE] = POST | CHANGES,
    [SHUB_EAGLE_CONFIRM_MESSAGE] = POST | CGI | CHANGES,
    [SHUB_EAGLE_SET_PRICE] = CGI | CHANGES,
    [SHUB_EAGLE_DEVICE_CONTROL] = E200 | CHANGES | ONCE,
    [SHUB_EAGLE_UPLOADER_ADD] = REST | CHANGES | ONCE,
    [SHUB_EAGLE_UPLOADER_DELETE] = REST | CHANGES | ONCE,
};

static unsigned traits_of(shub_eagle_command command)
{
    return (int)command > 0 && (size_t)command < sizeof commands ? commands[command] : 0;
}

/* ---- the command, kept --------------------------------------------------------- */

#define TEXTS 13 /* slices of the options and of an uploader */

static void texts_of(shub__eagle_sent *sent, shub_slice *texts[TEXTS])
{
    shub_eagle_request_options *o = &sent->opts;
    shub_eagle_uploader *u = &sent->uploader;
    shub_slice *const all[TEXTS] = {&o->mac_id, &o->hardware_address, &o->component,
                                    &o->event,  &o->period,           &o->price,
                                    &o->value,  &u->provider,         &u->description,
                                    &u->format, &u->hostname,         &u->path,
                                    &u->header};

    memcpy(texts, all, sizeof all);
}

static shub_slice keep(char **to, shub_slice text)
{
    char *start = *to;

    if (text.len)
        memcpy(start, text.ptr, text.len);
    *to += text.len + 1;
    return shub_bytes(start, text.len);
}

/* Bytes of it with its texts, each with a NUL behind; 0: more than there can be. */
static size_t size_of(shub__eagle_sent *from, const shub_slice *variables)
{
    shub_slice *texts[TEXTS];
    size_t size = sizeof *from, count = from->opts.variable_count, array;
    int fits = shub__size_mul(count, sizeof *variables + 1, &array) &&
               shub__size_add(size, array + TEXTS, &size);

    texts_of(from, texts);
    for (size_t i = 0; i < TEXTS; i++)
        fits = fits && shub__size_add(size, texts[i]->len, &size);
    for (size_t i = 0; fits && i < count; i++)
        fits = shub__size_add(size, variables[i].len, &size);
    return fits ? size : 0;
}

static shub__eagle_sent *copy(shub__eagle_sent *from)
{
    const shub_slice *variables = from->opts.variables;
    size_t count = from->opts.variable_count, size = size_of(from, variables);
    shub__eagle_sent *sent = size ? shub__calloc(1, size) : NULL;
    shub_slice *texts[TEXTS];
    char *to;

    if (!sent)
        return NULL;
    *sent = *from;
    sent->size = size;
    to = (char *)(sent->variables + count);
    texts_of(sent, texts);
    for (size_t i = 0; i < TEXTS; i++)
        *texts[i] = keep(&to, *texts[i]);
    for (size_t i = 0; i < count; i++)
        sent->variables[i] = keep(&to, variables[i]);
    sent->opts.variables = sent->variables;
    if (sent->opts.uploader)
        sent->opts.uploader = &sent->uploader;
    return sent;
}

void shub__eagle_forget_sent(shub_eagle *eagle)
{
    if (eagle->sent)
        shub__wipe(eagle->sent, eagle->sent->size);
    shub__free(eagle->sent);
    eagle->sent = NULL;
}

/* ---- what it is ---------------------------------------------------------------- */

/* Which of them a gateway of the transport has. */
static unsigned reachable(shub_eagle_transport transport)
{
    static const unsigned char reach[] = {
        [SHUB_EAGLE_AUTO] = POST | E200 | CGI,
        [SHUB_EAGLE_RELAY] = POST,
        [SHUB_EAGLE_100] = POST | CGI,
        [SHUB_EAGLE_200] = E200,
        [SHUB_EAGLE_CGI] = CGI,
    };

    return reach[transport] | REST;
}

static shub_status choose_place(const shub_eagle *eagle, shub__eagle_sent *sent,
                                shub_error *err)
{
    unsigned traits = traits_of(sent->command);
    unsigned at = traits & reachable(shub_eagle_transport_used(eagle));

    sent->changes = (traits & CHANGES) != 0;
    sent->once = (traits & ONCE) != 0;
    if (at & REST)
        sent->place = SHUB__EAGLE_AT_REST;
    else if (at & CGI && (sent->opts.local || !(at & (POST | E200))))
        sent->place = SHUB__EAGLE_AT_CGI;
    else if (at & (POST | E200))
        sent->place = SHUB__EAGLE_AT_POST;
    else if (shub_eagle_command_name(sent->command))
        return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE, "%s is no command for %s",
                          shub_eagle_command_name(sent->command),
                          traits ? "this transport" : "a gateway's HTTP");
    if (sent->place == SHUB__EAGLE_AT_REST && !eagle->opts.install_code)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "install_code is missing");
    return SHUB_OK;
}

/* The body is written when its turn has come and its addresses are known; what is wrong
 * with the options is said at once. */
static shub_status check(const shub__eagle_sent *sent, shub_error *err)
{
    static const shub_slice some = {"0x0000000000000000", 18};
    shub_eagle_request_options opts = sent->opts;
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_status status;
    size_t len;

    if (!opts.hardware_address.len && sent->command != SHUB_EAGLE_DEVICE_CONTROL)
        opts.hardware_address = some;
    if (!opts.mac_id.len)
        opts.mac_id = some;
    status = shub_eagle_request(sent->command, &opts, body, sizeof body, &len, err);
    shub__wipe(body, len);
    return status;
}

static shub_status take_options(const shub_eagle *eagle, shub_eagle_command command,
                                const shub_eagle_request_options *opts,
                                shub__eagle_sent *sent, shub_error *err)
{
    shub_status status = shub__options_in(&sent->opts, sizeof sent->opts, opts, err);

    sent->command = command;
    if (status == SHUB_OK && sent->opts.uploader)
        status = shub__options_in(&sent->uploader, sizeof sent->uploader,
                                  sent->opts.uploader, err);
    if (status == SHUB_OK)
        status = choose_place(eagle, sent, err);
    return status == SHUB_OK ? check(sent, err) : status;
}

const shub__eagle_sent *shub__eagle_own(const shub_eagle *eagle)
{
    const shub__eagle_sent *sent = eagle->sent;

    return sent && eagle->command == sent->command ? sent : NULL;
}

void shub__eagle_choose_sent(shub_eagle *eagle)
{
    const shub__eagle_sent *sent = eagle->sent;
    int device = sent->command == SHUB_EAGLE_DEVICE_DETAILS ||
                 sent->command == SHUB_EAGLE_DEVICE_QUERY;

    eagle->command = sent->command;
    eagle->place = sent->place;
    if (device && !sent->opts.hardware_address.len && !eagle->meter)
        eagle->command = SHUB_EAGLE_DEVICE_LIST;
    if (sent->place == SHUB__EAGLE_AT_CGI && !sent->opts.mac_id.len && !eagle->radio)
        eagle->command = SHUB_EAGLE_GET_DEVICE_LIST;
}

/* ---- calls --------------------------------------------------------------------- */

shub_status shub_eagle_start_list(shub_eagle *eagle, shub_error *err)
{
    shub_status status = shub__eagle_may_start(eagle, err);

    if (status != SHUB_OK)
        return status;
    eagle->listing = 1;
    shub__eagle_begin(eagle);
    return SHUB_OK;
}

shub_status shub_eagle_start_send(shub_eagle *eagle, shub_eagle_command command,
                                  const shub_eagle_request_options *opts, shub_error *err)
{
    shub__eagle_sent sent;
    shub_status status = shub__eagle_may_start(eagle, err);

    memset(&sent, 0, sizeof sent);
    if (status == SHUB_OK)
        status = take_options(eagle, command, opts, &sent, err);
    if (status != SHUB_OK)
        return status;
    eagle->sent = copy(&sent);
    if (!eagle->sent)
        return shub__fail_nomem(err);
    shub__eagle_begin(eagle);
    return SHUB_OK;
}

shub_status shub_eagle_take_reply(shub_eagle *eagle, shub_eagle_reply **reply,
                                  shub_error *err)
{
    *reply = NULL;
    if (shub__loop_check(eagle->loop, err) != SHUB_OK)
        return SHUB_E_FORKED;
    if (eagle->state != SHUB__EAGLE_DONE || !(eagle->listing || eagle->sent))
        return shub__fail(err, SHUB_E_AGAIN, SHUB_NONE, "%s",
                          eagle->state == SHUB__EAGLE_RUNNING ? "the answer is not there"
                                                              : "nothing was sent");
    eagle->state = SHUB__EAGLE_IDLE;
    eagle->listing = 0;
    shub__eagle_forget_sent(eagle);
    if (eagle->status == SHUB_OK && eagle->reply_count) {
        *reply = eagle->replies[--eagle->reply_count].reply;
        return SHUB_OK;
    }
    if (eagle->status != SHUB_OK && err)
        *err = eagle->err;
    return eagle->status;
}

shub_status shub_eagle_list(shub_eagle *eagle, shub_eagle_reply **reply, shub_error *err)
{
    shub_status status = shub_eagle_start_list(eagle, err);

    *reply = NULL;
    if (status == SHUB_OK)
        status = shub__eagle_wait(eagle, err);
    return status == SHUB_OK ? shub_eagle_take_reply(eagle, reply, err) : status;
}

shub_status shub_eagle_send(shub_eagle *eagle, shub_eagle_command command,
                            const shub_eagle_request_options *opts,
                            shub_eagle_reply **reply, shub_error *err)
{
    shub_status status = shub_eagle_start_send(eagle, command, opts, err);

    *reply = NULL;
    if (status == SHUB_OK)
        status = shub__eagle_wait(eagle, err);
    return status == SHUB_OK ? shub_eagle_take_reply(eagle, reply, err) : status;
}
