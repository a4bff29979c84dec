/* sensorhub.Loop: what an event loop of the program's own watches. */
#include "core.h"

static void loop_close(handle *self)
{
    shub_loop *loop = self->ptr;

    Py_BEGIN_ALLOW_THREADS
    shub_loop_close(loop);
    Py_END_ALLOW_THREADS
}

PyObject *loop_or_new(core *state, PyObject *loop)
{
    if (!loop || loop == Py_None)
        return PyObject_CallNoArgs((PyObject *)state->loop);
    if (Py_TYPE(loop) == state->loop)
        return Py_NewRef(loop);
    PyErr_SetString(PyExc_TypeError, "loop must be a Loop or None");
    return NULL;
}

void loop_join(handle *client)
{
    handle *loop = client->guard;

    client->next = loop->first;
    if (client->next)
        client->next->previous = client;
    loop->first = client;
}

static PyObject *loop_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {NULL};
    shub_error err = SHUB_ERROR_INIT;
    shub_loop *loop;
    shub_status status;
    handle *self;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":Loop", names))
        return NULL;
    self = handle_new(type, loop_close);
    if (!self)
        return NULL;
    status = shub_loop_open(&loop, &err);
    self->ptr = loop;
    if (status != SHUB_OK) {
        core_fail(core_of((PyObject *)self), status, &err);
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static PyObject *loop_fileno(PyObject *object, PyObject *unused)
{
    handle *self = (handle *)object;
    int fd;

    (void)unused;
    if (handle_begin(self) < 0)
        return NULL;
    fd = shub_loop_fd(self->ptr);
    return handle_end(self, SHUB_OK, NULL) < 0 ? NULL : PyLong_FromLong(fd);
}

static PyObject *loop_timeout_ms(PyObject *object, PyObject *unused)
{
    handle *self = (handle *)object;
    int64_t timeout_ms;

    (void)unused;
    if (handle_begin(self) < 0)
        return NULL;
    timeout_ms = shub_loop_timeout_ms(self->ptr);
    return handle_end(self, SHUB_OK, NULL) < 0 ? NULL
                                               : int_or_none(timeout_ms, SHUB_NONE);
}

static PyObject *loop_run_once(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"timeout_ms", NULL};
    handle *self = (handle *)object;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *timeout = NULL;
    long long timeout_ms = 0;
    shub_status status;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:run_once", names, &timeout))
        return NULL;
    if (timeout)
        timeout_ms = timeout == Py_None ? SHUB_NONE : PyLong_AsLongLong(timeout);
    if (PyErr_Occurred() || handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shub_loop_run_once(self->ptr, timeout_ms, &err);
    Py_END_ALLOW_THREADS
    if (handle_end(self, status, &err) < 0 || PyErr_CheckSignals() < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef loop_methods[] = {
    HANDLE_METHODS("close($self, /)\n--\n\n"
                   "Closes the loop; its clients must be closed before."),
    {"fileno", loop_fileno, METH_NOARGS,
     "fileno($self, /)\n--\n\n"
     "A descriptor that is readable when run_once() has work: for select, or asyncio's "
     "add_reader."},
    {"timeout_ms", loop_timeout_ms, METH_NOARGS,
     "timeout_ms($self, /)\n--\n\n"
     "Milliseconds until run_once() has work even if the descriptor stays quiet; None: "
     "never."},
    {"run_once", FAST(loop_run_once), METH_VARARGS | METH_KEYWORDS,
     "run_once($self, /, timeout_ms=0)\n--\n\n"
     "Does the work there is, waiting up to `timeout_ms` for some; None: until there is "
     "some."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef loop_getset[] = {
    {"closed", handle_closed, NULL, "Whether it was closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static const char loop_doc[] =
    "Loop()\n--\n\nMoves the bytes of the clients opened on it.";

static PyType_Slot loop_slots[] = {
    HANDLE_SLOTS,
    {Py_tp_new, loop_new},
    {Py_tp_methods, loop_methods},
    {Py_tp_getset, loop_getset},
    {Py_tp_doc, (void *)loop_doc},
    {0, NULL},
};

static PyType_Spec loop_spec = {
    .name = "sensorhub.Loop",
    .basicsize = sizeof(handle),
    .flags = HANDLE_FLAGS,
    .slots = loop_slots,
};

int loop_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    return core_add_type(module, &loop_spec, 1, &state->loop);
}
