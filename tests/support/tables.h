/* Files of vectors: read whole, and their rows counted. */
#ifndef TESTS_SUPPORT_TABLES_H
#define TESTS_SUPPORT_TABLES_H

#include <stddef.h>

/* The whole of a file with a NUL behind it, NULL when it is not there; free it. */
char *read_whole(const char *path, size_t *len);

/* Prints how many rows a table has; a table without any ends the program. */
void say_rows(const char *path, size_t rows);

#endif
