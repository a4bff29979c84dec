/* s3_presign: lets somebody without keys read one object, or write it, for a while.
 *
 *     s3_presign GET BUCKET KEY SECONDS
 *     s3_presign PUT BUCKET KEY SECONDS      curl -T FILE "$URL"
 *
 * Asks the store nothing. Who has the URL may send the request until it expires: hand it
 * out as you would hand out the object, and keep it out of logs. */
#include <sensorhub.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    shub_error err = SHUB_ERROR_INIT;
    char url[SHUB_S3_URL_MAX];
    shub_s3 *s3 = NULL;
    shub_status status;
    size_t len;

    if (argc != 5) {
        fputs("usage: s3_presign METHOD BUCKET KEY SECONDS\n", stderr);
        return 2;
    }
    status = shub_s3_open(NULL, &s3, &err);
    if (status == SHUB_OK)
        status = shub_s3_presign_object(s3, shub_str(argv[1]), shub_str(argv[2]),
                                        shub_str(argv[3]), atoll(argv[4]), url,
                                        sizeof url, &len, &err);
    if (status == SHUB_OK)
        puts(url);
    else
        fprintf(stderr, "s3_presign: %s (%s)\n", err.message, shub_status_name(status));
    shub_s3_close(s3);
    return status == SHUB_OK ? 0 : 1;
}
