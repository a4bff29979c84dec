/* sensorhub.Ship: sealed files to where they are kept, and the check that they are there.
 */
#include "s3.h"

typedef struct ship_object {
    handle base;
    s3_keys keys;
    shub_verify *verify; /* the one under way; NULL: none */
    uint64_t verifies;   /* begun so far */
} ship_object;

static void end_verify(ship_object *self)
{
    shub_verify_close(self->verify);
    self->verify = NULL;
    self->verifies++;
}

static void ship_close(handle *base)
{
    shub_ship *ship = base->ptr;

    end_verify((ship_object *)base);
    Py_BEGIN_ALLOW_THREADS
    shub_ship_close(ship);
    Py_END_ALLOW_THREADS
}

/* ---- opening ------------------------------------------------------------------- */

typedef struct ship_arguments {
    PyObject *root;    /* bytes */
    PyObject *journal; /* bytes or NULL */
    PyObject *clock;
    PyObject *s3; /* a dict of ours, or NULL */
    shub_s3_options s3_opts;
    s3_arguments s3_more;
} ship_arguments;

static int s3_arguments_of(PyObject *s3, ship_arguments *more)
{
    if (!PyDict_Check(s3)) {
        PyErr_SetString(PyExc_TypeError, "s3 must be a dict of the options of S3()");
        return -1;
    }
    more->s3 = PyDict_Copy(s3);
    return more->s3 ? 0 : -1;
}

static int parse_arguments(PyObject *args, PyObject *kwargs, shub_ship_options *o,
                           ship_arguments *more)
{
    static char *names[] = {"root",    "dest", "prefix", "key", "host",
                            "journal", "keep", "clock",  "s3",  NULL};
    PyObject *s3 = NULL;
    int keep = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&s|$zzzO&pOO:Ship", names,
                                     PyUnicode_FSConverter, &more->root, &o->dest,
                                     &o->prefix, &o->key, &o->host, path_or_none,
                                     &more->journal, &keep, &more->clock, &s3))
        return -1;
    o->root = PyBytes_AsString(more->root);
    o->journal = more->journal ? PyBytes_AsString(more->journal) : NULL;
    o->keep = keep;
    return s3 && s3 != Py_None ? s3_arguments_of(s3, more) : 0;
}

/* The dictionary is copied: what it holds is borrowed while others may run. */
static int s3_read(core *state, shub_ship_options *o, ship_arguments *more)
{
    static const shub_s3_options init = SHUB_S3_OPTIONS_INIT;

    if (!more->s3)
        return 0;
    more->s3_opts = init;
    o->s3 = &more->s3_opts;
    if (s3_options_read(state, more->s3, &more->s3_opts, &more->s3_more) < 0)
        return -1;
    if (!more->s3_more.clock || more->s3_more.clock == Py_None)
        return 0;
    PyErr_SetString(PyExc_TypeError, "the clock is the Ship's, not its s3's");
    return -1;
}

static int ship_open(handle *self, const shub_ship_options *opts)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_ship *ship;
    shub_status status;

    Py_BEGIN_ALLOW_THREADS
    status = shub_ship_open(opts, &ship, &err);
    Py_END_ALLOW_THREADS
    self->ptr = ship;
    if (status != SHUB_OK)
        core_fail(core_of((PyObject *)self), status, &err);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *ship_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    shub_ship_options opts = SHUB_SHIP_OPTIONS_INIT;
    ship_arguments more;
    handle *self = NULL;

    memset(&more, 0, sizeof more);
    if (parse_arguments(args, kwargs, &opts, &more) == 0 &&
        s3_read(PyType_GetModuleState(type), &opts, &more) == 0)
        self = handle_new(type, ship_close);
    if (self && (handle_set_clock(self, more.clock, &opts.clock) < 0 ||
                 s3_keys_set(&((ship_object *)self)->keys, more.s3_more.credentials,
                             &more.s3_opts) < 0 ||
                 ship_open(self, &opts) < 0))
        Py_CLEAR(self);
    s3_arguments_free(&more.s3_more);
    Py_XDECREF(more.s3);
    Py_XDECREF(more.root);
    Py_XDECREF(more.journal);
    return (PyObject *)self;
}

