/* What sensors say over the air: decode, decoders, and settings and commands back. */
#include "core.h"

/* ---- decoders ------------------------------------------------------------------ */

static PyStructSequence_Field decoder_fields[] = {
    {"name", "\"elsys\""},
    {"vendor", "\"ELSYS\""},
    {"what", "which devices, which values"},
    {"document", "what it was written from"},
    {"port", "FPort such devices use; None: any"},
    {"keeps_part", "whether samples before an error stay appended"},
    {NULL, NULL},
};

static PyStructSequence_Desc decoder_desc = {
    "sensorhub.Decoder", "A decoder: built in, or one of register_decoder.",
    decoder_fields, 6};

static PyObject *decoder_make(core *state, const shub_decoder *d)
{
    return PyObject_CallFunction(
        (PyObject *)state->decoder, "((ssssNO))", d->name, d->vendor, d->what,
        d->document, int_or_none(d->port, SHUB_NONE), d->keeps_part ? Py_True : Py_False);
}

static PyObject *decoders(PyObject *module, PyObject *unused)
{
    core *state = PyModule_GetState(module);
    PyObject *list = PyList_New(0);
    const shub_decoder *d;

    (void)unused;
    for (size_t i = 0; list && (d = shub_decoder_at(state->registry, i)) != NULL; i++) {
        PyObject *item = decoder_make(state, d);

        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

/* ---- a decoder in Python ------------------------------------------------------- */

static PyStructSequence_Field frame_fields[] = {
    {"payload", "bytes of the device"},
    {"device", "of the samples"},
    {"time_us", "when the network received it"},
    {"port", "FPort; None: not known"},
    {"rate", "data rate, \"SF9BW125\"; \"\" when not known"},
    {"time_assumed", "the device said no time: time_us is when the message arrived"},
    {NULL, NULL},
};

static PyStructSequence_Desc frame_desc = {
    "sensorhub.Frame", "A payload and what the network says about it.", frame_fields, 6};

struct own_decoder {
    struct own_decoder *next;
    core *state;
    PyObject *function;
};

void payload_clear(core *state)
{
    for (struct own_decoder *own = state->own_decoders; own; own = own->next)
        Py_CLEAR(own->function);
}

int payload_traverse(core *state, visitproc visit, void *arg)
{
    for (struct own_decoder *own = state->own_decoders; own; own = own->next)
        Py_VISIT(own->function);
    return 0;
}

void payload_free(core *state)
{
    struct own_decoder *own = state->own_decoders;

    while (own) {
        struct own_decoder *next = own->next;

        PyMem_Free(own);
        own = next;
    }
    shub_registry_free(state->registry);
}

static PyObject *call_own(const struct own_decoder *own, const shub_frame *f)
{
    PyObject *function = Py_XNewRef(own->function);
    PyObject *frame = PyObject_CallFunction(
        (PyObject *)own->state->frame, "((y#NLNNO))", f->payload.ptr,
        (Py_ssize_t)f->payload.len, str_of(f->device), (long long)f->time_us,
        int_or_none(f->port, 0), str_of(f->rate),
        f->flags & SHUB_TIME_ASSUMED ? Py_True : Py_False);
    PyObject *samples =
        frame && function ? PyObject_CallFunctionObjArgs(function, frame, NULL) : NULL;
    PyObject *iterator = samples ? PyObject_GetIter(samples) : NULL;

    Py_XDECREF(samples);
    Py_XDECREF(frame);
    Py_XDECREF(function);
    return iterator;
}

static shub_status append_one(core *state, PyObject *object, shub_batch *batch,
                              shub_error *err)
{
    shub_sample sample;

    if (Py_TYPE(object) != state->sample) {
        PyErr_SetString(PyExc_TypeError, "a decoder returns Samples");
        return SHUB_E_INVALID;
    }
    if (sample_of(object, &sample) < 0)
        return SHUB_E_INVALID;
    return shub_batch_append(batch, &sample, err);
}

/* What the function raises stays pending; the status then only takes back the rows. */
static shub_status decode_own(const shub_frame *frame, shub_batch *batch, void *user,
                              shub_error *err)
{
    const struct own_decoder *own = user;
    PyObject *iterator = call_own(own, frame);
    shub_status status = SHUB_OK;
    PyObject *object;

    while (!status && iterator && (object = PyIter_Next(iterator)) != NULL) {
        status = append_one(own->state, object, batch, err);
        Py_DECREF(object);
    }
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? SHUB_E_INVALID : status;
}

/* 0, or -1 with the exception. */
static int add_own(core *state, shub_decoder *decoder, PyObject *function)
{
    struct own_decoder *own = PyMem_Calloc(1, sizeof *own);
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = SHUB_OK;

    if (!own) {
        PyErr_NoMemory();
        return -1;
    }
    own->state = state;
    decoder->decode = decode_own;
    decoder->user = own;
    if (!state->registry)
        status = shub_registry_new(&state->registry, &err);
    if (status == SHUB_OK)
        status = shub_decoder_register(state->registry, decoder, &err);
    if (status != SHUB_OK) {
        PyMem_Free(own);
        core_fail(state, status, &err);
        return -1;
    }
    own->function = Py_NewRef(function);
    own->next = state->own_decoders;
    state->own_decoders = own;
    return 0;
}

/* Converter of O&: an int of 32 bits; None leaves what is there. */
static int port_or_none(PyObject *object, void *out)
{
    long port;

    if (object == Py_None)
        return 1;
    port = PyLong_AsLong(object);
    if (port == -1 && PyErr_Occurred())
        return 0;
    if (port < INT32_MIN || port > INT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "port is no int of 32 bits");
        return 0;
    }
    *(int32_t *)out = (int32_t)port;
    return 1;
}

static PyObject *register_decoder(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"",         "",     "vendor",     "what",
                            "document", "port", "keeps_part", NULL};
    core *state = PyModule_GetState(module);
    shub_decoder decoder = SHUB_DECODER_INIT;
    PyObject *function;
    int keeps_part = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "sO|$sssO&p:register_decoder", names,
                                     &decoder.name, &function, &decoder.vendor,
                                     &decoder.what, &decoder.document, port_or_none,
                                     &decoder.port, &keeps_part))
        return NULL;
    if (!PyCallable_Check(function)) {
        PyErr_SetString(PyExc_TypeError, "a decoder must be callable");
        return NULL;
    }
    decoder.keeps_part = keeps_part;
    if (add_own(state, &decoder, function) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- decode -------------------------------------------------------------------- */

PyObject *payload_decode(core *state, const char *name, const shub_frame *frame,
                         PyObject *batch)
{
    const shub_decoder *decoder = shub_decoder_find(state->registry, shub_str(name));
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t rows;

    if (handle_begin((handle *)batch) < 0)
        return NULL;
    rows = shub_batch_count(batch_ptr(batch));
    status = shub_decode(decoder, frame, batch_ptr(batch), &err);
    rows = shub_batch_count(batch_ptr(batch)) - rows;
    if (status == SHUB_E_NOT_FOUND && !decoder)
        (void)PyOS_snprintf(err.message, sizeof err.message, "no decoder '%.64s'", name);
    if (handle_end((handle *)batch, status, &err) == 0)
        return Py_NewRef(batch);
    if (rows)
        core_fail_attribute("batch", Py_NewRef(batch));
    return NULL;
}

static int frame_of(PyObject *device, PyObject *time_us, PyObject *rate,
                    const Py_buffer *payload, shub_frame *frame)
{
    if (!device || !time_us) {
        PyErr_SetString(PyExc_TypeError, "decode() wants device and time_us");
        return -1;
    }
    frame->payload = shub_bytes(payload->buf, (size_t)payload->len);
    frame->time_us = PyLong_AsLongLong(time_us);
    if (PyErr_Occurred() || slice_of(device, "device", &frame->device) < 0)
        return -1;
    return slice_of(rate, "rate", &frame->rate);
}

static PyObject *decode(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {
        "", "", "device", "time_us", "port", "rate", "time_assumed", "batch", NULL};
    core *state = PyModule_GetState(module);
    shub_frame frame = SHUB_FRAME_INIT;
    PyObject *device = NULL;
    PyObject *time_us = NULL;
    PyObject *rate = state->empty;
    PyObject *batch = NULL;
    PyObject *result = NULL;
    Py_buffer payload;
    int time_assumed = 0;
    const char *name;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "sy*|$OOO&OpO:decode", names, &name,
                                     &payload, &device, &time_us, port_or_none,
                                     &frame.port, &rate, &time_assumed, &batch))
        return NULL;
    frame.flags = time_assumed ? SHUB_TIME_ASSUMED : 0;
    if (frame_of(device, time_us, rate, &payload, &frame) == 0 &&
        (batch = batch_or_new(state, batch)) != NULL) {
        result = payload_decode(state, name, &frame, batch);
        Py_DECREF(batch);
    }
    PyBuffer_Release(&payload);
    return result;
}

