/* Calls that are not trusted: nothing but what was signed is verified, what is signed is,
 * places are in the text, and a document means the same written anew. */
#include <stdlib.h>
#include <string.h>

#include <sensorhub/webhook.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static const shub_slice secret = {"Sesame", 6};

/* The first line is the header, the rest the body. */
static void try_timed(shub_slice header, shub_slice body)
{
    shub_webhook_options opts = SHUB_WEBHOOK_OPTIONS_INIT;
    char ours[SHUB_WEBHOOK_SIGN_MAX];
    shub_error err = SHUB_ERROR_INIT;
    size_t size;

    opts.secrets = &secret;
    opts.secret_count = 1;
    opts.now_us = 1700000000 * SHUB_SECOND_US;
    shub_status status = shub_webhook_verify(&opts, header, body, NULL, &err);
    CHECK(err.pos >= SHUB_NONE && err.pos <= (int64_t)header.len);
    CHECK(err.code == status);
    CHECK(!shub_webhook_sign(secret, opts.now_us, body, ours, sizeof ours, &size, NULL));
    CHECK(!shub_webhook_verify(&opts, shub_bytes(ours, size), body, NULL, NULL));
}

static void try_pipe(shub_slice header, shub_slice body)
{
    char ours[SHUB_WEBHOOK_PIPE_MAX];
    shub_slice other = {body.ptr, body.len ? body.len - 1 : 0};

    CHECK(shub_webhook_pipe_verify(&secret, 1, SHUB_LIT("u"), body, header, NULL));
    CHECK(!shub_webhook_pipe_sign(secret, SHUB_LIT("u"), body, ours, NULL));
    CHECK(
        !shub_webhook_pipe_verify(&secret, 1, SHUB_LIT("u"), body, shub_str(ours), NULL));
    CHECK(!body.len || shub_webhook_pipe_verify(&secret, 1, SHUB_LIT("u"), other,
                                                shub_str(ours), NULL));
}

static void try_lambda(shub_slice body)
{
    char ours[SHUB_WEBHOOK_LAMBDA_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_webhook_lambda_sign(secret, body, ours, &err);

    CHECK(err.pos >= SHUB_NONE && err.pos <= (int64_t)body.len);
    CHECK((status == SHUB_OK) == (ours[0] != '\0'));
    if (!status)
        CHECK(!shub_webhook_lambda_verify(&secret, 1, body, shub_str(ours), NULL));
}

static void try_form(shub_slice name, shub_slice body)
{
    char *field = malloc(body.len + 1);
    size_t size;
    shub_status status =
        shub_webhook_form_field(body, name, field, body.len + 1, &size, NULL);

    CHECK(status == SHUB_OK || status == SHUB_E_NOT_FOUND);
    CHECK(size <= body.len && field[size] == '\0');
    free(field);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *end = len ? memchr(data, '\n', len) : NULL;
    size_t first = end ? (size_t)(end - data) : len;
    shub_slice header = {(const char *)data, first};
    shub_slice body = {(const char *)data + first + (end != NULL),
                       len - first - (end != NULL)};

    try_timed(header, body);
    try_pipe(header, body);
    try_lambda(body);
    try_form(header, body);
    return 0;
}
