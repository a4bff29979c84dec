/* What gateways say, parsed: sensorhub.parse_eagle; and requests to them. */
#include "lua_sensorhub.h"

#include <string.h>

/* ---- readings ------------------------------------------------------------------ */

/* Of duplicate fields the first counts. */
static void set_first(lua_State *L, int table, shub_slice name, shub_slice value)
{
    shl_push_slice(L, name);
    lua_pushvalue(L, -1);
    lua_rawget(L, table);
    if (!lua_isnil(L, -1)) {
        lua_pop(L, 2);
        return;
    }
    lua_pop(L, 1);
    shl_push_slice(L, value);
    lua_rawset(L, table);
}

static void set_fields(lua_State *L, const shub_eagle_reading *reading)
{
    shub_slice name, value, unit;
    int fields, units;

    lua_newtable(L);
    lua_newtable(L);
    units = lua_gettop(L);
    fields = units - 1;
    for (size_t i = 0; shub_eagle_reading_field_at(reading, i, &name, &value, &unit);
         i++) {
        set_first(L, fields, name, value);
        if (unit.len)
            set_first(L, units, name, unit);
    }
    lua_setfield(L, fields - 1, "units");
    lua_setfield(L, fields - 1, "fields");
}

/* reading.message, where there is one */
static void set_message(lua_State *L, const shub_eagle_reading *reading)
{
    shub_eagle_message m = SHUB_EAGLE_MESSAGE_INIT;

    if (shub_eagle_reading_message(reading, &m, NULL) != SHUB_OK)
        return;
    lua_createtable(L, 0, 6);
    shl_set_slice(L, "text", m.text);
    shl_set_slice(L, "priority", m.priority);
    shl_set_slice(L, "queue", m.queue);
    shl_set_int64(L, "id", (int64_t)m.id);
    shl_set_flag(L, "confirmation_required", m.confirmation_required);
    shl_set_flag(L, "confirmed", m.confirmed);
    lua_setfield(L, -2, "message");
}

static void push_reading(lua_State *L, const shub_eagle_reading *reading)
{
    int64_t time_us = shub_eagle_reading_time_us(reading);
    int connected = shub_eagle_reading_connected(reading);

    luaL_checkstack(L, 8, "reading");
    lua_createtable(L, 0, 8);
    shl_set_string(L, "root", shub_eagle_root_name(shub_eagle_reading_root(reading)));
    shl_set_slice(L, "name", shub_eagle_reading_name(reading));
    shl_set_slice(L, "meter", shub_eagle_reading_meter(reading));
    if (time_us)
        shl_set_int64(L, "time", time_us);
    if (connected != SHUB_NONE)
        shl_set_flag(L, "connected", connected);
    set_message(L, reading);
    set_fields(L, reading);
}

/* ---- replies ------------------------------------------------------------------- */

static void close_reply(void *ptr)
{
    shub_eagle_reply_free(ptr);
}

shl_object *shl_new_reply(lua_State *L)
{
    return shl_new(L, SHL_REPLY, close_reply);
}

static const shl_option parse_options[] = {{"part", SHL_FLAG, 0, NULL},
                                           {NULL, SHL_OTHER, 0, NULL}};

/* sensorhub.parse_eagle(body [, {part}]) -> reply */
static int parse_eagle(lua_State *L)
{
    shub_slice body = shl_check_slice(L, 1);
    int32_t part = 0;
    shl_object *object;
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply;
    shub_status status;

    shl_options(L, 2, parse_options, &part);
    object = shl_new_reply(L);
    status = part ? shub_eagle_parse_part(body, &reply, &err)
                  : shub_eagle_parse(body, &reply, &err);
    object->ptr = reply;
    if (status)
        return shl_fail(L, status, &err);
    shl_trace_deliver(L);
    return 1;
}

static const shub_eagle_reply *check_reply(lua_State *L)
{
    return shl_handle(shl_check(L, 1, SHL_REPLY));
}

/* #reply */
static int count(lua_State *L)
{
    const shub_eagle_reply *reply = check_reply(L);

    shl_push_int64(L, reply ? (int64_t)shub_eagle_reply_count(reply) : 0);
    return 1;
}

