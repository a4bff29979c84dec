/* What EAGLE gateways say: Reply, Reading, EagleGuard. */
#include "core.h"

/* ---- replies ------------------------------------------------------------------- */

typedef struct reply_object {
    PyObject_HEAD shub_eagle_reply *own; /* NULL when borrowed */
    const shub_eagle_reply *reply;
    PyObject *owner;         /* of a borrowed one */
    const uint64_t *current; /* the owner's generation now, */
    uint64_t generation;     /* and then */
} reply_object;

static reply_object *reply_alloc(core *state)
{
    return (reply_object *)PyType_GenericAlloc(state->reply, 0);
}

PyObject *reply_borrowed(core *state, const shub_eagle_reply *reply, PyObject *owner,
                         const uint64_t *generation)
{
    reply_object *self = reply_alloc(state);

    if (!self)
        return NULL;
    self->reply = reply;
    self->owner = Py_NewRef(owner);
    self->current = generation;
    self->generation = *generation;
    return (PyObject *)self;
}

PyObject *reply_owned(core *state, shub_eagle_reply *reply)
{
    reply_object *self;

    if (!reply)
        Py_RETURN_NONE;
    self = reply_alloc(state);
    if (self)
        self->reply = self->own = reply;
    else
        shub_eagle_reply_free(reply);
    return (PyObject *)self;
}

/* NULL with Closed raised when it is gone. Ask only once nothing is left to do that may
 * run Python code, which might poll: converting arguments, making an object that GC
 * tracks. */
static const shub_eagle_reply *reply_of(PyObject *object)
{
    reply_object *self = (reply_object *)object;

    if (!self->owner || *self->current == self->generation)
        return self->reply;
    core_fail_text(core_of(object), SHUB_E_CLOSED,
                   "the reply went with the next poll of its Eagle");
    return NULL;
}

static void reply_dealloc(PyObject *object)
{
    reply_object *self = (reply_object *)object;

    shub_eagle_reply_free(self->own);
    Py_XDECREF(self->owner);
    object_free(object);
}

static PyObject *parse_eagle(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", "part", NULL};
    core *state = PyModule_GetState(module);
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply;
    shub_status status;
    Py_buffer body;
    shub_slice text;
    int part = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s*|$p:parse_eagle", names, &body,
                                     &part))
        return NULL;
    text = shub_bytes(body.buf, (size_t)body.len);
    status = part ? shub_eagle_parse_part(text, &reply, &err)
                  : shub_eagle_parse(text, &reply, &err);
    PyBuffer_Release(&body);
    if (status != SHUB_OK)
        return core_fail(state, status, &err);
    return reply_owned(state, reply);
}

static PyObject *reply_family(PyObject *self, void *unused)
{
    const shub_eagle_reply *reply = reply_of(self);

    (void)unused;
    return reply ? PyUnicode_InternFromString(
                       shub_eagle_family_name(shub_eagle_reply_family(reply)))
                 : NULL;
}

static PyObject *reply_gateway(PyObject *self, void *unused)
{
    const shub_eagle_reply *reply = reply_of(self);

    (void)unused;
    return reply ? str_of(shub_eagle_reply_gateway(reply)) : NULL;
}

static PyObject *reply_time_us(PyObject *self, void *unused)
{
    const shub_eagle_reply *reply = reply_of(self);

    (void)unused;
    return reply ? int_or_none(shub_eagle_reply_time_us(reply), 0) : NULL;
}

/* ---- guards -------------------------------------------------------------------- */

typedef struct guard_object {
    PyObject_HEAD shub_eagle_guard *guard;
} guard_object;

static void guard_dealloc(PyObject *object)
{
    shub_eagle_guard_free(((guard_object *)object)->guard);
    object_free(object);
}

static PyObject *eagle_guard(PyObject *module, PyObject *unused)
{
    core *state = PyModule_GetState(module);
    guard_object *self = (guard_object *)PyType_GenericAlloc(state->guard, 0);
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    (void)unused;
    if (!self)
        return NULL;
    status = shub_eagle_guard_new(&self->guard, &err);
    if (status == SHUB_OK)
        return (PyObject *)self;
    Py_DECREF(self);
    return core_fail(state, status, &err);
}

