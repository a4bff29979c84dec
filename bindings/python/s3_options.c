/* Options of stores and of objects, from keywords. */
#include "s3.h"

static int check_choices(core *state, const char *addressing, const char *integrity,
                         shub_s3_options *o)
{
    static const char *const addressings[] = {"auto", "path", "virtual", NULL};
    static const char *const integrities[] = {"auto",   "none",      "md5", "sha256",
                                              "crc32c", "crc64nvme", NULL};

    if (choice_of(state, "addressing", addressing, addressings, &o->addressing) < 0)
        return -1;
    return choice_of(state, "integrity", integrity, integrities, &o->integrity);
}

/* Parses keywords alone. */
static int parse(PyObject *options, const char *format, char **names, ...)
{
    PyObject *none = PyTuple_New(0);
    va_list args;
    int status;

    if (!none)
        return -1;
    va_start(args, names);
    status = PyArg_VaParseTupleAndKeywords(none, options, format, names, args);
    va_end(args);
    Py_DECREF(none);
    return status ? 0 : -1;
}

int s3_options_read(core *state, PyObject *options, shub_s3_options *o,
                    s3_arguments *more)
{
    static char *names[] = {"endpoint",
                            "region",
                            "access_key",
                            "secret_key",
                            "session_token",
                            "profile",
                            "credentials",
                            "ca_file",
                            "pin",
                            "journal",
                            "insecure",
                            "anonymous",
                            "addressing",
                            "integrity",
                            "unsigned_payload",
                            "in_flight",
                            "retries",
                            "part_bytes",
                            "connect_timeout_ms",
                            "answer_timeout_ms",
                            "stall_ms",
                            "stall_bytes",
                            "seed",
                            "clock",
                            NULL};
    const char *addressing = "auto", *integrity = "auto";
    long long part = 0, connect = 0, answer = 0, stall_ms = 0, stall_bytes = 0;
    int insecure = 0, anonymous = 0, unsigned_payload = 0, in_flight = 0, retries = 0;
    unsigned long long seed = 0;

    memset(more, 0, sizeof *more);
    if (parse(options,
              "|$zzzzzzOO&zO&ppssp"
              "iiLLLLLKO:S3",
              names, &o->endpoint, &o->region, &o->access_key, &o->secret_key,
              &o->session_token, &o->profile, &more->credentials, path_or_none,
              &more->ca_file, &o->pin, path_or_none, &more->journal, &insecure,
              &anonymous, &addressing, &integrity, &unsigned_payload, &in_flight,
              &retries, &part, &connect, &answer, &stall_ms, &stall_bytes, &seed,
              &more->clock) < 0)
        return -1;
    o->ca_file = more->ca_file ? PyBytes_AsString(more->ca_file) : NULL;
    o->journal = more->journal ? PyBytes_AsString(more->journal) : NULL;
    o->insecure = insecure;
    o->anonymous = anonymous;
    o->unsigned_payload = unsigned_payload;
    o->in_flight = in_flight;
    o->retries = retries;
    o->part_bytes = part;
    o->connect_timeout_ms = connect;
    o->answer_timeout_ms = answer;
    o->stall_ms = stall_ms;
    o->stall_bytes = stall_bytes;
    o->seed = seed;
    return check_choices(state, addressing, integrity, o);
}

void s3_arguments_free(s3_arguments *more)
{
    Py_CLEAR(more->journal);
    Py_CLEAR(more->ca_file);
}

/* ---- keys that the program brings ---------------------------------------------- */

static int keys_of(PyObject *said, shub_s3_credentials *out)
{
    const char *access = NULL, *secret = NULL, *token = NULL;
    PyObject *expires = Py_None;

    if (!PyTuple_Check(said)) {
        PyErr_SetString(PyExc_TypeError,
                        "credentials() must return a tuple of access key and secret key");
        return -1;
    }
    if (!PyArg_ParseTuple(said, "ss|zO:credentials", &access, &secret, &token, &expires))
        return -1;
    out->access_key = shub_str(access);
    out->secret_key = shub_str(secret);
    out->session_token = shub_str(token);
    out->expires_us = expires == Py_None ? 0 : PyLong_AsLongLong(expires);
    return PyErr_Occurred() ? -1 : 0;
}

