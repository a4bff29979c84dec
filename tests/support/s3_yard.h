/* A shipyard whose destination is a bucket of a simulated S3. */
#ifndef TESTS_SUPPORT_S3_YARD_H
#define TESTS_SUPPORT_S3_YARD_H

#include "simulators/s3.h"
#include "support/shipyard.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>

static shipyard yard;
static s3_sim *sim;
static shub_s3_options s3;
static char endpoint[64];

/* Small parts, two in flight. `dest` is borrowed. */
static inline void s3_yard_setup(const char *dest)
{
    static const shub_s3_options init = SHUB_S3_OPTIONS_INIT;

    unsetenv("http_proxy");
    sim = s3_sim_start(NULL);
    ck_assert_ptr_nonnull(sim);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", s3_sim_port(sim));
    yard_setup(&yard);
    s3 = init;
    s3.endpoint = endpoint;
    s3.access_key = S3_SIM_ACCESS;
    s3.secret_key = S3_SIM_SECRET;
    s3.journal = yard.uploads;
    s3.part_bytes = SHUB_S3_PART_MIN;
    s3.in_flight = 2;
    s3.seed = 1;
    yard.opts.dest = dest;
    yard.opts.s3 = &s3;
}

static inline void s3_yard_teardown(void)
{
    yard_teardown(&yard);
    s3_sim_stop(sim);
}

static inline void say(const char *line)
{
    const char *wrong = s3_sim_script(sim, line);

    ck_assert_msg(!wrong, "%s: %s", line, wrong);
}

#endif
