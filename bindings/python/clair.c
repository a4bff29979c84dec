/* The Clair platform: ids of nodes, bodies, fixtures. */
#include "core.h"

#define BATCH(object) ((handle *)(object))

static PyObject *clair_node(PyObject *module, PyObject *args)
{
    char node[SHUB_CLAIR_NODE_MAX];
    const char *protocol, *dev_eui;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (!PyArg_ParseTuple(args, "ss:clair_node", &protocol, &dev_eui))
        return NULL;
    status = shub_clair_node(shub_str(protocol), shub_str(dev_eui), node, &err);
    if (status != SHUB_OK)
        return core_fail(PyModule_GetState(module), status, &err);
    return PyUnicode_FromString(node);
}

/* ---- bodies -------------------------------------------------------------------- */

/* The next sample's body, NULL and SHUB_OK at the end; a sample that is refused leaves
 * the walk behind it. */
static PyObject *next_body(const shub_batch *batch, shub_group *at, shub_slice protocol,
                           shub_status *status, shub_error *err)
{
    shub_clair_sample sample = SHUB_CLAIR_SAMPLE_INIT;
    char body[SHUB_CLAIR_BODY_MAX] = "";
    size_t len = 0;

    *status = shub_clair_next(batch, at, protocol, &sample, err);
    if (*status == SHUB_OK)
        *status = shub_clair_body(&sample, body, sizeof body, &len, err);
    else if (*status == SHUB_E_NOT_FOUND)
        *status = SHUB_OK;
    else
        return NULL;
    if (*status != SHUB_OK || !sample.node[0])
        return NULL;
    return PyBytes_FromStringAndSize(body, (Py_ssize_t)len);
}

typedef struct bodies {
    PyObject *list;
    size_t refused;
    shub_status first;
    shub_error err; /* of the first */
} bodies;

static int make_bodies(const shub_batch *batch, shub_slice protocol, bodies *b)
{
    shub_group at = {0, 0, {NULL, 0}, 0};

    for (;;) {
        shub_error err = SHUB_ERROR_INIT;
        shub_status status;
        PyObject *body = next_body(batch, &at, protocol, &status, &err);
        int failed = body && PyList_Append(b->list, body) < 0;

        if (status != SHUB_OK && !b->refused++) {
            b->first = status;
            b->err = err;
        }
        if (failed || PyErr_Occurred()) {
            Py_XDECREF(body);
            return -1;
        }
        if (!body && status == SHUB_OK)
            return 0;
        Py_XDECREF(body);
    }
}

static PyObject *clair_bodies(PyObject *module, PyObject *args)
{
    core *state = PyModule_GetState(module);
    bodies b = {NULL, 0, SHUB_OK, SHUB_ERROR_INIT};
    const char *protocol = "";
    PyObject *batch;
    int result;

    if (!PyArg_ParseTuple(args, "O!|s:clair_bodies", state->batch, &batch, &protocol) ||
        handle_begin(BATCH(batch)) < 0)
        return NULL;
    b.list = PyList_New(0);
    result = b.list ? make_bodies(batch_ptr(batch), shub_str(protocol), &b) : -1;
    if (handle_end(BATCH(batch), SHUB_OK, NULL) == 0 && result == 0 && !b.refused)
        return b.list;
    if (result == 0 && b.refused) {
        core_fail(state, b.first, &b.err);
        core_fail_attribute("refused", PyLong_FromSize_t(b.refused));
        core_fail_attribute("bodies", Py_NewRef(b.list));
    }
    Py_XDECREF(b.list);
    return NULL;
}

/* ---- documents that are read --------------------------------------------------- */

typedef shub_status read_document(shub_batch *batch, shub_slice text, void *user,
                                  size_t *refused, shub_error *err);

/* Rows appended, as an int; or NULL, and what was right is in the batch. */
static PyObject *add_document(PyObject *object, const Py_buffer *text,
                              read_document *read, void *user)
{
    shub_batch *batch;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t refused = 0, before;

    if (handle_begin(BATCH(object)) < 0)
        return NULL;
    batch = batch_ptr(object);
    before = shub_batch_count(batch);
    Py_BEGIN_ALLOW_THREADS
    status = read(batch, shub_bytes(text->buf, (size_t)text->len), user, &refused, &err);
    Py_END_ALLOW_THREADS
    before = shub_batch_count(batch) - before;
    if (handle_end(BATCH(object), status, &err) == 0)
        return PyLong_FromSize_t(before);
    core_fail_attribute("refused", PyLong_FromSize_t(refused));
    return NULL;
}

static shub_status read_body(shub_batch *batch, shub_slice text, void *user,
                             size_t *refused, shub_error *err)
{
    (void)user;
    return shub_clair_add_body(batch, text, refused, err);
}

