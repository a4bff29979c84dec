/* sensorhub.Sample, and the table of quantities. */
#include "core.h"

typedef struct sample_object {
    PyObject_HEAD PyObject *device;
    PyObject *quantity;
    PyObject *unit;
    PyObject *value;
    long long time_us;
    uint32_t flags;
} sample_object;

PyObject *sample_make(core *state, PyObject *device, PyObject *quantity, PyObject *unit,
                      int64_t time_us, PyObject *value, uint32_t flags)
{
    sample_object *self =
        value ? (sample_object *)PyType_GenericAlloc(state->sample, 0) : NULL;

    if (!self) {
        Py_XDECREF(value);
        return NULL;
    }
    self->device = Py_NewRef(device);
    self->quantity = Py_NewRef(quantity);
    self->unit = Py_NewRef(unit);
    self->value = value;
    self->time_us = time_us;
    self->flags = flags;
    return (PyObject *)self;
}

int sample_of(PyObject *object, shub_sample *sample)
{
    static const shub_sample init = SHUB_SAMPLE_INIT;
    const sample_object *self = (const sample_object *)object;

    *sample = init;
    sample->time_us = self->time_us;
    sample->flags = self->flags;
    if (slice_of(self->device, "device", &sample->device) < 0 ||
        slice_of(self->quantity, "quantity", &sample->quantity) < 0 ||
        slice_of(self->unit, "unit", &sample->unit) < 0)
        return -1;
    return value_of(self->value, &sample->value);
}

/* What turned into a number is kept as that number. */
static PyObject *plain(PyObject *object, const shub_value *value)
{
    if (PyFloat_CheckExact(object) || PyLong_CheckExact(object) || PyBool_Check(object) ||
        PyUnicode_CheckExact(object))
        return Py_NewRef(object);
    return object_of(value);
}

static PyObject *sample_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"device", "quantity", "value",        "time_us",
                            "unit",   "quality",  "time_assumed", NULL};
    core *state = PyType_GetModuleState(type);
    PyObject *device, *quantity, *value;
    PyObject *unit = state->empty;
    PyObject *quality = NULL;
    long long time_us;
    int time_assumed = 0;
    uint32_t flags;
    shub_value checked;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "UUOL|UOp:Sample", names, &device,
                                     &quantity, &value, &time_us, &unit, &quality,
                                     &time_assumed))
        return NULL;
    if (flags_of(state, quality, time_assumed, &flags) < 0 ||
        value_of(value, &checked) < 0)
        return NULL;
    return sample_make(state, device, quantity, unit, time_us, plain(value, &checked),
                       flags);
}

static void sample_dealloc(PyObject *object)
{
    sample_object *self = (sample_object *)object;

    Py_XDECREF(self->device);
    Py_XDECREF(self->quantity);
    Py_XDECREF(self->unit);
    Py_XDECREF(self->value);
    object_free(object);
}

/* ---- attributes ---------------------------------------------------------------- */

static PyObject *sample_quality(PyObject *self, void *unused)
{
    uint32_t quality = ((sample_object *)self)->flags & SHUB_QUALITY_MASK;

    (void)unused;
    return Py_NewRef(PyTuple_GetItem(core_of(self)->qualities, (Py_ssize_t)quality));
}

static PyObject *sample_time_assumed(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(((sample_object *)self)->flags & SHUB_TIME_ASSUMED);
}

/* Through timedelta, which counts microseconds: a float of seconds would round them. */
static PyObject *sample_time(PyObject *self, void *unused)
{
    core *state = core_of(self);
    PyObject *since = PyObject_CallFunction(state->timedelta, "iiL", 0, 0,
                                            ((sample_object *)self)->time_us);
    PyObject *time = since ? PyNumber_Add(state->epoch, since) : NULL;

    (void)unused;
    Py_XDECREF(since);
    return time;
}

