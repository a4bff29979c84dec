/* s3_rename: gives an object another key, as often as it is told to.
 *
 *     s3_rename BUCKET FROM TO
 *
 * S3 has no rename: this copies, compares, and deletes what was copied. It may die
 * between any two of these and is simply run again; run once more after it was done, it
 * says so and succeeds. So a queue may hand out the same job twice. Another object that
 * is at TO already stays, and FROM with it. */
#include <sensorhub.h>

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_s3 *s3 = NULL;
    shub_status status;

    if (argc != 4) {
        fputs("usage: s3_rename BUCKET FROM TO\n", stderr);
        return 2;
    }
    status = shub_s3_open(NULL, &s3, &err);
    if (status == SHUB_OK)
        status = shub_s3_rename(s3, shub_str(argv[1]), shub_str(argv[2]),
                                shub_str(argv[3]), &object, &err);
    if (status == SHUB_OK)
        printf("%s has %" PRId64 " bytes\n", argv[3], object.bytes);
    else if (status == SHUB_E_EXISTS)
        fprintf(stderr, "s3_rename: %s: both stay\n", err.message);
    else if (status == SHUB_E_NOT_FOUND)
        fprintf(stderr, "s3_rename: neither %s nor %s is there\n", argv[2], argv[3]);
    else
        fprintf(stderr, "s3_rename: %s (%s)\n", err.message, shub_status_name(status));
    shub_s3_close(s3);
    return status == SHUB_OK ? 0 : 1;
}
