#include "s3/checksum.h"
#include "support/suite.h"

#include "base/random.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- by the bit ---------------------------------------------------------------------
 */

/* What the tables and instructions are tested against: the definition. */
static uint64_t by_the_bit(uint64_t poly, uint64_t ones, uint64_t crc, const void *ptr,
                           size_t len)
{
    const unsigned char *p = ptr;

    crc ^= ones;
    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ poly : crc >> 1;
    }
    return crc ^ ones;
}

static uint64_t crc32c_bits(uint64_t crc, const void *ptr, size_t len)
{
    return by_the_bit(0x82f63b78, 0xffffffff, crc, ptr, len);
}

static uint64_t crc64_bits(uint64_t crc, const void *ptr, size_t len)
{
    return by_the_bit(0x9a6c9329ac4bc9b5, UINT64_MAX, crc, ptr, len);
}

static uint64_t crc32c(uint64_t crc, const void *ptr, size_t len)
{
    return shub__crc32c((uint32_t)crc, ptr, len);
}

static uint64_t crc32c_table(uint64_t crc, const void *ptr, size_t len)
{
    return shub__crc32c_table((uint32_t)crc, ptr, len);
}

static uint64_t crc32c_join(uint64_t first, uint64_t second, uint64_t len)
{
    return shub__crc32c_join((uint32_t)first, (uint32_t)second, len);
}

typedef uint64_t crc_fn(uint64_t crc, const void *ptr, size_t len);

static const struct {
    crc_fn *fast, *table, *bits;
    uint64_t (*join)(uint64_t first, uint64_t second, uint64_t len);
} crcs[] = {{crc32c, crc32c_table, crc32c_bits, crc32c_join},
            {shub__crc64nvme, shub__crc64nvme_table, crc64_bits, shub__crc64nvme_join}};

#define CRCS ((int)(sizeof crcs / sizeof crcs[0]))

/* ---- known answers --------------------------------------------------------------------
 */

/* RFC 3720 appendix B.4, whose bytes are given in the order of the wire; 32 each. */
START_TEST(rfc_3720)
{
    static const struct {
        unsigned char first;
        int step;
        uint32_t crc;
    } rows[] = {{0x00, 0, 0x8a9136aa},
                {0xff, 0, 0x62a8ab43},
                {0x00, 1, 0x46dd794e},
                {0x1f, -1, 0x113fdb5c}};
    static const unsigned char read_10[48] = {
        0x01, 0xc0, 0, 0,    0,    0, 0, 0, 0, 0, 0, 0, /* SCSI Read (10) */
        0,    0,    0, 0,    0x14, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14,
        0,    0,    0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char bytes[32];
        for (int k = 0; k < 32; k++)
            bytes[k] = (unsigned char)(rows[i].first + k * rows[i].step);
        ck_assert_uint_eq(shub__crc32c(0, bytes, 32), rows[i].crc);
        ck_assert_uint_eq(shub__crc32c_table(0, bytes, 32), rows[i].crc);
    }
    ck_assert_uint_eq(shub__crc32c(0, read_10, sizeof read_10), 0xd9963a56);
}
END_TEST

/* The check values of the catalogue of CRCs; the rest by OpenSSL's md5 and sha256, RFC
 * 1321 appendix A.5, FIPS 180-2 appendix B.1. */
static const struct {
    shub__sum_kind kind;
    const char *text, *hex, *base64;
} known[] = {
    {SHUB__SUM_NONE, "123456789", "", ""},
    {SHUB__SUM_CRC32C, "", "00000000", "AAAAAA=="},
    {SHUB__SUM_CRC32C, "123456789", "e3069283", "4waSgw=="},
    {SHUB__SUM_CRC32C, "abc", "364b3fb7", "Nks/tw=="},
    {SHUB__SUM_CRC64NVME, "", "0000000000000000", "AAAAAAAAAAA="},
    {SHUB__SUM_CRC64NVME, "123456789", "ae8b14860a799888", "rosUhgp5mIg="},
    {SHUB__SUM_CRC64NVME, "aaaaaaaaaa", "0c1a80036d65c555", "DBqAA21lxVU="},
    {SHUB__SUM_MD5, "", "d41d8cd98f00b204e9800998ecf8427e", "1B2M2Y8AsgTpgAmY7PhCfg=="},
    {SHUB__SUM_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72",
     "kAFQmDzST7DWlj99KOF/cg=="},
    {SHUB__SUM_SHA256, "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
};

START_TEST(known_sums)
{
    size_t len = strlen(known[_i].text);
    char hex[2 * SHUB__SUM_MAX + 1] = "", base64[SHUB__SUM_BASE64];
    shub__sum sum;

    ck_status(shub__sum_of(known[_i].kind, known[_i].text, len, &sum, NULL), SHUB_OK);
    shub__hex_write(sum.bytes, sum.len, hex);
    ck_assert_str_eq(hex, known[_i].hex);
    shub__sum_base64(&sum, base64);
    ck_assert_str_eq(base64, known[_i].base64);
}
END_TEST

/* ---- every way to the same ------------------------------------------------------------
 */

static unsigned char *random_bytes(size_t len)
{
    unsigned char *bytes = malloc(len + 1);
    uint64_t state = len;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)shub__random(&state);
    return bytes;
}

