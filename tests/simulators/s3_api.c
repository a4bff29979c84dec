#include "s3_log.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define REGION       "us-east-1"
#define PART_MINIMUM ((size_t)5 << 20) /* S3 User Guide, "multipart upload limits" */
#define PUT_MAXIMUM  ((size_t)5 << 30)
#define PAGE_SIZE    1000
#define LIFETIME_S   3600

double s3_now(const s3_sim *sim)
{
    return sim_clock_now(&sim->clock, sim_mono_us());
}

int64_t s3_now_ms(const s3_sim *sim)
{
    return (int64_t)(s3_now(sim) * 1000);
}

static void set_up(s3_sim *sim, const s3_sim_options *options)
{
    double start = options->clock_start > 0 ? options->clock_start : (double)time(NULL);
    double rate = options->clock_rate > 0 ? options->clock_rate : 1;
    sim->clock = (struct sim_clock){start, rate, sim_mono_us()};
    sim->region = s3_copy(options->region ? options->region : REGION);
    sim->host = s3_copy("localhost");
    sim->role = s3_copy("simulated-role");
    sim->container_path = s3_copy("/credentials");
    sim->page_size = PAGE_SIZE;
    sim->part_minimum = PART_MINIMUM;
    sim->put_maximum = PUT_MAXIMUM;
    sim->lifetime_s = LIFETIME_S;
    s3_key_add(sim, options->access ? options->access : S3_SIM_ACCESS,
               options->secret ? options->secret : S3_SIM_SECRET, NULL, 0);
}

static void free_sim(s3_sim *sim)
{
    s3_store_clear(&sim->store);
    s3_faults_clear(&sim->faults);
    s3_log_clear(sim);
    s3_keys_free(sim);
    free(sim->region);
    free(sim->host);
    free(sim->role);
    free(sim->container_path);
    free(sim->container_token);
    pthread_mutex_destroy(&sim->lock);
    free(sim);
}

s3_sim *s3_sim_start(const s3_sim_options *options)
{
    static const s3_sim_options defaults;
    s3_sim *sim = s3_alloc(sizeof *sim);
    if (!options)
        options = &defaults;
    s3_digest_init();
    pthread_mutex_init(&sim->lock, NULL);
    set_up(sim, options);
    if (s3_server_start(sim, options))
        return sim;
    free_sim(sim);
    return NULL;
}

void s3_sim_stop(s3_sim *sim)
{
    if (!sim)
        return;
    s3_server_stop(sim);
    free_sim(sim);
}

unsigned short s3_sim_port(const s3_sim *sim)
{
    return sim->port;
}

static void write_pairs(FILE *out, const struct s3_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        fprintf(out, "%s: %s\n", pairs->items[i].name, pairs->items[i].value);
}

static bool copy_blob(const struct s3_blob *blob, s3_sim_object *out)
{
    size_t size;
    if (!blob)
        return false;
    out->size = blob->size;
    out->data = s3_grow(NULL, blob->size + 1, 1);
    memcpy(out->data, blob->data, blob->size + 1);
    memcpy(out->etag, blob->etag, sizeof out->etag);
    out->modified_ms = blob->modified_ms;
    FILE *headers = open_memstream(&out->headers, &size);
    if (!headers)
        abort();
    write_pairs(headers, &blob->headers);
    write_pairs(headers, &blob->checksums);
    if (fclose(headers) != 0)
        abort();
    return true;
}

bool s3_sim_get(s3_sim *sim, const char *bucket, const char *key, s3_sim_object *out)
{
    *out = (s3_sim_object){0};
    pthread_mutex_lock(&sim->lock);
    const struct s3_bucket *found = s3_store_bucket(&sim->store, bucket);
    bool there = found && copy_blob(s3_bucket_get(found, key), out);
    pthread_mutex_unlock(&sim->lock);
    return there;
}

void s3_sim_object_free(s3_sim_object *object)
{
    free(object->data);
    free(object->headers);
    *object = (s3_sim_object){0};
}

bool s3_sim_header(const s3_sim_object *object, const char *name, char *value,
                   size_t size)
{
    size_t length = strlen(name);
    const char *line = object->headers ? object->headers : "";
    while (*line) {
        size_t end = strcspn(line, "\n");
        if (end > length + 1 && strncasecmp(line, name, length) == 0 &&
            line[length] == ':') {
            int copied =
                snprintf(value, size, "%.*s", (int)(end - length - 2), line + length + 2);
            return (size_t)copied < size;
        }
        line += end + (line[end] == '\n');
    }
    return false;
}

