/* What CRC-32C and CRC-64/NVME have in common: reflected, all ones in and out, and of at
 * most 64 bits. A state is a CRC before its last inversion, in the low bits. */
#ifndef SHUB_S3_CRC_H
#define SHUB_S3_CRC_H

#include <stddef.h>
#include <stdint.h>

/* x86-64 with gcc or clang: instructions are chosen when the program runs. */
#if defined(__x86_64__) && defined(__GNUC__)
#define SHUB__CRC_X86 1
#else
#define SHUB__CRC_X86 0
#endif
/* ARMv8: gcc compiles its CRC instructions for any CPU, clang when told that they are
 * there
 * (-march=armv8-a+crc). */
#if defined(__aarch64__) && !defined(__AARCH64EB__) &&                                   \
    (defined(__ARM_FEATURE_CRC32) || (defined(__GNUC__) && !defined(__clang__)))
#define SHUB__CRC_ARM 1
#else
#define SHUB__CRC_ARM 0
#endif

/* Slicing by 8 (Kounavis and Berry, "A Systematic Approach to Building High Performance
 * Software-based CRC Generators", 2005): row k takes a byte that k more follow. */
typedef struct shub__crc_tables {
    uint64_t row[8][256];
} shub__crc_tables;
/* `poly` is reflected. */
void shub__crc_tables_fill(shub__crc_tables *tables, uint64_t poly);
uint64_t shub__crc_tables_run(const shub__crc_tables *tables, uint64_t state,
                              const unsigned char *p, size_t len);

/* The CRC of two parts from theirs, the second of `len` bytes. `one` is the highest bit
 * of the CRC, which stands for x^0. */
uint64_t shub__crc_join(uint64_t first, uint64_t second, uint64_t len, uint64_t poly,
                        uint64_t one);

#if SHUB__CRC_X86
#define SHUB__CRC_FOLD_MIN 128 /* bytes below which folding does not pay */

/* x^575, x^511, x^191, x^127 modulo the polynomial, reflected into 64 bits: they move 64
 * bits ahead by 512 + 64, 512, 128 + 64, 128; one less each, as a product of reflected
 * factors comes out multiplied by x. */
typedef struct shub__crc_folds {
    uint64_t far_high, far_low, near_high, near_low;
} shub__crc_folds;

/* 1 when the CPU multiplies without carry. */
int shub__crc_can_fold(void);
/* Reduces `len` bytes, a multiple of 16 and at least 64, to 16 that have the same CRC
 * from state 0 as they have from `state` (Gopal et al., "Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction", Intel 2009). */
void shub__crc_fold(const shub__crc_folds *by, uint64_t state, const unsigned char *p,
                    size_t len, unsigned char rest[16]);
#endif

#endif
