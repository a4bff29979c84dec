/* Values and option tables between Lua and C. */
#include "lua_sensorhub.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- integers ------------------------------------------------------------------ */

#define EXACT_MAX ((int64_t)1 << 53) /* integers up to here are exact as doubles */

void shl_push_int64(lua_State *L, int64_t value)
{
#if LUA_VERSION_NUM >= 503
    lua_pushinteger(L, value);
#else
    char text[24];

    if (value >= -EXACT_MAX && value <= EXACT_MAX) {
        lua_pushnumber(L, (lua_Number)value);
        return;
    }
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    lua_pushstring(L, text);
#endif
}

/* -2^63 is a double, 2^63 - 1 is not. */
static int fits_int64(lua_Number number)
{
    return number >= -9223372036854775808.0 && number < 9223372036854775808.0;
}

static int decimal_to_int64(const char *text, int64_t *out)
{
    char *end;

    if (*text != '-' && (*text < '0' || *text > '9'))
        return 0;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return end != text && !*end && !errno;
}

int shl_to_int64(lua_State *L, int index, int64_t *out)
{
    lua_Number number;

    if (lua_type(L, index) == LUA_TSTRING)
        return decimal_to_int64(lua_tostring(L, index), out);
    if (lua_type(L, index) != LUA_TNUMBER)
        return 0;
#if LUA_VERSION_NUM >= 503
    if (lua_isinteger(L, index)) {
        *out = lua_tointeger(L, index);
        return 1;
    }
#endif
    number = lua_tonumber(L, index);
    if (!fits_int64(number) || number != floor(number))
        return 0;
    *out = (int64_t)number;
    return 1;
}

int64_t shl_check_time(lua_State *L, int arg)
{
    int64_t time_us;
    lua_Number number;

    if (shl_to_int64(L, arg, &time_us))
        return time_us;
    number = luaL_checknumber(L, arg);
    luaL_argcheck(L, fits_int64(number), arg, "time out of range");
    return llround(number);
}

/* ---- strings and fields -------------------------------------------------------- */

void shl_push_slice(lua_State *L, shub_slice slice)
{
    lua_pushlstring(L, slice.ptr ? slice.ptr : "", slice.len);
}

shub_slice shl_check_slice(lua_State *L, int arg)
{
    size_t len;
    const char *text = luaL_checklstring(L, arg, &len);

    return shub_bytes(text, len);
}

shub_slice shl_opt_slice(lua_State *L, int arg)
{
    return lua_isnoneornil(L, arg) ? shub_str(NULL) : shl_check_slice(L, arg);
}

void shl_set_slice(lua_State *L, const char *name, shub_slice slice)
{
    if (!slice.len)
        return;
    shl_push_slice(L, slice);
    lua_setfield(L, -2, name);
}

void shl_set_int64(lua_State *L, const char *name, int64_t value)
{
    shl_push_int64(L, value);
    lua_setfield(L, -2, name);
}

void shl_set_string(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

void shl_set_flag(lua_State *L, const char *name, int value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

void shl_push_counters(lua_State *L, const shl_counter *counters, const void *report)
{
    lua_newtable(L);
    for (; counters->name; counters++) {
        const char *at = (const char *)report + counters->offset;

        shl_set_int64(L, counters->name, (int64_t) * (const uint64_t *)at);
    }
}

/* ---- options ------------------------------------------------------------------- */

static int refuse(lua_State *L, int arg, const char *name, const char *why)
{
    return luaL_argerror(L, arg, lua_pushfstring(L, "option '%s': %s", name, why));
}

static const char *option_string(lua_State *L, int arg, const char *name)
{
    size_t len;
    const char *text;

    if (lua_type(L, -1) != LUA_TSTRING)
        refuse(L, arg, name, "string expected");
    text = lua_tolstring(L, -1, &len);
    if (strlen(text) != len)
        refuse(L, arg, name, "contains a zero byte");
    return text;
}

static int64_t option_integer(lua_State *L, int arg, const char *name, int64_t min,
                              int64_t max)
{
    int64_t value = 0;

    if (lua_type(L, -1) != LUA_TNUMBER || !shl_to_int64(L, -1, &value))
        refuse(L, arg, name, "integer expected");
    if (value < min || value > max)
        refuse(L, arg, name, "number out of range");
    return value;
}

int shl_word(lua_State *L, int arg, const char *what, const char *word,
             const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (!strcmp(words[i], word))
            return i;
    return luaL_argerror(L, arg, lua_pushfstring(L, "%s: unknown word '%s'", what, word));
}

static uint32_t option_bits(lua_State *L, int arg, const shl_option *option)
{
    uint32_t bits = 0;

    if (!lua_istable(L, -1))
        refuse(L, arg, option->name, "list of strings expected");
    for (int i = 1; i <= (int)lua_rawlen(L, -1); i++) {
        lua_rawgeti(L, -1, i);
        bits |= 1u << shl_word(L, arg, option->name, option_string(L, arg, option->name),
                               option->words);
        lua_pop(L, 1);
    }
    return bits;
}

/* Stores the value on top of the stack. */
static void read_option(lua_State *L, int arg, const shl_option *option, char *at)
{
    const char *name = option->name;

    switch (option->kind) {
    case SHL_STRING:
        *(const char **)(void *)at = option_string(L, arg, name);
        break;
    case SHL_SLICE:
        *(shub_slice *)(void *)at = shub_str(option_string(L, arg, name));
        break;
    case SHL_FLAG:
        if (!lua_isboolean(L, -1))
            refuse(L, arg, name, "boolean expected");
        *(int32_t *)(void *)at = lua_toboolean(L, -1);
        break;
    case SHL_INT32:
        *(int32_t *)(void *)at =
            (int32_t)option_integer(L, arg, name, INT32_MIN, INT32_MAX);
        break;
    case SHL_INT64:
        *(int64_t *)(void *)at = option_integer(L, arg, name, INT64_MIN, INT64_MAX);
        break;
    case SHL_SIZE:
        *(size_t *)(void *)at = (size_t)option_integer(L, arg, name, 0, INT64_MAX);
        break;
    case SHL_WORD:
        *(int32_t *)(void *)at =
            shl_word(L, arg, name, option_string(L, arg, name), option->words);
        break;
    case SHL_BITS:
        *(uint32_t *)(void *)at = option_bits(L, arg, option);
        break;
    case SHL_OTHER:
        break;
    }
}

static const shl_option *find_option(lua_State *L, int arg, const shl_option *options)
{
    const char *name;

    if (lua_type(L, -2) != LUA_TSTRING)
        luaL_argerror(L, arg, "options have names");
    name = lua_tostring(L, -2);
    for (; options->name; options++)
        if (!strcmp(options->name, name))
            return options;
    refuse(L, arg, name, "unknown");
    return NULL;
}

void shl_options(lua_State *L, int arg, const shl_option *options, void *out)
{
    if (lua_isnoneornil(L, arg))
        return;
    luaL_checktype(L, arg, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, arg)) {
        const shl_option *option = find_option(L, arg, options);

        read_option(L, arg, option, (char *)out + option->offset);
        lua_pop(L, 1);
    }
}
