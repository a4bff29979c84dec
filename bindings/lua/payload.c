/* What sensors say over the air: decode, decoders, and settings and commands back. */
#include "lua_sensorhub.h"

#include <stdio.h>
#include <string.h>

#define OWN_DECODERS "sensorhub.own_decoders" /* metatable, and keys of the registry */
#define FUNCTIONS    "sensorhub.decoder_functions"

/* Decoders of the program. Their function is called before the library is, not by it: it
 * may raise; the library then takes the samples that it returned. */
typedef struct own_decoders {
    shub_registry *registry;
    lua_State *L; /* whose stack has the list of samples, */
    int list;     /* and where, while the library decodes */
} own_decoders;

static own_decoders *own_of(lua_State *L)
{
    own_decoders *own;

    lua_getfield(L, LUA_REGISTRYINDEX, OWN_DECODERS "*");
    own = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return own;
}

static int own_gc(lua_State *L)
{
    own_decoders *own = lua_touserdata(L, 1);

    shub_registry_free(own->registry);
    own->registry = NULL;
    return 0;
}

/* ---- decoders ------------------------------------------------------------------ */

/* sensorhub.decoders() -> list of {name, vendor, what, document, port, keeps_part} */
static int decoders(lua_State *L)
{
    const own_decoders *own = own_of(L);
    const shub_decoder *d;

    lua_newtable(L);
    for (size_t i = 0; (d = shub_decoder_at(own->registry, i)) != NULL; i++) {
        lua_createtable(L, 0, 6);
        shl_set_string(L, "name", d->name);
        shl_set_slice(L, "vendor", shub_str(d->vendor));
        shl_set_slice(L, "what", shub_str(d->what));
        shl_set_slice(L, "document", shub_str(d->document));
        if (d->port != SHUB_NONE)
            shl_set_int64(L, "port", d->port);
        shl_set_flag(L, "keeps_part", d->keeps_part);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static shub_status decode_own(const shub_frame *frame, shub_batch *batch, void *user,
                              shub_error *err)
{
    const own_decoders *own = user;
    shub_status status = SHUB_OK;
    int count = (int)lua_rawlen(own->L, own->list);

    (void)frame;
    for (int i = 1; i <= count && !status; i++) {
        int top = lua_gettop(own->L);
        shub_sample sample;

        lua_rawgeti(own->L, own->list, i);
        shl_check_sample(own->L, top + 1, &sample);
        status = shub_batch_append(batch, &sample, err);
        lua_settop(own->L, top);
    }
    return status;
}

static const shl_option decoder_options[] = {
    {"name", SHL_STRING, offsetof(shub_decoder, name), NULL},
    {"vendor", SHL_STRING, offsetof(shub_decoder, vendor), NULL},
    {"what", SHL_STRING, offsetof(shub_decoder, what), NULL},
    {"document", SHL_STRING, offsetof(shub_decoder, document), NULL},
    {"port", SHL_INT32, offsetof(shub_decoder, port), NULL},
    {"keeps_part", SHL_FLAG, offsetof(shub_decoder, keeps_part), NULL},
    {"decode", SHL_OTHER, 0, NULL},
    {NULL, SHL_OTHER, 0, NULL}};

/* sensorhub.register_decoder{name, decode = function(frame) -> list of samples} -> true;
 * a function that returns nil, message refuses the frame */
static int register_decoder(lua_State *L)
{
    own_decoders *own = own_of(L);
    shub_decoder decoder = SHUB_DECODER_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = SHUB_OK;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    shl_options(L, 1, decoder_options, &decoder);
    lua_getfield(L, 1, "decode");
    if (!lua_isfunction(L, 2))
        return luaL_argerror(L, 1, "option 'decode': function expected");
    decoder.decode = decode_own;
    decoder.user = own;
    if (!own->registry)
        status = shub_registry_new(&own->registry, &err);
    if (!status)
        status = shub_decoder_register(own->registry, &decoder, &err);
    if (status)
        return shl_fail(L, status, &err);
    lua_getfield(L, LUA_REGISTRYINDEX, FUNCTIONS);
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, decoder.name);
    return shl_done(L, SHUB_OK, NULL);
}

/* ---- decode -------------------------------------------------------------------- */

static const shl_option frame_options[] = {
    {"decoder", SHL_OTHER, 0, NULL},
    {"payload", SHL_OTHER, 0, NULL},
    {"device", SHL_OTHER, 0, NULL},
    {"rate", SHL_OTHER, 0, NULL},
    {"time", SHL_OTHER, 0, NULL},
    {"batch", SHL_OTHER, 0, NULL},
    {"port", SHL_INT32, offsetof(shub_frame, port), NULL},
    {"time_assumed", SHL_FLAG, offsetof(shub_frame, flags), NULL},
    {NULL, SHL_OTHER, 0, NULL}};

/* Leaves the string on the stack: the table may change before it is used. */
static shub_slice text_field(lua_State *L, const char *name, int needed)
{
    size_t len = 0;
    const char *text;

    lua_getfield(L, 1, name);
    if (lua_type(L, -1) != LUA_TSTRING && (needed || !lua_isnil(L, -1)))
        luaL_argerror(L, 1, lua_pushfstring(L, "option '%s': string expected", name));
    text = lua_tolstring(L, -1, &len);
    return shub_bytes(text, len);
}

static void check_frame(lua_State *L, shub_frame *frame, shub_slice *decoder)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    shl_options(L, 1, frame_options, frame);
    frame->flags = frame->flags ? SHUB_TIME_ASSUMED : 0;
    *decoder = text_field(L, "decoder", 1);
    frame->payload = text_field(L, "payload", 1);
    frame->device = text_field(L, "device", 1);
    frame->rate = text_field(L, "rate", 0);
    lua_getfield(L, 1, "time");
    if (!lua_isnumber(L, -1))
        luaL_argerror(L, 1, "option 'time': number of microseconds expected");
    frame->time_us = shl_check_time(L, -1);
}

