#include "base/options.h"

#include "base/error.h"

#include <string.h>

static size_t size_of(const void *options)
{
    size_t size;

    memcpy(&size, options, sizeof size);
    return size;
}

static int all_zero(const unsigned char *ptr, size_t len)
{
    while (len && *ptr == 0) {
        ptr++;
        len--;
    }
    return len == 0;
}

shub_status shub__options_in(void *ours, size_t len, const void *theirs, shub_error *err)
{
    size_t size = theirs ? size_of(theirs) : 0;

    memset(ours, 0, len);
    if (theirs && size < sizeof size)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "size of the options is not set");
    if (size > len && !all_zero((const unsigned char *)theirs + len, size - len))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "options of %zu bytes, this library knows %zu", size, len);
    if (theirs)
        memcpy(ours, theirs, size < len ? size : len);
    memcpy(ours, &len, sizeof len);
    return SHUB_OK;
}

void shub__result_out(void *theirs, const void *ours, size_t len)
{
    size_t size;

    if (!theirs)
        return;
    size = size_of(theirs);
    if (size > len)
        memset((unsigned char *)theirs + len, 0, size - len);
    memcpy(theirs, ours, size < len ? size : len);
    if (size >= sizeof size)
        memcpy(theirs, &size, sizeof size);
}
