/* runner big|little [PROGRAM...]: the unit tests whose main functions programs.h lists,
 * or those named, on a machine of that byte order. 77: some had nothing to read. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM(name) int name(void);
#include "programs.h"
#undef PROGRAM

static const struct program {
    const char *name;
    int (*run)(void);
} programs[] = {
#define PROGRAM(name) {#name, name},
#include "programs.h"
#undef PROGRAM
};

static const char *byte_order(void)
{
    const uint16_t one = 1;
    unsigned char first;

    memcpy(&first, &one, 1);
    return first ? "little" : "big";
}

static int is_wanted(const char *name, char **names)
{
    for (char **p = names; *p; p++)
        if (strcmp(*p, name) == 0)
            return 1;
    return !*names;
}

int main(int argc, char **argv)
{
    size_t passed = 0, skipped = 0, failed = 0;

    if (argc < 2 || (strcmp(argv[1], "any") && strcmp(argv[1], byte_order()))) {
        fprintf(stderr, "this machine is %s-endian\n", byte_order());
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        const struct program *p = &programs[i];
        int status;
        if (!is_wanted(p->name, argv + 2))
            continue;
        printf("%s\n", p->name);
        status = p->run();
        *(status == 0 ? &passed : status == 77 ? &skipped : &failed) += 1;
        if (status != 0)
            printf("%s: %s\n", p->name, status == 77 ? "skipped" : "failed");
    }
    printf("%s-endian: %zu passed, %zu skipped, %zu failed\n", byte_order(), passed,
           skipped, failed);
    return failed || !passed ? EXIT_FAILURE : EXIT_SUCCESS;
}
