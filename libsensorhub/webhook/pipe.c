/* Calls of Pipe's recorder. (addpipe.com, "Signing webhooks"; lookit-api
 * exp/views/video.py.) */
#include <sensorhub/webhook.h>

#include "base/error.h"
#include "base/text.h"
#include "webhook/hmac.h"

#include <assert.h>
#include <string.h>

shub_status shub_webhook_pipe_verify(const shub_slice *secrets, size_t count,
                                     shub_slice url, shub_slice json,
                                     shub_slice signature, shub_error *err)
{
    const shub_slice parts[] = {url, json};
    const shub__hmac_text signed_text = {parts, 2};
    unsigned char given[SHUB__SHA1_LEN];
    shub__hmacs hmacs;
    shub_status status;
    size_t len;

    signature = shub__trim(signature);
    if (!signature.len)
        return shub__fail(err, SHUB_E_EMPTY, SHUB_NONE, "no signature");
    if (shub__base64_read(signature, given, sizeof given, &len) || len != sizeof given)
        return shub__fail(err, SHUB_E_FORMAT, SHUB_NONE,
                          "a signature that is no base64 of %zu bytes", sizeof given);
    status =
        shub__webhook_hmacs(SHUB__HMAC_SHA1, secrets, count, &signed_text, &hmacs, err);
    if (status != SHUB_OK)
        return status;
    if (!shub__webhook_matches(&hmacs, given))
        return shub__fail(err, SHUB_E_SIGNATURE, SHUB_NONE,
                          "the signature is of no secret of ours, or of another URL");
    return SHUB_OK;
}

shub_status shub_webhook_pipe_sign(shub_slice secret, shub_slice url, shub_slice json,
                                   char dst[SHUB_WEBHOOK_PIPE_MAX], shub_error *err)
{
    const shub_slice parts[] = {url, json};
    const shub__hmac_text signed_text = {parts, 2};
    unsigned char hmac[SHUB__HMAC_LEN];
    shub_status status =
        shub__webhook_hmac(SHUB__HMAC_SHA1, secret, &signed_text, hmac, err);

    assert(shub__base64_size(SHUB__SHA1_LEN) == SHUB_WEBHOOK_PIPE_MAX - 1);
    memset(dst, 0, SHUB_WEBHOOK_PIPE_MAX);
    if (status == SHUB_OK)
        shub__base64_write(hmac, SHUB__SHA1_LEN, dst);
    return status;
}
