/* lua_sensorhub.h: what the parts of the Lua module share.
 *
 * The module converts, calls, and maps the status: there is no logic here. One source
 * serves Lua 5.1, LuaJIT, 5.3 and 5.4. Programming errors (a wrong type, an unknown
 * option) raise; what can fail at run time returns nil, message, code, details.
 */
#ifndef SENSORHUB_LUA_H
#define SENSORHUB_LUA_H

#include <lauxlib.h>
#include <lua.h>

#include <sensorhub.h>

#if LUA_VERSION_NUM < 502
#define lua_rawlen lua_objlen
#endif

/* ---- parts --------------------------------------------------------------------- */

/* Each makes its classes and adds its functions to the module's table on top of the
 * stack. */
void shl_add_sample(lua_State *L);
void shl_add_batch(lua_State *L);
void shl_add_reply(lua_State *L);
void shl_add_eagle(lua_State *L);
void shl_add_log(lua_State *L);
void shl_add_s3(lua_State *L);
void shl_add_ship(lua_State *L);
void shl_add_webhook(lua_State *L);
void shl_add_clair(lua_State *L);
void shl_add_payload(lua_State *L);
void shl_add_trace(lua_State *L);
void shl_add_uplink(lua_State *L);

/* Adds functions to the table on top of the stack; luaL_setfuncs, which 5.1 lacks. */
void shl_functions(lua_State *L, const luaL_Reg *functions);

/* ---- results ------------------------------------------------------------------- */

/* nil, message, code, details; `extra` names a field of details whose value is popped
 * from the stack, NULL: none. */
int shl_fail_with(lua_State *L, shub_status status, const shub_error *err,
                  const char *extra);
int shl_fail(lua_State *L, shub_status status, const shub_error *err);
/* true, or what shl_fail returns. */
int shl_done(lua_State *L, shub_status status, const shub_error *err);
/* What methods of a closed object return. */
int shl_closed(lua_State *L);
/* Hands the lines traced by this thread to the function set by sensorhub.trace. */
void shl_trace_deliver(lua_State *L);

/* ---- objects ------------------------------------------------------------------- */

#define SHL_BATCH          "sensorhub.batch"
#define SHL_REPLY          "sensorhub.reply"
#define SHL_GUARD          "sensorhub.eagle_guard"
#define SHL_LOOP           "sensorhub.loop"
#define SHL_EAGLE          "sensorhub.eagle"
#define SHL_LOG            "sensorhub.log"
#define SHL_LOG_FILES      "sensorhub.log_files"
#define SHL_SHIP           "sensorhub.ship"
#define SHL_VERIFY         "sensorhub.verify"
#define SHL_WEBHOOK_REPLAY "sensorhub.webhook_replay"
#define SHL_CLAIR_FIXTURES "sensorhub.clair_fixtures"
#define SHL_UPLINK_PARSER  "sensorhub.uplink_parser"

/* A userdata that owns a handle of the library. */
typedef struct shl_object {
    void *ptr; /* NULL once closed, and until opened */
    void (*close)(void *ptr);
    struct shl_object *parent; /* whose handle this one needs, or NULL */
    int anchor;                /* keeps the parent's memory */
    int children;              /* objects that need this handle: it closes after them */
    int closed;                /* by the program or the collector */
    int clock;                 /* the program's clock function, or LUA_NOREF */
    int64_t now_us;            /* what it said at the begin of this call */
} shl_object;

/* Makes a class. Its methods get `close`, __gc and __close. */
void shl_class(lua_State *L, const char *name, const luaL_Reg *methods);
/* Pushes an object that is not open yet. */
shl_object *shl_new(lua_State *L, const char *name, void (*close)(void *ptr));
/* The object, its clock read; raises when it is of another class. */
shl_object *shl_check(lua_State *L, int arg, const char *name);
/* Its handle, NULL when it is closed. */
void *shl_handle(const shl_object *object);
/* Makes `parent`, at `index`, outlive `object`. */
void shl_adopt(lua_State *L, int index, shl_object *parent, shl_object *object);
/* Takes the function in field `clock` of the options at `arg`, if any, as the object's,
 * and calls it: before shl_options, which borrows the table's strings. */
void shl_take_clock(lua_State *L, int arg, shl_object *object, shub_clock *clock);
/* What a generic `for` wants, of an iterator object on top of the stack. */
int shl_iterate(lua_State *L);

/* ---- options ------------------------------------------------------------------- */

