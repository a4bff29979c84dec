/* No secret in any message, trace line, journal, or the process's title: known ones are
 * planted, every call is led down every error path, servers echo what they were sent, and
 * then all that was said is searched. */
#include "s3/client.h"
#include "simulators/s3.h"
#include "support/s3_store.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BYTES        ((size_t)5 << 20 | 4096) /* two parts */
#define KEY          SHUB_LIT("logs/meter.jl.gz")
#define SECRET       "planted/secret+key0123456789ABCDEF=="
#define TOKEN        "planted//session+token/of==0123456789abcdefghijklmnopqrstuvwxyz"
#define CONTAINER    "Bearer-planted+container/token=="
#define WEB_IDENTITY "planted.web-identity.token_0123456789"
#define CALLS        8
#define CODES_MAX    200
#define FORMS        3 /* plain, base64, as in a URL */

static store s;
static shub_error err;
static char folder[64], path[96], journal[96], file_path[96];
static FILE *said;
static char *said_text;
static size_t said_size;

/* What must not be said: planted, or handed out by the simulator's services. */
static const char *const secrets[] = {
    SECRET,
    TOKEN,
    CONTAINER,
    WEB_IDENTITY,
    "handed/out+secret",
    "session//token+of==",
    "simulated-imds-token==",
    S3_SIM_SECRET,
};
enum { SECRETS = sizeof secrets / sizeof *secrets };

/* ---- what was said -------------------------------------------------------------- */

static void on_trace(shub_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    fprintf(said, "%s\n", line);
}

static void say_error(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    fprintf(said, "%s\n", err.message);
    err = init;
}

static void say_file(const char *name)
{
    FILE *file = fopen(name, "r");
    char block[4096];
    size_t got;

    if (!file)
        return;
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        fwrite(block, 1, got, said);
    fclose(file);
}

static void write_form(int form, const char *secret, char *dst)
{
    if (form == 0) {
        strcpy(dst, secret);
    } else if (form == 1) {
        /* Without the last digits, which depend on what follows. */
        EVP_EncodeBlock((unsigned char *)dst, (const unsigned char *)secret,
                        (int)(strlen(secret) / 3 * 3));
    } else {
        for (; *secret; secret++)
            dst += sprintf(dst, isalnum((unsigned char)*secret) ? "%c" : "%%%02X",
                           (unsigned char)*secret);
    }
}

/* A signature, or a key's, in hexadecimal digits: the plain text of hashes is nowhere
 * said. */
static const char *find_signature(void)
{
    size_t run = 0;

    for (size_t i = 0; i < said_size; i++) {
        run = isxdigit((unsigned char)said_text[i]) ? run + 1 : 0;
        if (run == 64)
            return said_text + i - 63;
    }
    return NULL;
}

static void must_keep_secrets(const char *when)
{
    char form[512];

    say_file(journal);
    snprintf(form, sizeof form, "%s-wal", journal);
    say_file(form);
    say_file("/proc/self/cmdline");
    say_file("/proc/self/comm");
    ck_assert_int_eq(fclose(said), 0);
    for (int i = 0; i < SECRETS * FORMS; i++) {
        const char *found;

        write_form(i % FORMS, secrets[i / FORMS], form);
        found = memmem(said_text, said_size, form, strlen(form));
        ck_assert_msg(!found, "%s: %s is said: %.160s", when, form,
                      found && found - said_text > 60 ? found - 60 : found);
    }
    ck_assert_msg(!find_signature(), "%s: a signature is said: %.80s", when,
                  find_signature());
    ck_assert_msg(!memmem(said_text, said_size, S3_SIM_ACCESS, strlen(S3_SIM_ACCESS)),
                  "%s: the access key is said", when);
    free(said_text);
    said = open_memstream(&said_text, &said_size);
}