/* reply.family, reply.gateway, reply.time, reply.truncated; upvalue: the methods */
static int get_field(lua_State *L)
{
    const shub_eagle_reply *reply = check_reply(L);
    const char *name = luaL_checkstring(L, 2);

    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (!lua_isnil(L, -1) || !reply)
        return 1;
    if (!strcmp(name, "family")) {
        lua_pushstring(L, shub_eagle_family_name(shub_eagle_reply_family(reply)));
    } else if (!strcmp(name, "gateway") && shub_eagle_reply_gateway(reply).len) {
        shl_push_slice(L, shub_eagle_reply_gateway(reply));
    } else if (!strcmp(name, "time") && shub_eagle_reply_time_us(reply)) {
        shl_push_int64(L, shub_eagle_reply_time_us(reply));
    } else if (!strcmp(name, "truncated")) {
        lua_pushboolean(L, shub_eagle_reply_truncated(reply));
    }
    return 1;
}

int shl_readings(lua_State *L, lua_CFunction next)
{
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next, 2);
    return 1;
}

size_t shl_readings_place(lua_State *L)
{
    return (size_t)lua_tointeger(L, lua_upvalueindex(2));
}

int shl_readings_step(lua_State *L, const shub_eagle_reading *reading)
{
    if (!reading)
        return 0;
    lua_pushinteger(L, (lua_Integer)shl_readings_place(L) + 1);
    lua_replace(L, lua_upvalueindex(2));
    push_reading(L, reading);
    return 1;
}

static int next_reading(lua_State *L)
{
    const shub_eagle_reply *reply = shl_handle(lua_touserdata(L, lua_upvalueindex(1)));
    size_t i = shl_readings_place(L);

    return shl_readings_step(L, reply ? shub_eagle_reply_at(reply, i) : NULL);
}

/* for reading in reply:readings() do: {root, name, meter, time, connected, fields, units}
 */
static int readings(lua_State *L)
{
    check_reply(L);
    return shl_readings(L, next_reading);
}

/* reply:field(i, name) -> string: of the i-th reading, its name in any case */
static int field(lua_State *L)
{
    const shub_eagle_reply *reply = check_reply(L);
    lua_Integer i = luaL_checkinteger(L, 2);
    shub_slice name = shl_check_slice(L, 3);
    const shub_eagle_reading *reading;
    shub_slice value;

    luaL_argcheck(L, i >= 1, 2, "readings are counted from 1");
    if (!reply)
        return shl_closed(L);
    reading = shub_eagle_reply_at(reply, (size_t)i - 1);
    if (!reading)
        return shl_fail(L, SHUB_E_NOT_FOUND, NULL);
    value = shub_eagle_reading_field(reading, name);
    if (!value.len)
        return 0;
    shl_push_slice(L, value);
    return 1;
}

static void close_guard(void *ptr)
{
    shub_eagle_guard_free(ptr);
}

/* sensorhub.eagle_guard() -> guard, for the options of reply:samples */
static int eagle_guard(lua_State *L)
{
    shl_object *object = shl_new(L, SHL_GUARD, close_guard);
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_guard *guard;
    shub_status status = shub_eagle_guard_new(&guard, &err);

    object->ptr = guard;
    return status ? shl_fail(L, status, &err) : 1;
}

static const shl_option sample_options[] = {
    {"meter", SHL_SLICE, offsetof(shub_eagle_sample_options, meter), NULL},
    {"zone_us", SHL_INT64, offsetof(shub_eagle_sample_options, zone_us), NULL},
    {"multiplier", SHL_INT32, offsetof(shub_eagle_sample_options, multiplier), NULL},
    {"divisor", SHL_INT32, offsetof(shub_eagle_sample_options, divisor), NULL},
    {"guard", SHL_OTHER, 0, NULL},
    {NULL, SHL_OTHER, 0, NULL}};

static void take_sample_options(lua_State *L, int arg, shub_eagle_sample_options *opts)
{
    shl_options(L, arg, sample_options, opts);
    if (!lua_istable(L, arg))
        return;
    lua_getfield(L, arg, "zone_us");
    opts->zone_known = !lua_isnil(L, -1);
    lua_pop(L, 1);
    lua_getfield(L, arg, "guard");
    if (!lua_isnil(L, -1))
        opts->guard = shl_handle(shl_check(L, -1, SHL_GUARD));
    lua_pop(L, 1);
}

/* reply:samples(arrival_us [, batch [, options]]) -> batch; after a failure the batch
 * that was passed has the samples of the other readings */