static void push_frame(lua_State *L, const shub_frame *frame)
{
    lua_createtable(L, 0, 6);
    shl_push_slice(L, frame->payload);
    lua_setfield(L, -2, "payload");
    shl_set_slice(L, "device", frame->device);
    shl_set_slice(L, "rate", frame->rate);
    shl_set_int64(L, "time", frame->time_us);
    if (frame->port)
        shl_set_int64(L, "port", frame->port);
    if (frame->flags & SHUB_TIME_ASSUMED)
        shl_set_flag(L, "time_assumed", 1);
}

/* Calls the program's function; its list is on top, and checked. 0 when it refused, with
 * its message in `err`. */
static int call_own(lua_State *L, const char *name, const shub_frame *frame,
                    shub_error *err)
{
    lua_getfield(L, LUA_REGISTRYINDEX, FUNCTIONS);
    lua_getfield(L, -1, name);
    push_frame(L, frame);
    lua_call(L, 1, 2);
    if (lua_isnil(L, -2)) {
        const char *why = lua_isstring(L, -1) ? lua_tostring(L, -1) : "refused";

        (void)snprintf(err->message, sizeof err->message, "%s", why);
        return 0;
    }
    lua_pop(L, 1);
    if (!lua_istable(L, -1))
        luaL_error(L, "decoder %s returned a %s, not a list", name, luaL_typename(L, -1));
    for (int i = 1; i <= (int)lua_rawlen(L, -1); i++) {
        int top = lua_gettop(L);
        shub_sample sample;

        lua_rawgeti(L, top, i);
        shl_check_sample(L, top + 1, &sample);
        lua_settop(L, top);
    }
    return 1;
}

/* Calls the program's function when the decoder is one of its own: what it returned stays
 * on the stack for the library. Of a payload that the library will refuse it is not
 * asked. 0 when it refused. */
static int run_own(lua_State *L, own_decoders *own, const shub_decoder *decoder,
                   const shub_frame *frame, shub_error *err)
{
    luaL_checkstack(L, 20, "decode");
    if (!decoder || decoder->decode != decode_own)
        return 1;
    if (!frame->payload.len || frame->payload.len > SHUB_PAYLOAD_MAX)
        lua_newtable(L);
    else if (!call_own(L, decoder->name, frame, err))
        return 0;
    own->L = L;
    own->list = lua_gettop(L);
    return 1;
}

