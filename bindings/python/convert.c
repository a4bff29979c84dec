/* Values of Python and of the library, one into the other. */
#include "core.h"

int slice_of(PyObject *text, const char *what, shub_slice *slice)
{
    Py_ssize_t len = 0;

    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "%s must be a str", what);
        return -1;
    }
    slice->ptr = PyUnicode_AsUTF8AndSize(text, &len);
    slice->len = (size_t)len;
    return slice->ptr ? 0 : -1;
}

/* Texts of vendors are handed on whole, also where they are not UTF-8 (PEP 383). */
PyObject *str_of(shub_slice slice)
{
    return PyUnicode_DecodeUTF8(slice.ptr ? slice.ptr : "", (Py_ssize_t)slice.len,
                                "surrogateescape");
}

PyObject *path_of(shub_slice slice)
{
    return PyUnicode_DecodeFSDefaultAndSize(slice.ptr ? slice.ptr : "",
                                            (Py_ssize_t)slice.len);
}

int path_or_none(PyObject *object, void *bytes)
{
    if (object != Py_None)
        return PyUnicode_FSConverter(object, bytes);
    *(PyObject **)bytes = NULL;
    return 1;
}

PyObject *int_or_none(int64_t value, int64_t none)
{
    if (value == none)
        Py_RETURN_NONE;
    return PyLong_FromLongLong(value);
}

static int int_value_of(PyObject *object, shub_value *value)
{
    PyObject *number = PyNumber_Index(object);
    long long i64 = number ? PyLong_AsLongLong(number) : -1;

    Py_XDECREF(number);
    *value = shub_int64(i64);
    return PyErr_Occurred() ? -1 : 0;
}

static int text_value_of(PyObject *object, shub_value *value)
{
    shub_slice text;

    if (slice_of(object, "value", &text) < 0)
        return -1;
    *value = shub_text(text);
    return 0;
}

int value_of(PyObject *object, shub_value *value)
{
    double f64;

    if (PyBool_Check(object)) {
        *value = shub_bool(object == Py_True);
        return 0;
    }
    if (PyUnicode_Check(object))
        return text_value_of(object, value);
    if (PyIndex_Check(object))
        return int_value_of(object, value);
    f64 = PyFloat_AsDouble(object);
    *value = shub_double(f64);
    return f64 == -1.0 && PyErr_Occurred() ? -1 : 0;
}

PyObject *object_of(const shub_value *value)
{
    switch (value->kind) {
    case SHUB_KIND_INT64:
        return PyLong_FromLongLong(value->as.i64);
    case SHUB_KIND_BOOL:
        return PyBool_FromLong(value->as.boolean != 0);
    case SHUB_KIND_TEXT:
        return str_of(value->as.text);
    default:
        return PyFloat_FromDouble(value->as.f64);
    }
}

int flags_of(core *state, PyObject *quality, int time_assumed, uint32_t *flags)
{
    *flags = time_assumed ? SHUB_TIME_ASSUMED : 0;
    if (!quality)
        return 0;
    for (uint32_t i = 0; i <= SHUB_QUALITY_ERROR; i++) {
        PyObject *name = PyTuple_GetItem(state->qualities, (Py_ssize_t)i);
        int same = PyObject_RichCompareBool(quality, name, Py_EQ);

        if (same < 0)
            return -1;
        if (same) {
            *flags |= i;
            return 0;
        }
    }
    core_fail_text(state, SHUB_E_INVALID, "quality is none of measured, replaced, error");
    return -1;
}

int choice_of(core *state, const char *what, const char *text, const char *const *names,
              int *place)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0) {
            *place = i;
            return 0;
        }
    core_fail_text(state, SHUB_E_INVALID, "%s '%.40s' is not one this library knows",
                   what, text);
    return -1;
}

PyObject *word_of(const char *const *names, size_t count, int place)
{
    const char *name = place >= 0 && (size_t)place < count ? names[place] : "unknown";

    return PyUnicode_InternFromString(name);
}

/* Place of a keyword, looked for from `start` on: callers mostly keep the order. */
static size_t keyword_at(const char *const *names, size_t count, PyObject *key,
                         size_t start)
{
    for (size_t i = 0; i < count; i++) {
        size_t place = (start + i) % count;

        if (PyUnicode_CompareWithASCIIString(key, names[place]) == 0)
            return place;
    }
    return count;
}

int keywords_of(const char *function, const char *const *names, size_t count,
                PyObject *const *args, PyObject *kwnames, PyObject **values)
{
    Py_ssize_t given = kwnames ? PyTuple_Size(kwnames) : 0;
    size_t place = 0;

    for (Py_ssize_t i = 0; i < given; i++) {
        PyObject *key = PyTuple_GetItem(kwnames, i);

        place = keyword_at(names, count, key, place);
        if (place == count) {
            PyErr_Format(PyExc_TypeError, "%s() has no argument '%U'", function, key);
            return -1;
        }
        values[place++] = args[i];
    }
    return 0;
}
