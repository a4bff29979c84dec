/* Looking through text sixteen bytes at a time, in what GCC and clang turn into vector
 * code on every machine. */
#ifndef SHUB_LOG_SCAN_H
#define SHUB_LOG_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* 1 when there is a '\n' or a NUL byte. */
int shub__has_newline_or_nul(const char *text, size_t len);
/* Number of '\n'. */
uint64_t shub__count_newlines(const char *text, size_t len);

#endif
