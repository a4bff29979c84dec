/* Batches as CSV, line protocol, SenML, Arrow and numpy arrays, and back. */
#include "core.h"

/* ---- text out ------------------------------------------------------------------- */

typedef shub_status encode_fn(shub_batch *batch, const void *opts, shub_slice *text,
                              shub_error *err);

static PyObject *encode(PyObject *self, encode_fn *fn, const void *opts)
{
    shub_slice text = {NULL, 0};
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    PyObject *bytes = NULL;

    if (handle_begin((handle *)self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = fn(batch_ptr(self), opts, &text, &err);
    Py_END_ALLOW_THREADS
    if (status == SHUB_OK)
        bytes = PyBytes_FromStringAndSize(text.ptr, (Py_ssize_t)text.len);
    if (handle_end((handle *)self, status, &err) < 0)
        Py_CLEAR(bytes);
    return bytes;
}

static shub_status encode_jsonl(shub_batch *batch, const void *opts, shub_slice *text,
                                shub_error *err)
{
    (void)opts;
    return shub_batch_to_jsonl(batch, text, err);
}

static shub_status encode_csv(shub_batch *batch, const void *opts, shub_slice *text,
                              shub_error *err)
{
    return shub_batch_to_csv(batch, opts, text, err);
}

static shub_status encode_influx(shub_batch *batch, const void *opts, shub_slice *text,
                                 shub_error *err)
{
    return shub_batch_to_influx(batch, opts, text, err);
}

static shub_status encode_senml(shub_batch *batch, const void *opts, shub_slice *text,
                                shub_error *err)
{
    return shub_batch_to_senml(batch, opts, text, err);
}

PyObject *batch_to_jsonl(PyObject *self, PyObject *unused)
{
    (void)unused;
    return encode(self, encode_jsonl, NULL);
}

/* The place of a word in an option; NULL leaves it as it is. 0 or -1. */
static int read_choice(PyObject *self, const char *what, const char *text,
                       const char *const *names, int32_t *out)
{
    int place = *out;

    if (text && choice_of(core_of(self), what, text, names, &place) < 0)
        return -1;
    *out = place;
    return 0;
}

PyObject *batch_to_csv(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"layout", "no_header", "lf", NULL};
    static const char *const layouts[] = {"long", "wide", NULL};
    shub_csv_options opts = SHUB_CSV_OPTIONS_INIT;
    const char *layout = NULL;
    int no_header = 0;
    int lf = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$spp:to_csv", names, &layout,
                                     &no_header, &lf) ||
        read_choice(self, "layout", layout, layouts, &opts.layout) < 0)
        return NULL;
    opts.no_header = no_header;
    opts.lf = lf;
    return encode(self, encode_csv, &opts);
}

/* ---- line protocol -------------------------------------------------------------- */

static const char *const precisions[] = {"ns", "us", "ms", "s", NULL};
static const char *const namings[] = {"fields", "chirpstack", NULL};

/* Options that are not plain values; what the tags borrow is kept. */
typedef struct influx_arguments {
    PyObject *measurement, *device_tag, *tags;
    const char *precision, *naming;
    PyObject *items; /* list of (key, value) */
    shub_tag list[SHUB_INFLUX_TAGS_MAX];
} influx_arguments;

static int read_tags(influx_arguments *a, shub_influx_options *opts)
{
    a->items = PyMapping_Items(a->tags);
    if (!a->items)
        return -1;
    for (Py_ssize_t i = 0; i < PyList_Size(a->items); i++) {
        PyObject *item = PyList_GetItem(a->items, i);
        shub_tag *tag = &a->list[i];

        if (i == SHUB_INFLUX_TAGS_MAX) {
            PyErr_Format(PyExc_ValueError, "more than %d tags", SHUB_INFLUX_TAGS_MAX);
            return -1;
        }
        if (slice_of(PyTuple_GetItem(item, 0), "key of a tag", &tag->key) < 0 ||
            slice_of(PyTuple_GetItem(item, 1), "value of a tag", &tag->value) < 0)
            return -1;
    }
    opts->tags = a->list;
    opts->tag_count = (size_t)PyList_Size(a->items);
    return 0;
}

