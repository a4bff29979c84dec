/* sensorhub.S3: a store, and its objects. */
#include "s3.h"

typedef struct s3_object {
    handle base;
    s3_keys keys;
} s3_object;

static void s3_close(handle *self)
{
    shub_s3 *s3 = self->ptr;

    Py_BEGIN_ALLOW_THREADS
    shub_s3_close(s3);
    Py_END_ALLOW_THREADS
}

/* ---- opening, closing ---------------------------------------------------------- */

static int s3_open(handle *self, const shub_s3_options *opts)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_s3 *s3 = NULL;
    shub_status status;

    Py_BEGIN_ALLOW_THREADS
    status = shub_s3_open(opts, &s3, &err);
    Py_END_ALLOW_THREADS
    self->ptr = s3;
    if (status != SHUB_OK)
        core_fail(core_of((PyObject *)self), status, &err);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *s3_make(PyTypeObject *type, shub_s3_options *opts,
                         const s3_arguments *more)
{
    handle *self = handle_new(type, s3_close);

    if (self && (handle_set_clock(self, more->clock, &opts->clock) < 0 ||
                 s3_keys_set(&((s3_object *)self)->keys, more->credentials, opts) < 0 ||
                 s3_open(self, opts) < 0))
        Py_CLEAR(self);
    return (PyObject *)self;
}

static PyObject *s3_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;
    PyObject *self = NULL;
    s3_arguments more;

    if (PyTuple_Size(args) > 0) {
        PyErr_SetString(PyExc_TypeError, "S3() takes keywords alone");
        return NULL;
    }
    if (s3_options_read(PyType_GetModuleState(type), kwargs, &opts, &more) == 0)
        self = s3_make(type, &opts, &more);
    s3_arguments_free(&more);
    return self;
}

/* Its lists and uploads, too. */
static PyObject *s3_close_all(PyObject *object, PyObject *unused)
{
    handle *self = (handle *)object;

    (void)unused;
    while (self->ptr && !self->busy && self->first) {
        PyObject *client = Py_NewRef((PyObject *)self->first);
        PyObject *closed = handle_close(client, NULL);

        Py_DECREF(client);
        if (!closed)
            return NULL;
        Py_DECREF(closed);
    }
    return handle_close(object, NULL);
}

static PyObject *s3_exit(PyObject *self, PyObject *args)
{
    (void)args;
    return s3_close_all(self, NULL);
}

static int s3_traverse(PyObject *self, visitproc visit, void *arg)
{
    int status = handle_traverse(self, visit, arg);

    return status ? status : s3_keys_traverse(&((s3_object *)self)->keys, visit, arg);
}

static int s3_clear(PyObject *self)
{
    s3_keys_clear(&((s3_object *)self)->keys);
    return handle_clear(self);
}

static void s3_dealloc(PyObject *self)
{
    s3_keys keys = ((s3_object *)self)->keys;

    handle_dealloc(self);
    s3_keys_clear(&keys);
}

/* ---- objects ------------------------------------------------------------------- */

/* Names of a call about one or two objects. */
typedef struct places {
    const char *bucket, *key, *to_bucket, *to_key;
    shub_slice body;
} places;

typedef shub_status call_fn(shub_s3 *s3, const places *p, const shub_s3_put_options *opts,
                            shub_s3_object *object, shub_error *err);

