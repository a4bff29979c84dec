/* sensorhub.log: hourly files of JSON lines. */
#include "lua_sensorhub.h"

#include <string.h>

static const char *const durabilities[] = {"every", "interval", "none", NULL};

#define OPTION(name, kind, words)                                                        \
    {                                                                                    \
#name, kind, offsetof(shub_log_options, name), words                             \
    }

static const shl_option log_options[] = {OPTION(prefix, SHL_STRING, NULL),
                                         OPTION(durability, SHL_WORD, durabilities),
                                         OPTION(unbuffered, SHL_FLAG, NULL),
                                         OPTION(interval_ms, SHL_INT64, NULL),
                                         OPTION(buffer_bytes, SHL_SIZE, NULL),
                                         OPTION(max_files, SHL_SIZE, NULL),
                                         OPTION(max_file_bytes, SHL_INT64, NULL),
                                         OPTION(min_free_bytes, SHL_INT64, NULL),
                                         OPTION(late_us, SHL_INT64, NULL),
                                         OPTION(grace_us, SHL_INT64, NULL),
                                         OPTION(gzip_level, SHL_INT32, NULL),
                                         {"clock", SHL_OTHER, 0, NULL},
                                         {NULL, SHL_OTHER, 0, NULL}};

static void close_log(void *ptr)
{
    shub_log_close(ptr);
}

/* sensorhub.log(root [, options]) -> log */
static int new_log(lua_State *L)
{
    shub_slice root = shl_check_slice(L, 1);
    shub_log_options opts = SHUB_LOG_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_log *log;
    shl_object *object;
    shub_status status;

    lua_settop(L, 2);
    object = shl_new(L, SHL_LOG, close_log);
    shl_take_clock(L, 2, object, &opts.clock);
    shl_options(L, 2, log_options, &opts);
    status = shub_log_open(root, &opts, &log, &err);
    object->ptr = log;
    return status ? shl_fail(L, status, &err) : 1;
}

static shub_log *check_log(lua_State *L)
{
    return shl_handle(shl_check(L, 1, SHL_LOG));
}

/* ---- appending ----------------------------------------------------------------- */

/* log:append(stream, batch or sample) -> true */
static int append(lua_State *L)
{
    int one = lua_istable(L, 3);
    shub_slice stream = shl_check_slice(L, 2);
    shub_error err = SHUB_ERROR_INIT;
    const shub_batch *batch = NULL;
    shub_sample sample;
    shub_log *log;

    if (one)
        shl_check_sample(L, 3, &sample); /* first: its metamethods may close the log */
    log = check_log(L);
    if (!one)
        batch = shl_handle(shl_check(L, 3, SHL_BATCH));
    if (!log || (!one && !batch))
        return shl_closed(L);
    if (one)
        return shl_done(L, shub_log_append(log, stream, &sample, &err), &err);
    return shl_done(L, shub_log_append_batch(log, stream, batch, &err), &err);
}

/* log:append_line(stream, time_us, line) -> true */
static int append_line(lua_State *L)
{
    shub_log *log = check_log(L);
    shub_slice stream = shl_check_slice(L, 2);
    int64_t time_us = shl_check_time(L, 3);
    shub_slice line = shl_check_slice(L, 4);
    shub_error err = SHUB_ERROR_INIT;

    if (!log)
        return shl_closed(L);
    return shl_done(L, shub_log_append_line(log, stream, time_us, line, &err), &err);
}

typedef shub_status log_fn(shub_log *log, shub_error *err);

static int call(lua_State *L, log_fn *fn)
{
    shub_log *log = check_log(L);
    shub_error err = SHUB_ERROR_INIT;

    if (!log)
        return shl_closed(L);
    return shl_done(L, fn(log, &err), &err);
}

/* log:flush() -> true */
static int flush(lua_State *L)
{
    return call(L, shub_log_flush);
}

/* log:tick() -> true; about once a second */
static int tick(lua_State *L)
{
    return call(L, shub_log_tick);
}

/* log:tail(stream, lines) -> string */
static int tail(lua_State *L)
{
    shub_log *log = check_log(L);
    shub_slice stream = shl_check_slice(L, 2);
    lua_Integer lines = luaL_checkinteger(L, 3);
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    shub_status status;

    luaL_argcheck(L, lines >= 1 && lines <= SHUB_LOG_TAIL_MAX, 3, "1 to 1024 lines");
    if (!log)
        return shl_closed(L);
    status = shub_log_tail(log, stream, (size_t)lines, &text, &err);
    if (status)
        return shl_fail(L, status, &err);
    shl_push_slice(L, text);
    shl_trace_deliver(L);
    return 1;
}

/* ---- counters and reports ------------------------------------------------------ */

#define COUNTER(type, name)                                                              \
    {                                                                                    \
#name, offsetof(type, name)                                                      \
    }

