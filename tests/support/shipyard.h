/* A log with sealed files and a destination in memory's file system, and a journal in a
 * folder of the real one, where SQLite writes. */
#ifndef TESTS_SUPPORT_SHIPYARD_H
#define TESTS_SUPPORT_SHIPYARD_H

#include "support/memfs.h"

#include <sensorhub.h>

#define YARD_ROOT "/data"
#define YARD_DEST "/srv"
#define YARD_HOUR 1426006800 /* 2015-03-10T17:00:00Z */

typedef struct shipyard {
    memfs *fs;
    char folder[64];  /* of the journal */
    char journal[80]; /* its path */
    char uploads[80]; /* of one for uploads under way, for destinations that need it */
    shub_ship_options opts;
    shub_error err;
} shipyard;

void yard_setup(shipyard *yard);
void yard_teardown(shipyard *yard);
/* Begins anew: empty log, empty destination, no journal. */
void yard_reset(shipyard *yard);
/* Both. */
void yard_remove_journal(shipyard *yard);

/* Opens, or fails the test. */
shub_ship *yard_open(shipyard *yard);
/* Opens, runs once, closes; the status of what failed first. */
shub_status yard_run(shipyard *yard, shub_ship_report *report);

/* Writes a file and its folders; what it writes is on the disk. */
void yard_write(const char *path, const char *text, size_t len);
/* Writes `text` as one gzip member. */
void yard_write_gzip(const char *path, const char *text);
/* The same to a path below the root. */
void yard_seal(const char *below, const char *text);
/* 1 when the file at `path` holds `text` as one gzip member. */
int yard_holds(const char *path, const char *text);
int yard_exists(const char *path);
/* Files anywhere below a folder, hidden ones too; -1 when it is missing. */
int yard_count(const char *folder);
/* Names beginning with '.' right below a folder. */
int yard_hidden(const char *folder);

#endif
