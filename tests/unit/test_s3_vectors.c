/* The AWS signing test suite in $SENSORHUB_VECTORS/sigv4/v4, header and query form, and
 * the examples of Amazon's documentation in $SENSORHUB_VECTORS/s3. Skipped when the
 * variable is not set; test_s3_sigv4.c and test_s3_sign.c restate what they teach. */
#include "s3/checksum.h"
#include "s3/sigv4.h"
#include "s3/uri.h"
#include "support/suite.h"
#include "support/tables.h"

#include "base/text.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = 64, PAIRS = 16, SUITE = 38 };

static char names[CASES][64];
static int name_count;

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void list_cases(const char *root)
{
    char path[512];
    DIR *folder;

    snprintf(path, sizeof path, "%s/sigv4/v4", root);
    folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (entry->d_name[0] != '.' && name_count < CASES)
            snprintf(names[name_count++], sizeof names[0], "%s", entry->d_name);
    if (folder)
        closedir(folder);
    qsort(names, (size_t)name_count, sizeof names[0], by_name);
}

static char *read_vector(const char *below, const char *file, size_t *len)
{
    char path[512];
    char *text;

    snprintf(path, sizeof path, "%s/%s/%s", getenv("SENSORHUB_VECTORS"), below, file);
    text = read_whole(path, len);
    ck_assert_msg(text != NULL, "%s cannot be read", path);
    return text;
}

/* ---- one case of the suite --------------------------------------------------------- */

typedef struct suite_case {
    char folder[128];
    json_t *context;
    char *text; /* of request.txt */
    shub__buf decoded;
    shub__sigv4_signer signer;
    shub__sigv4_request req;
    shub_s3_pair query[PAIRS], headers[PAIRS];
    shub_slice own_query; /* as it is on the wire */
    char body_hash[SHUB__SIGV4_HEX];
    char date[SHUB_S3_DATE_MAX];
    int sign_body;
    int64_t expires_s;
} suite_case;

static shub_slice text_of(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return shub_bytes(json_string_value(value), json_string_length(value));
}

static void read_context(suite_case *c)
{
    json_t *keys;
    size_t len;
    char *text = read_vector(c->folder, "context.json", &len);

    c->context = json_loadb(text, len, 0, NULL);
    ck_assert_ptr_nonnull(c->context);
    free(text);
    keys = json_object_get(c->context, "credentials");
    c->signer.access_key = text_of(keys, "access_key_id");
    c->signer.secret_key = text_of(keys, "secret_access_key");
    c->signer.session_token = text_of(keys, "token");
    c->signer.region = text_of(c->context, "region");
    c->signer.service = text_of(c->context, "service");
    c->signer.normalize = json_is_true(json_object_get(c->context, "normalize"));
    c->signer.omit_token =
        json_is_true(json_object_get(c->context, "omit_session_token"));
    c->sign_body = json_is_true(json_object_get(c->context, "sign_body"));
    c->expires_s =
        json_integer_value(json_object_get(c->context, "expiration_in_seconds"));
    ck_status(shub_time_parse(text_of(c->context, "timestamp"), &c->signer.time_us, NULL),
              SHUB_OK);
    ck_status(shub__sigv4_date(c->signer.time_us, c->date, NULL), SHUB_OK);
}

static shub_slice decoded(suite_case *c, shub_slice text)
{
    size_t begin = c->decoded.len;

    ck_status(shub__uri_decode(&c->decoded, text, 0), SHUB_OK);
    return shub_bytes(c->decoded.ptr + begin, c->decoded.len - begin);
}

/* "GET /example space/?a=b HTTP/1.1": the target lies between the first and the last
 * space. */
static void read_request_line(suite_case *c, shub_slice line)
{
    shub_slice target, rest;

    ck_assert(shub__cut(line, ' ', &c->req.method, &target));
    while (target.ptr[target.len - 1] != ' ')
        target.len--;
    target.len--;
    shub__cut(target, '?', &c->req.path, &c->own_query);
    for (rest = c->own_query; rest.len;) {
        shub_slice part, name, value;
        shub__cut(rest, '&', &part, &rest);
        shub__cut(part, '=', &name, &value);
        c->query[c->req.query_count].name = decoded(c, name);
        c->query[c->req.query_count++].value = decoded(c, value);
    }
}

