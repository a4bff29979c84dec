/* s3.h: what the parts about stores share. */
#ifndef SENSORHUB_PYTHON_S3_H
#define SENSORHUB_PYTHON_S3_H

#include "core.h"

/* ---- s3.c ---------------------------------------------------------------------- */

/* Names and values, one after the other: the texts are borrowed from `items`. */
typedef struct pairs {
    PyObject *items; /* tuple of tuples of two */
    shub_s3_pair *at;
    size_t count;
} pairs;

/* Reads a mapping, a sequence of pairs, or NULL; `what` names one. To be freed also after
 * a failure. 0 or -1. */
int pairs_read(PyObject *given, const char *what, pairs *p);
void pairs_free(pairs *p);
/* A new reference in `value`, NULL where the object has no such attribute. 0 or -1. */
int attribute_or_null(PyObject *object, const char *name, PyObject **value);

/* ---- s3_options.c -------------------------------------------------------------- */

/* Keys that a function of the program's brings. */
typedef struct s3_keys {
    PyObject *callable; /* NULL: none */
    PyObject *last;     /* what it said, which the library copies */
} s3_keys;

/* Options of S3() that are not plain values; to be freed also after a failure. */
typedef struct s3_arguments {
    PyObject *journal, *ca_file; /* bytes or NULL */
    PyObject *credentials, *clock;
} s3_arguments;

/* Reads a dictionary of options. Lifetime: `opts` borrows from it and from `more`. 0 or
 * -1. */
int s3_options_read(core *state, PyObject *options, shub_s3_options *opts,
                    s3_arguments *more);
void s3_arguments_free(s3_arguments *more);
/* Has the library ask `callable`, NULL and None: nobody. 0 or -1. */
int s3_keys_set(s3_keys *keys, PyObject *callable, shub_s3_options *opts);
int s3_keys_traverse(const s3_keys *keys, visitproc visit, void *arg);
void s3_keys_clear(s3_keys *keys);

/* What goes along with an object; to be freed also after a failure. */
typedef struct put_arguments {
    shub_s3_put_options opts;
    pairs metadata, tags;
    Py_buffer sha256;
} put_arguments;

/* Reads the keywords of a call, NULL: none. 0 or -1. */
int put_arguments_read(PyObject *kwargs, put_arguments *put);
void put_arguments_free(put_arguments *put);

/* ---- s3_records.c -------------------------------------------------------------- */

PyObject *s3_object_of(core *state, const shub_s3_object *object);
PyObject *s3_progress_of(core *state, const shub_s3_progress *progress);
PyObject *s3_stats_of(core *state, const shub_s3_stats *stats);
int s3_records_add(PyObject *module);

/* ---- s3_upload.c --------------------------------------------------------------- */

/* Methods of S3 that begin uploads. */
PyObject *s3_put_file(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *s3_upload_file(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *s3_open_writer(PyObject *self, PyObject *args, PyObject *kwargs);
int s3_uploads_add(PyObject *module);

/* ---- s3_list.c ----------------------------------------------------------------- */

PyObject *s3_list_objects(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *s3_list_uploads(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *s3_list_parts(PyObject *self, PyObject *args);
int s3_lists_add(PyObject *module);

/* ---- s3_get.c ------------------------------------------------------------------ */

PyObject *s3_get(PyObject *self, PyObject *args, PyObject *kwargs);

#endif