/* ---- downlinks ----------------------------------------------------------------- */

static PyStructSequence_Field downlink_fields[] = {
    {"port", "FPort it goes to"}, {"payload", "bytes for the device"}, {NULL, NULL}};

static PyStructSequence_Desc downlink_desc = {"sensorhub.Downlink", "Bytes for a device.",
                                              downlink_fields, 2};

static PyObject *downlink_make(core *state, shub_status status, const shub_downlink *d,
                               const shub_error *err)
{
    if (status != SHUB_OK)
        return core_fail(state, status, err);
    return PyObject_CallFunction((PyObject *)state->downlink, "((iy#))", (int)d->port,
                                 d->dst, (Py_ssize_t)d->len);
}

static PyObject *ers_settings(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"rate", "rx_port", NULL};
    unsigned char bytes[SHUB_DOWNLINK_MAX];
    shub_downlink d = {bytes, sizeof bytes, 0, 0, 0};
    shub_error err = SHUB_ERROR_INIT;
    const char *rate;
    int rx_port = 5;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|i:ers_settings", names, &rate,
                                     &rx_port))
        return NULL;
    return downlink_make(PyModule_GetState(module),
                         shub_ers_settings(shub_str(rate), rx_port, &d, &err), &d, &err);
}

/* An array for what a mapping has, `item` bytes each, and its items as a list of pairs.
 */