/* In a block of exactly its size, at each place of a cache line's eighth, from a state
 * that is not the first one. */
START_TEST(every_length_and_alignment)
{
    unsigned char *bytes = random_bytes(400);
    size_t wrong = 0;

    for (size_t len = 0; len <= 300; len++)
        for (size_t shift = 0; shift < 16; shift++) {
            unsigned char *exact = malloc(len + shift + 1);
            uint64_t wanted = crcs[_i].bits(len * 77, bytes, len);
            memcpy(exact + shift + 1, bytes, len);
            wrong += crcs[_i].fast(len * 77, exact + shift + 1, len) != wanted;
            wrong += crcs[_i].table(len * 77, exact + shift + 1, len) != wanted;
            free(exact);
        }
    ck_assert_uint_eq(wrong, 0);
    free(bytes);
}
END_TEST

START_TEST(long_texts)
{
    size_t len = ((size_t)1 << 18) + 13;
    unsigned char *bytes = random_bytes(len);
    uint64_t wanted = crcs[_i].bits(0, bytes, len);

    ck_assert_uint_eq(crcs[_i].fast(0, bytes, len), wanted);
    ck_assert_uint_eq(crcs[_i].table(0, bytes, len), wanted);
    free(bytes);
}
END_TEST

START_TEST(in_two_pieces)
{
    size_t len = 1000, wrong = 0;
    unsigned char *bytes = random_bytes(len);
    uint64_t whole = crcs[_i].bits(0, bytes, len);

    for (size_t cut = 0; cut <= len; cut++) {
        uint64_t first = crcs[_i].fast(0, bytes, cut);
        uint64_t second = crcs[_i].fast(0, bytes + cut, len - cut);
        wrong += crcs[_i].fast(first, bytes + cut, len - cut) != whole;
        wrong += crcs[_i].join(first, second, len - cut) != whole;
    }
    ck_assert_uint_eq(wrong, 0);
    free(bytes);
}
END_TEST

/* Lengths that no test can have bytes for: one join of 2^40 zero bytes is as many of
 * half. */
START_TEST(joins_of_terabytes)
{
    uint64_t half = crcs[_i].join(0x12345678, 0, (uint64_t)1 << 39);

    ck_assert_uint_eq(crcs[_i].join(half, 0, (uint64_t)1 << 39),
                      crcs[_i].join(0x12345678, 0, (uint64_t)1 << 40));
    ck_assert_uint_ne(crcs[_i].join(0x12345678, 0, UINT64_MAX), 0);
}
END_TEST

START_TEST(a_summer_begins_anew)
{
    static const char text[] = "one two three";

    for (int kind = SHUB__SUM_NONE; kind <= SHUB__SUM_CRC64NVME; kind++) {
        shub__sum wanted, sum;
        shub__summer *summer;

        ck_status(shub__sum_of((shub__sum_kind)kind, text, strlen(text), &wanted, NULL),
                  SHUB_OK);
        ck_status(shub__summer_new((shub__sum_kind)kind, &summer, NULL), SHUB_OK);
        for (int round = 0; round < 3; round++) {
            for (size_t i = 0; i < strlen(text); i++)
                ck_status(shub__summer_add(summer, text + i, 1, NULL), SHUB_OK);
            ck_status(shub__summer_add(summer, NULL, 0, NULL), SHUB_OK);
            ck_status(shub__summer_end(summer, &sum, NULL), SHUB_OK);
            ck_assert_uint_eq(sum.len, wanted.len);
            ck_assert_mem_eq(sum.bytes, wanted.bytes, sizeof sum.bytes);
        }
        shub__summer_free(summer);
    }
    shub__summer_free(NULL);
}
END_TEST

static shub_status one_summer(void *user)
{
    shub__summer *summer;
    shub_status status = shub__summer_new(SHUB__SUM_MD5, &summer, NULL);

    (void)user;
    ck_assert_int_eq(summer == NULL, status != SHUB_OK);
    shub__summer_free(summer);
    return status;
}

START_TEST(memory_runs_out)
{
    ck_assert_uint_eq(oom_loop(one_summer, NULL), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 checksum");
    TCase *tc = tcase_create("checksum");

    tcase_add_test(tc, rfc_3720);
    tcase_add_loop_test(tc, known_sums, 0, (int)(sizeof known / sizeof known[0]));
    tcase_add_loop_test(tc, every_length_and_alignment, 0, CRCS);
    tcase_add_loop_test(tc, long_texts, 0, CRCS);
    tcase_add_loop_test(tc, in_two_pieces, 0, CRCS);
    tcase_add_loop_test(tc, joins_of_terabytes, 0, CRCS);
    tcase_add_test(tc, a_summer_begins_anew);
    tcase_add_test(tc, memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
