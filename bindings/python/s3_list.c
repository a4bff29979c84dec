/* Iterators over objects, uploads and parts of a store. */
#include "s3.h"

/* Closed by its end, by the S3 that it is of, or when it is forgotten. */
static void list_close(handle *self)
{
    shub_s3_list_close(self->ptr);
}

/* What is listed, besides the bucket. */
typedef struct listing {
    const char *bucket, *key, *upload_id;
    shub_s3_list_options opts;
    int kind;
} listing;

enum { OBJECTS, UPLOADS, PARTS };

static shub_status open_list(shub_s3 *s3, const listing *l, shub_s3_list **list,
                             shub_error *err)
{
    if (l->kind == OBJECTS)
        return shub_s3_list_open(s3, shub_str(l->bucket), &l->opts, list, err);
    if (l->kind == UPLOADS)
        return shub_s3_list_uploads(s3, shub_str(l->bucket), &l->opts, list, err);
    return shub_s3_list_parts(s3, shub_str(l->bucket), shub_str(l->key),
                              shub_str(l->upload_id), list, err);
}

static PyObject *list_make(PyObject *s3, const listing *l)
{
    handle *self = handle_new(core_of(s3)->s3_list, list_close);
    shub_error err = SHUB_ERROR_INIT;
    shub_s3_list *list = NULL;
    shub_status status;

    if (!self)
        return NULL;
    if (handle_begin((handle *)s3) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    self->guard = (handle *)Py_NewRef(s3);
    status = open_list(self->guard->ptr, l, &list, &err);
    self->ptr = list;
    if (list)
        loop_join(self);
    if (handle_end((handle *)s3, status, &err) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

PyObject *s3_list_objects(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"bucket", "prefix", "delimiter", "start_after", "page", NULL};
    listing l = {.opts = SHUB_S3_LIST_OPTIONS_INIT, .kind = OBJECTS};
    const char *prefix = NULL, *delimiter = NULL, *start_after = NULL;
    int page = 0;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|z$zzi:list", names, &l.bucket,
                                     &prefix, &delimiter, &start_after, &page))
        return NULL;
    l.opts.prefix = shub_str(prefix);
    l.opts.delimiter = shub_str(delimiter);
    l.opts.start_after = shub_str(start_after);
    l.opts.page = page;
    return list_make(self, &l);
}

PyObject *s3_list_uploads(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"bucket", "prefix", NULL};
    listing l = {.opts = SHUB_S3_LIST_OPTIONS_INIT, .kind = UPLOADS};
    const char *prefix = NULL;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|z:list_uploads", names, &l.bucket,
                                     &prefix))
        return NULL;
    l.opts.prefix = shub_str(prefix);
    return list_make(self, &l);
}

PyObject *s3_list_parts(PyObject *self, PyObject *args)
{
    listing l = {.kind = PARTS};

    if (!PyArg_ParseTuple(args, "sss:list_parts", &l.bucket, &l.key, &l.upload_id))
        return NULL;
    return list_make(self, &l);
}

static PyObject *list_next(PyObject *object)
{
    handle *self = (handle *)object;
    shub_s3_object entry = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    PyObject *record = NULL;
    shub_status status;
    int more = 0;

    if (handle_begin(self) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shub_s3_list_next(self->ptr, &entry, &more, &err);
    Py_END_ALLOW_THREADS
    if (more && !PyErr_Occurred())
        record = s3_object_of(core_of(object), &entry);
    if (handle_end(self, status, &err) < 0)
        Py_CLEAR(record);
    return record;
}

static PyType_Slot list_slots[] = {
    HANDLE_SLOTS,
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, list_next},
    {0, NULL},
};

static PyType_Spec list_spec = {
    .name = "sensorhub._S3List",
    .basicsize = sizeof(handle),
    .flags = HIDDEN_FLAGS | Py_TPFLAGS_HAVE_GC,
    .slots = list_slots,
};

int s3_lists_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    return core_add_type(module, &list_spec, 0, &state->s3_list);
}
