/* s3 uploads. */
#include "s3.h"

const option_row s3_uploads_options[] = {
    S3_OPTION_ROWS,
    {"abort", NULL, "abort them, with what was sent"},
    {"older-than", "DURATION", "only those that began longer ago"},
    {"all", NULL, "of --abort: also those that the journal does not know"},
    {"journal", "FILE", "of --abort: the uploads noted there, by put or ship"},
    {NULL, NULL, NULL},
};

enum { ABORT = S3_ROWS, OLDER_THAN, ALL, JOURNAL };

static int list(shub_s3 *s3, const s3_place *place, int64_t before_us, int json)
{
    shub_s3_list_options opts = SHUB_S3_LIST_OPTIONS_INIT;
    shub_s3_object entry = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_s3_list *uploads = NULL;
    int more = 0;
    shub_status status;

    opts.prefix = place->key;
    status = shub_s3_list_uploads(s3, place->bucket, &opts, &uploads, &err);
    while (status == SHUB_OK) {
        status = shub_s3_list_next(uploads, &entry, &more, &err);
        if (status != SHUB_OK || !more)
            break;
        if (entry.modified_us >= before_us)
            continue;
        row_text("key", entry.key);
        row_text("upload_id", entry.upload_id);
        row_time("begun", entry.modified_us);
        row_end(json);
    }
    shub_s3_list_close(uploads);
    return status == SHUB_OK ? EXIT_OK : failed(place->bucket.ptr, status, &err);
}

static int abort_uploads(shub_s3 *s3, const s3_place *place, int64_t before_us,
                         const arguments *args)
{
    shub_error err = SHUB_ERROR_INIT;
    size_t count = 0;
    shub_status status = shub_s3_abort_stale(s3, place->bucket, place->key, before_us,
                                             args->value[ALL] != NULL, &count, &err);

    row_int("aborted", (int64_t)count);
    row_end(args->json);
    return status == SHUB_OK ? EXIT_OK : failed(place->bucket.ptr, status, &err);
}

int run_s3_uploads(const arguments *args)
{
    int64_t older_us = 0, before_us = INT64_MAX;
    s3_place place;
    shub_s3 *s3 = NULL;
    int code = s3_place_read(args->rest[0], 0, &place);

    if (code != EXIT_OK)
        return code;
    if (!value_duration_us("older-than", args->value[OLDER_THAN], &older_us))
        return EXIT_USAGE;
    if (!args->value[ABORT] && (args->value[ALL] || args->value[JOURNAL]))
        return usage("--all and --journal go with --abort");
    if (args->value[ABORT] && !args->value[ALL] && !args->value[JOURNAL])
        return usage("--abort wants --journal FILE, or --all");
    /* Without the option the store's clock may go ahead of ours. */
    if (args->value[OLDER_THAN])
        before_us = shub_now_us() - older_us;
    code = s3_open(args, args->value[JOURNAL], &s3);
    if (code == EXIT_OK)
        code = args->value[ABORT] ? abort_uploads(s3, &place, before_us, args)
                                  : list(s3, &place, before_us, args->json);
    shub_s3_close(s3);
    return code;
}
