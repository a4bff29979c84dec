/* Batches as JSON lines, CSV, line protocol, SenML, and back. */
#include "lua_sensorhub.h"

#include <string.h>

static shub_batch *check_batch(lua_State *L)
{
    return shl_handle(shl_check(L, 1, SHL_BATCH));
}

static int give_text(lua_State *L, shub_status status, const shub_slice *text,
                     const shub_error *err)
{
    if (status)
        return shl_fail(L, status, err);
    shl_push_slice(L, *text);
    return 1;
}

/* true; good lines are appended also when others are refused, which details.refused
 * counts */
static int give_added(lua_State *L, shub_status status, const size_t *refused,
                      const shub_error *err)
{
    if (!status)
        return shl_done(L, SHUB_OK, NULL);
    shl_push_int64(L, (int64_t)*refused);
    return shl_fail_with(L, status, err, "refused");
}

/* ---- JSON lines ------------------------------------------------------------------ */

/* batch:to_jsonl() -> string */
int shl_to_jsonl(lua_State *L)
{
    shub_batch *batch = check_batch(L);
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;

    if (!batch)
        return shl_closed(L);
    return give_text(L, shub_batch_to_jsonl(batch, &text, &err), &text, &err);
}

/* batch:add_jsonl(text) -> true */
int shl_add_jsonl(lua_State *L)
{
    shub_batch *batch = check_batch(L);
    shub_slice text = shl_check_slice(L, 2);
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 0;

    if (!batch)
        return shl_closed(L);
    return give_added(L, shub_batch_add_jsonl(batch, text, &refused, &err), &refused,
                      &err);
}

/* ---- CSV -------------------------------------------------------------------------- */

static const char *const layouts[] = {"long", "wide", NULL};

static const shl_option csv_options[] = {
    {"layout", SHL_WORD, offsetof(shub_csv_options, layout), layouts},
    {"no_header", SHL_FLAG, offsetof(shub_csv_options, no_header), NULL},
    {"lf", SHL_FLAG, offsetof(shub_csv_options, lf), NULL},
    {NULL, SHL_OTHER, 0, NULL},
};

/* batch:to_csv{layout=, no_header=, lf=} -> string */
int shl_to_csv(lua_State *L)
{
    shub_csv_options opts = SHUB_CSV_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    shub_slice text;

    shl_options(L, 2, csv_options, &opts);
    batch = check_batch(L);
    if (!batch)
        return shl_closed(L);
    return give_text(L, shub_batch_to_csv(batch, &opts, &text, &err), &text, &err);
}

/* ---- line protocol ---------------------------------------------------------------- */

static const char *const precisions[] = {"ns", "us", "ms", "s", NULL};
static const char *const namings[] = {"fields", "chirpstack", NULL};

static const shl_option influx_options[] = {
    {"measurement", SHL_SLICE, offsetof(shub_influx_options, measurement), NULL},
    {"device_tag", SHL_SLICE, offsetof(shub_influx_options, device_tag), NULL},
    {"tags", SHL_OTHER, 0, NULL},
    {"precision", SHL_WORD, offsetof(shub_influx_options, precision), precisions},
    {"naming", SHL_WORD, offsetof(shub_influx_options, naming), namings},
    {"no_units", SHL_FLAG, offsetof(shub_influx_options, no_units), NULL},
    {"one_line", SHL_FLAG, offsetof(shub_influx_options, one_line), NULL},
    {"now", SHL_INT64, offsetof(shub_influx_options, now_us), NULL},
    {NULL, SHL_OTHER, 0, NULL},
};

static void read_tag(lua_State *L, int arg, shub_tag *tag)
{
    luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING,
                  arg, "option 'tags': strings expected");
    tag->key.ptr = lua_tolstring(L, -2, &tag->key.len);
    tag->value.ptr = lua_tolstring(L, -1, &tag->value.len);
}

/* The table `tags` of the options at `arg`, if any: {key = value}. Its strings are kept
 * by it, and it by the options. */
static void read_tags(lua_State *L, int arg, shub_tag *tags, shub_influx_options *opts)
{
    if (lua_isnoneornil(L, arg))
        return;
    lua_pushliteral(L, "tags");
    lua_rawget(L, arg);
    if (lua_isnil(L, -1))
        return;
    luaL_argcheck(L, lua_istable(L, -1), arg, "option 'tags': table expected");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        luaL_argcheck(L, opts->tag_count < SHUB_INFLUX_TAGS_MAX, arg,
                      "option 'tags': too many");
        read_tag(L, arg, &tags[opts->tag_count++]);
    }
    opts->tags = tags;
}

/* batch:to_influx{measurement=, device_tag=, tags=, precision=, naming=, no_units=,
 * one_line=} -> string */
int shl_to_influx(lua_State *L)
{
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_tag tags[SHUB_INFLUX_TAGS_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    shub_slice text;

    shl_options(L, 2, influx_options, &opts);
    read_tags(L, 2, tags, &opts);
    batch = check_batch(L);
    if (!batch)
        return shl_closed(L);
    return give_text(L, shub_batch_to_influx(batch, &opts, &text, &err), &text, &err);
}

/* batch:add_influx(text, {device_tag=, precision=, now=}) -> true */
int shl_add_influx(lua_State *L)
{
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_slice text = shl_check_slice(L, 2);
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 0;
    shub_batch *batch;
    shub_status status;

    shl_options(L, 3, influx_options, &opts);
    batch = check_batch(L);
    if (!batch)
        return shl_closed(L);
    status = shub_batch_add_influx(batch, text, &opts, &refused, &err);
    return give_added(L, status, &refused, &err);
}

/* ---- SenML ------------------------------------------------------------------------ */

static const char *const units[] = {"registered", "omit", NULL};

static const shl_option senml_options[] = {
    {"units", SHL_WORD, offsetof(shub_senml_options, units), units},
    {"now", SHL_INT64, offsetof(shub_senml_options, now_us), NULL},
    {NULL, SHL_OTHER, 0, NULL},
};

/* batch:to_senml{units=, now=} -> string */
int shl_to_senml(lua_State *L)
{
    shub_senml_options opts = SHUB_SENML_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    shub_slice text;

    shl_options(L, 2, senml_options, &opts);
    batch = check_batch(L);
    if (!batch)
        return shl_closed(L);
    return give_text(L, shub_batch_to_senml(batch, &opts, &text, &err), &text, &err);
}

/* batch:add_senml(text, now) -> true */
int shl_add_senml(lua_State *L)
{
    shub_slice text = shl_check_slice(L, 2);
    int64_t now_us = lua_isnoneornil(L, 3) ? 0 : shl_check_time(L, 3);
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 0;
    shub_batch *batch = check_batch(L);
    shub_status status;

    if (!batch)
        return shl_closed(L);
    status = shub_batch_add_senml(batch, text, now_us, &refused, &err);
    return give_added(L, status, &refused, &err);
}