static PyObject *clair_add_body(PyObject *module, PyObject *args)
{
    core *state = PyModule_GetState(module);
    PyObject *batch, *added;
    Py_buffer text;

    if (!PyArg_ParseTuple(args, "O!s*:clair_add_body", state->batch, &batch, &text))
        return NULL;
    added = add_document(batch, &text, read_body, NULL);
    PyBuffer_Release(&text);
    return added;
}

static shub_status read_fixtures(shub_batch *batch, shub_slice text, void *user,
                                 size_t *refused, shub_error *err)
{
    (void)user;
    return shub_clair_add_fixtures(batch, text, refused, err);
}

static PyObject *clair_add_fixtures(PyObject *module, PyObject *args)
{
    core *state = PyModule_GetState(module);
    PyObject *batch, *added;
    Py_buffer text;

    if (!PyArg_ParseTuple(args, "O!s*:clair_add_fixtures", state->batch, &batch, &text))
        return NULL;
    added = add_document(batch, &text, read_fixtures, NULL);
    PyBuffer_Release(&text);
    return added;
}

typedef struct devices {
    shub_clair_device *list;
    size_t count;
} devices;

static shub_status read_mongo(shub_batch *batch, shub_slice text, void *user,
                              size_t *refused, shub_error *err)
{
    const devices *d = user;

    return shub_clair_add_mongo(batch, text, d->list, d->count, refused, err);
}

static int device_of(PyObject *pair, shub_clair_device *device)
{
    if (!PyTuple_Check(pair) || PyTuple_Size(pair) != 2) {
        PyErr_SetString(PyExc_TypeError, "a device is a tuple (protocol, dev_eui)");
        return -1;
    }
    if (slice_of(PyTuple_GetItem(pair, 0), "protocol", &device->protocol) < 0)
        return -1;
    return slice_of(PyTuple_GetItem(pair, 1), "dev_eui", &device->dev_eui);
}

/* `tuple` is one. Lifetime: the list borrows from its items; PyMem_Free it. */
static int devices_of(PyObject *tuple, devices *d)
{
    d->count = (size_t)PyTuple_Size(tuple);
    d->list = PyMem_Calloc(d->count + 1, sizeof *d->list);
    if (!d->list) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < d->count; i++)
        if (device_of(PyTuple_GetItem(tuple, (Py_ssize_t)i), &d->list[i]) < 0)
            return -1;
    return 0;
}

static PyObject *clair_add_mongo(PyObject *module, PyObject *args)
{
    core *state = PyModule_GetState(module);
    PyObject *batch, *given = NULL, *tuple, *added = NULL;
    devices d = {NULL, 0};
    Py_buffer text;

    if (!PyArg_ParseTuple(args, "O!s*|O:clair_add_mongo", state->batch, &batch, &text,
                          &given))
        return NULL;
    tuple = given ? PySequence_Tuple(given) : PyTuple_New(0);
    if (tuple && devices_of(tuple, &d) == 0)
        added = add_document(batch, &text, read_mongo, &d);
    PyMem_Free(d.list);
    Py_XDECREF(tuple);
    PyBuffer_Release(&text);
    return added;
}

/* ---- fixtures that are made ---------------------------------------------------- */

static PyStructSequence_Field report_fields[] = {
    {"added", "new samples: what is written"},
    {"known", "of those to add were in a dump"},
    {"doubled", "of those to add were there before"},
    {"refused", "by add()"},
    {NULL, NULL},
};

static PyStructSequence_Desc report_desc = {
    "sensorhub.ClairReport", "Counts of ClairFixtures since they were made.",
    report_fields, 4};

static void fixtures_close(handle *self)
{
    shub_clair_fixtures_free(self->ptr);
}

static PyObject *fixtures_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {NULL};
    shub_clair_fixtures *fixtures;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    handle *self;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":ClairFixtures", names))
        return NULL;
    self = handle_new(type, fixtures_close);
    if (!self)
        return NULL;
    status = shub_clair_fixtures_new(&fixtures, &err);
    self->ptr = fixtures;
    if (status == SHUB_OK)
        return (PyObject *)self;
    core_fail(core_of((PyObject *)self), status, &err);
    Py_DECREF(self);
    return NULL;
}

static PyObject *fixtures_known(PyObject *object, PyObject *args)
{
    handle *self = (handle *)object;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    Py_buffer text;
    int result = -1;

    if (!PyArg_ParseTuple(args, "s*:known", &text))
        return NULL;
    if (handle_begin(self) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = shub_clair_fixtures_known(self->ptr,
                                           shub_bytes(text.buf, (size_t)text.len), &err);
        Py_END_ALLOW_THREADS
        result = handle_end(self, status, &err);
    }
    PyBuffer_Release(&text);
    return result == 0 ? Py_NewRef(Py_None) : NULL;
}

