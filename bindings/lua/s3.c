/* Requests to S3, signed: sensorhub.s3_sign, sensorhub.s3_presign. */
#include "lua_sensorhub.h"

/* What both take. */
typedef struct request {
    shub_s3_sign_options opts;
    shub_slice method, url, payload;
    shub_s3_pair *headers;
    size_t header_count;
} request;

#define OPTION(name, kind)                                                               \
    {                                                                                    \
#name, kind, offsetof(request, opts.name), NULL                                  \
    }

static const shl_option options[] = {
    {"method", SHL_SLICE, offsetof(request, method), NULL},
    {"url", SHL_SLICE, offsetof(request, url), NULL},
    {"payload", SHL_SLICE, offsetof(request, payload), NULL},
    OPTION(access_key, SHL_SLICE),
    OPTION(secret_key, SHL_SLICE),
    OPTION(session_token, SHL_SLICE),
    OPTION(region, SHL_SLICE),
    OPTION(service, SHL_SLICE),
    OPTION(time_us, SHL_INT64),
    OPTION(expires_s, SHL_INT64),
    {"headers", SHL_OTHER, 0, NULL},
    {NULL, SHL_OTHER, 0, NULL}};

static size_t count_pairs(lua_State *L, int table)
{
    size_t count = 0;

    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        count++;
    return count;
}

/* Leaves the pairs on the stack; the strings stay in their table. */
static void take_headers(lua_State *L, request *req)
{
    int table;

    lua_getfield(L, 1, "headers");
    if (lua_isnil(L, -1))
        return;
    if (!lua_istable(L, -1))
        luaL_argerror(L, 1, "option 'headers': table expected");
    table = lua_gettop(L);
    req->headers = lua_newuserdata(L, (count_pairs(L, table) + 1) * sizeof *req->headers);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        shub_s3_pair *pair = &req->headers[req->header_count++];

        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            luaL_argerror(L, 1, "option 'headers': strings by name expected");
        pair->name = shl_check_slice(L, -2);
        pair->value = shl_check_slice(L, -1);
    }
}

static void take_request(lua_State *L, request *req)
{
    static const shub_s3_sign_options init = SHUB_S3_SIGN_OPTIONS_INIT;
    static const request empty;

    luaL_checktype(L, 1, LUA_TTABLE);
    *req = empty;
    req->opts = init;
    shl_options(L, 1, options, req);
    take_headers(L, req);
}

/* sensorhub.s3_sign(options) -> authorization, date */
static int s3_sign(lua_State *L)
{
    shub_s3_signature signature = SHUB_S3_SIGNATURE_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    request req;

    take_request(L, &req);
    status = shub_s3_sign(&req.opts, req.method, req.url, req.headers, req.header_count,
                          req.payload, &signature, &err);
    if (status)
        return shl_fail(L, status, &err);
    lua_pushstring(L, signature.authorization);
    lua_pushstring(L, signature.date);
    return 2;
}

/* sensorhub.s3_presign(options) -> string */
static int s3_presign(lua_State *L)
{
    shub_error err = SHUB_ERROR_INIT;
    char url[SHUB_S3_URL_MAX];
    shub_status status;
    request req;
    size_t len;

    take_request(L, &req);
    status = shub_s3_presign(&req.opts, req.method, req.url, req.headers,
                             req.header_count, url, sizeof url, &len, &err);
    if (status)
        return shl_fail(L, status, &err);
    lua_pushlstring(L, url, len);
    return 1;
}

void shl_add_s3(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"s3_sign", s3_sign}, {"s3_presign", s3_presign}, {NULL, NULL}};

    shl_functions(L, functions);
}