static void add_header(suite_case *c, shub_slice name, shub_slice value)
{
    ck_assert_uint_lt(c->req.header_count, PAIRS);
    c->headers[c->req.header_count].name = name;
    c->headers[c->req.header_count++].value = value;
}

static void read_headers(suite_case *c, shub_slice rest)
{
    shub_slice line, name, value;

    while (shub__cut(rest, '\n', &line, &rest) ? line.len : line.len) {
        if (line.ptr[0] == ' ') { /* goes on */
            shub_slice *last = &c->headers[c->req.header_count - 1].value;
            last->len = (size_t)(line.ptr + line.len - last->ptr);
        } else {
            ck_assert(shub__cut(line, ':', &name, &value));
            add_header(c, name, value);
        }
    }
    if (c->sign_body) {
        shub__sum sum;
        ck_status(shub__sum_of(SHUB__SUM_SHA256, rest.ptr, rest.len, &sum, NULL),
                  SHUB_OK);
        shub__hex_write(sum.bytes, sum.len, c->body_hash);
    } else {
        strcpy(c->body_hash, SHUB__SIGV4_EMPTY);
    }
}

static void case_open(suite_case *c, int i)
{
    shub_slice first, rest;
    size_t len;

    memset(c, 0, sizeof *c);
    snprintf(c->folder, sizeof c->folder, "sigv4/v4/%s", names[i]);
    read_context(c);
    c->text = read_vector(c->folder, "request.txt", &len);
    shub__buf_init(&c->decoded, 4096);
    ck_assert_ptr_nonnull(shub__buf_room(&c->decoded, 4096));
    shub__cut(shub_bytes(c->text, len), '\n', &first, &rest);
    read_request_line(c, first);
    read_headers(c, rest);
    c->req.query = c->query;
    c->req.headers = c->headers;
    c->req.payload = shub_str(c->body_hash);
}

static void case_close(suite_case *c)
{
    json_decref(c->context);
    free(c->text);
    shub__buf_fini(&c->decoded);
}

static void holds(const suite_case *c, const char *file, shub_slice got)
{
    size_t len;
    char *wanted = read_vector(c->folder, file, &len);

    ck_assert_msg(shub_slice_equal(got, shub_bytes(wanted, len)),
                  "%s/%s\ngot:\n%.*s\nwanted:\n%s", c->folder, file, (int)got.len,
                  got.ptr, wanted);
    free(wanted);
}

static int has_line(const char *text, const char *name, shub_slice value)
{
    char line[4096];

    snprintf(line, sizeof line, "\n%s:%.*s\n", name, (int)value.len, value.ptr);
    return strstr(text, line) != NULL;
}

START_TEST(header_form)
{
    suite_case c;
    shub__buf canonical, text, value;
    shub_slice line;
    char *signed_request;
    size_t len;

    case_open(&c, _i);
    add_header(&c, SHUB_LIT("X-Amz-Date"), shub_str(c.date));
    if (c.sign_body)
        add_header(&c, SHUB_LIT("x-amz-content-sha256"), c.req.payload);
    if (c.signer.session_token.len && !c.signer.omit_token)
        add_header(&c, SHUB_LIT("X-Amz-Security-Token"), c.signer.session_token);
    shub__buf_init(&canonical, 8192);
    shub__buf_init(&text, 8192);
    shub__buf_init(&value, 8192);
    ck_status(shub__sigv4_canonical(&c.signer, &c.req, &canonical, NULL, NULL, NULL),
              SHUB_OK);
    holds(&c, "header-canonical-request.txt", shub__buf_view(&canonical));
    ck_status(
        shub__sigv4_string_to_sign(&c.signer, shub__buf_view(&canonical), &text, NULL),
        SHUB_OK);
    holds(&c, "header-string-to-sign.txt", shub__buf_view(&text));
    ck_status(shub__sigv4_authorize(&c.signer, &c.req, &value, NULL), SHUB_OK);
    line = shub__buf_view(&value);
    holds(&c, "header-signature.txt", shub_bytes(line.ptr + line.len - 64, 64));
    signed_request = read_vector(c.folder, "header-signed-request.txt", &len);
    ck_assert_msg(has_line(signed_request, "Authorization", line), "%s", line.ptr);
    ck_assert(has_line(signed_request, "X-Amz-Date", shub_str(c.date)));
    free(signed_request);
    shub__buf_fini(&canonical);
    shub__buf_fini(&text);
    shub__buf_fini(&value);
    case_close(&c);
}
END_TEST

