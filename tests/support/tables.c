#include "support/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int holds, const char *path, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", path, what);
    exit(EXIT_FAILURE);
}

char *read_whole(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    long size;
    char *text;

    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    text = malloc((size_t)size + 1);
    must(fread(text, 1, (size_t)size, file) == (size_t)size, path, "breaks off");
    text[size] = '\0';
    fclose(file);
    *len = (size_t)size;
    return text;
}

void say_rows(const char *path, size_t rows)
{
    const char *slash = strrchr(path, '/');

    must(rows > 0, path, "no row");
    printf("%s: %zu rows\n", slash ? slash + 1 : path, rows);
}