static int samples(lua_State *L)
{
    shl_object *object = shl_check(L, 1, SHL_REPLY);
    shub_eagle_sample_options opts = SHUB_EAGLE_SAMPLE_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    shub_status status;

    opts.arrival_us = shl_check_time(L, 2);
    take_sample_options(L, 4, &opts);
    status = shl_opt_batch(L, 3, &batch, &err);
    /* Asked for last: a new batch may collect garbage, whose finalizers may close it. */
    if (!status && !shl_handle(object))
        return shl_closed(L);
    if (!status)
        status = shub_eagle_reply_samples_with(shl_handle(object), &opts, batch, &err);
    if (status)
        return shl_fail(L, status, &err);
    shl_trace_deliver(L);
    return 1;
}

/* ---- requests ------------------------------------------------------------------ */

#define UPLOADER(name, kind)                                                             \
    {                                                                                    \
#name, kind, offsetof(shl_request, uploader.name), NULL                          \
    }

static const shl_option request_options[] = {
    {"mac_id", SHL_SLICE, offsetof(shl_request, opts.mac_id), NULL},
    {"hardware_address", SHL_SLICE, offsetof(shl_request, opts.hardware_address), NULL},
    {"component", SHL_SLICE, offsetof(shl_request, opts.component), NULL},
    {"event", SHL_SLICE, offsetof(shl_request, opts.event), NULL},
    {"period", SHL_SLICE, offsetof(shl_request, opts.period), NULL},
    {"price", SHL_SLICE, offsetof(shl_request, opts.price), NULL},
    {"value", SHL_SLICE, offsetof(shl_request, opts.value), NULL},
    {"json", SHL_FLAG, offsetof(shl_request, opts.json), NULL},
    {"local", SHL_FLAG, offsetof(shl_request, opts.local), NULL},
    {"received", SHL_FLAG, offsetof(shl_request, opts.received), NULL},
    {"disable", SHL_FLAG, offsetof(shl_request, opts.disable), NULL},
    {"allow_control", SHL_FLAG, offsetof(shl_request, opts.allow_control), NULL},
    {"start_us", SHL_INT64, offsetof(shl_request, opts.start_us), NULL},
    {"end_us", SHL_INT64, offsetof(shl_request, opts.end_us), NULL},
    {"frequency_s", SHL_INT32, offsetof(shl_request, opts.frequency_s), NULL},
    {"duration_min", SHL_INT32, offsetof(shl_request, opts.duration_min), NULL},
    {"message_id", SHL_INT32, offsetof(shl_request, opts.message_id), NULL},
    {"count", SHL_INT32, offsetof(shl_request, opts.count), NULL},
    {"variables", SHL_OTHER, 0, NULL},
    UPLOADER(provider, SHL_SLICE),
    UPLOADER(description, SHL_SLICE),
    UPLOADER(format, SHL_SLICE),
    UPLOADER(hostname, SHL_SLICE),
    UPLOADER(path, SHL_SLICE),
    UPLOADER(header, SHL_SLICE),
    UPLOADER(tls, SHL_FLAG),
    UPLOADER(port, SHL_INT32),
    UPLOADER(upload_size, SHL_INT32),
    UPLOADER(upload_period_s, SHL_INT32),
    {NULL, SHL_OTHER, 0, NULL}};

static const shl_option uploader_options[] = {
    {"provider", SHL_SLICE, offsetof(shub_eagle_uploader, provider), NULL},
    {"hostname", SHL_SLICE, offsetof(shub_eagle_uploader, hostname), NULL},
    {"path", SHL_SLICE, offsetof(shub_eagle_uploader, path), NULL},
    {"format", SHL_SLICE, offsetof(shub_eagle_uploader, format), NULL},
    {"description", SHL_SLICE, offsetof(shub_eagle_uploader, description), NULL},
    {"header", SHL_SLICE, offsetof(shub_eagle_uploader, header), NULL},
    {"tls", SHL_FLAG, offsetof(shub_eagle_uploader, tls), NULL},
    {"port", SHL_INT32, offsetof(shub_eagle_uploader, port), NULL},
    {"upload_size", SHL_INT32, offsetof(shub_eagle_uploader, upload_size), NULL},
    {"upload_period_s", SHL_INT32, offsetof(shub_eagle_uploader, upload_period_s), NULL},
    {NULL, SHL_OTHER, 0, NULL}};

static shub_eagle_command command_of(lua_State *L, int arg)
{
    const char *name = luaL_checkstring(L, arg);
    const char *known;

    for (int i = 1; (known = shub_eagle_command_name((shub_eagle_command)i)) != NULL; i++)
        if (!strcmp(known, name))
            return (shub_eagle_command)i;
    luaL_argerror(L, arg, lua_pushfstring(L, "unknown command '%s'", name));
    return 0;
}

