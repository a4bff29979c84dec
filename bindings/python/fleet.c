/* sensorhub.Fleet: many gateways on one loop, an iterator over their polls. */
#include "core.h"

static void fleet_close(handle *base)
{
    shub_fleet *fleet = base->ptr;

    Py_BEGIN_ALLOW_THREADS
    shub_fleet_close(fleet);
    Py_END_ALLOW_THREADS
}

/* ---- opening ------------------------------------------------------------------- */

static int fleet_open(handle *self, const shub_fleet_options *opts)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_fleet *fleet;
    shub_status status;

    if (handle_begin(self->guard) < 0)
        return -1;
    status = shub_fleet_open(self->guard->ptr, opts, &fleet, &err);
    self->ptr = fleet;
    if (fleet)
        loop_join(self);
    return handle_end(self->guard, status, &err);
}

static int read_options(PyObject *args, PyObject *kwargs, shub_fleet_options *opts,
                        PyObject **loop, PyObject **clock)
{
    static char *names[] = {"loop",  "interval_ms", "spread_ms",
                            "shard", "shards",      "keep_duplicates",
                            "seed",  "clock",       NULL};
    long long interval_ms = 0;
    long long spread_ms = 0;
    unsigned long long seed = 0;
    int shard = 0;
    int shards = 0;
    int keep_duplicates = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OLLiipKO:Fleet", names, loop,
                                     &interval_ms, &spread_ms, &shard, &shards,
                                     &keep_duplicates, &seed, clock))
        return -1;
    opts->interval_ms = interval_ms;
    opts->spread_ms = spread_ms;
    opts->shard = shard;
    opts->shards = shards;
    opts->keep_duplicates = keep_duplicates;
    opts->seed = seed;
    return 0;
}

