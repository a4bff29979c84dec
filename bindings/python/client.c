/* sensorhub.Eagle: a client for one gateway, on a loop of its own or a shared one. */
#include "core.h"

typedef struct eagle_object {
    handle base;
    uint64_t generation; /* of its last replies: counts polls */
} eagle_object;

static const char *const transports[] = {"auto",     "relay", "eagle100",
                                         "eagle200", "cgi",   NULL};

/* Places are bits of SHUB_EAGLE_READ_. */
static const char *const reads[] = {"demand", "summation", "price", "network", NULL};

static shub_loop *loop_of(const eagle_object *self)
{
    return self->base.guard->ptr;
}

static void eagle_close(handle *base)
{
    shub_eagle *eagle = base->ptr;

    ((eagle_object *)base)->generation++;
    Py_BEGIN_ALLOW_THREADS
    shub_eagle_close(eagle);
    Py_END_ALLOW_THREADS
}

/* ---- opening ------------------------------------------------------------------- */

static int reads_of(core *state, PyObject *names, uint32_t *bits)
{
    PyObject *tuple = names ? PySequence_Tuple(names) : PyTuple_New(0);
    int place = 0;

    if (names && PyUnicode_Check(names)) {
        PyErr_SetString(PyExc_TypeError, "reads must be a sequence of names");
        Py_CLEAR(tuple);
    }
    for (Py_ssize_t i = 0; tuple && i < PyTuple_Size(tuple); i++) {
        shub_slice name;

        if (slice_of(PyTuple_GetItem(tuple, i), "read", &name) < 0 ||
            choice_of(state, "read", name.ptr, reads, &place) < 0)
            Py_CLEAR(tuple);
        else
            *bits |= 1u << place;
    }
    Py_XDECREF(tuple);
    return tuple ? 0 : -1;
}

static int parse_arguments(PyObject *args, PyObject *kwargs, shub_eagle_options *o,
                           eagle_arguments *more)
{
    static char *names[] = {"url",
                            "loop",
                            "transport",
                            "cloud_id",
                            "install_code",
                            "user",
                            "password",
                            "meter",
                            "reads",
                            "ca_file",
                            "pin",
                            "insecure",
                            "retries",
                            "timeout_ms",
                            "min_gap_ms",
                            "circuit_failures",
                            "circuit_rest_ms",
                            "unstick_ms",
                            "seed",
                            "clock",
                            "rest_url",
                            NULL};
    long long timeout_ms = 0;
    long long min_gap_ms = 0;
    long long circuit_rest_ms = 0;
    long long unstick_ms = 0;
    unsigned long long seed = 0;
    int insecure = 0;
    int retries = 0;
    int circuit_failures = 0;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "|z$OszzzzzOO&zpiLLiLLKOz:Eagle", names, &o->url, &more->loop,
            &more->transport, &o->cloud_id, &o->install_code, &o->user, &o->password,
            &o->meter, &more->reads, path_or_none, &more->ca_file, &o->pin, &insecure,
            &retries, &timeout_ms, &min_gap_ms, &circuit_failures, &circuit_rest_ms,
            &unstick_ms, &seed, &more->clock, &o->rest_url))
        return -1;
    o->ca_file = more->ca_file ? PyBytes_AsString(more->ca_file) : NULL;
    o->insecure = insecure;
    o->retries = retries;
    o->timeout_ms = timeout_ms;
    o->min_gap_ms = min_gap_ms;
    o->circuit_failures = circuit_failures;
    o->circuit_rest_ms = circuit_rest_ms;
    o->unstick_ms = unstick_ms;
    o->seed = seed;
    return 0;
}

int eagle_arguments_read(core *state, PyObject *args, PyObject *kwargs,
                         shub_eagle_options *opts, eagle_arguments *more)
{
    more->transport = transports[0];
    if (parse_arguments(args, kwargs, opts, more) < 0 ||
        choice_of(state, "transport", more->transport, transports, &opts->transport) < 0)
        return -1;
    return reads_of(state, more->reads, &opts->reads);
}

static int eagle_open(eagle_object *self, const shub_eagle_options *opts)
{
    handle *loop = self->base.guard;
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle *eagle;
    shub_status status;

    if (handle_begin(loop) < 0)
        return -1;
    status = shub_eagle_open(loop->ptr, opts, &eagle, &err);
    self->base.ptr = eagle;
    if (eagle)
        loop_join(&self->base);
    return handle_end(loop, status, &err);
}

