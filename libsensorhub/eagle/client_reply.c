#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "eagle/client.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX  101 /* bytes of a gateway's words in a message, NUL included */
#define SECRET_MIN 4   /* bytes; to hide shorter ones would make stars of every message */

const shub__eagle_question shub__eagle_reads[SHUB__EAGLE_READS] = {
    {SHUB_EAGLE_READ_DEMAND, SHUB_EAGLE_GET_INSTANTANEOUS_DEMAND, SHUB_EAGLE_ROOT_DEMAND},
    {SHUB_EAGLE_READ_SUMMATION, SHUB_EAGLE_GET_CURRENT_SUMMATION,
     SHUB_EAGLE_ROOT_SUMMATION},
    {SHUB_EAGLE_READ_PRICE, SHUB_EAGLE_GET_PRICE, SHUB_EAGLE_ROOT_PRICE},
    {SHUB_EAGLE_READ_NETWORK, SHUB_EAGLE_GET_NETWORK_STATUS, SHUB_EAGLE_ROOT_NETWORK},
};

/* ---- a gateway's own words ----------------------------------------------------- */

/* The token in "X-Token: ...", which an uploader is to send. */
static shub_slice header_secret(const shub_eagle *eagle)
{
    shub_slice name, value = {NULL, 0};

    if (eagle->sent)
        (void)shub__cut(eagle->sent->uploader.header, ':', &name, &value);
    return shub__trim(value);
}

/* Length of the credential that the text begins with, or 0: gateways may repeat what they
 * were sent, headers too. */
