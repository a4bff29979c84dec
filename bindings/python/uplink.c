/* What network servers send: Uplink, Uplinks; bodies of downlinks. */
#include "core.h"

#include <stddef.h>

/* ---- one document ---------------------------------------------------------------- */

typedef struct uplink_object {
    PyObject_HEAD shub_uplink_parser *parser; /* holds what `up` points to */
    shub_uplink up;
} uplink_object;

static void uplink_dealloc(PyObject *object)
{
    shub_uplink_parser_free(((uplink_object *)object)->parser);
    object_free(object);
}

/* A new one, nothing read yet. */
static uplink_object *uplink_alloc(core *state)
{
    static const shub_uplink init = SHUB_UPLINK_INIT;
    uplink_object *self = (uplink_object *)PyType_GenericAlloc(state->uplink, 0);
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (!self)
        return NULL;
    self->up = init;
    status = shub_uplink_parser_new(&self->parser, &err);
    if (status == SHUB_OK)
        return self;
    Py_DECREF(self);
    core_fail(state, status, &err);
    return NULL;
}

/* What comes besides a body. Lifetime: borrows from the arguments. */
static int arguments_of(PyObject *args, PyObject *kwargs, const char *format,
                        Py_buffer *body, shub_uplink_options *opts)
{
    static char *names[] = {"", "topic", "event", "arrival_us", NULL};
    const char *topic = NULL;
    const char *event = NULL;
    long long arrival_us = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, format, names, body, &topic, &event,
                                     &arrival_us))
        return -1;
    opts->topic = shub_str(topic);
    opts->event = shub_str(event);
    opts->arrival_us = arrival_us;
    return 0;
}

static PyObject *parse_uplink(PyObject *module, PyObject *args, PyObject *kwargs)
{
    core *state = PyModule_GetState(module);
    shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    uplink_object *self;
    Py_buffer body;
    shub_status status;

    if (arguments_of(args, kwargs, "s*|$zzL:uplink", &body, &opts) < 0)
        return NULL;
    self = uplink_alloc(state);
    if (self) {
        status = shub_uplink_parse(self->parser, shub_bytes(body.buf, (size_t)body.len),
                                   &opts, &self->up, &err);
        if (status != SHUB_OK) {
            Py_CLEAR(self);
            core_fail(state, status, &err);
        }
    }
    PyBuffer_Release(&body);
    return (PyObject *)self;
}

/* ---- facts ------------------------------------------------------------------------- */

enum {
    TEXT,
    BYTES,
    JSON_TEXT,
    INT32,
    INT64,
    COUNTED,
    DOUBLE,
    FLAG,
    DIALECT,
    EVENT,
    SOURCE
};

typedef struct fact {
    int kind;
    size_t offset;
    uint32_t flag; /* that must be set, or that is meant */
} fact;

static PyObject *text_or_none(shub_slice text)
{
    if (!text.len)
        Py_RETURN_NONE;
    return str_of(text);
}

static PyObject *uplink_get(PyObject *object, void *closure)
{
    const fact *f = closure;
    const shub_uplink *up = &((uplink_object *)object)->up;
    const void *at = (const char *)up + f->offset;

    if (f->kind != FLAG && f->flag && !(up->flags & f->flag))
        Py_RETURN_NONE;
    switch (f->kind) {
    case TEXT:
        return str_of(*(const shub_slice *)at);
    case JSON_TEXT:
        return text_or_none(*(const shub_slice *)at);
    case BYTES:
        return PyBytes_FromStringAndSize(up->payload.ptr, (Py_ssize_t)up->payload.len);
    case INT32:
        return PyLong_FromLong(*(const int32_t *)at);
    case COUNTED:
        return int_or_none(*(const int32_t *)at, SHUB_NONE);
    case INT64:
        return int_or_none(*(const int64_t *)at, SHUB_NONE);
    case DOUBLE:
        return PyFloat_FromDouble(*(const double *)at);
    case FLAG:
        return PyBool_FromLong((up->flags & f->flag) != 0);
    case DIALECT:
        return PyUnicode_InternFromString(shub_uplink_dialect_name(up->dialect));
    case EVENT:
        return PyUnicode_InternFromString(shub_uplink_event_name(up->event));
    default:
        return PyUnicode_InternFromString(shub_uplink_time_name(up->time_source));
    }
}

static PyObject *uplink_time_us(PyObject *object, void *unused)
{
    const shub_uplink *up = &((uplink_object *)object)->up;

    (void)unused;
    if (up->time_source == SHUB_UPLINK_TIME_NONE)
        Py_RETURN_NONE;
    return PyLong_FromLongLong(up->time_us);
}

