/* The Arrow export: layout of every column, moved and copied, who frees what, streams. */
#include <errno.h>
#include <string.h>

#include "support/samples.h"

enum { TIME, DEVICE, QUANTITY, UNIT, VALUE, INT64, BOOL, TEXT, FLAGS, COLUMNS };

static shub_batch *mixed(void)
{
    shub_batch *batch = new_batch();
    put(batch, "d", "x", "kW", T0, shub_double(1.5), 0);
    put(batch, "e", "y", "", T0 + 1, shub_int64(-7), SHUB_QUALITY_ERROR);
    put(batch, "d", "door", "", T0 + 2, shub_bool(1), 0);
    put(batch, "d", "note", "V", T0 + 3, shub_text(SHUB_LIT("hi")), SHUB_TIME_ASSUMED);
    put(batch, "d", "note", "V", T0 + 4, shub_text(SHUB_LIT("")), 0);
    put(batch, "d", "door", "", T0 + 5, shub_bool(0), 0);
    return batch;
}

static int bit(const struct ArrowArray *a, int buffer, int i)
{
    const uint8_t *bits = a->buffers[buffer];
    return !bits || bits[i / 8] >> i % 8 & 1;
}

static void check_text(const struct ArrowArray *a, int i, const char *wanted)
{
    const int64_t *offsets = a->buffers[1];
    const char *bytes = a->buffers[2];
    ck_slice_eq(shub_bytes(bytes + offsets[i], (size_t)(offsets[i + 1] - offsets[i])),
                wanted);
}

static void check_name(const struct ArrowArray *a, int i, const char *wanted)
{
    check_text(a->dictionary, ((const int32_t *)a->buffers[1])[i], wanted);
}

/* ---- schema --------------------------------------------------------------------- */

START_TEST(the_schema_is_what_the_header_says)
{
    static const char *const names[] = {"time",  "device", "quantity", "unit", "value",
                                        "int64", "bool",   "text",     "flags"};
    static const char *const formats[] = {"tsu:UTC", "i", "i", "i", "g",
                                          "l",       "b", "U", "C"};
    struct ArrowSchema schema;
    ck_status(shub_arrow_schema(&schema, NULL), SHUB_OK);
    ck_assert_str_eq(schema.format, "+s");
    ck_assert_int_eq(schema.n_children, COLUMNS);
    for (int i = 0; i < COLUMNS; i++) {
        const struct ArrowSchema *child = schema.children[i];
        ck_assert_str_eq(child->name, names[i]);
        ck_assert_str_eq(child->format, formats[i]);
        ck_assert_int_eq(child->flags, i >= UNIT && i < FLAGS ? ARROW_FLAG_NULLABLE : 0);
        ck_assert_int_eq(child->dictionary != NULL, i >= DEVICE && i <= UNIT);
        ck_assert(!child->dictionary || !strcmp(child->dictionary->format, "U"));
    }
    schema.release(&schema);
    ck_assert(!schema.release);
}
END_TEST

/* ---- arrays --------------------------------------------------------------------- */

static void check_mixed(const struct ArrowArray *a)
{
    struct ArrowArray *const *c = a->children;
    static const int64_t nulls[COLUMNS] = {0, 0, 0, 3, 5, 5, 4, 4, 0};
    ck_assert(a->length == 6 && a->n_children == COLUMNS && a->n_buffers == 1);
    for (int i = 0; i < COLUMNS; i++) {
        ck_assert_int_eq(c[i]->length, 6);
        ck_assert_int_eq(c[i]->null_count, nulls[i]);
        ck_assert_int_eq(c[i]->n_buffers, i == TEXT ? 3 : 2);
    }
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(((const int64_t *)c[TIME]->buffers[1])[i], T0 + i);
        check_name(c[DEVICE], i, i == 1 ? "e" : "d");
        ck_assert_int_eq(bit(c[UNIT], 0, i), i == 0 || i == 3 || i == 4);
        ck_assert_int_eq(bit(c[VALUE], 0, i), i == 0);
        ck_assert_int_eq(bit(c[INT64], 0, i), i == 1);
        ck_assert_int_eq(bit(c[BOOL], 0, i), i == 2 || i == 5);
        ck_assert_int_eq(bit(c[BOOL], 1, i), i == 2);
        ck_assert_int_eq(bit(c[TEXT], 0, i), i == 3 || i == 4);
        check_text(c[TEXT], i, i == 3 ? "hi" : "");
        ck_assert_uint_eq(((const uint8_t *)c[FLAGS]->buffers[1])[i],
                          i == 1   ? SHUB_QUALITY_ERROR
                          : i == 3 ? SHUB_TIME_ASSUMED
                                   : 0);
    }
    check_name(c[QUANTITY], 2, "door");
    check_name(c[UNIT], 0, "kW");
    check_name(c[UNIT], 4, "V");
    ck_assert_double_eq(*(const double *)c[VALUE]->buffers[1], 1.5);
    ck_assert_int_eq(((const int64_t *)c[INT64]->buffers[1])[1], -7);
}

