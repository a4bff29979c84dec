#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/client_provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_BYTES 4096

const char *shub__s3_getenv(const char *name, void *user)
{
    (void)user;
    return getenv(name);
}

static shub_status read_all(int fd, const char *path, shub__buf *out, shub_error *err)
{
    shub_status status = SHUB_OK;
    size_t got = 1;

    while (status == SHUB_OK && got) {
        size_t left = out->max - out->len;
        size_t want = left < READ_BYTES ? left : READ_BYTES;
        char spare, *dst = want ? shub__buf_room(out, want) : &spare;

        if (!dst)
            return shub__buf_check(out, path, err);
        status = shub__file_read(fd, dst, want ? want : 1, (int64_t)out->len, &got, err);
        if (status == SHUB_OK && got && !want)
            return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                              "%.100s is larger than %zu bytes", path, out->max);
        if (want)
            shub__buf_added(out, got);
    }
    return status;
}

shub_status shub__s3_file_read(const char *path, shub__buf *out, shub_error *err)
{
    shub_status status;
    int fd;

    status = shub__file_open(path, SHUB__OPEN_READ, &fd, err);
    if (status != SHUB_OK)
        return status;
    shub__buf_clear(out);
    status = read_all(fd, path, out, err);
    shub__file_close(fd);
    return status;
}

/* The path by a variable, else below the home folder; *path is NULL when there is none. A
 * '~' at its beginning is the home folder, as for the AWS CLI. */
static shub_status profile_path(const char *variable, const char *below_home, char **path,
                                shub_error *err)
{
    const char *home = getenv("HOME"), *named = getenv(variable);
    const char *front = "", *rest = named;
    size_t size;

    *path = NULL;
    if (!named || !*named)
        rest = below_home;
    if (rest[0] == '~' && rest[1] == '/') {
        if (!home || !*home)
            return SHUB_OK;
        front = home;
        rest++;
    }
    size = strlen(front) + strlen(rest) + 1;
    *path = shub__malloc(size);
    if (!*path)
        return shub__fail_nomem(err);
    (void)snprintf(*path, size, "%s%s", front, rest);
    return SHUB_OK;
}

static shub_status load(shub__profiles *profiles, shub__profile_file file,
                        const char *path, shub_error *err)
{
    shub__buf text;
    shub_status status;

    shub__buf_init_secret(&text, SHUB__PROFILE_FILE_MAX);
    status = shub__s3_file_read(path, &text, err);
    if (status == SHUB_OK)
        status = shub__profiles_read(profiles, file, path, shub__buf_view(&text), err);
    else if (status == SHUB_E_NOT_FOUND)
        status = SHUB_OK;
    shub__buf_fini(&text);
    return status;
}

shub_status shub__s3_profiles_load(shub__profiles *profiles, shub_error *err)
{
    static const struct {
        shub__profile_file file;
        const char *variable, *below_home;
    } rows[] = {
        {SHUB__PROFILE_CONFIG, "AWS_CONFIG_FILE", "~/.aws/config"},
        {SHUB__PROFILE_CREDENTIALS, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"},
    };
    shub_status status = SHUB_OK;
    char *path;

    for (size_t i = 0; i < sizeof rows / sizeof *rows && status == SHUB_OK; i++) {
        status = profile_path(rows[i].variable, rows[i].below_home, &path, err);
        if (status == SHUB_OK && path)
            status = load(profiles, rows[i].file, path, err);
        shub__free(path);
    }
    if (status != SHUB_OK)
        shub__profiles_fini(profiles);
    return status;
}
