/* Batches as Arrow capsules and numpy arrays. */
#include "core.h"

/* ---- Arrow: the PyCapsule interface ---------------------------------------------- */

static const char schema_name[] = "arrow_schema";
static const char array_name[] = "arrow_array";
static const char stream_name[] = "arrow_array_stream";

/* A capsule that nobody took from still owns what is in it. */
static void free_schema(PyObject *capsule)
{
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, schema_name);

    if (schema->release)
        schema->release(schema);
    PyMem_Free(schema);
}

static void free_array(PyObject *capsule)
{
    struct ArrowArray *array = PyCapsule_GetPointer(capsule, array_name);

    if (array->release)
        array->release(array);
    PyMem_Free(array);
}

static void free_stream(PyObject *capsule)
{
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, stream_name);

    if (stream->release)
        stream->release(stream);
    PyMem_Free(stream);
}

/* A capsule of `size` zeroed bytes: released as it is. */
static PyObject *capsule_of(size_t size, const char *name, PyCapsule_Destructor free)
{
    void *ptr = PyMem_Calloc(1, size);
    PyObject *capsule = ptr ? PyCapsule_New(ptr, name, free) : PyErr_NoMemory();

    if (!capsule)
        PyMem_Free(ptr);
    return capsule;
}

PyObject *batch_arrow_schema(PyObject *self, PyObject *unused)
{
    PyObject *capsule = capsule_of(sizeof(struct ArrowSchema), schema_name, free_schema);
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    (void)unused;
    if (!capsule)
        return NULL;
    status = shub_arrow_schema(PyCapsule_GetPointer(capsule, schema_name), &err);
    if (status == SHUB_OK)
        return capsule;
    Py_DECREF(capsule);
    return core_fail(core_of(self), status, &err);
}

/* The schema asked for is a wish (Arrow PyCapsule interface, "Schema requests"): there is
 * one only. */
static int parse_request(PyObject *args, PyObject *kwargs, const char *format)
{
    static char *names[] = {"requested_schema", NULL};
    PyObject *wish = NULL;

    return PyArg_ParseTupleAndKeywords(args, kwargs, format, names, &wish);
}

PyObject *batch_arrow_array(PyObject *self, PyObject *args, PyObject *kwargs)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    PyObject *schema, *array;

    if (!parse_request(args, kwargs, "|O:__arrow_c_array__"))
        return NULL;
    schema = capsule_of(sizeof(struct ArrowSchema), schema_name, free_schema);
    array = capsule_of(sizeof(struct ArrowArray), array_name, free_array);
    if (schema && array && handle_begin((handle *)self) == 0) {
        struct ArrowSchema *s = PyCapsule_GetPointer(schema, schema_name);
        struct ArrowArray *a = PyCapsule_GetPointer(array, array_name);

        Py_BEGIN_ALLOW_THREADS
        status = shub_batch_to_arrow(batch_ptr(self), SHUB_ARROW_COPY, s, a, &err);
        Py_END_ALLOW_THREADS
        handle_end((handle *)self, status, &err);
    }
    if (!PyErr_Occurred())
        return Py_BuildValue("(NN)", schema, array);
    Py_XDECREF(schema);
    Py_XDECREF(array);
    return NULL;
}

PyObject *batch_arrow_stream(PyObject *self, PyObject *args, PyObject *kwargs)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    PyObject *stream;

    if (!parse_request(args, kwargs, "|O:__arrow_c_stream__"))
        return NULL;
    stream = capsule_of(sizeof(struct ArrowArrayStream), stream_name, free_stream);
    if (stream && handle_begin((handle *)self) == 0) {
        struct ArrowArrayStream *s = PyCapsule_GetPointer(stream, stream_name);

        Py_BEGIN_ALLOW_THREADS
        status = shub_batch_to_arrow_stream(batch_ptr(self), SHUB_ARROW_COPY, s, &err);
        Py_END_ALLOW_THREADS
        handle_end((handle *)self, status, &err);
    }
    if (PyErr_Occurred())
        Py_CLEAR(stream);
    return stream;
}

