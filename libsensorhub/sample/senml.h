/* What writing and reading SenML (RFC 8428) share. */
#ifndef SHUB_SAMPLE_SENML_H
#define SHUB_SAMPLE_SENML_H

#include <sensorhub/format.h>

/* Times below are relative to now (section 4.5.3). */
#define SHUB__SENML_RELATIVE_US (((int64_t)1 << 28) * SHUB_SECOND_US)

/* Versions (section 4.4; RFC 9100 section 4): 10 is this document, 26 besides it has the
 * feature of secondary units. */
#define SHUB__SENML_VERSION   10
#define SHUB__SENML_SECONDARY 26

/* 1 when SenML can express the resolved name: section 4.5.1. */
static inline int shub__senml_name_byte(char c)
{
    /* By 32 bytes: none, "-./0123456789:", "A-Z_", "a-z", none. */
    static const uint32_t allowed[8] = {0, 0x07ffe000, 0x87fffffe, 0x07fffffe};
    unsigned char byte = (unsigned char)c;
    return (int)(allowed[byte >> 5] >> (byte & 31) & 1);
}

static inline int shub__senml_name_begin(char c)
{
    return shub__senml_name_byte(c) && c != ':' && c != '-' && c != '.' && c != '/' &&
           c != '_';
}

#endif
