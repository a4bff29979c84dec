/* sensorhub/webhook.h: signed calls of other services, verified, and made.
 *
 * Three ways of signing. All are over the bytes as they were sent: verify before anything
 * is parsed or written anew.
 *     shub_webhook_*          a header with a time and an HMAC-SHA256, of this library's
 *                             own; the call cannot be replayed
 *     shub_webhook_pipe_*     Pipe's recorder: HMAC-SHA1 over URL and JSON, in
 *                             X-Pipe-Signature
 *     shub_webhook_lambda_*   Lookit's Lambda: HMAC-SHA256 over the attributes of a
 *                             JSON:API document, in X-AWS-LAMBDA-HMAC-SIG
 *
 *     shub_slice secrets[] = {shub_str(secret), shub_str(the_one_before)};
 *     shub_webhook_options opts = SHUB_WEBHOOK_OPTIONS_INIT;
 *     opts.secrets = secrets;
 *     opts.secret_count = 2;
 *     opts.now_us = shub_now_us();
 *     opts.replay = replay;
 *     if (shub_webhook_verify(&opts, header, body, NULL, err) != SHUB_OK)
 *         answer(403);
 *
 * Whoever verifies names all secrets that hold, so that the sender can go from one to the
 * next. Each is tried, whichever fits, and compared in constant time. Secrets are in no
 * message.
 */
#ifndef SENSORHUB_WEBHOOK_H
#define SENSORHUB_WEBHOOK_H

#include <sensorhub/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUB_WEBHOOK_MAX_SECRETS 8 /* that hold at one time */

/* ---- with a time ---------------------------------------------------------------
 *
 * The header, which HTTP gives the name that sender and receiver agree on, here
 * X-Sensorhub-Signature:
 *
 *     t=1700000000,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd
 *
 * `t` is when it was signed, in Unix seconds; `v1` the lower-case hexadecimal HMAC-SHA256
 * of the digits of `t`, a '.', and the body. The items stand in any order, spaces around
 * them are allowed; `t` stands once, `v1` up to SHUB_WEBHOOK_MAX_SECRETS times, one for
 * each secret that the sender has; items of other names are passed over. */

#define SHUB_WEBHOOK_HEADER_MAX 1024 /* bytes of a header that is read */
#define SHUB_WEBHOOK_SIGN_MAX   96 /* bytes that always hold one written, NUL included */

/* How far `t` may be from `now_us` in either direction, when nothing else is said. */
#define SHUB_WEBHOOK_WINDOW_US     (300 * SHUB_SECOND_US)
#define SHUB_WEBHOOK_MAX_WINDOW_US (24 * SHUB_HOUR_US)

/* Remembers the calls that were verified, so that none is taken twice. */
typedef struct shub_webhook_replay shub_webhook_replay;

#define SHUB_WEBHOOK_REPLAY_CALLS     65536             /* when 0 is given */
#define SHUB_WEBHOOK_MAX_REPLAY_CALLS ((size_t)1 << 20) /* within two windows */

/* Makes a memory for `calls` calls within two windows; all of it, 64 to 128 bytes a call,
 * is allocated at once. It is the process's own: what one process took another does not
 * know. Errors: SHUB_E_INVALID (more than the maximum), SHUB_E_NOMEM. Lifetime: free with
 * shub_webhook_replay_free. */
SHUB_API shub_status shub_webhook_replay_new(size_t calls, shub_webhook_replay **replay,
                                             shub_error *err);
/* NULL is fine. */
SHUB_API void shub_webhook_replay_free(shub_webhook_replay *replay);

typedef struct shub_webhook_options {
    size_t size;
    const shub_slice *secrets; /* 1 to SHUB_WEBHOOK_MAX_SECRETS, none empty */
    size_t secret_count;
    int64_t now_us;
    int64_t window_us;           /* 0: SHUB_WEBHOOK_WINDOW_US */
    shub_webhook_replay *replay; /* NULL: a call may come again */
    int64_t reserved[4];
} shub_webhook_options;

#define SHUB_WEBHOOK_OPTIONS_INIT                                                        \
    {                                                                                    \
        sizeof(shub_webhook_options), NULL, 0, 0, 0, NULL,                               \
        {                                                                                \
            0, 0, 0, 0                                                                   \
        }                                                                                \
    }

#define SHUB_WEBHOOK_ID_MAX 33 /* bytes of a call's id, NUL included */

/* Verifies a call by its header and body. `id` (nullable) gets 32 hexadecimal digits that
 * are equal for copies of a call, whichever of its signatures they carry, and different
 * for two calls: for a memory that several processes share. Errors: SHUB_E_EMPTY (no
 * header), SHUB_E_FORMAT (a header that is none, err->pos the byte), SHUB_E_SIGNATURE (no
 * `v1` is of a secret), SHUB_E_SKEWED (`t` is outside the window), SHUB_E_REPLAYED (taken
 * before), SHUB_E_LIMIT (header, or more calls than the replay memory holds: this one is
 * not taken and may come again), SHUB_E_INVALID (secrets, a window that is too long or
 * not the one of the replay memory's first call), SHUB_E_NOMEM, SHUB_E_UNSUPPORTED (this
 * OpenSSL has no such HMAC). The signature is looked at first: of a call that is not
 * signed no more is said than that. */
