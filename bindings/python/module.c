/* sensorhub._core: the module, its state, and the functions that belong to no type. */
#include "core.h"

core *core_of(PyObject *self)
{
    return PyType_GetModuleState(Py_TYPE(self));
}

int core_add_type(PyObject *module, PyType_Spec *spec, int visible, PyTypeObject **slot)
{
    *slot = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    if (!*slot)
        return -1;
    return visible ? PyModule_AddType(module, *slot) : 0;
}

int core_add_record(PyObject *module, PyStructSequence_Desc *desc, PyTypeObject **slot)
{
    *slot = PyStructSequence_NewType(desc);
    return *slot ? PyModule_AddType(module, *slot) : -1;
}

/* ---- time and names ------------------------------------------------------------ */

static PyObject *now_us(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyLong_FromLongLong(shub_now_us());
}

static PyObject *parse_time(PyObject *module, PyObject *text)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    shub_slice slice;
    int64_t time_us;

    if (slice_of(text, "time", &slice) < 0)
        return NULL;
    status = shub_time_parse(slice, &time_us, &err);
    if (status != SHUB_OK)
        return core_fail(PyModule_GetState(module), status, &err);
    return PyLong_FromLongLong(time_us);
}

static PyObject *format_time(PyObject *module, PyObject *number)
{
    char text[SHUB_TIME_MAX];
    long long time_us = PyLong_AsLongLong(number);
    size_t len;

    if (time_us == -1 && PyErr_Occurred())
        return NULL;
    len = shub_time_format(time_us, text);
    if (len == 0)
        return core_fail_text(PyModule_GetState(module), SHUB_E_RANGE,
                              "time %lld is outside the years 0000 to 9999", time_us);
    return PyUnicode_FromStringAndSize(text, (Py_ssize_t)len);
}

static PyObject *name_valid(PyObject *module, PyObject *name)
{
    shub_slice slice;

    (void)module;
    if (slice_of(name, "name", &slice) < 0)
        return NULL;
    return PyBool_FromLong(shub_name_valid(slice));
}

static PyMethodDef functions[] = {
    {"now_us", now_us, METH_NOARGS,
     "now_us()\n--\n\nThe wall clock in microseconds since 1970-01-01T00:00:00Z."},
    {"parse_time", parse_time, METH_O,
     "parse_time(text, /)\n--\n\nReads an RFC 3339 date-time as time_us."},
    {"format_time", format_time, METH_O,
     "format_time(time_us, /)\n--\n\nWrites a time as RFC 3339 in UTC."},
    {"name_valid", name_valid, METH_O,
     "name_valid(name, /)\n--\n\nWhether the text may name a stream."},
    {NULL, NULL, 0, NULL},
};

static int functions_add(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}

static int constants_add(PyObject *module)
{
    if (PyModule_AddIntConstant(module, "NONE", SHUB_NONE) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "__version__", shub_version());
}

/* ---- the state ----------------------------------------------------------------- */

static int find_datetime(core *state)
{
    PyObject *datetime = PyImport_ImportModule("datetime");
    PyObject *zone = datetime ? PyObject_GetAttrString(datetime, "timezone") : NULL;
    PyObject *utc = zone ? PyObject_GetAttrString(zone, "utc") : NULL;

    if (utc)
        state->timedelta = PyObject_GetAttrString(datetime, "timedelta");
    if (state->timedelta)
        state->epoch = PyObject_CallMethod(datetime, "datetime", "iiiiiiiO", 1970, 1, 1,
                                           0, 0, 0, 0, utc);
    Py_XDECREF(utc);
    Py_XDECREF(zone);
    Py_XDECREF(datetime);
    return state->epoch ? 0 : -1;
}

static int constants_find(PyObject *module)
{
    core *state = PyModule_GetState(module);

    state->empty = PyUnicode_InternFromString("");
    state->qualities = Py_BuildValue("(sss)", "measured", "replaced", "error");
    return state->empty && state->qualities ? find_datetime(state) : -1;
}

/* PyGILState, by which clocks and trace lines come back, knows the first interpreter
 * only. */
static int first_interpreter(PyObject *module)
{
    (void)module;
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) == 0)
        return 0;
    PyErr_SetString(PyExc_ImportError, "sensorhub does not work in a subinterpreter");
    return -1;
}

static int core_exec(PyObject *module)
{
    static int (*const steps[])(PyObject *) = {
        first_interpreter, constants_find, constants_add, errors_add,
        functions_add,     trace_add,      sample_add,    batch_add,
        eagle_add,         requests_add,   loop_add,      client_add,
        fleets_add,        log_add,        log_files_add, s3_add,
        s3_clients_add,    ship_add,       payload_add,   webhook_add,
        clair_add,         uplink_add,
    };

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i](module) < 0)
            return -1;
    return 0;
}

static int core_traverse(PyObject *module, visitproc visit, void *arg)
{
    core *state = PyModule_GetState(module);

#define VISIT(name) Py_VISIT(state->name);
    CORE_OBJECTS(VISIT)
    CORE_TYPES(VISIT)
#undef VISIT
    return payload_traverse(state, visit, arg);
}

static int core_clear(PyObject *module)
{
    core *state = PyModule_GetState(module);

#define CLEAR(name) Py_CLEAR(state->name);
    CORE_OBJECTS(CLEAR)
    CORE_TYPES(CLEAR)
#undef CLEAR
    payload_clear(state);
    return 0;
}

static void core_free(void *module)
{
    core_clear(module);
    payload_free(PyModule_GetState(module));
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, core_exec},
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "sensorhub._core",
    .m_doc = "The C side of sensorhub; import sensorhub instead.",
    .m_size = sizeof(core),
    .m_slots = slots,
    .m_traverse = core_traverse,
    .m_clear = core_clear,
    .m_free = core_free,
};

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