/* Runs `call` without the GIL; an S3Object. */
static PyObject *run(PyObject *object, call_fn *call, const places *p,
                     const shub_s3_put_options *opts)
{
    handle *self = (handle *)object;
    shub_s3_object found = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *record = NULL;
    shub_status status;

    if (handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = call(self->ptr, p, opts, &found, &err);
    Py_END_ALLOW_THREADS
    if (status == SHUB_OK && !PyErr_Occurred())
        record = s3_object_of(core_of(object), &found);
    if (handle_end(self, status, &err) < 0)
        Py_CLEAR(record);
    return record;
}

static PyObject *run_with_options(PyObject *self, PyObject *kwargs, call_fn *call,
                                  const places *p)
{
    PyObject *record = NULL;
    put_arguments put;

    if (put_arguments_read(kwargs, &put) == 0)
        record = run(self, call, p, &put.opts);
    put_arguments_free(&put);
    return record;
}

static PyObject *none_for(PyObject *record)
{
    if (!record)
        return NULL;
    Py_DECREF(record);
    Py_RETURN_NONE;
}

static shub_status call_put(shub_s3 *s3, const places *p, const shub_s3_put_options *opts,
                            shub_s3_object *object, shub_error *err)
{
    return shub_s3_put(s3, shub_str(p->bucket), shub_str(p->key), p->body, opts, object,
                       err);
}

static PyObject *s3_put(PyObject *self, PyObject *args, PyObject *kwargs)
{
    places p = {NULL, NULL, NULL, NULL, {NULL, 0}};
    PyObject *record;
    Py_buffer body;

    if (!PyArg_ParseTuple(args, "ssy*:put", &p.bucket, &p.key, &body))
        return NULL;
    p.body = shub_bytes(body.buf, (size_t)body.len);
    record = run_with_options(self, kwargs, call_put, &p);
    PyBuffer_Release(&body);
    return record;
}

static shub_status call_head(shub_s3 *s3, const places *p,
                             const shub_s3_put_options *opts, shub_s3_object *object,
                             shub_error *err)
{
    (void)opts;
    return shub_s3_head(s3, shub_str(p->bucket), shub_str(p->key), object, err);
}

static PyObject *s3_head(PyObject *self, PyObject *args)
{
    places p = {NULL, NULL, NULL, NULL, {NULL, 0}};

    if (!PyArg_ParseTuple(args, "ss:head", &p.bucket, &p.key))
        return NULL;
    return run(self, call_head, &p, NULL);
}

static shub_status call_delete(shub_s3 *s3, const places *p,
                               const shub_s3_put_options *opts, shub_s3_object *object,
                               shub_error *err)
{
    (void)opts;
    (void)object;
    return shub_s3_delete(s3, shub_str(p->bucket), shub_str(p->key), err);
}

static PyObject *s3_delete(PyObject *self, PyObject *args)
{
    places p = {NULL, NULL, NULL, NULL, {NULL, 0}};

    if (!PyArg_ParseTuple(args, "ss:delete", &p.bucket, &p.key))
        return NULL;
    return none_for(run(self, call_delete, &p, NULL));
}

static shub_status call_copy(shub_s3 *s3, const places *p,
                             const shub_s3_put_options *opts, shub_s3_object *object,
                             shub_error *err)
{
    return shub_s3_copy(s3, shub_str(p->bucket), shub_str(p->key), shub_str(p->to_bucket),
                        shub_str(p->to_key), opts, object, err);
}

static PyObject *s3_copy(PyObject *self, PyObject *args, PyObject *kwargs)
{
    places p = {NULL, NULL, NULL, NULL, {NULL, 0}};

    if (!PyArg_ParseTuple(args, "ssss:copy", &p.bucket, &p.key, &p.to_bucket, &p.to_key))
        return NULL;
    return run_with_options(self, kwargs, call_copy, &p);
}

static shub_status call_rename(shub_s3 *s3, const places *p,
                               const shub_s3_put_options *opts, shub_s3_object *object,
                               shub_error *err)
{
    (void)opts;
    return shub_s3_rename(s3, shub_str(p->bucket), shub_str(p->key), shub_str(p->to_key),
                          object, err);
}

static PyObject *s3_rename(PyObject *self, PyObject *args)
{
    places p = {NULL, NULL, NULL, NULL, {NULL, 0}};

    if (!PyArg_ParseTuple(args, "sss:rename", &p.bucket, &p.key, &p.to_key))
        return NULL;
    return run(self, call_rename, &p, NULL);
}

static shub_status call_abort(shub_s3 *s3, const places *p,
                              const shub_s3_put_options *opts, shub_s3_object *object,
                              shub_error *err)
{
    (void)opts;
    (void)object;
    return shub_s3_abort(s3, shub_str(p->bucket), shub_str(p->key), shub_str(p->to_key),
                         err);
}

static PyObject *s3_abort(PyObject *self, PyObject *args)
{
    places p = {NULL, NULL, NULL, NULL, {NULL, 0}};

    if (!PyArg_ParseTuple(args, "sss:abort", &p.bucket, &p.key, &p.to_key))
        return NULL;
    return none_for(run(self, call_abort, &p, NULL));
}

/* ---- many at once -------------------------------------------------------------- */

/* Keys of a delete_many(). */
typedef struct removal {
    PyObject *items; /* tuple of str, which the slices borrow from */
    shub_slice *keys;
    shub_status *statuses;
    size_t count;
} removal;

static void removal_free(removal *r)
{
    PyMem_Free(r->statuses);
    PyMem_Free(r->keys);
    Py_XDECREF(r->items);
}

/* To be freed also after a failure. 0 or -1. */
static int removal_read(PyObject *keys, removal *r)
{
    memset(r, 0, sizeof *r);
    if (PyUnicode_Check(keys)) {
        PyErr_SetString(PyExc_TypeError, "keys must be a sequence of str");
        return -1;
    }
    r->items = PySequence_Tuple(keys);
    if (!r->items)
        return -1;
    r->count = (size_t)PyTuple_Size(r->items);
    r->keys = PyMem_Calloc(r->count + 1, sizeof *r->keys);
    r->statuses = PyMem_Calloc(r->count + 1, sizeof *r->statuses);
    if (!r->keys || !r->statuses) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < r->count; i++)
        if (slice_of(PyTuple_GetItem(r->items, (Py_ssize_t)i), "a key", &r->keys[i]) < 0)
            return -1;
    return 0;
}

