#include "s3_sim.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct operation_form {
    const char *name;
    const char *short_name;
} forms[S3_OPERATION_COUNT] = {
#define X(name, short_name) {#name, short_name},
    S3_OPERATIONS(X)
#undef X
};

const char *s3_operation_name(enum s3_operation operation)
{
    return forms[operation].name;
}

int s3_operation_named(const char *name)
{
    if (strcmp(name, "any") == 0)
        return S3_ANY;
    for (int i = 0; i < S3_OPERATION_COUNT; i++)
        if (s3_same_word(forms[i].name, name) || !strcmp(forms[i].short_name, name))
            return i;
    return -1;
}

void s3_operation_list(FILE *out)
{
    for (int i = 0; i < S3_OPERATION_COUNT; i++)
        fprintf(out, "%s%s", i % 9 ? " " : "\n ", forms[i].short_name);
    putc('\n', out);
}

const char *s3_header(const struct s3_exchange *x, const char *name)
{
    return s3_pairs_get(&x->headers, name);
}

/* Unlike a header's, the letters' case counts. */
static const char *find_exact(const struct s3_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return pairs->items[i].value;
    return NULL;
}

const char *s3_parameter(const struct s3_exchange *x, const char *name)
{
    const char *value = find_exact(&x->query, name);
    return value ? value : find_exact(&x->form, name);
}

/* Length of the bucket's name before ".s3.region.amazonaws.com" or ".HOST"; 0: none. */
static size_t host_bucket(const struct s3_exchange *x, const char *host)
{
    size_t size = strcspn(host, ":");
    size_t name = strlen(x->sim->host);
    if (*host == '[')
        return 0;
    if (size > name + 1 && host[size - name - 1] == '.' &&
        strncasecmp(host + size - name, x->sim->host, name) == 0)
        return size - name - 1;
    if (!memmem(host, size, ".amazonaws.com", 14))
        return 0;
    const char *service = memmem(host, size, ".s3.", 4);
    if (!service)
        service = memmem(host, size, ".s3-", 4);
    return service ? (size_t)(service - host) : 0;
}

/* Path style: /bucket/key. Virtual-host style: the bucket is in the Host header. */
static void split_path(struct s3_exchange *x)
{
    const char *host = s3_header(x, "host");
    size_t in_host = host ? host_bucket(x, host) : 0;
    const char *path = x->path + (x->path[0] == '/');
    if (in_host > 0) {
        x->bucket_name = s3_copy_n(host, in_host);
        x->key = s3_copy(path);
    } else {
        size_t size = strcspn(path, "/");
        x->bucket_name = s3_copy_n(path, size);
        x->key = s3_copy(path[size] == '/' ? path + size + 1 : "");
    }
    s3_url_decode(x->bucket_name, false);
    s3_url_decode(x->key, false);
}

