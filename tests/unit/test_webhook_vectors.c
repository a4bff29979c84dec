/* Lookit's calls in $SENSORHUB_VECTORS/lookit. Skipped when the variable is not set;
 * webhook_cases.txt restates what they teach. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/suite.h"

static json_t *lookit;

static shub_slice text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return shub_bytes(json_string_value(value), json_string_length(value));
}

START_TEST(test_lookit_pipe)
{
    const json_t *call, *all = json_object_get(lookit, "pipe_webhooks");
    size_t i, len;

    json_array_foreach(all, i, call)
    {
        shub_slice key = text_of(call, "key"), json = text_of(call, "payload_json");
        char *field = malloc(text_of(call, "body").len + 1);
        ck_status(shub_webhook_form_field(text_of(call, "body"), SHUB_LIT("payload"),
                                          field, text_of(call, "body").len + 1, &len,
                                          NULL),
                  SHUB_OK);
        ck_assert(shub_slice_equal(shub_bytes(field, len), json));
        ck_status(shub_webhook_pipe_verify(&key, 1, text_of(call, "url"), json,
                                           text_of(call, "x_pipe_signature"), NULL),
                  SHUB_OK);
        free(field);
    }
    ck_assert_uint_eq(i, 2);
}
END_TEST

START_TEST(test_lookit_lambda)
{
    const json_t *call = json_object_get(lookit, "lambda_post");
    char *body = json_dumps(json_object_get(call, "body"), JSON_INDENT(2));
    shub_slice key = text_of(call, "key");

    ck_status(shub_webhook_lambda_verify(&key, 1, shub_str(body),
                                         text_of(call, "hmac_sha256_hex"), NULL),
              SHUB_OK);
    free(body);
}
END_TEST

int main(void)
{
    const char *folder = getenv("SENSORHUB_VECTORS");
    char path[4096];
    Suite *suite;
    TCase *tcase;
    int code;

    if (!folder) {
        puts("SENSORHUB_VECTORS is not set");
        return 77;
    }
    snprintf(path, sizeof path, "%s/lookit/webhooks.json", folder);
    lookit = json_load_file(path, 0, NULL);
    if (!lookit) {
        printf("%s cannot be read\n", path);
        return EXIT_FAILURE;
    }
    suite = suite_create("webhook_vectors");
    tcase = tcase_create("vectors");
    tcase_add_test(tcase, test_lookit_pipe);
    tcase_add_test(tcase, test_lookit_lambda);
    suite_add_tcase(suite, tcase);
    code = suite_run(suite);
    json_decref(lookit);
    return code;
}
