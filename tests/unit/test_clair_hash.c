/* The hash that makes the ids of nodes, of texts whose hash is known. */
#include "clair/sha256.h"

#include "base/text.h"
#include "support/suite.h"

static const struct {
    const char *text, *hash;
} known[] = {
    /* NIST's example of one block, and the empty message of its SHA256ShortMsg.rsp. */
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    /* As long as it may be: the length stands right behind it. */
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
};

START_TEST(hash_is_as_published)
{
    unsigned char sum[32];
    char hex[2 * sizeof sum + 1] = "";

    shub__sha256_short(known[_i].text, strlen(known[_i].text), sum);
    shub__hex_write(sum, sizeof sum, hex);
    ck_assert_str_eq(hex, known[_i].hash);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clair_hash");
    TCase *tcase = tcase_create("hash");

    tcase_add_loop_test(tcase, hash_is_as_published, 0,
                        (int)(sizeof known / sizeof known[0]));
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
