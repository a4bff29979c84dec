/* Signed calls of other services. */
#include "lua_sensorhub.h"

/* ---- memories of calls --------------------------------------------------------- */

static void close_replay(void *ptr)
{
    shub_webhook_replay_free(ptr);
}

/* sensorhub.webhook_replay([calls]) -> replay */
static int webhook_replay(lua_State *L)
{
    lua_Integer calls = luaL_optinteger(L, 1, 0);
    shl_object *object = shl_new(L, SHL_WEBHOOK_REPLAY, close_replay);
    shub_error err = SHUB_ERROR_INIT;
    shub_webhook_replay *replay;
    shub_status status = shub_webhook_replay_new((size_t)calls, &replay, &err);

    object->ptr = replay;
    return status ? shl_fail(L, status, &err) : 1;
}

/* replay:forget(id) -> true */
static int forget(lua_State *L)
{
    shub_webhook_replay *replay = shl_handle(shl_check(L, 1, SHL_WEBHOOK_REPLAY));
    shub_slice id = shl_check_slice(L, 2);
    shub_error err = SHUB_ERROR_INIT;

    if (!replay)
        return shl_closed(L);
    return shl_done(L, shub_webhook_replay_forget(replay, id, &err), &err);
}

/* ---- secrets ------------------------------------------------------------------- */

/* One more than are allowed, so that the library says so. */
enum { SECRETS = SHUB_WEBHOOK_MAX_SECRETS + 1 };

/* Of one string or a list of them. Lifetime: borrowed from what is at `arg`. */
static size_t check_secrets(lua_State *L, int arg, shub_slice secrets[SECRETS])
{
    size_t count = 0;

    if (lua_type(L, arg) == LUA_TSTRING) {
        secrets[0] = shl_check_slice(L, arg);
        return 1;
    }
    luaL_checktype(L, arg, LUA_TTABLE);
    while (count < SECRETS) {
        lua_rawgeti(L, arg, (int)count + 1);
        if (lua_isnil(L, -1))
            break;
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_argerror(L, arg, "a secret is a string");
        secrets[count++] = shl_check_slice(L, -1);
        lua_pop(L, 1);
    }
    return count;
}

/* ---- with a time --------------------------------------------------------------- */

static const shl_option verify_options[] = {
    {"now", SHL_INT64, offsetof(shub_webhook_options, now_us), NULL},
    {"window_us", SHL_INT64, offsetof(shub_webhook_options, window_us), NULL},
    {"replay", SHL_OTHER, 0, NULL},
    {NULL, SHL_OTHER, 0, NULL},
};

/* 0 when there is one that is closed. */
static int take_replay(lua_State *L, int arg, shub_webhook_options *opts)
{
    if (!lua_istable(L, arg))
        return 1;
    lua_getfield(L, arg, "replay");
    if (lua_isnil(L, -1))
        return 1;
    opts->replay = shl_handle(luaL_checkudata(L, -1, SHL_WEBHOOK_REPLAY));
    return opts->replay != NULL;
}

/* sensorhub.webhook_verify(header, body, secrets [, {now, window_us, replay}]) -> id; a
 * header is nil where the call has none */
