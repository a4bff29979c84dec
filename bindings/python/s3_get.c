/* S3.get(): into bytes, a file of the program's, or a path. */
#include "s3.h"

typedef struct sink {
    PyObject *into;  /* a bytearray, or what has write() */
    PyObject *write; /* its method; NULL: a bytearray */
} sink;

static int add_bytes(PyObject *array, shub_slice bytes)
{
    Py_ssize_t len = PyByteArray_Size(array);

    if (PyByteArray_Resize(array, len + (Py_ssize_t)bytes.len) < 0)
        return -1;
    memcpy(PyByteArray_AsString(array) + len, bytes.ptr, bytes.len);
    return 0;
}

/* How many bytes a write() took; one that does not say took all. */
static Py_ssize_t taken(PyObject *said, size_t len)
{
    Py_ssize_t count;

    if (!said || !PyLong_Check(said))
        return said ? (Py_ssize_t)len : -1;
    count = PyLong_AsSsize_t(said);
    if (count > 0 && (size_t)count <= len)
        return count;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_OSError, "write() took nothing");
    return -1;
}

/* Unbuffered files may take less than they are given. */
static int write_bytes(PyObject *write, shub_slice bytes)
{
    while (bytes.len) {
        PyObject *said =
            PyObject_CallFunction(write, "y#", bytes.ptr, (Py_ssize_t)bytes.len);
        Py_ssize_t count = taken(said, bytes.len);

        Py_XDECREF(said);
        if (count < 0)
            return -1;
        bytes.ptr += count;
        bytes.len -= (size_t)count;
    }
    return 0;
}

static shub_status on_bytes(shub_slice bytes, void *user, shub_error *err)
{
    const sink *s = user;
    PyGILState_STATE gil = PyGILState_Ensure();
    int status = PyErr_Occurred() || PyErr_CheckSignals() < 0 ? -1
                 : s->write ? write_bytes(s->write, bytes)
                            : add_bytes(s->into, bytes);

    PyGILState_Release(gil);
    if (status < 0 && err)
        err->code = SHUB_E_IO;
    return status < 0 ? SHUB_E_IO : SHUB_OK;
}

/* What is got, and where to. */
typedef struct getting {
    const char *bucket, *key;
    shub_s3_get_options opts;
    PyObject *into; /* NULL and None: bytes */
    PyObject *path; /* bytes; NULL: no path */
    sink sink;
} getting;

static shub_status get_unlocked(shub_s3 *s3, getting *g, shub_s3_object *object,
                                shub_error *err)
{
    shub_slice bucket = shub_str(g->bucket), key = shub_str(g->key);

    if (g->path)
        return shub_s3_get_file(s3, bucket, key, PyBytes_AsString(g->path), &g->opts,
                                object, err);
    return shub_s3_get(s3, bucket, key, &g->opts, on_bytes, &g->sink, object, err);
}

static PyObject *get(PyObject *object, getting *g)
{
    handle *self = (handle *)object;
    shub_s3_object found = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *result = NULL;
    shub_status status;

    if (handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = get_unlocked(self->ptr, g, &found, &err);
    Py_END_ALLOW_THREADS
    if (status == SHUB_OK && !PyErr_Occurred())
        result = g->path || g->sink.write ? s3_object_of(core_of(object), &found)
                                          : PyBytes_FromObject(g->sink.into);
    if (handle_end(self, status, &err) < 0)
        Py_CLEAR(result);
    return result;
}

/* 0 or -1. */
static int choose_target(getting *g)
{
    if (!g->into || g->into == Py_None) {
        g->sink.into = PyByteArray_FromStringAndSize(NULL, 0);
        return g->sink.into ? 0 : -1;
    }
    if (attribute_or_null(g->into, "write", &g->sink.write) < 0)
        return -1;
    if (g->sink.write)
        return 0;
    return PyUnicode_FSConverter(g->into, &g->path) ? 0 : -1;
}

PyObject *s3_get(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"bucket", "key",        "into",     "offset",
                            "length", "version_id", "if_match", NULL};
    getting g = {.opts = SHUB_S3_GET_OPTIONS_INIT};
    const char *version_id = NULL, *if_match = NULL;
    long long offset = 0, length = 0;
    PyObject *result = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ss|O$LLzz:get", names, &g.bucket,
                                     &g.key, &g.into, &offset, &length, &version_id,
                                     &if_match))
        return NULL;
    g.opts.offset = offset;
    g.opts.length = length;
    g.opts.version_id = shub_str(version_id);
    g.opts.if_match = shub_str(if_match);
    if (choose_target(&g) == 0)
        result = get(self, &g);
    Py_XDECREF(g.path);
    Py_XDECREF(g.sink.write);
    Py_XDECREF(g.sink.into);
    return result;
}