/* ---- numpy ------------------------------------------------------------------------ */

/* Sets an array over bytes that are its own. Takes `bytes`, NULL included. 0 or -1. */
static int set_array(PyObject *dict, PyObject *frombuffer, const char *name,
                     const char *type, PyObject *bytes)
{
    PyObject *array =
        bytes ? PyObject_CallFunction(frombuffer, "(Os)", bytes, type) : NULL;
    int status = array ? PyDict_SetItemString(dict, name, array) : -1;

    Py_XDECREF(bytes);
    Py_XDECREF(array);
    return status;
}

/* The column's bytes, zeros where no row needed it. */
static PyObject *bytes_of(const void *column, size_t rows, size_t item)
{
    PyObject *bytes = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(rows * item));

    if (bytes && column && rows)
        memcpy(PyByteArray_AsString(bytes), column, rows * item);
    else if (bytes)
        memset(PyByteArray_AsString(bytes), 0, rows * item);
    return bytes;
}

static PyObject *kinds_of(const shub_columns *c)
{
    PyObject *bytes = bytes_of(c->kind, c->rows, 1);

    if (bytes && !c->kind)
        memset(PyByteArray_AsString(bytes), SHUB_KIND_DOUBLE, c->rows);
    return bytes;
}

static PyObject *values_of(const shub_batch *batch, size_t rows)
{
    PyObject *bytes = bytes_of(NULL, rows, sizeof(double));

    if (bytes && rows)
        batch_copy_values(batch, (double *)(void *)PyByteArray_AsString(bytes), 0, rows);
    return bytes;
}

static int set_names(PyObject *dict, const char *name, const shub_slice *names,
                     size_t count)
{
    PyObject *list = PyList_New(0);
    int status = list ? PyDict_SetItemString(dict, name, list) : -1;

    for (size_t i = 0; i < count && status == 0; i++) {
        PyObject *text = str_of(names[i]);

        status = text ? PyList_Append(list, text) : -1;
        Py_XDECREF(text);
    }
    Py_XDECREF(list);
    return status;
}

static int set_columns(PyObject *dict, PyObject *f, const shub_batch *batch)
{
    shub_columns c = {.size = sizeof c};

    shub_batch_columns(batch, &c);
    if (set_array(dict, f, "time", "=M8[us]", bytes_of(c.time_us, c.rows, 8)) < 0 ||
        set_array(dict, f, "device", "=i4", bytes_of(c.device, c.rows, 4)) < 0 ||
        set_array(dict, f, "quantity", "=i4", bytes_of(c.quantity, c.rows, 4)) < 0 ||
        set_array(dict, f, "unit", "=i4", bytes_of(c.unit, c.rows, 4)) < 0 ||
        set_array(dict, f, "value", "=f8", values_of(batch, c.rows)) < 0 ||
        set_array(dict, f, "int64", "=i8", bytes_of(c.i64, c.rows, 8)) < 0 ||
        set_array(dict, f, "kind", "=u1", kinds_of(&c)) < 0 ||
        set_array(dict, f, "flags", "=u1", bytes_of(c.flags, c.rows, 1)) < 0)
        return -1;
    if (set_names(dict, "devices", c.devices, c.device_count) < 0 ||
        set_names(dict, "quantities", c.quantities, c.quantity_count) < 0)
        return -1;
    return set_names(dict, "units", c.units, c.unit_count);
}

PyObject *batch_to_numpy(PyObject *self, PyObject *unused)
{
    PyObject *numpy = PyImport_ImportModule("numpy");
    PyObject *frombuffer = numpy ? PyObject_GetAttrString(numpy, "frombuffer") : NULL;
    PyObject *dict = frombuffer ? PyDict_New() : NULL;

    (void)unused;
    Py_XDECREF(numpy);
    if (dict && handle_begin((handle *)self) == 0) {
        set_columns(dict, frombuffer, batch_ptr(self));
        handle_end((handle *)self, SHUB_OK, NULL);
    }
    if (PyErr_Occurred())
        Py_CLEAR(dict);
    Py_XDECREF(frombuffer);
    return dict;
}
