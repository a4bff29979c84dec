/* Objects that own handles, and results that map a status. */
#include "lua_sensorhub.h"

#include <string.h>

void shl_functions(lua_State *L, const luaL_Reg *functions)
{
    for (; functions->name; functions++) {
        lua_pushcfunction(L, functions->func);
        lua_setfield(L, -2, functions->name);
    }
}

/* ---- results ------------------------------------------------------------------- */

/* Lua counts bytes and rows from 1. */
static void set_place(lua_State *L, const char *name, int64_t place)
{
    if (place != SHUB_NONE)
        shl_set_int64(L, name, place + 1);
}

int shl_fail_with(lua_State *L, shub_status status, const shub_error *err,
                  const char *extra)
{
    const char *message =
        err && err->message[0] ? err->message : shub_status_text(status);

    shl_trace_deliver(L);
    lua_createtable(L, 0, 4);
    shl_set_string(L, "name", shub_status_name(status) + strlen("SHUB_"));
    if (err) {
        if (err->http_status)
            shl_set_int64(L, "http_status", err->http_status);
        set_place(L, "pos", err->pos);
        set_place(L, "index", err->index);
        if (err->retry_after_us != SHUB_NONE)
            shl_set_int64(L, "retry_after_us", err->retry_after_us);
    }
    if (extra) {
        lua_insert(L, -2);
        lua_setfield(L, -2, extra);
    }
    lua_pushnil(L);
    lua_pushstring(L, message);
    lua_pushinteger(L, status);
    lua_pushvalue(L, -4);
    return 4;
}

int shl_fail(lua_State *L, shub_status status, const shub_error *err)
{
    return shl_fail_with(L, status, err, NULL);
}

int shl_done(lua_State *L, shub_status status, const shub_error *err)
{
    if (status)
        return shl_fail(L, status, err);
    shl_trace_deliver(L);
    lua_pushboolean(L, 1);
    return 1;
}

int shl_closed(lua_State *L)
{
    return shl_fail(L, SHUB_E_CLOSED, NULL);
}

/* ---- objects ------------------------------------------------------------------- */

shl_object *shl_new(lua_State *L, const char *name, void (*close)(void *ptr))
{
    static const shl_object init = {.anchor = LUA_NOREF, .clock = LUA_NOREF};
    shl_object *object = lua_newuserdata(L, sizeof *object);

    *object = init;
    object->close = close;
    luaL_getmetatable(L, name);
    lua_setmetatable(L, -2);
    return object;
}

/* A parent that the program let go of closes with its last child, in whatever order the
 * collector finds them. */
static void release(lua_State *L, shl_object *object)
{
    shl_object *parent = object->parent;

    if (!object->closed || object->children)
        return;
    if (object->ptr)
        object->close(object->ptr);
    object->ptr = NULL;
    luaL_unref(L, LUA_REGISTRYINDEX, object->clock);
    object->clock = LUA_NOREF;
    if (!parent)
        return;
    object->parent = NULL;
    luaL_unref(L, LUA_REGISTRYINDEX, object->anchor);
    object->anchor = LUA_NOREF;
    parent->children--;
    release(L, parent);
}

/* By the collector: amid any other call, so that nothing of the program's is called here.
 */
static int object_gc(lua_State *L)
{
    shl_object *object = luaL_checkudata(L, 1, lua_tostring(L, lua_upvalueindex(1)));

    object->closed = 1;
    release(L, object);
    return 0;
}

static int object_close(lua_State *L)
{
    (void)object_gc(L);
    shl_trace_deliver(L);
    return 0;
}

static void set_closing(lua_State *L, const char *name, const char *key, lua_CFunction fn)
{
    lua_pushstring(L, name);
    lua_pushcclosure(L, fn, 1);
    lua_setfield(L, -2, key);
}

void shl_class(lua_State *L, const char *name, const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    set_closing(L, name, "__gc", object_gc);
    set_closing(L, name, "__close", object_close);
    set_closing(L, name, "close", object_close);
    shl_functions(L, methods);
    lua_pop(L, 1);
}

/* The program's clock is asked before the library is called, not by it: it may raise or
 * yield nowhere in between, and a call sees one time. */
static void read_clock(lua_State *L, shl_object *object)
{
    if (object->clock == LUA_NOREF)
        return;
    lua_rawgeti(L, LUA_REGISTRYINDEX, object->clock);
    lua_call(L, 0, 1);
    if (!lua_isnumber(L, -1))
        luaL_error(L, "clock returned a %s, not a number", luaL_typename(L, -1));
    object->now_us = shl_check_time(L, -1);
    lua_pop(L, 1);
}

shl_object *shl_check(lua_State *L, int arg, const char *name)
{
    shl_object *object = luaL_checkudata(L, arg, name);

    read_clock(L, object);
    return object;
}

void *shl_handle(const shl_object *object)
{
    return object->closed ? NULL : object->ptr;
}

void shl_adopt(lua_State *L, int index, shl_object *parent, shl_object *object)
{
    lua_pushvalue(L, index);
    object->anchor = luaL_ref(L, LUA_REGISTRYINDEX);
    object->parent = parent;
    parent->children++;
}

static int64_t clock_now(void *user)
{
    return ((shl_object *)user)->now_us;
}

void shl_take_clock(lua_State *L, int arg, shl_object *object, shub_clock *clock)
{
    if (lua_isnoneornil(L, arg))
        return;
    luaL_checktype(L, arg, LUA_TTABLE);
    lua_getfield(L, arg, "clock");
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    if (!lua_isfunction(L, -1))
        luaL_argerror(L, arg, "option 'clock': function expected");
    object->clock = luaL_ref(L, LUA_REGISTRYINDEX);
    clock->now_us = clock_now;
    clock->user = object;
    read_clock(L, object);
}

int shl_iterate(lua_State *L)
{
    int iterator = lua_gettop(L);

    shl_trace_deliver(L);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, iterator); /* 5.4 closes it when the loop is left */
    return 4;
}
