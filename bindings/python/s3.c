/* Requests to S3, signed. */
#include "s3.h"

static PyStructSequence_Field signature_fields[] = {
    {"authorization", "The header Authorization."},
    {"date", "The header x-amz-date."},
    {NULL, NULL},
};

static PyStructSequence_Desc signature_desc = {
    .name = "sensorhub.S3Signature",
    .doc = "What a signed request is sent with, besides the headers that were signed.",
    .fields = signature_fields,
    .n_in_sequence = 2,
};

void pairs_free(pairs *p)
{
    PyMem_Free(p->at);
    Py_XDECREF(p->items);
    memset(p, 0, sizeof *p);
}

int attribute_or_null(PyObject *object, const char *name, PyObject **value)
{
    *value = PyObject_GetAttrString(object, name);
    if (*value)
        return 0;
    if (!PyErr_ExceptionMatches(PyExc_AttributeError))
        return -1;
    PyErr_Clear();
    return 0;
}

/* Items of a mapping, or of a sequence, in a list. */
static PyObject *list_of(PyObject *given)
{
    PyObject *items;
    PyObject *view;
    PyObject *list;

    if (attribute_or_null(given, "items", &items) < 0)
        return NULL;
    if (!items)
        return PySequence_List(given);
    view = PyObject_CallNoArgs(items);
    list = view ? PySequence_List(view) : NULL;
    Py_XDECREF(view);
    Py_DECREF(items);
    return list;
}

/* Makes a tuple of each item, so that no code of the caller's runs while texts are
 * borrowed. */
static PyObject *frozen(PyObject *given)
{
    PyObject *list = list_of(given);
    PyObject *tuple = NULL;

    for (Py_ssize_t i = 0; list && i < PyList_Size(list); i++) {
        PyObject *item = PySequence_Tuple(PyList_GetItem(list, i));

        if (!item || PyList_SetItem(list, i, item) < 0)
            Py_CLEAR(list);
    }
    if (list)
        tuple = PyList_AsTuple(list);
    Py_XDECREF(list);
    return tuple;
}

static int pair_of(PyObject *item, const char *what, shub_s3_pair *pair)
{
    if (PyTuple_Size(item) != 2) {
        PyErr_Format(PyExc_TypeError, "%s must be pairs of name and value", what);
        return -1;
    }
    if (slice_of(PyTuple_GetItem(item, 0), "a name", &pair->name) < 0)
        return -1;
    return slice_of(PyTuple_GetItem(item, 1), "a value", &pair->value);
}

int pairs_read(PyObject *given, const char *what, pairs *p)
{
    memset(p, 0, sizeof *p);
    p->items = given && given != Py_None ? frozen(given) : PyTuple_New(0);
    if (!p->items)
        return -1;
    p->count = (size_t)PyTuple_Size(p->items);
    p->at = PyMem_Calloc(p->count + 1, sizeof *p->at);
    if (!p->at) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < p->count; i++)
        if (pair_of(PyTuple_GetItem(p->items, (Py_ssize_t)i), what, &p->at[i]) < 0)
            return -1;
    return 0;
}

/* What both calls take. */
typedef struct signing {
    const char *texts[5]; /* access key, secret key, session token, region, service */
    PyObject *time_us;
    long long expires_s;
    PyObject *headers;
} signing;

/* Format strings know no keyword that must be given. 0 or -1. */
static int options_of(const signing *s, shub_s3_sign_options *opts)
{
    if (!s->texts[0] || !s->texts[1] || !s->time_us) {
        PyErr_SetString(PyExc_TypeError,
                        "access_key, secret_key and time_us must be given");
        return -1;
    }
    opts->access_key = shub_str(s->texts[0]);
    opts->secret_key = shub_str(s->texts[1]);
    opts->session_token = shub_str(s->texts[2]);
    opts->region = shub_str(s->texts[3]);
    opts->service = shub_str(s->texts[4]);
    opts->time_us = PyLong_AsLongLong(s->time_us);
    opts->expires_s = s->expires_s;
    return opts->time_us == -1 && PyErr_Occurred() ? -1 : 0;
}