/* ---- the world ------------------------------------------------------------------ */

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void setup(void)
{
    static const shub_error init = SHUB_ERROR_INIT;
    FILE *file;

    err = init;
    unsetenv("http_proxy");
    snprintf(folder, sizeof folder, "/tmp/shub-secrets-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("HOME", folder, 1);
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(journal, sizeof journal, "%s/uploads.db", folder);
    snprintf(file_path, sizeof file_path, "%s/given", folder);
    file = fopen(path, "w");
    for (size_t i = 0; i < BYTES; i++)
        putc((int)(i * 31 + (i >> 20)), file);
    fclose(file);
    said = open_memstream(&said_text, &said_size);
    shub_trace_set(SHUB_LEVEL_DEBUG, on_trace, NULL);
}

static void teardown(void)
{
    static const char *const names[] = {"file", "given", "uploads.db", "uploads.db-wal",
                                        "uploads.db-shm"};
    char name[128];

    shub_trace_set(SHUB_LEVEL_OFF, NULL, NULL);
    store_close(&s);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        (void)unlink(name);
    }
    ck_assert_int_eq(rmdir(folder), 0);
    fclose(said);
    free(said_text);
}

/* With the planted keys, which the server knows, or another secret. */
static void open_with(const char *secret)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;

    opts.access_key = S3_SIM_ACCESS;
    opts.secret_key = secret;
    opts.session_token = TOKEN;
    opts.part_bytes = SHUB_S3_PART_MIN;
    opts.retries = SHUB_NONE;
    opts.journal = journal;
    store_open(&s, &opts);
    script(&s, "key " S3_SIM_ACCESS " " SECRET " " TOKEN);
    s3_sim_put(s.sim, "bucket", "there", "x", 1);
}

static shub_status drop(shub_slice bytes, void *user, shub_error *fail)
{
    (void)bytes;
    (void)user;
    (void)fail;
    return SHUB_OK;
}

static void list_all(void)
{
    shub_s3_object entry = SHUB_S3_OBJECT_INIT;
    shub_s3_list *list;
    int more;

    if (shub_s3_list_open(s.s3, BUCKET, NULL, &list, &err) == SHUB_OK)
        (void)shub_s3_list_next(list, &entry, &more, &err);
    shub_s3_list_close(list);
}

static void call(int which)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_slice there = SHUB_LIT("there");
    size_t count;

    switch (which) {
    case 0:
        (void)shub_s3_put(s.s3, BUCKET, KEY, SHUB_LIT("x"), NULL, NULL, &err);
        break;
    case 1:
        (void)shub_s3_put_file(s.s3, BUCKET, KEY, path, NULL, NULL, &err);
        break;
    case 2:
        (void)shub_s3_get(s.s3, BUCKET, there, NULL, drop, NULL, NULL, &err);
        break;
    case 3:
        (void)shub_s3_head(s.s3, BUCKET, there, &object, &err);
        break;
    case 4:
        list_all();
        break;
    case 5:
        (void)shub_s3_delete_many(s.s3, BUCKET, &there, 1, NULL, &err);
        break;
    case 6:
        (void)shub_s3_rename(s.s3, BUCKET, there, KEY, NULL, &err);
        break;
    default:
        (void)shub_s3_abort_stale(s.s3, BUCKET, SHUB_LIT(""), INT64_MAX, 1, &count, &err);
    }
    say_error();
}

static void call_all(void)
{
    for (int i = 0; i < CALLS; i++) {
        s.s3->slow_until_ms = s.s3->throttles =
            0; /* what a SlowDown said is for others */
        call(i);
    }
}

/* ---- errors of the server -------------------------------------------------------- */

static char codes[CODES_MAX][64];

/* Every code that the simulator knows. */
static int read_codes(void)
{
    char *help = NULL, *at, *rest, *word;
    size_t size;
    FILE *out = open_memstream(&help, &size);
    int count = 0;

    s3_sim_help(out);
    fclose(out);
    at = strstr(help, "Codes (slow_down is SlowDown):");
    ck_assert_ptr_nonnull(at);
    *strstr(at, "Quirks:") = '\0';
    at = strchr(at, ':') + 1;
    for (rest = at; (word = strtok_r(rest == at ? at : NULL, " \n", &rest)) != NULL;)
        snprintf(codes[count++], sizeof codes[0], "%s", word);
    free(help);
    ck_assert_int_gt(count, 30);
    return count;
}

