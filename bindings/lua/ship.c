/* sensorhub.ship: sealed files to where they are kept, and whether they are there. */
#include "lua_sensorhub.h"

#define OPTION(name, kind)                                                               \
    {                                                                                    \
#name, kind, offsetof(shub_ship_options, name), NULL                             \
    }

static const shl_option ship_options[] = {
    OPTION(root, SHL_STRING),  OPTION(dest, SHL_STRING),      OPTION(prefix, SHL_STRING),
    OPTION(key, SHL_STRING),   OPTION(host, SHL_STRING),      OPTION(journal, SHL_STRING),
    OPTION(keep, SHL_FLAG),    {"clock", SHL_OTHER, 0, NULL}, {"s3", SHL_OTHER, 0, NULL},
    {NULL, SHL_OTHER, 0, NULL}};

static const char *const addressings[] = {"auto", "path", "virtual", NULL};
static const char *const integrities[] = {"auto",   "none",      "md5", "sha256",
                                          "crc32c", "crc64nvme", NULL};

#define S3_OPTION(name, kind)                                                            \
    {                                                                                    \
#name, kind, offsetof(shub_s3_options, name), NULL                               \
    }

static const shl_option s3_options[] = {
    S3_OPTION(endpoint, SHL_STRING),
    S3_OPTION(region, SHL_STRING),
    S3_OPTION(access_key, SHL_STRING),
    S3_OPTION(secret_key, SHL_STRING),
    S3_OPTION(session_token, SHL_STRING),
    S3_OPTION(profile, SHL_STRING),
    S3_OPTION(ca_file, SHL_STRING),
    S3_OPTION(pin, SHL_STRING),
    S3_OPTION(journal, SHL_STRING),
    S3_OPTION(insecure, SHL_FLAG),
    S3_OPTION(anonymous, SHL_FLAG),
    {"addressing", SHL_WORD, offsetof(shub_s3_options, addressing), addressings},
    {"integrity", SHL_WORD, offsetof(shub_s3_options, integrity), integrities},
    S3_OPTION(unsigned_payload, SHL_FLAG),
    S3_OPTION(in_flight, SHL_INT32),
    S3_OPTION(retries, SHL_INT32),
    S3_OPTION(part_bytes, SHL_INT64),
    S3_OPTION(connect_timeout_ms, SHL_INT64),
    S3_OPTION(answer_timeout_ms, SHL_INT64),
    S3_OPTION(stall_ms, SHL_INT64),
    S3_OPTION(stall_bytes, SHL_INT64),
    {NULL, SHL_OTHER, 0, NULL}};

/* Reads the options' field `s3`, which stays on the stack for its strings. */
static void take_s3(lua_State *L, shub_ship_options *opts, shub_s3_options *s3)
{
    lua_getfield(L, 1, "s3");
    if (lua_isnil(L, -1))
        return;
    if (!lua_istable(L, -1))
        luaL_argerror(L, 1, "option 's3': table expected");
    shl_options(L, lua_gettop(L), s3_options, s3);
    opts->s3 = s3;
}

static void close_ship(void *ptr)
{
    shub_ship_close(ptr);
}

/* sensorhub.ship(options) -> ship */
static int new_ship(lua_State *L)
{
    shub_ship_options opts = SHUB_SHIP_OPTIONS_INIT;
    shub_s3_options s3 = SHUB_S3_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_ship *ship;
    shl_object *object;
    shub_status status;

    luaL_checktype(L, 1, LUA_TTABLE);
    object = shl_new(L, SHL_SHIP, close_ship);
    shl_take_clock(L, 1, object, &opts.clock);
    shl_options(L, 1, ship_options, &opts);
    take_s3(L, &opts, &s3);
    status = shub_ship_open(&opts, &ship, &err);
    object->ptr = ship;
    lua_pop(L, 1);
    return status ? shl_fail(L, status, &err) : 1;
}

#define COUNTER(name)                                                                    \
    {                                                                                    \
#name, offsetof(shub_ship_report, name)                                          \
    }

/* ship:run() -> report; after a failure details.report is what was done all the same */
static int run(lua_State *L)
{
    static const shl_counter counters[] = {
        COUNTER(files),  COUNTER(bytes),   COUNTER(found),         COUNTER(renumbered),
        COUNTER(failed), COUNTER(waiting), COUNTER(waiting_bytes), {NULL, 0}};
    shub_ship *ship = shl_handle(shl_check(L, 1, SHL_SHIP));
    shub_ship_report report = SHUB_SHIP_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (!ship)
        return shl_closed(L);
    status = shub_ship_run(ship, &report, &err);
    shl_push_counters(L, counters, &report);
    if (report.oldest_us)
        shl_set_int64(L, "oldest", report.oldest_us);
    if (status)
        return shl_fail_with(L, status, &err, "report");
    shl_trace_deliver(L);
    return 1;
}

/* ---- verify -------------------------------------------------------------------- */

static void close_verify(void *ptr)
{
    shub_verify_close(ptr);
}

/* for row in assert(ship:verify([deep])) do: {stream, where, detail, hour, bytes, state}
 */
static int verify(lua_State *L)
{
    shl_object *ship = shl_check(L, 1, SHL_SHIP);
    int deep = lua_toboolean(L, 2);
    shub_error err = SHUB_ERROR_INIT;
    shub_verify *walk;
    shl_object *object;
    shub_status status;

    if (!shl_handle(ship))
        return shl_closed(L);
    object = shl_new(L, SHL_VERIFY, close_verify);
    shl_adopt(L, 1, ship, object);
    status = shub_verify_open(ship->ptr, deep, &walk, &err);
    object->ptr = walk;
    return status ? shl_fail(L, status, &err) : shl_iterate(L);
}

static int next_row(lua_State *L)
{
    shub_verify *walk = shl_handle(shl_check(L, 1, SHL_VERIFY));
    shub_verify_row row = {.size = sizeof row};

    if (!walk || !shub_verify_next(walk, &row))
        return 0;
    lua_createtable(L, 0, 6);
    shl_set_slice(L, "stream", row.stream);
    shl_set_slice(L, "where", row.where);
    shl_set_slice(L, "detail", row.detail);
    shl_set_int64(L, "hour", row.hour_us);
    shl_set_int64(L, "bytes", row.bytes);
    shl_set_string(L, "state", shub_verify_state_name((shub_verify_state)row.state));
    return 1;
}

void shl_add_ship(lua_State *L)
{
    static const luaL_Reg methods[] = {{"run", run}, {"verify", verify}, {NULL, NULL}};
    static const luaL_Reg verify_methods[] = {{"__call", next_row}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"ship", new_ship}, {NULL, NULL}};

    shl_class(L, SHL_SHIP, methods);
    shl_class(L, SHL_VERIFY, verify_methods);
    shl_functions(L, functions);
}
