/* core.h: what the parts of sensorhub._core share.
 *
 * The module converts, calls, and maps the status: there is no logic here. Every type is
 * final and knows its module, so core_of(self) finds the module's state. Whoever drops
 * the GIL in a call marks the handle busy first: what another thread, a clock or a trace
 * line tries to do with it meanwhile is refused, not a crash.
 */
#ifndef SENSORHUB_PYTHON_CORE_H
#define SENSORHUB_PYTHON_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <string.h>

#include <sensorhub.h>

/* ---- the module's state -------------------------------------------------------- */

#define CORE_OBJECTS(X)                                                                  \
    X(error)     /* sensorhub.Error */                                                   \
    X(errors)    /* {code: exception class}, of every status */                          \
    X(empty)     /* "" */                                                                \
    X(qualities) /* tuple of names, by SHUB_QUALITY_ */                                  \
    X(epoch)     /* datetime of time_us 0 */                                             \
    X(timedelta)

#define CORE_TYPES(X)                                                                    \
    X(sample)                                                                            \
    X(batch)                                                                             \
    X(batch_rows)                                                                        \
    X(group)                                                                             \
    X(quantity)                                                                          \
    X(reply)                                                                             \
    X(reading)                                                                           \
    X(guard)                                                                             \
    X(loop)                                                                              \
    X(eagle)                                                                             \
    X(fleet)                                                                             \
    X(fleet_result)                                                                      \
    X(fleet_stats)                                                                       \
    X(log)                                                                               \
    X(log_stats)                                                                         \
    X(log_report)                                                                        \
    X(log_file)                                                                          \
    X(log_files)                                                                         \
    X(s3)                                                                                \
    X(s3_list)                                                                           \
    X(s3_object)                                                                         \
    X(s3_progress)                                                                       \
    X(s3_signature)                                                                      \
    X(s3_stats)                                                                          \
    X(s3_upload)                                                                         \
    X(s3_writer)                                                                         \
    X(ship)                                                                              \
    X(ship_report)                                                                       \
    X(verify)                                                                            \
    X(verify_row)                                                                        \
    X(clair_fixtures)                                                                    \
    X(clair_report)                                                                      \
    X(replay)                                                                            \
    X(decoder)                                                                           \
    X(frame)                                                                             \
    X(downlink)                                                                          \
    X(uplink)                                                                            \
    X(uplinks)

#define CORE_OBJECT(name) PyObject *name;
#define CORE_TYPE(name)   PyTypeObject *name;
typedef struct core {
    CORE_OBJECTS(CORE_OBJECT)
    CORE_TYPES(CORE_TYPE)
    shub_registry *registry; /* NULL until a decoder is registered */
    struct own_decoder *own_decoders;
} core;

/* State of the module that made the object's type. Lifetime: borrowed. */
core *core_of(PyObject *self);

/* Makes a type of the module; adds it by its name when `visible`. 0 or -1. */
int core_add_type(PyObject *module, PyType_Spec *spec, int visible, PyTypeObject **slot);
/* Makes and adds a tuple with named fields. 0 or -1. */
int core_add_record(PyObject *module, PyStructSequence_Desc *desc, PyTypeObject **slot);

/* What each concept adds to the module. 0 or -1. */
int errors_add(PyObject *module);
int sample_add(PyObject *module);
int batch_add(PyObject *module);
int eagle_add(PyObject *module);
int requests_add(PyObject *module);
int loop_add(PyObject *module);
int client_add(PyObject *module);
int fleets_add(PyObject *module);
int log_add(PyObject *module);
int log_files_add(PyObject *module);
int s3_add(PyObject *module);
int s3_clients_add(PyObject *module);
int ship_add(PyObject *module);
int webhook_add(PyObject *module);
int clair_add(PyObject *module);
int uplink_add(PyObject *module);
int trace_add(PyObject *module);
int payload_add(PyObject *module);
/* Decodes into a batch, and returns it; what was read before an error is in the batch: a
 * new one is told, too. */
PyObject *payload_decode(core *state, const char *name, const shub_frame *frame,
                         PyObject *batch);
