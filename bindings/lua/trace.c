/* sensorhub.trace: what the library traces, to a function of the program.
 *
 * A line is not handed over where it is traced: the function could close the very handle
 * that is being worked on, and a line may come from a thread that no interpreter may be
 * called in. Each thread keeps its own lines, and gives them to its interpreter before
 * the call that caused them returns.
 */
#include "lua_sensorhub.h"

#include <stdio.h>
#include <string.h>

#define LINES_MAX 16  /* more in one call are counted, not kept */
#define TEXT_MAX  512 /* bytes, NUL included */

typedef struct lines {
    int count;
    int dropped;
    int delivering;
    shub_level level[LINES_MAX];
    char text[LINES_MAX][TEXT_MAX];
} lines;

static _Thread_local lines kept;
static const char *const levels[] = {"off", "error", "warn", "info", "debug", NULL};

/* Keys of the registry. */
static const char function_key, guard_key;
static const void *guard_of_process; /* of the state that listens */

static void keep_line(shub_level level, const char *line, void *user)
{
    (void)user;
    if (kept.delivering)
        return;
    if (kept.count == LINES_MAX) {
        kept.dropped++;
        return;
    }
    kept.level[kept.count] = level;
    (void)snprintf(kept.text[kept.count], TEXT_MAX, "%s", line);
    kept.count++;
}

/* What the function raises is its own affair: the call has its own result to tell. */
static void deliver(lua_State *L, shub_level level, const char *text)
{
    lua_pushvalue(L, -1);
    lua_pushstring(L, levels[level]);
    lua_pushstring(L, text);
    if (lua_pcall(L, 2, 0, 0))
        lua_pop(L, 1);
}

void shl_trace_deliver(lua_State *L)
{
    char more[64];

    if (!kept.count || kept.delivering)
        return;
    luaL_checkstack(L, 8, "trace");
    lua_pushlightuserdata(L, (void *)&function_key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    kept.delivering = 1;
    for (int i = 0; lua_isfunction(L, -1) && i < kept.count; i++)
        deliver(L, kept.level[i], kept.text[i]);
    if (lua_isfunction(L, -1) && kept.dropped) {
        (void)snprintf(more, sizeof more, "trace dropped=%d", kept.dropped);
        deliver(L, SHUB_LEVEL_WARN, more);
    }
    kept.delivering = kept.count = kept.dropped = 0;
    lua_pop(L, 1);
}

/* The module goes when its interpreter closes; nothing may call it then. */
static int guard_gc(lua_State *L)
{
    if (lua_touserdata(L, 1) == guard_of_process) {
        shub_trace_set(SHUB_LEVEL_OFF, NULL, NULL);
        guard_of_process = NULL;
    }
    return 0;
}

static void take_guard(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)&guard_key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    guard_of_process = lua_touserdata(L, -1);
    lua_pop(L, 1);
}

/* sensorhub.trace(level [, function(level, line)]): "off", "error", "warn", "info",
 * "debug" */
static int trace(lua_State *L)
{
    const char *word = luaL_checkstring(L, 1);
    int level = shl_word(L, 1, "level", word, levels);

    lua_settop(L, 2);
    if (level)
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushlightuserdata(L, (void *)&function_key);
    lua_pushvalue(L, 2);
    lua_rawset(L, LUA_REGISTRYINDEX);
    take_guard(L);
    shub_trace_set((shub_level)level, level ? keep_line : NULL, NULL);
    return 0;
}

void shl_add_trace(lua_State *L)
{
    static const luaL_Reg functions[] = {{"trace", trace}, {NULL, NULL}};

    lua_pushlightuserdata(L, (void *)&guard_key);
    lua_newuserdata(L, 1);
    lua_newtable(L);
    lua_pushcfunction(L, guard_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
    shl_functions(L, functions);
}
