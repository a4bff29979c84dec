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

/* Lifetime: the slices borrow from the tuple's items. */
static int take_variables(request_arguments *r, PyObject *variables)
{
    size_t count;

    r->variables = variables ? PySequence_Tuple(variables) : PyTuple_New(0);
    if (!r->variables)
        return -1;
    count = (size_t)PyTuple_Size(r->variables);
    r->slices = PyMem_Calloc(count + 1, sizeof *r->slices);
    if (!r->slices) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < count; i++)
        if (slice_of(PyTuple_GetItem(r->variables, (Py_ssize_t)i), "variable",
                     &r->slices[i]) < 0)
            return -1;
    r->opts.variables = r->slices;
    r->opts.variable_count = count;
    return 0;
}

static void take_texts(request_arguments *r, const char *const texts[7],
                       const char *const names[6])
{
    shub_eagle_request_options *o = &r->opts;
    shub_eagle_uploader *u = &r->uploader;

    o->mac_id = shub_str(texts[0]);
    o->hardware_address = shub_str(texts[1]);
    o->component = shub_str(texts[2]);
    o->event = shub_str(texts[3]);
    o->period = shub_str(texts[4]);
    o->price = shub_str(texts[5]);
    o->value = shub_str(texts[6]);
    u->provider = shub_str(names[0]);
    u->hostname = shub_str(names[1]);
    u->path = shub_str(names[2]);
    u->format = shub_str(names[3]);
    u->description = shub_str(names[4]);
    u->header = shub_str(names[5]);
    o->uploader = names[0] || names[1] ? u : NULL;
}

int request_arguments_read(core *state, PyObject *args, PyObject *kwargs,
                           request_arguments *r)
{
    static char *names[] = {"command",    "mac_id",        "hardware_address",
                            "variables",  "component",     "json",
                            "local",      "event",         "period",
                            "price",      "value",         "start_us",
                            "end_us",     "frequency_s",   "duration_min",
                            "message_id", "count",         "received",
                            "disable",    "allow_control", "provider",
                            "hostname",   "path",          "port",
                            "tls",        "format",        "description",
                            "header",     "upload_size",   "upload_period_s",
                            NULL};
    static const shub_eagle_request_options no_options = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    static const shub_eagle_uploader no_uploader = SHUB_EAGLE_UPLOADER_INIT;
    shub_eagle_request_options *o = &r->opts;
    shub_eagle_uploader *u = &r->uploader;
    const char *command;
    const char *texts[7] = {NULL};
    const char *uploader[6] = {NULL};
    long long times[2] = {0, 0};
    PyObject *variables = NULL;
    int flags[5] = {0};
    int tls = 0;

    memset(r, 0, sizeof *r);
    *o = no_options;
    *u = no_uploader;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "s|$zzOzppzzzzLLIIIIpppzzzIpzzzII:eagle_request", names,
            &command, &texts[0], &texts[1], &variables, &texts[2], &flags[0], &flags[1],
            &texts[3], &texts[4], &texts[5], &texts[6], &times[0], &times[1],
            &o->frequency_s, &o->duration_min, &o->message_id, &o->count, &flags[2],
            &flags[3], &flags[4], &uploader[0], &uploader[1], &uploader[2], &u->port,
            &tls, &uploader[3], &uploader[4], &uploader[5], &u->upload_size,
            &u->upload_period_s))
        return -1;
    take_texts(r, texts, uploader);
    u->tls = tls;
    o->start_us = times[0];
    o->end_us = times[1];
    o->json = flags[0];
    o->local = flags[1];
    o->received = flags[2];
    o->disable = flags[3];
    o->allow_control = flags[4];
    return take_variables(r, variables) < 0 ? -1
                                            : command_of(state, command, &r->command);
}

void request_arguments_free(request_arguments *r)
{
    Py_XDECREF(r->variables);
    PyMem_Free(r->slices);
}

typedef shub_status write_request(shub_eagle_command, const shub_eagle_request_options *,
                                  char *, size_t, size_t *, shub_error *);

static PyObject *write_with(PyObject *module, write_request *write, PyObject *args,
                            PyObject *kwargs)
{
    core *state = PyModule_GetState(module);
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_error err = SHUB_ERROR_INIT;
    request_arguments request;
    PyObject *bytes = NULL;
    size_t len;

    if (request_arguments_read(state, args, kwargs, &request) == 0) {
        shub_status status =
            write(request.command, &request.opts, body, sizeof body, &len, &err);

        bytes = status == SHUB_OK ? PyBytes_FromStringAndSize(body, (Py_ssize_t)len)
                                  : core_fail(state, status, &err);
    }
    request_arguments_free(&request);
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

static PyMethodDef functions[] = {
    {"eagle_request", FAST(eagle_request), METH_VARARGS | METH_KEYWORDS,
     "eagle_request(" REQUEST_SIGNATURE
     "The body of a request, as bytes: \"get_price\", \"device_query\", ..."},
    {"eagle_upload_answer", FAST(eagle_upload_answer), METH_VARARGS | METH_KEYWORDS,
     "eagle_upload_answer(" REQUEST_SIGNATURE
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
