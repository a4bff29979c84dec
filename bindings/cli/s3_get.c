/* s3 get. */
#include "s3.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const option_row s3_get_options[] = {
    S3_OPTION_ROWS,
    {"range", "FIRST-LAST",
     "only these bytes, counted from 0; \"FIRST-\" goes to the end"},
    {"version-id", "ID", "this version of the object"},
    {NULL, NULL, NULL},
};

enum { RANGE = S3_ROWS, VERSION_ID };

/* "0-99", "100-". */
static int read_range(const char *text, shub_s3_get_options *opts)
{
    char first[24];
    const char *dash = text ? strchr(text, '-') : NULL;
    int64_t last = 0;

    if (!text)
        return EXIT_OK;
    if (!dash || dash == text || (size_t)(dash - text) >= sizeof first)
        return usage("--range: \"%s\" is not FIRST-LAST", text);
    snprintf(first, sizeof first, "%.*s", (int)(dash - text), text);
    if (!value_count("range", first, INT64_MAX - 1, &opts->offset))
        return EXIT_USAGE;
    if (!dash[1])
        return EXIT_OK;
    if (!value_count("range", dash + 1, INT64_MAX - 1, &last))
        return EXIT_USAGE;
    if (last < opts->offset)
        return usage("--range: \"%s\" ends before it begins", text);
    opts->length = last - opts->offset + 1;
    return EXIT_OK;
}

static shub_status to_output(shub_slice bytes, void *user, shub_error *err)
{
    (void)user;
    if (fwrite(bytes.ptr, 1, bytes.len, stdout) == bytes.len)
        return SHUB_OK;
    snprintf(err->message, sizeof err->message, "standard output: %s", strerror(errno));
    err->code = SHUB_E_IO;
    return SHUB_E_IO;
}

static int get(shub_s3 *s3, const s3_place *place, const char *path, int json,
               const shub_s3_get_options *opts)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    int is_output = strcmp(path, "-") == 0;
    shub_status status;

    if (is_output)
        status =
            shub_s3_get(s3, place->bucket, place->key, opts, to_output, NULL, NULL, &err);
    else
        status =
            shub_s3_get_file(s3, place->bucket, place->key, path, opts, &object, &err);
    if (status != SHUB_OK)
        return failed(place->key.ptr, status, &err);
    if (json && !is_output)
        s3_row(place, &object, json);
    return EXIT_OK;
}

/* Into a folder: under its last name. EXIT_OK or EXIT_USAGE. */
static int path_for(const s3_place *place, const char *target, char *path, size_t cap)
{
    const char *slash = strrchr(place->key.ptr, '/');
    const char *name = slash ? slash + 1 : place->key.ptr;
    struct stat st;
    int is_folder = stat(target, &st) == 0 && S_ISDIR(st.st_mode), len;

    if (is_folder && !*name)
        return usage("\"%s\" has no name for a file", place->key.ptr);
    len = snprintf(path, cap, "%s%s%s", target, is_folder ? "/" : "",
                   is_folder ? name : "");
    return (size_t)len < cap ? EXIT_OK : usage("\"%s\" is too long a path", target);
}

int run_s3_get(const arguments *args)
{
    shub_s3_get_options opts = SHUB_S3_GET_OPTIONS_INIT;
    char path[4096];
    s3_place place;
    shub_s3 *s3 = NULL;
    int code = s3_place_read(args->rest[0], 1, &place);

    if (code == EXIT_OK)
        code = path_for(&place, args->rest[1], path, sizeof path);
    if (code == EXIT_OK)
        code = read_range(args->value[RANGE], &opts);
    if (code != EXIT_OK)
        return code;
    opts.version_id = shub_str(args->value[VERSION_ID]);
    code = s3_open(args, NULL, &s3);
    if (code == EXIT_OK)
        code = get(s3, &place, path, args->json, &opts);
    shub_s3_close(s3);
    return code;
}
