/* s3_upload_file: brings a file of any size to a bucket, and tells how far it is.
 *
 *     s3_upload_file FILE BUCKET KEY
 *
 * Keys, region and endpoint come from the environment or the profile, as AWS's own
 * programs find them. Stopped or cut off, the same call goes on where it was: FILE.upload
 * remembers. */
#include <sensorhub.h>

#include <inttypes.h>
#include <stdio.h>

static void show(const shub_s3_progress *p)
{
    printf("%" PRId64 " of %" PRId64 " bytes, part %" PRId32 " of %" PRId32 "\n", p->sent,
           p->bytes, p->parts_done, p->parts);
}

static shub_status upload(shub_s3 *s3, const char *file, const char *bucket,
                          const char *key, shub_error *err)
{
    shub_s3_progress progress = SHUB_S3_PROGRESS_INIT;
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_s3_upload *up;
    int32_t shown = 0;
    shub_status status;

    opts.if_none_match = 1; /* what is there stays */
    status =
        shub_s3_upload_file(s3, shub_str(bucket), shub_str(key), file, &opts, &up, err);
    if (status != SHUB_OK)
        return status;
    while ((status = shub_s3_upload_poll(up, 1000, &progress, &object, err)) ==
           SHUB_E_AGAIN)
        if (progress.parts_done > shown) {
            shown = progress.parts_done;
            show(&progress);
        }
    if (status == SHUB_OK)
        printf("done: %" PRId64 " bytes, ETag %s\n", object.bytes, object.etag.ptr);
    shub_s3_upload_close(up);
    return status;
}

int main(int argc, char **argv)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_s3 *s3 = NULL;
    char journal[4096];
    shub_status status;

    if (argc != 4) {
        fputs("usage: s3_upload_file FILE BUCKET KEY\n", stderr);
        return 2;
    }
    snprintf(journal, sizeof journal, "%s.upload", argv[1]);
    opts.journal = journal;
    status = shub_s3_open(&opts, &s3, &err);
    if (status == SHUB_OK)
        status = upload(s3, argv[1], argv[2], argv[3], &err);
    if (status != SHUB_OK)
        fprintf(stderr, "s3_upload_file: %s (%s)\n", err.message,
                shub_status_name(status));
    shub_s3_close(s3);
    return status == SHUB_OK ? 0 : 1;
}
