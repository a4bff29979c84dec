/* What network servers send: sensorhub.uplink, sensorhub.uplinks; bodies of downlinks. */
#include "lua_sensorhub.h"

#include <string.h>

static const shl_option uplink_options[] = {
    {"topic", SHL_SLICE, offsetof(shub_uplink_options, topic), NULL},
    {"event", SHL_SLICE, offsetof(shub_uplink_options, event), NULL},
    {"arrival_us", SHL_INT64, offsetof(shub_uplink_options, arrival_us), NULL},
    {NULL, SHL_OTHER, 0, NULL}};

/* ---- facts --------------------------------------------------------------------- */

static void set_number(lua_State *L, const char *name, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

/* What is 0 where it is not said is absent then. */
static void set_count(lua_State *L, const char *name, int64_t value, int64_t none)
{
    if (value != none)
        shl_set_int64(L, name, value);
}

static void set_ids(lua_State *L, const shub_uplink *up)
{
    shl_set_slice(L, "application", up->application);
    shl_set_slice(L, "tenant", up->tenant);
    shl_set_slice(L, "device", up->device);
    shl_set_slice(L, "name", up->name);
    shl_set_slice(L, "dev_eui", up->dev_eui);
    shl_set_slice(L, "dev_addr", up->dev_addr);
    shl_set_slice(L, "session", up->session);
    shl_set_slice(L, "id", up->id);
}

static void set_content(lua_State *L, const shub_uplink *up)
{
    shl_set_slice(L, "payload", up->payload);
    shl_set_slice(L, "object", up->object);
    shl_set_slice(L, "normalized", up->normalized);
    shl_set_slice(L, "text", up->text);
    set_count(L, "port", up->port, 0);
    set_count(L, "counter", up->counter, SHUB_NONE);
    if (up->time_source != SHUB_UPLINK_TIME_NONE)
        shl_set_int64(L, "time", up->time_us);
}

static void set_radio(lua_State *L, const shub_uplink *up)
{
    shl_set_slice(L, "rate", up->rate);
    set_count(L, "rate_index", up->rate_index, SHUB_NONE);
    set_count(L, "spreading_factor", up->spreading_factor, 0);
    set_count(L, "bandwidth_hz", up->bandwidth_hz, 0);
    set_count(L, "bit_rate", up->bit_rate, 0);
    set_count(L, "frequency_hz", up->frequency_hz, 0);
    set_count(L, "gateway_count", up->gateway_count, 0);
    shl_set_slice(L, "gateway", up->gateway);
    if (up->flags & SHUB_UPLINK_HAS_SIGNAL) {
        set_number(L, "rssi_dbm", up->rssi_dbm);
        set_number(L, "snr_db", up->snr_db);
    }
}

static void set_device(lua_State *L, const shub_uplink *up)
{
    if (up->flags & SHUB_UPLINK_HAS_LOCATION) {
        set_number(L, "latitude", up->latitude);
        set_number(L, "longitude", up->longitude);
        set_number(L, "altitude_m", up->altitude_m);
    }
    if (up->flags & SHUB_UPLINK_HAS_BATTERY)
        set_number(L, "battery", up->battery);
    if (up->flags & SHUB_UPLINK_HAS_MARGIN)
        set_number(L, "margin_db", up->margin_db);
    shl_set_flag(L, "confirmed", (up->flags & SHUB_UPLINK_CONFIRMED) != 0);
    shl_set_flag(L, "simulated", (up->flags & SHUB_UPLINK_SIMULATED) != 0);
    shl_set_flag(L, "retry", (up->flags & SHUB_UPLINK_RETRY) != 0);
}

static void push_uplink(lua_State *L, const shub_uplink *up)
{
    lua_createtable(L, 0, 24);
    shl_set_string(L, "dialect", shub_uplink_dialect_name(up->dialect));
    shl_set_string(L, "event", shub_uplink_event_name(up->event));
    shl_set_string(L, "time_source", shub_uplink_time_name(up->time_source));
    shl_set_int64(L, "payload_status", up->payload_status);
    set_ids(L, up);
    set_content(L, up);
    set_radio(L, up);
    set_device(L, up);
}

/* ---- documents ------------------------------------------------------------------ */

static void close_parser(void *ptr)
{
    shub_uplink_parser_free(ptr);
}

/* Pushes a parser, which the collector frees. */
static shub_status push_parser(lua_State *L, shub_uplink_parser **parser, shub_error *err)
{
    shl_object *object = shl_new(L, SHL_UPLINK_PARSER, close_parser);
    shub_status status = shub_uplink_parser_new(parser, err);

    object->ptr = *parser;
    return status;
}

/* The module's own parser, kept from call to call; facts are copied out of it at once. */
static shub_status shared_parser(lua_State *L, shub_uplink_parser **parser,
                                 shub_error *err)
{
    shub_status status;

    lua_getfield(L, LUA_REGISTRYINDEX, SHL_UPLINK_PARSER "s");
    if (lua_isuserdata(L, -1)) {
        *parser = ((shl_object *)lua_touserdata(L, -1))->ptr;
        lua_pop(L, 1);
        return SHUB_OK;
    }
    lua_pop(L, 1);
    status = push_parser(L, parser, err);
    if (status) {
        lua_pop(L, 1);
        return status;
    }
    lua_setfield(L, LUA_REGISTRYINDEX, SHL_UPLINK_PARSER "s");
    return SHUB_OK;
}

/* The same, pushed, and the module has none until give_parser: a decoder of the program's
 * may call for one amid our walk. When it raises, the collector frees ours. */
static shub_status take_parser(lua_State *L, shub_uplink_parser **parser, shub_error *err)
{
    shub_status status = shared_parser(L, parser, err);

    lua_getfield(L, LUA_REGISTRYINDEX, SHL_UPLINK_PARSER "s");
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, SHL_UPLINK_PARSER "s");
    return status;
}