static size_t secret_at(const shub_eagle *eagle, shub_slice text)
{
    const shub_slice secrets[] = {shub_str(eagle->opts.install_code),
                                  shub_str(eagle->opts.password),
                                  shub_str(eagle->opts.user), header_secret(eagle)};
    size_t i;

    for (i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (secrets[i].len >= SECRET_MIN && shub__starts_with(text, secrets[i]))
            return secrets[i].len;
    if (!eagle->opts.install_code ||
        !shub__starts_with(text, shub_bytes(eagle->basic, sizeof eagle->basic)))
        return 0;
    for (i = sizeof eagle->basic; i < text.len && !shub__is_space(text.ptr[i]); i++)
        ;
    return i;
}

void shub__eagle_mask(const shub_eagle *eagle, char *text)
{
    for (; *text; text++) {
        size_t len = secret_at(eagle, shub_str(text));

        if (len) {
            *text = '*';
            memmove(text + 1, text + len, strlen(text + len) + 1);
        }
    }
}

/* The first line of a body that says something, without its tags, as printable ASCII. */
static void first_words(const shub_eagle *eagle, shub_slice body, char dst[WORDS_MAX])
{
    size_t len = 0, skip;
    int in_tag = 0;

    for (; body.len && len < WORDS_MAX - 1; body.ptr += skip, body.len -= skip) {
        char c = *body.ptr;

        skip = secret_at(eagle, body);
        if (skip)
            c = '*';
        else
            skip = 1;
        if (c == '\n' && len && !in_tag)
            break;
        if (c == '<')
            in_tag = 1;
        if (in_tag || shub__is_space(c)) {
            in_tag = in_tag && c != '>';
            if (len && dst[len - 1] != ' ')
                dst[len++] = ' ';
            continue;
        }
        dst[len++] = (char)(c > 0x20 && c < 0x7f ? c : '?');
    }
    if (len && dst[len - 1] == ' ')
        len--;
    dst[len] = '\0';
}

/* ---- statuses ------------------------------------------------------------------ */

static shub_status fail_http(const shub_eagle *eagle, const shub__http_result *result,
                             shub_error *err)
{
    const char *name = shub_eagle_command_name(eagle->command);
    int code = result->http_status;
    int there = code == 409 && eagle->place == SHUB__EAGLE_AT_REST;
    shub_status status = there                        ? SHUB_E_EXISTS
                         : code == 401 || code == 403 ? SHUB_E_AUTH
                         : code == 429 || code == 503 ? SHUB_E_OVERLOADED
                         : code / 100 == 3            ? SHUB_E_REDIRECT
                                                      : SHUB_E_HTTP;
    char words[WORDS_MAX];

    first_words(eagle, result->body, words);
    if (status == SHUB_E_REDIRECT)
        return shub__fail(err, status, SHUB_NONE, "%s: HTTP %d to %.*s not followed",
                          name, code, SHUB__SHOW(result->redirect));
    return shub__fail(err, status, SHUB_NONE, "%s: HTTP %d%s%s", name, code,
                      words[0] ? ": " : "", words);
}

static shub_status fail_remote(const shub_eagle *eagle, const shub__http_result *result,
                               shub_error *err)
{
    char words[WORDS_MAX];

    first_words(eagle, result->body, words);
    return shub__fail(err, SHUB_E_REMOTE, SHUB_NONE, "%s: %s",
                      shub_eagle_command_name(eagle->command),
                      words[0] ? words : "an Error without a text");
}

static shub_status fail_unexpected(const shub_eagle *eagle, const shub_eagle_reply *reply,
                                   shub_error *err)
{
    const shub_eagle_reading *first = shub_eagle_reply_at(reply, 0);
    shub_slice name = first ? shub_eagle_reading_name(first) : shub_str("an empty list");

    if (!name.len) /* flat JSON has no root */
        name = shub_str("fields of something else");
    return shub__fail(err, SHUB_E_UNEXPECTED, SHUB_NONE, "%s was answered by %.*s",
                      shub_eagle_command_name(eagle->command), SHUB__SHOW(name));
}

int shub__eagle_is_missing(const shub_error *err)
{
    return err->code == SHUB_E_HTTP && err->http_status == 404;
}

int shub__eagle_is_foreign(shub_status status)
{
    return status == SHUB_E_UNEXPECTED || status == SHUB_E_EMPTY ||
           status == SHUB_E_FORMAT || status == SHUB_E_REMOTE;
}

/* ---- replies ------------------------------------------------------------------- */

static int has_root(const shub_eagle_reply *reply, shub_eagle_root root)
{
    const shub_eagle_reading *reading;
    size_t i;

    for (i = 0; (reading = shub_eagle_reply_at(reply, i)) != NULL; i++)
        if (shub_eagle_reading_root(reading) == root)
            return 1;
    return 0;
}

/* The first of "device_mac_id[0]", "[1]", ... that is there: lists of cgi_manager may
 * have holes. */
static shub_slice first_radio(const shub_eagle_reply *list)
{
    const shub_eagle_reading *reading = shub_eagle_reply_at(list, 0);
    shub_slice name, value, unit;
    size_t i;

    for (i = 0; shub_eagle_reading_field_at(reading, i, &name, &value, &unit); i++)
        if (value.len && shub__starts_with(name, SHUB_LIT("device_mac_id[")))
            return value;
    return shub_bytes(NULL, 0);
}

static shub_slice cgi_field(const shub_eagle_reply *reply, const char *name)
{
    return shub_eagle_reading_field(shub_eagle_reply_at(reply, 0), shub_str(name));
}

/* Of the flat JSON that cgi_manager answers everything by. */
static int is_expected_cgi(const shub_eagle *eagle, const shub_eagle_reply *reply)
{
    if (shub_eagle_reply_family(reply) != SHUB_EAGLE_FAMILY_CGI)
        return 0;
    if (eagle->command == SHUB_EAGLE_GET_DEVICE_LIST)
        return first_radio(reply).len > 0;
    if (eagle->command == SHUB_EAGLE_GET_USAGE_DATA)
        return cgi_field(reply, "meter_status").len || cgi_field(reply, "demand").len;
    return 1;
}

static int is_expected(const shub_eagle *eagle, const shub_eagle_reply *reply)
{
    shub_eagle_family family = shub_eagle_reply_family(reply);
    size_t i;

    if (eagle->place == SHUB__EAGLE_AT_CGI)
        return is_expected_cgi(eagle, reply);
    if (eagle->command == SHUB_EAGLE_DEVICE_LIST)
        return family == SHUB_EAGLE_FAMILY_DEVICE_LIST;
    if (eagle->command == SHUB_EAGLE_DEVICE_QUERY ||
        eagle->command == SHUB_EAGLE_DEVICE_DETAILS)
        return family == SHUB_EAGLE_FAMILY_DEVICE;
    for (i = 0; i < SHUB__EAGLE_READS; i++)
        if (shub__eagle_reads[i].command == eagle->command)
            return has_root(reply, shub__eagle_reads[i].root);
    return family == SHUB_EAGLE_FAMILY_FRAGMENT;
}

static int has_value(const shub_eagle_reading *reading)
{
    shub_slice name, value, unit;
    size_t i;

    for (i = 0; shub_eagle_reading_field_at(reading, i, &name, &value, &unit); i++)
        if (value.len && shub__starts_with(name, SHUB_LIT("zigbee:")))
            return 1;
    return 0;
}

/* An EAGLE-200 whose meter is away answers with another ConnectionStatus, or with a
 * Device that has no component (seen on EAGLE 3). */
static shub_status check_joined(const shub_eagle_reply *reply, shub_error *err)
{
    const shub_eagle_reading *reading;
    int values = 0;
    size_t i;

    for (i = 0; (reading = shub_eagle_reply_at(reply, i)) != NULL; i++) {
        shub_slice says = shub_eagle_reading_field(reading, SHUB_LIT("ConnectionStatus"));

        if (shub_eagle_reading_connected(reading) == 0)
            return shub__fail(err, SHUB_E_NOT_JOINED, SHUB_NONE, "the meter is \"%.*s\"",
                              SHUB__SHOW(says));
        values |= has_value(reading);
    }
    if (!values)
        return shub__fail(err, SHUB_E_NOT_JOINED, SHUB_NONE, "the meter has no values");
    return SHUB_OK;
}

static shub_status check_cgi_joined(const shub_eagle_reply *reply, shub_error *err)
{
    shub_slice says = cgi_field(reply, "meter_status");

    if (shub_eagle_reading_connected(shub_eagle_reply_at(reply, 0)) == 0)
        return shub__fail(err, SHUB_E_NOT_JOINED, SHUB_NONE, "the meter is \"%.*s\"",
                          SHUB__SHOW(says));
    return SHUB_OK;
}

/* cgi_manager says "set_price_status": "success", or what was wrong. */
static shub_status check_success(const shub_eagle *eagle, const shub_eagle_reply *reply,
                                 shub_error *err)
{
    const char *command = shub_eagle_command_name(eagle->command);
    char name[64];
    shub_slice says;

    (void)snprintf(name, sizeof name, "%s_status", command);
    says = cgi_field(reply, name);
    if (!says.len || shub__equal_nocase(says, SHUB_LIT("success")))
        return SHUB_OK;
    return shub__fail(err, SHUB_E_REMOTE, SHUB_NONE, "%s: %.*s", command,
                      SHUB__SHOW(says));
}

/* What changes something is answered by nothing, or by what no document tells; of the
 * REST API its HTTP status counts. */
static shub_status judge_change(const shub_eagle *eagle, const shub__http_result *result,
                                shub_eagle_reply **reply, shub_error *err)
{
    shub_error ours = SHUB_ERROR_INIT;
    shub_status status = shub_eagle_parse(result->body, reply, &ours);

    if (status == SHUB_E_EMPTY ||
        (eagle->place == SHUB__EAGLE_AT_REST && status != SHUB_E_NOMEM))
        return SHUB_OK;
    if (status == SHUB_E_REMOTE)
        return fail_remote(eagle, result, err);
    if (status == SHUB_OK && eagle->place == SHUB__EAGLE_AT_CGI)
        return check_success(eagle, *reply, err);
    *err = ours;
    return status;
}

static shub_status judge_body(const shub_eagle *eagle, const shub__http_result *result,
                              shub_eagle_reply **reply, shub_error *err)
{
    const shub__eagle_sent *own = shub__eagle_own(eagle);
    shub_status status;

    if (own && own->changes)
        return judge_change(eagle, result, reply, err);
    status = shub_eagle_parse(result->body, reply, err);
    if (status == SHUB_E_REMOTE)
        return fail_remote(eagle, result, err);
    if (status != SHUB_OK)
        return status;
    if (!is_expected(eagle, *reply))
        return fail_unexpected(eagle, *reply, err);
    if (own)
        return SHUB_OK;
    if (eagle->command == SHUB_EAGLE_DEVICE_QUERY)
        return check_joined(*reply, err);
    return eagle->command == SHUB_EAGLE_GET_USAGE_DATA ? check_cgi_joined(*reply, err)
                                                       : SHUB_OK;
}

shub_status shub__eagle_judge(const shub_eagle *eagle, const shub__http_result *result,
                              shub_eagle_reply **reply, shub_error *err)
{
    shub_status status;

    *reply = NULL;
    if (result->status != SHUB_OK) {
        *err = *result->err;
        status = result->status;
    } else if (result->http_status / 100 != 2) {
        status = fail_http(eagle, result, err);
    } else {
        status = judge_body(eagle, result, reply, err);
    }
    if (status == SHUB_OK)
        return SHUB_OK;
    shub_eagle_reply_free(*reply);
    *reply = NULL;
    err->http_status = result->http_status;
    err->retry_after_us = result->retry_after_us;
    shub__eagle_mask(eagle, err->message);
    return status;
}

/* ---- the meter ----------------------------------------------------------------- */

static shub_slice without_0x(shub_slice address)
{
    if (shub__starts_with(address, SHUB_LIT("0x")) ||
        shub__starts_with(address, SHUB_LIT("0X")))
        return shub_bytes(address.ptr + 2, address.len - 2);
    return address;
}

static int is_wanted(const shub_eagle *eagle, const shub_eagle_reading *device)
{
    shub_slice address = shub_eagle_reading_field(device, SHUB_LIT("HardwareAddress"));
    shub_slice model = shub_eagle_reading_field(device, SHUB_LIT("ModelId"));

    if (eagle->opts.meter)
        return shub__equal_nocase(without_0x(address),
                                  without_0x(shub_str(eagle->opts.meter)));
    return address.len && shub__equal_nocase(model, SHUB_LIT("electric_meter"));
}

static const shub_eagle_reading *best_meter(const shub_eagle *eagle,
                                            const shub_eagle_reply *list)
{
    /* By shub_eagle_reading_connected: says no, says nothing, says yes. */
    static const int ranks[] = {2, 1, 3};
    const shub_eagle_reading *device, *best = NULL;
    int best_rank = 0;
    size_t i;

    for (i = 0; (device = shub_eagle_reply_at(list, i)) != NULL; i++) {
        int rank = ranks[shub_eagle_reading_connected(device) + 1];

        if (rank > best_rank && is_wanted(eagle, device)) {
            best = device;
            best_rank = rank;
        }
    }
    return best;
}

shub_status shub__eagle_choose_meter(const shub_eagle *eagle,
                                     const shub_eagle_reply *list, char **meter,
                                     shub_error *err)
{
    const shub_eagle_reading *best = best_meter(eagle, list);
    shub_slice address, says;

    *meter = NULL;
    if (!best)
        return shub__fail(err, SHUB_E_NOT_JOINED, SHUB_NONE, "device_list names no %s %s",
                          eagle->opts.meter ? "device" : "electric",
                          eagle->opts.meter ? eagle->opts.meter : "meter");
    address = shub_eagle_reading_field(best, SHUB_LIT("HardwareAddress"));
    says = shub_eagle_reading_field(best, SHUB_LIT("ConnectionStatus"));
    if (shub_eagle_reading_connected(best) == 0)
        return shub__fail(err, SHUB_E_NOT_JOINED, SHUB_NONE, "meter %.*s is \"%.*s\"",
                          SHUB__SHOW(address), SHUB__SHOW(says));
    *meter = shub__strndup(address.ptr, address.len);
    return *meter ? SHUB_OK : shub__fail_nomem(err);
}

shub_status shub__eagle_choose_radio(const shub_eagle_reply *list, char **radio,
                                     shub_error *err)
{
    shub_slice first = first_radio(list);

    *radio = shub__strndup(first.ptr, first.len);
    return *radio ? SHUB_OK : shub__fail_nomem(err);
}