static PyObject *statuses_of(const removal *r)
{
    PyObject *list = PyList_New((Py_ssize_t)r->count);

    for (size_t i = 0; list && i < r->count; i++) {
        PyObject *code = PyLong_FromLong(r->statuses[i]);

        if (!code || PyList_SetItem(list, (Py_ssize_t)i, code) < 0)
            Py_CLEAR(list);
    }
    return list;
}

static int delete_all(handle *self, const char *bucket, const removal *r)
{
    shub_error err = SHUB_ERROR_INIT;
    PyObject *report = NULL;
    shub_status status;

    if (handle_begin(self) < 0)
        return -1;
    Py_BEGIN_ALLOW_THREADS
    status = shub_s3_delete_many(self->ptr, shub_str(bucket), r->keys, r->count,
                                 r->statuses, &err);
    Py_END_ALLOW_THREADS
    if (status != SHUB_OK && !PyErr_Occurred())
        report = statuses_of(r);
    if (handle_end(self, status, &err) == 0)
        return 0;
    core_fail_attribute("report", report);
    return -1;
}

static PyObject *s3_delete_many(PyObject *self, PyObject *args)
{
    const char *bucket;
    PyObject *keys;
    removal r;
    int status = -1;

    if (!PyArg_ParseTuple(args, "sO:delete_many", &bucket, &keys))
        return NULL;
    if (removal_read(keys, &r) == 0)
        status = delete_all((handle *)self, bucket, &r);
    removal_free(&r);
    if (status < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *s3_abort_stale(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"bucket", "prefix", "before_us", "all", NULL};
    handle *self = (handle *)object;
    const char *bucket, *prefix = NULL;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *before = Py_None;
    int64_t before_us = INT64_MAX;
    shub_status status;
    size_t count = 0;
    int all = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|z$Op:abort_stale", names, &bucket,
                                     &prefix, &before, &all))
        return NULL;
    if (before != Py_None)
        before_us = PyLong_AsLongLong(before);
    if (PyErr_Occurred() || handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shub_s3_abort_stale(self->ptr, shub_str(bucket), shub_str(prefix), before_us,
                                 all, &count, &err);
    Py_END_ALLOW_THREADS
    if (handle_end(self, status, &err) < 0)
        return NULL;
    return PyLong_FromSize_t(count);
}

