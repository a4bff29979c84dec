/* s3 head, s3 ls, s3 cp, s3 mv, s3 presign, and the table of the s3 commands. */
#include "s3.h"

#include <stdio.h>

static const option_row plain_options[] = {S3_OPTION_ROWS, {NULL, NULL, NULL}};

/* ---- head ------------------------------------------------------------------------- */

static void row_sha256(const shub_s3_object *object)
{
    char hex[65] = "";

    for (size_t i = 0; object->has_sha256 && i < sizeof object->sha256; i++)
        snprintf(hex + 2 * i, 3, "%02x", object->sha256[i]);
    row_text("sha256", shub_str(hex));
}

static void print_head(const s3_place *place, const shub_s3_object *object, int json)
{
    row_text("bucket", place->bucket);
    row_text("key", place->key);
    row_int("bytes", object->bytes);
    row_time("modified", object->modified_us);
    row_text("etag", object->etag);
    row_text("content_type", object->content_type);
    row_text("content_encoding", object->content_encoding);
    row_text("storage_class", object->storage_class);
    row_text("sse", object->sse);
    row_text("version_id", object->version_id);
    row_sha256(object);
    row_pairs("metadata", object->metadata, object->metadata_count);
    row_end(json);
}

static int run_head(const arguments *args)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    s3_place place;
    shub_s3 *s3 = NULL;
    shub_status status;
    int code = s3_place_read(args->rest[0], 1, &place);

    if (code == EXIT_OK)
        code = s3_open(args, NULL, &s3);
    if (code != EXIT_OK)
        return code;
    status = shub_s3_head(s3, place.bucket, place.key, &object, &err);
    if (status == SHUB_OK)
        print_head(&place, &object, args->json);
    else
        code = failed(place.key.ptr, status, &err);
    shub_s3_close(s3);
    return code;
}

/* ---- ls --------------------------------------------------------------------------- */

static const option_row ls_options[] = {
    S3_OPTION_ROWS,
    {"recursive", NULL, "every object, also below further prefixes"},
    {NULL, NULL, NULL},
};

enum { RECURSIVE = S3_ROWS };

static void print_entry(const shub_s3_object *entry, int json)
{
    row_text("key", entry->key);
    row_int("bytes", entry->is_prefix ? 0 : entry->bytes);
    if (entry->is_prefix)
        row_text("modified", SHUB_LIT(""));
    else
        row_time("modified", entry->modified_us);
    row_text("storage_class", entry->storage_class);
    row_text("etag", entry->etag);
    row_end(json);
}

static int list(shub_s3 *s3, const s3_place *place, int recursive, int json)
{
    shub_s3_list_options opts = SHUB_S3_LIST_OPTIONS_INIT;
    shub_s3_object entry = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_s3_list *entries = NULL;
    int more = 0;
    shub_status status;

    opts.prefix = place->key;
    if (!recursive)
        opts.delimiter = SHUB_LIT("/");
    status = shub_s3_list_open(s3, place->bucket, &opts, &entries, &err);
    while (status == SHUB_OK) {
        status = shub_s3_list_next(entries, &entry, &more, &err);
        if (status != SHUB_OK || !more)
            break;
        print_entry(&entry, json);
    }
    shub_s3_list_close(entries);
    return status == SHUB_OK ? EXIT_OK : failed(place->bucket.ptr, status, &err);
}

static int run_ls(const arguments *args)
{
    s3_place place;
    shub_s3 *s3 = NULL;
    int code = s3_place_read(args->rest[0], 0, &place);

    if (code == EXIT_OK)
        code = s3_open(args, NULL, &s3);
    if (code == EXIT_OK)
        code = list(s3, &place, args->value[RECURSIVE] != NULL, args->json);
    shub_s3_close(s3);
    return code;
}

/* ---- cp, mv ----------------------------------------------------------------------- */

static const option_row cp_options[] = {
    S3_OPTION_ROWS,
    S3_TARGET_ROWS,
    {NULL, NULL, NULL},
};

/* Both places; a target that is a prefix gets the source's last name. */
static int read_both(const arguments *args, s3_place *from, s3_place *to,
                     char room[SHUB_S3_KEY_MAX + 1])
{
    int code = s3_place_read(args->rest[0], 1, from);

    if (code == EXIT_OK)
        code = s3_place_read(args->rest[1], 0, to);
    return code == EXIT_OK ? s3_name_below(to->key, from->key.ptr, room, &to->key) : code;
}

static int run_cp(const arguments *args)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    char room[SHUB_S3_KEY_MAX + 1];
    s3_place from, to;
    shub_s3 *s3 = NULL;
    shub_status status;
    int code = read_both(args, &from, &to, room);

    if (code == EXIT_OK)
        code = s3_open(args, NULL, &s3);
    if (code != EXIT_OK)
        return code;
    s3_target_read(args, &opts);
    status =
        shub_s3_copy(s3, from.bucket, from.key, to.bucket, to.key, &opts, &object, &err);
    if (status != SHUB_OK)
        code = failed(from.key.ptr, status, &err);
    else if (args->json)
        s3_row(&to, &object, 1);
    shub_s3_close(s3);
    return code;
}

static int run_mv(const arguments *args)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    char room[SHUB_S3_KEY_MAX + 1];
    s3_place from, to;
    shub_s3 *s3 = NULL;
    shub_status status;
    int code = read_both(args, &from, &to, room);

    if (code == EXIT_OK && !shub_slice_equal(from.bucket, to.bucket))
        code = usage("mv stays in one bucket: cp, then rm");
    if (code == EXIT_OK)
        code = s3_open(args, NULL, &s3);
    if (code != EXIT_OK)
        return code;
    status = shub_s3_rename(s3, from.bucket, from.key, to.key, &object, &err);
    if (status != SHUB_OK)
        code = failed(from.key.ptr, status, &err);
    else if (args->json)
        s3_row(&to, &object, 1);
    shub_s3_close(s3);
    return code;
}

