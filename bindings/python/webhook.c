/* Signed calls of other services. */
#include "core.h"

/* ---- memories of calls --------------------------------------------------------- */

typedef struct replay_object {
    PyObject_HEAD shub_webhook_replay *replay;
} replay_object;

static void replay_dealloc(PyObject *object)
{
    shub_webhook_replay_free(((replay_object *)object)->replay);
    object_free(object);
}

static PyObject *webhook_replay(PyObject *module, PyObject *args)
{
    core *state = PyModule_GetState(module);
    Py_ssize_t calls = 0;
    replay_object *self;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (!PyArg_ParseTuple(args, "|n:webhook_replay", &calls))
        return NULL;
    self = (replay_object *)PyType_GenericAlloc(state->replay, 0);
    if (!self)
        return NULL;
    status = shub_webhook_replay_new((size_t)calls, &self->replay, &err);
    if (status == SHUB_OK)
        return (PyObject *)self;
    Py_DECREF(self);
    return core_fail(state, status, &err);
}

static PyObject *replay_forget(PyObject *object, PyObject *id)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    shub_slice text;

    if (slice_of(id, "id", &text) < 0)
        return NULL;
    status = shub_webhook_replay_forget(((replay_object *)object)->replay, text, &err);
    if (status != SHUB_OK)
        return core_fail(core_of(object), status, &err);
    Py_RETURN_NONE;
}

static int replay_of(core *state, PyObject *object, shub_webhook_replay **replay)
{
    *replay = NULL;
    if (object == Py_None)
        return 0;
    if (!PyObject_TypeCheck(object, state->replay)) {
        PyErr_SetString(PyExc_TypeError, "replay: a WebhookReplay or None expected");
        return -1;
    }
    *replay = ((replay_object *)object)->replay;
    return 0;
}

/* ---- secrets ------------------------------------------------------------------- */

/* One more than are allowed, so that the library says so. */
typedef struct secrets {
    PyObject *tuple; /* what the slices borrow from */
    shub_slice slices[SHUB_WEBHOOK_MAX_SECRETS + 1];
    size_t count;
} secrets;

static int secret_of(PyObject *object, shub_slice *slice)
{
    char *bytes;
    Py_ssize_t len;

    if (PyUnicode_Check(object))
        return slice_of(object, "secret", slice);
    if (!PyBytes_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "a secret must be a str or bytes");
        return -1;
    }
    if (PyBytes_AsStringAndSize(object, &bytes, &len) < 0)
        return -1;
    *slice = shub_bytes(bytes, (size_t)len);
    return 0;
}

static void secrets_release(secrets *s)
{
    Py_CLEAR(s->tuple);
}

/* Of one secret or a sequence of them; to be released also after a failure. */
static int secrets_of(PyObject *object, secrets *s)
{
    int single = PyUnicode_Check(object) || PyBytes_Check(object);

    s->count = 0;
    s->tuple = single ? PyTuple_Pack(1, object) : PySequence_Tuple(object);
    for (Py_ssize_t i = 0; s->tuple && i < PyTuple_Size(s->tuple); i++) {
        if (s->count > SHUB_WEBHOOK_MAX_SECRETS)
            break;
        if (secret_of(PyTuple_GetItem(s->tuple, i), &s->slices[s->count++]) < 0)
            return -1;
    }
    return s->tuple ? 0 : -1;
}

/* ---- with a time --------------------------------------------------------------- */

static shub_slice slice_of_buffer(const Py_buffer *buffer)
{
    return shub_bytes(buffer->buf, (size_t)buffer->len);
}

static PyObject *done(PyObject *module, shub_status status, const shub_error *err)
{
    if (PyErr_Occurred())
        return NULL;
    if (status != SHUB_OK)
        return core_fail(PyModule_GetState(module), status, err);
    Py_RETURN_NONE;
}

static PyObject *text_or_fail(PyObject *module, const char *text, shub_status status,
                              const shub_error *err)
{
    if (PyErr_Occurred())
        return NULL;
    if (status != SHUB_OK)
        return core_fail(PyModule_GetState(module), status, err);
    return PyUnicode_FromString(text);
}