/* Leaves the slices on the stack; the strings stay in their table. */
static void take_variables(lua_State *L, int arg, shub_eagle_request_options *opts)
{
    shub_slice *slices;

    lua_getfield(L, arg, "variables");
    if (lua_isnil(L, -1))
        return;
    if (!lua_istable(L, -1))
        luaL_argerror(L, arg, "option 'variables': list of strings expected");
    opts->variable_count = lua_rawlen(L, -1);
    slices = lua_newuserdata(L, (opts->variable_count + 1) * sizeof *slices);
    for (size_t i = 0; i < opts->variable_count; i++) {
        lua_rawgeti(L, -2, (int)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_argerror(L, arg, "option 'variables': list of strings expected");
        slices[i] = shl_check_slice(L, -1);
        lua_pop(L, 1);
    }
    opts->variables = slices;
}

void shl_check_request(lua_State *L, int arg, shl_request *request)
{
    static const shub_eagle_request_options no_options = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    static const shub_eagle_uploader no_uploader = SHUB_EAGLE_UPLOADER_INIT;

    request->command = command_of(L, arg);
    request->opts = no_options;
    request->uploader = no_uploader;
    shl_options(L, arg + 1, request_options, request);
    if (lua_istable(L, arg + 1))
        take_variables(L, arg + 1, &request->opts);
    if (request->uploader.provider.len)
        request->opts.uploader = &request->uploader;
}

typedef shub_status write_request(shub_eagle_command, const shub_eagle_request_options *,
                                  char *, size_t, size_t *, shub_error *);

static int write_with(lua_State *L, write_request *write)
{
    shub_error err = SHUB_ERROR_INIT;
    char body[SHUB_EAGLE_REQUEST_MAX];
    shl_request request;
    size_t len;
    shub_status status;

    shl_check_request(L, 1, &request);
    status = write(request.command, &request.opts, body, sizeof body, &len, &err);
    if (status)
        return shl_fail(L, status, &err);
    lua_pushlstring(L, body, len);
    return 1;
}

/* sensorhub.eagle_request(command [, options]) -> string */
static int eagle_request(lua_State *L)
{
    return write_with(L, shub_eagle_request);
}

/* sensorhub.eagle_upload_answer(command [, options]) -> string */
static int eagle_upload_answer(lua_State *L)
{
    return write_with(L, shub_eagle_upload_answer);
}

/* sensorhub.eagle_uploader_add(options) -> string */
static int eagle_uploader_add(lua_State *L)
{
    shub_eagle_uploader uploader = SHUB_EAGLE_UPLOADER_INIT;
    shub_error err = SHUB_ERROR_INIT;
    char body[SHUB_EAGLE_REQUEST_MAX];
    size_t len;
    shub_status status;

    shl_options(L, 1, uploader_options, &uploader);
    status = shub_eagle_uploader_add(&uploader, body, sizeof body, &len, &err);
    if (status)
        return shl_fail(L, status, &err);
    lua_pushlstring(L, body, len);
    return 1;
}

/* sensorhub.eagle_uploader_delete(provider) -> string */
static int eagle_uploader_delete(lua_State *L)
{
    shub_error err = SHUB_ERROR_INIT;
    char body[SHUB_EAGLE_REQUEST_MAX];
    size_t len;
    shub_status status =
        shub_eagle_uploader_delete(shl_check_slice(L, 1), body, sizeof body, &len, &err);

    if (status)
        return shl_fail(L, status, &err);
    lua_pushlstring(L, body, len);
    return 1;
}

void shl_add_reply(lua_State *L)
{
    static const luaL_Reg methods[] = {{"readings", readings},
                                       {"field", field},
                                       {"samples", samples},
                                       {"__len", count},
                                       {NULL, NULL}};
    static const luaL_Reg no_methods[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {{"parse_eagle", parse_eagle},
                                         {"eagle_request", eagle_request},
                                         {"eagle_guard", eagle_guard},
                                         {"eagle_upload_answer", eagle_upload_answer},
                                         {"eagle_uploader_add", eagle_uploader_add},
                                         {"eagle_uploader_delete", eagle_uploader_delete},
                                         {NULL, NULL}};

    shl_class(L, SHL_REPLY, methods);
    shl_class(L, SHL_GUARD, no_methods);
    luaL_getmetatable(L, SHL_REPLY);
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, get_field, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    shl_functions(L, functions);
}