static void give_parser(lua_State *L, int index)
{
    lua_pushvalue(L, index);
    lua_setfield(L, LUA_REGISTRYINDEX, SHL_UPLINK_PARSER "s");
}

/* sensorhub.uplink(body [, {topic, event, arrival_us}]) -> facts */
static int parse_uplink(lua_State *L)
{
    shub_slice body = shl_check_slice(L, 1);
    shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_uplink_parser *parser;
    shub_status status;

    shl_options(L, 2, uplink_options, &opts);
    status = shared_parser(L, &parser, &err);
    if (!status)
        status = shub_uplink_parse(parser, body, &opts, &up, &err);
    if (status)
        return shl_fail(L, status, &err);
    push_uplink(L, &up);
    shl_trace_deliver(L);
    return 1;
}

/* Upvalues: body, options or nil, and the place, a string of bytes. A document that is
 * refused gives false, message, code, details: nil would end the loop. */
static int next_uplink(lua_State *L)
{
    shub_uplink_walk *walk = lua_touserdata(L, lua_upvalueindex(3));
    shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_uplink_parser *parser;
    shub_status status;

    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(2));
    shl_options(L, 1, uplink_options, &opts);
    status = shared_parser(L, &parser, &err);
    if (!status)
        status = shub_uplink_next(parser, walk, &opts, &up, &err);
    if (status == SHUB_E_NOT_FOUND)
        return 0;
    if (status) {
        int count = shl_fail(L, status, &err);
        lua_pushboolean(L, 0);
        lua_replace(L, -count - 1);
        return count;
    }
    push_uplink(L, &up);
    return 1;
}

/* for up, message, code, details in sensorhub.uplinks(body [, options]) do: facts, or
 * false and what is wrong with the document */
static int parse_uplinks(lua_State *L)
{
    shub_slice body = shl_check_slice(L, 1);
    shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;
    shub_uplink_walk *walk;

    lua_settop(L, 2);
    shl_options(L, 2, uplink_options, &opts);
    walk = lua_newuserdata(L, sizeof *walk);
    memset(walk, 0, sizeof *walk);
    walk->body = body;
    lua_pushcclosure(L, next_uplink, 3);
    return 1;
}

/* What is done with a document, beside the parser. */
typedef struct sampling {
    shub_slice decoder; /* ptr NULL: what the document says itself */
    int batch;          /* place on the stack */
} sampling;

/* Documents of other events, and frames that carry none, belong to the network. */
static shub_status add_document(lua_State *L, const sampling *s, const shub_uplink *up,
                                shub_error *err)
{
    shub_frame frame = SHUB_FRAME_INIT;
    shub_batch *batch;
    shub_status status;

    if (!s->decoder.ptr) {
        status = shl_opt_batch(L, s->batch, &batch, err);
        lua_settop(L, s->batch);
        return status ? status : shub_uplink_samples(up, batch, err);
    }
    status = shub_uplink_frame(up, &frame, err);
    if (status == SHUB_E_UNEXPECTED || status == SHUB_E_NO_PAYLOAD ||
        status == SHUB_E_MAC_ONLY)
        return SHUB_OK;
    return status ? status : shl_decode(L, s->decoder, &frame, s->batch, err);
}

/* Appends the samples of every document; counts those that were refused, the first of
 * them and of failures deciding. */