static PyObject *uplink_samples(PyObject *object, PyObject *args)
{
    core *state = core_of(object);
    shub_error err = SHUB_ERROR_INIT;
    PyObject *batch = NULL;
    shub_status status;

    if (!PyArg_ParseTuple(args, "|O:samples", &batch))
        return NULL;
    batch = batch_or_new(state, batch);
    if (!batch || handle_begin((handle *)batch) < 0) {
        Py_XDECREF(batch);
        return NULL;
    }
    status = shub_uplink_samples(&((uplink_object *)object)->up, batch_ptr(batch), &err);
    if (handle_end((handle *)batch, status, &err) < 0)
        Py_CLEAR(batch);
    return batch;
}

static PyObject *uplink_decode(PyObject *object, PyObject *args)
{
    const shub_uplink *up = &((uplink_object *)object)->up;
    core *state = core_of(object);
    shub_frame frame = SHUB_FRAME_INIT;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *batch = NULL;
    PyObject *result;
    shub_status status;
    const char *name;

    if (!PyArg_ParseTuple(args, "s|O:decode", &name, &batch))
        return NULL;
    status = shub_uplink_frame(up, &frame, &err);
    if (status != SHUB_OK)
        return core_fail(state, status, &err);
    batch = batch_or_new(state, batch);
    if (!batch)
        return NULL;
    result = payload_decode(state, name, &frame, batch);
    Py_DECREF(batch);
    return result;
}

#define AT(member) offsetof(shub_uplink, member)
static fact facts[] = {
    {DIALECT, 0, 0},
    {EVENT, 0, 0},
    {INT32, AT(payload_status), 0},
    {SOURCE, 0, 0},
    {INT32, AT(port), 0},
    {INT64, AT(counter), 0},
    {TEXT, AT(application), 0},
    {TEXT, AT(tenant), 0},
    {TEXT, AT(device), 0},
    {TEXT, AT(name), 0},
    {TEXT, AT(dev_eui), 0},
    {TEXT, AT(dev_addr), 0},
    {TEXT, AT(session), 0},
    {BYTES, AT(payload), 0},
    {JSON_TEXT, AT(object), 0},
    {JSON_TEXT, AT(normalized), 0},
    {TEXT, AT(text), 0},
    {TEXT, AT(id), 0},
    {TEXT, AT(rate), 0},
    {COUNTED, AT(rate_index), 0},
    {INT32, AT(spreading_factor), 0},
    {INT32, AT(bandwidth_hz), 0},
    {INT32, AT(bit_rate), 0},
    {INT64, AT(frequency_hz), 0},
    {TEXT, AT(gateway), 0},
    {INT32, AT(gateway_count), 0},
    {DOUBLE, AT(rssi_dbm), SHUB_UPLINK_HAS_SIGNAL},
    {DOUBLE, AT(snr_db), SHUB_UPLINK_HAS_SIGNAL},
    {DOUBLE, AT(latitude), SHUB_UPLINK_HAS_LOCATION},
    {DOUBLE, AT(longitude), SHUB_UPLINK_HAS_LOCATION},
    {DOUBLE, AT(altitude_m), SHUB_UPLINK_HAS_LOCATION},
    {DOUBLE, AT(battery), SHUB_UPLINK_HAS_BATTERY},
    {DOUBLE, AT(margin_db), SHUB_UPLINK_HAS_MARGIN},
    {FLAG, 0, SHUB_UPLINK_CONFIRMED},
    {FLAG, 0, SHUB_UPLINK_SIMULATED},
    {FLAG, 0, SHUB_UPLINK_RETRY},
};

#define GET(i, name, doc)                                                                \
    {                                                                                    \
        name, uplink_get, NULL, doc, &facts[i]                                           \
    }