static int read_influx(PyObject *self, influx_arguments *a, shub_influx_options *opts)
{
    if ((a->measurement &&
         slice_of(a->measurement, "measurement", &opts->measurement) < 0) ||
        (a->device_tag && slice_of(a->device_tag, "device_tag", &opts->device_tag) < 0) ||
        read_choice(self, "precision", a->precision, precisions, &opts->precision) < 0 ||
        read_choice(self, "naming", a->naming, namings, &opts->naming) < 0)
        return -1;
    return a->tags && a->tags != Py_None ? read_tags(a, opts) : 0;
}

PyObject *batch_to_influx(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"measurement", "device_tag", "tags",     "precision",
                            "naming",      "no_units",   "one_line", NULL};
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    influx_arguments more = {.items = NULL};
    PyObject *result = NULL;
    int no_units = 0;
    int one_line = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OOOsspp:to_influx", names,
                                     &more.measurement, &more.device_tag, &more.tags,
                                     &more.precision, &more.naming, &no_units, &one_line))
        return NULL;
    opts.no_units = no_units;
    opts.one_line = one_line;
    if (read_influx(self, &more, &opts) == 0)
        result = encode(self, encode_influx, &opts);
    Py_XDECREF(more.items);
    return result;
}

/* ---- SenML ---------------------------------------------------------------------- */

PyObject *batch_to_senml(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"units", "now_us", NULL};
    static const char *const units[] = {"registered", "omit", NULL};
    shub_senml_options opts = SHUB_SENML_OPTIONS_INIT;
    const char *word = NULL;
    long long now_us = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$sL:to_senml", names, &word,
                                     &now_us) ||
        read_choice(self, "units", word, units, &opts.units) < 0)
        return NULL;
    opts.now_us = now_us;
    return encode(self, encode_senml, &opts);
}

/* ---- text in -------------------------------------------------------------------- */

typedef shub_status decode_fn(shub_batch *batch, shub_slice text, const void *opts,
                              size_t *refused, shub_error *err);

static PyObject *decode(PyObject *object, Py_buffer *text, decode_fn *fn,
                        const void *opts)
{
    handle *self = (handle *)object;
    size_t refused = 0;
    size_t added = 0;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = SHUB_OK;
    int result = handle_begin(self);

    if (result == 0) {
        added = shub_batch_count(self->ptr);
        Py_BEGIN_ALLOW_THREADS
        status =
            fn(self->ptr, shub_bytes(text->buf, (size_t)text->len), opts, &refused, &err);
        Py_END_ALLOW_THREADS
        added = shub_batch_count(self->ptr) - added;
        result = handle_end(self, status, &err);
        if (result < 0)
            core_fail_attribute("refused", PyLong_FromSize_t(refused));
    }
    PyBuffer_Release(text);
    return result < 0 ? NULL : PyLong_FromSize_t(added);
}

static shub_status decode_jsonl(shub_batch *batch, shub_slice text, const void *opts,
                                size_t *refused, shub_error *err)
{
    (void)opts;
    return shub_batch_add_jsonl(batch, text, refused, err);
}

static shub_status decode_influx(shub_batch *batch, shub_slice text, const void *opts,
                                 size_t *refused, shub_error *err)
{
    return shub_batch_add_influx(batch, text, opts, refused, err);
}

static shub_status decode_senml(shub_batch *batch, shub_slice text, const void *opts,
                                size_t *refused, shub_error *err)
{
    const int64_t *now_us = opts;

    return shub_batch_add_senml(batch, text, *now_us, refused, err);
}

PyObject *batch_add_jsonl(PyObject *self, PyObject *args)
{
    Py_buffer text;

    if (!PyArg_ParseTuple(args, "s*:add_jsonl", &text))
        return NULL;
    return decode(self, &text, decode_jsonl, NULL);
}

PyObject *batch_add_influx(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", "device_tag", "precision", "now_us", NULL};
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    influx_arguments more = {.items = NULL};
    long long now_us = 0;
    Py_buffer text;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s*|$OsL:add_influx", names, &text,
                                     &more.device_tag, &more.precision, &now_us))
        return NULL;
    opts.now_us = now_us;
    if (read_influx(self, &more, &opts) < 0) {
        PyBuffer_Release(&text);
        return NULL;
    }
    return decode(self, &text, decode_influx, &opts);
}

PyObject *batch_add_senml(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", "now_us", NULL};
    long long now = 0;
    int64_t now_us;
    Py_buffer text;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s*|$L:add_senml", names, &text, &now))
        return NULL;
    now_us = now;
    return decode(self, &text, decode_senml, &now_us);
}
