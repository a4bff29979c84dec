/* sensorhub.Log: hourly files of JSON lines. */
#include "core.h"

static const char *const durabilities[] = {"every", "interval", "none", NULL};

static void log_close(handle *self)
{
    shub_log *log = self->ptr;

    Py_BEGIN_ALLOW_THREADS
    shub_log_close(log);
    Py_END_ALLOW_THREADS
}

/* ---- opening ------------------------------------------------------------------- */

typedef struct log_arguments {
    PyObject *root; /* bytes */
    const char *durability;
    PyObject *clock;
} log_arguments;

static int parse_arguments(PyObject *args, PyObject *kwargs, shub_log_options *o,
                           log_arguments *more)
{
    static char *names[] = {"root",           "prefix",
                            "durability",     "unbuffered",
                            "interval_ms",    "buffer_bytes",
                            "max_files",      "max_file_bytes",
                            "min_free_bytes", "late_us",
                            "grace_us",       "gzip_level",
                            "clock",          NULL};
    Py_ssize_t buffer_bytes = 0;
    Py_ssize_t max_files = 0;
    long long interval_ms = 0;
    long long max_file_bytes = 0;
    long long min_free_bytes = 0;
    long long late_us = 0;
    long long grace_us = 0;
    int unbuffered = 0;
    int gzip_level = 0;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O&|$zspLnnLLLLiO:Log", names, PyUnicode_FSConverter,
            &more->root, &o->prefix, &more->durability, &unbuffered, &interval_ms,
            &buffer_bytes, &max_files, &max_file_bytes, &min_free_bytes, &late_us,
            &grace_us, &gzip_level, &more->clock))
        return -1;
    if (buffer_bytes < 0 || max_files < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "buffer_bytes and max_files cannot be negative");
        return -1;
    }
    o->unbuffered = unbuffered;
    o->interval_ms = interval_ms;
    o->buffer_bytes = (size_t)buffer_bytes;
    o->max_files = (size_t)max_files;
    o->max_file_bytes = max_file_bytes;
    o->min_free_bytes = min_free_bytes;
    o->late_us = late_us;
    o->grace_us = grace_us;
    o->gzip_level = gzip_level;
    return 0;
}

static int log_open(handle *self, PyObject *root, const shub_log_options *opts)
{
    shub_slice path = shub_str(PyBytes_AsString(root));
    shub_error err = SHUB_ERROR_INIT;
    shub_log *log;
    shub_status status;

    Py_BEGIN_ALLOW_THREADS
    status = shub_log_open(path, opts, &log, &err);
    Py_END_ALLOW_THREADS
    self->ptr = log;
    if (status != SHUB_OK)
        core_fail(core_of((PyObject *)self), status, &err);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *log_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    shub_log_options opts = SHUB_LOG_OPTIONS_INIT;
    log_arguments more = {.durability = durabilities[0]};
    handle *self = NULL;

    if (parse_arguments(args, kwargs, &opts, &more) == 0 &&
        choice_of(PyType_GetModuleState(type), "durability", more.durability,
                  durabilities, &opts.durability) == 0)
        self = handle_new(type, log_close);
    if (self && (handle_set_clock(self, more.clock, &opts.clock) < 0 ||
                 log_open(self, more.root, &opts) < 0))
        Py_CLEAR(self);
    Py_XDECREF(more.root);
    return (PyObject *)self;
}

/* ---- appending ----------------------------------------------------------------- */

static int append_sample(handle *self, shub_slice stream, PyObject *object)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_sample sample;
    shub_status status;

    if (sample_of(object, &sample) < 0 || handle_begin(self) < 0)
        return -1;
    Py_BEGIN_ALLOW_THREADS
    status = shub_log_append(self->ptr, stream, &sample, &err);
    Py_END_ALLOW_THREADS
    return handle_end(self, status, &err);
}

static int append_batch(handle *self, shub_slice stream, PyObject *object)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (handle_begin((handle *)object) < 0)
        return -1;
    if (handle_begin(self) < 0) {
        handle_end((handle *)object, SHUB_OK, NULL);
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    status = shub_log_append_batch(self->ptr, stream, batch_ptr(object), &err);
    Py_END_ALLOW_THREADS
    handle_end((handle *)object, SHUB_OK, NULL);
    return handle_end(self, status, &err);
}

static PyObject *log_append(PyObject *object, PyObject *const *args, Py_ssize_t nargs)
{
    core *state = core_of(object);
    handle *self = (handle *)object;
    shub_slice stream;
    int status = -1;

    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError, "append() takes a stream and a Sample or Batch");
        return NULL;
    }
    if (slice_of(args[0], "stream", &stream) < 0)
        return NULL;
    if (Py_TYPE(args[1]) == state->sample)
        status = append_sample(self, stream, args[1]);
    else if (Py_TYPE(args[1]) == state->batch)
        status = append_batch(self, stream, args[1]);
    else
        PyErr_SetString(PyExc_TypeError, "append() takes a stream and a Sample or Batch");
    if (status < 0)
        return NULL;
    Py_RETURN_NONE;
}

