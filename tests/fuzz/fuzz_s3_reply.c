/* Answers of an S3 server: a byte for the call, two for the HTTP status, headers up to an
 * empty line, a body. Whatever they hold is judged, and what counts as an answer can be
 * read or has a status; nothing of it reaches a message or a host name unchecked. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "s3/endpoint.h"
#include "s3/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define must(condition)                                                                  \
    do {                                                                                 \
        if (!(condition))                                                                \
            abort();                                                                     \
    } while (0)

static void check_slice(shub_slice slice)
{
    must(slice.len ? slice.ptr[slice.len] == '\0' : slice.ptr == NULL);
}

static void check_object(const shub_s3_object *object)
{
    check_slice(object->key);
    check_slice(object->etag);
    check_slice(object->content_type);
    check_slice(object->upload_id);
    must(object->bytes >= SHUB_NONE);
    for (size_t i = 0; i < object->metadata_count; i++)
        check_slice(object->metadata[i].value);
}

static void count_row(shub_slice key, shub_slice code, shub_slice message, void *user)
{
    shub__s3_fault fault;
    char text[64];

    (void)key, (void)message;
    memset(text, 0, sizeof text);
    if (code.len)
        memcpy(text, code.ptr, code.len < sizeof text ? code.len : sizeof text - 1);
    shub__s3_fault_of(text, 0, &fault);
    must(fault.status != SHUB_OK);
    ++*(size_t *)user;
}

static void check_page(shub__s3_op op, shub_slice body, shub__arena *arena)
{
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_page page;
    shub_status status = shub__s3_read_page(op, body, arena, &page, &err);

    must(err.code == status);
    must(!status || page.count == 0);
    must(status || !page.truncated || page.next[0].len);
    for (size_t i = 0; i < page.count; i++) {
        check_object(&page.entries[i]);
        check_slice(page.sums[i]);
    }
}

static void check_result(shub__s3_op op, shub_slice body, shub__arena *arena)
{
    shub_slice text;
    size_t rows = 0;

    check_page(op, body, arena);
    if (!shub__s3_read_create(body, arena, &text, NULL))
        must(text.len);
    check_slice(text);
    (void)shub__s3_read_etag(body, arena, &text, NULL);
    check_slice(text);
    (void)shub__s3_read_deleted(body, count_row, &rows, NULL);
}

static void check_fault(const shub__s3_fault *fault, const shub_error *err)
{
    size_t len = strlen(err->message);

    must(len > 0 && err->code == fault->status);
    for (size_t i = 0; i < len; i++)
        must((unsigned char)err->message[i] >= ' ');
    must(strspn(fault->region, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789-_.") == strlen(fault->region));
    must(shub__utf8_valid(shub_str(err->message)) == len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_slice headers, body;
    shub_error err = SHUB_ERROR_INIT;
    shub__arena arena = {NULL, NULL};
    shub_s3_object object;
    shub__s3_fault fault;
    shub__s3_op op;
    const char *end;
    shub_status status;

    if (len < 3)
        return 0;
    op = (shub__s3_op)(data[0] % SHUB__S3_OPS);
    headers = shub_bytes(data + 3, len - 3);
    body = shub_bytes(NULL, 0);
    end = headers.len ? memmem(headers.ptr, headers.len, "\n\n", 2) : NULL;
    if (end) {
        body = shub_bytes(end + 2, headers.len - (size_t)(end + 2 - headers.ptr));
        headers.len = (size_t)(end - headers.ptr);
    }
    status = shub__s3_judge(op, data[1] % 6 * 100 + data[2] % 100, headers, body,
                            data[0] / 128, &fault, &err);
    must(status == fault.status);
    if (status)
        check_fault(&fault, &err);
    if (!shub__s3_read_object(op, headers, &arena, &object, NULL))
        check_object(&object);
    check_result(op, body, &arena);
    shub__arena_fini(&arena);
    return 0;
}
