/* What has been asked, and how often. */
#ifndef S3_LOG_H
#define S3_LOG_H

#include "s3_sim.h"

struct s3_request_log {
    s3_sim_request **entries;
    size_t size;
    size_t room;
    size_t requests[S3_OPERATION_COUNT];
    size_t successes[S3_OPERATION_COUNT];
};

#endif