/* ---- presign ---------------------------------------------------------------------- */

static const option_row presign_options[] = {
    S3_OPTION_ROWS,
    {"method", "NAME", "GET, HEAD, PUT or DELETE (GET)"},
    {"expires", "DURATION", "how long the URL is good, at most 7d (15m)"},
    {NULL, NULL, NULL},
};

enum { METHOD = S3_ROWS, EXPIRES };

static int presign(shub_s3 *s3, const s3_place *place, const char *method,
                   int64_t expires_s, int json)
{
    shub_error err = SHUB_ERROR_INIT;
    char url[SHUB_S3_URL_MAX];
    size_t len = 0;
    shub_status status =
        shub_s3_presign_object(s3, shub_str(method), place->bucket, place->key, expires_s,
                               url, sizeof url, &len, &err);

    if (status != SHUB_OK)
        return failed(place->key.ptr, status, &err);
    if (!json) {
        puts(url);
        return EXIT_OK;
    }
    row_text("url", shub_bytes(url, len));
    row_end(1);
    return EXIT_OK;
}

static int run_presign(const arguments *args)
{
    static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", NULL};
    int64_t expires_us = 15 * 60 * SHUB_SECOND_US;
    int32_t method = 0;
    s3_place place;
    shub_s3 *s3 = NULL;
    int code = s3_place_read(args->rest[0], 1, &place);

    if (code != EXIT_OK)
        return code;
    if (!value_choice("method", args->value[METHOD], methods, &method) ||
        !value_duration_us("expires", args->value[EXPIRES], &expires_us))
        return EXIT_USAGE;
    if (expires_us < SHUB_SECOND_US || expires_us > SHUB_S3_EXPIRES_MAX * SHUB_SECOND_US)
        return usage("--expires: is not between 1s and 7d");
    code = s3_open(args, NULL, &s3);
    if (code == EXIT_OK)
        code =
            presign(s3, &place, methods[method], expires_us / SHUB_SECOND_US, args->json);
    shub_s3_close(s3);
    return code;
}

/* ---- the table -------------------------------------------------------------------- */

const command s3_commands[] = {
    {"s3 put", "upload files, or what comes in", "FILE... s3://bucket/key",
     "    Uploads FILE, \"-\" for standard input, under the key; files in parts from 8 "
     "MiB on.\n"
     "    A key that ends with '/' and a bucket alone take the file's name, and several\n"
     "    files. On a terminal a line shows how far it is; else nothing is printed, "
     "with\n"
     "    --json a row for each object. With --journal a put that broke off is said "
     "again "
     "and\n"
     "    goes on where it was; without it, what was sent is removed on a "
     "signal.\n" S3_ENVIRONMENT,
     s3_put_options, 2, SHUB_NONE, run_s3_put},
    {"s3 get", "download an object", "s3://bucket/key FILE",
     "    Writes the object to FILE, which gets its name when it is whole and compared "
     "with\n"
     "    its checksum; to a folder, under its own name; to standard output for "
     "\"-\".\n" S3_ENVIRONMENT,
     s3_get_options, 2, 2, run_s3_get},
    {"s3 head", "print what is known of an object", "s3://bucket/key",
     "    Prints one row: size, time, ETag, headers, SHA-256 and "
     "metadata.\n" S3_ENVIRONMENT,
     plain_options, 1, 1, run_head},
    {"s3 ls", "list objects", "s3://bucket/prefix",
     "    Prints a row for each object whose key begins with the prefix, in the order "
     "of\n"
     "    keys. What lies below a further '/' is one row, without time and size, unless\n"
     "    --recursive is given.\n" S3_ENVIRONMENT,
     ls_options, 1, 1, run_ls},
    {"s3 rm", "delete objects", "s3://bucket/key...",
     "    Deletes objects, up to a thousand in one request; one that is not there is "
     "fine.\n" S3_ENVIRONMENT,
     s3_rm_options, 1, SHUB_NONE, run_s3_rm},
    {"s3 cp", "copy an object within the store", "s3://bucket/key s3://bucket/key",
     "    Copies an object without downloading it, in parts above 5 GiB. Metadata and\n"
     "    content type go along. A target that ends with '/' takes the source's "
     "name.\n" S3_ENVIRONMENT,
     cp_options, 2, 2, run_cp},
    {"s3 mv", "rename an object", "s3://bucket/key s3://bucket/key",
     "    Copies, compares, deletes the source; said again after it was done, it "
     "succeeds.\n"
     "    Fails when something else is under the new key.\n" S3_ENVIRONMENT,
     plain_options, 2, 2, run_mv},
    {"s3 presign", "print a URL that carries its own signature", "s3://bucket/key",
     "    Who has the URL may send that one request until it expires: it is a "
     "secret.\n" S3_ENVIRONMENT,
     presign_options, 1, 1, run_presign},
    {"s3 uploads", "list or abort uploads that were not ended", "s3://bucket/prefix",
     "    Prints a row for each multipart upload below the prefix that was begun and "
     "neither\n"
     "    completed nor aborted: its parts are paid for. With --abort ends those that "
     "the\n"
     "    journal knows, with --all every one, also those of others; prints how "
     "many.\n" S3_ENVIRONMENT,
     s3_uploads_options, 1, 1, run_s3_uploads},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};
