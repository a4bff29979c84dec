/* What those answer that hand keys out: JSON of every kind, XML of the token service; and
 * command lines. Keys that are taken may stand in a header. */
#include "base/process.h"
#include "s3/metadata.h"
#include "s3/sts.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                               \
    do {                                                                                 \
        if (!(condition))                                                                \
            abort();                                                                     \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_word(const char *text)
{
    for (; text && *text; text++)
        REQUIRE(*text > ' ' && *text <= '~');
}

static void check(shub_status status, shub__s3_keys *keys, const shub_error *err)
{
    if (status == SHUB_OK) {
        REQUIRE(keys->access_key && keys->secret_key);
        check_word(keys->access_key);
        check_word(keys->session_token);
    } else {
        REQUIRE(err->code == status && !keys->access_key && !keys->secret_key);
    }
    shub__s3_keys_fini(keys);
}

static void check_words(shub_slice line)
{
    shub__words words;
    size_t len = 0;

    if (shub__words_split(&words, line, NULL))
        return;
    REQUIRE(words.count && words.at[0][0] && !words.at[words.count]);
    for (size_t i = 0; i < words.count; i++)
        len += strlen(words.at[i]);
    REQUIRE(len <= line.len);
    shub__words_fini(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    shub_slice body = shub_bytes(data, size);
    char name[SHUB__S3_ROLE_NAME_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_keys keys;
    int again;

    for (int kind = SHUB__S3_METADATA_INSTANCE; kind <= SHUB__S3_METADATA_PROCESS; kind++)
        check(shub__s3_metadata_read((shub__s3_metadata)kind, body, &keys, &err), &keys,
              &err);
    check(shub__sts_read(200, body, &keys, &again, &err), &keys, &err);
    check(shub__sts_read(403, body, &keys, &again, &err), &keys, &err);
    if (!shub__s3_role_name_read(body, name, NULL))
        REQUIRE(name[0] && !strpbrk(name, "/?#% \n"));
    check_words(body);
    return 0;
}