/* ---- about the client ---------------------------------------------------------- */

static PyObject *s3_presign_one(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"method", "bucket", "key", "expires_s", NULL};
    handle *self = (handle *)object;
    const char *method, *bucket, *key;
    shub_error err = SHUB_ERROR_INIT;
    char url[SHUB_S3_URL_MAX];
    long long expires_s = 900;
    shub_status status;
    size_t len = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "sss|L:presign", names, &method,
                                     &bucket, &key, &expires_s) ||
        handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status =
        shub_s3_presign_object(self->ptr, shub_str(method), shub_str(bucket),
                               shub_str(key), expires_s, url, sizeof url, &len, &err);
    Py_END_ALLOW_THREADS
    if (handle_end(self, status, &err) < 0)
        return NULL;
    return PyUnicode_FromStringAndSize(url, (Py_ssize_t)len);
}

static PyObject *s3_stats(PyObject *object, PyObject *unused)
{
    handle *self = (handle *)object;
    shub_s3_stats stats = SHUB_S3_STATS_INIT;

    (void)unused;
    if (handle_begin(self) < 0)
        return NULL;
    shub_s3_get_stats(self->ptr, &stats);
    if (handle_end(self, SHUB_OK, NULL) < 0)
        return NULL;
    return s3_stats_of(core_of(object), &stats);
}

/* ---- the type ------------------------------------------------------------------ */

#define PUT_DOC                                                                          \
    "content_type, content_encoding, cache_control, storage_class, sse, "                \
    "sse_kms_key_id, if_match, metadata, tags, sha256, if_none_match, no_sha256"