shub_status shl_decode(lua_State *L, shub_slice name, const shub_frame *frame, int arg,
                       shub_error *err)
{
    own_decoders *own = own_of(L);
    const shub_decoder *decoder = shub_decoder_find(own->registry, name);
    int top = lua_gettop(L);
    shub_status status = SHUB_E_CONTENT;
    shub_batch *batch;

    if (run_own(L, own, decoder, frame, err)) {
        status = shl_opt_batch(L, arg, &batch, err);
        if (!status)
            status = shub_decode(decoder, frame, batch, err);
    }
    if (!decoder)
        (void)snprintf(err->message, sizeof err->message, "no decoder '%.64s'", name.ptr);
    lua_settop(L, top);
    return status;
}

/* sensorhub.decode{decoder, payload, device, time [, port, rate, time_assumed, batch]}
 * -> batch; what a decoder with keeps_part read before an error stays in the batch, which
 * is details.batch */
static int decode(lua_State *L)
{
    own_decoders *own = own_of(L);
    shub_frame frame = SHUB_FRAME_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_slice name;
    shub_batch *batch;
    shub_status status;
    size_t rows;

    check_frame(L, &frame, &name);
    const shub_decoder *decoder = shub_decoder_find(own->registry, name);
    if (!run_own(L, own, decoder, &frame, &err))
        return shl_fail(L, SHUB_E_CONTENT, &err);
    lua_getfield(L, 1, "batch");
    status = shl_opt_batch(L, lua_gettop(L), &batch, &err);
    if (status)
        return status == SHUB_E_CLOSED ? shl_closed(L) : shl_fail(L, status, &err);
    rows = shub_batch_count(batch);
    status = shub_decode(decoder, &frame, batch, &err);
    if (!status) {
        shl_trace_deliver(L);
        return 1;
    }
    if (!decoder)
        (void)snprintf(err.message, sizeof err.message, "no decoder '%.64s'", name.ptr);
    return shl_fail_with(L, status, &err,
                         shub_batch_count(batch) > rows ? "batch" : NULL);
}

/* ---- downlinks ----------------------------------------------------------------- */

/* {port, payload}, or what shl_fail returns. */
static int push_downlink(lua_State *L, shub_status status, const shub_downlink *d,
                         const shub_error *err)
{
    if (status)
        return shl_fail(L, status, err);
    lua_createtable(L, 0, 2);
    shl_set_int64(L, "port", d->port);
    shl_set_slice(L, "payload", shub_bytes(d->dst, d->len));
    return 1;
}