/* The guard of an argument, which may be None; -1 when it is another thing. */
static int guard_of(core *state, PyObject *object, shub_eagle_guard **guard)
{
    *guard = NULL;
    if (object == Py_None)
        return 0;
    if (!PyObject_TypeCheck(object, state->guard)) {
        PyErr_SetString(PyExc_TypeError, "guard: an EagleGuard or None expected");
        return -1;
    }
    *guard = ((guard_object *)object)->guard;
    return 0;
}

static PyObject *reply_truncated(PyObject *self, void *unused)
{
    const shub_eagle_reply *reply = reply_of(self);

    (void)unused;
    return reply ? PyBool_FromLong(shub_eagle_reply_truncated(reply)) : NULL;
}

static PyObject *reply_samples(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"arrival_us", "batch",   "meter", "zone_us",
                            "multiplier", "divisor", "guard", NULL};
    shub_eagle_sample_options opts = SHUB_EAGLE_SAMPLE_OPTIONS_INIT;
    const shub_eagle_reply *reply;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *batch = NULL;
    PyObject *zone = Py_None;
    PyObject *guard = Py_None;
    long long arrival_us;
    const char *meter = NULL;
    shub_status status;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "L|O$zOIIO:samples", names,
                                     &arrival_us, &batch, &meter, &zone, &opts.multiplier,
                                     &opts.divisor, &guard) ||
        guard_of(core_of(self), guard, &opts.guard) < 0)
        return NULL;
    opts.arrival_us = arrival_us;
    opts.meter = shub_str(meter);
    opts.zone_known = zone != Py_None;
    opts.zone_us = opts.zone_known ? PyLong_AsLongLong(zone) : 0;
    if (PyErr_Occurred())
        return NULL;
    batch = batch_or_new(core_of(self), batch);
    reply = reply_of(self);
    if (!batch || !reply || handle_begin((handle *)batch) < 0) {
        Py_XDECREF(batch);
        return NULL;
    }
    status = shub_eagle_reply_samples_with(reply, &opts, batch_ptr(batch), &err);
    if (handle_end((handle *)batch, status, &err) < 0)
        Py_CLEAR(batch);
    return batch;
}

/* ---- readings ------------------------------------------------------------------ */

typedef struct reading_object {
    PyObject_HEAD PyObject *reply;
    const shub_eagle_reading *reading;
} reading_object;

static const shub_eagle_reading *reading_of(PyObject *object)
{
    reading_object *self = (reading_object *)object;

    return reply_of(self->reply) ? self->reading : NULL;
}

static void reading_dealloc(PyObject *object)
{
    Py_XDECREF(((reading_object *)object)->reply);
    object_free(object);
}

static PyObject *reading_make(PyObject *reply, const shub_eagle_reading *reading)
{
    reading_object *self =
        (reading_object *)PyType_GenericAlloc(core_of(reply)->reading, 0);

    if (!self)
        return NULL;
    self->reply = Py_NewRef(reply);
    self->reading = reading;
    return (PyObject *)self;
}