static PyMemberDef sample_members[] = {
    {"device", T_OBJECT_EX, offsetof(sample_object, device), READONLY,
     "Who measured; a gateway's meter: \"0x00135003007c2d12\"."},
    {"quantity", T_OBJECT_EX, offsetof(sample_object, quantity), READONLY,
     "What, \"power\"; see quantities()."},
    {"unit", T_OBJECT_EX, offsetof(sample_object, unit), READONLY,
     "SenML name of the unit, \"kW\"; \"\" when there is none."},
    {"value", T_OBJECT_EX, offsetof(sample_object, value), READONLY,
     "float (a measurement), int (a true count), bool or str."},
    {"time_us", T_LONGLONG, offsetof(sample_object, time_us), READONLY,
     "Microseconds since 1970-01-01T00:00:00Z."},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef sample_getset[] = {
    {"time", sample_time, NULL, "time_us as an aware datetime.", NULL},
    {"quality", sample_quality, NULL, "\"measured\", \"replaced\" or \"error\".", NULL},
    {"time_assumed", sample_time_assumed, NULL,
     "The device said no time: it is when the message arrived.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- as a value ---------------------------------------------------------------- */

/* The arguments that make the same sample again. */
static PyObject *sample_parts(PyObject *object)
{
    sample_object *self = (sample_object *)object;
    PyObject *quality = sample_quality(object, NULL);

    return Py_BuildValue("(OOOLONO)", self->device, self->quantity, self->value,
                         self->time_us, self->unit, quality,
                         self->flags & SHUB_TIME_ASSUMED ? Py_True : Py_False);
}

static PyObject *sample_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    return Py_BuildValue("(ON)", Py_TYPE(self), sample_parts(self));
}

static PyObject *sample_compare(PyObject *a, PyObject *b, int operation)
{
    PyObject *parts[2];
    PyObject *result = NULL;

    if (Py_TYPE(a) != Py_TYPE(b) || (operation != Py_EQ && operation != Py_NE))
        Py_RETURN_NOTIMPLEMENTED;
    parts[0] = sample_parts(a);
    parts[1] = sample_parts(b);
    if (parts[0] && parts[1])
        result = PyObject_RichCompare(parts[0], parts[1], operation);
    Py_XDECREF(parts[0]);
    Py_XDECREF(parts[1]);
    return result;
}

static Py_hash_t sample_hash(PyObject *self)
{
    PyObject *parts = sample_parts(self);
    Py_hash_t hash = parts ? PyObject_Hash(parts) : -1;

    Py_XDECREF(parts);
    return hash;
}

static PyObject *sample_repr(PyObject *object)
{
    sample_object *self = (sample_object *)object;
    PyObject *quality = sample_quality(object, NULL);
    PyObject *text = PyUnicode_FromFormat(
        "Sample(device=%R, quantity=%R, value=%R, time_us=%lld, unit=%R, quality=%R, "
        "time_assumed=%s)",
        self->device, self->quantity, self->value, self->time_us, self->unit, quality,
        self->flags & SHUB_TIME_ASSUMED ? "True" : "False");

    Py_DECREF(quality);
    return text;
}

static PyMethodDef sample_methods[] = {
    {"__reduce__", sample_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static const char sample_doc[] =
    "Sample(device, quantity, value, time_us, unit='', quality='measured', "
    "time_assumed=False)\n--\n\n"
    "This device measured this quantity at this time, and it was this value in this "
    "unit.";

static PyType_Slot sample_slots[] = {
    {Py_tp_new, sample_new},         {Py_tp_dealloc, sample_dealloc},
    {Py_tp_members, sample_members}, {Py_tp_getset, sample_getset},
    {Py_tp_methods, sample_methods}, {Py_tp_richcompare, sample_compare},
    {Py_tp_hash, sample_hash},       {Py_tp_repr, sample_repr},
    {Py_tp_doc, (void *)sample_doc}, {0, NULL},
};

static PyType_Spec sample_spec = {
    .name = "sensorhub.Sample",
    .basicsize = sizeof(sample_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = sample_slots,
};

/* ---- the quantity table -------------------------------------------------------- */

static const char *const kinds[] = {"none", "float", "int", "bool", "str"};

static PyStructSequence_Field quantity_fields[] = {
    {"name", "\"power\""},
    {"unit", "its usual unit, \"kW\"; \"\" when it has none"},
    {"what", "one line of English"},
    {"kind", "of its values: \"float\", \"int\", \"bool\", \"str\""},
    {"senml", "whether the unit is registered for SenML"},
    {"min", "values below are refused at append"},
    {"max", "values above are refused at append"},
    {NULL, NULL},
};

static PyStructSequence_Desc quantity_desc = {
    "sensorhub.Quantity", "A row of the table of quantities.", quantity_fields, 7};

static PyObject *quantity_make(core *state, const shub_quantity *row)
{
    PyObject *kind = word_of(kinds, sizeof kinds / sizeof kinds[0], row->kind);

    return PyObject_CallFunction((PyObject *)state->quantity, "((sssNOdd))", row->name,
                                 row->unit, row->what, kind,
                                 row->senml ? Py_True : Py_False, row->min, row->max);
}

static PyObject *quantities(PyObject *module, PyObject *unused)
{
    PyObject *list = PyList_New(0);
    const shub_quantity *row;

    (void)unused;
    for (size_t i = 0; list && (row = shub_quantity_at(i)) != NULL; i++) {
        PyObject *item = quantity_make(PyModule_GetState(module), row);

        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *find_quantity(PyObject *module, PyObject *name)
{
    const shub_quantity *row;
    shub_slice text;

    if (slice_of(name, "name", &text) < 0)
        return NULL;
    row = shub_quantity_find(text);
    if (!row)
        Py_RETURN_NONE;
    return quantity_make(PyModule_GetState(module), row);
}

static PyMethodDef functions[] = {
    {"quantities", quantities, METH_NOARGS,
     "quantities()\n--\n\nThe table of quantities, a list of Quantity in order of name."},
    {"find_quantity", find_quantity, METH_O,
     "find_quantity(name, /)\n--\n\n"
     "Row of the table for a quantity; None for unknown names, which are allowed."},
    {NULL, NULL, 0, NULL},
};

int sample_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_type(module, &sample_spec, 1, &state->sample) < 0 ||
        core_add_record(module, &quantity_desc, &state->quantity) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