START_TEST(every_error_of_the_server)
{
    int count = read_codes();
    shub__s3_fault fault;
    char line[128];

    open_with(SECRET);
    call_all(); /* that works, too */
    for (int i = 0; i < count; i++) {
        script(&s, "fault clear");
        snprintf(line, sizeof line, "fault any error=%s always", codes[i]);
        script(&s, line);
        shub__s3_fault_of(codes[i], 503, &fault);
        if (fault.advice == SHUB__S3_SLOW)
            call(0); /* the others would wait for long */
        else
            call_all();
    }
    must_keep_secrets("errors of the server");
}
END_TEST

static const char *const faults[] = {
    "part error=AccessDenied 1",
    "part drop_after 1",
    "complete error=InvalidPart 4",
    "complete drop_after 2",
    "create drop_after 1",
    "create cut_body 1",
    "complete cut_body=40 1",
    "abort status=500 2",
    "any status=503 always",
    "get corrupt_body 1",
    "get cut_body 1",
    "list cut_body 1",
    "any drop_before always",
    "any status=403 always",
    "any status=301 always",
    "complete error_in_200=InternalError 2",
};

START_TEST(every_fault)
{
    char line[128];

    open_with(SECRET);
    snprintf(line, sizeof line, "fault %s", faults[_i]);
    script(&s, line);
    call_all();
    must_keep_secrets(line);
}
END_TEST

/* The answer to a wrong signature quotes what was signed, and the signature. */
START_TEST(refused_signatures)
{
    open_with(SECRET "wrong");
    call_all();
    must_keep_secrets("a wrong secret");
    store_close(&s);
    open_with(SECRET);
    script(&s, "key " S3_SIM_ACCESS " " SECRET " another-token");
    call_all();
    script(&s, "drop_key " S3_SIM_ACCESS);
    call_all();
    script(&s, "advance 7200"); /* RequestTimeTooSkewed, InvalidAccessKeyId */
    call_all();
    must_keep_secrets("a wrong token, an unknown key");
}
END_TEST

/* What a server may send back of a request, in the places that servers do it. */
static const char *const echoes[] = {
    "<Error><Code>Odd</Code><Message>The token " TOKEN " is bad</Message><Token-0>" TOKEN
    "</Token-0></Error>",
    "<Error><Code>Odd</Code><Message>bad header x-amz-security-token: " TOKEN
    "</Message></Error>",
    "<Error><Code>Odd</Code><Message>The token " TOKEN " is bad</Message></Error>",
    "<Error><Code>Odd</Code><Message>AWS4-HMAC-SHA256 Credential=" S3_SIM_ACCESS
    "/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature="
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef</Message></Error>",
    "<Error><Code>Odd</Code><Message>no</Message><AWSAccessKeyId>" S3_SIM_ACCESS
    "</AWSAccessKeyId><StringToSign>" TOKEN "</StringToSign><SignatureProvided>"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "</SignatureProvided></Error>",
    "<Error><Code>" TOKEN "</Code><Message>no</Message></Error>",
    "<DeleteResult><Error><Key>there</Key><Code>Odd</Code><Message>The token " TOKEN
    " is bad</Message></Error></DeleteResult>",
    "<html><h1>403</h1>x-amz-security-token: " TOKEN "</html>",
    TOKEN,
};

static void give(const char *kind, int status, const char *body)
{
    char line[256];
    FILE *file = fopen(file_path, "w");

    fprintf(file, "{\"status\":%d,\"headers\":{\"Content-Type\":\"application/xml\"},",
            status);
    fputs("\"body\":[\"", file);
    for (; *body; body++) {
        if (*body == '"')
            putc('\\', file);
        putc(*body, file);
    }
    fputs("\"]}", file);
    fclose(file);
    snprintf(line, sizeof line, "fault %s reply=%s always", kind, file_path);
    script(&s, line);
}

START_TEST(servers_that_echo)
{
    static const int statuses[] = {200, 301, 400, 403, 404, 409, 500, 503};

    open_with(SECRET);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        script(&s, "fault clear");
        give("any", statuses[i], echoes[_i]);
        call_all();
    }
    must_keep_secrets(echoes[_i]);
}
END_TEST

/* ---- where keys come from ------------------------------------------------------- */

static const struct {
    const char *source, *operation; /* of the simulator's service */
} sources[] = {
    {"instance", "imds_token"},       {"instance", "imds_role"},
    {"instance", "imds_credentials"}, {"container", "container"},
    {"identity", "web_identity"},
};

