/* Dumps of the database: which samples it has. (managair: dumpdata; clair-stack, tools/
 * dump-samples-csv.sh: COPY core_sample TO STDOUT CSV HEADER.) */
#include "base/error.h"
#include "base/number.h"
#include "base/reader.h"
#include "base/text.h"
#include "clair/fixture.h"
#include "clair/fixtures.h"
#include "clair/items.h"

/* ---- fixtures ------------------------------------------------------------------ */

static shub_status read_fixture(shub_slice item, shub__buf *scratch, void *user,
                                shub_error *err)
{
    shub__clair_record r;
    shub_status status;

    shub__clair_record_init(&r, item, scratch);
    if (!shub__clair_read_fixture(&r))
        return SHUB_OK;
    status = shub__clair_record_finish(
        &r, 1u << SHUB__CLAIR_NODE | 1u << SHUB__CLAIR_TIME, err);
    if (status != SHUB_OK)
        return status;
    return shub__fixtures_know(user, r.node, r.sample.time_s, err);
}

/* ---- lines --------------------------------------------------------------------- */

typedef struct csv {
    shub_clair_fixtures *fixtures;
    int64_t node, time; /* columns; SHUB_NONE: not named yet */
} csv;

/* None of these columns needs quotes, or holds a comma. */
static shub_slice unquoted(shub_slice field)
{
    if (field.len >= 2 && field.ptr[0] == '"' && field.ptr[field.len - 1] == '"')
        return shub_bytes(field.ptr + 1, field.len - 2);
    return field;
}

/* The next field of a line; 0 behind the last. */
static int next_field(shub__reader *r, size_t i, shub_slice *field)
{
    if (i > 0 && !shub__accept(r, ','))
        return 0;
    *field = unquoted(shub__read_until(r, ','));
    return 1;
}

static shub_status read_names(csv *c, shub_slice line, shub_error *err)
{
    shub__reader r;
    shub_slice name;

    shub__reader_init(&r, line.ptr, line.len);
    for (size_t i = 0; next_field(&r, i, &name); i++) {
        if (shub_slice_equal(name, SHUB_LIT("node_id")) ||
            shub_slice_equal(name, SHUB_LIT("node")))
            c->node = (int64_t)i;
        if (shub_slice_equal(name, SHUB_LIT("timestamp_s")))
            c->time = (int64_t)i;
    }
    if (c->node == SHUB_NONE || c->time == SHUB_NONE)
        return shub__fail(err, SHUB_E_CONTENT, 0, "the first line names no column %s",
                          c->node == SHUB_NONE ? "node_id" : "timestamp_s");
    return SHUB_OK;
}

static shub_status know_fields(const csv *c, shub_slice node_text, shub_slice time_text,
                               shub_error *err)
{
    unsigned char node[SHUB__NODE_LEN];
    int64_t time_s;

    if (!shub__node_read(node_text, node))
        return shub__fail(err, SHUB_E_CONTENT, 0, "node \"%.*s\" is no UUID",
                          SHUB__SHOW(node_text));
    if (shub__int64_read(time_text.ptr, time_text.len, &time_s))
        return shub__fail(err, SHUB_E_CONTENT, 0, "timestamp_s \"%.*s\" is no integer",
                          SHUB__SHOW(time_text));
    if (time_s < 0 || time_s > SHUB_CLAIR_MAX_TIME_S)
        return shub__fail(err, SHUB_E_RANGE, 0,
                          "timestamp_s %.*s is not between 0 and %d",
                          SHUB__SHOW(time_text), SHUB_CLAIR_MAX_TIME_S);
    return shub__fixtures_know(c->fixtures, node, time_s, err);
}

static shub_status read_line(shub_slice line, shub__buf *scratch, void *user,
                             shub_error *err)
{
    csv *c = user;
    shub__reader r;
    shub_slice field, node = {NULL, 0}, time = {NULL, 0};

    (void)scratch;
    if (!shub__trim(line).len)
        return SHUB_OK;
    if (c->node == SHUB_NONE)
        return read_names(c, line, err);
    shub__reader_init(&r, line.ptr, line.len);
    for (size_t i = 0; next_field(&r, i, &field); i++) {
        if ((int64_t)i == c->node)
            node = field;
        if ((int64_t)i == c->time)
            time = field;
    }
    return know_fields(c, node, time, err);
}

/* Without names of columns there is nothing to be told of the lines behind. */
static void read_lines(shub__clair_items *items, const csv *c)
{
    shub__reader r;
    shub_slice line;

    shub__reader_init(&r, items->text.ptr, items->text.len);
    while (!items->stopped && shub__read_line(&r, &line)) {
        shub__clair_item(items, line);
        if (items->refused && (c->node == SHUB_NONE || c->time == SHUB_NONE))
            return;
    }
}

shub_status shub_clair_fixtures_known(shub_clair_fixtures *fixtures, shub_slice text,
                                      shub_error *err)
{
    csv c = {fixtures, SHUB_NONE, SHUB_NONE};
    shub_slice rest = shub__trim(text);
    shub__clair_items items;
    int is_csv = rest.len && rest.ptr[0] != '[' && rest.ptr[0] != '{';

    if (is_csv)
        shub__clair_items_init(&items, text, read_line, &c, err);
    else
        shub__clair_items_init(&items, text, read_fixture, fixtures, err);
    if (!items.stopped && is_csv)
        read_lines(&items, &c);
    else if (!items.stopped)
        shub__clair_array_document(&items);
    return shub__clair_items_end(&items, NULL);
}
