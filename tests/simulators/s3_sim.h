/* The server's state and one exchange with it, as its own files see them. */
#ifndef S3_SIM_INTERNAL_H
#define S3_SIM_INTERNAL_H

#include "clock.h"
#include "s3.h"
#include "s3_store.h"
#include "s3_text.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The API's name, the short one of the script. */
#define S3_OPERATIONS(X)                                                                 \
    X(Other, "other")                                                                    \
    X(PutObject, "put")                                                                  \
    X(GetObject, "get")                                                                  \
    X(HeadObject, "head")                                                                \
    X(GetObjectTagging, "tagging")                                                       \
    X(DeleteObject, "delete")                                                            \
    X(DeleteObjects, "delete_many")                                                      \
    X(CopyObject, "copy")                                                                \
    X(ListObjectsV2, "list")                                                             \
    X(CreateMultipartUpload, "create")                                                   \
    X(UploadPart, "part")                                                                \
    X(UploadPartCopy, "part_copy")                                                       \
    X(CompleteMultipartUpload, "complete")                                               \
    X(AbortMultipartUpload, "abort")                                                     \
    X(ListParts, "parts")                                                                \
    X(ListMultipartUploads, "uploads")                                                   \
    X(CreateBucket, "create_bucket")                                                     \
    X(HeadBucket, "head_bucket")                                                         \
    X(DeleteBucket, "delete_bucket")                                                     \
    X(GetBucketLocation, "location")                                                     \
    X(ListBuckets, "buckets")                                                            \
    X(ImdsToken, "imds_token")                                                           \
    X(ImdsRole, "imds_role")                                                             \
    X(ImdsCredentials, "imds_credentials")                                               \
    X(ContainerCredentials, "container")                                                 \
    X(AssumeRole, "assume_role")                                                         \
    X(AssumeRoleWithWebIdentity, "web_identity")

enum s3_operation {
#define X(name, short_name) S3_##name,
    S3_OPERATIONS(X)
#undef X
        S3_OPERATION_COUNT,
    S3_ANY = S3_OPERATION_COUNT,
};

/* What other servers do otherwise; off, it is as AWS does. */
#define S3_QUIRKS(X)                                                                     \
    X(empty_complete_etag)         /* radosgw: Complete answers <ETag></ETag> */         \
    X(unknown_upload_500)          /* radosgw: InternalError at Complete */              \
    X(empty_message)               /* radosgw: <Message></Message> */                    \
    X(ignore_conditional_complete) /* radosgw */                                         \
    X(ignore_conditional)          /* no conditional request has any effect */           \
    X(conditional_501)             /* Swift: NotImplemented for a conditional Put */     \
    X(ignore_checksums)            /* radosgw, Swift: x-amz-checksum-* */                \
    X(any_part_number)             /* radosgw: 0 and 10001 are numbers */                \
    X(any_part_order)              /* radosgw: Complete sorts */                         \
    X(all_parts_needed)            /* radosgw: InvalidPart for a subset */               \
    X(complete_once)               /* a second Complete is 404 NoSuchUpload */           \
    X(keep_alive_complete)         /* white space before Complete's good answer */       \
    X(no_such_bucket)              /* buckets must be made before use */                 \
    X(redirect)                    /* wrong region: 301 PermanentRedirect */

enum s3_quirk {
#define X(name) S3_QUIRK_##name,
    S3_QUIRKS(X)
#undef X
        S3_QUIRK_COUNT
};

struct s3_key {
    char access[64];
    char *secret;
    char *token;    /* NULL: a lasting key */
    double expires; /* simulated Unix seconds; 0: never */
    char date[9];   /* what `derived` is for */
    char scope[128];
    unsigned char derived[S3_DIGEST_MAX];
};

enum s3_fault_kind {
    S3_NO_FAULT,
    S3_DROP_BEFORE,
    S3_DROP_DURING,
    S3_DROP_AFTER,
    S3_STATUS,
    S3_ERROR,
    S3_ERROR_IN_200,
    S3_DELAY,
    S3_STALL,
    S3_CUT_BODY,
    S3_CORRUPT_BODY,
    S3_LOSE_OBJECT,
    S3_WRONG_SIZE,
    S3_RETRY_AFTER,
    S3_REPLY,
    S3_FAULT_KINDS
};

struct s3_fault {
    enum s3_fault_kind kind;
    enum s3_operation operation;
    long long number; /* status, ms, bytes, seconds */
    char *text;       /* code of an error, file */
    char *key;        /* part of the key it waits for; NULL: any */
    long long part;   /* 0: any */
    long long skip;
    long long left; /* < 0: always */
    bool work;      /* the request takes effect */
};