static PyGetSetDef uplink_getset[] = {
    GET(0, "dialect", "\"ttn_v3\", \"chirpstack_v4\", ...: who wrote it."),
    GET(1, "event", "\"up\", \"join\", ...: what it tells."),
    GET(2, "payload_status", "0, or why there is no payload to decode: E_NO_PAYLOAD ..."),
    {"time_us", uplink_time_us, NULL, "When it was received, or None.", NULL},
    GET(3, "time_source",
        "\"network\", \"server\", \"gateway\", \"device\", \"arrival\"."),
    GET(4, "port", "FPort; 0: none."),
    GET(5, "counter", "Of frames, or None."),
    GET(6, "application", NULL),
    GET(7, "tenant", NULL),
    GET(8, "device", "Id, not the EUI."),
    GET(9, "name", "Of the device."),
    GET(10, "dev_eui", "16 lower-case hexadecimal digits, or \"\"."),
    GET(11, "dev_addr", NULL),
    GET(12, "session", NULL),
    GET(13, "payload", "Bytes."),
    GET(14, "object", "JSON that the server made of the payload, or None."),
    GET(15, "normalized", "The Things Stack's normalized payload as JSON, or None."),
    GET(16, "text", "Of logs and failures."),
    GET(17, "id", "Equal for two copies of one message; \"\": it cannot be told."),
    GET(18, "rate", "\"SF9BW125\", or \"\"."),
    GET(19, "rate_index", NULL),
    GET(20, "spreading_factor", NULL),
    GET(21, "bandwidth_hz", NULL),
    GET(22, "bit_rate", NULL),
    GET(23, "frequency_hz", NULL),
    GET(24, "gateway", "The one that heard it best."),
    GET(25, "gateway_count", NULL),
    GET(26, "rssi_dbm", NULL),
    GET(27, "snr_db", NULL),
    GET(28, "latitude", NULL),
    GET(29, "longitude", NULL),
    GET(30, "altitude_m", NULL),
    GET(31, "battery", "Percent, or None."),
    GET(32, "margin_db", NULL),
    GET(33, "confirmed", NULL),
    GET(34, "simulated", NULL),
    GET(35, "retry", NULL),
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef uplink_methods[] = {
    {"samples", uplink_samples, METH_VARARGS,
     "samples($self, batch=None, /)\n--\n\n"
     "Appends what the document itself says in numbers to `batch`, a new one when None, "
     "and returns it: an OSM's values, a normalized payload, battery and link margin of "
     "a "
     "status, a place."},
    {"decode", uplink_decode, METH_VARARGS,
     "decode($self, decoder, batch=None, /)\n--\n\n"
     "Decodes the payload with the decoder of that name into `batch`, a new one when "
     "None, and returns it; as the function decode()."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot uplink_slots[] = {
    {Py_tp_dealloc, uplink_dealloc},
    {Py_tp_getset, uplink_getset},
    {Py_tp_methods, uplink_methods},
    {Py_tp_doc, "What a network server sent; made by uplink() and uplinks()."},
    {0, NULL},
};

static PyType_Spec uplink_spec = {"sensorhub.Uplink", sizeof(uplink_object), 0,
                                  HIDDEN_FLAGS, uplink_slots};

/* ---- several documents ---------------------------------------------------------------
 */

typedef struct uplinks_object {
    PyObject_HEAD PyObject *body;
    PyObject *topic, *event; /* str, or NULL */
    PyObject *refused;       /* list of exceptions */
    shub_uplink_walk walk;
    shub_uplink_options opts;
} uplinks_object;

static void uplinks_dealloc(PyObject *object)
{
    uplinks_object *self = (uplinks_object *)object;

    Py_XDECREF(self->body);
    Py_XDECREF(self->topic);
    Py_XDECREF(self->event);
    Py_XDECREF(self->refused);
    object_free(object);
}

/* Copies: the caller's may change meanwhile. */
static int uplinks_keep(uplinks_object *self, const Py_buffer *body,
                        const shub_uplink_options *opts)
{
    self->body = PyBytes_FromStringAndSize(body->buf, body->len);
    self->topic = str_of(opts->topic);
    self->event = str_of(opts->event);
    self->refused = PyList_New(0);
    if (!self->body || !self->topic || !self->event || !self->refused)
        return -1;
    self->walk.body = shub_bytes(PyBytes_AsString(self->body), (size_t)body->len);
    self->opts = *opts;
    if (slice_of(self->topic, "topic", &self->opts.topic) < 0)
        return -1;
    return slice_of(self->event, "event", &self->opts.event);
}

static PyObject *parse_uplinks(PyObject *module, PyObject *args, PyObject *kwargs)
{
    core *state = PyModule_GetState(module);
    shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;
    uplinks_object *self;
    Py_buffer body;

    if (arguments_of(args, kwargs, "s*|$zzL:uplinks", &body, &opts) < 0)
        return NULL;
    self = (uplinks_object *)PyType_GenericAlloc(state->uplinks, 0);
    if (self && uplinks_keep(self, &body, &opts) < 0)
        Py_CLEAR(self);
    PyBuffer_Release(&body);
    return (PyObject *)self;
}

/* Puts the exception of a refused document aside. */
static int put_aside(uplinks_object *self, shub_status status, const shub_error *err)
{
    PyObject *type, *value, *traceback;
    int done;

    core_fail(core_of((PyObject *)self), status, err);
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    done = value ? PyList_Append(self->refused, value) : -1;
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return done;
}

static PyObject *uplinks_next(PyObject *object)
{
    uplinks_object *self = (uplinks_object *)object;
    uplink_object *up = uplink_alloc(core_of(object));

    while (up) {
        shub_error err = SHUB_ERROR_INIT;
        shub_status status =
            shub_uplink_next(up->parser, &self->walk, &self->opts, &up->up, &err);

        if (status == SHUB_OK)
            return (PyObject *)up;
        if (status == SHUB_E_NOT_FOUND) {
            Py_CLEAR(up);
        } else if (status == SHUB_E_NOMEM || status == SHUB_E_INVALID) {
            core_fail(core_of(object), status, &err);
            Py_CLEAR(up);
        } else if (put_aside(self, status, &err) < 0) {
            Py_CLEAR(up);
        }
    }
    return NULL;
}

static PyObject *uplinks_refused(PyObject *object, void *unused)
{
    (void)unused;
    return Py_NewRef(((uplinks_object *)object)->refused);
}

static PyGetSetDef uplinks_getset[] = {
    {"refused", uplinks_refused, NULL,
     "Errors of the documents passed over so far, with pos and index.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot uplinks_slots[] = {
    {Py_tp_dealloc, uplinks_dealloc},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, uplinks_next},
    {Py_tp_getset, uplinks_getset},
    {Py_tp_doc, "The documents of a body in order; made by uplinks()."},
    {0, NULL},
};

static PyType_Spec uplinks_spec = {"sensorhub.Uplinks", sizeof(uplinks_object), 0,
                                   HIDDEN_FLAGS, uplinks_slots};

/* ---- downlinks ------------------------------------------------------------------------
 */

static PyObject *uplink_downlink(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"form",    "payload",  "port", "confirmed",
                            "dev_eui", "priority", "id",   NULL};
    static const char *const forms[] = {"ttn_v3",
                                        "ttn_v2",
                                        "chirpstack_v4",
                                        "chirpstack_v3",
                                        "chirpstack_v4_http",
                                        "chirpstack_v3_http",
                                        NULL};
    core *state = PyModule_GetState(module);
    shub_uplink_downlink_options opts = SHUB_UPLINK_DOWNLINK_OPTIONS_INIT;
    const char *form, *dev_eui = NULL, *priority = NULL, *id = NULL;
    char body[SHUB_UPLINK_DOWNLINK_MAX];
    shub_error err = SHUB_ERROR_INIT;
    Py_buffer payload = {0};
    int place, port = 0, confirmed = 0;
    shub_status status;
    size_t len;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|y*i$pzzz:uplink_downlink", names,
                                     &form, &payload, &port, &confirmed, &dev_eui,
                                     &priority, &id))
        return NULL;
    if (choice_of(state, "form", form, forms, &place) < 0) {
        PyBuffer_Release(&payload);
        return NULL;
    }
    opts.payload = shub_bytes(payload.buf, (size_t)payload.len);
    opts.port = port;
    opts.confirmed = confirmed;
    opts.dev_eui = shub_str(dev_eui);
    opts.priority = shub_str(priority);
    opts.id = shub_str(id);
    status = shub_uplink_downlink((shub_uplink_form)(place + 1), &opts, body, sizeof body,
                                  &len, &err);
    PyBuffer_Release(&payload);
    if (status != SHUB_OK)
        return core_fail(state, status, &err);
    return PyBytes_FromStringAndSize(body, (Py_ssize_t)len);
}