static PyObject *signature_of(core *state, const shub_s3_signature *signature)
{
    PyObject *record = PyStructSequence_New(state->s3_signature);
    PyObject *authorization = PyUnicode_FromString(signature->authorization);
    PyObject *date = PyUnicode_FromString(signature->date);

    if (!record || !authorization || !date) {
        Py_XDECREF(record);
        Py_XDECREF(authorization);
        Py_XDECREF(date);
        return NULL;
    }
    PyStructSequence_SetItem(record, 0, authorization);
    PyStructSequence_SetItem(record, 1, date);
    return record;
}

static PyObject *s3_sign(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {
        "method",        "url",    "payload", "access_key", "secret_key", "time_us",
        "session_token", "region", "service", "headers",    NULL};
    shub_s3_sign_options opts = SHUB_S3_SIGN_OPTIONS_INIT;
    shub_s3_signature signature = SHUB_S3_SIGNATURE_INIT;
    core *state = PyModule_GetState(module);
    shub_error err = SHUB_ERROR_INIT;
    const char *method, *url, *payload;
    signing s = {{NULL}, NULL, 0, NULL};
    PyObject *result = NULL;
    shub_status status;
    pairs headers;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "sss|$ssOzzzO:s3_sign", names, &method,
                                     &url, &payload, &s.texts[0], &s.texts[1], &s.time_us,
                                     &s.texts[2], &s.texts[3], &s.texts[4], &s.headers) ||
        options_of(&s, &opts) < 0)
        return NULL;
    if (pairs_read(s.headers, "headers", &headers) == 0) {
        status = shub_s3_sign(&opts, shub_str(method), shub_str(url), headers.at,
                              headers.count, shub_str(payload), &signature, &err);
        result = status == SHUB_OK ? signature_of(state, &signature)
                                   : core_fail(state, status, &err);
    }
    pairs_free(&headers);
    return result;
}

static PyObject *s3_presign(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {
        "method",        "url",    "access_key", "secret_key", "time_us", "expires_s",
        "session_token", "region", "service",    "headers",    NULL};
    shub_s3_sign_options opts = SHUB_S3_SIGN_OPTIONS_INIT;
    core *state = PyModule_GetState(module);
    shub_error err = SHUB_ERROR_INIT;
    char presigned[SHUB_S3_URL_MAX];
    signing s = {{NULL}, NULL, 0, NULL};
    PyObject *result = NULL;
    const char *method, *url;
    shub_status status;
    pairs headers;
    size_t len;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ss|$ssOLzzzO:s3_presign", names,
                                     &method, &url, &s.texts[0], &s.texts[1], &s.time_us,
                                     &s.expires_s, &s.texts[2], &s.texts[3], &s.texts[4],
                                     &s.headers) ||
        options_of(&s, &opts) < 0)
        return NULL;
    if (pairs_read(s.headers, "headers", &headers) == 0) {
        status = shub_s3_presign(&opts, shub_str(method), shub_str(url), headers.at,
                                 headers.count, presigned, sizeof presigned, &len, &err);
        result = status == SHUB_OK
                     ? PyUnicode_FromStringAndSize(presigned, (Py_ssize_t)len)
                     : core_fail(state, status, &err);
    }
    pairs_free(&headers);
    return result;
}

static PyMethodDef functions[] = {
    {"s3_sign", FAST(s3_sign), METH_VARARGS | METH_KEYWORDS,
     "s3_sign(method, url, payload, *, access_key, secret_key, time_us, "
     "session_token=None, region=None, service=None, headers=())\n--\n\n"
     "Signs a request (Signature Version 4). payload: hexadecimal SHA-256 of the body, "
     "or "
     "\"UNSIGNED-PAYLOAD\", which is sent as x-amz-content-sha256."},
    {"s3_presign", FAST(s3_presign), METH_VARARGS | METH_KEYWORDS,
     "s3_presign(method, url, *, access_key, secret_key, time_us, expires_s=0, "
     "session_token=None, region=None, service=None, headers=())\n--\n\n"
     "A URL that carries its own signature, which makes it a secret. expires_s: 0 is "
     "900."},
    {NULL, NULL, 0, NULL},
};

int s3_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_record(module, &signature_desc, &state->s3_signature) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