/* Parameters that ask for something other than the object or the bucket itself. */
static bool has_subresource(const struct s3_exchange *x)
{
    static const char *const names[] = {
        "accelerate",     "acl",         "attributes",
        "cors",           "encryption",  "legal-hold",
        "lifecycle",      "logging",     "metrics",
        "notification",   "object-lock", "ownershipControls",
        "policy",         "replication", "publicAccessBlock",
        "requestPayment", "restore",     "retention",
        "select",         "tagging",     "torrent",
        "versioning",     "versions",    "website",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (s3_parameter(x, names[i]))
            return true;
    return false;
}

static enum s3_operation object_operation(const struct s3_exchange *x)
{
    const char *method = x->method;
    bool upload = s3_parameter(x, "uploadId") != NULL;
    bool copy = s3_header(x, "x-amz-copy-source") != NULL;
    if (has_subresource(x))
        return strcmp(method, "GET") == 0 && s3_parameter(x, "tagging")
                   ? S3_GetObjectTagging
                   : S3_Other;
    if (strcmp(method, "PUT") == 0 && upload)
        return copy ? S3_UploadPartCopy : S3_UploadPart;
    if (strcmp(method, "PUT") == 0)
        return copy ? S3_CopyObject : S3_PutObject;
    if (strcmp(method, "GET") == 0)
        return upload ? S3_ListParts : S3_GetObject;
    if (strcmp(method, "HEAD") == 0)
        return S3_HeadObject;
    if (strcmp(method, "DELETE") == 0)
        return upload ? S3_AbortMultipartUpload : S3_DeleteObject;
    if (strcmp(method, "POST") == 0 && s3_parameter(x, "uploads"))
        return S3_CreateMultipartUpload;
    return strcmp(method, "POST") == 0 && upload ? S3_CompleteMultipartUpload : S3_Other;
}

static enum s3_operation bucket_operation(const struct s3_exchange *x)
{
    const char *method = x->method;
    const char *type = s3_parameter(x, "list-type");
    if (has_subresource(x))
        return S3_Other;
    if (strcmp(method, "PUT") == 0)
        return S3_CreateBucket;
    if (strcmp(method, "HEAD") == 0)
        return S3_HeadBucket;
    if (strcmp(method, "DELETE") == 0)
        return S3_DeleteBucket;
    if (strcmp(method, "POST") == 0)
        return s3_parameter(x, "delete") ? S3_DeleteObjects : S3_Other;
    if (strcmp(method, "GET") != 0)
        return S3_Other;
    if (s3_parameter(x, "uploads"))
        return S3_ListMultipartUploads;
    if (s3_parameter(x, "location"))
        return S3_GetBucketLocation;
    return type && strcmp(type, "2") == 0 ? S3_ListObjectsV2 : S3_Other;
}

static enum s3_operation sts_operation(const struct s3_exchange *x)
{
    if (strcmp(x->path, "/") != 0)
        return S3_Other;
    const char *action = s3_parameter(x, "Action");
    if (action && strcmp(action, "AssumeRole") == 0)
        return S3_AssumeRole;
    return action && strcmp(action, "AssumeRoleWithWebIdentity") == 0
               ? S3_AssumeRoleWithWebIdentity
               : S3_Other;
}

static enum s3_operation service_operation(const struct s3_exchange *x)
{
    static const char credentials[] = "/latest/meta-data/iam/security-credentials";
    const char *path = x->path;
    if (strcmp(path, "/latest/api/token") == 0)
        return S3_ImdsToken;
    if (s3_has_prefix(path, credentials)) {
        path += sizeof credentials - 1;
        return strlen(path) > 1 ? S3_ImdsCredentials : S3_ImdsRole;
    }
    if (x->sim->container_path && strcmp(path, x->sim->container_path) == 0)
        return S3_ContainerCredentials;
    return sts_operation(x);
}

void s3_route(struct s3_exchange *x)
{
    size_t size = strcspn(x->target, "?");
    long long part = 0;
    x->path = s3_copy_n(x->target, size);
    s3_parse_query(x->target + size + (x->target[size] == '?'), &x->query);
    x->operation = service_operation(x);
    if (x->operation != S3_Other) {
        x->bucket_name = s3_copy("");
        x->key = s3_copy("");
        return;
    }
    split_path(x);
    if (*x->key)
        x->operation = object_operation(x);
    else if (*x->bucket_name)
        x->operation = bucket_operation(x);
    else if (strcmp(x->method, "GET") == 0)
        x->operation = S3_ListBuckets;
    if (s3_parse_number(s3_parameter(x, "partNumber"), 0, INT32_MAX, &part))
        x->part = part;
}

void s3_route_form(struct s3_exchange *x)
{
    const char *type = s3_header(x, "content-type");
    if (x->operation != S3_Other || strcmp(x->method, "POST") != 0 || !type ||
        !s3_has_prefix(type, "application/x-www-form-urlencoded"))
        return;
    char *form = s3_copy_n(x->body ? (char *)x->body : "", x->size);
    s3_parse_query(form, &x->form);
    free(form);
    x->operation = sts_operation(x);
}

static s3_handler *const handlers[S3_OPERATION_COUNT] = {
    [S3_PutObject] = s3_put_object,
    [S3_GetObject] = s3_get_object,
    [S3_HeadObject] = s3_head_object,
    [S3_GetObjectTagging] = s3_get_tagging,
    [S3_DeleteObject] = s3_delete_object,
    [S3_DeleteObjects] = s3_delete_objects,
    [S3_CopyObject] = s3_copy_object,
    [S3_ListObjectsV2] = s3_list_objects,
    [S3_CreateMultipartUpload] = s3_create_upload,
    [S3_UploadPart] = s3_put_part,
    [S3_UploadPartCopy] = s3_copy_part,
    [S3_CompleteMultipartUpload] = s3_complete,
    [S3_AbortMultipartUpload] = s3_abort,
    [S3_ListParts] = s3_list_parts,
    [S3_ListMultipartUploads] = s3_list_uploads,
    [S3_CreateBucket] = s3_create_bucket,
    [S3_HeadBucket] = s3_head_bucket,
    [S3_DeleteBucket] = s3_delete_bucket,
    [S3_GetBucketLocation] = s3_bucket_location,
    [S3_ListBuckets] = s3_list_buckets,
    [S3_ImdsToken] = s3_imds_token,
    [S3_ImdsRole] = s3_imds_role,
    [S3_ImdsCredentials] = s3_imds_credentials,
    [S3_ContainerCredentials] = s3_container,
    [S3_AssumeRole] = s3_assume_role,
    [S3_AssumeRoleWithWebIdentity] = s3_assume_role,
};

static bool is_signed(enum s3_operation operation)
{
    return operation != S3_ImdsToken && operation != S3_ImdsRole &&
           operation != S3_ImdsCredentials && operation != S3_ContainerCredentials &&
           operation != S3_AssumeRoleWithWebIdentity;
}

/* False with the answer made: no such bucket, and it is not made by its first use. */
static bool find_bucket(struct s3_exchange *x)
{
    x->bucket = s3_store_bucket(&x->sim->store, x->bucket_name);
    if (x->bucket || !*x->bucket_name || x->operation == S3_CreateBucket)
        return true;
    if (x->sim->quirks[S3_QUIRK_no_such_bucket]) {
        char *details = s3_print("<BucketName>%s</BucketName>", x->bucket_name);
        s3_fail(x, "NoSuchBucket", details);
        free(details);
        return false;
    }
    x->bucket = s3_store_add_bucket(&x->sim->store, x->bucket_name, x->sim->region,
                                    s3_now_ms(x->sim));
    return true;
}

/* What is to be kept must come with its length. */
static bool check_length(struct s3_exchange *x)
{
    bool kept = x->operation == S3_PutObject || x->operation == S3_UploadPart;
    return !kept || !s3_header(x, "transfer-encoding") ||
           s3_fail(x, "MissingContentLength", NULL);
}

void s3_perform(struct s3_exchange *x)
{
    s3_handler *handler = handlers[x->operation];
    if (is_signed(x->operation) && !s3_authenticate(x))
        return;
    if (!check_length(x) || !find_bucket(x))
        return;
    if (strlen(x->key) > 1024)
        s3_fail(x, "KeyTooLongError", NULL);
    else if (handler)
        handler(x);
    else
        s3_fail(x, "NotImplemented", NULL);
}