static int webhook_verify(lua_State *L)
{
    shub_slice header = shl_opt_slice(L, 1), body = shl_check_slice(L, 2);
    shub_webhook_options opts = SHUB_WEBHOOK_OPTIONS_INIT;
    shub_slice secrets[SECRETS];
    char id[SHUB_WEBHOOK_ID_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    opts.secrets = secrets;
    opts.secret_count = check_secrets(L, 3, secrets);
    opts.now_us = shub_now_us();
    shl_options(L, 4, verify_options, &opts);
    if (!take_replay(L, 4, &opts))
        return shl_closed(L);
    status = shub_webhook_verify(&opts, header, body, id, &err);
    if (status)
        return shl_fail(L, status, &err);
    lua_pushstring(L, id);
    return 1;
}

/* sensorhub.webhook_sign(secret, body [, now]) -> "t=...,v1=..." */
static int webhook_sign(lua_State *L)
{
    shub_slice secret = shl_check_slice(L, 1), body = shl_check_slice(L, 2);
    int64_t now_us = lua_isnoneornil(L, 3) ? shub_now_us() : shl_check_time(L, 3);
    char header[SHUB_WEBHOOK_SIGN_MAX];
    shub_error err = SHUB_ERROR_INIT;
    size_t len;
    shub_status status =
        shub_webhook_sign(secret, now_us, body, header, sizeof header, &len, &err);

    if (status)
        return shl_fail(L, status, &err);
    lua_pushlstring(L, header, len);
    return 1;
}

/* ---- Pipe, Lambda -------------------------------------------------------------- */

/* sensorhub.webhook_pipe_verify(signature, url, json, secrets) -> true */
static int webhook_pipe_verify(lua_State *L)
{
    shub_slice signature = shl_opt_slice(L, 1), url = shl_check_slice(L, 2);
    shub_slice json = shl_check_slice(L, 3), secrets[SECRETS];
    size_t count = check_secrets(L, 4, secrets);
    shub_error err = SHUB_ERROR_INIT;

    return shl_done(
        L, shub_webhook_pipe_verify(secrets, count, url, json, signature, &err), &err);
}

/* sensorhub.webhook_pipe_sign(secret, url, json) -> signature */
static int webhook_pipe_sign(lua_State *L)
{
    shub_slice secret = shl_check_slice(L, 1), url = shl_check_slice(L, 2);
    shub_slice json = shl_check_slice(L, 3);
    char signature[SHUB_WEBHOOK_PIPE_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_webhook_pipe_sign(secret, url, json, signature, &err);

    if (status)
        return shl_fail(L, status, &err);
    lua_pushstring(L, signature);
    return 1;
}

/* sensorhub.webhook_lambda_verify(signature, document, secrets) -> true */
static int webhook_lambda_verify(lua_State *L)
{
    shub_slice signature = shl_opt_slice(L, 1), document = shl_check_slice(L, 2);
    shub_slice secrets[SECRETS];
    size_t count = check_secrets(L, 3, secrets);
    shub_error err = SHUB_ERROR_INIT;

    return shl_done(
        L, shub_webhook_lambda_verify(secrets, count, document, signature, &err), &err);
}

/* sensorhub.webhook_lambda_sign(secret, document) -> signature */
static int webhook_lambda_sign(lua_State *L)
{
    shub_slice secret = shl_check_slice(L, 1), document = shl_check_slice(L, 2);
    char signature[SHUB_WEBHOOK_LAMBDA_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_webhook_lambda_sign(secret, document, signature, &err);

    if (status)
        return shl_fail(L, status, &err);
    lua_pushstring(L, signature);
    return 1;
}

/* sensorhub.webhook_form_field(body, name) -> string */
static int webhook_form_field(lua_State *L)
{
    shub_slice body = shl_check_slice(L, 1), name = shl_check_slice(L, 2);
    char *field = lua_newuserdata(L, body.len + 1);
    shub_error err = SHUB_ERROR_INIT;
    size_t len;
    shub_status status =
        shub_webhook_form_field(body, name, field, body.len + 1, &len, &err);

    if (status)
        return shl_fail(L, status, &err);
    lua_pushlstring(L, field, len);
    return 1;
}

void shl_add_webhook(lua_State *L)
{
    static const luaL_Reg methods[] = {{"forget", forget}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"webhook_replay", webhook_replay},
                                         {"webhook_verify", webhook_verify},
                                         {"webhook_sign", webhook_sign},
                                         {"webhook_pipe_verify", webhook_pipe_verify},
                                         {"webhook_pipe_sign", webhook_pipe_sign},
                                         {"webhook_lambda_verify", webhook_lambda_verify},
                                         {"webhook_lambda_sign", webhook_lambda_sign},
                                         {"webhook_form_field", webhook_form_field},
                                         {NULL, NULL}};

    shl_class(L, SHL_WEBHOOK_REPLAY, methods);
    shl_functions(L, functions);
}
