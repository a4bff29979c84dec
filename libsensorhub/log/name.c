#include "log/name.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#include <string.h>

/* A suffix is found from the end, so none may be the end of an earlier one. */
static const struct suffix {
    const char *text;
    shub_log_state state;
} suffixes[] = {
    {".jl.gz.shipped", SHUB_LOG_SHIPPED}, {".jl.gz.tmp", SHUB_LOG_TEMP},
    {".jl.gz", SHUB_LOG_SEALED},          {".jl.sealing", SHUB_LOG_SEALING},
    {".jl.torn", SHUB_LOG_TORN},          {".jl", SHUB_LOG_OPEN},
};
enum { SUFFIXES = sizeof suffixes / sizeof suffixes[0] };

const char *shub_log_state_name(shub_log_state state)
{
    static const char *const names[] = {NULL,     "live",    "open", "sealing",
                                        "sealed", "shipped", "torn", "temp"};

    if ((size_t)state >= sizeof names / sizeof names[0])
        return NULL;
    return names[state];
}

static const char *suffix_of(int32_t state)
{
    if (state == SHUB_LOG_LIVE)
        state = SHUB_LOG_OPEN;
    for (size_t i = 0; i < SUFFIXES; i++)
        if ((int32_t)suffixes[i].state == state)
            return suffixes[i].text;
    return "";
}

static int cut_suffix(shub_slice *text, int32_t *state)
{
    for (size_t i = 0; i < SUFFIXES; i++) {
        shub_slice suffix = shub_str(suffixes[i].text);
        if (!shub__ends_with(*text, suffix))
            continue;
        text->len -= suffix.len;
        *state = suffixes[i].state;
        return 1;
    }
    return 0;
}

static int cut_hour(shub_slice *text, int64_t *hour_us)
{
    size_t begin;

    if (text->len < SHUB__HOUR_TEXT + 1)
        return 0;
    begin = text->len - SHUB__HOUR_TEXT;
    if (text->ptr[begin - 1] != '-' ||
        shub__hour_read(shub_bytes(text->ptr + begin, SHUB__HOUR_TEXT), hour_us) !=
            SHUB_OK)
        return 0;
    text->len = begin - 1;
    return 1;
}

/* ".1" to ".9999", no leading zero. */
static int cut_number(shub_slice *text, int32_t *number)
{
    size_t begin = text->len;
    int32_t value = 0;

    while (begin > 0 && shub__is_digit(text->ptr[begin - 1]) && text->len - begin < 5)
        begin--;
    if (begin == text->len || begin == 0 || text->ptr[begin - 1] != '.' ||
        text->ptr[begin] == '0')
        return 0;
    for (size_t i = begin; i < text->len; i++)
        value = value * 10 + (text->ptr[i] - '0');
    text->len = begin - 1;
    *number = value;
    return value <= SHUB_LOG_NUMBER_MAX;
}

int shub__log_name_read(shub_slice text, shub_slice prefix, shub__log_name *name)
{
    memset(name, 0, sizeof *name);
    if (!shub__starts_with(text, prefix) || text.len <= prefix.len ||
        text.ptr[prefix.len] != '-')
        return 0;
    text.ptr += prefix.len + 1;
    text.len -= prefix.len + 1;
    if (!cut_suffix(&text, &name->state))
        return 0;
    if (!cut_hour(&text, &name->hour_us) &&
        !(cut_number(&text, &name->number) && cut_hour(&text, &name->hour_us)))
        return 0;
    name->stream = text;
    return shub_name_valid(text);
}

shub_status shub__log_folder(shub__buf *path, const shub__log_place *place,
                             int64_t hour_us, shub_error *err)
{
    char hour[SHUB__HOUR_TEXT];

    shub__buf_clear(path);
    if (!shub__hour_write(hour_us, hour))
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE,
                          "time %lld us is outside the years 0000 to 9999",
                          (long long)hour_us);
    shub__buf_slice(path, place->root);
    shub__buf_byte(path, '/');
    shub__buf_add(path, hour, sizeof hour);
    return shub__buf_check(path, "path", err);
}

shub_status shub__log_path(shub__buf *path, const shub__log_place *place,
                           const shub__log_name *name, shub_error *err)
{
    shub_status status = shub__log_folder(path, place, name->hour_us, err);
    char hour[SHUB__HOUR_TEXT];

    if (status)
        return status;
    (void)shub__hour_write(name->hour_us, hour);
    shub__buf_byte(path, '/');
    shub__buf_slice(path, place->prefix);
    shub__buf_byte(path, '-');
    shub__buf_slice(path, name->stream);
    shub__buf_byte(path, '-');
    shub__buf_add(path, hour, sizeof hour);
    if (name->number)
        shub__buf_printf(path, ".%d", name->number);
    shub__buf_text(path, suffix_of(name->state));
    return shub__buf_check(path, "path", err);
}
