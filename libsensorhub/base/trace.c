#include "base/trace.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX_BYTES 512

static shub_level trace_level;
static shub_trace_fn *trace_fn;
static void *trace_user;

void shub_trace_set(shub_level level, shub_trace_fn *fn, void *user)
{
    trace_level = fn ? level : SHUB_LEVEL_OFF;
    trace_fn = fn;
    trace_user = user;
}

void shub__trace(shub_level level, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;

    if (level > trace_level)
        return;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < 0x20)
            *p = ' ';
    trace_fn(level, line, trace_user);
}