struct s3_faults {
    struct s3_fault *rules;
    size_t count;
    size_t struck[S3_FAULT_KINDS];
};

enum s3_delivery {
    S3_WHOLE,
    S3_DROP,    /* the connection ends without an answer */
    S3_NEVER,   /* no answer before a reset */
    S3_LATE,    /* after delay_ms */
    S3_CUT,     /* the body ends early, and the connection with it */
    S3_CHUNKED, /* no Content-Length */
};

struct s3_answer {
    unsigned status;
    struct s3_pairs headers;
    char *body;
    size_t size;
    size_t declared; /* Content-Length of an answer to HEAD */
    const char *code;
    enum s3_delivery delivery;
    size_t cut;
    long long delay_ms;
};

enum s3_watch_kind { S3_WATCH_LISTENER, S3_WATCH_HTTP, S3_WATCH_WAKE, S3_WATCH_HELD };

struct s3_watch {
    enum s3_watch_kind kind;
    int fd;
};

struct s3_exchange {
    s3_sim *sim;
    struct MHD_Connection *connection;
    char *target; /* as it came */
    char *path;   /* of it, still encoded */
    const char *method;
    struct s3_pairs query;
    struct s3_pairs form; /* parameters in the body of a request to STS */
    struct s3_pairs headers;
    unsigned char *body;
    size_t size;
    size_t room;
    bool begun;
    bool done;

    enum s3_operation operation;
    char *bucket_name; /* "" for none, as key */
    char *key;
    struct s3_bucket *bucket;
    long long part;
    char access[64];
    struct s3_fault fault; /* its texts are the exchange's own */
    bool applied;
    struct s3_answer answer;

    /* While held: */
    struct s3_watch watch; /* tells when the client gives up */
    bool held;
    int64_t until_us;
    struct s3_exchange *next;
};

struct s3_sim {
    pthread_mutex_t lock;
    pthread_t thread;
    bool quitting;
    bool drop_held;
    bool down; /* every request is dropped unseen */

    struct MHD_Daemon *http;
    struct s3_watch http_watch;
    struct s3_watch wake;
    struct s3_watch listeners[2];
    size_t listener_count;
    int epoll_fd;
    unsigned short port;
    bool tls;
    struct s3_exchange *held;

    struct sim_clock clock;
    struct s3_store store;
    struct s3_faults faults;
    struct s3_request_log *log;
    struct s3_key **keys;
    size_t key_count;
    bool quirks[S3_QUIRK_COUNT];
    char *region;
    char *host; /* bucket.HOST is a bucket */
    size_t page_size;
    size_t part_minimum;
    size_t put_maximum;
    long long lifetime_s; /* of keys the services hand out */
    char *role;
    char *container_path;
    char *container_token;
    unsigned long long serial; /* of requests, and of keys handed out */
};

double s3_now(const s3_sim *sim);
int64_t s3_now_ms(const s3_sim *sim);

const char *s3_operation_name(enum s3_operation operation);

/* Either name; S3_ANY for "any", -1 for none. */
int s3_operation_named(const char *name);
void s3_operation_list(FILE *out);

/*
 * Finds out from target and headers what is asked: operation, bucket, key, part. STS may
 * have it in the body, when that is there.
 */
void s3_route(struct s3_exchange *x);
void s3_route_form(struct s3_exchange *x);

/* Does it and makes the answer. */
void s3_perform(struct s3_exchange *x);

const char *s3_header(const struct s3_exchange *x, const char *name);
const char *s3_parameter(const struct s3_exchange *x, const char *name);
void s3_reply_header(struct s3_exchange *x, const char *name, const char *value);

/* Writing an XML answer: what goes to the stream becomes the body. */
FILE *s3_reply_open(struct s3_exchange *x, const char *root);
void s3_reply_close(struct s3_exchange *x, FILE *out, const char *root);

/*
 * Makes the answer an error of this code; `details` are further elements, or NULL. Gives
 * false, so that a check can end with it.
 */
bool s3_fail(struct s3_exchange *x, const char *code, const char *details);
bool s3_fail_as(struct s3_exchange *x, unsigned status, const char *code,
                const char *message, const char *details);

/* The full code for a word of the script ("slow_down"); NULL when there is none. */
const char *s3_error_named(const char *word);
unsigned s3_error_status(const char *code);
const char *s3_error_message(const char *code);
void s3_error_list(FILE *out);

/* Signature, key, clock, region and payload; false with the answer made. */
bool s3_authenticate(struct s3_exchange *x);