/* None: by the wall clock. */
static int now_of(PyObject *object, int64_t *now_us)
{
    *now_us = object == Py_None ? shub_now_us() : PyLong_AsLongLong(object);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *webhook_verify(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"header",    "body",   "secrets", "now_us",
                            "window_us", "replay", NULL};
    shub_webhook_options opts = SHUB_WEBHOOK_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = SHUB_OK;
    PyObject *given, *now = Py_None, *replay = Py_None;
    long long window_us = 0;
    Py_buffer header, body;
    char id[SHUB_WEBHOOK_ID_MAX] = "";
    secrets s;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "z*s*O|$OLO:webhook_verify", names,
                                     &header, &body, &given, &now, &window_us, &replay))
        return NULL;
    if (secrets_of(given, &s) == 0 && now_of(now, &opts.now_us) == 0 &&
        replay_of(PyModule_GetState(module), replay, &opts.replay) == 0) {
        opts.secrets = s.slices;
        opts.secret_count = s.count;
        opts.window_us = window_us;
        status = shub_webhook_verify(&opts, slice_of_buffer(&header),
                                     slice_of_buffer(&body), id, &err);
    }
    secrets_release(&s);
    PyBuffer_Release(&header);
    PyBuffer_Release(&body);
    return text_or_fail(module, id, status, &err);
}

static PyObject *webhook_sign(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"secret", "body", "now_us", NULL};
    char header[SHUB_WEBHOOK_SIGN_MAX] = "";
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = SHUB_OK;
    PyObject *now = Py_None;
    Py_buffer secret, body;
    int64_t now_us;
    size_t len;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s*s*|$O:webhook_sign", names, &secret,
                                     &body, &now))
        return NULL;
    if (now_of(now, &now_us) == 0)
        status =
            shub_webhook_sign(slice_of_buffer(&secret), now_us, slice_of_buffer(&body),
                              header, sizeof header, &len, &err);
    PyBuffer_Release(&secret);
    PyBuffer_Release(&body);
    return text_or_fail(module, header, status, &err);
}

/* ---- Pipe, Lambda -------------------------------------------------------------- */

static PyObject *webhook_pipe_verify(PyObject *module, PyObject *args)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = SHUB_OK;
    Py_buffer signature, url, json;
    PyObject *given;
    secrets s;

    if (!PyArg_ParseTuple(args, "z*s*s*O:webhook_pipe_verify", &signature, &url, &json,
                          &given))
        return NULL;
    if (secrets_of(given, &s) == 0)
        status = shub_webhook_pipe_verify(s.slices, s.count, slice_of_buffer(&url),
                                          slice_of_buffer(&json),
                                          slice_of_buffer(&signature), &err);
    secrets_release(&s);
    PyBuffer_Release(&signature);
    PyBuffer_Release(&url);
    PyBuffer_Release(&json);
    return done(module, status, &err);
}

static PyObject *webhook_pipe_sign(PyObject *module, PyObject *args)
{
    char signature[SHUB_WEBHOOK_PIPE_MAX];
    shub_error err = SHUB_ERROR_INIT;
    Py_buffer secret, url, json;
    shub_status status;

    if (!PyArg_ParseTuple(args, "s*s*s*:webhook_pipe_sign", &secret, &url, &json))
        return NULL;
    status = shub_webhook_pipe_sign(slice_of_buffer(&secret), slice_of_buffer(&url),
                                    slice_of_buffer(&json), signature, &err);
    PyBuffer_Release(&secret);
    PyBuffer_Release(&url);
    PyBuffer_Release(&json);
    return text_or_fail(module, signature, status, &err);
}

static PyObject *webhook_lambda_verify(PyObject *module, PyObject *args)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = SHUB_OK;
    Py_buffer signature, document;
    PyObject *given;
    secrets s;

    if (!PyArg_ParseTuple(args, "z*s*O:webhook_lambda_verify", &signature, &document,
                          &given))
        return NULL;
    if (secrets_of(given, &s) == 0)
        status = shub_webhook_lambda_verify(s.slices, s.count, slice_of_buffer(&document),
                                            slice_of_buffer(&signature), &err);
    secrets_release(&s);
    PyBuffer_Release(&signature);
    PyBuffer_Release(&document);
    return done(module, status, &err);
}

static PyObject *webhook_lambda_sign(PyObject *module, PyObject *args)
{
    char signature[SHUB_WEBHOOK_LAMBDA_MAX];
    shub_error err = SHUB_ERROR_INIT;
    Py_buffer secret, document;
    shub_status status;

    if (!PyArg_ParseTuple(args, "s*s*:webhook_lambda_sign", &secret, &document))
        return NULL;
    status = shub_webhook_lambda_sign(slice_of_buffer(&secret),
                                      slice_of_buffer(&document), signature, &err);
    PyBuffer_Release(&secret);
    PyBuffer_Release(&document);
    return text_or_fail(module, signature, status, &err);
}

