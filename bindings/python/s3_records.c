/* What a store says, as tuples with named fields. */
#include "s3.h"

static PyStructSequence_Field object_fields[] = {
    {"key", "of a list: key, or common prefix"},
    {"bytes", "its size; None: not said"},
    {"etag", "without quotation marks; opaque"},
    {"modified_us", "of an upload: when it began; None: not said"},
    {"content_type", "\"\": not said, as with the other texts"},
    {"content_encoding", "as \"gzip\""},
    {"cache_control", "as it was put"},
    {"storage_class", "as \"STANDARD\""},
    {"sse", "how it is encrypted there"},
    {"version_id", "of a bucket with versions"},
    {"upload_id", "of a list of uploads"},
    {"part", "number of a part; None: it is none"},
    {"is_prefix", "whether it is a common prefix, not an object"},
    {"sha256", "32 bytes, of x-amz-meta-shub-sha256; None: there is none"},
    {"metadata", "dict; names in lower case, without \"x-amz-meta-\""},
    {NULL, NULL},
};

static PyStructSequence_Desc object_desc = {
    "sensorhub.S3Object", "What is known of an object, an upload or a part.",
    object_fields, 15};

static PyObject *metadata_of(const shub_s3_object *object)
{
    PyObject *dict = PyDict_New();

    for (size_t i = 0; dict && i < object->metadata_count; i++) {
        PyObject *name = str_of(object->metadata[i].name);
        PyObject *value = str_of(object->metadata[i].value);

        if (!name || !value || PyDict_SetItem(dict, name, value) < 0)
            Py_CLEAR(dict);
        Py_XDECREF(name);
        Py_XDECREF(value);
    }
    return dict;
}

static PyObject *sha256_of(const shub_s3_object *object)
{
    if (!object->has_sha256)
        Py_RETURN_NONE;
    return PyBytes_FromStringAndSize((const char *)object->sha256, sizeof object->sha256);
}

/* "N" of a value that could not be made fails the call, which releases the others. */
PyObject *s3_object_of(core *state, const shub_s3_object *o)
{
    return PyObject_CallFunction(
        (PyObject *)state->s3_object, "((NNNNNNNNNNNNNNN))", str_of(o->key),
        int_or_none(o->bytes, SHUB_NONE), str_of(o->etag), int_or_none(o->modified_us, 0),
        str_of(o->content_type), str_of(o->content_encoding), str_of(o->cache_control),
        str_of(o->storage_class), str_of(o->sse), str_of(o->version_id),
        str_of(o->upload_id), int_or_none(o->part, 0), PyBool_FromLong(o->is_prefix),
        sha256_of(o), metadata_of(o));
}

static PyStructSequence_Field progress_fields[] = {
    {"bytes", "of the whole; None: a stream that is not finished"},
    {"sent", "arrived there, what an earlier run sent included"},
    {"reused", "of them: by an earlier run"},
    {"parts", "of the whole"},
    {"parts_done", "arrived there"},
    {"in_flight", "parts on their way"},
    {"restarts", "the upload was not known any more and began anew"},
    {NULL, NULL},
};

static PyStructSequence_Desc progress_desc = {
    "sensorhub.S3Progress", "How far an upload is.", progress_fields, 7};

PyObject *s3_progress_of(core *state, const shub_s3_progress *p)
{
    return PyObject_CallFunction((PyObject *)state->s3_progress, "((NLLiiii))",
                                 int_or_none(p->bytes, SHUB_NONE), (long long)p->sent,
                                 (long long)p->reused, (int)p->parts, (int)p->parts_done,
                                 (int)p->in_flight, (int)p->restarts);
}

static PyStructSequence_Field stats_fields[] = {
    {"requests", "sent, credentials' included"},
    {"retries", "of them: further attempts"},
    {"throttled", "answers that said SlowDown, or the like"},
    {"bytes_sent", "of bodies"},
    {"bytes_received", "of bodies"},
    {"refreshes", "of credentials"},
    {"orphans", "uploads given up whose abort failed: abort_stale()"},
    {"skew_us", "server's clock less ours, as learnt"},
    {"conditions_ignored", "whether HEAD was asked in place of a condition"},
    {NULL, NULL},
};

static PyStructSequence_Desc stats_desc = {
    "sensorhub.S3Stats", "Counts since an S3 was opened.", stats_fields, 9};

PyObject *s3_stats_of(core *state, const shub_s3_stats *s)
{
    return PyObject_CallFunction(
        (PyObject *)state->s3_stats, "((KKKKKKKLN))", s->requests, s->retries,
        s->throttled, s->bytes_sent, s->bytes_received, s->refreshes, s->orphans,
        (long long)s->skew_us, PyBool_FromLong(s->conditions_ignored));
}

int s3_records_add(PyObject *module)
{
    core *state = PyModule_GetState(module);

    if (core_add_record(module, &object_desc, &state->s3_object) < 0 ||
        core_add_record(module, &progress_desc, &state->s3_progress) < 0)
        return -1;
    return core_add_record(module, &stats_desc, &state->s3_stats);
}