#define DOWNLINK(d)                                                                      \
    unsigned char d##_bytes[SHUB_DOWNLINK_MAX];                                          \
    shub_downlink d = {d##_bytes, sizeof d##_bytes, 0, 0, 0};                            \
    shub_error err = SHUB_ERROR_INIT

static int32_t opt_port(lua_State *L, int arg)
{
    lua_Integer port = luaL_optinteger(L, arg, 5);

    luaL_argcheck(L, port >= 0 && port <= 255, arg, "a port is 1 to 223");
    return (int32_t)port;
}

/* sensorhub.ers_settings(rate [, rx_port]) -> {port, payload} */
static int ers_settings(lua_State *L)
{
    DOWNLINK(d);
    shub_slice rate = shl_check_slice(L, 1);

    return push_downlink(L, shub_ers_settings(rate, opt_port(L, 2), &d, &err), &d, &err);
}

enum { PAIRS_MAX = 128 }; /* more than a downlink has room for */

static void too_many(lua_State *L, size_t count)
{
    if (count == PAIRS_MAX)
        luaL_error(L, "more than %d values", PAIRS_MAX);
}

static void set_setting(lua_State *L, int name, int value, shub_elsys_setting *setting)
{
    if (lua_type(L, name) != LUA_TSTRING || !shl_to_int64(L, value, &setting->value))
        luaL_argerror(L, 1, "names of settings with integers expected");
    setting->name = shub_str(lua_tostring(L, name));
}

/* The pairs of a list, in its order. */
static size_t listed_settings(lua_State *L, shub_elsys_setting *all)
{
    size_t count = lua_rawlen(L, 1);

    for (size_t i = 0; i < count; i++) {
        too_many(L, i);
        lua_rawgeti(L, 1, (int)i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        set_setting(L, -2, -1, &all[i]);
        lua_pop(L, 3);
    }
    return count;
}

static size_t named_settings(lua_State *L, shub_elsys_setting *all)
{
    size_t count = 0;

    lua_pushnil(L);
    while (lua_next(L, 1)) {
        too_many(L, count);
        set_setting(L, -2, -1, &all[count++]);
        lua_pop(L, 1);
    }
    return count;
}

/* sensorhub.elsys_settings({splPer = 600} or {{"splPer", 600}} [, rx_port]) -> {port,
 * payload} */
static int elsys_settings(lua_State *L)
{
    shub_elsys_setting all[PAIRS_MAX];
    size_t count;
    DOWNLINK(d);

    luaL_checktype(L, 1, LUA_TTABLE);
    count = lua_rawlen(L, 1) ? listed_settings(L, all) : named_settings(L, all);
    return push_downlink(L, shub_elsys_settings(all, count, opt_port(L, 2), &d, &err), &d,
                         &err);
}

/* sensorhub.cayenne_downlink({[2] = -50.51}, port) -> {port, payload} */
static int cayenne_downlink(lua_State *L)
{
    shub_cayenne_value all[PAIRS_MAX];
    lua_Integer port = luaL_checkinteger(L, 2);
    size_t count = 0;
    DOWNLINK(d);

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argcheck(L, port >= 0 && port <= 255, 2, "a port is 1 to 223");
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        int64_t channel = -1;

        too_many(L, count);
        if (lua_type(L, -2) != LUA_TNUMBER || lua_type(L, -1) != LUA_TNUMBER ||
            !shl_to_int64(L, -2, &channel) || channel < 0 || channel > 254)
            luaL_argerror(L, 1, "channels of 0 to 254 with numbers expected");
        all[count].channel = (int32_t)channel;
        all[count].reserved = 0;
        all[count++].value = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    return push_downlink(L, shub_cayenne_downlink(all, count, (int32_t)port, &d, &err),
                         &d, &err);
}

/* sensorhub.osm_command(command [, confirmed]) -> {port, payload} */
static int osm_command(lua_State *L)
{
    DOWNLINK(d);
    shub_slice command = shl_check_slice(L, 1);

    return push_downlink(L, shub_osm_command(command, lua_toboolean(L, 2), &d, &err), &d,
                         &err);
}

static uint16_t check_number16(lua_State *L, int arg)
{
    lua_Integer number = luaL_checkinteger(L, arg);

    luaL_argcheck(L, number >= 0 && number <= UINT16_MAX, arg, "0 to 65535 expected");
    return (uint16_t)number;
}

/* sensorhub.osm_firmware_begin(chunks) -> {port, payload} */
static int osm_firmware_begin(lua_State *L)
{
    DOWNLINK(d);
    uint16_t chunks = check_number16(L, 1);

    return push_downlink(L, shub_osm_firmware_begin(chunks, &d, &err), &d, &err);
}

/* sensorhub.osm_firmware_chunk(number, bytes) -> {port, payload}; chunks are numbered
 * from 0, as the device has them */
static int osm_firmware_chunk(lua_State *L)
{
    DOWNLINK(d);
    uint16_t number = check_number16(L, 1);
    shub_slice bytes = shl_check_slice(L, 2);

    return push_downlink(L, shub_osm_firmware_chunk(number, bytes, &d, &err), &d, &err);
}

/* sensorhub.osm_firmware_end(crc) -> {port, payload} */
static int osm_firmware_end(lua_State *L)
{
    DOWNLINK(d);
    uint16_t crc = check_number16(L, 1);

    return push_downlink(L, shub_osm_firmware_end(crc, &d, &err), &d, &err);
}

static void add_own(lua_State *L)
{
    static const own_decoders init = {NULL, NULL, 0};

    *(own_decoders *)lua_newuserdata(L, sizeof init) = init;
    luaL_newmetatable(L, OWN_DECODERS);
    lua_pushcfunction(L, own_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, OWN_DECODERS "*");
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, FUNCTIONS);
}

void shl_add_payload(lua_State *L)
{
    static const luaL_Reg functions[] = {{"decoders", decoders},
                                         {"register_decoder", register_decoder},
                                         {"decode", decode},
                                         {"ers_settings", ers_settings},
                                         {"elsys_settings", elsys_settings},
                                         {"cayenne_downlink", cayenne_downlink},
                                         {"osm_command", osm_command},
                                         {"osm_firmware_begin", osm_firmware_begin},
                                         {"osm_firmware_chunk", osm_firmware_chunk},
                                         {"osm_firmware_end", osm_firmware_end},
                                         {NULL, NULL}};

    add_own(L);
    shl_functions(L, functions);
}