static eagle_object *eagle_make(PyTypeObject *type, shub_eagle_options *opts,
                                const eagle_arguments *more)
{
    core *state = PyType_GetModuleState(type);
    eagle_object *self = (eagle_object *)handle_new(type, eagle_close);
    PyObject *loop = self ? loop_or_new(state, more->loop) : NULL;

    if (loop)
        self->base.guard = (handle *)loop;
    if (!loop || handle_set_clock(&self->base, more->clock, &opts->clock) < 0 ||
        eagle_open(self, opts) < 0)
        Py_CLEAR(self);
    return self;
}

static PyObject *eagle_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    eagle_arguments more = {0};
    eagle_object *self = NULL;

    if (eagle_arguments_read(PyType_GetModuleState(type), args, kwargs, &opts, &more) ==
        0)
        self = eagle_make(type, &opts, &more);
    Py_XDECREF(more.ca_file);
    return (PyObject *)self;
}

/* ---- polling ------------------------------------------------------------------- */

static shub_status start(eagle_object *self, shub_error *err)
{
    shub_status status = shub_eagle_start(self->base.ptr, err);

    if (status == SHUB_OK)
        self->generation++;
    return status;
}

static PyObject *eagle_start(PyObject *object, PyObject *unused)
{
    eagle_object *self = (eagle_object *)object;
    shub_error err = SHUB_ERROR_INIT;

    (void)unused;
    if (handle_begin(&self->base) < 0 ||
        handle_end(&self->base, start(self, &err), &err) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* A poll that a signal's handler can end: shub_eagle_poll would go on to its deadline.
 * What was started then stays started, and can be taken later. */
static shub_status poll_until_done(eagle_object *self, shub_batch *batch, shub_error *err)
{
    shub_status status = start(self, err);

    while (status == SHUB_OK) {
        status = shub_eagle_take(self->base.ptr, batch, err);
        if (status != SHUB_E_AGAIN)
            return status;
        Py_BEGIN_ALLOW_THREADS
        status = shub_loop_run_once(loop_of(self), SHUB_NONE, err);
        Py_END_ALLOW_THREADS
        if (status == SHUB_OK && (PyErr_Occurred() || PyErr_CheckSignals() < 0))
            return SHUB_OK;
    }
    return status;
}

static shub_status take(eagle_object *self, shub_batch *batch, shub_error *err)
{
    return shub_eagle_take(self->base.ptr, batch, err);
}

typedef shub_status fetch_fn(eagle_object *self, shub_batch *batch, shub_error *err);

/* Runs `fetch` with both objects marked busy. */
static int fetch_into(eagle_object *self, PyObject *batch, fetch_fn *fetch)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (handle_begin((handle *)batch) < 0)
        return -1;
    if (handle_begin(&self->base) < 0) {
        handle_end((handle *)batch, SHUB_OK, NULL);
        return -1;
    }
    status = fetch(self, batch_ptr(batch), &err);
    handle_end((handle *)batch, SHUB_OK, NULL);
    return handle_end(&self->base, status, &err);
}

static PyObject *fetch_batch(PyObject *object, PyObject *args, PyObject *kwargs,
                             const char *format, fetch_fn *fetch)
{
    static char *names[] = {"batch", NULL};
    PyObject *batch = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, format, names, &batch))
        return NULL;
    batch = batch_or_new(core_of(object), batch);
    if (batch && fetch_into((eagle_object *)object, batch, fetch) < 0)
        Py_CLEAR(batch);
    return batch;
}

static PyObject *eagle_take(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return fetch_batch(self, args, kwargs, "|O:take", take);
}

static PyObject *eagle_poll(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return fetch_batch(self, args, kwargs, "|O:poll", poll_until_done);
}

/* The transport in use; a poll finds it out where it is not known. That the poll fails is
 * no matter when it did: the meter may be away. */
static shub_status find_transport(eagle_object *self, shub_eagle_transport *transport,
                                  shub_error *err)
{
    shub_batch *batch;
    shub_status status;

    *transport = shub_eagle_transport_used(self->base.ptr);
    if (*transport != SHUB_EAGLE_AUTO)
        return SHUB_OK;
    status = shub_batch_new(&batch, err);
    if (status == SHUB_OK)
        status = poll_until_done(self, batch, err);
    shub_batch_free(batch);
    *transport = shub_eagle_transport_used(self->base.ptr);
    return *transport == SHUB_EAGLE_AUTO ? status : SHUB_OK;
}

