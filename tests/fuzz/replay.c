/* Feeds a fuzz target every file of a folder, and every truncation of each: the corpus as
 * a regression test, in builds without libFuzzer.
 *
 * Each input is handed over in a block of exactly its size, so that AddressSanitizer or
 * valgrind sees a read of one byte too many. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Above this size truncations are taken in steps, which keeps a replay linear. */
#define EVERY_TRUNCATION_BELOW 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void feed(const uint8_t *data, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);
    if (!exact) {
        perror("malloc");
        exit(1);
    }
    if (len)
        memcpy(exact, data, len);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

static uint8_t *read_whole(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) {
        perror(path);
        exit(1);
    }
    long size = ftell(file);
    rewind(file);
    uint8_t *data = malloc((size_t)size + 1);
    if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
        perror(path);
        exit(1);
    }
    fclose(file);
    *len = (size_t)size;
    return data;
}

static void replay(const char *path)
{
    size_t len;
    uint8_t *data = read_whole(path, &len);
    size_t step = len / EVERY_TRUNCATION_BELOW + 1;
    for (size_t cut = 0; cut < len; cut += step)
        feed(data, cut);
    feed(data, len);
    free(data);
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    int files = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        replay(path);
        files++;
    }
    closedir(folder);
    printf("%d files\n", files);
    return files ? 0 : 1;
}