static PyObject *fixtures_add(PyObject *object, PyObject *args)
{
    handle *self = (handle *)object;
    shub_error err = SHUB_ERROR_INIT;
    const char *protocol = "";
    PyObject *batch;
    shub_status status;

    if (!PyArg_ParseTuple(args, "O!|s:add", core_of(object)->batch, &batch, &protocol) ||
        handle_begin(self) < 0)
        return NULL;
    if (handle_begin(BATCH(batch)) < 0) {
        (void)handle_end(self, SHUB_OK, NULL);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    status =
        shub_clair_fixtures_add(self->ptr, batch_ptr(batch), shub_str(protocol), &err);
    Py_END_ALLOW_THREADS(void)
    handle_end(BATCH(batch), SHUB_OK, NULL);
    if (handle_end(self, status, &err) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *fixtures_to_json(PyObject *object, PyObject *unused)
{
    handle *self = (handle *)object;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *bytes = NULL;
    shub_status status;
    shub_slice text;

    (void)unused;
    if (handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shub_clair_fixtures_write(self->ptr, &text, &err);
    Py_END_ALLOW_THREADS
    if (status == SHUB_OK)
        bytes = PyBytes_FromStringAndSize(text.ptr, (Py_ssize_t)text.len);
    if (handle_end(self, status, &err) < 0)
        Py_CLEAR(bytes);
    return bytes;
}

static PyObject *fixtures_report(PyObject *object, PyObject *unused)
{
    handle *self = (handle *)object;
    shub_clair_report r = SHUB_CLAIR_REPORT_INIT;

    (void)unused;
    if (handle_begin(self) < 0)
        return NULL;
    shub_clair_fixtures_report(self->ptr, &r);
    if (handle_end(self, SHUB_OK, NULL) < 0)
        return NULL;
    return PyObject_CallFunction((PyObject *)core_of(object)->clair_report, "((KKKK))",
                                 r.added, r.known, r.doubled, r.refused);
}

static PyMethodDef fixtures_methods[] = {
    HANDLE_METHODS("close($self, /)\n--\n\nForgets them all."),
    {"known", fixtures_known, METH_VARARGS,
     "known($self, dump, /)\n--\n\n"
     "Notes which samples the database has: fixtures, or CSV with the columns node_id "
     "and "
     "timestamp_s. They are not written."},
    {"add", fixtures_add, METH_VARARGS,
     "add($self, batch, protocol='', /)\n--\n\n"
     "Adds the samples of a batch, each node and second once; `protocol` is of devices "
     "that are EUIs. When some are refused, the others are added and the first error is "
     "raised."},
    {"to_json", fixtures_to_json, METH_NOARGS,
     "to_json($self, /)\n--\n\nThe new samples in order of time, for Django's loaddata."},
    {"report", fixtures_report, METH_NOARGS,
     "report($self, /)\n--\n\nA ClairReport: how many were added, known, doubled, "
     "refused."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef fixtures_getset[] = {
    {"closed", handle_closed, NULL, "Whether close() was called.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot fixtures_slots[] = {
    HANDLE_SLOTS,
    {Py_tp_new, fixtures_new},
    {Py_tp_methods, fixtures_methods},
    {Py_tp_getset, fixtures_getset},
    {Py_tp_doc, "ClairFixtures()\n--\n\n"
                "Samples for Django's loaddata, without those that the database has."},
    {0, NULL},
};

static PyType_Spec fixtures_spec = {
    .name = "sensorhub.ClairFixtures",
    .basicsize = sizeof(handle),
    .flags = HANDLE_FLAGS,
    .slots = fixtures_slots,
};

/* ---- the module's part --------------------------------------------------------- */

static PyMethodDef functions[] = {
    {"clair_node", clair_node, METH_VARARGS,
     "clair_node(protocol, dev_eui, /)\n--\n\n"
     "The id of a node: protocol \"clairchen\", \"ers\" or \"oy1012\", EUI of 16 "
     "hexadecimal digits."},
    {"clair_bodies", clair_bodies, METH_VARARGS,
     "clair_bodies(batch, protocol='', /)\n--\n\n"
     "A JSON:API body for each sample of a batch, a list of bytes. When some are "
     "refused, "
     "the first error is raised, its `bodies` are the others."},
    {"clair_add_body", clair_add_body, METH_VARARGS,
     "clair_add_body(batch, body, /)\n--\n\n"
     "Appends the samples of a JSON:API body and returns the number of rows; good ones "
     "also when others were not, the first one's error is raised."},
    {"clair_add_fixtures", clair_add_fixtures, METH_VARARGS,
     "clair_add_fixtures(batch, text, /)\n--\n\nThe same of Django's fixtures."},
    {"clair_add_mongo", clair_add_mongo, METH_VARARGS,
     "clair_add_mongo(batch, text, devices=(), /)\n--\n\n"
     "The same of a MongoDB export; `devices` are tuples (protocol, dev_eui) whose older "
     "ids get those of today."},
    {NULL, NULL, 0, NULL},
};

int clair_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_type(module, &fixtures_spec, 1, &state->clair_fixtures) < 0 ||
        core_add_record(module, &report_desc, &state->clair_report) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
