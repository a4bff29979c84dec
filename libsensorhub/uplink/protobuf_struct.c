/* google.protobuf.Struct as JSON (struct.proto). */
#include <math.h>

#include "base/json.h"
#include "base/number.h"
#include "base/text.h"
#include "uplink/protobuf.h"
#include "uplink/reading.h"

/* What is being written, and the first byte that was malformed. */
typedef struct writer {
    shub__buf *out;
    const char *bad;
    int failed;
    int depth;
} writer;

static void write_struct(writer *w, shub_slice message);

static void fail(writer *w, const char *at)
{
    if (!w->failed)
        w->bad = at;
    w->failed = 1;
}

static void write_text(writer *w, shub_slice text)
{
    size_t good = shub__utf8_valid(text);
    if (good != text.len)
        fail(w, text.ptr + good);
    else
        shub__json_quote(w->out, text);
}

/* JSON has no NaN and no infinity. */
static void write_number(writer *w, double value)
{
    char text[SHUB__DOUBLE_MAX];
    if (isfinite(value))
        shub__buf_add(w->out, text, shub__double_write(value, text));
    else
        shub__buf_text(w->out, "null");
}

static void write_list(writer *w, shub_slice message);

/* The last field counts: Value is a oneof. */
static void write_value(writer *w, shub_slice message)
{
    shub__proto p, last = {0};
    shub__proto_init(&p, message);
    while (shub__proto_next(&p))
        if (p.number <= 6)
            last = p;
    if (p.from.status)
        fail(w, message.ptr + p.start);
    if (last.number == 2 && last.wire == SHUB__PROTO_FIXED64)
        write_number(w, shub__proto_double(last.value));
    else if (last.number == 3 && last.wire == SHUB__PROTO_BYTES)
        write_text(w, last.bytes);
    else if (last.number == 4 && last.wire == SHUB__PROTO_VARINT)
        shub__buf_text(w->out, last.value ? "true" : "false");
    else if (last.number == 5 && last.wire == SHUB__PROTO_BYTES)
        write_struct(w, last.bytes);
    else if (last.number == 6 && last.wire == SHUB__PROTO_BYTES)
        write_list(w, last.bytes);
    else
        shub__buf_text(w->out, "null");
}

/* Field 1 of an entry is its key, field 2 its value. */
static void write_entry(writer *w, shub_slice message)
{
    shub__proto p;
    shub_slice key = {NULL, 0};
    shub_slice value = {NULL, 0};
    shub__proto_init(&p, message);
    while (shub__proto_next(&p)) {
        if (p.number == 1)
            key = p.bytes;
        else if (p.number == 2)
            value = p.bytes;
    }
    if (p.from.status)
        fail(w, message.ptr + p.start);
    write_text(w, key);
    shub__buf_byte(w->out, ':');
    write_value(w, value);
}

/* Field 1 of both kinds, as often as it comes. */
static void write_all(writer *w, shub_slice message, const char *brackets,
                      void (*item)(writer *w, shub_slice message))
{
    shub__proto p;
    size_t count = 0;
    if (w->depth == SHUB__JSON_MAX_DEPTH) {
        fail(w, message.ptr);
        return;
    }
    w->depth++;
    shub__buf_byte(w->out, brackets[0]);
    shub__proto_init(&p, message);
    while (!w->failed && shub__proto_next(&p)) {
        if (p.number != 1 || p.wire != SHUB__PROTO_BYTES)
            continue;
        if (count++)
            shub__buf_byte(w->out, ',');
        item(w, p.bytes);
    }
    if (p.from.status)
        fail(w, message.ptr + p.start);
    shub__buf_byte(w->out, brackets[1]);
    w->depth--;
}

static void write_list(writer *w, shub_slice message)
{
    write_all(w, message, "[]", write_value);
}

static void write_struct(writer *w, shub_slice message)
{
    write_all(w, message, "{}", write_entry);
}

int shub__proto_struct(shub__buf *out, shub_slice message, size_t *bad)
{
    writer w = {out, NULL, 0, 0};
    write_struct(&w, message);
    *bad = w.bad ? (size_t)(w.bad - message.ptr) : 0;
    return !w.failed;
}