/* The suite writes the parameters in an order of its own, and some unencoded. */
static size_t sorted_parameters(shub_slice query, char parts[PAIRS][2048])
{
    shub_slice part;
    size_t count = 0;

    while (query.len) {
        shub__buf plain;
        shub__cut(query, '&', &part, &query);
        shub__buf_init(&plain, 2047);
        ck_status(shub__uri_decode(&plain, part, 0), SHUB_OK);
        ck_assert_uint_lt(count, PAIRS);
        strcpy(parts[count++], plain.ptr);
        shub__buf_fini(&plain);
    }
    qsort(parts, count, sizeof parts[0], by_name);
    return count;
}

static void same_parameters(const suite_case *c, shub_slice got)
{
    static char ours[PAIRS][2048], theirs[PAIRS][2048];
    size_t len, count;
    char *text = read_vector(c->folder, "query-signed-request.txt", &len);
    char *begin = strchr(text, '?') + 1;

    count = sorted_parameters(
        shub_bytes(begin, (size_t)(strstr(begin, " HTTP/1.1") - begin)), theirs);
    ck_assert_uint_eq(sorted_parameters(got, ours), count);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(ours[i], theirs[i]);
    free(text);
}

/* The canonical request and the string to sign are those of the request with every
 * parameter but the signature. */
START_TEST(query_form)
{
    suite_case c;
    shub__buf query, canonical, text;
    shub_slice line, rest, part, name, value;

    case_open(&c, _i);
    shub__buf_init(&query, 8192);
    shub__buf_init(&canonical, 8192);
    shub__buf_init(&text, 8192);
    ck_status(shub__sigv4_presign(&c.signer, &c.req, c.expires_s, &query, NULL), SHUB_OK);
    line = shub__buf_view(&query);
    holds(&c, "query-signature.txt", shub_bytes(line.ptr + line.len - 64, 64));
    same_parameters(&c, line);
    c.req.query_count = 0;
    for (rest = line; rest.len;) {
        shub__cut(rest, '&', &part, &rest);
        shub__cut(part, '=', &name, &value);
        if (!rest.len || (c.signer.omit_token &&
                          shub_slice_equal(name, SHUB_LIT("X-Amz-Security-Token"))))
            continue;
        c.query[c.req.query_count].name = decoded(&c, name);
        c.query[c.req.query_count++].value = decoded(&c, value);
    }
    ck_status(shub__sigv4_canonical(&c.signer, &c.req, &canonical, NULL, NULL, NULL),
              SHUB_OK);
    holds(&c, "query-canonical-request.txt", shub__buf_view(&canonical));
    ck_status(
        shub__sigv4_string_to_sign(&c.signer, shub__buf_view(&canonical), &text, NULL),
        SHUB_OK);
    holds(&c, "query-string-to-sign.txt", shub__buf_view(&text));
    shub__buf_fini(&query);
    shub__buf_fini(&canonical);
    shub__buf_fini(&text);
    case_close(&c);
}
END_TEST

START_TEST(the_suite_is_whole)
{
    ck_assert_int_eq(name_count, SUITE);
}
END_TEST

/* ---- Amazon's documentation ---------------------------------------------------------
 */

