/* Uploads: sensorhub.S3Upload, a file's, which is polled; sensorhub.S3Writer, a stream's,
 * which is written to. */
#include "s3.h"

#define SLICE_MS 500 /* a signal that comes just before a wait does not end it */

typedef struct upload_object {
    handle base;
    PyObject *progress; /* NULL: not polled yet */
    PyObject *object;   /* NULL: not done */
} upload_object;

/* A file's with a journal can go on later; any other is aborted. */
static void upload_close(handle *self)
{
    shub_s3_upload *upload = self->ptr;

    Py_BEGIN_ALLOW_THREADS
    shub_s3_upload_close(upload);
    Py_END_ALLOW_THREADS
}

static void upload_dealloc(PyObject *object)
{
    upload_object *self = (upload_object *)object;
    PyObject *progress = self->progress, *found = self->object;

    handle_dealloc(object);
    Py_XDECREF(progress);
    Py_XDECREF(found);
}

/* Replaces what `slot` holds; takes `value`. */
static void keep(PyObject **slot, PyObject *value)
{
    PyObject *old = *slot;

    *slot = value;
    Py_XDECREF(old);
}

static PyObject *none_or(PyObject *value)
{
    return Py_NewRef(value ? value : Py_None);
}

/* ---- beginning ----------------------------------------------------------------- */

typedef struct beginning {
    const char *bucket, *key;
    PyObject *path; /* bytes; NULL: a stream */
    put_arguments put;
} beginning;

static shub_status open_upload(shub_s3 *s3, const beginning *b, shub_s3_upload **upload,
                               shub_error *err)
{
    shub_slice bucket = shub_str(b->bucket), key = shub_str(b->key);

    if (b->path)
        return shub_s3_upload_file(s3, bucket, key, PyBytes_AsString(b->path),
                                   &b->put.opts, upload, err);
    return shub_s3_upload_open(s3, bucket, key, &b->put.opts, upload, err);
}

