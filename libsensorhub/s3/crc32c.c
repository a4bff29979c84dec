#include "s3/checksum.h"

#include "s3/crc.h"

#include <pthread.h>
#include <string.h>

#if SHUB__CRC_X86
#include <nmmintrin.h>
#elif SHUB__CRC_ARM
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#define POLY 0x82f63b78u /* 0x1EDC6F41 reflected */
#define ONE  0x80000000u

static shub__crc_tables tables;

static void fill(void)
{
    shub__crc_tables_fill(&tables, POLY);
}

static uint32_t run_tables(uint32_t state, const unsigned char *p, size_t len)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, fill);
    return (uint32_t)shub__crc_tables_run(&tables, state, p, len);
}

uint32_t shub__crc32c_table(uint32_t crc, const void *ptr, size_t len)
{
    return ~run_tables(~crc, ptr, len);
}

#if SHUB__CRC_X86

__attribute__((target("sse4.2"))) static uint32_t run_serial(uint32_t state,
                                                             const unsigned char *p,
                                                             size_t len)
{
    uint64_t wide = state, word;

    for (; len >= sizeof word; p += sizeof word, len -= sizeof word) {
        memcpy(&word, p, sizeof word);
        wide = _mm_crc32_u64(wide, word);
    }
    state = (uint32_t)wide;
    for (; len > 0; p++, len--)
        state = _mm_crc32_u8(state, *p);
    return state;
}

/* The instruction waits three cycles for the one before it; folding does not. */
static uint32_t run(uint32_t state, const unsigned char *p, size_t len)
{
    static const shub__crc_folds by = {0x1c19243b00000000u, 0x75bba45b00000000u,
                                       0x3743f7bd00000000u, 0x3171d43000000000u};
    size_t whole = len & ~(size_t)15;
    unsigned char rest[16];

    if (!__builtin_cpu_supports("sse4.2"))
        return run_tables(state, p, len);
    if (len < SHUB__CRC_FOLD_MIN || !shub__crc_can_fold())
        return run_serial(state, p, len);
    shub__crc_fold(&by, state, p, whole, rest);
    state = run_serial(0, rest, sizeof rest);
    return run_serial(state, p + whole, len - whole);
}

#elif SHUB__CRC_ARM

__attribute__((target("+crc"))) static uint32_t run_serial(uint32_t state,
                                                           const unsigned char *p,
                                                           size_t len)
{
    uint64_t word;

    for (; len >= sizeof word; p += sizeof word, len -= sizeof word) {
        memcpy(&word, p, sizeof word);
        state = __crc32cd(state, word);
    }
    for (; len > 0; p++, len--)
        state = __crc32cb(state, *p);
    return state;
}

static uint32_t run(uint32_t state, const unsigned char *p, size_t len)
{
    return getauxval(AT_HWCAP) & HWCAP_CRC32 ? run_serial(state, p, len)
                                             : run_tables(state, p, len);
}

#else

static uint32_t run(uint32_t state, const unsigned char *p, size_t len)
{
    return run_tables(state, p, len);
}

#endif

uint32_t shub__crc32c(uint32_t crc, const void *ptr, size_t len)
{
    return ~run(~crc, ptr, len);
}

uint32_t shub__crc32c_join(uint32_t first, uint32_t second, uint64_t len)
{
    return (uint32_t)shub__crc_join(first, second, len, POLY, ONE);
}