static PyMethodDef s3_methods[] = {
    {"close", s3_close_all, METH_NOARGS,
     "close($self, /)\n--\n\n"
     "Wipes the credentials; lists and uploads that are open are closed before."},
    {"__enter__", handle_enter, METH_NOARGS, NULL},
    {"__exit__", s3_exit, METH_VARARGS, NULL},
    {"put", FAST(s3_put), METH_VARARGS | METH_KEYWORDS,
     "put(bucket, key, body, /, **options)\n\n"
     "Puts an object in one request. Options: " PUT_DOC "."},
    {"put_file", FAST(s3_put_file), METH_VARARGS | METH_KEYWORDS,
     "put_file(bucket, key, path, /, **options)\n\n"
     "Uploads a file, in parts where it is large, and waits. Options as of put()."},
    {"upload_file", FAST(s3_upload_file), METH_VARARGS | METH_KEYWORDS,
     "upload_file(bucket, key, path, /, **options)\n\n"
     "Begins to upload a file: an S3Upload, to be polled. Options as of put()."},
    {"open", FAST(s3_open_writer), METH_VARARGS | METH_KEYWORDS,
     "open(bucket, key, mode=\"wb\", /, **options)\n\n"
     "Begins an upload of unknown length: an S3Writer. Options as of put()."},
    {"get", FAST(s3_get), METH_VARARGS | METH_KEYWORDS,
     "get($self, /, bucket, key, into=None, *, offset=0, length=0, version_id=None, "
     "if_match=None)\n--\n\n"
     "An object's bytes; with `into`, which is a path or has write(), an S3Object. A "
     "whole "
     "object is compared with its checksums, after the last byte."},
    {"head", s3_head, METH_VARARGS,
     "head($self, bucket, key, /)\n--\n\nWhat is known of an object: an S3Object."},
    {"delete", s3_delete, METH_VARARGS,
     "delete($self, bucket, key, /)\n--\n\n"
     "Deletes an object; one that is not there is fine."},
    {"delete_many", s3_delete_many, METH_VARARGS,
     "delete_many($self, bucket, keys, /)\n--\n\n"
     "Deletes many, a thousand a request. The first that is not gone raises; the error's "
     "report says the status of each."},
    {"copy", FAST(s3_copy), METH_VARARGS | METH_KEYWORDS,
     "copy(from_bucket, from_key, to_bucket, to_key, /, **options)\n\n"
     "Copies an object within the store. Options: if_match, if_none_match, "
     "storage_class, "
     "sse, sse_kms_key_id."},
    {"rename", s3_rename, METH_VARARGS,
     "rename($self, bucket, from_key, to_key, /)\n--\n\n"
     "Copies, compares, deletes the source; said again after it was done it succeeds."},
    {"list", FAST(s3_list_objects), METH_VARARGS | METH_KEYWORDS,
     "list($self, /, bucket, prefix=None, *, delimiter=None, start_after=None, "
     "page=0)\n--\n\n"
     "Iterates over S3Objects in the order of their keys."},
    {"list_uploads", FAST(s3_list_uploads), METH_VARARGS | METH_KEYWORDS,
     "list_uploads($self, /, bucket, prefix=None)\n--\n\n"
     "Iterates over uploads that were begun and not ended."},
    {"list_parts", s3_list_parts, METH_VARARGS,
     "list_parts($self, bucket, key, upload_id, /)\n--\n\n"
     "Iterates over the parts of an upload."},
    {"abort", s3_abort, METH_VARARGS,
     "abort($self, bucket, key, upload_id, /)\n--\n\n"
     "Aborts one upload, also another's; one that is not there is fine."},
    {"abort_stale", FAST(s3_abort_stale), METH_VARARGS | METH_KEYWORDS,
     "abort_stale($self, /, bucket, prefix=None, *, before_us=None, all=False)\n--\n\n"
     "Aborts uploads that began before `before_us`, None: any, and that the journal "
     "knows, "
     "with `all` every one; how many."},
    {"presign", FAST(s3_presign_one), METH_VARARGS | METH_KEYWORDS,
     "presign($self, /, method, bucket, key, expires_s=900)\n--\n\n"
     "A URL that carries its own signature, which makes it a secret. expires_s: at most "
     "7 days."},
    {"stats", s3_stats, METH_NOARGS,
     "stats($self, /)\n--\n\nCounts since it was opened: S3Stats."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef s3_getset[] = {
    {"closed", handle_closed, NULL, "Whether it was closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static const char s3_doc[] =
    "S3(*, endpoint=None, region=None, access_key=None, secret_key=None, "
    "session_token=None, profile=None, credentials=None, ca_file=None, pin=None, "
    "journal=None, insecure=False, anonymous=False, addressing=\"auto\", "
    "integrity=\"auto\", unsigned_payload=False, in_flight=0, retries=0, part_bytes=0, "
    "connect_timeout_ms=0, answer_timeout_ms=0, stall_ms=0, stall_bytes=0, seed=0, "
    "clock=None)\n--\n\n"
    "A client of Amazon S3, or of a store that speaks its protocol. credentials: a "
    "function that returns (access key, secret key[, session token[, expires_us]]). "
    "Options are "
    "those of the C library's shub_s3_options.";

static PyType_Slot s3_slots[] = {
    {Py_tp_dealloc, s3_dealloc}, {Py_tp_traverse, s3_traverse},
    {Py_tp_clear, s3_clear},     {Py_tp_new, s3_new},
    {Py_tp_methods, s3_methods}, {Py_tp_getset, s3_getset},
    {Py_tp_doc, (void *)s3_doc}, {0, NULL},
};

static PyType_Spec s3_spec = {
    .name = "sensorhub.S3",
    .basicsize = sizeof(s3_object),
    .flags = HANDLE_FLAGS,
    .slots = s3_slots,
};

int s3_clients_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (s3_records_add(module) < 0 || s3_lists_add(module) < 0 ||
        s3_uploads_add(module) < 0)
        return -1;
    return core_add_type(module, &s3_spec, 1, &state->s3);
}