static int append_line(handle *self, const char *stream, long long time_us,
                       const Py_buffer *line)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (handle_begin(self) < 0)
        return -1;
    Py_BEGIN_ALLOW_THREADS
    status = shub_log_append_line(self->ptr, shub_str(stream), time_us,
                                  shub_bytes(line->buf, (size_t)line->len), &err);
    Py_END_ALLOW_THREADS
    return handle_end(self, status, &err);
}

static PyObject *log_append_line(PyObject *self, PyObject *args)
{
    const char *stream;
    long long time_us;
    Py_buffer line;
    int status;

    if (!PyArg_ParseTuple(args, "sLs*:append_line", &stream, &time_us, &line))
        return NULL;
    status = append_line((handle *)self, stream, time_us, &line);
    PyBuffer_Release(&line);
    if (status < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- flush, tick, tail --------------------------------------------------------- */

typedef shub_status work_fn(shub_log *log, shub_error *err);

static PyObject *work(PyObject *object, work_fn *call)
{
    handle *self = (handle *)object;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = call(self->ptr, &err);
    Py_END_ALLOW_THREADS
    if (handle_end(self, status, &err) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *log_flush(PyObject *self, PyObject *unused)
{
    (void)unused;
    return work(self, shub_log_flush);
}

static PyObject *log_tick(PyObject *self, PyObject *unused)
{
    (void)unused;
    return work(self, shub_log_tick);
}

static PyObject *log_tail(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"stream", "lines", NULL};
    handle *self = (handle *)object;
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text = {NULL, 0};
    shub_status status;
    const char *stream;
    Py_ssize_t lines = 1;
    PyObject *bytes = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|n:tail", names, &stream, &lines) ||
        handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shub_log_tail(self->ptr, shub_str(stream), lines < 0 ? 0 : (size_t)lines,
                           &text, &err);
    Py_END_ALLOW_THREADS
    if (status == SHUB_OK)
        bytes = PyBytes_FromStringAndSize(text.ptr, (Py_ssize_t)text.len);
    if (handle_end(self, status, &err) < 0)
        Py_CLEAR(bytes);
    return bytes;
}

/* ---- figures ------------------------------------------------------------------- */

static PyStructSequence_Field stats_fields[] = {
    {"lines", "appended"},
    {"bytes", "appended, before compression"},
    {"acknowledged", "lines, by the policy"},
    {"late", "lines whose own hour was too far from their arrival"},
    {"refused", "lines refused for lack of room"},
    {"writes", "calls to the system"},
    {"syncs", "calls to the system"},
    {"torn", "torn tails set aside"},
    {NULL, NULL},
};

static PyStructSequence_Desc stats_desc = {
    "sensorhub.LogStats", "Counters since a Log was opened.", stats_fields, 8};

static PyStructSequence_Field report_fields[] = {
    {"sealed", ".jl.gz files made"},
    {"lines", "in them"},
    {"bytes_in", "before compression"},
    {"bytes_out", "after"},
    {"busy", "streams and hours put off: a segment has a writer"},
    {"recovered", "half-done seals redone or finished"},
    {"torn", "torn tails set aside as .torn"},
    {"failed", "streams and hours that failed"},
    {"removed", "files removed by retention"},
    {"removed_unshipped", "of them: never shipped"},
    {"removed_bytes", "in removed files"},
    {NULL, NULL},
};

static PyStructSequence_Desc report_desc = {
    "sensorhub.LogReport", "What seal(), recover() or retain() did.", report_fields, 11};

static PyObject *log_stats(PyObject *object, PyObject *unused)
{
    handle *self = (handle *)object;
    shub_log_stats s = {.size = sizeof s};

    (void)unused;
    if (handle_begin(self) < 0)
        return NULL;
    shub_log_get_stats(self->ptr, &s);
    if (handle_end(self, SHUB_OK, NULL) < 0)
        return NULL;
    return PyObject_CallFunction((PyObject *)core_of(object)->log_stats, "((KKKKKKKK))",
                                 s.lines, s.bytes, s.acknowledged, s.late, s.refused,
                                 s.writes, s.syncs, s.torn);
}

static PyObject *report_of(core *state, const shub_log_report *r)
{
    return PyObject_CallFunction((PyObject *)state->log_report, "((KKKKKKKKKKK))",
                                 r->sealed, r->lines, r->bytes_in, r->bytes_out, r->busy,
                                 r->recovered, r->torn, r->failed, r->removed,
                                 r->removed_unshipped, r->removed_bytes);
}

/* Of a run that failed in part the error carries the report. */
static PyObject *report_end(handle *self, shub_status status,
                            const shub_log_report *report, const shub_error *err)
{
    core *state = core_of((PyObject *)self);
    PyObject *record = PyErr_Occurred() ? NULL : report_of(state, report);

    if (handle_end(self, status, err) == 0)
        return record;
    core_fail_attribute("report", record);
    return NULL;
}

typedef shub_status report_fn(shub_log *log, shub_log_report *report, shub_error *err);

static PyObject *run(PyObject *object, report_fn *call)
{
    handle *self = (handle *)object;
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = call(self->ptr, &report, &err);
    Py_END_ALLOW_THREADS
    return report_end(self, status, &report, &err);
}

static PyObject *log_seal(PyObject *self, PyObject *unused)
{
    (void)unused;
    return run(self, shub_log_seal);
}

static PyObject *log_recover(PyObject *self, PyObject *unused)
{
    (void)unused;
    return run(self, shub_log_recover);
}

static PyObject *log_retain(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"max_age_us", "max_bytes", "unshipped_too", NULL};
    handle *self = (handle *)object;
    shub_log_retention retention = SHUB_LOG_RETENTION_INIT;
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    long long max_age_us = 0;
    long long max_bytes = 0;
    shub_status status;
    int unshipped_too = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$LLp:retain", names, &max_age_us,
                                     &max_bytes, &unshipped_too) ||
        handle_begin(self) < 0)
        return NULL;
    retention.max_age_us = max_age_us;
    retention.max_bytes = max_bytes;
    retention.unshipped_too = unshipped_too;
    Py_BEGIN_ALLOW_THREADS
    status = shub_log_retain(self->ptr, &retention, &report, &err);
    Py_END_ALLOW_THREADS
    return report_end(self, status, &report, &err);
}