/* Of what register_decoder keeps. */
int payload_traverse(core *state, visitproc visit, void *arg);
void payload_clear(core *state);
void payload_free(core *state);

/* ---- errors -------------------------------------------------------------------- */

/* Raises the exception of a status; one that is pending already stays. NULL always. */
PyObject *core_fail(core *state, shub_status status, const shub_error *err);
/* The same with a message of this module's own. */
PyObject *core_fail_text(core *state, shub_status status, const char *fmt, ...);
/* Sets an attribute of the pending exception; takes `value`, NULL included. */
void core_fail_attribute(const char *name, PyObject *value);

/* ---- values -------------------------------------------------------------------- */

/* Lifetime: borrows from `text`. 0, or -1 when it is not a str; `what` names it. */
int slice_of(PyObject *text, const char *what, shub_slice *slice);
PyObject *str_of(shub_slice slice);
PyObject *path_of(shub_slice slice);
/* Converter of O&: a path as a new bytes object, or NULL for None. */
int path_or_none(PyObject *object, void *bytes);
/* None for `none`. */
PyObject *int_or_none(int64_t value, int64_t none);
/* bool, int, float, str, and what turns into int or float. Lifetime: borrows a str. */
int value_of(PyObject *object, shub_value *value);
PyObject *object_of(const shub_value *value);
/* Flags of a sample; `quality` may be NULL. */
int flags_of(core *state, PyObject *quality, int time_assumed, uint32_t *flags);
/* Place of `text` in `names`, which ends with NULL; InvalidArgument when it has none. */
int choice_of(core *state, const char *what, const char *text, const char *const *names,
              int *place);
/* A word that an array of `count` names holds at `place`, else "unknown". */
PyObject *word_of(const char *const *names, size_t count, int place);
/* Sorts the arguments of a keyword-only call into `values`, NULL where absent. */
int keywords_of(const char *function, const char *const *names, size_t count,
                PyObject *const *args, PyObject *kwnames, PyObject **values);

/* ---- handles ------------------------------------------------------------------- */

/* Begins every object that owns a handle of the library. */
typedef struct handle {
    PyObject_HEAD void *ptr;        /* NULL once closed */
    void (*close)(struct handle *); /* frees `ptr`, dropping the GIL where it may block */
    struct handle *guard; /* whose `busy` counts: itself, or the loop for its clients */
    struct handle *first; /* open clients of a loop, borrowed */
    struct handle *next, *previous;
    PyObject *pins; /* references to the clients while busy */
    int busy;
    PyObject *clock; /* NULL: the system's */
    int64_t clock_last;
} handle;

/* A new object of the type, closed, its own guard. */
handle *handle_new(PyTypeObject *type, void (*close)(handle *));
/* Marks it busy. 0, or -1 with Closed or Busy raised. */
int handle_begin(handle *self);
/* Ends what handle_begin began; raises what the clock raised, else by the status. */
int handle_end(handle *self, shub_status status, const shub_error *err);
/* Reads time from a callable (None: the system's clock). Asks it once, to see that it
 * works. 0 or -1. */
int handle_set_clock(handle *self, PyObject *callable, shub_clock *clock);

/* A new reference to a Loop: the one given, or one of its own for NULL and None. */
PyObject *loop_or_new(core *state, PyObject *loop);
/* Notes an open client with the loop that is its guard. */
void loop_join(handle *client);

/* Arguments of Eagle() that are not plain values of its options. */
typedef struct eagle_arguments {
    const char *transport;
    PyObject *reads;
    PyObject *loop;
    PyObject *clock;
    PyObject *ca_file; /* bytes, to be released also after a failure */
} eagle_arguments;

/* Reads them. Lifetime: `opts` borrows from the arguments and from `more`. 0 or -1. */
int eagle_arguments_read(core *state, PyObject *args, PyObject *kwargs,
                         shub_eagle_options *opts, eagle_arguments *more);

/* What a gateway is asked for: the arguments of eagle_request() and Eagle.send(). */
typedef struct request_arguments {
    shub_eagle_command command;
    shub_eagle_request_options opts;
    shub_eagle_uploader uploader;
    PyObject *variables; /* a tuple */
    shub_slice *slices;
} request_arguments;