static PyMethodDef functions[] = {
    {"uplink", FAST(parse_uplink), METH_VARARGS | METH_KEYWORDS,
     "uplink(body, /, *, topic=None, event=None, arrival_us=0)\n--\n\n"
     "Reads one document of a network server as an Uplink. `topic` is MQTT's, `event` "
     "that of ChirpStack's HTTP query, `arrival_us` the time of documents that say "
     "none."},
    {"uplinks", FAST(parse_uplinks), METH_VARARGS | METH_KEYWORDS,
     "uplinks(body, /, *, topic=None, event=None, arrival_us=0)\n--\n\n"
     "Iterates over the documents of a body, as lines of the Storage Integration; those "
     "that are refused are passed over, and their errors are in `.refused`."},
    {"uplink_downlink", FAST(uplink_downlink), METH_VARARGS | METH_KEYWORDS,
     "uplink_downlink(form, payload=b'', port=0, *, confirmed=False, dev_eui=None, "
     "priority=None, id=None)\n--\n\n"
     "Body of a downlink; `form` is ttn_v3, ttn_v2, chirpstack_v4, chirpstack_v3, "
     "chirpstack_v4_http or chirpstack_v3_http."},
    {NULL, NULL, 0, NULL},
};

int uplink_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_type(module, &uplink_spec, 1, &state->uplink) < 0 ||
        core_add_type(module, &uplinks_spec, 1, &state->uplinks) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