/* ---- the type ------------------------------------------------------------------ */

static PyMethodDef log_methods[] = {
    HANDLE_METHODS(
        "close($self, /)\n--\n\n"
        "Writes what is buffered as far as it can, without telling, and closes: call "
        "flush() first to know."),
    {"append", FAST(log_append), METH_FASTCALL,
     "append($self, stream, what, /)\n--\n\n"
     "Appends a Sample, or every sample of a Batch. When one of several fails, the "
     "error's "
     "`index` is the first that was not appended."},
    {"append_line", log_append_line, METH_VARARGS,
     "append_line($self, stream, time_us, line, /)\n--\n\n"
     "Appends a line of the caller's own, without its line break."},
    {"flush", log_flush, METH_NOARGS,
     "flush($self, /)\n--\n\nWrites every buffer, and syncs unless durability is none."},
    {"tick", log_tick, METH_NOARGS,
     "tick($self, /)\n--\n\nDoes what time asks for; call it about once a second."},
    {"tail", FAST(log_tail), METH_VARARGS | METH_KEYWORDS,
     "tail($self, /, stream, lines=1)\n--\n\n"
     "The last whole lines of a stream, oldest first, each with its line break."},
    {"stats", log_stats, METH_NOARGS,
     "stats($self, /)\n--\n\nCounters since the log was opened."},
    {"seal", log_seal, METH_NOARGS,
     "seal($self, /)\n--\n\nRecovers, then compresses every hour that is over."},
    {"recover", log_recover, METH_NOARGS,
     "recover($self, /)\n--\n\nMends what a crash left: the recovering half of seal()."},
    {"retain", FAST(log_retain), METH_VARARGS | METH_KEYWORDS,
     "retain($self, /, *, max_age_us=0, max_bytes=0, unshipped_too=False)\n--\n\n"
     "Removes old files: shipped ones, and sealed ones only when told so."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef log_getset[] = {
    {"closed", handle_closed, NULL, "Whether it was closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static const char log_doc[] =
    "Log(root, *, prefix=None, durability='every', unbuffered=False, interval_ms=0, "
    "buffer_bytes=0, max_files=0, max_file_bytes=0, min_free_bytes=0, late_us=0, "
    "grace_us=0, "
    "gzip_level=0, clock=None)\n--\n\n"
    "Hourly files of JSON lines below the folder `root`. durability: \"every\" append is "
    "synced, "
    "\"interval\", \"none\". 0 means the default of the C library's shub_log_options, "
    "NONE none.";

static PyType_Slot log_slots[] = {
    HANDLE_SLOTS,
    {Py_tp_new, log_new},
    {Py_tp_methods, log_methods},
    {Py_tp_getset, log_getset},
    {Py_tp_doc, (void *)log_doc},
    {0, NULL},
};

static PyType_Spec log_spec = {
    .name = "sensorhub.Log",
    .basicsize = sizeof(handle),
    .flags = HANDLE_FLAGS,
    .slots = log_slots,
};

int log_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_type(module, &log_spec, 1, &state->log) < 0 ||
        core_add_record(module, &stats_desc, &state->log_stats) < 0)
        return -1;
    return core_add_record(module, &report_desc, &state->log_report);
}
