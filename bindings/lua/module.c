/* The module: its parts, the status codes, the clock. */
#include "lua_sensorhub.h"

#include <string.h>

/* sensorhub.status.E_FORKED -> -3, sensorhub.status[-3] -> "E_FORKED" */
static void add_status(lua_State *L)
{
    shub_status status;

    lua_newtable(L);
    for (size_t i = 0; (status = shub_status_at(i)) != SHUB_STATUS_LAST_; i++) {
        const char *name = shub_status_name(status) + strlen("SHUB_");

        shl_set_int64(L, name, status);
        lua_pushstring(L, name);
        lua_rawseti(L, -2, status);
    }
    lua_setfield(L, -2, "status");
}

/* sensorhub.now() -> microseconds since 1970 */
static int now(lua_State *L)
{
    shl_push_int64(L, shub_now_us());
    return 1;
}

/* sensorhub.parse_time("2015-03-10T17:54:01Z") -> microseconds since 1970 */
static int parse_time(lua_State *L)
{
    shub_slice text = shl_check_slice(L, 1);
    shub_error err = SHUB_ERROR_INIT;
    int64_t time_us;
    shub_status status = shub_time_parse(text, &time_us, &err);

    if (status)
        return shl_fail(L, status, &err);
    shl_push_int64(L, time_us);
    return 1;
}

/* sensorhub.format_time(time_us) -> "2015-03-10T17:54:01Z" */
static int format_time(lua_State *L)
{
    int64_t time_us = shl_check_time(L, 1);
    char text[SHUB_TIME_MAX];
    size_t len = shub_time_format(time_us, text);

    if (!len)
        return shl_fail(L, SHUB_E_RANGE, NULL);
    lua_pushlstring(L, text, len);
    return 1;
}

__attribute__((visibility("default"))) int luaopen_sensorhub(lua_State *L)
{
    static const luaL_Reg functions[] = {{"now", now},
                                         {"parse_time", parse_time},
                                         {"format_time", format_time},
                                         {NULL, NULL}};

    lua_newtable(L);
    shl_set_string(L, "version", shub_version());
    shl_set_int64(L, "NONE", SHUB_NONE);
    add_status(L);
    shl_functions(L, functions);
    shl_add_sample(L);
    shl_add_batch(L);
    shl_add_reply(L);
    shl_add_eagle(L);
    shl_add_log(L);
    shl_add_s3(L);
    shl_add_ship(L);
    shl_add_webhook(L);
    shl_add_clair(L);
    shl_add_payload(L);
    shl_add_trace(L);
    shl_add_uplink(L);
    return 1;
}
