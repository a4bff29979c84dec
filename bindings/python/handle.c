/* Objects that own a handle of the library: open, busy, closed, forgotten. */
#include "core.h"

handle *handle_new(PyTypeObject *type, void (*close)(handle *))
{
    handle *self = (handle *)PyType_GenericAlloc(type, 0);

    if (!self)
        return NULL;
    self->close = close;
    self->guard = self;
    return self;
}

/* ---- one user at a time -------------------------------------------------------- */

/* Raises with the name of the object's type in front: "Log is closed". -1 always. */
static int fail(handle *self, shub_status status, const char *why)
{
    PyObject *name = PyType_GetName(Py_TYPE((PyObject *)self));
    const char *text = name ? PyUnicode_AsUTF8AndSize(name, NULL) : NULL;

    if (text)
        core_fail_text(core_of((PyObject *)self), status, "%s %s", text, why);
    Py_XDECREF(name);
    return -1;
}

static int fail_busy(handle *self)
{
    return fail(self, SHUB_E_BUSY,
                "is in use by another thread or a call around this one");
}

/* Keeps the clients of a loop alive while the loop runs: a client that is forgotten by
 * another thread meanwhile must not be closed under it. */
static int pin(handle *guard, PyObject *pins)
{
    for (handle *client = guard->first; client; client = client->next)
        if (PyList_Append(pins, (PyObject *)client) < 0)
            return -1;
    guard->pins = Py_NewRef(pins);
    return 0;
}

/* `pins`: a list when there are clients to keep. */
static int begin(handle *self, PyObject *pins)
{
    if (!self->ptr)
        return fail(self, SHUB_E_CLOSED, "is closed");
    if (self->guard->busy)
        return fail_busy(self);
    if (pins && pin(self->guard, pins) < 0)
        return -1;
    self->guard->busy = 1;
    return 0;
}

int handle_begin(handle *self)
{
    PyObject *pins;
    int result;

    if (!self->guard->first)
        return begin(self, NULL);
    /* Before anything is looked at: making a list may collect garbage, whose finalizers
     * may close what they like. */
    pins = PyList_New(0);
    result = pins ? begin(self, pins) : -1;
    Py_XDECREF(pins);
    return result;
}

int handle_end(handle *self, shub_status status, const shub_error *err)
{
    PyObject *pins = self->guard->pins;

    self->guard->pins = NULL;
    self->guard->busy = 0;
    if (status != SHUB_OK)
        core_fail(core_of((PyObject *)self), status, err);
    Py_XDECREF(pins);
    return PyErr_Occurred() ? -1 : 0;
}

/* ---- the clock ----------------------------------------------------------------- */

static void ask_clock(handle *self)
{
    PyObject *callable = Py_NewRef(self->clock);
    PyObject *now = PyObject_CallNoArgs(callable);
    long long now_us = now ? PyLong_AsLongLong(now) : -1;

    if (!PyErr_Occurred())
        self->clock_last = now_us;
    Py_XDECREF(now);
    Py_DECREF(callable);
}

/* Called in the thread that uses the handle, with or without the GIL. An exception stays
 * pending in that thread until handle_end; until then time stands still. */
static int64_t clock_now_us(void *user)
{
    handle *self = user;
    PyGILState_STATE gil = PyGILState_Ensure();
    int64_t now_us;

    if (self->clock && !PyErr_Occurred())
        ask_clock(self);
    now_us = self->clock_last;
    PyGILState_Release(gil);
    return now_us;
}

int handle_set_clock(handle *self, PyObject *callable, shub_clock *clock)
{
    if (!callable || callable == Py_None)
        return 0;
    self->clock = Py_NewRef(callable);
    ask_clock(self);
    clock->now_us = clock_now_us;
    clock->user = self;
    return PyErr_Occurred() ? -1 : 0;
}

/* ---- closing ------------------------------------------------------------------- */

static void leave_loop(handle *self)
{
    if (self->guard == self)
        return;
    if (self->previous)
        self->previous->next = self->next;
    else
        self->guard->first = self->next;
    if (self->next)
        self->next->previous = self->previous;
    self->next = self->previous = NULL;
}

static void close_now(handle *self)
{
    handle *guard = self->guard;

    guard->busy = 1;
    leave_loop(self);
    self->close(self);
    self->ptr = NULL;
    guard->busy = 0;
}

PyObject *handle_close(PyObject *object, PyObject *unused)
{
    handle *self = (handle *)object;

    (void)unused;
    if (!self->ptr)
        Py_RETURN_NONE;
    if (self->guard->busy)
        fail_busy(self);
    else if (self->first)
        fail(self, SHUB_E_BUSY, "has open clients: close them first");
    else
        close_now(self);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

PyObject *handle_enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    return Py_NewRef(self);
}

PyObject *handle_exit(PyObject *self, PyObject *args)
{
    (void)args;
    return handle_close(self, NULL);
}

PyObject *handle_closed(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(!((handle *)self)->ptr);
}

void object_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

    release(self);
    Py_DECREF(type);
}

int handle_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((handle *)self)->clock);
    return 0;
}

/* The library may still ask for the time: it then gets the last answer. */
int handle_clear(PyObject *self)
{
    Py_CLEAR(((handle *)self)->clock);
    return 0;
}

void handle_dealloc(PyObject *object)
{
    handle *self = (handle *)object;
    PyObject *type;
    PyObject *value;
    PyObject *trace;

    PyErr_Fetch(&type, &value, &trace);
    PyObject_GC_UnTrack(object);
    if (self->ptr)
        close_now(self);
    if (PyErr_Occurred())
        PyErr_WriteUnraisable(NULL);
    PyErr_Restore(type, value, trace);
    if (self->guard != self)
        Py_DECREF(self->guard);
    Py_XDECREF(self->clock);
    object_free(object);
}