static PyObject *reply_readings(PyObject *self, void *unused)
{
    PyObject *list = PyList_New(0);
    const shub_eagle_reply *reply = reply_of(self);

    (void)unused;
    if (!reply)
        Py_CLEAR(list);
    for (size_t i = 0; list && i < shub_eagle_reply_count(reply); i++) {
        PyObject *item = reading_make(self, shub_eagle_reply_at(reply, i));

        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *reading_root(PyObject *self, void *unused)
{
    const shub_eagle_reading *reading = reading_of(self);

    (void)unused;
    return reading ? PyUnicode_InternFromString(
                         shub_eagle_root_name(shub_eagle_reading_root(reading)))
                   : NULL;
}

static PyObject *reading_name(PyObject *self, void *unused)
{
    const shub_eagle_reading *reading = reading_of(self);

    (void)unused;
    return reading ? str_of(shub_eagle_reading_name(reading)) : NULL;
}

static PyObject *reading_meter(PyObject *self, void *unused)
{
    const shub_eagle_reading *reading = reading_of(self);

    (void)unused;
    return reading ? str_of(shub_eagle_reading_meter(reading)) : NULL;
}

static PyObject *reading_time_us(PyObject *self, void *unused)
{
    const shub_eagle_reading *reading = reading_of(self);

    (void)unused;
    return reading ? int_or_none(shub_eagle_reading_time_us(reading), 0) : NULL;
}

static PyObject *reading_connected(PyObject *self, void *unused)
{
    const shub_eagle_reading *reading = reading_of(self);
    int connected;

    (void)unused;
    if (!reading)
        return NULL;
    connected = shub_eagle_reading_connected(reading);
    if (connected == SHUB_NONE)
        Py_RETURN_NONE;
    return PyBool_FromLong(connected);
}

/* A dict, or None where there is no message. */
static PyObject *reading_message(PyObject *self, void *unused)
{
    const shub_eagle_reading *reading = reading_of(self);
    shub_eagle_message m = SHUB_EAGLE_MESSAGE_INIT;

    (void)unused;
    if (!reading)
        return NULL;
    if (shub_eagle_reading_message(reading, &m, NULL) != SHUB_OK)
        Py_RETURN_NONE;
    return Py_BuildValue("{s:N,s:N,s:N,s:K,s:N,s:N}", "text", str_of(m.text), "priority",
                         str_of(m.priority), "queue", str_of(m.queue), "id",
                         (unsigned long long)m.id, "confirmation_required",
                         PyBool_FromLong(m.confirmation_required), "confirmed",
                         PyBool_FromLong(m.confirmed));
}

/* Takes `value`. The first of several of one name counts. */
static int set_default(PyObject *dict, shub_slice name, PyObject *value)
{
    PyObject *key = str_of(name);
    int status = key && value ? PyDict_Contains(dict, key) : -1;

    if (status == 0)
        status = PyDict_SetItem(dict, key, value);
    Py_XDECREF(key);
    Py_XDECREF(value);
    return status < 0 ? -1 : 0;
}

/* Values of the raw fields, or units of those that have one, by name. */
static PyObject *dict_of_fields(PyObject *self, int units)
{
    PyObject *dict = PyDict_New();
    const shub_eagle_reading *reading = reading_of(self);
    shub_slice name, value, unit;

    if (!reading)
        Py_CLEAR(dict);
    for (size_t i = 0;
         dict && shub_eagle_reading_field_at(reading, i, &name, &value, &unit); i++) {
        if (units && unit.len == 0)
            continue;
        if (set_default(dict, name, str_of(units ? unit : value)) < 0)
            Py_CLEAR(dict);
    }
    return dict;
}

static PyObject *reading_fields(PyObject *self, void *unused)
{
    (void)unused;
    return dict_of_fields(self, 0);
}

static PyObject *reading_units(PyObject *self, void *unused)
{
    (void)unused;
    return dict_of_fields(self, 1);
}

static PyObject *reading_field(PyObject *self, PyObject *name)
{
    const shub_eagle_reading *reading = reading_of(self);
    shub_slice key;

    if (!reading || slice_of(name, "name", &key) < 0)
        return NULL;
    return str_of(shub_eagle_reading_field(reading, key));
}

static PyObject *reading_u64(PyObject *self, PyObject *name)
{
    const shub_eagle_reading *reading = reading_of(self);
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    uint64_t number;
    shub_slice key;

    if (!reading || slice_of(name, "name", &key) < 0)
        return NULL;
    status = shub_eagle_reading_u64(reading, key, &number, &err);
    if (status != SHUB_OK)
        return core_fail(core_of(self), status, &err);
    return PyLong_FromUnsignedLongLong(number);
}

/* ---- the types ----------------------------------------------------------------- */

static PyGetSetDef reply_getset[] = {
    {"family", reply_family, NULL,
     "\"fragment\", \"device_list\", \"device\", \"upload\", \"cgi\" or \"unknown\".",
     NULL},
    {"gateway", reply_gateway, NULL,
     "Ethernet MAC of the gateway that pushed, as written; \"\" for replies.", NULL},
    {"time_us", reply_time_us, NULL, "Envelope time of an upload, or None.", NULL},
    {"truncated", reply_truncated, NULL,
     "Whether the body broke off; only parse_eagle(part=True) lets it pass.", NULL},
    {"readings", reply_readings, NULL, "The Readings in the order of the body.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef reply_methods[] = {
    {"samples", FAST(reply_samples), METH_VARARGS | METH_KEYWORDS,
     "samples($self, /, arrival_us, batch=None, *, meter=None, zone_us=None, "
     "multiplier=0, divisor=0, guard=None)\n--\n\n"
     "Appends the samples of every reading to `batch`, a new one when None, and returns "
     "it. "
     "Readings without a time of their own get `arrival_us`, those that name no meter "
     "`meter`, times of cgi_manager `zone_us` (UTC minus local) when the body has none, "
     "profiles the scale `multiplier` / `divisor`; `guard` marks totals that fall. When "
     "a reading is malformed, the "
     "others are appended and the first error is raised."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot reply_slots[] = {
    {Py_tp_dealloc, reply_dealloc},
    {Py_tp_getset, reply_getset},
    {Py_tp_methods, reply_methods},
    {Py_tp_doc, "A parsed reply or upload of a gateway; made by parse_eagle()."},
    {0, NULL},
};

static PyType_Spec reply_spec = {
    .name = "sensorhub.Reply",
    .basicsize = sizeof(reply_object),
    .flags = HIDDEN_FLAGS,
    .slots = reply_slots,
};

static PyType_Slot guard_slots[] = {
    {Py_tp_dealloc, guard_dealloc},
    {Py_tp_doc, "Marks totals that fall for a reading; made by eagle_guard()."},
    {0, NULL},
};

static PyType_Spec guard_spec = {
    .name = "sensorhub.EagleGuard",
    .basicsize = sizeof(guard_object),
    .flags = HIDDEN_FLAGS,
    .slots = guard_slots,
};

static PyGetSetDef reading_getset[] = {
    {"name", reading_name, NULL, "Root element as the vendor spells it.", NULL},
    {"root", reading_root, NULL,
     "\"demand\", \"summation\", \"price\", \"device\", \"cgi\", ... or \"unknown\".",
     NULL},
    {"meter", reading_meter, NULL,
     "Meter MAC or hardware address, lower case with 0x; \"\" when absent.", NULL},
    {"time_us", reading_time_us, NULL, "Meter time, or None.", NULL},
    {"connected", reading_connected, NULL,
     "Whether the status says Connected; None when there is no status.", NULL},
    {"message", reading_message, NULL,
     "The utility's message: a dict of text, priority, queue, id, confirmation_required "
     "and confirmed; or None.",
     NULL},
    {"fields", reading_fields, NULL,
     "The raw fields as the vendor wrote them, by name; of several the first.", NULL},
    {"units", reading_units, NULL, "Units of the raw fields that have one, by name.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef reading_methods[] = {
    {"field", reading_field, METH_O,
     "field($self, name, /)\n--\n\n"
     "A raw field by its name in any case; \"\" when absent or blank."},
    {"u64", reading_u64, METH_O,
     "u64($self, name, /)\n--\n\n"
     "A raw field as unsigned integer: 0x hexadecimal, else decimal."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot reading_slots[] = {
    {Py_tp_dealloc, reading_dealloc},
    {Py_tp_getset, reading_getset},
    {Py_tp_methods, reading_methods},
    {Py_tp_doc, "One fragment, device or component of a Reply."},
    {0, NULL},
};

static PyType_Spec reading_spec = {
    .name = "sensorhub.Reading",
    .basicsize = sizeof(reading_object),
    .flags = HIDDEN_FLAGS,
    .slots = reading_slots,
};

static PyMethodDef functions[] = {
    {"parse_eagle", FAST(parse_eagle), METH_VARARGS | METH_KEYWORDS,
     "parse_eagle(body, /, *, part=False)\n--\n\n"
     "Parses a reply or an upload of an EAGLE gateway, XML or JSON, into a Reply. With "
     "`part` a body that breaks off gives what stands whole before the cut."},
    {"eagle_guard", eagle_guard, METH_NOARGS,
     "eagle_guard()\n--\n\n"
     "An EagleGuard for Reply.samples(): totals of meters that are 0 or fall for one "
     "reading are marked as errors."},
    {NULL, NULL, 0, NULL},
};

int eagle_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_type(module, &reply_spec, 1, &state->reply) < 0 ||
        core_add_type(module, &reading_spec, 1, &state->reading) < 0 ||
        core_add_type(module, &guard_spec, 1, &state->guard) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