static PyObject *fleet_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    shub_fleet_options opts = SHUB_FLEET_OPTIONS_INIT;
    PyObject *loop = NULL;
    PyObject *clock = NULL;
    handle *self;

    if (read_options(args, kwargs, &opts, &loop, &clock) < 0)
        return NULL;
    self = handle_new(type, fleet_close);
    loop = self ? loop_or_new(PyType_GetModuleState(type), loop) : NULL;
    if (loop)
        self->guard = (handle *)loop;
    if (!loop || handle_set_clock(self, clock, &opts.clock) < 0 ||
        fleet_open(self, &opts) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

/* ---- gateways ------------------------------------------------------------------ */

/* Takes interval_ms out of a copy of the keywords: Eagle() has no such argument. */
static PyObject *without_interval(PyObject *kwargs, int64_t *interval_ms)
{
    PyObject *rest = kwargs ? PyDict_Copy(kwargs) : PyDict_New();
    PyObject *value = rest ? PyDict_GetItemString(rest, "interval_ms") : NULL;

    if (!value)
        return rest;
    *interval_ms = PyLong_AsLongLong(value);
    if (PyErr_Occurred() || PyDict_DelItemString(rest, "interval_ms") < 0)
        Py_CLEAR(rest);
    return rest;
}

static int add(handle *self, shub_slice id, const shub_eagle_options *opts,
               const eagle_arguments *more)
{
    shub_error err = SHUB_ERROR_INIT;

    if (more->loop || more->clock) {
        PyErr_SetString(PyExc_TypeError, "loop and clock are the fleet's");
        return -1;
    }
    if (handle_begin(self) < 0)
        return -1;
    return handle_end(self, shub_fleet_add(self->ptr, id, opts, &err), &err);
}

static PyObject *fleet_add(PyObject *object, PyObject *args, PyObject *kwargs)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    eagle_arguments more = {0};
    int64_t interval_ms = 0;
    shub_slice id;
    PyObject *rest;
    PyObject *keywords;
    int done = -1;

    if (PyTuple_Size(args) < 1) {
        PyErr_SetString(PyExc_TypeError, "add() wants an id");
        return NULL;
    }
    if (slice_of(PyTuple_GetItem(args, 0), "id", &id) < 0)
        return NULL;
    rest = PyTuple_GetSlice(args, 1, PyTuple_Size(args));
    keywords = rest ? without_interval(kwargs, &interval_ms) : NULL;
    if (keywords &&
        eagle_arguments_read(core_of(object), rest, keywords, &opts, &more) == 0) {
        opts.interval_ms = interval_ms;
        done = add((handle *)object, id, &opts, &more);
    }
    Py_XDECREF(more.ca_file);
    Py_XDECREF(keywords);
    Py_XDECREF(rest);
    if (done < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *fleet_remove(PyObject *object, PyObject *text)
{
    handle *self = (handle *)object;
    shub_error err = SHUB_ERROR_INIT;
    shub_slice id;

    if (slice_of(text, "id", &id) < 0 || handle_begin(self) < 0 ||
        handle_end(self, shub_fleet_remove(self->ptr, id, &err), &err) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *fleet_owns(PyObject *object, PyObject *text)
{
    handle *self = (handle *)object;
    shub_slice id;
    int owns;

    if (slice_of(text, "id", &id) < 0 || handle_begin(self) < 0)
        return NULL;
    owns = shub_fleet_owns(self->ptr, id);
    return handle_end(self, SHUB_OK, NULL) < 0 ? NULL : PyBool_FromLong(owns);
}

static PyObject *fleet_note(PyObject *object, PyObject *args)
{
    handle *self = (handle *)object;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *text;
    PyObject *batch;
    shub_status status;
    shub_slice id;

    if (!PyArg_ParseTuple(args, "OO!:note", &text, core_of(object)->batch, &batch) ||
        slice_of(text, "id", &id) < 0 || handle_begin((handle *)batch) < 0)
        return NULL;
    if (handle_begin(self) < 0) {
        handle_end((handle *)batch, SHUB_OK, NULL);
        return NULL;
    }
    status = shub_fleet_note(self->ptr, id, batch_ptr(batch), &err);
    handle_end((handle *)batch, SHUB_OK, NULL);
    if (handle_end(self, status, &err) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- results ------------------------------------------------------------------- */

static PyStructSequence_Field result_fields[] = {
    {"id", "Which gateway it was."},
    {"batch", "Where its samples are."},
    {"error", "Why the poll failed; None when it did not."},
    {"duplicates", "Samples that came before."},
    {NULL, NULL},
};

static PyStructSequence_Desc result_desc = {
    "sensorhub.FleetResult", "One finished poll of a Fleet.", result_fields, 4};

/* The exception of a failed poll, not raised. */
static PyObject *error_of(core *state, const shub_fleet_result *result)
{
    PyObject *type;
    PyObject *exception;
    PyObject *trace;

    if (result->status == SHUB_OK)
        return Py_NewRef(Py_None);
    core_fail(state, (shub_status)result->status, &result->err);
    PyErr_Fetch(&type, &exception, &trace);
    PyErr_NormalizeException(&type, &exception, &trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
    return exception;
}

static PyObject *record_of(core *state, const shub_fleet_result *result, PyObject *id,
                           PyObject *batch)
{
    PyObject *error = id ? error_of(state, result) : NULL;
    PyObject *record =
        error ? PyObject_CallFunction((PyObject *)state->fleet_result, "((OOOK))", id,
                                      batch, error, result->duplicates)
              : NULL;

    Py_XDECREF(error);
    return record;
}

/* A result; `wait`s for one until the fleet is empty. SHUB_E_AGAIN: there is none. */
static shub_status fetch(handle *self, shub_batch *batch, int wait,
                         shub_fleet_result *result, shub_error *err)
{
    shub_fleet_stats stats = SHUB_FLEET_STATS_INIT;
    shub_status status;

    for (;;) {
        status = shub_fleet_next(self->ptr, batch, result, err);
        (void)shub_fleet_get_stats(self->ptr, shub_str(NULL), &stats, NULL);
        if (status != SHUB_E_AGAIN || !wait || stats.gateways == 0)
            return status;
        Py_BEGIN_ALLOW_THREADS
        status = shub_loop_run_once(self->guard->ptr, SHUB_NONE, err);
        Py_END_ALLOW_THREADS
        if (status != SHUB_OK)
            return status;
        if (PyErr_Occurred() || PyErr_CheckSignals() < 0)
            return SHUB_OK; /* handle_end tells what a handler raised */
    }
}

static PyObject *fetch_into(PyObject *object, PyObject *batch, int wait)
{
    handle *self = (handle *)object;
    shub_fleet_result result = SHUB_FLEET_RESULT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *id = NULL;
    PyObject *record = NULL;
    shub_status status;

    if (handle_begin((handle *)batch) < 0)
        return NULL;
    if (handle_begin(self) < 0) {
        handle_end((handle *)batch, SHUB_OK, NULL);
        return NULL;
    }
    status = fetch(self, batch_ptr(batch), wait, &result, &err);
    if (status == SHUB_OK && !PyErr_Occurred())
        id = str_of(result.id);
    handle_end((handle *)batch, SHUB_OK, NULL);
    if (status == SHUB_E_AGAIN && wait)
        handle_end(self, SHUB_OK, NULL); /* the iterator ends */
    else if (handle_end(self, status, &err) == 0)
        record = record_of(core_of(object), &result, id, batch);
    Py_XDECREF(id);
    return record;
}

static PyObject *fleet_take(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"batch", NULL};
    PyObject *batch = NULL;
    PyObject *record;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:take", names, &batch))
        return NULL;
    batch = batch_or_new(core_of(object), batch);
    record = batch ? fetch_into(object, batch, 0) : NULL;
    Py_XDECREF(batch);
    return record;
}

static PyObject *fleet_next(PyObject *object)
{
    PyObject *batch = batch_make(core_of(object));
    PyObject *record = batch ? fetch_into(object, batch, 1) : NULL;

    Py_XDECREF(batch);
    return record;
}

/* ---- counts -------------------------------------------------------------------- */

static PyStructSequence_Field stats_fields[] = {
    {"gateways", "Gateways there are now."},
    {"polls", "Polls started."},
    {"successes", "Polls that succeeded."},
    {"failures", "Polls that failed."},
    {"failed", "Failures by class: {\"network\": 2}."},
    {"missed", "Beats without a poll."},
    {"samples", "Samples given out."},
    {"duplicates", "Samples that came before."},
    {"last_success_us", "When a poll succeeded last; None before."},
    {"lateness_max_ms", "The longest from when a poll was due to its start."},
    {NULL, NULL},
};

static PyStructSequence_Desc stats_desc = {
    "sensorhub.FleetStats", "Counts of a gateway or of a whole Fleet.", stats_fields, 10};

static PyObject *failures_of(const shub_fleet_stats *stats)
{
    static const char *const classes[SHUB_FLEET_CLASSES] = {
        "ok", "usage", "input", "resource", "system", "network", "remote", "wait"};
    PyObject *dict = PyDict_New();

    for (size_t i = 0; dict && i < SHUB_FLEET_CLASSES; i++) {
        PyObject *count =
            stats->failed[i] ? PyLong_FromUnsignedLongLong(stats->failed[i]) : NULL;

        if (stats->failed[i] &&
            (!count || PyDict_SetItemString(dict, classes[i], count) < 0))
            Py_CLEAR(dict);
        Py_XDECREF(count);
    }
    return dict;
}

static int stats_of(handle *self, PyObject *text, shub_fleet_stats *stats)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_slice id = {NULL, 0};

    if (text && text != Py_None && slice_of(text, "id", &id) < 0)
        return -1;
    if (handle_begin(self) < 0)
        return -1;
    return handle_end(self, shub_fleet_get_stats(self->ptr, id, stats, &err), &err);
}

static PyObject *fleet_stats(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"id", NULL};
    shub_fleet_stats s = SHUB_FLEET_STATS_INIT;
    PyObject *id = NULL;
    PyObject *failed;
    PyObject *success;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:stats", names, &id) ||
        stats_of((handle *)object, id, &s) < 0)
        return NULL;
    failed = failures_of(&s);
    success = failed ? int_or_none(s.last_success_us, 0) : NULL;
    if (!success) {
        Py_XDECREF(failed);
        return NULL;
    }
    return PyObject_CallFunction((PyObject *)core_of(object)->fleet_stats,
                                 "((KKKKNKKKNL))", s.gateways, s.polls, s.successes,
                                 s.failures, failed, s.missed, s.samples, s.duplicates,
                                 success, s.lateness_max_ms);
}

static PyObject *fleet_lateness_ms(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"share", "id", NULL};
    shub_fleet_stats stats = SHUB_FLEET_STATS_INIT;
    PyObject *id = NULL;
    double share = 0.99;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|dO:lateness_ms", names, &share,
                                     &id) ||
        stats_of((handle *)object, id, &stats) < 0)
        return NULL;
    return PyLong_FromLongLong(shub_fleet_lateness_ms(&stats, share));
}

