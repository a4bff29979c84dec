/* sensorhub.Batch: rows as Samples, columns into buffers. */
#include "core.h"

#include <math.h>

enum { DEVICES, QUANTITIES, UNITS, DICTIONARIES };

typedef struct batch_object {
    handle base;
    PyObject
        *names[DICTIONARIES]; /* lists of str by code, as far as they were asked for */
} batch_object;

shub_batch *batch_ptr(PyObject *batch)
{
    return ((handle *)batch)->ptr;
}

static void batch_close(handle *self)
{
    shub_batch_free(self->ptr);
}

static batch_object *batch_of_type(PyTypeObject *type)
{
    batch_object *self = (batch_object *)handle_new(type, batch_close);
    shub_batch *batch;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (!self)
        return NULL;
    status = shub_batch_new(&batch, &err);
    self->base.ptr = batch;
    for (int i = 0; i < DICTIONARIES; i++)
        self->names[i] = PyList_New(0);
    if (status != SHUB_OK)
        core_fail(core_of((PyObject *)self), status, &err);
    if (PyErr_Occurred())
        Py_CLEAR(self);
    return self;
}

PyObject *batch_make(core *state)
{
    return (PyObject *)batch_of_type(state->batch);
}

PyObject *batch_or_new(core *state, PyObject *batch)
{
    if (!batch || batch == Py_None)
        return batch_make(state);
    if (Py_TYPE(batch) == state->batch)
        return Py_NewRef(batch);
    PyErr_SetString(PyExc_TypeError, "batch must be a Batch or None");
    return NULL;
}

static PyObject *batch_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {NULL};

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":Batch", names))
        return NULL;
    return (PyObject *)batch_of_type(type);
}

static void batch_dealloc(PyObject *object)
{
    batch_object *self = (batch_object *)object;

    for (int i = 0; i < DICTIONARIES; i++)
        Py_XDECREF(self->names[i]);
    shub_batch_free(self->base.ptr);
    object_free(object);
}

/* ---- rows ---------------------------------------------------------------------- */

/* The name of a code. Dictionaries only grow until the batch is cleared, so a str once
 * made stays right. Lifetime: borrowed. */
static PyObject *name_at(PyObject *list, const shub_slice *slices, int32_t code)
{
    for (Py_ssize_t i = PyList_Size(list); i <= code; i++) {
        PyObject *name = str_of(slices[i]);
        int status = name ? PyList_Append(list, name) : -1;

        Py_XDECREF(name);
        if (status < 0)
            return NULL;
    }
    return PyList_GetItem(list, code);
}

static PyObject *value_at(const shub_columns *columns, size_t i)
{
    switch (columns->kind ? columns->kind[i] : SHUB_KIND_DOUBLE) {
    case SHUB_KIND_INT64:
        return PyLong_FromLongLong(columns->i64[i]);
    case SHUB_KIND_BOOL:
        return PyBool_FromLong(columns->i64[i] != 0);
    case SHUB_KIND_TEXT:
        return str_of(columns->text[i]);
    default:
        return PyFloat_FromDouble(columns->f64[i]);
    }
}

static PyObject *row_at(batch_object *self, const shub_columns *columns, size_t i)
{
    core *state = core_of((PyObject *)self);
    PyObject *device =
        name_at(self->names[DEVICES], columns->devices, columns->device[i]);
    PyObject *quantity =
        name_at(self->names[QUANTITIES], columns->quantities, columns->quantity[i]);
    PyObject *unit = state->empty;

    if (columns->unit[i] >= 0)
        unit = name_at(self->names[UNITS], columns->units, columns->unit[i]);
    if (!device || !quantity || !unit)
        return NULL;
    return sample_make(state, device, quantity, unit, columns->time_us[i],
                       value_at(columns, i), columns->flags ? columns->flags[i] : 0);
}

static Py_ssize_t batch_length(PyObject *object)
{
    handle *self = (handle *)object;
    size_t rows;

    if (handle_begin(self) < 0)
        return -1;
    rows = shub_batch_count(self->ptr);
    return handle_end(self, SHUB_OK, NULL) < 0 ? -1 : (Py_ssize_t)rows;
}

/* The row, or NULL: past the end nothing is raised. The batch is busy meanwhile: a text
 * that is not UTF-8 makes objects, and so may collect garbage, whose finalizers may want
 * to clear the batch. */
