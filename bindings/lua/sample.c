/* Samples as tables, and the table of quantities. */
#include "lua_sensorhub.h"

#include <math.h>

static const char *const kinds[] = {"none", "double", "int64", "bool", "text", NULL};
static const char *const qualities[] = {"measured", "replaced", "error", NULL};

/* ---- out ----------------------------------------------------------------------- */

static void push_value(lua_State *L, const shub_value *value)
{
    switch (value->kind) {
    case SHUB_KIND_DOUBLE:
        lua_pushnumber(L, value->as.f64);
        break;
    case SHUB_KIND_INT64:
        shl_push_int64(L, value->as.i64);
        break;
    case SHUB_KIND_BOOL:
        lua_pushboolean(L, value->as.boolean != 0);
        break;
    case SHUB_KIND_TEXT:
        shl_push_slice(L, value->as.text);
        break;
    default:
        lua_pushnil(L);
    }
}

void shl_push_sample(lua_State *L, const shub_sample *sample)
{
    uint32_t quality = sample->flags & SHUB_QUALITY_MASK;

    lua_createtable(L, 0, 6);
    shl_set_slice(L, "device", sample->device);
    shl_set_slice(L, "quantity", sample->quantity);
    shl_set_int64(L, "time", sample->time_us);
    push_value(L, &sample->value);
    lua_setfield(L, -2, "value");
    shl_set_string(L, "kind", kinds[sample->value.kind]);
    shl_set_slice(L, "unit", sample->unit);
    if (quality)
        shl_set_string(L, "quality", qualities[quality]);
    if (sample->flags & SHUB_TIME_ASSUMED)
        shl_set_flag(L, "time_assumed", 1);
}

/* ---- in ------------------------------------------------------------------------ */

static int refuse_field(lua_State *L, int arg, const char *name, const char *expected)
{
    const char *why = lua_pushfstring(L, "field '%s': %s expected, got %s", name,
                                      expected, luaL_typename(L, -1));

    return luaL_argerror(L, arg, why);
}

/* Leaves the string on the stack. */
static shub_slice field_slice(lua_State *L, int arg, const char *name)
{
    size_t len = 0;
    const char *text;

    lua_getfield(L, arg, name);
    if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING)
        refuse_field(L, arg, name, "string");
    text = lua_tolstring(L, -1, &len);
    return shub_bytes(text, len);
}

static int64_t field_time(lua_State *L, int arg)
{
    int64_t time_us;

    lua_getfield(L, arg, "time");
    if (!lua_isnumber(L, -1))
        refuse_field(L, arg, "time", "number of microseconds");
    time_us = shl_check_time(L, -1);
    lua_pop(L, 1);
    return time_us;
}

/* Without `kind` the type of Lua decides: Lua 5.3 and later tell integers from floats. */
static int kind_of(lua_State *L, int arg, const char *kind)
{
    if (kind)
        return shl_word(L, arg, "field 'kind'", kind, kinds);
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        return SHUB_KIND_BOOL;
    case LUA_TSTRING:
        return SHUB_KIND_TEXT;
    case LUA_TNUMBER:
#if LUA_VERSION_NUM >= 503
        if (lua_isinteger(L, -1))
            return SHUB_KIND_INT64;
#endif
        return SHUB_KIND_DOUBLE;
    default:
        return refuse_field(L, arg, "value", "number, string or boolean");
    }
}

/* Leaves the value on the stack. */
static shub_value field_value(lua_State *L, int arg, const char *kind)
{
    static const shub_value none = {SHUB_KIND_NONE, 0, {0}};
    size_t len;
    const char *text;
    int64_t integer;

    lua_getfield(L, arg, "value");
    switch (kind_of(L, arg, kind)) {
    case SHUB_KIND_DOUBLE:
        if (lua_type(L, -1) != LUA_TNUMBER)
            refuse_field(L, arg, "value", "number");
        return shub_double(lua_tonumber(L, -1));
    case SHUB_KIND_INT64:
        if (!shl_to_int64(L, -1, &integer))
            refuse_field(L, arg, "value", "integer or decimal string");
        return shub_int64(integer);
    case SHUB_KIND_BOOL:
        if (!lua_isboolean(L, -1))
            refuse_field(L, arg, "value", "boolean");
        return shub_bool(lua_toboolean(L, -1));
    case SHUB_KIND_TEXT:
        if (lua_type(L, -1) != LUA_TSTRING)
            refuse_field(L, arg, "value", "string");
        text = lua_tolstring(L, -1, &len);
        return shub_text(shub_bytes(text, len));
    default:
        return none;
    }
}

static uint32_t field_flags(lua_State *L, int arg)
{
    shub_slice quality = field_slice(L, arg, "quality");
    uint32_t flags = 0;

    if (quality.ptr)
        flags = (uint32_t)shl_word(L, arg, "field 'quality'", quality.ptr, qualities);
    lua_getfield(L, arg, "time_assumed");
    if (lua_toboolean(L, -1))
        flags |= SHUB_TIME_ASSUMED;
    lua_pop(L, 2);
    return flags;
}

void shl_check_sample(lua_State *L, int arg, shub_sample *sample)
{
    static const shub_sample init = SHUB_SAMPLE_INIT;
    shub_slice kind;

    luaL_checktype(L, arg, LUA_TTABLE);
    luaL_checkstack(L, 10, "sample");
    *sample = init;
    sample->time_us = field_time(L, arg);
    sample->flags = field_flags(L, arg);
    sample->device = field_slice(L, arg, "device");
    sample->quantity = field_slice(L, arg, "quantity");
    sample->unit = field_slice(L, arg, "unit");
    kind = field_slice(L, arg, "kind");
    sample->value = field_value(L, arg, kind.ptr);
}

/* ---- quantities ---------------------------------------------------------------- */

static void set_limit(lua_State *L, const char *name, double limit)
{
    if (isinf(limit))
        return;
    lua_pushnumber(L, limit);
    lua_setfield(L, -2, name);
}

/* sensorhub.quantities() -> list of {name, unit, what, kind, senml, min, max} */
static int quantities(lua_State *L)
{
    const shub_quantity *row;

    lua_newtable(L);
    for (size_t i = 0; (row = shub_quantity_at(i)) != NULL; i++) {
        lua_createtable(L, 0, 7);
        shl_set_string(L, "name", row->name);
        shl_set_slice(L, "unit", shub_str(row->unit));
        shl_set_string(L, "what", row->what);
        shl_set_string(L, "kind", kinds[row->kind]);
        shl_set_flag(L, "senml", row->senml);
        set_limit(L, "min", row->min);
        set_limit(L, "max", row->max);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

void shl_add_sample(lua_State *L)
{
    static const luaL_Reg functions[] = {{"quantities", quantities}, {NULL, NULL}};

    shl_functions(L, functions);
}