START_TEST(a_copy_leaves_the_batch_as_it_was)
{
    struct ArrowSchema schema;
    struct ArrowArray array;
    shub_batch *batch = mixed();
    shub_batch *other = mixed();
    ck_status(shub_batch_to_arrow(batch, SHUB_ARROW_COPY, &schema, &array, NULL),
              SHUB_OK);
    check_same(batch, other);
    shub_batch_clear(batch);
    check_mixed(&array);
    array.release(&array);
    ck_assert(!array.release);
    schema.release(&schema);
    shub_batch_free(batch);
    shub_batch_free(other);
}
END_TEST

START_TEST(a_move_gives_the_columns_away)
{
    struct ArrowSchema schema;
    struct ArrowArray array;
    shub_columns columns = {.size = sizeof columns};
    shub_batch *batch = mixed();
    shub_batch *other = mixed();
    shub_batch_columns(batch, &columns);
    const void *times = columns.time_us;
    const void *values = columns.f64;
    ck_status(shub_batch_to_arrow(batch, SHUB_ARROW_MOVE, &schema, &array, NULL),
              SHUB_OK);
    ck_assert_ptr_eq(array.children[TIME]->buffers[1], times);
    ck_assert_ptr_eq(array.children[VALUE]->buffers[1], values);
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    for (size_t i = 0; i < 6; i++) { /* the batch is as good as new */
        shub_sample s;
        ck_status(shub_batch_get(other, i, &s, NULL), SHUB_OK);
        ck_status(shub_batch_append(batch, &s, NULL), SHUB_OK);
    }
    check_same(batch, other);
    shub_batch_free(batch);
    check_mixed(&array);
    schema.release(&schema);
    array.release(&array);
    shub_batch_free(other);
}
END_TEST

START_TEST(a_batch_of_doubles_needs_no_nulls)
{
    struct ArrowSchema schema;
    struct ArrowArray array;
    shub_batch *batch = new_batch();
    for (int i = 0; i < 1000; i++)
        put(batch, "d", "x", "V", T0 + i, shub_double(i), 0);
    ck_status(shub_batch_to_arrow(batch, SHUB_ARROW_MOVE, &schema, &array, NULL),
              SHUB_OK);
    struct ArrowArray *const *c = array.children;
    ck_assert(c[VALUE]->null_count == 0 && !c[VALUE]->buffers[0] && !c[UNIT]->buffers[0]);
    ck_assert(c[INT64]->null_count == 1000 && c[TEXT]->null_count == 1000);
    for (int i = 0; i < 1000; i++) {
        ck_assert(((const double *)c[VALUE]->buffers[1])[i] == i);
        ck_assert(((const int64_t *)c[INT64]->buffers[1])[i] == 0 &&
                  !bit(c[INT64], 0, i));
    }
    schema.release(&schema);
    array.release(&array);
    shub_batch_free(batch);
}
END_TEST

START_TEST(an_empty_batch_is_an_empty_array)
{
    for (int mode = SHUB_ARROW_MOVE; mode <= SHUB_ARROW_COPY; mode++) {
        struct ArrowSchema schema;
        struct ArrowArray array;
        shub_batch *batch = new_batch();
        ck_status(
            shub_batch_to_arrow(batch, (shub_arrow_mode)mode, &schema, &array, NULL),
            SHUB_OK);
        ck_assert(array.length == 0 && array.children[TEXT]->length == 0 &&
                  array.children[DEVICE]->dictionary->length == 0);
        schema.release(&schema);
        array.release(&array);
        ck_status(shub_batch_to_arrow(batch, (shub_arrow_mode)2, &schema, &array, NULL),
                  SHUB_E_INVALID);
        ck_assert(!schema.release && !array.release);
        shub_batch_free(batch);
    }
}
END_TEST