static PyObject *find_row(batch_object *self, size_t i)
{
    shub_columns columns = {.size = sizeof columns};
    PyObject *row = NULL;

    if (handle_begin(&self->base) < 0)
        return NULL;
    shub_batch_columns(self->base.ptr, &columns);
    if (i < columns.rows)
        row = row_at(self, &columns, i);
    if (handle_end(&self->base, SHUB_OK, NULL) < 0)
        Py_CLEAR(row);
    return row;
}

static PyObject *batch_item(PyObject *self, Py_ssize_t i)
{
    PyObject *row = i < 0 ? NULL : find_row((batch_object *)self, (size_t)i);

    if (!row && !PyErr_Occurred())
        PyErr_Format(PyExc_IndexError, "no row %zd", i);
    return row;
}

typedef struct rows_object {
    PyObject_HEAD batch_object *batch;
    size_t next;
} rows_object;

static PyObject *batch_iter(PyObject *self)
{
    rows_object *rows = (rows_object *)PyType_GenericAlloc(core_of(self)->batch_rows, 0);

    if (rows)
        rows->batch = (batch_object *)Py_NewRef(self);
    return (PyObject *)rows;
}

static PyObject *rows_next(PyObject *object)
{
    rows_object *self = (rows_object *)object;
    PyObject *row = find_row(self->batch, self->next);

    self->next += row != NULL;
    return row;
}

static void rows_dealloc(PyObject *object)
{
    Py_XDECREF((PyObject *)((rows_object *)object)->batch);
    object_free(object);
}

/* ---- appending ----------------------------------------------------------------- */

enum { DEVICE, QUANTITY, VALUE, TIME_US, UNIT, QUALITY, TIME_ASSUMED, ARGUMENTS };

static const char *const argument_names[] = {
    "device", "quantity", "value", "time_us", "unit", "quality", "time_assumed"};

static int sample_of_arguments(core *state, PyObject **values, shub_sample *sample)
{
    static const shub_sample init = SHUB_SAMPLE_INIT;
    int assumed = 0;

    *sample = init;
    for (int i = DEVICE; i <= TIME_US; i++)
        if (!values[i]) {
            PyErr_Format(PyExc_TypeError, "append() needs '%s'", argument_names[i]);
            return -1;
        }
    sample->time_us = PyLong_AsLongLong(values[TIME_US]);
    if (values[TIME_ASSUMED])
        assumed = PyObject_IsTrue(values[TIME_ASSUMED]);
    if (PyErr_Occurred() || slice_of(values[DEVICE], "device", &sample->device) < 0 ||
        slice_of(values[QUANTITY], "quantity", &sample->quantity) < 0 ||
        (values[UNIT] && slice_of(values[UNIT], "unit", &sample->unit) < 0) ||
        flags_of(state, values[QUALITY], assumed, &sample->flags) < 0)
        return -1;
    return value_of(values[VALUE], &sample->value);
}

