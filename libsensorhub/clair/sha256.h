/* SHA-256 of a few bytes (FIPS 180-4). A node's id is made of it, and secures nothing:
 * what secures is OpenSSL's. Here it would be the one thing for which programs that only
 * decode, on any machine, need more than the C library. */
#ifndef SHUB_CLAIR_SHA256_H
#define SHUB_CLAIR_SHA256_H

#include <stddef.h>

enum { SHUB__SHA256_SHORT = 55 }; /* bytes that fit into one block */

void shub__sha256_short(const void *text, size_t len, unsigned char out[32]);

#endif
