/* Looking at a log's files through base/file.h, real or in memory. */
#ifndef TESTS_SUPPORT_LOGVIEW_H
#define TESTS_SUPPORT_LOGVIEW_H

#include <sensorhub/log.h>

/* A clock that stands still until told. Tests that use memfs tell it the same. */
extern int64_t logview_now_us;
shub_clock logview_clock(void);
/* Sets both clocks from RFC 3339 text; `fs` (a memfs) may be NULL. */
struct memfs;
void logview_set_now(struct memfs *fs, const char *time);
int64_t logview_time(const char *time);

/* The content of a file, a sealed one decompressed; NULL when there is none. Free with
 * free(). */
char *logview_text(const char *path);
/* Every file below the root: "name state number\n", each followed by its content,
 * indented. Free with free(). */
char *logview_all(const char *root);
/* Replaces a file's content; folders are made. */
void logview_put(const char *path, const char *text);
/* The same as one gzip member. */
void logview_put_gzip(const char *path, const char *text);

#endif