/* ---- run ----------------------------------------------------------------------- */

static PyStructSequence_Field report_fields[] = {
    {"files", "confirmed by this run"},
    {"bytes", "in them"},
    {"found", "of them: were there already, whole"},
    {"renumbered", "of them: their key was taken by other content"},
    {"failed", "still here"},
    {"waiting", "sealed files still here"},
    {"waiting_bytes", "in them"},
    {"oldest_us", "the earliest of their hours; None: none waits"},
    {NULL, NULL},
};

static PyStructSequence_Desc report_desc = {"sensorhub.ShipReport", "What run() did.",
                                            report_fields, 8};

static PyObject *report_of(core *state, const shub_ship_report *r)
{
    return PyObject_CallFunction((PyObject *)state->ship_report, "((KKKKKKKN))", r->files,
                                 r->bytes, r->found, r->renumbered, r->failed, r->waiting,
                                 r->waiting_bytes, int_or_none(r->oldest_us, 0));
}

/* Of a run that failed in part the error carries the report. */
static PyObject *ship_run(PyObject *object, PyObject *unused)
{
    handle *self = (handle *)object;
    shub_ship_report r = SHUB_SHIP_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    PyObject *record = NULL;

    (void)unused;
    if (handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shub_ship_run(self->ptr, &r, &err);
    Py_END_ALLOW_THREADS
    if (!PyErr_Occurred())
        record = report_of(core_of(object), &r);
    if (handle_end(self, status, &err) == 0)
        return record;
    core_fail_attribute("report", record);
    return NULL;
}

/* ---- verify -------------------------------------------------------------------- */

typedef struct verify_object {
    PyObject_HEAD ship_object *ship;
    uint64_t number; /* of its verify among the shipper's */
} verify_object;

static PyStructSequence_Field row_fields[] = {
    {"stream", "whose hour it is"},
    {"where", "key at the destination, or path here"},
    {"detail", "one line; \"\" when complete"},
    {"hour_us", "begin of the hour"},
    {"bytes", "its size"},
    {"state",
     "\"complete\", \"pending\", \"open\", \"missing\", \"damaged\", \"doubled\", "
     "\"torn\""},
    {NULL, NULL},
};

static PyStructSequence_Desc row_desc = {
    "sensorhub.VerifyRow", "What Ship.verify() says about one object.", row_fields, 6};

static PyObject *row_make(core *state, const shub_verify_row *row)
{
    const char *name = shub_verify_state_name((shub_verify_state)row->state);

    return PyObject_CallFunction((PyObject *)state->verify_row, "((NNNLLs))",
                                 str_of(row->stream), path_of(row->where),
                                 str_of(row->detail), (long long)row->hour_us,
                                 (long long)row->bytes, name);
}

static int open_verify(ship_object *self, int deep)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (handle_begin(&self->base) < 0)
        return -1;
    end_verify(self);
    Py_BEGIN_ALLOW_THREADS
    status = shub_verify_open(self->base.ptr, deep, &self->verify, &err);
    Py_END_ALLOW_THREADS
    return handle_end(&self->base, status, &err);
}

static PyObject *ship_verify(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"deep", NULL};
    ship_object *self = (ship_object *)object;
    verify_object *verify;
    int deep = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|p:verify", names, &deep) ||
        open_verify(self, deep) < 0)
        return NULL;
    verify = (verify_object *)PyType_GenericAlloc(core_of(object)->verify, 0);
    if (!verify)
        return NULL;
    verify->ship = (ship_object *)Py_NewRef(object);
    verify->number = self->verifies;
    return (PyObject *)verify;
}

