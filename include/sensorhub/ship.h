/* sensorhub/ship.h: sealed files to where they are kept.
 *
 * One sealed file becomes one object. A file goes from here only after the object there
 * was confirmed: its size and SHA-256 are the file's. A journal (SQLite, in the log's
 * folder) lets a shipper that died go on where it was; nothing there is ever overwritten.
 * The journal only hints: one that is damaged may be deleted, the next run finds its
 * objects by their content. docs/shipping.md is the normative description.
 *
 *     shub_ship_options opts = SHUB_SHIP_OPTIONS_INIT;
 *     shub_ship *ship;
 *     opts.root = "data";
 *     opts.dest = "file:///srv/archive";
 *     if (shub_ship_open(&opts, &ship, err) == SHUB_OK)
 *         shub_ship_run(ship, NULL, err);
 *     shub_ship_close(ship);
 */
#ifndef SENSORHUB_SHIP_H
#define SENSORHUB_SHIP_H

#include <sensorhub/base.h>
#include <sensorhub/log.h>
#include <sensorhub/s3.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUB_SHIP_KEY_MAX 1024 /* bytes of a key (Amazon S3, "Object key names") */

typedef struct shub_ship_options {
    size_t size;
    const char *root;   /* of the log */
    const char *dest;   /* "file:///folder", which must exist; "s3://bucket/prefix" */
    const char *prefix; /* of the log's file names; NULL: "sensorhub" */
    const char
        *key; /* template with {prefix} {stream} {Y} {m} {d} {H} {name} {host}; NULL:
                 "{prefix}/{stream}/{Y}/{m}/{d}/{name}.jl.gz"; {name} is the file's
                 name without .jl.gz */
    const char *host;    /* for {host}; NULL: this machine's name */
    const char *journal; /* NULL: "<root>/.ship.db" */
    int32_t keep; /* 1: a confirmed file stays as .jl.gz.shipped, for shub_log_retain */
    int32_t reserved;
    shub_clock clock; /* {NULL, NULL}: the system's */
    /* Of a bucket: endpoint, keys and the rest; NULL: by the environment. Without a
     * `journal` of their own uploads are noted in "<root>/.ship.uploads.db", so that one
     * that breaks off goes on with the next run; without a `clock` it is this one.
     * Borrowed for shub_ship_open. */
    const shub_s3_options *s3;
} shub_ship_options;

#define SHUB_SHIP_OPTIONS_INIT                                                           \
    {                                                                                    \
        sizeof(shub_ship_options), NULL, NULL, NULL, NULL, NULL, NULL, 0, 0,             \
            {NULL, NULL}, NULL                                                           \
    }

typedef struct shub_ship_report {
    size_t size;
    uint64_t files;         /* confirmed by this run */
    uint64_t bytes;         /* in them */
    uint64_t found;         /* of them: were there already, whole */
    uint64_t renumbered;    /* of them: their key was taken by other content */
    uint64_t failed;        /* still here; the first is the call's error */
    uint64_t waiting;       /* sealed files still here */
    uint64_t waiting_bytes; /* in them */
    int64_t oldest_us;      /* the earliest of their hours; 0: none waits */
} shub_ship_report;

#define SHUB_SHIP_REPORT_INIT                                                            \
    {                                                                                    \
        sizeof(shub_ship_report), 0, 0, 0, 0, 0, 0, 0, 0                                 \
    }

typedef struct shub_ship shub_ship;

/* Opens the shipper. Errors: SHUB_E_INVALID (options, key template), SHUB_E_UNSUPPORTED
 * (a destination of another kind, a journal of a newer library), SHUB_E_NOT_FOUND (root,
 * folder of the destination), SHUB_E_CORRUPT (journal), SHUB_E_BUSY (journal),
 * SHUB_E_FULL, SHUB_E_IO, SHUB_E_NOMEM. Lifetime: close with shub_ship_close. */
SHUB_API shub_status shub_ship_open(const shub_ship_options *opts, shub_ship **ship,
                                    shub_error *err);
/* NULL is fine. */
SHUB_API void shub_ship_close(shub_ship *ship);
/* Ships every sealed file once, oldest hour first; one run at a time may work on a root.
 * A file that fails does not stop the others, unless they would fail the same way: no
 * answer (SHUB_CLASS_NETWORK), SHUB_E_OVERLOADED, keys that are refused. `report` may be
 * NULL; it is filled in on failure too. Errors: SHUB_E_BUSY (another run), SHUB_E_FULL,
 * SHUB_E_IO, SHUB_E_CORRUPT (a sealed file that is not whole: it stays), SHUB_E_LIMIT
 * (key too long), SHUB_E_INVALID (the destination lies in the log), those of
 * sensorhub/s3.h, SHUB_E_FORKED, SHUB_E_NOMEM. */
SHUB_API shub_status shub_ship_run(shub_ship *ship, shub_ship_report *report,
                                   shub_error *err);

/* ---- verify: an fsck for telemetry --------------------------------------------- */

typedef enum shub_verify_state {
    SHUB_VERIFY_COMPLETE = 1, /* there, and whole */
    SHUB_VERIFY_PENDING = 2,  /* sealed here, not there yet */
    SHUB_VERIFY_OPEN = 3,     /* has segments that are not sealed */
    SHUB_VERIFY_MISSING = 4,  /* the journal says confirmed, but it is not there */
    SHUB_VERIFY_DAMAGED =
        5, /* there or here, but not as the journal says or not readable */
    SHUB_VERIFY_DOUBLED = 6, /* the same content there under two keys */
    SHUB_VERIFY_TORN = 7     /* a cut line set aside here */
} shub_verify_state;

/* "complete", "pending", "open", … ; NULL for other numbers. Lifetime: static. */
SHUB_API const char *shub_verify_state_name(shub_verify_state state);

typedef struct shub_verify_row {
    size_t size;
    shub_slice stream;
    shub_slice where;  /* key at the destination, or path here */
    shub_slice detail; /* one line; empty when complete */
    int64_t hour_us;
    int64_t bytes;
    int32_t state; /* a shub_verify_state */
    int32_t reserved;
} shub_verify_row;

typedef struct shub_verify shub_verify;

/* Compares hours here, the journal and the destination, also while another process ships;
 * reads every object there when `deep` is 1, sizes only when 0. Objects that neither the
 * journal nor their names tell are left unsaid. Errors: as shub_ship_open, SHUB_E_FORKED.
 * Lifetime: close with shub_verify_close, before the shipper. */
SHUB_API shub_status shub_verify_open(shub_ship *ship, int deep, shub_verify **verify,
                                      shub_error *err);
/* The next row, oldest hour first: 1, or 0 past the end.
 * Lifetime: slices are borrowed until the next call. */
SHUB_API int shub_verify_next(shub_verify *verify, shub_verify_row *row);
/* NULL is fine. */
SHUB_API void shub_verify_close(shub_verify *verify);

#ifdef __cplusplus
}
#endif

#endif
