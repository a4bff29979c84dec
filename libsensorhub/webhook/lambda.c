/* Calls of Lookit's Lambda. (lookit-api, api/permissions.py: SignaturePermission.) */
#include <sensorhub/webhook.h>

#include "base/error.h"
#include "base/text.h"
#include "webhook/hmac.h"
#include "webhook/python_json.h"

#include <string.h>

/* "\x7f" is written as six bytes, "1e15" as eighteen. */
#define MESSAGE_MAX (6 * SHUB_WEBHOOK_MAX_DOCUMENT)

/* The document's relationships and its type, which Django hands on beside the attributes.
 */
static int is_left_out(shub_slice key)
{
    return shub__json_is(key, "type") || shub__json_is(key, "study") ||
           shub__json_is(key, "response");
}

static void write_attributes(shub__json *j, shub__buf *message)
{
    const char *before = "{";
    shub_slice key;

    shub__buf_cut(message, 0);
    shub__json_enter_object(j);
    while (shub__json_next_key(j, &key)) {
        if (is_left_out(key))
            continue;
        shub__buf_text(message, before);
        shub__python_string(key, message);
        shub__buf_byte(message, ':');
        shub__python_value(j, message);
        before = ",";
    }
    shub__buf_text(message, *before == '{' ? "{}" : "}");
}

/* Of doubled keys the last wins. */
static void read_data(shub__json *j, shub__buf *message)
{
    shub_slice key;

    shub__buf_cut(message, 0);
    shub__json_enter_object(j);
    while (shub__json_next_key(j, &key))
        if (shub__json_is(key, "attributes"))
            write_attributes(j, message);
}

static void read_document(shub__json *j, shub__buf *message)
{
    shub_slice key;

    shub__json_enter_object(j);
    while (shub__json_next_key(j, &key))
        if (shub__json_is(key, "data"))
            read_data(j, message);
}

/* What is signed. */
static shub_status write_message(shub_slice document, shub__buf *message, shub_error *err)
{
    shub__json j;
    shub__buf scratch;
    shub_status status;

    if (document.len > SHUB_WEBHOOK_MAX_DOCUMENT)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "a document of %zu bytes, at most %zu", document.len,
                          SHUB_WEBHOOK_MAX_DOCUMENT);
    shub__buf_init(&scratch, SHUB_WEBHOOK_MAX_DOCUMENT);
    shub__json_init(&j, document, &scratch);
    read_document(&j, message);
    status = shub__json_finish(&j, err);
    shub__buf_fini(&scratch);
    if (status == SHUB_OK)
        status = shub__buf_check(message, "message", err);
    if (status == SHUB_OK && !message->len)
        status =
            shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "a document without attributes");
    return status;
}

static shub_status read_signature(shub_slice text, unsigned char given[SHUB__SHA256_LEN],
                                  shub_error *err)
{
    size_t len;

    text = shub__trim(text);
    if (!text.len)
        return shub__fail(err, SHUB_E_EMPTY, SHUB_NONE, "no signature");
    if (shub__hex_read(text, given, SHUB__SHA256_LEN, &len) || len != SHUB__SHA256_LEN)
        return shub__fail(err, SHUB_E_FORMAT, SHUB_NONE,
                          "a signature that is no %d hexadecimal digits",
                          2 * SHUB__SHA256_LEN);
    return SHUB_OK;
}

shub_status shub_webhook_lambda_verify(const shub_slice *secrets, size_t count,
                                       shub_slice document, shub_slice signature,
                                       shub_error *err)
{
    unsigned char given[SHUB__SHA256_LEN];
    shub__hmacs hmacs;
    shub__buf message;
    shub_status status = read_signature(signature, given, err);

    if (status != SHUB_OK)
        return status;
    shub__buf_init(&message, MESSAGE_MAX);
    status = write_message(document, &message, err);
    if (status == SHUB_OK) {
        const shub_slice part = shub__buf_view(&message);
        status = shub__webhook_hmacs(SHUB__HMAC_SHA256, secrets, count,
                                     &(shub__hmac_text){&part, 1}, &hmacs, err);
    }
    shub__buf_fini(&message);
    if (status == SHUB_OK && !shub__webhook_matches(&hmacs, given))
        status = shub__fail(err, SHUB_E_SIGNATURE, SHUB_NONE,
                            "the signature is of no secret of ours");
    return status;
}

shub_status shub_webhook_lambda_sign(shub_slice secret, shub_slice document,
                                     char dst[SHUB_WEBHOOK_LAMBDA_MAX], shub_error *err)
{
    unsigned char hmac[SHUB__HMAC_LEN];
    shub__buf message;
    shub_status status;

    memset(dst, 0, SHUB_WEBHOOK_LAMBDA_MAX);
    shub__buf_init(&message, MESSAGE_MAX);
    status = write_message(document, &message, err);
    if (status == SHUB_OK) {
        const shub_slice part = shub__buf_view(&message);
        status = shub__webhook_hmac(SHUB__HMAC_SHA256, secret,
                                    &(shub__hmac_text){&part, 1}, hmac, err);
    }
    shub__buf_fini(&message);
    if (status == SHUB_OK)
        shub__hex_write(hmac, SHUB__SHA256_LEN, dst);
    return status;
}
