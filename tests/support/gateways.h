/* Simulated EAGLE gateways for tests in C: starts simulators/eagle_gateway and talks to
 * it. */
#ifndef TESTS_SUPPORT_GATEWAYS_H
#define TESTS_SUPPORT_GATEWAYS_H

#include <sensorhub/eagle.h>

#include <stddef.h>

typedef struct gateway {
    char kind[16]; /* "relay", "eagle100", "eagle200" */
    char url[64];
    char cloud_id[8];
    char secret[64];   /* install code, or the relay account's user */
    char password[32]; /* of the relay account */
} gateway;

typedef struct gateways gateways;

/* 1 when the simulator was built; a test program that needs it ends with 77 when not. */
int gateways_built(void);
/* `options` as on the command line, with blanks between. */
gateways *gateways_start(const char *options);
const gateway *gateways_at(const gateways *all, size_t i);
/* Sends a line such as "fault 1 503 2" and waits for its "ok". */
void gateways_say(gateways *all, const char *line);
/* A number of the i-th gateway's statistics: "requests", "gap_ms", "command.get_price"; 0
 * when it is not told. */
long gateways_stat(gateways *all, size_t i, const char *name);
void gateways_stop(gateways *all);

/* Options for a gateway: its address and credentials, no retries, short times. */
shub_eagle_options gateways_options(const gateways *all, size_t i);

#endif
