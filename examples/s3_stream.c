/* s3_stream: brings what comes in to a bucket while it comes, however much that will be.
 *
 *     journalctl -f | s3_stream BUCKET KEY
 *
 * In memory are the parts that are on their way, four of 8 MiB. The object appears when
 * the input ends; when reading fails, nothing does. */
#include <sensorhub.h>

#include <inttypes.h>
#include <stdio.h>

/* SHUB_E_IO when the input does not come to its end. */
static shub_status copy_input(shub_s3_upload *up, shub_error *err)
{
    static char bytes[256 << 10];
    shub_status status = SHUB_OK;
    size_t got;

    while (status == SHUB_OK && (got = fread(bytes, 1, sizeof bytes, stdin)) > 0)
        status = shub_s3_upload_write(up, shub_bytes(bytes, got), err);
    if (status == SHUB_OK && ferror(stdin)) {
        snprintf(err->message, sizeof err->message, "standard input cannot be read");
        return SHUB_E_IO;
    }
    return status;
}

static shub_status stream(shub_s3 *s3, const char *bucket, const char *key,
                          shub_error *err)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_s3_upload *up;
    shub_status status;

    opts.content_type = SHUB_LIT("text/plain; charset=utf-8");
    status = shub_s3_upload_open(s3, shub_str(bucket), shub_str(key), &opts, &up, err);
    if (status != SHUB_OK)
        return status;
    status = copy_input(up, err);
    if (status == SHUB_OK)
        status = shub_s3_upload_finish(up, &object, err);
    if (status == SHUB_OK)
        printf("%" PRId64 " bytes\n", object.bytes);
    shub_s3_upload_close(up); /* aborts one that was not finished */
    return status;
}

int main(int argc, char **argv)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_s3 *s3 = NULL;
    shub_status status;

    if (argc != 3) {
        fputs("usage: s3_stream BUCKET KEY\n", stderr);
        return 2;
    }
    status = shub_s3_open(NULL, &s3, &err);
    if (status == SHUB_OK)
        status = stream(s3, argv[1], argv[2], &err);
    if (status != SHUB_OK)
        fprintf(stderr, "s3_stream: %s (%s)\n", err.message, shub_status_name(status));
    shub_s3_close(s3);
    return status == SHUB_OK ? 0 : 1;
}