static void *array_of(PyObject *mapping, size_t item, PyObject **pairs, size_t *count)
{
    Py_ssize_t len;
    void *array;

    *pairs = PyMapping_Items(mapping);
    len = *pairs ? PyList_Size(*pairs) : -1;
    if (len < 0)
        return NULL;
    *count = (size_t)len;
    array = PyMem_Calloc(*count + 1, item);
    if (!array) {
        PyErr_NoMemory();
        Py_CLEAR(*pairs);
    }
    return array;
}

static PyObject *elsys_settings(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"settings", "rx_port", NULL};
    unsigned char bytes[SHUB_DOWNLINK_MAX];
    shub_downlink d = {bytes, sizeof bytes, 0, 0, 0};
    shub_error err = SHUB_ERROR_INIT;
    PyObject *mapping, *pairs;
    PyObject *result = NULL;
    shub_elsys_setting *all;
    size_t count = 0;
    int rx_port = 5;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|i:elsys_settings", names, &mapping,
                                     &rx_port))
        return NULL;
    all = array_of(mapping, sizeof *all, &pairs, &count);
    if (!all)
        return NULL;
    for (size_t i = 0; i < count && !PyErr_Occurred(); i++) {
        PyObject *pair = PyList_GetItem(pairs, (Py_ssize_t)i);

        if (slice_of(PyTuple_GetItem(pair, 0), "name", &all[i].name) == 0)
            all[i].value = PyLong_AsLongLong(PyTuple_GetItem(pair, 1));
    }
    if (!PyErr_Occurred())
        result =
            downlink_make(PyModule_GetState(module),
                          shub_elsys_settings(all, count, rx_port, &d, &err), &d, &err);
    PyMem_Free(all);
    Py_DECREF(pairs);
    return result;
}

static PyObject *cayenne_downlink(PyObject *module, PyObject *args)
{
    unsigned char bytes[SHUB_DOWNLINK_MAX];
    shub_downlink d = {bytes, sizeof bytes, 0, 0, 0};
    shub_error err = SHUB_ERROR_INIT;
    PyObject *mapping, *pairs;
    PyObject *result = NULL;
    shub_cayenne_value *all;
    size_t count = 0;
    int port;

    if (!PyArg_ParseTuple(args, "Oi:cayenne_downlink", &mapping, &port))
        return NULL;
    all = array_of(mapping, sizeof *all, &pairs, &count);
    if (!all)
        return NULL;
    for (size_t i = 0; i < count && !PyErr_Occurred(); i++)
        (void)PyArg_ParseTuple(PyList_GetItem(pairs, (Py_ssize_t)i), "id",
                               &all[i].channel, &all[i].value);
    if (!PyErr_Occurred())
        result =
            downlink_make(PyModule_GetState(module),
                          shub_cayenne_downlink(all, count, port, &d, &err), &d, &err);
    PyMem_Free(all);
    Py_DECREF(pairs);
    return result;
}

static PyObject *osm_command(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", "confirmed", NULL};
    unsigned char bytes[SHUB_DOWNLINK_MAX];
    shub_downlink d = {bytes, sizeof bytes, 0, 0, 0};
    shub_error err = SHUB_ERROR_INIT;
    const char *command;
    int confirmed = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|p:osm_command", names, &command,
                                     &confirmed))
        return NULL;
    return downlink_make(PyModule_GetState(module),
                         shub_osm_command(shub_str(command), confirmed, &d, &err), &d,
                         &err);
}