/* Reads them. Lifetime: borrows from the arguments; free it, also after a failure. 0 or
 * -1. */
int request_arguments_read(core *state, PyObject *args, PyObject *kwargs,
                           request_arguments *request);
void request_arguments_free(request_arguments *request);

/* The arguments, as the text of a signature. */
#define REQUEST_SIGNATURE                                                                \
    "command, *, mac_id=None, hardware_address=None, variables=(), component=None, "     \
    "json=False, local=False, event=None, period=None, price=None, value=None, "         \
    "start_us=0, end_us=0, frequency_s=0, duration_min=0, message_id=0, count=0, "       \
    "received=False, disable=False, allow_control=False, provider=None, "                \
    "hostname=None, path=None, port=0, tls=False, format=None, description=None, "       \
    "header=None, upload_size=0, upload_period_s=0)\n--\n\n"

/* Methods and slots of every such type. */
PyObject *handle_close(PyObject *self, PyObject *unused);
PyObject *handle_enter(PyObject *self, PyObject *unused);
PyObject *handle_exit(PyObject *self, PyObject *args);
PyObject *handle_closed(PyObject *self, void *unused);
void handle_dealloc(PyObject *self);
int handle_traverse(PyObject *self, visitproc visit, void *arg);
int handle_clear(PyObject *self);
void object_free(PyObject *self);

#define HANDLE_METHODS(close_doc)                                                        \
    {"close", handle_close, METH_NOARGS, close_doc},                                     \
        {"__enter__", handle_enter, METH_NOARGS, NULL},                                  \
    {                                                                                    \
        "__exit__", handle_exit, METH_VARARGS, NULL                                      \
    }
#define HANDLE_SLOTS                                                                     \
    {Py_tp_dealloc, handle_dealloc}, {Py_tp_traverse, handle_traverse},                  \
    {                                                                                    \
        Py_tp_clear, handle_clear                                                        \
    }
#define HANDLE_FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE)
#define HIDDEN_FLAGS                                                                     \
    (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION)

/* Methods that take the vector of arguments, or keywords, as methods. */
#define FAST(function) ((PyCFunction)(void (*)(void))(function))

/* ---- samples, batches, replies ------------------------------------------------- */

/* A new Sample. Takes a reference to each name; steals `value`, NULL included. */
PyObject *sample_make(core *state, PyObject *device, PyObject *quantity, PyObject *unit,
                      int64_t time_us, PyObject *value, uint32_t flags);
/* Lifetime: `sample` borrows from `object`, which must be a Sample. */
int sample_of(PyObject *object, shub_sample *sample);

/* A new empty Batch. */
PyObject *batch_make(core *state);
/* `batch`, or a new one when it is NULL or None; TypeError for other types. A new
 * reference. */
PyObject *batch_or_new(core *state, PyObject *batch);
shub_batch *batch_ptr(PyObject *batch);
/* Rows from `first` on as numbers; texts are NaN. */
void batch_copy_values(const shub_batch *batch, double *values, size_t first,
                       size_t count);

/* Methods of Batch that are not in batch.c. */
PyObject *batch_to_jsonl(PyObject *self, PyObject *unused);
PyObject *batch_add_jsonl(PyObject *self, PyObject *args);
PyObject *batch_to_csv(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *batch_to_influx(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *batch_add_influx(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *batch_to_senml(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *batch_add_senml(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *batch_to_numpy(PyObject *self, PyObject *unused);
PyObject *batch_arrow_schema(PyObject *self, PyObject *unused);
PyObject *batch_arrow_array(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *batch_arrow_stream(PyObject *self, PyObject *args, PyObject *kwargs);

/* A Reply of one's own, which it frees, also when none can be made; None for NULL. */
PyObject *reply_owned(core *state, shub_eagle_reply *reply);
/* A Reply that borrows from `owner` as long as `*generation` stays what it is. */
PyObject *reply_borrowed(core *state, const shub_eagle_reply *reply, PyObject *owner,
                         const uint64_t *generation);

#endif