struct s3_key *s3_key_find(const s3_sim *sim, const char *access);
struct s3_key *s3_key_add(s3_sim *sim, const char *access, const char *secret,
                          const char *token, double expires);
void s3_keys_free(s3_sim *sim);

/* Content-MD5 and the checksum headers; gives those to keep. False with the answer made.
 */
bool s3_check_body(struct s3_exchange *x, struct s3_pairs *checksums);

/* "crc32c", "CRC32C" ...; -1 for none. */
int s3_algorithm_named(const char *name);
const char *s3_algorithm_header(int algorithm);  /* x-amz-checksum-crc32c */
const char *s3_algorithm_element(int algorithm); /* ChecksumCRC32C */

/* If-Match and If-None-Match of a write, against what is there. */
bool s3_check_write(struct s3_exchange *x, bool complete);

/* The same of a read; false with the answer made, 304 or 412. */
bool s3_check_read(struct s3_exchange *x, const struct s3_blob *object);

/* Those a request brings and an object gives back. */
void s3_keep_headers(const struct s3_exchange *x, struct s3_pairs *kept);

/* ETag, headers and, when asked for, checksums of an object. */
void s3_reply_object(struct s3_exchange *x, const struct s3_blob *object, bool whole);

/* Bytes the object is to have, after the fault that loses some. */
size_t s3_kept_size(const struct s3_exchange *x, size_t size);

/* The source of a copy, its range applied; false with the answer made. */
bool s3_copy_source(struct s3_exchange *x, struct s3_blob **source, size_t *first,
                    size_t *size);

/* "bytes=a-b", "a-", "-n": false when it is no such thing. Unsatisfiable: *size is 0. */
bool s3_parse_range(const char *text, size_t whole, size_t *first, size_t *size);

typedef void s3_handler(struct s3_exchange *x);
s3_handler s3_put_object, s3_get_object, s3_head_object, s3_get_tagging, s3_delete_object,
    s3_delete_objects, s3_copy_object, s3_list_objects, s3_create_upload, s3_put_part,
    s3_copy_part, s3_complete, s3_abort, s3_list_parts, s3_list_uploads, s3_create_bucket,
    s3_head_bucket, s3_delete_bucket, s3_bucket_location, s3_list_buckets, s3_imds_token,
    s3_imds_role, s3_imds_credentials, s3_container, s3_assume_role;

/* Of the named upload, still open; NULL with the answer made. */
struct s3_upload *s3_find_upload(struct s3_exchange *x);

/* An element of Complete's or DeleteObjects' body, with its fields. */
struct s3_body {
    struct s3_pairs *items;
    size_t count;
    struct s3_pairs top; /* fields outside of items: Quiet */
};

/* False when it is not well-formed or has another root. */
bool s3_parse_body(const struct s3_exchange *x, const char *root, const char *item,
                   struct s3_body *body);
void s3_body_free(struct s3_body *body);

/* Words from index 0; NULL or what is wrong. */
const char *s3_fault_add(struct s3_faults *faults, char **words, size_t count);
void s3_faults_clear(struct s3_faults *faults);
const char *s3_fault_name(enum s3_fault_kind kind);
int s3_fault_named(const char *name);

/* Takes the fault that strikes this exchange, if any: before its body is there, after. */
void s3_fault_take_early(struct s3_exchange *x);
void s3_fault_take(struct s3_exchange *x);

/* Before the work: true when the answer is made and nothing else is to be done. */
bool s3_fault_before(struct s3_exchange *x);
void s3_fault_after(struct s3_exchange *x);

/* Answers with a file of canned replies; NULL or what is wrong with the file. */
const char *s3_canned_check(const char *path);
void s3_canned_reply(struct s3_exchange *x, const char *path);

void s3_log_add(struct s3_exchange *x);
void s3_log_clear(s3_sim *sim);
void s3_log_print(const s3_sim *sim, FILE *out);
void s3_stats_print(const s3_sim *sim, FILE *out);
void s3_store_print(const s3_sim *sim, FILE *out);

/* libmicrohttpd's callbacks; cls is the server. */
void *s3_http_on_target(void *cls, const char *target, struct MHD_Connection *connection);
enum MHD_Result s3_http_on_request(void *cls, struct MHD_Connection *connection,
                                   const char *url, const char *method,
                                   const char *version, const char *upload,
                                   size_t *upload_size, void **context);
void s3_http_on_completed(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode code);

bool s3_server_start(s3_sim *sim, const s3_sim_options *options);
void s3_server_stop(s3_sim *sim);
void s3_server_wake(s3_sim *sim);
void s3_server_hold(struct s3_exchange *x, int64_t until_us);

#endif