SHUB_API shub_status shub_webhook_verify(const shub_webhook_options *opts,
                                         shub_slice header, shub_slice body,
                                         char id[SHUB_WEBHOOK_ID_MAX], shub_error *err);

/* Forgets a call by its id, so that a copy of it is taken: for one that was verified and
 * could not be handled after all. Errors: SHUB_E_FORMAT (no id), SHUB_E_NOT_FOUND. */
SHUB_API shub_status shub_webhook_replay_forget(shub_webhook_replay *replay,
                                                shub_slice id, shub_error *err);

/* Writes the header for a body signed at `now_us`, NUL-terminated; `len` is its length.
 * Errors: SHUB_E_INVALID (empty secret), SHUB_E_RANGE (before 1970), SHUB_E_LIMIT
 * (`cap`), SHUB_E_NOMEM, SHUB_E_UNSUPPORTED. */
SHUB_API shub_status shub_webhook_sign(shub_slice secret, int64_t now_us, shub_slice body,
                                       char *dst, size_t cap, size_t *len,
                                       shub_error *err);

/* ---- Pipe ----------------------------------------------------------------------
 *
 * X-Pipe-Signature is the base64 of the HMAC-SHA1, with Pipe's key, of the webhook's URL
 * as it was entered in Pipe, then the JSON as it was sent: behind a proxy that is neither
 * the URL nor the host of the request. (addpipe.com, "Signing webhooks".) The JSON is the
 * value of `payload` in a form, or all of a body of application/json. */

#define SHUB_WEBHOOK_PIPE_MAX 29 /* bytes of a signature, NUL included */

/* Verifies a call of Pipe's. Errors: SHUB_E_EMPTY (no signature), SHUB_E_FORMAT (no
 * base64 of 20 bytes), SHUB_E_SIGNATURE, SHUB_E_INVALID (secrets), SHUB_E_NOMEM,
 * SHUB_E_UNSUPPORTED. */
SHUB_API shub_status shub_webhook_pipe_verify(const shub_slice *secrets, size_t count,
                                              shub_slice url, shub_slice json,
                                              shub_slice signature, shub_error *err);

/* Signs as Pipe does: SHUB_WEBHOOK_PIPE_MAX bytes, NUL-terminated. Errors: SHUB_E_INVALID
 * (empty secret), SHUB_E_NOMEM, SHUB_E_UNSUPPORTED. */
SHUB_API shub_status shub_webhook_pipe_sign(shub_slice secret, shub_slice url,
                                            shub_slice json,
                                            char dst[SHUB_WEBHOOK_PIPE_MAX],
                                            shub_error *err);

/* Reads the first field of a name from a form (application/x-www-form-urlencoded, WHATWG
 * URL section 5.1) into `dst` of `cap` bytes, NUL-terminated; `len` is its length. A '%'
 * without two hexadecimal digits stands for itself. As many bytes as the body has, and
 * one, are always enough. Errors: SHUB_E_NOT_FOUND (no such field), SHUB_E_LIMIT (`cap`).
 */
SHUB_API shub_status shub_webhook_form_field(shub_slice body, shub_slice name, char *dst,
                                             size_t cap, size_t *len, shub_error *err);

/* ---- Lambda --------------------------------------------------------------------
 *
 * X-AWS-LAMBDA-HMAC-SIG is the lower-case hexadecimal HMAC-SHA256 of the attributes of a
 * JSON:API document, written as Python's json.dumps does without spaces, keys in the
 * order they were sent; `type`, `study` and `response` are left out. (lookit-api,
 * api/permissions.py.) */

#define SHUB_WEBHOOK_LAMBDA_MAX   65 /* bytes of a signature, NUL included */
#define SHUB_WEBHOOK_MAX_DOCUMENT ((size_t)1 << 20) /* bytes of a document */

/* Verifies a document by its signature. Errors: SHUB_E_EMPTY (no signature),
 * SHUB_E_FORMAT (no 64 hexadecimal digits; no JSON, err->pos), SHUB_E_TRUNCATED,
 * SHUB_E_CONTENT (a document without attributes), SHUB_E_RANGE (a number beyond doubles),
 * SHUB_E_LIMIT, SHUB_E_SIGNATURE, SHUB_E_INVALID (secrets), SHUB_E_NOMEM,
 * SHUB_E_UNSUPPORTED. */
SHUB_API shub_status shub_webhook_lambda_verify(const shub_slice *secrets, size_t count,
                                                shub_slice document, shub_slice signature,
                                                shub_error *err);

/* Signs a document as the Lambda does: SHUB_WEBHOOK_LAMBDA_MAX bytes, NUL-terminated.
 * Errors: as shub_webhook_lambda_verify. */
SHUB_API shub_status shub_webhook_lambda_sign(shub_slice secret, shub_slice document,
                                              char dst[SHUB_WEBHOOK_LAMBDA_MAX],
                                              shub_error *err);

#ifdef __cplusplus
}
#endif

#endif
