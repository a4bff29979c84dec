#include "s3/checksum.h"

#include "s3/crc.h"

#include <pthread.h>

#define POLY 0x9a6c9329ac4bc9b5u /* 0xAD93D23594C93659 reflected */
#define ONE  ((uint64_t)1 << 63)

static shub__crc_tables tables;

static void fill(void)
{
    shub__crc_tables_fill(&tables, POLY);
}

static uint64_t run_tables(uint64_t state, const unsigned char *p, size_t len)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, fill);
    return shub__crc_tables_run(&tables, state, p, len);
}

uint64_t shub__crc64nvme_table(uint64_t crc, const void *ptr, size_t len)
{
    return ~run_tables(~crc, ptr, len);
}

#if SHUB__CRC_X86

static uint64_t run(uint64_t state, const unsigned char *p, size_t len)
{
    static const shub__crc_folds by = {0x0c32cdb31e18a84au, 0x62242240ace5045au,
                                       0xeadc41fd2ba3d420u, 0x21e9761e252621acu};
    size_t whole = len & ~(size_t)15;
    unsigned char rest[16];

    if (len < SHUB__CRC_FOLD_MIN || !shub__crc_can_fold())
        return run_tables(state, p, len);
    shub__crc_fold(&by, state, p, whole, rest);
    state = run_tables(0, rest, sizeof rest);
    return run_tables(state, p + whole, len - whole);
}

#else

static uint64_t run(uint64_t state, const unsigned char *p, size_t len)
{
    return run_tables(state, p, len);
}

#endif

uint64_t shub__crc64nvme(uint64_t crc, const void *ptr, size_t len)
{
    return ~run(~crc, ptr, len);
}

uint64_t shub__crc64nvme_join(uint64_t first, uint64_t second, uint64_t len)
{
    return shub__crc_join(first, second, len, POLY, ONE);
}