typedef enum shl_option_kind {
    SHL_STRING, /* const char * */
    SHL_SLICE,  /* shub_slice */
    SHL_FLAG,   /* int32_t, from a boolean */
    SHL_INT32,
    SHL_INT64,
    SHL_SIZE,
    SHL_WORD, /* int32_t: place of the string in `words` */
    SHL_BITS, /* uint32_t: a list of strings, bit by place in `words` */
    SHL_OTHER /* read by the caller */
} shl_option_kind;

typedef struct shl_option {
    const char *name; /* NULL ends a table */
    shl_option_kind kind;
    size_t offset;
    const char *const *words; /* ends with NULL */
} shl_option;

/* Fills a struct from the table at `arg`, which may be absent; raises on unknown names
 * and wrong types. Lifetime: strings are borrowed from the table. */
void shl_options(lua_State *L, int arg, const shl_option *options, void *out);
/* Place of a word in a list that ends with NULL; raises when it is not there. */
int shl_word(lua_State *L, int arg, const char *what, const char *word,
             const char *const *words);

/* ---- values -------------------------------------------------------------------- */

/* A number; beyond ±2^53 where numbers are doubles, a decimal string. */
void shl_push_int64(lua_State *L, int64_t value);
/* 1 and the integer, of a number without fraction or a decimal string; else 0. */
int shl_to_int64(lua_State *L, int index, int64_t *out);
/* A time argument: a fraction of a microsecond is rounded away. */
int64_t shl_check_time(lua_State *L, int arg);
void shl_push_slice(lua_State *L, shub_slice slice);
shub_slice shl_check_slice(lua_State *L, int arg);
/* The same; empty when there is none. */
shub_slice shl_opt_slice(lua_State *L, int arg);
/* Sets field `name` of the table on top; absent when the slice is empty. */
void shl_set_slice(lua_State *L, const char *name, shub_slice slice);
void shl_set_int64(lua_State *L, const char *name, int64_t value);
void shl_set_string(lua_State *L, const char *name, const char *value);
void shl_set_flag(lua_State *L, const char *name, int value);

/* Counters of a report, by name. */
typedef struct shl_counter {
    const char *name; /* NULL ends a table */
    size_t offset;    /* of a uint64_t */
} shl_counter;

void shl_push_counters(lua_State *L, const shl_counter *counters, const void *report);

void shl_push_sample(lua_State *L, const shub_sample *sample);
/* Reads the table at `arg`. Lifetime: what the sample borrows is left on the stack. */
void shl_check_sample(lua_State *L, int arg, shub_sample *sample);

/* Methods of a batch that are not in batch.c. */
int shl_to_jsonl(lua_State *L);
int shl_add_jsonl(lua_State *L);
int shl_to_csv(lua_State *L);
int shl_to_influx(lua_State *L);
int shl_add_influx(lua_State *L);
int shl_to_senml(lua_State *L);
int shl_add_senml(lua_State *L);

/* Pushes an empty batch, unless it fails. */
shub_status shl_new_batch(lua_State *L, shub_batch **batch, shub_error *err);
/* Puts the batch at `arg`, or a new one when it is absent, on top. */
shub_status shl_opt_batch(lua_State *L, int arg, shub_batch **batch, shub_error *err);
/* Decodes a frame into the batch at `arg`; the stack is as before. The program's own
 * decoder runs first, and may raise or close the batch: SHUB_E_CLOSED. */
shub_status shl_decode(lua_State *L, shub_slice name, const shub_frame *frame, int arg,
                       shub_error *err);
/* Pushes an iterator over the readings of the handle at 1: `next` asks the handle, its
 * first upvalue, for the reading at shl_readings_place, and returns shl_readings_step of
 * it. */
int shl_readings(lua_State *L, lua_CFunction next);
size_t shl_readings_place(lua_State *L);
/* Pushes a table with everything the reading says and moves on; NULL ends. */
int shl_readings_step(lua_State *L, const shub_eagle_reading *reading);
/* Pushes a reply that is not there yet: its handle is `ptr`. */
shl_object *shl_new_reply(lua_State *L);

/* What a gateway is asked for. */
typedef struct shl_request {
    shub_eagle_command command;
    shub_eagle_request_options opts;
    shub_eagle_uploader uploader;
} shl_request;

/* Reads a command's name at `arg` and the table of its options behind it, which may be
 * absent; raises on unknown ones. Lifetime: strings are borrowed from the table, and what
 * the options point to is left on the stack. `request` must stay where it is. */
void shl_check_request(lua_State *L, int arg, shl_request *request);

int luaopen_sensorhub(lua_State *L);

#endif