/* A consumer may take a child and release the rest (Arrow C data interface, "Moving child
 * arrays"). */
START_TEST(children_can_be_moved_out)
{
    struct ArrowSchema schema;
    struct ArrowArray array, moved;
    shub_batch *batch = mixed();
    ck_status(shub_batch_to_arrow(batch, SHUB_ARROW_MOVE, &schema, &array, NULL),
              SHUB_OK);
    moved = *array.children[DEVICE];
    array.children[DEVICE]->release = NULL;
    array.release(&array);
    schema.release(&schema);
    shub_batch_free(batch);
    check_name(&moved, 1, "e");
    moved.release(&moved);
}
END_TEST

/* ---- streams -------------------------------------------------------------------- */

START_TEST(a_stream_is_one_array)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray array, end;
    shub_batch *batch = mixed();
    ck_status(shub_batch_to_arrow_stream(batch, SHUB_ARROW_COPY, &stream, NULL), SHUB_OK);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(stream.get_schema(&stream, &schema), 0);
        ck_assert_int_eq(schema.n_children, COLUMNS);
        schema.release(&schema);
    }
    ck_assert_int_eq(stream.get_next(&stream, &array), 0);
    ck_assert_int_eq(stream.get_next(&stream, &end), 0);
    ck_assert(!end.release && !stream.get_last_error(&stream));
    stream.release(&stream);
    ck_assert(!stream.release);
    check_mixed(&array);
    array.release(&array);
    ck_status(shub_batch_to_arrow_stream(batch, SHUB_ARROW_MOVE, &stream, NULL), SHUB_OK);
    stream.release(&stream); /* with what nobody took */
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    shub_batch_free(batch);
}
END_TEST

/* ---- allocation failure --------------------------------------------------------- */

static shub_status export_all(void *user)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    shub_batch *batch = user;
    const shub_arrow_mode mode =
        shub_batch_count(batch) == 6 ? SHUB_ARROW_COPY : SHUB_ARROW_MOVE;
    shub_status status = shub_batch_to_arrow_stream(batch, mode, &stream, NULL);
    if (status) {
        ck_assert(!stream.release && shub_batch_count(batch));
        return status;
    }
    int code = stream.get_schema(&stream, &schema);
    ck_assert(code == 0 || (code == ENOMEM && stream.get_last_error(&stream)));
    if (!code)
        schema.release(&schema);
    stream.release(&stream);
    if (code && mode == SHUB_ARROW_MOVE)
        put(batch, "d", "x", "", T0, shub_bool(1), 0);
    return code ? SHUB_E_NOMEM : SHUB_OK;
}

START_TEST(no_memory_leaves_the_batch_as_it_was)
{
    shub_batch *batch = mixed();
    shub_batch *other = mixed();
    ck_assert_uint_gt(oom_loop(export_all, batch), 40);
    check_same(batch, other);
    put(batch, "d", "x", "", T0, shub_bool(1), 0); /* seven: moved */
    ck_assert_uint_gt(oom_loop(export_all, batch), 40);
    shub_batch_free(batch);
    shub_batch_free(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample_arrow");
    TCase *tcase = tcase_create("export");
    tcase_add_test(tcase, the_schema_is_what_the_header_says);
    tcase_add_test(tcase, a_copy_leaves_the_batch_as_it_was);
    tcase_add_test(tcase, a_move_gives_the_columns_away);
    tcase_add_test(tcase, a_batch_of_doubles_needs_no_nulls);
    tcase_add_test(tcase, an_empty_batch_is_an_empty_array);
    tcase_add_test(tcase, children_can_be_moved_out);
    tcase_add_test(tcase, a_stream_is_one_array);
    tcase_add_test(tcase, no_memory_leaves_the_batch_as_it_was);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