static PyObject *batch_append(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    core *state = core_of(self);
    PyObject *values[ARGUMENTS] = {NULL};
    shub_error err = SHUB_ERROR_INIT;
    shub_sample sample;
    int converted;

    if (nargs == 1 && !kwnames && Py_TYPE(args[0]) == state->sample)
        converted = sample_of(args[0], &sample);
    else if (nargs == 0)
        converted =
            keywords_of("append", argument_names, ARGUMENTS, args, kwnames, values) < 0
                ? -1
                : sample_of_arguments(state, values, &sample);
    else {
        PyErr_SetString(PyExc_TypeError, "append() takes a Sample, or its parts by name");
        return NULL;
    }
    if (converted < 0 || handle_begin((handle *)self) < 0 ||
        handle_end((handle *)self, shub_batch_append(batch_ptr(self), &sample, &err),
                   &err) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *batch_clear(PyObject *object, PyObject *unused)
{
    batch_object *self = (batch_object *)object;

    (void)unused;
    if (handle_begin(&self->base) < 0)
        return NULL;
    for (int i = 0; i < DICTIONARIES; i++)
        if (PyList_SetSlice(self->names[i], 0, PyList_Size(self->names[i]), NULL) < 0)
            break;
    shub_batch_clear(self->base.ptr);
    if (handle_end(&self->base, SHUB_OK, NULL) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- groups and columns -------------------------------------------------------- */

static PyStructSequence_Field group_fields[] = {
    {"first", "its first row"},    {"count", "of rows"}, {"device", "of all of them"},
    {"time_us", "of all of them"}, {NULL, NULL},
};

static PyStructSequence_Desc group_desc = {
    "sensorhub.Group", "Rows of one device and time that stand together.", group_fields,
    4};

static PyObject *batch_groups(PyObject *self, PyObject *unused)
{
    PyTypeObject *type = core_of(self)->group;
    shub_group group = {0, 0, {NULL, 0}, 0};
    PyObject *list;

    (void)unused;
    if (handle_begin((handle *)self) < 0)
        return NULL;
    list = PyList_New(0);
    while (list && shub_batch_next_group(batch_ptr(self), &group)) {
        PyObject *item = PyObject_CallFunction(
            (PyObject *)type, "((nnNL))", (Py_ssize_t)group.first,
            (Py_ssize_t)group.count, str_of(group.device), (long long)group.time_us);

        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    if (handle_end((handle *)self, SHUB_OK, NULL) < 0)
        Py_CLEAR(list);
    return list;
}

/* Number of items, or -1: a writable buffer of 8-byte items of one of the formats. */
static Py_ssize_t items_of(PyObject *object, const char *formats, Py_buffer *view)
{
    const char *format;

    if (PyObject_GetBuffer(object, view, PyBUF_WRITABLE | PyBUF_FORMAT | PyBUF_ND) < 0)
        return -1;
    format = view->format ? view->format : "B";
    if (*format == '@' || *format == '=')
        format++;
    if (view->itemsize == 8 && *format && !format[1] && strchr(formats, *format))
        return view->len / 8;
    PyErr_Format(PyExc_TypeError, "a writable buffer of 8-byte '%c' is needed, not '%s'",
                 *formats, view->format ? view->format : "B");
    PyBuffer_Release(view);
    return -1;
}

static double number_at(const shub_columns *columns, size_t i)
{
    switch (columns->kind ? columns->kind[i] : SHUB_KIND_DOUBLE) {
    case SHUB_KIND_INT64:
    case SHUB_KIND_BOOL:
        return (double)columns->i64[i];
    case SHUB_KIND_TEXT:
        return (double)NAN;
    default:
        return columns->f64[i];
    }
}

void batch_copy_values(const shub_batch *batch, double *values, size_t first,
                       size_t count)
{
    shub_columns columns = {.size = sizeof columns};

    shub_batch_columns(batch, &columns);
    if (!columns.kind) {
        memcpy(values, columns.f64 + first, count * sizeof *values);
        return;
    }
    for (size_t i = 0; i < count; i++)
        values[i] = number_at(&columns, first + i);
}

static void copy_columns(const shub_batch *batch, int64_t *times, double *values,
                         size_t first, size_t count)
{
    shub_columns columns = {.size = sizeof columns};

    shub_batch_columns(batch, &columns);
    memcpy(times, columns.time_us + first, count * sizeof *times);
    batch_copy_values(batch, values, first, count);
}

static PyObject *read_rows(PyObject *self, const Py_buffer *times,
                           const Py_buffer *values, Py_ssize_t first, Py_ssize_t room)
{
    Py_ssize_t count;

    if (first < 0) {
        PyErr_SetString(PyExc_ValueError, "first is negative");
        return NULL;
    }
    if (handle_begin((handle *)self) < 0)
        return NULL;
    count = (Py_ssize_t)shub_batch_count(batch_ptr(self)) - first;
    if (count > room)
        count = room;
    if (count < 0)
        count = 0;
    if (count > 0) {
        Py_BEGIN_ALLOW_THREADS
        copy_columns(batch_ptr(self), times->buf, values->buf, (size_t)first,
                     (size_t)count);
        Py_END_ALLOW_THREADS
    }
    return handle_end((handle *)self, SHUB_OK, NULL) < 0 ? NULL
                                                         : PyLong_FromSsize_t(count);
}

static PyObject *batch_read_into(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", "", "first", NULL};
    PyObject *times_object, *values_object;
    PyObject *result = NULL;
    Py_buffer times, values;
    Py_ssize_t first = 0;
    Py_ssize_t room, more;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|n:read_into", names, &times_object,
                                     &values_object, &first))
        return NULL;
    room = items_of(times_object, "ql", &times);
    if (room < 0)
        return NULL;
    more = items_of(values_object, "d", &values);
    if (more >= 0) {
        result = read_rows(self, &times, &values, first, room < more ? room : more);
        PyBuffer_Release(&values);
    }
    PyBuffer_Release(&times);
    return result;
}

/* ---- the types ----------------------------------------------------------------- */

static PyMethodDef batch_methods[] = {
    {"append", FAST(batch_append), METH_FASTCALL | METH_KEYWORDS,
     "Copies a Sample, or a sample given by its parts (device=, quantity=, value=, "
     "time_us=, "
     "unit=, quality=, time_assumed=), to the end."},
    {"clear", batch_clear, METH_NOARGS,
     "clear($self, /)\n--\n\nRemoves every row and keeps the memory."},
    {"to_jsonl", batch_to_jsonl, METH_NOARGS,
     "to_jsonl($self, /)\n--\n\nEvery row as a canonical JSON line."},
    {"add_jsonl", batch_add_jsonl, METH_VARARGS,
     "add_jsonl($self, text, /)\n--\n\n"
     "Appends the samples of JSON lines and returns how many. Every good line is "
     "appended; "
     "when others were not, the first one's error is raised, its `refused` counts them."},
    {"to_csv", FAST(batch_to_csv), METH_VARARGS | METH_KEYWORDS,
     "to_csv($self, /, *, layout='long', no_header=False, lf=False)\n--\n\n"
     "Every row as a line of CSV, or with layout='wide' every group."},
    {"to_influx", FAST(batch_to_influx), METH_VARARGS | METH_KEYWORDS,
     "to_influx($self, /, *, measurement='samples', device_tag='device', tags=None, "
     "precision='ns', naming='fields', no_units=False, one_line=False)\n--\n\n"
     "Every row in InfluxDB's line protocol."},
    {"add_influx", FAST(batch_add_influx), METH_VARARGS | METH_KEYWORDS,
     "add_influx($self, text, /, *, device_tag='device', precision='ns', "
     "now_us=0)\n--\n\n"
     "Appends the fields of line protocol and returns how many. Every good line is "
     "appended; when others were not, the first one's error is raised, its `refused` "
     "counts them."},
    {"to_senml", FAST(batch_to_senml), METH_VARARGS | METH_KEYWORDS,
     "to_senml($self, /, *, units='registered', now_us=0)\n--\n\n"
     "Every row as a record of a SenML JSON pack; with now_us times are relative."},
    {"add_senml", FAST(batch_add_senml), METH_VARARGS | METH_KEYWORDS,
     "add_senml($self, text, /, *, now_us=0)\n--\n\n"
     "Appends the records of a SenML JSON pack and returns how many; relative times "
     "count "
     "from now_us. Every good record is appended; when others were not, the first one's "
     "error is raised, its `refused` counts them."},
    {"to_numpy", batch_to_numpy, METH_NOARGS,
     "to_numpy($self, /)\n--\n\n"
     "A dict of numpy arrays, which are copies: time (datetime64[us]), device, quantity "
     "and unit (codes into the lists devices, quantities, units; -1: none), value (texts "
     "are NaN), int64 (whole and true or false ones, every digit; others are 0), kind, "
     "flags."},
    {"__arrow_c_schema__", batch_arrow_schema, METH_NOARGS, NULL},
    {"__arrow_c_array__", FAST(batch_arrow_array), METH_VARARGS | METH_KEYWORDS, NULL},
    {"__arrow_c_stream__", FAST(batch_arrow_stream), METH_VARARGS | METH_KEYWORDS, NULL},
    {"groups", batch_groups, METH_NOARGS,
     "groups($self, /)\n--\n\nRows of one device and time that stand together, as "
     "Groups."},
    {"read_into", FAST(batch_read_into), METH_VARARGS | METH_KEYWORDS,
     "read_into($self, times, values, /, first=0)\n--\n\n"
     "Copies rows from `first` on into writable buffers of int64 and of double, and "
     "returns "
     "how many; counts and booleans become numbers, texts NaN."},
    {NULL, NULL, 0, NULL},
};

static const char batch_doc[] =
    "Batch()\n--\n\nSamples in columns; a sequence of Sample.";

static PyType_Slot batch_slots[] = {
    {Py_tp_new, batch_new},         {Py_tp_dealloc, batch_dealloc},
    {Py_tp_methods, batch_methods}, {Py_sq_length, batch_length},
    {Py_sq_item, batch_item},       {Py_tp_iter, batch_iter},
    {Py_tp_doc, (void *)batch_doc}, {0, NULL},
};

static PyType_Spec batch_spec = {
    .name = "sensorhub.Batch",
    .basicsize = sizeof(batch_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = batch_slots,
};

static PyType_Slot rows_slots[] = {
    {Py_tp_dealloc, rows_dealloc},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, rows_next},
    {0, NULL},
};

static PyType_Spec rows_spec = {
    .name = "sensorhub._BatchRows",
    .basicsize = sizeof(rows_object),
    .flags = HIDDEN_FLAGS,
    .slots = rows_slots,
};

int batch_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_type(module, &batch_spec, 1, &state->batch) < 0 ||
        core_add_type(module, &rows_spec, 0, &state->batch_rows) < 0)
        return -1;
    return core_add_record(module, &group_desc, &state->group);
}
