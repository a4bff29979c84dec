/* The hash that makes the ids of nodes, against OpenSSL's. */
#include <openssl/sha.h>
#include <stdlib.h>

#include "clair/sha256.h"
#include "support/suite.h"

START_TEST(test_sha256)
{
    unsigned char text[SHUB__SHA256_SHORT], ours[32], theirs[32];

    for (int round = 0; round < 20; round++)
        for (size_t len = 0; len <= sizeof text; len++) {
            for (size_t i = 0; i < len; i++)
                text[i] = (unsigned char)(rand() >> 7);
            shub__sha256_short(text, len, ours);
            SHA256(text, len, theirs);
            ck_assert(memcmp(ours, theirs, sizeof ours) == 0);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clair_openssl");
    TCase *tcase = tcase_create("hash");

    tcase_add_test(tcase, test_sha256);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
