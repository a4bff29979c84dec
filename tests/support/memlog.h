/* A log in memory's file system: what its tests share. */
#ifndef TESTS_SUPPORT_MEMLOG_H
#define TESTS_SUPPORT_MEMLOG_H

#include "support/logview.h"
#include "support/memfs.h"
#include "support/suite.h"

#include <stdlib.h>

static memfs *fs;
static shub_log *shub;
static shub_log_options options;

static inline void setup(void)
{
    static const shub_log_options init = SHUB_LOG_OPTIONS_INIT;

    fs = memfs_new();
    logview_set_now(fs, "2015-03-10T17:54:01Z");
    options = init;
    options.clock = logview_clock();
    shub = NULL;
}

static inline void teardown(void)
{
    shub_log_close(shub);
    memfs_free(fs);
}

static inline void open_log(void)
{
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &shub, NULL), SHUB_OK);
}

static inline void power_cut(void)
{
    memfs_crash(fs);
    shub_log_close(shub);
    shub = NULL;
    memfs_reboot(fs, MEMFS_POWER_ALL, 0);
}

static inline shub_status put(const char *text)
{
    return shub_log_append_line(shub, SHUB_LIT("meter"), logview_now_us, shub_str(text),
                                NULL);
}

static inline shub_status put_to(const char *stream, const char *text)
{
    return shub_log_append_line(shub, shub_str(stream), logview_now_us, shub_str(text),
                                NULL);
}

/* Asserts what logview_all says of the log. */
#define ck_all(text)                                                                     \
    do {                                                                                 \
        char *ck_all_ = logview_all("/log");                                             \
        ck_assert_str_eq(ck_all_, text);                                                 \
        free(ck_all_);                                                                   \
    } while (0)

static inline shub_log_stats stats(void)
{
    shub_log_stats s = {.size = sizeof s};

    shub_log_get_stats(shub, &s);
    return s;
}

#endif
