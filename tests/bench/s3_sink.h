/* What a bench uploads to: takes what S3 clients put, as fast as it comes, and keeps none
 * of it. A process of its own, so that what it costs is not the client's. */
#ifndef SHUB_BENCH_S3_SINK_H
#define SHUB_BENCH_S3_SINK_H

#include <sys/types.h>

/* Starts it on 127.0.0.1, at *port; ends with the process that started it. In the bucket
 * "checked" ETags are the MD5 of what came, in others they are made up. */
pid_t s3_sink_start(int *port);

/* Ends it. */
void s3_sink_stop(pid_t pid);

#endif