static PyObject *fleet_loop(PyObject *self, void *unused)
{
    (void)unused;
    return Py_NewRef((PyObject *)((handle *)self)->guard);
}

static PyMethodDef fleet_methods[] = {
    HANDLE_METHODS("close($self, /)\n--\n\n"
                   "Gives up what is in flight and wipes the credentials."),
    {"add", FAST(fleet_add), METH_VARARGS | METH_KEYWORDS,
     "add(self, id, url=None, **options)\n\n"
     "Adds a gateway with the options of Eagle(), but loop and clock, and with "
     "interval_ms. One of another shard is left to that shard."},
    {"remove", fleet_remove, METH_O,
     "remove($self, id, /)\n--\n\nRemoves a gateway, whatever it is doing."},
    {"owns", fleet_owns, METH_O,
     "owns($self, id, /)\n--\n\nWhether the id belongs to the fleet's shard."},
    {"note", fleet_note, METH_VARARGS,
     "note($self, id, batch, /)\n--\n\n"
     "Says what came before, after a restart: its samples are duplicates from now on."},
    {"take", FAST(fleet_take), METH_VARARGS | METH_KEYWORDS,
     "take($self, /, batch=None)\n--\n\n"
     "A finished poll, its samples appended to `batch`, a new one when None; NotReady "
     "when there is none."},
    {"stats", FAST(fleet_stats), METH_VARARGS | METH_KEYWORDS,
     "stats($self, /, id=None)\n--\n\nCounts of a gateway, or of all."},
    {"lateness_ms", FAST(fleet_lateness_ms), METH_VARARGS | METH_KEYWORDS,
     "lateness_ms($self, /, share=0.99, id=None)\n--\n\n"
     "How late a share of the polls was at most."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef fleet_getset[] = {
    {"closed", handle_closed, NULL, "Whether it was closed.", NULL},
    {"loop", fleet_loop, NULL, "The Loop it is on.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static const char fleet_doc[] =
    "Fleet(*, loop=None, interval_ms=0, spread_ms=0, shard=0, shards=0, "
    "keep_duplicates=False, seed=0, clock=None)\n--\n\n"
    "Polls many EAGLE gateways, each at its interval. An iterator: it waits for the next "
    "finished poll, gives a FleetResult, and ends when the fleet is empty. 0 means the "
    "default of the C library's shub_fleet_options, NONE none.";

static PyType_Slot fleet_slots[] = {
    HANDLE_SLOTS,
    {Py_tp_new, fleet_new},
    {Py_tp_methods, fleet_methods},
    {Py_tp_getset, fleet_getset},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, fleet_next},
    {Py_tp_doc, (void *)fleet_doc},
    {0, NULL},
};

static PyType_Spec fleet_spec = {
    .name = "sensorhub.Fleet",
    .basicsize = sizeof(handle),
    .flags = HANDLE_FLAGS,
    .slots = fleet_slots,
};

int fleets_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_type(module, &fleet_spec, 1, &state->fleet) < 0 ||
        core_add_record(module, &result_desc, &state->fleet_result) < 0)
        return -1;
    return core_add_record(module, &stats_desc, &state->fleet_stats);
}
