/* What ship.c and verify.c share. */
#ifndef SHUB_SHIP_INTERNAL_H
#define SHUB_SHIP_INTERNAL_H

#include "ship/dest.h"
#include "ship/journal.h"
#include "ship/key.h"

#include <sensorhub/ship.h>

struct shub_ship {
    char *root;
    char *prefix;
    char *key; /* template */
    char *host;
    shub__dest *dest;
    shub__journal *journal;
    shub_clock clock;
    int keep;
    unsigned generation; /* of forks */
};

/* Path of a listed file below the root: what the journal knows it by. Lifetime: borrowed.
 */
shub_slice shub__ship_path(const shub_ship *ship, const shub_log_file *file);

#endif
