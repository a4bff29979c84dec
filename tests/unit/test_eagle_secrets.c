/* Credentials in memory: what a core file would show once a client is closed. */
#include "support/peer.h"
#include "support/suite.h"

#include <sensorhub/eagle.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE_DIGITS 16
#define CHUNK       65536
#define MAPPING_MAX ((uint64_t)256 << 20) /* larger ones are a sanitizer's own */

/* The code as it is looked for: never as it is, or the search would find itself. */
static unsigned char hidden[CODE_DIGITS];
static char chunk[CHUNK + CODE_DIGITS];

static void make_code(char code[CODE_DIGITS + 1])
{
    uint32_t seed = 20261128;

    for (size_t i = 0; i < CODE_DIGITS; i++) {
        seed = seed * 1103515245 + 12345;
        code[i] = "0123456789abcdef"[seed >> 16 & 15];
        hidden[i] = (unsigned char)(code[i] ^ 0x55);
    }
    code[CODE_DIGITS] = '\0';
}

static int is_code(const char *text)
{
    size_t i = 0;

    while (i < CODE_DIGITS && (unsigned char)(text[i] ^ 0x55) == hidden[i])
        i++;
    return i == CODE_DIGITS;
}

static int count_in(FILE *memory, uint64_t from, uint64_t to)
{
    int first = hidden[0] ^ 0x55, count = 0;

    for (; from < to; from += CHUNK) {
        uint64_t most = to - from < sizeof chunk ? to - from : sizeof chunk;
        const char *p = chunk, *end;

        if (fseek(memory, (long)from, SEEK_SET) != 0)
            break;
        end = chunk + fread(chunk, 1, most, memory);
        for (; p + CODE_DIGITS <= end; p++) {
            p = memchr(p, first, (size_t)(end - p));
            if (!p || p + CODE_DIGITS > end)
                break;
            count += p < chunk + CHUNK && is_code(p);
        }
    }
    memset(chunk, 0, sizeof chunk);
    return count;
}

/* How often the code stands in what this process may write to. */
static int count_codes(void)
{
    FILE *maps = fopen("/proc/self/maps", "r"), *memory = fopen("/proc/self/mem", "r");
    unsigned long long from, to;
    char line[512], allowed[8];
    int count = 0;

    ck_assert_ptr_nonnull(maps);
    ck_assert_ptr_nonnull(memory);
    ck_assert_int_eq(setvbuf(memory, NULL, _IONBF, 0), 0);
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%llx-%llx %7s", &from, &to, allowed) == 3 &&
            strncmp(allowed, "rw", 2) == 0 && to - from <= MAPPING_MAX)
            count += count_in(memory, from, to);
    fclose(maps);
    fclose(memory);
    return count;
}

static const shub_eagle_transport transports[] = {SHUB_EAGLE_100, SHUB_EAGLE_CGI};

START_TEST(a_closed_client_leaves_no_install_code)
{
    static const peer_answer answers[] = {
        {PEER_OK("{\"device_mac_id[0]\": \"0x1\", \"demand\": \"1\", "
                 "\"network_meter_mac_id\": \"0x1\"}"),
         0, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    char code[CODE_DIGITS + 1];
    shub_eagle *eagle;
    shub_batch *batch;
    shub_loop *loop;

    make_code(code);
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    opts.url = peer_url(p);
    opts.cloud_id = "004792";
    opts.install_code = code;
    opts.transport = transports[_i];
    opts.min_gap_ms = 1;
    opts.retries = SHUB_NONE;
    ck_status(shub_eagle_open(loop, &opts, &eagle, &err), SHUB_OK);
    (void)shub_eagle_poll(eagle, batch, &err);
    ck_assert_uint_gt(peer_requests(p), 0);
    memset(code, 0, sizeof code);
    ck_assert_int_ge(count_codes(), 1); /* it is found where it is */
    shub_eagle_close(eagle);
    ck_assert_int_eq(count_codes(), 0);
    shub_loop_close(loop);
    ck_assert_int_eq(count_codes(), 0);
    shub_batch_free(batch);
    peer_stop(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eagle secrets");
    TCase *tc = tcase_create("secrets");

    unsetenv("http_proxy");
    tcase_add_loop_test(tc, a_closed_client_leaves_no_install_code, 0,
                        sizeof transports / sizeof *transports);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
