/* A client for one gateway, and the loop that carries it. */
#include "lua_sensorhub.h"

/* ---- loop ---------------------------------------------------------------------- */

static void close_loop(void *ptr)
{
    shub_loop_close(ptr);
}

static shub_status push_loop(lua_State *L, shl_object **object, shub_error *err)
{
    shub_loop *loop;
    shub_status status;

    *object = shl_new(L, SHL_LOOP, close_loop);
    status = shub_loop_open(&loop, err);
    (*object)->ptr = loop;
    return status;
}

/* sensorhub.loop() -> loop */
static int new_loop(lua_State *L)
{
    shub_error err = SHUB_ERROR_INIT;
    shl_object *object;
    shub_status status = push_loop(L, &object, &err);

    return status ? shl_fail(L, status, &err) : 1;
}

static shub_loop *check_loop(lua_State *L)
{
    return shl_handle(shl_check(L, 1, SHL_LOOP));
}

/* loop:fd() -> number: readable when run_once has work */
static int loop_fd(lua_State *L)
{
    const shub_loop *loop = check_loop(L);

    if (!loop)
        return shl_closed(L);
    lua_pushinteger(L, shub_loop_fd(loop));
    return 1;
}

/* loop:timeout_ms() -> number; sensorhub.NONE: never */
static int loop_timeout(lua_State *L)
{
    shub_loop *loop = check_loop(L);

    if (!loop)
        return shl_closed(L);
    shl_push_int64(L, shub_loop_timeout_ms(loop));
    return 1;
}

/* loop:run_once(timeout_ms) -> true; 0: do not wait, sensorhub.NONE: until there is work
 */
static int loop_run_once(lua_State *L)
{
    shub_loop *loop = check_loop(L);
    lua_Integer timeout_ms = luaL_checkinteger(L, 2);
    shub_error err = SHUB_ERROR_INIT;

    if (!loop)
        return shl_closed(L);
    return shl_done(L, shub_loop_run_once(loop, timeout_ms, &err), &err);
}

/* ---- eagle --------------------------------------------------------------------- */

static const char *const transports[] = {"auto",     "relay", "eagle100",
                                         "eagle200", "cgi",   NULL};
static const char *const reads[] = {"demand", "summation", "price", "network", NULL};

#define OPTION(name, kind, words)                                                        \
    {                                                                                    \
#name, kind, offsetof(shub_eagle_options, name), words                           \
    }

static const shl_option eagle_options[] = {OPTION(url, SHL_STRING, NULL),
                                           OPTION(cloud_id, SHL_STRING, NULL),
                                           OPTION(install_code, SHL_STRING, NULL),
                                           OPTION(user, SHL_STRING, NULL),
                                           OPTION(password, SHL_STRING, NULL),
                                           OPTION(meter, SHL_STRING, NULL),
                                           OPTION(ca_file, SHL_STRING, NULL),
                                           OPTION(pin, SHL_STRING, NULL),
                                           OPTION(transport, SHL_WORD, transports),
                                           OPTION(reads, SHL_BITS, reads),
                                           OPTION(insecure, SHL_FLAG, NULL),
                                           OPTION(retries, SHL_INT32, NULL),
                                           OPTION(timeout_ms, SHL_INT64, NULL),
                                           OPTION(min_gap_ms, SHL_INT64, NULL),
                                           OPTION(circuit_failures, SHL_INT32, NULL),
                                           OPTION(circuit_rest_ms, SHL_INT64, NULL),
                                           OPTION(unstick_ms, SHL_INT64, NULL),
                                           OPTION(seed, SHL_INT64, NULL),
                                           OPTION(rest_url, SHL_STRING, NULL),
                                           {"loop", SHL_OTHER, 0, NULL},
                                           {NULL, SHL_OTHER, 0, NULL}};

static void close_eagle(void *ptr)
{
    shub_eagle_close(ptr);
}