static PyObject *verify_next(PyObject *object)
{
    verify_object *self = (verify_object *)object;
    ship_object *ship = self->ship;
    shub_verify_row row = {.size = sizeof row};
    PyObject *record = NULL;
    int more;

    if (ship->verifies != self->number)
        return core_fail_text(core_of(object), SHUB_E_CLOSED,
                              "another verify() began, or the Ship is closed");
    if (handle_begin(&ship->base) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    more = shub_verify_next(ship->verify, &row);
    Py_END_ALLOW_THREADS
    if (more && !PyErr_Occurred())
        record = row_make(core_of(object), &row);
    if (handle_end(&ship->base, SHUB_OK, NULL) < 0)
        Py_CLEAR(record);
    return record;
}

static int verify_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT((PyObject *)((verify_object *)self)->ship);
    return 0;
}

static void verify_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF((PyObject *)((verify_object *)self)->ship);
    object_free(self);
}

/* ---- the types ----------------------------------------------------------------- */

static PyMethodDef ship_methods[] = {
    HANDLE_METHODS("close($self, /)\n--\n\nCloses the shipper; files that wait stay."),
    {"run", ship_run, METH_NOARGS,
     "run($self, /)\n--\n\n"
     "Ships every sealed file once, oldest hour first. One that fails does not stop the "
     "others."},
    {"verify", FAST(ship_verify), METH_VARARGS | METH_KEYWORDS,
     "verify($self, /, deep=False)\n--\n\n"
     "Compares hours here, the journal and the destination: iterates over VerifyRows. "
     "deep: "
     "reads every object there. One at a time."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef ship_getset[] = {
    {"closed", handle_closed, NULL, "Whether it was closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static const char ship_doc[] =
    "Ship(root, dest, *, prefix=None, key=None, host=None, journal=None, keep=False, "
    "clock=None, s3=None)\n--\n\n"
    "Brings the sealed files of the log below `root` to `dest`, \"file:///folder\" or "
    "\"s3://bucket/prefix\". s3: a dict of the options of S3().";

static int ship_traverse(PyObject *self, visitproc visit, void *arg)
{
    int status = handle_traverse(self, visit, arg);

    return status ? status : s3_keys_traverse(&((ship_object *)self)->keys, visit, arg);
}

static int ship_clear(PyObject *self)
{
    s3_keys_clear(&((ship_object *)self)->keys);
    return handle_clear(self);
}

static void ship_dealloc(PyObject *self)
{
    s3_keys keys = ((ship_object *)self)->keys;

    handle_dealloc(self);
    s3_keys_clear(&keys);
}

static PyType_Slot ship_slots[] = {
    {Py_tp_dealloc, ship_dealloc}, {Py_tp_traverse, ship_traverse},
    {Py_tp_clear, ship_clear},     {Py_tp_new, ship_new},
    {Py_tp_methods, ship_methods}, {Py_tp_getset, ship_getset},
    {Py_tp_doc, (void *)ship_doc}, {0, NULL},
};

static PyType_Spec ship_spec = {
    .name = "sensorhub.Ship",
    .basicsize = sizeof(ship_object),
    .flags = HANDLE_FLAGS,
    .slots = ship_slots,
};

static PyType_Slot verify_slots[] = {
    {Py_tp_dealloc, verify_dealloc},
    {Py_tp_traverse, verify_traverse},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, verify_next},
    {0, NULL},
};

static PyType_Spec verify_spec = {
    .name = "sensorhub._Verify",
    .basicsize = sizeof(verify_object),
    .flags = HIDDEN_FLAGS | Py_TPFLAGS_HAVE_GC,
    .slots = verify_slots,
};

int ship_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_type(module, &ship_spec, 1, &state->ship) < 0 ||
        core_add_type(module, &verify_spec, 0, &state->verify) < 0 ||
        core_add_record(module, &report_desc, &state->ship_report) < 0)
        return -1;
    return core_add_record(module, &row_desc, &state->verify_row);
}