static PyObject *eagle_detect(PyObject *object, PyObject *unused)
{
    eagle_object *self = (eagle_object *)object;
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_transport transport;
    shub_status status;

    (void)unused;
    if (handle_begin(&self->base) < 0)
        return NULL;
    status = find_transport(self, &transport, &err);
    if (handle_end(&self->base, status, &err) < 0)
        return NULL;
    return word_of(transports, sizeof transports / sizeof *transports - 1,
                   (int)transport);
}

/* ---- lists and commands -------------------------------------------------------- */

typedef shub_status start_fn(eagle_object *self, const request_arguments *request,
                             shub_error *err);

static shub_status start_list(eagle_object *self, const request_arguments *request,
                              shub_error *err)
{
    (void)request;
    return shub_eagle_start_list(self->base.ptr, err);
}

static shub_status start_send(eagle_object *self, const request_arguments *request,
                              shub_error *err)
{
    return shub_eagle_start_send(self->base.ptr, request->command, &request->opts, err);
}

/* As poll_until_done. */
static shub_status reply_until_done(eagle_object *self, shub_eagle_reply **reply,
                                    shub_error *err)
{
    shub_status status;

    do {
        status = shub_eagle_take_reply(self->base.ptr, reply, err);
        if (status != SHUB_E_AGAIN)
            return status;
        Py_BEGIN_ALLOW_THREADS
        status = shub_loop_run_once(loop_of(self), SHUB_NONE, err);
        Py_END_ALLOW_THREADS
    } while (status == SHUB_OK && !PyErr_Occurred() && PyErr_CheckSignals() == 0);
    return status;
}

/* Starts, and when `wait` is not 0 takes the reply; else None. */
static PyObject *ask(PyObject *object, start_fn *begin, const request_arguments *request,
                     int wait)
{
    eagle_object *self = (eagle_object *)object;
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply = NULL;
    shub_status status;

    if (handle_begin(&self->base) < 0)
        return NULL;
    status = begin(self, request, &err);
    if (status == SHUB_OK)
        self->generation++;
    if (status == SHUB_OK && wait)
        status = reply_until_done(self, &reply, &err);
    if (handle_end(&self->base, status, &err) < 0) {
        shub_eagle_reply_free(reply);
        return NULL;
    }
    return reply_owned(core_of(object), reply);
}

static PyObject *eagle_start_list(PyObject *self, PyObject *unused)
{
    (void)unused;
    return ask(self, start_list, NULL, 0);
}

static PyObject *eagle_list(PyObject *self, PyObject *unused)
{
    (void)unused;
    return ask(self, start_list, NULL, 1);
}

static PyObject *ask_with(PyObject *self, PyObject *args, PyObject *kwargs, int wait)
{
    request_arguments request;
    PyObject *result = NULL;

    if (request_arguments_read(core_of(self), args, kwargs, &request) == 0)
        result = ask(self, start_send, &request, wait);
    request_arguments_free(&request);
    return result;
}

static PyObject *eagle_start_send(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return ask_with(self, args, kwargs, 0);
}

static PyObject *eagle_send(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return ask_with(self, args, kwargs, 1);
}

static PyObject *eagle_take_reply(PyObject *object, PyObject *unused)
{
    eagle_object *self = (eagle_object *)object;
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply;
    shub_status status;

    (void)unused;
    if (handle_begin(&self->base) < 0)
        return NULL;
    status = shub_eagle_take_reply(self->base.ptr, &reply, &err);
    if (handle_end(&self->base, status, &err) < 0) {
        shub_eagle_reply_free(reply);
        return NULL;
    }
    return reply_owned(core_of(object), reply);
}

/* ---- attributes ---------------------------------------------------------------- */

