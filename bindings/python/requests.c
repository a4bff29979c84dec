/* What EAGLE gateways are asked: the bodies of requests. */
#include "core.h"

static int command_of(core *state, const char *name, shub_eagle_command *command)
{
    const char *known;

    for (int i = 1; (known = shub_eagle_command_name((shub_eagle_command)i)); i++)
        if (strcmp(known, name) == 0) {
            *command = (shub_eagle_command)i;
            return 0;
        }
    core_fail_text(state, SHUB_E_INVALID, "command '%.40s' is not one this library knows",
                   name);
    return -1;
}

/* `list` is a tuple. Lifetime: `slices` borrow from its items. */
static int variables_of(PyObject *list, shub_slice *slices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_of(PyTuple_GetItem(list, (Py_ssize_t)i), "variable", &slices[i]) < 0)
            return -1;
    return 0;
}

typedef shub_status write_request(shub_eagle_command, const shub_eagle_request_options *,
                                  char *, size_t, size_t *, shub_error *);

static PyObject *request_of(core *state, write_request *write, const char *name,
                            shub_eagle_request_options *opts, PyObject *variables)
{
    char body[SHUB_EAGLE_REQUEST_MAX];
    size_t count = (size_t)PyTuple_Size(variables);
    shub_slice *slices = PyMem_Calloc(count + 1, sizeof *slices);
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_command command;
    PyObject *bytes = NULL;
    size_t len;

    if (!slices)
        return PyErr_NoMemory();
    opts->variables = slices;
    opts->variable_count = count;
    if (variables_of(variables, slices, count) == 0 &&
        command_of(state, name, &command) == 0) {
        shub_status status = write(command, opts, body, sizeof body, &len, &err);

        bytes = status == SHUB_OK ? PyBytes_FromStringAndSize(body, (Py_ssize_t)len)
                                  : core_fail(state, status, &err);
    }
    PyMem_Free(slices);
    return bytes;
}

static PyObject *write_with(PyObject *module, write_request *write, PyObject *args,
                            PyObject *kwargs)
{
    static char *names[] = {"command",    "mac_id",        "hardware_address",
                            "variables",  "component",     "json",
                            "local",      "event",         "period",
                            "price",      "value",         "start_us",
                            "end_us",     "frequency_s",   "duration_min",
                            "message_id", "count",         "received",
                            "disable",    "allow_control", NULL};
    shub_eagle_request_options o = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    const char *command;
    const char *texts[7] = {NULL};
    long long times[2] = {0, 0};
    PyObject *variables = NULL;
    PyObject *tuple, *bytes;
    int flags[5] = {0};

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "s|$zzOzppzzzzLLIIIIppp:eagle_request", names, &command,
            &texts[0], &texts[1], &variables, &texts[2], &flags[0], &flags[1], &texts[3],
            &texts[4], &texts[5], &texts[6], &times[0], &times[1], &o.frequency_s,
            &o.duration_min, &o.message_id, &o.count, &flags[2], &flags[3], &flags[4]))
        return NULL;
    tuple = variables ? PySequence_Tuple(variables) : PyTuple_New(0);
    if (!tuple)
        return NULL;
    o.mac_id = shub_str(texts[0]);
    o.hardware_address = shub_str(texts[1]);
    o.component = shub_str(texts[2]);
    o.event = shub_str(texts[3]);
    o.period = shub_str(texts[4]);
    o.price = shub_str(texts[5]);
    o.value = shub_str(texts[6]);
    o.start_us = times[0];
    o.end_us = times[1];
    o.json = flags[0];
    o.local = flags[1];
    o.received = flags[2];
    o.disable = flags[3];
    o.allow_control = flags[4];
    bytes = request_of(PyModule_GetState(module), write, command, &o, tuple);
    Py_DECREF(tuple);
    return bytes;
}

static PyObject *eagle_request(PyObject *module, PyObject *args, PyObject *kwargs)
{
    return write_with(module, shub_eagle_request, args, kwargs);
}

static PyObject *eagle_upload_answer(PyObject *module, PyObject *args, PyObject *kwargs)
{
    return write_with(module, shub_eagle_upload_answer, args, kwargs);
}

static PyObject *eagle_uploader_add(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"provider",    "hostname",        "path",        "port",
                            "tls",         "format",          "description", "header",
                            "upload_size", "upload_period_s", NULL};
    shub_eagle_uploader u = SHUB_EAGLE_UPLOADER_INIT;
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_error err = SHUB_ERROR_INIT;
    const char *texts[6] = {NULL};
    shub_status status;
    size_t len;
    int tls = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ss|$zIpzzzII:eagle_uploader_add",
                                     names, &texts[0], &texts[1], &texts[2], &u.port,
                                     &tls, &texts[3], &texts[4], &texts[5],
                                     &u.upload_size, &u.upload_period_s))
        return NULL;
    u.provider = shub_str(texts[0]);
    u.hostname = shub_str(texts[1]);
    u.path = shub_str(texts[2]);
    u.format = shub_str(texts[3]);
    u.description = shub_str(texts[4]);
    u.header = shub_str(texts[5]);
    u.tls = tls;
    status = shub_eagle_uploader_add(&u, body, sizeof body, &len, &err);
    if (status != SHUB_OK)
        return core_fail(PyModule_GetState(module), status, &err);
    return PyBytes_FromStringAndSize(body, (Py_ssize_t)len);
}

static PyObject *eagle_uploader_delete(PyObject *module, PyObject *args)
{
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_error err = SHUB_ERROR_INIT;
    const char *provider;
    shub_status status;
    size_t len;

    if (!PyArg_ParseTuple(args, "s:eagle_uploader_delete", &provider))
        return NULL;
    status =
        shub_eagle_uploader_delete(shub_str(provider), body, sizeof body, &len, &err);
    if (status != SHUB_OK)
        return core_fail(PyModule_GetState(module), status, &err);
    return PyBytes_FromStringAndSize(body, (Py_ssize_t)len);
}

#define REQUEST_SIGNATURE                                                                \
    "(command, *, mac_id=None, hardware_address=None, variables=(), component=None, "    \
    "json=False, local=False, event=None, period=None, price=None, value=None, "         \
    "start_us=0, end_us=0, frequency_s=0, duration_min=0, message_id=0, count=0, "       \
    "received=False, disable=False, allow_control=False)\n--\n\n"

static PyMethodDef functions[] = {
    {"eagle_request", FAST(eagle_request), METH_VARARGS | METH_KEYWORDS,
     "eagle_request" REQUEST_SIGNATURE
     "The body of a request, as bytes: \"get_price\", \"device_query\", ..."},
    {"eagle_upload_answer", FAST(eagle_upload_answer), METH_VARARGS | METH_KEYWORDS,
     "eagle_upload_answer" REQUEST_SIGNATURE
     "The answer to an upload of an EAGLE-100 that carries a command back, as bytes: "
     "\"set_fast_poll\", \"set_schedule\", ..."},
    {"eagle_uploader_add", FAST(eagle_uploader_add), METH_VARARGS | METH_KEYWORDS,
     "eagle_uploader_add(provider, hostname, *, path=None, port=0, tls=False, "
     "format=None, description=None, header=None, upload_size=0, upload_period_s=0)"
     "\n--\n\n"
     "The JSON that tells an EAGLE-200 or EAGLE 3 where to push to."},
    {"eagle_uploader_delete", eagle_uploader_delete, METH_VARARGS,
     "eagle_uploader_delete(provider, /)\n--\n\n"
     "The JSON that tells it to push there no more."},
    {NULL, NULL, 0, NULL},
};

int requests_add(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
