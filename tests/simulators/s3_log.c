#include "s3_log.h"

#include <stdlib.h>
#include <string.h>

/* The entries' texts stay where they are, for those who hold a pointer to one. */
static struct s3_request_log *log_of(s3_sim *sim)
{
    if (!sim->log)
        sim->log = s3_alloc(sizeof *sim->log);
    return sim->log;
}

static void count(struct s3_request_log *log, const struct s3_exchange *x)
{
    log->requests[x->operation]++;
    if (x->answer.delivery != S3_DROP && x->answer.delivery != S3_NEVER &&
        x->answer.status < 300 && !x->answer.code)
        log->successes[x->operation]++;
}

void s3_log_add(struct s3_exchange *x)
{
    struct s3_request_log *log = log_of(x->sim);
    const char *upload = s3_parameter(x, "uploadId");
    bool silent = x->answer.delivery == S3_DROP || x->answer.delivery == S3_NEVER;
    s3_sim_request *entry = s3_alloc(sizeof *entry);
    *entry = (s3_sim_request){
        .operation = s3_operation_name(x->operation),
        .bucket = s3_copy(x->bucket_name),
        .key = s3_copy(x->key),
        .upload_id = s3_copy(upload ? upload : ""),
        .access = s3_copy(x->access),
        .code = x->answer.code ? x->answer.code : "",
        .fault = s3_fault_name(x->fault.kind),
        .part = (unsigned)x->part,
        .status = silent ? 0 : x->answer.status,
        .applied = x->applied,
        .body_size = x->size,
        .mono_us = sim_mono_us(),
    };
    if (log->size == log->room) {
        log->room = 2 * log->room + 256;
        log->entries = s3_grow(log->entries, log->room, sizeof *log->entries);
    }
    log->entries[log->size++] = entry;
    count(log, x);
}

void s3_log_clear(s3_sim *sim)
{
    struct s3_request_log *log = sim->log;
    if (!log)
        return;
    for (size_t i = 0; i < log->size; i++) {
        free((char *)log->entries[i]->bucket);
        free((char *)log->entries[i]->key);
        free((char *)log->entries[i]->upload_id);
        free((char *)log->entries[i]->access);
        free(log->entries[i]);
    }
    free(log->entries);
    free(log);
    sim->log = NULL;
}

void s3_log_print(const s3_sim *sim, FILE *out)
{
    const struct s3_request_log *log = sim->log;
    for (size_t i = 0; log && i < log->size; i++) {
        const s3_sim_request *entry = log->entries[i];
        char *key = s3_url_encode(entry->key, true);
        fprintf(out,
                "request %zu %s bucket=%s key=%s part=%u upload=%s status=%u applied=%s "
                "body=%llu access=%s code=%s fault=%s\n",
                i, entry->operation, entry->bucket, key, entry->part, entry->upload_id,
                entry->status, entry->applied ? "yes" : "no",
                (unsigned long long)entry->body_size, entry->access, entry->code,
                entry->fault);
        free(key);
    }
}

void s3_stats_print(const s3_sim *sim, FILE *out)
{
    const struct s3_request_log *log = sim->log;
    fputs("stats", out);
    for (int i = 0; log && i < S3_OPERATION_COUNT; i++)
        if (log->requests[i])
            fprintf(out, " %s=%zu/%zu", s3_operation_name((enum s3_operation)i),
                    log->successes[i], log->requests[i]);
    for (int i = 1; i < S3_FAULT_KINDS; i++)
        if (sim->faults.struck[i])
            fprintf(out, " fault.%s=%zu", s3_fault_name((enum s3_fault_kind)i),
                    sim->faults.struck[i]);
    putc('\n', out);
}

static void print_blob(FILE *out, const char *kind, const char *place, const char *name,
                       const struct s3_blob *blob)
{
    char *encoded = s3_url_encode(name, true);
    fprintf(out, "%s %s %s size=%zu etag=%s\n", kind, place, encoded, blob->size,
            blob->etag);
    free(encoded);
}

static void print_upload(FILE *out, const struct s3_upload *upload)
{
    char number[16];
    char *key = s3_url_encode(upload->key, true);
    fprintf(out, "upload %s %s %s parts=%zu\n", upload->bucket->name, key, upload->id,
            upload->part_count);
    free(key);
    for (size_t i = 0; i < upload->part_count; i++) {
        snprintf(number, sizeof number, "%u", upload->parts[i]->number);
        print_blob(out, "part", upload->id, number, upload->parts[i]);
    }
}

void s3_store_print(const s3_sim *sim, FILE *out)
{
    const struct s3_store *store = &sim->store;
    for (size_t i = 0; i < store->bucket_count; i++) {
        const struct s3_bucket *bucket = store->buckets[i];
        fprintf(out, "bucket %s %s\n", bucket->name, bucket->region);
        for (size_t o = 0; o < bucket->object_count; o++)
            print_blob(out, "object", bucket->name, bucket->objects[o]->key,
                       bucket->objects[o]);
    }
    for (size_t i = 0; i < store->upload_count; i++)
        if (store->uploads[i]->state == S3_OPEN)
            print_upload(out, store->uploads[i]);
}
