/* Structs that grow: their first member is `size_t size`, the caller's sizeof. A caller
 * that was compiled against an older header passes a shorter one; fields are only ever
 * appended. */
#ifndef SHUB_BASE_OPTIONS_H
#define SHUB_BASE_OPTIONS_H

#include <sensorhub/base.h>

/* Copies the caller's options (nullable: all zero) into ours of `len` bytes; what an
 * older caller does not have is zero, and so the default. Errors: SHUB_E_INVALID (size
 * not set; options of a newer library that this one does not know and that are not
 * zero). */
shub_status shub__options_in(void *ours, size_t len, const void *theirs, shub_error *err);

/* Copies our result of `len` bytes into the caller's struct (nullable), as far as it
 * reaches; what a newer caller has besides is zeroed, its `size` stays. */
void shub__result_out(void *theirs, const void *ours, size_t len);

#endif
