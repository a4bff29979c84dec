/* The library's diagnostics, to a Python function. */
#include "core.h"

static PyObject *listener; /* of the process, as shub_trace_set is */

static void call_listener(shub_level level, const char *line)
{
    PyObject *callable = Py_NewRef(listener);
    PyObject *text = PyUnicode_DecodeUTF8(line, (Py_ssize_t)strlen(line), "replace");
    PyObject *result =
        text ? PyObject_CallFunction(callable, "iO", (int)level, text) : NULL;

    if (!result)
        PyErr_WriteUnraisable(callable);
    Py_XDECREF(result);
    Py_XDECREF(text);
    Py_DECREF(callable);
}

/* May come with the GIL or without, in the middle of a call that raises, and from threads
 * of the library's own. */
static void trace_line(shub_level level, const char *line, void *user)
{
    PyGILState_STATE gil;
    PyObject *type;
    PyObject *value;
    PyObject *trace;

    (void)user;
    if (!Py_IsInitialized())
        return;
    gil = PyGILState_Ensure();
    PyErr_Fetch(&type, &value, &trace);
    if (listener)
        call_listener(level, line);
    PyErr_Restore(type, value, trace);
    PyGILState_Release(gil);
}

/* The library keeps its function while it is off: another thread may be on its way to it.
 */
static PyObject *trace_set(PyObject *module, PyObject *args)
{
    PyObject *callable, *old;
    int level;

    (void)module;
    if (!PyArg_ParseTuple(args, "iO:_trace_set", &level, &callable))
        return NULL;
    if (callable == Py_None || level < SHUB_LEVEL_OFF || level > SHUB_LEVEL_DEBUG)
        level = SHUB_LEVEL_OFF;
    old = listener;
    listener = level == SHUB_LEVEL_OFF ? NULL : Py_NewRef(callable);
    shub_trace_set((shub_level)level, trace_line, NULL);
    Py_XDECREF(old);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"_trace_set", trace_set, METH_VARARGS,
     "_trace_set(level, function, /)\n--\n\n"
     "Calls function(level, line) for lines up to `level`; 0 or None stops."},
    {NULL, NULL, 0, NULL},
};

int trace_add(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
