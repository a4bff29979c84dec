#include "support/samples.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

shub_sample sample_of(const char *device, const char *quantity, const char *unit,
                      int64_t time_us, shub_value value, uint32_t flags)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    s.device = shub_str(device);
    s.quantity = shub_str(quantity);
    s.unit = shub_str(unit);
    s.time_us = time_us;
    s.value = value;
    s.flags = flags;
    return s;
}

shub_batch *new_batch(void)
{
    shub_batch *batch;
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    return batch;
}

void put(shub_batch *batch, const char *device, const char *quantity, const char *unit,
         int64_t time_us, shub_value value, uint32_t flags)
{
    shub_sample s = sample_of(device, quantity, unit, time_us, value, flags);
    shub_error err = SHUB_ERROR_INIT;
    ck_assert_msg(!shub_batch_append(batch, &s, &err), "%s", err.message);
}

void check_equal(const shub_sample *a, const shub_sample *b)
{
    ck_assert(shub_slice_equal(a->device, b->device));
    ck_assert(shub_slice_equal(a->quantity, b->quantity));
    ck_assert(shub_slice_equal(a->unit, b->unit));
    ck_assert_int_eq(a->time_us, b->time_us);
    ck_assert_uint_eq(a->flags, b->flags);
    ck_assert_int_eq(a->value.kind, b->value.kind);
    if (a->value.kind == SHUB_KIND_TEXT)
        ck_assert(shub_slice_equal(a->value.as.text, b->value.as.text));
    else
        ck_assert(memcmp(&a->value.as, &b->value.as, sizeof(int64_t)) == 0);
}

void check_same(const shub_batch *a, const shub_batch *b)
{
    ck_assert_uint_eq(shub_batch_count(a), shub_batch_count(b));
    for (size_t i = 0; i < shub_batch_count(a); i++) {
        shub_sample one, other;
        ck_status(shub_batch_get(a, i, &one, NULL), SHUB_OK);
        ck_status(shub_batch_get(b, i, &other, NULL), SHUB_OK);
        check_equal(&one, &other);
    }
}

/* ---- at random ------------------------------------------------------------------ */

static const char *one_of(uint64_t *state, const char *const *names)
{
    size_t count = 0;
    while (names[count])
        count++;
    return names[shub__random_below(state, count)];
}

static shub_slice random_text(uint64_t *state, char *dst, size_t max)
{
    static const char *const pieces[] = {"a",
                                         "n",
                                         "\\",
                                         "\"",
                                         "\\n",
                                         "\n",
                                         "\r",
                                         ",",
                                         "=",
                                         " ",
                                         "#",
                                         "t",
                                         "\t",
                                         "\x01",
                                         "\x7f",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9d\x84\x9e",
                                         NULL};
    size_t len = 0;
    for (size_t i = shub__random_below(state, 8); i; i--) {
        const char *piece = one_of(state, pieces);
        if (len + strlen(piece) > max)
            break;
        memcpy(dst + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return shub_bytes(dst, len);
}

static shub_value random_value(uint64_t *state, char *dst, size_t max)
{
    static const double doubles[] = {
        0.0, -0.0, 0.1, 1e22, 5e-324, 1.7976931348623157e308, 9007199254740993.0, -1.5};
    uint64_t bits = shub__random(state);
    double f64;
    switch (shub__random_below(state, 7)) {
    case 0:
        return shub_int64((int64_t)bits);
    case 1:
        return shub_int64((int64_t)(bits % 1000) - 500);
    case 2:
        return shub_bool((int)(bits & 1));
    case 3:
        return shub_text(random_text(state, dst, max));
    case 4:
        return shub_double(doubles[bits % (sizeof doubles / sizeof doubles[0])]);
    case 5:
        return shub_double((double)(bits % 100000) / 1000);
    default:
        memcpy(&f64, &bits, sizeof f64);
        return shub_double(isfinite(f64) ? f64 : 1.0);
    }
}

/* Whole seconds, milliseconds and microseconds near T0, and any that the format has. */
static int64_t random_time(uint64_t *state, const sample_limits *limits)
{
    static const int64_t steps[] = {SHUB_SECOND_US, 1000, 1};
    uint64_t range = (uint64_t)limits->last_us - (uint64_t)limits->first_us + 1;
    uint64_t kind = shub__random_below(state, 4);
    if (kind < 3)
        return T0 + (int64_t)shub__random_below(state, 5000) * steps[kind];
    return (int64_t)((uint64_t)limits->first_us + shub__random(state) % range);
}

shub_batch *random_batch(uint64_t seed, size_t rows, const sample_limits *limits)
{
    uint64_t state = seed;
    shub_batch *batch = new_batch();
    shub_sample s = SHUB_SAMPLE_INIT;
    for (size_t i = 0; i < rows; i++) {
        char text[64];
        if (i == 0 || !shub__random_below(&state, 3)) {
            s.device = shub_str(one_of(&state, limits->devices));
            s.time_us = random_time(&state, limits);
        }
        s.quantity = shub_str(one_of(&state, limits->quantities));
        if (!shub__random_below(&state, 2))
            s.unit = shub_str(one_of(&state, limits->units));
        s.value = random_value(&state, text, sizeof text);
        s.flags =
            shub__random_below(&state, 4) ? 0 : (uint32_t)shub__random_below(&state, 3);
        if (!shub__random_below(&state, 8))
            s.flags |= SHUB_TIME_ASSUMED;
        ck_status(shub_batch_append(batch, &s, NULL), SHUB_OK);
    }
    return batch;
}