/* log:stats() -> table */
static int stats(lua_State *L)
{
    static const shl_counter counters[] = {COUNTER(shub_log_stats, lines),
                                           COUNTER(shub_log_stats, bytes),
                                           COUNTER(shub_log_stats, acknowledged),
                                           COUNTER(shub_log_stats, late),
                                           COUNTER(shub_log_stats, refused),
                                           COUNTER(shub_log_stats, writes),
                                           COUNTER(shub_log_stats, syncs),
                                           COUNTER(shub_log_stats, torn),
                                           {NULL, 0}};
    const shub_log *log = check_log(L);
    shub_log_stats now = {.size = sizeof now};

    if (!log)
        return shl_closed(L);
    shub_log_get_stats(log, &now);
    shl_push_counters(L, counters, &now);
    return 1;
}

/* The report, or nil, message, code and details.report. */
static int report_done(lua_State *L, shub_status status, const shub_log_report *report,
                       const shub_error *err)
{
    static const shl_counter counters[] = {COUNTER(shub_log_report, sealed),
                                           COUNTER(shub_log_report, lines),
                                           COUNTER(shub_log_report, bytes_in),
                                           COUNTER(shub_log_report, bytes_out),
                                           COUNTER(shub_log_report, busy),
                                           COUNTER(shub_log_report, recovered),
                                           COUNTER(shub_log_report, torn),
                                           COUNTER(shub_log_report, failed),
                                           COUNTER(shub_log_report, removed),
                                           COUNTER(shub_log_report, removed_unshipped),
                                           COUNTER(shub_log_report, removed_bytes),
                                           {NULL, 0}};

    shl_push_counters(L, counters, report);
    if (status)
        return shl_fail_with(L, status, err, "report");
    shl_trace_deliver(L);
    return 1;
}

typedef shub_status report_fn(shub_log *log, shub_log_report *report, shub_error *err);

static int call_report(lua_State *L, report_fn *fn)
{
    shub_log *log = check_log(L);
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;

    if (!log)
        return shl_closed(L);
    return report_done(L, fn(log, &report, &err), &report, &err);
}

/* log:seal() -> report */
static int seal(lua_State *L)
{
    return call_report(L, shub_log_seal);
}

/* log:recover() -> report */
static int recover(lua_State *L)
{
    return call_report(L, shub_log_recover);
}

/* log:retain{max_age_us, max_bytes, unshipped_too} -> report */
static int retain(lua_State *L)
{
    static const shl_option options[] = {
        {"max_age_us", SHL_INT64, offsetof(shub_log_retention, max_age_us), NULL},
        {"max_bytes", SHL_INT64, offsetof(shub_log_retention, max_bytes), NULL},
        {"unshipped_too", SHL_FLAG, offsetof(shub_log_retention, unshipped_too), NULL},
        {NULL, SHL_OTHER, 0, NULL}};
    shub_log *log = check_log(L);
    shub_log_retention retention = SHUB_LOG_RETENTION_INIT;
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    luaL_checktype(L, 2, LUA_TTABLE);
    shl_options(L, 2, options, &retention);
    if (!log)
        return shl_closed(L);
    status = shub_log_retain(log, &retention, &report, &err);
    return report_done(L, status, &report, &err);
}

/* ---- listing ------------------------------------------------------------------- */

static void close_list(void *ptr)
{
    shub_log_list_close(ptr);
}

/* for file in assert(sensorhub.log_files(root [, prefix])) do:
 * {path, name, stream, hour, bytes, number, state} */
static int log_files(lua_State *L)
{
    shub_slice root = shl_check_slice(L, 1);
    const char *prefix = luaL_optstring(L, 2, NULL);
    shub_error err = SHUB_ERROR_INIT;
    shl_object *object = shl_new(L, SHL_LOG_FILES, close_list);
    shub_log_list *list;
    shub_status status = shub_log_list_open(root, prefix, &list, &err);

    object->ptr = list;
    return status ? shl_fail(L, status, &err) : shl_iterate(L);
}

static int next_file(lua_State *L)
{
    shub_log_list *list = shl_handle(shl_check(L, 1, SHL_LOG_FILES));
    shub_log_file file = {.size = sizeof file};

    if (!list || !shub_log_list_next(list, &file))
        return 0;
    lua_createtable(L, 0, 7);
    shl_set_slice(L, "path", file.path);
    shl_set_slice(L, "name", file.name);
    shl_set_slice(L, "stream", file.stream);
    shl_set_int64(L, "hour", file.hour_us);
    shl_set_int64(L, "bytes", file.bytes);
    shl_set_int64(L, "number", file.number);
    shl_set_string(L, "state", shub_log_state_name((shub_log_state)file.state));
    return 1;
}

void shl_add_log(lua_State *L)
{
    static const luaL_Reg methods[] = {{"append", append}, {"append_line", append_line},
                                       {"flush", flush},   {"tick", tick},
                                       {"tail", tail},     {"stats", stats},
                                       {"seal", seal},     {"recover", recover},
                                       {"retain", retain}, {NULL, NULL}};
    static const luaL_Reg file_methods[] = {{"__call", next_file}, {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"log", new_log}, {"log_files", log_files}, {NULL, NULL}};

    shl_class(L, SHL_LOG, methods);
    shl_class(L, SHL_LOG_FILES, file_methods);
    shl_functions(L, functions);
}