/* Puts the options' loop, or a new one that closes with the client, on top. */
static shub_status take_loop(lua_State *L, shl_object **loop, shub_error *err)
{
    shub_status status;

    lua_getfield(L, 1, "loop");
    if (!lua_isnil(L, -1)) {
        *loop = luaL_checkudata(L, -1, SHL_LOOP);
        return shl_handle(*loop) ? SHUB_OK : SHUB_E_CLOSED;
    }
    lua_pop(L, 1);
    status = push_loop(L, loop, err);
    (*loop)->closed = !status;
    return status;
}

/* sensorhub.eagle(options) -> eagle */
static int new_eagle(lua_State *L)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle *eagle;
    shl_object *loop, *object;
    shub_status status;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    shl_options(L, 1, eagle_options, &opts);
    status = take_loop(L, &loop, &err);
    if (status)
        return shl_fail(L, status, &err);
    object = shl_new(L, SHL_EAGLE, close_eagle);
    shl_adopt(L, 2, loop, object);
    status = shub_eagle_open(loop->ptr, &opts, &eagle, &err);
    object->ptr = eagle;
    return status ? shl_fail(L, status, &err) : 1;
}

static shub_eagle *check_eagle(lua_State *L)
{
    return shl_handle(shl_check(L, 1, SHL_EAGLE));
}

/* eagle:start() -> true */
static int start(lua_State *L)
{
    shub_eagle *eagle = check_eagle(L);
    shub_error err = SHUB_ERROR_INIT;

    if (!eagle)
        return shl_closed(L);
    return shl_done(L, shub_eagle_start(eagle, &err), &err);
}

typedef shub_status take_fn(shub_eagle *eagle, shub_batch *batch, shub_error *err);

static int take_by(lua_State *L, take_fn *take)
{
    shl_object *object = shl_check(L, 1, SHL_EAGLE);
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    shub_status status = shl_opt_batch(L, 2, &batch, &err);

    /* Asked for last: a new batch may collect garbage, whose finalizers may close it. */
    if (!status)
        status =
            shl_handle(object) ? take(shl_handle(object), batch, &err) : SHUB_E_CLOSED;
    if (status)
        return shl_fail(L, status, &err);
    shl_trace_deliver(L);
    return 1;
}

/* eagle:take([batch]) -> batch; after a failure the batch that was passed has what was
 * read before it */
static int take(lua_State *L)
{
    return take_by(L, shub_eagle_take);
}

/* eagle:poll([batch]) -> batch; blocks */
static int poll(lua_State *L)
{
    return take_by(L, shub_eagle_poll);
}

/* The i-th reading of all replies of the poll taken last. */
static const shub_eagle_reading *reading_at(const shub_eagle *eagle, size_t i)
{
    const shub_eagle_reply *reply;

    for (size_t r = 0; (reply = shub_eagle_last_reply(eagle, r)) != NULL; r++) {
        size_t readings = shub_eagle_reply_count(reply);

        if (i < readings)
            return shub_eagle_reply_at(reply, i);
        i -= readings;
    }
    return NULL;
}

static int next_reading(lua_State *L)
{
    const shub_eagle *eagle = shl_handle(lua_touserdata(L, lua_upvalueindex(1)));
    size_t i = shl_readings_place(L);

    return shl_readings_step(L, eagle ? reading_at(eagle, i) : NULL);
}

/* for reading in eagle:readings() do: raw, of the poll taken last; as reply:readings() */
static int readings(lua_State *L)
{
    check_eagle(L);
    return shl_readings(L, next_reading);
}

/* eagle:transport() -> string, "auto" until it is known */
static int transport(lua_State *L)
{
    const shub_eagle *eagle = check_eagle(L);

    if (!eagle)
        return shl_closed(L);
    lua_pushstring(L, transports[shub_eagle_transport_used(eagle)]);
    return 1;
}

