#include "sample/influx_rows.h"

#include <string.h>

#include "base/text.h"

#define PREFIX    "device_frmpayload_data_"
#define LATITUDE  "latitude"
#define LONGITUDE "longitude"
#define LOCATION  "location"

/* Each bit halves a range; longitude's come first, five bits are a character. */
void shub__geohash(double latitude, double longitude, char dst[SHUB__GEOHASH_LEN])
{
    static const char alphabet[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    double low[2] = {-180, -90};
    double high[2] = {180, 90};
    const double at[2] = {longitude, latitude};
    int axis = 0;
    for (int i = 0; i < SHUB__GEOHASH_LEN; i++) {
        unsigned digit = 0;
        for (int bit = 0; bit < 5; bit++) {
            double middle = (low[axis] + high[axis]) / 2;
            int upper = at[axis] >= middle;
            digit = digit << 1 | (unsigned)upper;
            *(upper ? &low[axis] : &high[axis]) = middle;
            axis = !axis;
        }
        dst[i] = alphabet[digit];
    }
}

/* Behind `word` comes nothing, or a '.' and qualifiers, which `rest` gets. */
static int has_first_word(shub_slice quantity, shub_slice word, shub_slice *rest)
{
    if (!shub__starts_with(quantity, word))
        return 0;
    *rest = shub_bytes(quantity.ptr + word.len, quantity.len - word.len);
    return !rest->len || rest->ptr[0] == '.';
}

static int is_location(const shub_sample *a, const shub_sample *b, shub_slice *rest)
{
    shub_slice other;
    return a->value.kind == SHUB_KIND_DOUBLE && b->value.kind == SHUB_KIND_DOUBLE &&
           a->flags == b->flags &&
           has_first_word(a->quantity, SHUB_LIT(LATITUDE), rest) &&
           has_first_word(b->quantity, SHUB_LIT(LONGITUDE), &other) &&
           shub_slice_equal(*rest, other);
}

static void set_name(shub__influx_row *row, shub_slice word, shub_slice rest)
{
    char *end = row->name;
    memcpy(end, PREFIX, sizeof PREFIX - 1);
    end += sizeof PREFIX - 1;
    memcpy(end, word.ptr, word.len);
    end += word.len;
    if (rest.len)
        memcpy(end, rest.ptr, rest.len);
    end += rest.len;
    for (char *c = row->name; c < end; c++) {
        if (*c == '.')
            *c = '_';
    }
    row->measurement = shub_bytes(row->name, (size_t)(end - row->name));
}

static void add(shub__influx_row *row, shub_slice key, shub_value value)
{
    row->keys[row->count] = key;
    row->values[row->count++] = value;
}

size_t shub__influx_row_read(const shub_batch *batch, size_t i, size_t end,
                             shub__influx_row *row)
{
    shub_sample next = SHUB_SAMPLE_INIT;
    shub_slice rest = {NULL, 0};
    shub_sample *s = &row->sample;
    row->count = 0;
    shub_batch_get(batch, i, s, NULL);
    if (i + 1 < end)
        shub_batch_get(batch, i + 1, &next, NULL);
    if (is_location(s, &next, &rest)) {
        set_name(row, SHUB_LIT(LOCATION), rest);
        shub__geohash(s->value.as.f64, next.value.as.f64, row->geohash);
        add(row, SHUB_LIT("geohash"),
            shub_text(shub_bytes(row->geohash, SHUB__GEOHASH_LEN)));
        add(row, SHUB_LIT(LATITUDE), s->value);
        add(row, SHUB_LIT(LONGITUDE), next.value);
        return 2;
    }
    set_name(row, s->quantity, shub_bytes(NULL, 0));
    add(row, SHUB_LIT("value"),
        s->value.kind == SHUB_KIND_INT64 ? shub_double((double)s->value.as.i64)
                                         : s->value);
    return 1;
}