static PyObject *field_of(core *state, shub_slice body, shub_slice name)
{
    char *field = PyMem_Malloc(body.len + 1);
    shub_error err = SHUB_ERROR_INIT;
    PyObject *bytes;
    shub_status status;
    size_t len;

    if (!field)
        return PyErr_NoMemory();
    status = shub_webhook_form_field(body, name, field, body.len + 1, &len, &err);
    bytes = status == SHUB_OK ? PyBytes_FromStringAndSize(field, (Py_ssize_t)len)
                              : core_fail(state, status, &err);
    PyMem_Free(field);
    return bytes;
}

static PyObject *webhook_form_field(PyObject *module, PyObject *args)
{
    Py_buffer body, name;
    PyObject *field;

    if (!PyArg_ParseTuple(args, "s*s*:webhook_form_field", &body, &name))
        return NULL;
    field = field_of(PyModule_GetState(module), slice_of_buffer(&body),
                     slice_of_buffer(&name));
    PyBuffer_Release(&body);
    PyBuffer_Release(&name);
    return field;
}

/* ---- the module's part --------------------------------------------------------- */

static PyMethodDef replay_methods[] = {
    {"forget", replay_forget, METH_O,
     "forget($self, id, /)\n--\n\n"
     "Forgets a call that could not be handled, by the id that webhook_verify() "
     "returned: "
     "a copy of it is taken."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot replay_slots[] = {
    {Py_tp_dealloc, replay_dealloc},
    {Py_tp_methods, replay_methods},
    {Py_tp_doc,
     "Remembers calls, so that none is taken twice; made by webhook_replay()."},
    {0, NULL},
};

static PyType_Spec replay_spec = {
    .name = "sensorhub.WebhookReplay",
    .basicsize = sizeof(replay_object),
    .flags = HIDDEN_FLAGS,
    .slots = replay_slots,
};

static PyMethodDef functions[] = {
    {"webhook_verify", FAST(webhook_verify), METH_VARARGS | METH_KEYWORDS,
     "webhook_verify(header, body, secrets, *, now_us=None, window_us=0, replay=None)"
     "\n--\n\n"
     "Verifies a call by its header \"t=...,v1=...\"; raises when it is not signed by "
     "one "
     "of `secrets`, is older or newer than the window, or was taken before. Returns an "
     "id "
     "that copies of the call share."},
    {"webhook_sign", FAST(webhook_sign), METH_VARARGS | METH_KEYWORDS,
     "webhook_sign(secret, body, *, now_us=None)\n--\n\n"
     "The header of a call signed now: \"t=...,v1=...\"."},
    {"webhook_replay", webhook_replay, METH_VARARGS,
     "webhook_replay(calls=0, /)\n--\n\n"
     "A WebhookReplay that holds as many calls within two windows, 65536 for 0; the "
     "process's own."},
    {"webhook_pipe_verify", webhook_pipe_verify, METH_VARARGS,
     "webhook_pipe_verify(signature, url, json, secrets, /)\n--\n\n"
     "Verifies a call of Pipe's by X-Pipe-Signature, the URL as entered there, and the "
     "JSON as it was sent."},
    {"webhook_pipe_sign", webhook_pipe_sign, METH_VARARGS,
     "webhook_pipe_sign(secret, url, json, /)\n--\n\nSigns as Pipe does."},
    {"webhook_lambda_verify", webhook_lambda_verify, METH_VARARGS,
     "webhook_lambda_verify(signature, document, secrets, /)\n--\n\n"
     "Verifies a JSON:API document by X-AWS-LAMBDA-HMAC-SIG."},
    {"webhook_lambda_sign", webhook_lambda_sign, METH_VARARGS,
     "webhook_lambda_sign(secret, document, /)\n--\n\nSigns as Lookit's Lambda does."},
    {"webhook_form_field", webhook_form_field, METH_VARARGS,
     "webhook_form_field(body, name, /)\n--\n\n"
     "The first field of a name in a form, as bytes."},
    {NULL, NULL, 0, NULL},
};

int webhook_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_type(module, &replay_spec, 1, &state->replay) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