static shub_status add_samples(lua_State *L, shub_uplink_parser *parser, shub_slice body,
                               const shub_uplink_options *opts, const sampling *s,
                               size_t *refused, shub_error *first)
{
    shub_uplink_walk walk;
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_status result = SHUB_OK;
    shub_status status;

    memset(&walk, 0, sizeof walk);
    walk.body = body;
    do {
        shub_error err = SHUB_ERROR_INIT;
        status = shub_uplink_next(parser, &walk, opts, &up, &err);
        if (status == SHUB_E_NOT_FOUND)
            break;
        if (status == SHUB_OK)
            status = add_document(L, s, &up, &err);
        *refused += status != SHUB_OK;
        if (status != SHUB_OK && result == SHUB_OK) {
            result = status;
            *first = err;
        }
    } while (status != SHUB_E_NOMEM && status != SHUB_E_CLOSED);
    return result;
}

/* Behind the body and a decoder come options and a batch, from `arg` on. */
static int sample_documents(lua_State *L, int arg, shub_slice decoder)
{
    shub_slice body = shl_check_slice(L, 1);
    shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_uplink_parser *parser;
    shub_batch *batch;
    size_t refused = 0;
    shub_status status;

    lua_settop(L, arg + 1);
    shl_options(L, arg, uplink_options, &opts);
    status = take_parser(L, &parser, &err);
    if (!status)
        status = shl_opt_batch(L, arg + 1, &batch, &err);
    if (!status) {
        sampling s = {decoder, lua_gettop(L)};
        status = add_samples(L, parser, body, &opts, &s, &refused, &err);
    }
    give_parser(L, arg + 2);
    if (status) {
        shl_push_int64(L, (int64_t)refused);
        return shl_fail_with(L, status, &err, "refused");
    }
    shl_trace_deliver(L);
    return 1;
}

/* sensorhub.uplink_samples(body [, options [, batch]]) -> batch: what the documents say
 * in numbers; after a failure the batch that was passed has the others, and
 * details.refused counts them */
static int uplink_samples(lua_State *L)
{
    return sample_documents(L, 2, (shub_slice){NULL, 0});
}

/* sensorhub.uplink_decode(body, decoder [, options [, batch]]) -> batch: what the
 * payloads say; the rest as uplink_samples */
static int uplink_decode(lua_State *L)
{
    return sample_documents(L, 3, shl_check_slice(L, 2));
}

/* ---- downlinks ------------------------------------------------------------------ */

static const shl_option downlink_options[] = {
    {"dev_eui", SHL_SLICE, offsetof(shub_uplink_downlink_options, dev_eui), NULL},
    {"priority", SHL_SLICE, offsetof(shub_uplink_downlink_options, priority), NULL},
    {"id", SHL_SLICE, offsetof(shub_uplink_downlink_options, id), NULL},
    {"port", SHL_INT32, offsetof(shub_uplink_downlink_options, port), NULL},
    {"confirmed", SHL_FLAG, offsetof(shub_uplink_downlink_options, confirmed), NULL},
    {NULL, SHL_OTHER, 0, NULL}};

/* sensorhub.uplink_downlink(form [, payload [, {port, confirmed, dev_eui, priority,
 * id}]])
 * -> string */
static int uplink_downlink(lua_State *L)
{
    static const char *const forms[] = {"ttn_v3",
                                        "ttn_v2",
                                        "chirpstack_v4",
                                        "chirpstack_v3",
                                        "chirpstack_v4_http",
                                        "chirpstack_v3_http",
                                        NULL};
    shub_uplink_downlink_options opts = SHUB_UPLINK_DOWNLINK_OPTIONS_INIT;
    int place = shl_word(L, 1, "form", luaL_checkstring(L, 1), forms);
    char body[SHUB_UPLINK_DOWNLINK_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t len;

    if (!lua_isnoneornil(L, 2))
        opts.payload = shl_check_slice(L, 2);
    shl_options(L, 3, downlink_options, &opts);
    status = shub_uplink_downlink((shub_uplink_form)(place + 1), &opts, body, sizeof body,
                                  &len, &err);
    if (status)
        return shl_fail(L, status, &err);
    lua_pushlstring(L, body, len);
    return 1;
}

void shl_add_uplink(lua_State *L)
{
    static const luaL_Reg no_methods[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {{"uplink", parse_uplink},
                                         {"uplinks", parse_uplinks},
                                         {"uplink_samples", uplink_samples},
                                         {"uplink_decode", uplink_decode},
                                         {"uplink_downlink", uplink_downlink},
                                         {NULL, NULL}};

    shl_class(L, SHL_UPLINK_PARSER, no_methods);
    shl_functions(L, functions);
}