/* Converter of O&: an int of 16 bits. */
static int number16(PyObject *object, void *out)
{
    long value = PyLong_AsLong(object);

    if (value == -1 && PyErr_Occurred())
        return 0;
    if (value < 0 || value > UINT16_MAX) {
        PyErr_SetString(PyExc_ValueError, "a number of 0 to 65535 is wanted");
        return 0;
    }
    *(uint16_t *)out = (uint16_t)value;
    return 1;
}

static PyObject *firmware(PyObject *module, PyObject *object,
                          shub_status write(uint16_t, shub_downlink *, shub_error *))
{
    unsigned char bytes[SHUB_DOWNLINK_MAX];
    shub_downlink d = {bytes, sizeof bytes, 0, 0, 0};
    shub_error err = SHUB_ERROR_INIT;
    uint16_t number;

    if (!number16(object, &number))
        return NULL;
    return downlink_make(PyModule_GetState(module), write(number, &d, &err), &d, &err);
}

static PyObject *osm_firmware_begin(PyObject *module, PyObject *chunks)
{
    return firmware(module, chunks, shub_osm_firmware_begin);
}

static PyObject *osm_firmware_end(PyObject *module, PyObject *crc)
{
    return firmware(module, crc, shub_osm_firmware_end);
}

static PyObject *osm_firmware_chunk(PyObject *module, PyObject *args)
{
    unsigned char bytes[SHUB_DOWNLINK_MAX];
    shub_downlink d = {bytes, sizeof bytes, 0, 0, 0};
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    Py_buffer chunk;
    uint16_t number;

    if (!PyArg_ParseTuple(args, "O&y*:osm_firmware_chunk", number16, &number, &chunk))
        return NULL;
    status = shub_osm_firmware_chunk(number, shub_bytes(chunk.buf, (size_t)chunk.len), &d,
                                     &err);
    PyBuffer_Release(&chunk);
    return downlink_make(PyModule_GetState(module), status, &d, &err);
}

static PyMethodDef functions[] = {
    {"decoders", decoders, METH_NOARGS,
     "decoders()\n--\n\nEvery decoder, the built-in ones first: a list of Decoder."},
    {"decode", FAST(decode), METH_VARARGS | METH_KEYWORDS,
     "decode(decoder, payload, /, *, device, time_us, port=0, rate='', "
     "time_assumed=False, batch=None)\n--\n\n"
     "Appends the samples of a payload, which the decoder of that name reads, to the "
     "batch "
     "or a new one, and returns it. What a decoder with keeps_part read before an error "
     "stays in the batch; the exception's `batch` is that one."},
    {"register_decoder", FAST(register_decoder), METH_VARARGS | METH_KEYWORDS,
     "register_decoder(name, function, /, *, vendor='', what='', document='', port=None, "
     "keeps_part=False)\n--\n\n"
     "Makes a decoder known to this process: function(frame) returns Samples, or "
     "raises."},
    {"ers_settings", FAST(ers_settings), METH_VARARGS | METH_KEYWORDS,
     "ers_settings(rate, rx_port=5)\n--\n\n"
     "A Downlink that lets an ERS CO2 send as Clair wants at a data rate."},
    {"elsys_settings", FAST(elsys_settings), METH_VARARGS | METH_KEYWORDS,
     "elsys_settings(settings, rx_port=5)\n--\n\n"
     "A Downlink with settings by the vendor's names: {'splPer': 600}."},
    {"cayenne_downlink", cayenne_downlink, METH_VARARGS,
     "cayenne_downlink(values, port, /)\n--\n\n"
     "A Downlink with values by channel: {2: -50.51}."},
    {"osm_command", FAST(osm_command), METH_VARARGS | METH_KEYWORDS,
     "osm_command(command, /, confirmed=False)\n--\n\n"
     "A Downlink with a command line for an Open Smart Monitor."},
    {"osm_firmware_begin", osm_firmware_begin, METH_O,
     "osm_firmware_begin(chunks, /)\n--\n\nA Downlink: so many chunks come."},
    {"osm_firmware_chunk", osm_firmware_chunk, METH_VARARGS,
     "osm_firmware_chunk(number, data, /)\n--\n\nA Downlink: a chunk, counted from 0."},
    {"osm_firmware_end", osm_firmware_end, METH_O,
     "osm_firmware_end(crc, /)\n--\n\nA Downlink: the CRC of all chunks."},
    {NULL, NULL, 0, NULL},
};

int payload_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_record(module, &decoder_desc, &state->decoder) < 0 ||
        core_add_record(module, &frame_desc, &state->frame) < 0 ||
        core_add_record(module, &downlink_desc, &state->downlink) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