/* "range:bytes=0-9" and the like, back from the canonical request. */
static size_t headers_of(shub_slice text, shub_s3_pair *headers)
{
    shub_slice line, rest = text;
    size_t count = 0;

    for (int i = 0; i < 3; i++)
        shub__cut(rest, '\n', &line, &rest);
    while (shub__cut(rest, '\n', &line, &rest) && line.len) {
        shub__cut(line, ':', &headers[count].name, &headers[count].value);
        count++;
    }
    return count;
}

START_TEST(documented_examples)
{
    size_t len, i, done = 0;
    char *text = read_vector("s3", "sigv4_s3_examples.json", &len);
    json_t *all = json_loadb(text, len, 0, NULL), *row;
    json_t *keys = json_object_get(all, "credentials");
    shub__sigv4_key cache = {.scope = ""};

    json_array_foreach(json_object_get(all, "requests"), i, row)
    {
        shub_slice canonical = text_of(row, "canonical_request");
        shub__sigv4_signer signer = {.access_key = text_of(keys, "access_key_id"),
                                     .secret_key = text_of(keys, "secret_access_key"),
                                     .region = SHUB_LIT("us-east-1"),
                                     .service = SHUB_LIT("s3"),
                                     .cache = &cache};
        shub_s3_pair headers[PAIRS];
        char signature[SHUB__SIGV4_HEX];
        shub__buf out;

        ck_status(
            shub_time_parse(SHUB_LIT("2013-05-24T00:00:00Z"), &signer.time_us, NULL),
            SHUB_OK);
        ck_assert_uint_gt(headers_of(canonical, headers), 0);
        shub__buf_init(&out, 8192);
        ck_status(shub__sigv4_string_to_sign(&signer, canonical, &out, NULL), SHUB_OK);
        ck_assert(shub_slice_equal(shub__buf_view(&out), text_of(row, "string_to_sign")));
        ck_status(shub__sigv4_sign(&signer, "20130524/us-east-1/s3", shub__buf_view(&out),
                                   signature, NULL),
                  SHUB_OK);
        ck_slice_eq(text_of(row, "signature"), signature);
        shub__buf_fini(&out);
        done++;
    }
    ck_assert_uint_eq(done, 7);
    json_decref(all);
    free(text);
}
END_TEST

START_TEST(documented_checksums)
{
    static const struct {
        const char *name;
        shub__sum_kind kind;
    } kinds[] = {{"md5", SHUB__SUM_MD5},
                 {"sha256", SHUB__SUM_SHA256},
                 {"crc32c", SHUB__SUM_CRC32C},
                 {"crc64nvme", SHUB__SUM_CRC64NVME}};
    static char many[66560];
    size_t len, i;
    char *text = read_vector("s3", "checksums.json", &len);
    json_t *all = json_loadb(text, len, 0, NULL), *row;

    memset(many, 'a', sizeof many);
    json_array_foreach(json_object_get(all, "rows"), i, row)
    {
        shub_slice input = text_of(row, "input_ascii");
        if (shub_slice_equal(input, SHUB_LIT("'a' x 66560")))
            input = shub_bytes(many, sizeof many);
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            char base64[SHUB__SUM_BASE64];
            shub__sum sum;
            ck_status(shub__sum_of(kinds[k].kind, input.ptr, input.len, &sum, NULL),
                      SHUB_OK);
            shub__sum_base64(&sum, base64);
            ck_slice_eq(text_of(row, kinds[k].name), base64);
        }
    }
    ck_assert_uint_eq(json_array_size(json_object_get(all, "rows")), 6);
    json_decref(all);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tc;

    if (!getenv("SENSORHUB_VECTORS")) {
        puts("SENSORHUB_VECTORS is not set");
        return 77;
    }
    suite = suite_create("s3 vectors");
    tc = tcase_create("vectors");
    list_cases(getenv("SENSORHUB_VECTORS"));
    tcase_add_test(tc, the_suite_is_whole);
    tcase_add_loop_test(tc, header_form, 0, name_count);
    tcase_add_loop_test(tc, query_form, 0, name_count);
    tcase_add_test(tc, documented_examples);
    tcase_add_test(tc, documented_checksums);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