static void open_source(const char *source)
{
    char url[96];

    open_with(SECRET);
    shub_s3_close(s.s3);
    s.opts.access_key = s.opts.secret_key = s.opts.session_token = NULL;
    snprintf(url, sizeof url, "%s/credentials", s.endpoint);
    if (strcmp(source, "instance") == 0) {
        setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", s.endpoint, 1);
    } else if (strcmp(source, "container") == 0) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
        setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", CONTAINER, 1);
        script(&s, "container /credentials " CONTAINER);
    } else {
        write_text(file_path, WEB_IDENTITY);
        setenv("AWS_ENDPOINT_URL_STS", s.endpoint, 1);
        setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file_path, 1);
        setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/a", 1);
    }
    ck_ok(shub_s3_open(&s.opts, &s.s3, &err));
}

static const char *const broken[] = {
    "{\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"" SECRET "\",\"Token\":\"" TOKEN
    "\",\"Expiration\":\"never\"}",
    "{\"SecretAccessKey\":\"" SECRET "\",\"Token\":\"" TOKEN "\"}",
    "{\"AccessKeyId\":\"AS IA\",\"SecretAccessKey\":\"" SECRET "\",\"Token\":\"" TOKEN
    "\"}",
    "{\"SecretAccessKey\":\"" SECRET "\",\"Token\":\"" TOKEN,
    "{\"code\":\"Odd\",\"message\":\"Authorization " CONTAINER " is wrong\"}",
    "<ErrorResponse><Error><Code>Odd</Code><Message>WebIdentityToken " WEB_IDENTITY
    " is odd</Message></Error></ErrorResponse>",
    "<AssumeRoleWithWebIdentityResponse><Credentials><SecretAccessKey>" SECRET
    "</SecretAccessKey>",
};

/* Services that work, fail, and answer what makes no sense. */
START_TEST(services_that_hand_out_keys)
{
    char line[96];

    open_source(sources[_i].source);
    call(0);
    ck_assert_uint_ge(s3_sim_successes(s.sim, "put"), 1);
    store_reopen(&s);
    snprintf(line, sizeof line, "fault %s status=403 always", sources[_i].operation);
    script(&s, line);
    call(0);
    if (strcmp(sources[_i].source, "identity") == 0)
        snprintf(file_path, sizeof file_path, "%s/given2", folder);
    for (size_t i = 0; i < 2 * sizeof broken / sizeof *broken; i++) {
        script(&s, "fault clear");
        give(sources[_i].operation, i % 2 ? 400 : 200, broken[i / 2]);
        store_reopen(&s);
        call(0);
    }
    must_keep_secrets(sources[_i].operation);
    (void)unlink(file_path);
    snprintf(file_path, sizeof file_path, "%s/given", folder);
}
END_TEST

/* ---- URLs that are secrets -------------------------------------------------------- */

START_TEST(presigned_urls)
{
    char url[SHUB_S3_URL_MAX];
    size_t len;

    open_with(SECRET);
    ck_ok(shub_s3_presign_object(s.s3, SHUB_LIT("GET"), BUCKET, KEY, 60, url, sizeof url,
                                 &len, &err));
    ck_assert_ptr_nonnull(strstr(url, "X-Amz-Signature="));
    ck_status(shub_s3_presign_object(s.s3, SHUB_LIT("GET"), BUCKET, KEY, 60, url, 100,
                                     &len, &err),
              SHUB_E_LIMIT);
    ck_assert_str_eq(url, "");
    say_error();
    ck_status(shub_s3_presign_object(s.s3, SHUB_LIT("GET"), BUCKET, KEY, -1, url,
                                     sizeof url, &len, &err),
              SHUB_E_INVALID);
    say_error();
    must_keep_secrets("presigned");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 secrets");
    TCase *tc = tcase_create("secrets");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, every_error_of_the_server);
    tcase_add_loop_test(tc, every_fault, 0, sizeof faults / sizeof *faults);
    tcase_add_test(tc, refused_signatures);
    tcase_add_loop_test(tc, servers_that_echo, 0, sizeof echoes / sizeof *echoes);
    tcase_add_loop_test(tc, services_that_hand_out_keys, 0,
                        sizeof sources / sizeof *sources);
    tcase_add_test(tc, presigned_urls);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
