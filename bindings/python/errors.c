/* One table says which status becomes which exception. */
#include "core.h"

typedef struct error_row {
    const char *name;
    shub_class klass;   /* every status of the class, */
    shub_status status; /* or, unless SHUB_OK, this one */
    const char *parent;
    PyObject **builtin; /* what Python's own code catches it as */
    const char *doc;
} error_row;

/* Parents first. SHUB_E_NOMEM is Python's MemoryError. */
static const error_row rows[] = {
    {"UsageError", SHUB_CLASS_USAGE, SHUB_OK, "Error", NULL,
     "The call itself is wrong: fix the program."},
    {"InvalidArgument", SHUB_CLASS_USAGE, SHUB_E_INVALID, "UsageError", &PyExc_ValueError,
     "An argument is not allowed."},
    {"Closed", SHUB_CLASS_USAGE, SHUB_E_CLOSED, "UsageError", NULL,
     "The object was closed."},
    {"Forked", SHUB_CLASS_USAGE, SHUB_E_FORKED, "UsageError", NULL,
     "The object was opened before fork()."},
    {"NotFound", SHUB_CLASS_USAGE, SHUB_E_NOT_FOUND, "UsageError", &PyExc_LookupError,
     "There is no such thing."},
    {"InputError", SHUB_CLASS_INPUT, SHUB_OK, "Error", &PyExc_ValueError,
     "Bytes from outside are wrong: keep them aside, go on."},
    {"ResourceError", SHUB_CLASS_RESOURCE, SHUB_OK, "Error", NULL,
     "Disk or a limit: make room, try again."},
    {"IOFailure", SHUB_CLASS_SYSTEM, SHUB_OK, "Error", &PyExc_OSError,
     "The operating system refused."},
    {"NetworkError", SHUB_CLASS_NETWORK, SHUB_OK, "Error", &PyExc_ConnectionError,
     "No answer came: try again later."},
    {"Timeout", SHUB_CLASS_NETWORK, SHUB_E_TIMEOUT, "NetworkError", &PyExc_TimeoutError,
     "No answer in time."},
    {"RemoteError", SHUB_CLASS_REMOTE, SHUB_OK, "Error", NULL,
     "An answer came and says no."},
    {"PreconditionFailed", SHUB_CLASS_REMOTE, SHUB_E_PRECONDITION, "RemoteError", NULL,
     "There is an object already, or another than if_match says."},
    {"Conflict", SHUB_CLASS_REMOTE, SHUB_E_CONFLICT, "RemoteError", NULL,
     "Another changes the same object."},
    {"ChecksumMismatch", SHUB_CLASS_REMOTE, SHUB_E_CHECKSUM, "RemoteError", NULL,
     "What arrived is not what was sent."},
    {"AccessDenied", SHUB_CLASS_REMOTE, SHUB_E_DENIED, "RemoteError",
     &PyExc_PermissionError, "The credentials do not allow it."},
    {"NotReady", SHUB_CLASS_WAIT, SHUB_OK, "Error", NULL, "Nothing is wrong: not now."},
    {"Busy", SHUB_CLASS_WAIT, SHUB_E_BUSY, "NotReady", NULL, "In use by another."},
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

static const char error_doc[] =
    "What went wrong in the library; str() is one line of English.\n\n"
    "code: the status, a number of the C headers; name: its name there;\n"
    "http_status: of the answer that caused it; pos: byte offset in the input;\n"
    "index: row, line or part, counted from 0; retry_after_us: the peer's wish.\n"
    "Each is None where it does not apply. report: of a run that failed in part, of\n"
    "S3.delete_many() the status of each key;\n"
    "refused: lines that Batch.add_jsonl passed over; batch: with what decode() read;\n"
    "bodies: of clair_bodies(), what could be written.";

static int add_class(PyObject *module, const char *name, const char *doc, PyObject *bases,
                     PyObject *dict, PyObject **out)
{
    PyObject *full = PyUnicode_FromFormat("sensorhub.%s", name);
    const char *text = full ? PyUnicode_AsUTF8AndSize(full, NULL) : NULL;
    PyObject *klass = text ? PyErr_NewExceptionWithDoc(text, doc, bases, dict) : NULL;

    Py_XDECREF(full);
    *out = klass;
    return klass ? PyModule_AddObjectRef(module, name, klass) : -1;
}

/* What an exception says where it does not apply. */
static PyObject *defaults_of_error(void)
{
    static const char *const absent[] = {
        "http_status", "pos", "index", "retry_after_us", "report", "batch", "bodies"};
    PyObject *dict = Py_BuildValue("{sisssi}", "code", 0, "name", "", "refused", 0);

    for (size_t i = 0; dict && i < sizeof absent / sizeof *absent; i++)
        if (PyDict_SetItemString(dict, absent[i], Py_None) < 0)
            Py_CLEAR(dict);
    return dict;
}

static int add_base(PyObject *module, core *state)
{
    PyObject *defaults = defaults_of_error();
    int status = -1;

    if (defaults)
        status = add_class(module, "Error", error_doc, NULL, defaults, &state->error);
    Py_XDECREF(defaults);
    return status;
}

/* A class of one status has its code and name, also when Python code raises it. */
static PyObject *constants_of(const error_row *row)
{
    if (row->status == SHUB_OK)
        return PyDict_New();
    return Py_BuildValue("{siss}", "code", row->status, "name",
                         shub_status_name(row->status));
}

static PyObject *bases_of(PyObject *parent, const error_row *row)
{
    return row->builtin ? PyTuple_Pack(2, parent, *row->builtin)
                        : PyTuple_Pack(1, parent);
}

static int add_row(PyObject *module, const error_row *row)
{
    PyObject *parent = PyObject_GetAttrString(module, row->parent);
    PyObject *bases = parent ? bases_of(parent, row) : NULL;
    PyObject *constants = bases ? constants_of(row) : NULL;
    PyObject *klass = NULL;
    int status = -1;

    if (constants)
        status = add_class(module, row->name, row->doc, bases, constants, &klass);
    Py_XDECREF(klass);
    Py_XDECREF(constants);
    Py_XDECREF(bases);
    Py_XDECREF(parent);
    return status;
}

static const char *class_name_of(shub_status status)
{
    const char *name = "Error";

    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].status == status)
            return rows[i].name;
        if (rows[i].status == SHUB_OK && rows[i].klass == shub_status_class(status))
            name = rows[i].name;
    }
    return name;
}

