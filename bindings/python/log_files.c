/* sensorhub.log_files(): the files of a log. */
#include "core.h"

typedef struct files_object {
    PyObject_HEAD shub_log_list *list;
} files_object;

static PyStructSequence_Field file_fields[] = {
    {"path", "with the root"},
    {"name", "last part of the path"},
    {"stream", "whose records it holds"},
    {"hour_us", "begin of the hour"},
    {"bytes", "its size"},
    {"number", "of the segment; 0 for the first"},
    {"state",
     "\"live\", \"open\", \"sealing\", \"sealed\", \"shipped\", \"torn\", \"temp\""},
    {NULL, NULL},
};

static PyStructSequence_Desc file_desc = {"sensorhub.LogFile", "A file of a log.",
                                          file_fields, 7};

static PyObject *file_make(core *state, const shub_log_file *file)
{
    const char *name = shub_log_state_name((shub_log_state)file->state);

    return PyObject_CallFunction((PyObject *)state->log_file, "((NNNLLis))",
                                 path_of(file->path), path_of(file->name),
                                 str_of(file->stream), (long long)file->hour_us,
                                 (long long)file->bytes, (int)file->number, name);
}

static PyObject *files_next(PyObject *self)
{
    shub_log_file file = {.size = sizeof file};

    if (!shub_log_list_next(((files_object *)self)->list, &file))
        return NULL;
    return file_make(core_of(self), &file);
}

static void files_dealloc(PyObject *self)
{
    shub_log_list_close(((files_object *)self)->list);
    object_free(self);
}

static PyObject *files_open(core *state, const char *root, const char *prefix)
{
    files_object *self = (files_object *)PyType_GenericAlloc(state->log_files, 0);
    shub_error err = SHUB_ERROR_INIT;
    shub_log_list *list;
    shub_status status;

    if (!self)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shub_log_list_open(shub_str(root), prefix, &list, &err);
    Py_END_ALLOW_THREADS
    self->list = list;
    if (status != SHUB_OK) {
        Py_CLEAR(self);
        return core_fail(state, status, &err);
    }
    return (PyObject *)self;
}

static PyObject *log_files(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"root", "prefix", NULL};
    const char *prefix = NULL;
    PyObject *root = NULL;
    PyObject *files;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|z:log_files", names,
                                     PyUnicode_FSConverter, &root, &prefix))
        return NULL;
    files = files_open(PyModule_GetState(module), PyBytes_AsString(root), prefix);
    Py_DECREF(root);
    return files;
}

static PyMethodDef functions[] = {
    {"log_files", FAST(log_files), METH_VARARGS | METH_KEYWORDS,
     "log_files(root, prefix=None)\n--\n\n"
     "Iterates over the LogFiles below `root`, oldest hour first, then by name."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot files_slots[] = {
    {Py_tp_dealloc, files_dealloc},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, files_next},
    {0, NULL},
};

static PyType_Spec files_spec = {
    .name = "sensorhub._LogFiles",
    .basicsize = sizeof(files_object),
    .flags = HIDDEN_FLAGS,
    .slots = files_slots,
};

int log_files_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_type(module, &files_spec, 0, &state->log_files) < 0 ||
        core_add_record(module, &file_desc, &state->log_file) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
