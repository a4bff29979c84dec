/* sensorhub.batch: samples in columns. */
#include "lua_sensorhub.h"

static void close_batch(void *ptr)
{
    shub_batch_free(ptr);
}

shub_status shl_new_batch(lua_State *L, shub_batch **batch, shub_error *err)
{
    shl_object *object = shl_new(L, SHL_BATCH, close_batch);
    shub_status status = shub_batch_new(batch, err);

    object->ptr = *batch;
    if (status)
        lua_pop(L, 1);
    return status;
}

shub_status shl_opt_batch(lua_State *L, int arg, shub_batch **batch, shub_error *err)
{
    if (lua_isnoneornil(L, arg))
        return shl_new_batch(L, batch, err);
    *batch = shl_handle(shl_check(L, arg, SHL_BATCH));
    if (!*batch)
        return SHUB_E_CLOSED;
    lua_pushvalue(L, arg);
    return SHUB_OK;
}

static shub_batch *check_batch(lua_State *L)
{
    return shl_handle(shl_check(L, 1, SHL_BATCH));
}

/* sensorhub.batch() -> batch */
static int new_batch(lua_State *L)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    shub_status status = shl_new_batch(L, &batch, &err);

    return status ? shl_fail(L, status, &err) : 1;
}

/* batch:append(sample) -> true */
static int append(lua_State *L)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_sample sample;
    shub_batch *batch;

    shl_check_sample(L, 2, &sample); /* first: its metamethods may close the batch */
    batch = check_batch(L);
    if (!batch)
        return shl_closed(L);
    return shl_done(L, shub_batch_append(batch, &sample, &err), &err);
}

/* #batch */
static int count(lua_State *L)
{
    const shub_batch *batch = check_batch(L);

    shl_push_int64(L, batch ? (int64_t)shub_batch_count(batch) : 0);
    return 1;
}

/* batch:get(i) -> sample, counted from 1 */
static int get(lua_State *L)
{
    const shub_batch *batch = check_batch(L);
    lua_Integer i = luaL_checkinteger(L, 2);
    shub_error err = SHUB_ERROR_INIT;
    shub_sample sample;
    shub_status status;

    luaL_argcheck(L, i >= 1, 2, "rows are counted from 1");
    if (!batch)
        return shl_closed(L);
    status = shub_batch_get(batch, (size_t)i - 1, &sample, &err);
    if (status)
        return shl_fail(L, status, &err);
    shl_push_sample(L, &sample);
    return 1;
}

/* Upvalues: the batch, the row before. */
static int next_sample(lua_State *L)
{
    const shub_batch *batch = shl_handle(lua_touserdata(L, lua_upvalueindex(1)));
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));
    shub_sample sample;

    if (!batch || shub_batch_get(batch, (size_t)i, &sample, NULL))
        return 0;
    lua_pushinteger(L, i + 1);
    lua_replace(L, lua_upvalueindex(2));
    shl_push_sample(L, &sample);
    return 1;
}

/* for sample in batch:samples() do */
static int samples(lua_State *L)
{
    check_batch(L);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_sample, 2);
    return 1;
}

/* Upvalues: the batch, the group before. */
static int next_group(lua_State *L)
{
    const shub_batch *batch = shl_handle(lua_touserdata(L, lua_upvalueindex(1)));
    shub_group *group = lua_touserdata(L, lua_upvalueindex(2));

    if (!batch || !shub_batch_next_group(batch, group))
        return 0;
    lua_createtable(L, 0, 4);
    shl_set_slice(L, "device", group->device);
    shl_set_int64(L, "time", group->time_us);
    shl_set_int64(L, "first", (int64_t)group->first + 1);
    shl_set_int64(L, "count", (int64_t)group->count);
    return 1;
}

/* for group in batch:groups() do: {device, time, first, count} */
static int groups(lua_State *L)
{
    static const shub_group begin = {0, 0, {NULL, 0}, 0};

    check_batch(L);
    lua_pushvalue(L, 1);
    *(shub_group *)lua_newuserdata(L, sizeof begin) = begin;
    lua_pushcclosure(L, next_group, 2);
    return 1;
}

/* batch:clear() -> true */
static int clear(lua_State *L)
{
    shub_batch *batch = check_batch(L);

    if (!batch)
        return shl_closed(L);
    shub_batch_clear(batch);
    return shl_done(L, SHUB_OK, NULL);
}

void shl_add_batch(lua_State *L)
{
    static const luaL_Reg methods[] = {{"append", append},
                                       {"get", get},
                                       {"samples", samples},
                                       {"groups", groups},
                                       {"clear", clear},
                                       {"to_jsonl", shl_to_jsonl},
                                       {"add_jsonl", shl_add_jsonl},
                                       {"to_csv", shl_to_csv},
                                       {"to_influx", shl_to_influx},
                                       {"add_influx", shl_add_influx},
                                       {"to_senml", shl_to_senml},
                                       {"add_senml", shl_add_senml},
                                       {"__len", count},
                                       {NULL, NULL}};
    static const luaL_Reg functions[] = {{"batch", new_batch}, {NULL, NULL}};

    shl_class(L, SHL_BATCH, methods);
    shl_functions(L, functions);
}