static int ask(s3_keys *keys, shub_s3_credentials *out)
{
    PyObject *callable = keys->callable ? Py_NewRef(keys->callable) : NULL;
    PyObject *said = callable ? PyObject_CallNoArgs(callable) : NULL;
    PyObject *old = keys->last;

    keys->last = said;
    Py_XDECREF(old);
    Py_XDECREF(callable);
    return said ? keys_of(said, out) : -1;
}

/* On the thread that uses the client, with or without the GIL. What it raises stays
 * pending in that thread, as what a clock raises. */
static shub_status fetch(void *user, shub_s3_credentials *out, shub_error *err)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    int status = PyErr_Occurred() ? -1 : ask(user, out);

    PyGILState_Release(gil);
    if (status == 0)
        return SHUB_OK;
    if (err) {
        err->code = SHUB_E_AUTH;
        (void)PyOS_snprintf(err->message, sizeof err->message, "credentials() failed");
    }
    return SHUB_E_AUTH;
}

int s3_keys_set(s3_keys *keys, PyObject *callable, shub_s3_options *opts)
{
    if (!callable || callable == Py_None)
        return 0;
    if (!PyCallable_Check(callable)) {
        PyErr_SetString(PyExc_TypeError, "credentials must be callable");
        return -1;
    }
    keys->callable = Py_NewRef(callable);
    opts->credentials = fetch;
    opts->user = keys;
    return 0;
}

int s3_keys_traverse(const s3_keys *keys, visitproc visit, void *arg)
{
    Py_VISIT(keys->callable);
    Py_VISIT(keys->last);
    return 0;
}

void s3_keys_clear(s3_keys *keys)
{
    Py_CLEAR(keys->callable);
    Py_CLEAR(keys->last);
}

/* ---- what goes along with an object -------------------------------------------- */

static int check_sha256(put_arguments *put)
{
    if (!put->sha256.obj)
        return 0;
    if (put->sha256.len != 32) {
        PyErr_SetString(PyExc_ValueError, "sha256 must have 32 bytes");
        return -1;
    }
    put->opts.sha256 = put->sha256.buf;
    return 0;
}

int put_arguments_read(PyObject *kwargs, put_arguments *put)
{
    static const shub_s3_put_options init = SHUB_S3_PUT_OPTIONS_INIT;
    static char *names[] = {"content_type",
                            "content_encoding",
                            "cache_control",
                            "storage_class",
                            "sse",
                            "sse_kms_key_id",
                            "if_match",
                            "metadata",
                            "tags",
                            "sha256",
                            "if_none_match",
                            "no_sha256",
                            NULL};
    const char *texts[7] = {NULL};
    PyObject *metadata = NULL, *tags = NULL;
    int if_none_match = 0, no_sha256 = 0;

    memset(put, 0, sizeof *put);
    put->opts = init;
    if (parse(kwargs, "|$zzzzzzzOOy*pp:put", names, &texts[0], &texts[1], &texts[2],
              &texts[3], &texts[4], &texts[5], &texts[6], &metadata, &tags, &put->sha256,
              &if_none_match, &no_sha256) < 0 ||
        check_sha256(put) < 0 || pairs_read(metadata, "metadata", &put->metadata) < 0 ||
        pairs_read(tags, "tags", &put->tags) < 0)
        return -1;
    put->opts.content_type = shub_str(texts[0]);
    put->opts.content_encoding = shub_str(texts[1]);
    put->opts.cache_control = shub_str(texts[2]);
    put->opts.storage_class = shub_str(texts[3]);
    put->opts.sse = shub_str(texts[4]);
    put->opts.sse_kms_key_id = shub_str(texts[5]);
    put->opts.if_match = shub_str(texts[6]);
    put->opts.metadata = put->metadata.at;
    put->opts.metadata_count = put->metadata.count;
    put->opts.tags = put->tags.at;
    put->opts.tag_count = put->tags.count;
    put->opts.if_none_match = if_none_match;
    put->opts.no_sha256 = no_sha256;
    return 0;
}

void put_arguments_free(put_arguments *put)
{
    if (put->sha256.obj)
        PyBuffer_Release(&put->sha256);
    pairs_free(&put->metadata);
    pairs_free(&put->tags);
}
