/* The Clair platform: ids of nodes, bodies, fixtures. */
#include "lua_sensorhub.h"

/* The batch at `arg`, NULL when it is closed. */
static shub_batch *check_batch(lua_State *L, int arg)
{
    return shl_handle(shl_check(L, arg, SHL_BATCH));
}

/* sensorhub.clair_node(protocol, dev_eui) -> id */
static int clair_node(lua_State *L)
{
    shub_slice protocol = shl_check_slice(L, 1), dev_eui = shl_check_slice(L, 2);
    char node[SHUB_CLAIR_NODE_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_clair_node(protocol, dev_eui, node, &err);

    if (status)
        return shl_fail(L, status, &err);
    lua_pushstring(L, node);
    return 1;
}

/* ---- bodies -------------------------------------------------------------------- */

/* Appends the next body to the list on top. SHUB_E_NOT_FOUND with `err` as it was: there
 * is none. */
static shub_status next_body(lua_State *L, const shub_batch *batch, shub_group *at,
                             shub_slice protocol, shub_error *err)
{
    shub_clair_sample sample = SHUB_CLAIR_SAMPLE_INIT;
    char body[SHUB_CLAIR_BODY_MAX];
    size_t len;
    shub_status status = shub_clair_next(batch, at, protocol, &sample, err);

    if (!status)
        status = shub_clair_body(&sample, body, sizeof body, &len, err);
    if (status)
        return status;
    lua_pushlstring(L, body, len);
    lua_rawseti(L, -2, (int)lua_rawlen(L, -2) + 1);
    return SHUB_OK;
}

/* sensorhub.clair_bodies(batch [, protocol]) -> list; when samples were refused
 * details.bodies are the others */
static int clair_bodies(lua_State *L)
{
    const shub_batch *batch = check_batch(L, 1);
    shub_slice protocol = shl_opt_slice(L, 2);
    shub_group at = {0, 0, {NULL, 0}, 0};
    shub_error first = SHUB_ERROR_INIT;
    shub_status status;

    if (!batch)
        return shl_closed(L);
    lua_newtable(L);
    do {
        shub_error err = SHUB_ERROR_INIT;
        status = next_body(L, batch, &at, protocol, &err);
        if (status && status != SHUB_E_NOT_FOUND && !first.code)
            first = err;
    } while (status != SHUB_E_NOT_FOUND);
    if (first.code)
        return shl_fail_with(L, (shub_status)first.code, &first, "bodies");
    return 1;
}

/* ---- documents that are read --------------------------------------------------- */

static int added(lua_State *L, shub_status status, size_t refused, const shub_error *err)
{
    if (!status)
        return shl_done(L, SHUB_OK, NULL);
    shl_push_int64(L, (int64_t)refused);
    return shl_fail_with(L, status, err, "refused");
}

/* sensorhub.clair_add_body(batch, text) -> true; what is right is appended also when
 * others are refused, which details.refused counts */
static int clair_add_body(lua_State *L)
{
    shub_batch *batch = check_batch(L, 1);
    shub_slice text = shl_check_slice(L, 2);
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 0;

    if (!batch)
        return shl_closed(L);
    shub_status status = shub_clair_add_body(batch, text, &refused, &err);
    return added(L, status, refused, &err);
}

/* sensorhub.clair_add_fixtures(batch, text) -> true */
static int clair_add_fixtures(lua_State *L)
{
    shub_batch *batch = check_batch(L, 1);
    shub_slice text = shl_check_slice(L, 2);
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 0;

    if (!batch)
        return shl_closed(L);
    shub_status status = shub_clair_add_fixtures(batch, text, &refused, &err);
    return added(L, status, refused, &err);
}

/* The string at `key` of the pair on top. Lifetime: borrowed from the pair. */
static shub_slice of_pair(lua_State *L, int arg, int key)
{
    shub_slice text;

    lua_rawgeti(L, -1, key);
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_argerror(L, arg, "a device is a pair {protocol, dev_eui}");
    text = shl_check_slice(L, -1);
    lua_pop(L, 1);
    return text;
}

/* A list of pairs, as a userdata left on the stack. Lifetime: borrowed from the table. */
static shub_clair_device *check_devices(lua_State *L, int arg, size_t *count)
{
    shub_clair_device *devices;

    *count = 0;
    if (lua_isnoneornil(L, arg))
        return NULL;
    luaL_checktype(L, arg, LUA_TTABLE);
    *count = lua_rawlen(L, arg);
    devices = lua_newuserdata(L, (*count + 1) * sizeof *devices);
    for (size_t i = 0; i < *count; i++) {
        lua_rawgeti(L, arg, (int)i + 1);
        if (!lua_istable(L, -1))
            luaL_argerror(L, arg, "a device is a pair {protocol, dev_eui}");
        devices[i].protocol = of_pair(L, arg, 1);
        devices[i].dev_eui = of_pair(L, arg, 2);
        lua_pop(L, 1);
    }
    return devices;
}

/* sensorhub.clair_add_mongo(batch, text [, {{protocol, dev_eui}, ...}]) -> true */
static int clair_add_mongo(lua_State *L)
{
    shub_batch *batch = check_batch(L, 1);
    shub_slice text = shl_check_slice(L, 2);
    size_t count, refused = 0;
    shub_clair_device *devices = check_devices(L, 3, &count);
    shub_error err = SHUB_ERROR_INIT;

    if (!batch)
        return shl_closed(L);
    shub_status status =
        shub_clair_add_mongo(batch, text, devices, count, &refused, &err);
    return added(L, status, refused, &err);
}

/* ---- fixtures that are made ---------------------------------------------------- */

static void close_fixtures(void *ptr)
{
    shub_clair_fixtures_free(ptr);
}

/* sensorhub.clair_fixtures() -> fixtures */
static int clair_fixtures(lua_State *L)
{
    shl_object *object = shl_new(L, SHL_CLAIR_FIXTURES, close_fixtures);
    shub_error err = SHUB_ERROR_INIT;
    shub_clair_fixtures *fixtures;
    shub_status status = shub_clair_fixtures_new(&fixtures, &err);

    object->ptr = fixtures;
    return status ? shl_fail(L, status, &err) : 1;
}

static shub_clair_fixtures *check_fixtures(lua_State *L)
{
    return shl_handle(shl_check(L, 1, SHL_CLAIR_FIXTURES));
}

/* fixtures:known(dump) -> true */
static int known(lua_State *L)
{
    shub_clair_fixtures *fixtures = check_fixtures(L);
    shub_slice text = shl_check_slice(L, 2);
    shub_error err = SHUB_ERROR_INIT;

    if (!fixtures)
        return shl_closed(L);
    return shl_done(L, shub_clair_fixtures_known(fixtures, text, &err), &err);
}

/* fixtures:add(batch [, protocol]) -> true */
static int add(lua_State *L)
{
    shub_clair_fixtures *fixtures = check_fixtures(L);
    const shub_batch *batch = check_batch(L, 2);
    shub_slice protocol = shl_opt_slice(L, 3);
    shub_error err = SHUB_ERROR_INIT;

    if (!fixtures || !batch)
        return shl_closed(L);
    return shl_done(L, shub_clair_fixtures_add(fixtures, batch, protocol, &err), &err);
}

/* fixtures:to_json() -> string */
static int to_json(lua_State *L)
{
    shub_clair_fixtures *fixtures = check_fixtures(L);
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;

    if (!fixtures)
        return shl_closed(L);
    shub_status status = shub_clair_fixtures_write(fixtures, &text, &err);
    if (status)
        return shl_fail(L, status, &err);
    shl_push_slice(L, text);
    return 1;
}

/* fixtures:report() -> {added, known, doubled, refused} */
static int report(lua_State *L)
{
    static const shl_counter counters[] = {
        {"added", offsetof(shub_clair_report, added)},
        {"known", offsetof(shub_clair_report, known)},
        {"doubled", offsetof(shub_clair_report, doubled)},
        {"refused", offsetof(shub_clair_report, refused)},
        {NULL, 0}};
    const shub_clair_fixtures *fixtures = check_fixtures(L);
    shub_clair_report r = SHUB_CLAIR_REPORT_INIT;

    if (!fixtures)
        return shl_closed(L);
    shub_clair_fixtures_report(fixtures, &r);
    shl_push_counters(L, counters, &r);
    return 1;
}

void shl_add_clair(lua_State *L)
{
    static const luaL_Reg methods[] = {{"known", known},
                                       {"add", add},
                                       {"to_json", to_json},
                                       {"report", report},
                                       {NULL, NULL}};
    static const luaL_Reg functions[] = {{"clair_node", clair_node},
                                         {"clair_bodies", clair_bodies},
                                         {"clair_add_body", clair_add_body},
                                         {"clair_add_fixtures", clair_add_fixtures},
                                         {"clair_add_mongo", clair_add_mongo},
                                         {"clair_fixtures", clair_fixtures},
                                         {NULL, NULL}};

    shl_class(L, SHL_CLAIR_FIXTURES, methods);
    shl_functions(L, functions);
}
