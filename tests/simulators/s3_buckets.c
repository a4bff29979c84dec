#include "s3_sim.h"

#include <stdlib.h>
#include <string.h>

void s3_create_bucket(struct s3_exchange *x)
{
    if (x->bucket) {
        s3_fail(x, "BucketAlreadyOwnedByYou", NULL);
        return;
    }
    s3_store_add_bucket(&x->sim->store, x->bucket_name, x->sim->region,
                        s3_now_ms(x->sim));
    char *location = s3_print("/%s", x->bucket_name);
    s3_reply_header(x, "Location", location);
    free(location);
    x->applied = true;
    x->answer.status = 200;
}

void s3_head_bucket(struct s3_exchange *x)
{
    s3_reply_header(x, "x-amz-bucket-region", x->bucket->region);
    x->applied = true;
    x->answer.status = 200;
}

void s3_delete_bucket(struct s3_exchange *x)
{
    if (x->bucket->object_count > 0) {
        s3_fail(x, "BucketNotEmpty", NULL);
        return;
    }
    s3_store_drop_bucket(&x->sim->store, x->bucket);
    x->applied = true;
    x->answer.status = 204;
}

/* us-east-1 is the region without a name here. */
void s3_bucket_location(struct s3_exchange *x)
{
    FILE *out = s3_reply_open(x, "LocationConstraint");
    if (strcmp(x->bucket->region, "us-east-1") != 0)
        s3_write_escaped(out, x->bucket->region);
    s3_reply_close(x, out, "LocationConstraint");
    x->applied = true;
}

void s3_list_buckets(struct s3_exchange *x)
{
    const struct s3_store *store = &x->sim->store;
    char time[S3_TIME_SIZE];
    FILE *out = s3_reply_open(x, "ListAllMyBucketsResult");
    fputs("<Buckets>", out);
    for (size_t i = 0; i < store->bucket_count; i++) {
        fputs("<Bucket>", out);
        s3_write_element(out, "Name", store->buckets[i]->name);
        s3_time_iso(store->buckets[i]->created_ms, time);
        s3_write_element(out, "CreationDate", time);
        fputs("</Bucket>", out);
    }
    fputs("</Buckets>", out);
    s3_reply_close(x, out, "ListAllMyBucketsResult");
    x->applied = true;
}