/* eagle:detect() -> string; blocks */
static int detect(lua_State *L)
{
    shub_eagle *eagle = check_eagle(L);
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_transport found;
    shub_status status;

    if (!eagle)
        return shl_closed(L);
    status = shub_eagle_detect(eagle, &found, &err);
    if (status)
        return shl_fail(L, status, &err);
    shl_trace_deliver(L);
    lua_pushstring(L, transports[found]);
    return 1;
}

/* ---- lists and commands -------------------------------------------------------- */

/* eagle:start_list() -> true */
static int start_list(lua_State *L)
{
    shub_eagle *eagle = check_eagle(L);
    shub_error err = SHUB_ERROR_INIT;

    if (!eagle)
        return shl_closed(L);
    return shl_done(L, shub_eagle_start_list(eagle, &err), &err);
}

/* eagle:start_send(command [, options]) -> true */
static int start_send(lua_State *L)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle *eagle;
    shl_request request;

    shl_check_request(L, 2, &request);
    eagle = check_eagle(L);
    if (!eagle)
        return shl_closed(L);
    return shl_done(L, shub_eagle_start_send(eagle, request.command, &request.opts, &err),
                    &err);
}

typedef shub_status reply_fn(shub_eagle *eagle, const shl_request *request,
                             shub_eagle_reply **reply, shub_error *err);

/* A reply, or true when there is none. */
static int reply_by(lua_State *L, reply_fn *fetch, const shl_request *request)
{
    shl_object *object = shl_check(L, 1, SHL_EAGLE);
    shl_object *answer = shl_new_reply(L);
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply = NULL;
    shub_status status = SHUB_E_CLOSED;

    /* Asked for last: a new reply may collect garbage, whose finalizers may close it. */
    if (shl_handle(object))
        status = fetch(shl_handle(object), request, &reply, &err);
    answer->ptr = reply;
    if (status)
        return shl_fail(L, status, &err);
    shl_trace_deliver(L);
    if (!reply)
        lua_pushboolean(L, 1);
    return 1;
}

static shub_status fetch_list(shub_eagle *eagle, const shl_request *request,
                              shub_eagle_reply **reply, shub_error *err)
{
    (void)request;
    return shub_eagle_list(eagle, reply, err);
}

static shub_status fetch_sent(shub_eagle *eagle, const shl_request *request,
                              shub_eagle_reply **reply, shub_error *err)
{
    return shub_eagle_send(eagle, request->command, &request->opts, reply, err);
}

static shub_status fetch_started(shub_eagle *eagle, const shl_request *request,
                                 shub_eagle_reply **reply, shub_error *err)
{
    (void)request;
    return shub_eagle_take_reply(eagle, reply, err);
}

/* eagle:list() -> reply; blocks */
static int list(lua_State *L)
{
    return reply_by(L, fetch_list, NULL);
}

/* eagle:send(command [, options]) -> reply, or true when nothing was answered; blocks */
static int send(lua_State *L)
{
    shl_request request;

    shl_check_request(L, 2, &request);
    return reply_by(L, fetch_sent, &request);
}

/* eagle:take_reply() -> reply, or true when nothing was answered */
static int take_reply(lua_State *L)
{
    return reply_by(L, fetch_started, NULL);
}

void shl_add_eagle(lua_State *L)
{
    static const luaL_Reg loop_methods[] = {{"fd", loop_fd},
                                            {"timeout_ms", loop_timeout},
                                            {"run_once", loop_run_once},
                                            {NULL, NULL}};
    static const luaL_Reg methods[] = {{"start", start},
                                       {"take", take},
                                       {"poll", poll},
                                       {"readings", readings},
                                       {"transport", transport},
                                       {"detect", detect},
                                       {"list", list},
                                       {"start_list", start_list},
                                       {"send", send},
                                       {"start_send", start_send},
                                       {"take_reply", take_reply},
                                       {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"loop", new_loop}, {"eagle", new_eagle}, {NULL, NULL}};

    shl_class(L, SHL_LOOP, loop_methods);
    shl_class(L, SHL_EAGLE, methods);
    shl_functions(L, functions);
}
