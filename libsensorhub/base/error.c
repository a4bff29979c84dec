#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void one_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
}

static void reset(shub_error *err, shub_status code, int64_t pos)
{
    static const shub_error init = SHUB_ERROR_INIT;

    *err = init;
    err->code = code;
    err->pos = pos;
}

shub_status shub__fail(shub_error *err, shub_status code, int64_t pos, const char *fmt,
                       ...)
{
    va_list args;

    if (!err)
        return code;
    reset(err, code, pos);
    va_start(args, fmt);
    (void)vsnprintf(err->message, sizeof err->message, fmt, args);
    va_end(args);
    one_line(err->message);
    return code;
}

static shub_status status_of_errno(int errno_value)
{
    switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
        return SHUB_E_FULL;
    case ENOMEM:
        return SHUB_E_NOMEM;
    case ENOENT:
        return SHUB_E_NOT_FOUND;
    case EEXIST:
        return SHUB_E_EXISTS;
    case EWOULDBLOCK:
        return SHUB_E_BUSY;
    default:
        return SHUB_E_IO;
    }
}

shub_status shub__fail_errno(shub_error *err, int errno_value, const char *fmt, ...)
{
    shub_status code = status_of_errno(errno_value);
    char text[64];
    const char *system;
    size_t used;
    va_list args;

    if (!err)
        return code;
    reset(err, code, SHUB_NONE);
    va_start(args, fmt);
    (void)vsnprintf(err->message, sizeof err->message, fmt, args);
    va_end(args);
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
    system = strerror_r(errno_value, text, sizeof text);
#else
    if (strerror_r(errno_value, text, sizeof text) != 0)
        (void)snprintf(text, sizeof text, "error %d", errno_value);
    system = text;
#endif
    used = strlen(err->message);
    (void)snprintf(err->message + used, sizeof err->message - used, ": %s", system);
    one_line(err->message);
    return code;
}

shub_status shub__fail_nomem(shub_error *err)
{
    return shub__fail(err, SHUB_E_NOMEM, SHUB_NONE, "out of memory");
}

shub_status shub__fail_at(shub_error *err, shub_status code, int64_t index)
{
    if (err)
        err->index = index;
    return code;
}