static PyObject *eagle_last_replies(PyObject *object, void *unused)
{
    eagle_object *self = (eagle_object *)object;
    const shub_eagle_reply *reply;
    PyObject *list;

    (void)unused;
    if (handle_begin(&self->base) < 0)
        return NULL;
    list = PyList_New(0);
    for (size_t i = 0; list && (reply = shub_eagle_last_reply(self->base.ptr, i)); i++) {
        PyObject *item =
            reply_borrowed(core_of(object), reply, object, &self->generation);

        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    if (handle_end(&self->base, SHUB_OK, NULL) < 0)
        Py_CLEAR(list);
    return list;
}

static PyObject *eagle_transport(PyObject *object, void *unused)
{
    eagle_object *self = (eagle_object *)object;
    shub_eagle_transport transport;

    (void)unused;
    if (handle_begin(&self->base) < 0)
        return NULL;
    transport = shub_eagle_transport_used(self->base.ptr);
    if (handle_end(&self->base, SHUB_OK, NULL) < 0)
        return NULL;
    return word_of(transports, sizeof transports / sizeof *transports - 1,
                   (int)transport);
}

static PyObject *eagle_loop(PyObject *self, void *unused)
{
    (void)unused;
    return Py_NewRef((PyObject *)((handle *)self)->guard);
}

static PyMethodDef eagle_methods[] = {
    HANDLE_METHODS("close($self, /)\n--\n\n"
                   "Gives up what is in flight and wipes the credentials."),
    {"start", eagle_start, METH_NOARGS,
     "start($self, /)\n--\n\nStarts a poll, which the loop carries out."},
    {"take", FAST(eagle_take), METH_VARARGS | METH_KEYWORDS,
     "take($self, /, batch=None)\n--\n\n"
     "The result of a poll, appended to `batch`, a new one when None; NotReady while it "
     "runs. What was read before a failure is appended."},
    {"poll", FAST(eagle_poll), METH_VARARGS | METH_KEYWORDS,
     "poll($self, /, batch=None)\n--\n\n"
     "Starts a poll, runs the loop until its result is there, takes it. When a signal's "
     "handler raises meanwhile, the poll stays started."},
    {"detect", eagle_detect, METH_NOARGS,
     "detect($self, /)\n--\n\n"
     "Which transport the gateway speaks, \"relay\", \"eagle100\", \"eagle200\" or "
     "\"cgi\", found out by a poll where it is not known. A gateway whose meter is away "
     "is "
     "recognized all the same."},
    {"list", eagle_list, METH_NOARGS,
     "list($self, /)\n--\n\n"
     "The Reply with the gateway's devices, also those that are not connected."},
    {"start_list", eagle_start_list, METH_NOARGS,
     "start_list($self, /)\n--\n\nStarts to ask for them; take_reply() has them."},
    {"send", FAST(eagle_send), METH_VARARGS | METH_KEYWORDS,
     "send($self, /, " REQUEST_SIGNATURE
     "Sends one command, \"get_historical_data\", \"set_schedule\", ..., and returns its "
     "Reply; None when what changes something is answered by nothing. Addresses that are "
     "missing are found out. device_control and uploader_add, uploader_delete are never "
     "repeated."},
    {"start_send", FAST(eagle_start_send), METH_VARARGS | METH_KEYWORDS,
     "start_send($self, /, " REQUEST_SIGNATURE
     "Starts to send it; take_reply() has the answer."},
    {"take_reply", eagle_take_reply, METH_NOARGS,
     "take_reply($self, /)\n--\n\n"
     "The Reply to start_list() or start_send(); NotReady while it runs."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef eagle_getset[] = {
    {"closed", handle_closed, NULL, "Whether it was closed.", NULL},
    {"last_replies", eagle_last_replies, NULL,
     "Replies of the poll taken last, for their raw fields; they go with the next.",
     NULL},
    {"transport", eagle_transport, NULL,
     "What is in use: \"relay\", \"eagle100\", \"eagle200\", \"cgi\"; \"auto\" before "
     "it was found out.",
     NULL},
    {"loop", eagle_loop, NULL, "The Loop it is on.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static const char eagle_doc[] =
    "Eagle(url=None, *, loop=None, transport='auto', cloud_id=None, install_code=None, "
    "user=None, password=None, meter=None, reads=(), ca_file=None, pin=None, "
    "insecure=False, "
    "retries=0, timeout_ms=0, min_gap_ms=0, circuit_failures=0, circuit_rest_ms=0, "
    "unstick_ms=0, "
    "seed=0, "
    "clock=None, rest_url=None)\n--\n\n"
    "A client for one EAGLE gateway. reads: of \"demand\" (alone by default), "
    "\"summation\", "
    "\"price\", \"network\". 0 means the default of the C library's shub_eagle_options, "
    "NONE "
    "none.";

static PyType_Slot eagle_slots[] = {
    HANDLE_SLOTS,
    {Py_tp_new, eagle_new},
    {Py_tp_methods, eagle_methods},
    {Py_tp_getset, eagle_getset},
    {Py_tp_doc, (void *)eagle_doc},
    {0, NULL},
};

static PyType_Spec eagle_spec = {
    .name = "sensorhub.Eagle",
    .basicsize = sizeof(eagle_object),
    .flags = HANDLE_FLAGS,
    .slots = eagle_slots,
};

int client_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    return core_add_type(module, &eagle_spec, 1, &state->eagle);
}