static PyObject *upload_make(PyObject *s3, PyTypeObject *type, const beginning *b)
{
    handle *self = handle_new(type, upload_close);
    shub_error err = SHUB_ERROR_INIT;
    shub_s3_upload *upload = NULL;
    shub_status status;

    if (!self)
        return NULL;
    if (handle_begin((handle *)s3) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    self->guard = (handle *)Py_NewRef(s3);
    Py_BEGIN_ALLOW_THREADS
    status = open_upload(self->guard->ptr, b, &upload, &err);
    Py_END_ALLOW_THREADS
    self->ptr = upload;
    if (upload)
        loop_join(self);
    if (handle_end((handle *)s3, status, &err) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static PyObject *begin_file(PyObject *s3, PyObject *args, PyObject *kwargs,
                            const char *format)
{
    PyObject *upload = NULL;
    beginning b;

    memset(&b, 0, sizeof b);
    if (!PyArg_ParseTuple(args, format, &b.bucket, &b.key, PyUnicode_FSConverter,
                          &b.path))
        return NULL;
    if (put_arguments_read(kwargs, &b.put) == 0)
        upload = upload_make(s3, core_of(s3)->s3_upload, &b);
    put_arguments_free(&b.put);
    Py_DECREF(b.path);
    return upload;
}

PyObject *s3_upload_file(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return begin_file(self, args, kwargs, "ssO&:upload_file");
}

PyObject *s3_open_writer(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *writer = NULL;
    const char *mode = "wb";
    beginning b;

    memset(&b, 0, sizeof b);
    if (!PyArg_ParseTuple(args, "ss|s:open", &b.bucket, &b.key, &mode))
        return NULL;
    if (strcmp(mode, "wb") != 0) {
        PyErr_SetString(PyExc_ValueError, "mode must be 'wb'");
        return NULL;
    }
    if (put_arguments_read(kwargs, &b.put) == 0)
        writer = upload_make(self, core_of(self)->s3_writer, &b);
    put_arguments_free(&b.put);
    return writer;
}

/* ---- polling ------------------------------------------------------------------- */

/* 1: done, 0: it goes on, -1 with what it failed by raised. */
static int poll_once(upload_object *self, long long timeout_ms)
{
    core *state = core_of((PyObject *)self);
    shub_s3_progress progress = SHUB_S3_PROGRESS_INIT;
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *far, *found = NULL;
    shub_status status;

    if (handle_begin(&self->base) < 0)
        return -1;
    Py_BEGIN_ALLOW_THREADS
    status = shub_s3_upload_poll(self->base.ptr, timeout_ms, &progress, &object, &err);
    Py_END_ALLOW_THREADS
    far = PyErr_Occurred() ? NULL : s3_progress_of(state, &progress);
    if (far && status == SHUB_OK)
        found = s3_object_of(state, &object);
    if (handle_end(&self->base, status == SHUB_E_AGAIN ? SHUB_OK : status, &err) < 0) {
        keep(&self->progress, far);
        Py_XDECREF(found);
        return -1;
    }
    keep(&self->progress, far);
    if (status == SHUB_OK)
        keep(&self->object, found);
    return status == SHUB_OK;
}

static PyObject *upload_poll(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"timeout_ms", NULL};
    long long timeout_ms = 0;
    int done;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|L:poll", names, &timeout_ms))
        return NULL;
    done = poll_once((upload_object *)object, timeout_ms);
    if (done < 0 || PyErr_CheckSignals() < 0)
        return NULL;
    return PyBool_FromLong(done);
}

static PyObject *upload_wait(PyObject *object, PyObject *unused)
{
    upload_object *self = (upload_object *)object;
    int done = 0;

    (void)unused;
    while (!done) {
        done = poll_once(self, SLICE_MS);
        if (done < 0 || PyErr_CheckSignals() < 0)
            return NULL;
    }
    return none_or(self->object);
}

static PyObject *upload_abort(PyObject *object, PyObject *unused)
{
    handle *self = (handle *)object;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    (void)unused;
    if (handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shub_s3_upload_abort(self->ptr, &err);
    Py_END_ALLOW_THREADS
    if (handle_end(self, status, &err) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* Closes it whatever is raised, which stays. */
static void close_after(PyObject *upload)
{
    PyObject *type, *value, *trace, *closed;

    PyErr_Fetch(&type, &value, &trace);
    closed = handle_close(upload, NULL);
    if (type)
        PyErr_Clear();
    Py_XDECREF(closed);
    if (type)
        PyErr_Restore(type, value, trace);
}

PyObject *s3_put_file(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *upload = begin_file(self, args, kwargs, "ssO&:put_file");
    PyObject *object = upload ? upload_wait(upload, NULL) : NULL;

    if (upload)
        close_after(upload);
    Py_XDECREF(upload);
    if (PyErr_Occurred())
        Py_CLEAR(object);
    return object;
}

static PyObject *upload_progress(PyObject *self, void *unused)
{
    (void)unused;
    return none_or(((upload_object *)self)->progress);
}

static PyObject *upload_result(PyObject *self, void *unused)
{
    (void)unused;
    return none_or(((upload_object *)self)->object);
}

/* ---- writing ------------------------------------------------------------------- */

static PyObject *writer_write(PyObject *object, PyObject *bytes)
{
    handle *self = (handle *)object;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *count = NULL;
    shub_status status;
    Py_buffer view;

    if (PyObject_GetBuffer(bytes, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    if (handle_begin(self) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status =
            shub_s3_upload_write(self->ptr, shub_bytes(view.buf, (size_t)view.len), &err);
        Py_END_ALLOW_THREADS
        if (handle_end(self, status, &err) == 0)
            count = PyLong_FromSsize_t(view.len);
    }
    PyBuffer_Release(&view);
    return count;
}

static int finish(upload_object *self)
{
    handle *base = &self->base;
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *found = NULL;
    shub_status status;

    if (handle_begin(base) < 0)
        return -1;
    Py_BEGIN_ALLOW_THREADS
    status = shub_s3_upload_finish(base->ptr, &object, &err);
    Py_END_ALLOW_THREADS
    if (status == SHUB_OK && !PyErr_Occurred())
        found = s3_object_of(core_of((PyObject *)self), &object);
    if (handle_end(base, status, &err) < 0)
        Py_CLEAR(found);
    keep(&self->object, found);
    return found ? 0 : -1;
}

static PyObject *writer_close(PyObject *object, PyObject *unused)
{
    upload_object *self = (upload_object *)object;

    (void)unused;
    if (!self->base.ptr)
        Py_RETURN_NONE;
    if (self->base.guard->busy)
        return handle_close(object, NULL); /* says so */
    (void)finish(self);
    close_after(object);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *writer_abort(PyObject *object, PyObject *unused)
{
    handle *self = (handle *)object;

    (void)unused;
    if (!self->ptr)
        Py_RETURN_NONE;
    if (self->guard->busy)
        return handle_close(object, NULL);
    Py_XDECREF(upload_abort(object, NULL));
    close_after(object);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* After an exception nothing is to appear under the key; it is what is raised on. */
static PyObject *writer_exit(PyObject *self, PyObject *args)
{
    PyObject *kind = Py_None, *value, *trace, *done;

    if (!PyArg_ParseTuple(args, "OOO:__exit__", &kind, &value, &trace))
        return NULL;
    if (kind == Py_None)
        return writer_close(self, NULL);
    done = writer_abort(self, NULL);
    if (!done)
        PyErr_Clear();
    Py_XDECREF(done);
    Py_RETURN_NONE;
}

static PyObject *yes(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    Py_RETURN_TRUE;
}

static PyObject *no(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    Py_RETURN_FALSE;
}

static PyObject *nothing(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    Py_RETURN_NONE;
}

/* ---- the types ----------------------------------------------------------------- */

#define UPLOAD_SLOTS                                                                     \
    {Py_tp_dealloc, upload_dealloc}, {Py_tp_traverse, handle_traverse},                  \
    {                                                                                    \
        Py_tp_clear, handle_clear                                                        \
    }

static PyMethodDef upload_methods[] = {
    HANDLE_METHODS(
        "close($self, /)\n--\n\n"
        "Ends it: with a journal one that is not done can go on later, else what "
        "was sent is removed."),
    {"poll", FAST(upload_poll), METH_VARARGS | METH_KEYWORDS,
     "poll($self, /, timeout_ms=0)\n--\n\n"
     "Works on all uploads of the S3, waiting up to `timeout_ms` for something to "
     "happen. "
     "Whether this one is done; raises what it failed by."},
    {"wait", upload_wait, METH_NOARGS,
     "wait($self, /)\n--\n\nWaits until it is done: an S3Object."},
    {"abort", upload_abort, METH_NOARGS,
     "abort($self, /)\n--\n\nGives up and removes at the store what was sent."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef upload_getset[] = {
    {"closed", handle_closed, NULL, "Whether it was closed.", NULL},
    {"progress", upload_progress, NULL, "S3Progress, as of the last poll().", NULL},
    {"object", upload_result, NULL, "S3Object when it is done, else None.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot upload_slots[] = {
    UPLOAD_SLOTS,
    {Py_tp_methods, upload_methods},
    {Py_tp_getset, upload_getset},
    {Py_tp_doc, "A file on its way to a store: S3.upload_file()."},
    {0, NULL},
};

static PyType_Spec upload_spec = {
    .name = "sensorhub.S3Upload",
    .basicsize = sizeof(upload_object),
    .flags = HIDDEN_FLAGS | Py_TPFLAGS_HAVE_GC,
    .slots = upload_slots,
};

static PyMethodDef writer_methods[] = {
    {"write", writer_write, METH_O,
     "write($self, bytes, /)\n--\n\n"
     "Adds bytes; full parts are sent meanwhile. Their number."},
    {"close", writer_close, METH_NOARGS,
     "close($self, /)\n--\n\nWaits until the object is there."},
    {"abort", writer_abort, METH_NOARGS,
     "abort($self, /)\n--\n\nGives up: nothing appears under the key."},
    {"flush", nothing, METH_NOARGS, "flush($self, /)\n--\n\nDoes nothing."},
    {"readable", no, METH_NOARGS, "readable($self, /)\n--\n\nFalse."},
    {"seekable", no, METH_NOARGS, "seekable($self, /)\n--\n\nFalse."},
    {"writable", yes, METH_NOARGS, "writable($self, /)\n--\n\nTrue."},
    {"__enter__", handle_enter, METH_NOARGS, NULL},
    {"__exit__", writer_exit, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef writer_getset[] = {
    {"closed", handle_closed, NULL, "Whether it was closed.", NULL},
    {"object", upload_result, NULL, "S3Object after close(), else None.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot writer_slots[] = {
    UPLOAD_SLOTS,
    {Py_tp_methods, writer_methods},
    {Py_tp_getset, writer_getset},
    {Py_tp_doc, "A stream to a store, as a file open for writing: S3.open(). Left by an "
                "exception, or forgotten, it is aborted."},
    {0, NULL},
};

static PyType_Spec writer_spec = {
    .name = "sensorhub.S3Writer",
    .basicsize = sizeof(upload_object),
    .flags = HIDDEN_FLAGS | Py_TPFLAGS_HAVE_GC,
    .slots = writer_slots,
};

int s3_uploads_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_type(module, &upload_spec, 1, &state->s3_upload) < 0)
        return -1;
    return core_add_type(module, &writer_spec, 1, &state->s3_writer);
}