/* The constant E_INVALID of SHUB_E_INVALID, and its exception. */
static int add_status(PyObject *module, core *state, shub_status status)
{
    PyObject *code = PyLong_FromLong(status);
    PyObject *klass;
    int result = -1;

    if (status == SHUB_E_NOMEM)
        klass = Py_NewRef(PyExc_MemoryError);
    else
        klass = PyObject_GetAttrString(module, class_name_of(status));
    if (code && klass && PyDict_SetItem(state->errors, code, klass) == 0)
        result = PyModule_AddObjectRef(module, shub_status_name(status) + strlen("SHUB_"),
                                       code);
    Py_XDECREF(klass);
    Py_XDECREF(code);
    return result;
}

int errors_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    state->errors = PyDict_New();
    if (!state->errors || add_base(module, state) < 0)
        return -1;
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (add_row(module, &rows[i]) < 0)
            return -1;
    for (size_t i = 1; shub_status_at(i) != SHUB_STATUS_LAST_; i++)
        if (add_status(module, state, shub_status_at(i)) < 0)
            return -1;
    return PyModule_AddObjectRef(module, "ERRORS", state->errors);
}

/* ---- raising ------------------------------------------------------------------- */

/* Takes `value`. */
static int set(PyObject *object, const char *name, PyObject *value)
{
    int status = value ? PyObject_SetAttrString(object, name, value) : -1;

    Py_XDECREF(value);
    return status;
}

static int describe(PyObject *exception, shub_status status, const shub_error *err)
{
    if (set(exception, "code", PyLong_FromLong(status)) < 0 ||
        set(exception, "name", PyUnicode_FromString(shub_status_name(status))) < 0)
        return -1;
    if (err->http_status != 0 &&
        set(exception, "http_status", PyLong_FromLong(err->http_status)) < 0)
        return -1;
    if (err->pos != SHUB_NONE && set(exception, "pos", PyLong_FromLongLong(err->pos)) < 0)
        return -1;
    if (err->index != SHUB_NONE &&
        set(exception, "index", PyLong_FromLongLong(err->index)) < 0)
        return -1;
    if (err->retry_after_us == SHUB_NONE)
        return 0;
    return set(exception, "retry_after_us", PyLong_FromLongLong(err->retry_after_us));
}

/* Only the message goes into args, so that str() is the message. */
static void raise_new(PyObject *klass, shub_status status, const shub_error *err)
{
    const char *message = err->message[0] ? err->message : shub_status_text(status);
    PyObject *text = PyUnicode_DecodeUTF8(message, strlen(message), "replace");
    PyObject *exception = text ? PyObject_CallFunctionObjArgs(klass, text, NULL) : NULL;

    if (exception && describe(exception, status, err) == 0)
        PyErr_SetObject(klass, exception);
    Py_XDECREF(exception);
    Py_XDECREF(text);
}

PyObject *core_fail(core *state, shub_status status, const shub_error *err)
{
    PyObject *code;
    PyObject *klass;

    if (PyErr_Occurred())
        return NULL;
    if (status == SHUB_E_NOMEM)
        return PyErr_NoMemory();
    code = PyLong_FromLong(status);
    if (!code)
        return NULL;
    klass = PyDict_GetItemWithError(state->errors, code);
    Py_DECREF(code);
    if (!klass && !PyErr_Occurred())
        klass = state->error;
    if (klass)
        raise_new(klass, status, err);
    return NULL;
}

PyObject *core_fail_text(core *state, shub_status status, const char *fmt, ...)
{
    shub_error err = SHUB_ERROR_INIT;
    va_list args;

    va_start(args, fmt);
    (void)PyOS_vsnprintf(err.message, sizeof err.message, fmt, args);
    va_end(args);
    return core_fail(state, status, &err);
}

void core_fail_attribute(const char *name, PyObject *value)
{
    PyObject *type;
    PyObject *exception;
    PyObject *trace;

    PyErr_Fetch(&type, &exception, &trace);
    PyErr_NormalizeException(&type, &exception, &trace);
    if (value && exception && PyObject_SetAttrString(exception, name, value) < 0)
        PyErr_Clear();
    Py_XDECREF(value);
    PyErr_Restore(type, exception, trace);
}