void s3_sim_put(s3_sim *sim, const char *bucket, const char *key, const void *data,
                size_t size)
{
    pthread_mutex_lock(&sim->lock);
    struct s3_bucket *found = s3_store_bucket(&sim->store, bucket);
    if (!found)
        found = s3_store_add_bucket(&sim->store, bucket, sim->region, s3_now_ms(sim));
    struct s3_blob *object = s3_blob_new(key, data, size, s3_now_ms(sim));
    s3_pairs_add(&object->headers, "content-type", "binary/octet-stream");
    s3_bucket_put(found, object);
    pthread_mutex_unlock(&sim->lock);
}

bool s3_sim_delete(s3_sim *sim, const char *bucket, const char *key)
{
    pthread_mutex_lock(&sim->lock);
    struct s3_bucket *found = s3_store_bucket(&sim->store, bucket);
    bool there = found && s3_bucket_delete(found, key);
    pthread_mutex_unlock(&sim->lock);
    return there;
}

size_t s3_sim_object_count(s3_sim *sim, const char *bucket)
{
    size_t count = 0;
    pthread_mutex_lock(&sim->lock);
    for (size_t i = 0; i < sim->store.bucket_count; i++)
        if (!bucket || strcmp(sim->store.buckets[i]->name, bucket) == 0)
            count += sim->store.buckets[i]->object_count;
    pthread_mutex_unlock(&sim->lock);
    return count;
}

static bool is_open_in(const struct s3_upload *upload, const char *bucket)
{
    return upload->state == S3_OPEN &&
           (!bucket || strcmp(upload->bucket->name, bucket) == 0);
}

size_t s3_sim_upload_count(s3_sim *sim, const char *bucket)
{
    size_t count = 0;
    pthread_mutex_lock(&sim->lock);
    for (size_t i = 0; i < sim->store.upload_count; i++)
        count += is_open_in(sim->store.uploads[i], bucket);
    pthread_mutex_unlock(&sim->lock);
    return count;
}

bool s3_sim_upload_id(s3_sim *sim, const char *bucket, const char *key, char id[64])
{
    id[0] = '\0';
    pthread_mutex_lock(&sim->lock);
    for (size_t i = 0; i < sim->store.upload_count; i++) {
        const struct s3_upload *upload = sim->store.uploads[i];
        if (is_open_in(upload, bucket) && strcmp(upload->key, key) == 0)
            memcpy(id, upload->id, sizeof upload->id);
    }
    pthread_mutex_unlock(&sim->lock);
    return id[0] != '\0';
}

size_t s3_sim_part_count(s3_sim *sim, const char *upload_id)
{
    pthread_mutex_lock(&sim->lock);
    const struct s3_upload *upload = s3_store_upload(&sim->store, upload_id);
    size_t count = upload ? upload->part_count : 0;
    pthread_mutex_unlock(&sim->lock);
    return count;
}

bool s3_sim_part(s3_sim *sim, const char *upload_id, unsigned number, s3_sim_object *out)
{
    *out = (s3_sim_object){0};
    pthread_mutex_lock(&sim->lock);
    const struct s3_upload *upload = s3_store_upload(&sim->store, upload_id);
    bool there = upload && copy_blob(s3_upload_part(upload, number), out);
    pthread_mutex_unlock(&sim->lock);
    return there;
}

size_t s3_sim_log_size(s3_sim *sim)
{
    pthread_mutex_lock(&sim->lock);
    size_t size = sim->log ? sim->log->size : 0;
    pthread_mutex_unlock(&sim->lock);
    return size;
}

const s3_sim_request *s3_sim_log_at(s3_sim *sim, size_t index)
{
    pthread_mutex_lock(&sim->lock);
    const s3_sim_request *entry =
        sim->log && index < sim->log->size ? sim->log->entries[index] : NULL;
    pthread_mutex_unlock(&sim->lock);
    return entry;
}

static size_t count_of(s3_sim *sim, const char *operation, bool successes)
{
    int named = s3_operation_named(operation ? operation : "any");
    size_t count = 0;
    pthread_mutex_lock(&sim->lock);
    for (int i = 0; sim->log && i < S3_OPERATION_COUNT; i++)
        if (named == S3_ANY || named == i)
            count += successes ? sim->log->successes[i] : sim->log->requests[i];
    pthread_mutex_unlock(&sim->lock);
    return count;
}

size_t s3_sim_requests(s3_sim *sim, const char *operation)
{
    return count_of(sim, operation, false);
}

size_t s3_sim_successes(s3_sim *sim, const char *operation)
{
    return count_of(sim, operation, true);
}

size_t s3_sim_faults(s3_sim *sim, const char *kind)
{
    int named = kind ? s3_fault_named(kind) : -1;
    size_t count = 0;
    pthread_mutex_lock(&sim->lock);
    for (int i = 1; i < S3_FAULT_KINDS; i++)
        if (!kind || named == i)
            count += sim->faults.struck[i];
    pthread_mutex_unlock(&sim->lock);
    return count;
}
