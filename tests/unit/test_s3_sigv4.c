/* Signatures that the AWS suite publishes, restated: what must come out of each, in
 * header and query form. */
#include "s3/sigv4.h"
#include "support/suite.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { PAIRS = 8 };

#define EMPTY SHUB__SIGV4_EMPTY
#define FORM                                                                             \
    "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e" /* Param1=value1  \
                                                                        */
#define TOKEN "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
#define LONG_TOKEN                                                                       \
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeM" \
    "icRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZa" \
    "mpKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr" \
    "7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR" \
    "/oLxBA=="
#define ACCESS_KEY "AKIDEXAMPLE"
#define SECRET_KEY "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static const struct row {
    const char *name;
    struct {
        const char *method, *path;
    } line;
    const char *query[2 * PAIRS], *headers[2 * PAIRS]; /* name, value, …; host besides */
    struct {
        int normalize, omit_token;
        const char *token, *payload;
    } how;
    const char *signed_headers, *header_signature, *query_signature;
} rows[] = {
    {"get-vanilla",
     {"GET", "/"},
     {NULL},
     {NULL},
     {1, 0, NULL, EMPTY},
     "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
     "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"},
    {"get-header-key-duplicate",
     {"GET", "/"},
     {NULL},
     {"My-Header1", "value2", "My-Header1", "value2", "My-Header1", "value1"},
     {1, 0, NULL, EMPTY},
     "host;my-header1;x-amz-date",
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
     "3349ee0b81b4b589da0ff28a395c3591e04de515651dd74f298fa992d1507a97"},
    {"get-header-value-multiline",
     {"GET", "/"},
     {NULL},
     {"My-Header1", "value1\n  value2\n     value3"},
     {1, 0, NULL, EMPTY},
     "host;my-header1;x-amz-date",
     "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd",
     "e6f5def831211aca02987a44b96826706278c7bc078112ae0263659c5b2f2d56"},
    {"get-header-value-order",
     {"GET", "/"},
     {NULL},
     {"My-Header1", "value4", "My-Header1", "value1", "My-Header1", "value3",
      "My-Header1", "value2"},
     {1, 0, NULL, EMPTY},
     "host;my-header1;x-amz-date",
     "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
     "313720e71ca6202fdcfa9b20f88de01a4eb0638a83c833b1c184359a4eda864e"},
    {"get-header-value-trim",
     {"GET", "/"},
     {NULL},
     {"My-Header1", " value1", "My-Header2", " \"a   b   c\""},
     {1, 0, NULL, EMPTY},
     "host;my-header1;my-header2;x-amz-date",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
     "e7bb0fd515e125e1aec2ecc4c0c17484fb06f6846b927c35e46005dd3df3acd4"},
    {"get-relative-normalized",
     {"GET", "/example/.."},
     {NULL},
     {NULL},
     {1, 0, NULL, EMPTY},
     "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
     "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"},
    {"get-relative-unnormalized",
     {"GET", "/example/.."},
     {NULL},
     {NULL},
     {0, 0, NULL, EMPTY},
     "host;x-amz-date",
     "eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282",
     "cbcb213b928a077e43275df47b500f1dfaa864ab3f5a18f6b95f4ff0938167ee"},
    {"get-slash-dot-slash-normalized",
     {"GET", "/./"},
     {NULL},
     {NULL},
     {1, 0, NULL, EMPTY},
     "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
     "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"},
    {"get-slashes-normalized",
     {"GET", "//example//"},
     {NULL},
     {NULL},
     {1, 0, NULL, EMPTY},
     "host;x-amz-date",
     "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
     "c1834e8fb0307243711f0f907f6ab7311ed300d87f13792d7ee4da89ab93e082"},
    {"get-slashes-unnormalized",
     {"GET", "//example//"},
     {NULL},
     {NULL},
     {0, 0, NULL, EMPTY},
     "host;x-amz-date",
     "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5",
     "822a5a9ba28072c5ab2bb4a6307d0c88276d40e49fec6b724c03fb4d4ba60fc2"},
    {"get-space-normalized",
     {"GET", "/example space/"},
     {NULL},
     {NULL},
     {1, 0, NULL, EMPTY},
     "host;x-amz-date",
     "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
     "7a1f416954786484c9824d93c1f26ef64acb9b1b6c9154d08c9f07d0e394abf6"},
    {"get-utf8",
     {"GET", "/\xe1\x88\xb4"},
     {NULL},
     {NULL},
     {1, 0, NULL, EMPTY},
     "host;x-amz-date",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
     "10eae3f14a260bd3911cc6d008d3c576d143b05b62f09782a7a4b37f52178e44"},
    {"get-vanilla-query-order-encoded",
     {"GET", "/"},
     {"Param-3", "Value3", "Param", "Value2", "\xe1\x88\xb4", "Value1"},
     {NULL},
     {1, 0, NULL, EMPTY},
     "host;x-amz-date",
     "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
     "c5f1848ceec943ac2ca68ee720460c23aaae30a2300586597ada94c4a65e4787"},
    {"get-vanilla-query-order-key-case",
     {"GET", "/"},
     {"Param2", "value2", "Param1", "value1"},
     {NULL},
     {1, 0, NULL, EMPTY},
     "host;x-amz-date",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
     "86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5"},
    {"get-vanilla-utf8-query",
     {"GET", "/"},
     {"\xe1\x88\xb4", "bar"},
     {NULL},
     {1, 0, NULL, EMPTY},
     "host;x-amz-date",
     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
     "0bdd809b1519ac4f0c1dc3540e2cc46bd0c7f778eda408b2ebf3b913d21ff600"},
    {"get-vanilla-with-session-token",
     {"GET", "/"},
     {NULL},
     {NULL},
     {1, 0, TOKEN, EMPTY},
     "host;x-amz-date;x-amz-security-token",
     "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
     "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c"},
    {"post-sts-header-after",
     {"POST", "/"},
     {NULL},
     {NULL},
     {1, 1, LONG_TOKEN, EMPTY},
     "host;x-amz-date",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
     "2ce6e6d2e0cf2f9d1b55fafec88cd20574c31dc2e7631979f71ba2310083e95b"},
    {"post-header-value-case",
     {"POST", "/"},
     {NULL},
     {"My-Header1", "VALUE1"},
     {1, 0, NULL, EMPTY},
     "host;my-header1;x-amz-date",
     "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
     "0698bc9e4f7f9139065ba2909c0e99da257e8e2a42492a097bcd46d792391fed"},
    {"post-x-www-form-urlencoded",
     {"POST", "/"},
     {NULL},
     {"Content-Type", "application/x-www-form-urlencoded", "Content-Length", "13"},
     {1, 0, NULL, FORM},
     "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
     "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
     "89a40deed0f26f9461242825a082d2222717248abc7ab41f552ad84a94ad46e9"},
};

#define ROWS ((int)(sizeof rows / sizeof rows[0]))

typedef struct made {
    shub__sigv4_signer signer;
    shub__sigv4_request req;
    shub_s3_pair query[PAIRS], headers[PAIRS];
} made;

static size_t pairs_of(const char *const *texts, shub_s3_pair *pairs)
{
    size_t n = 0;

    for (; n < PAIRS && texts[2 * n]; n++) {
        pairs[n].name = shub_str(texts[2 * n]);
        pairs[n].value = shub_str(texts[2 * n + 1]);
    }
    return n;
}

static void add_header(made *m, const char *name, const char *value)
{
    m->headers[m->req.header_count].name = shub_str(name);
    m->headers[m->req.header_count++].value = shub_str(value);
}

static void make(made *m, const struct row *row)
{
    memset(m, 0, sizeof *m);
    m->signer.access_key = SHUB_LIT(ACCESS_KEY);
    m->signer.secret_key = SHUB_LIT(SECRET_KEY);
    m->signer.session_token = shub_str(row->how.token);
    m->signer.region = SHUB_LIT("us-east-1");
    m->signer.service = SHUB_LIT("service");
    m->signer.normalize = row->how.normalize;
    m->signer.omit_token = row->how.omit_token;
    ck_status(shub_time_parse(SHUB_LIT("2015-08-30T12:36:00Z"), &m->signer.time_us, NULL),
              SHUB_OK);
    m->req.method = shub_str(row->line.method);
    m->req.path = shub_str(row->line.path);
    m->req.query = m->query;
    m->req.query_count = pairs_of(row->query, m->query);
    m->req.headers = m->headers;
    add_header(m, "Host", "example.amazonaws.com");
    m->req.header_count += pairs_of(row->headers, m->headers + 1);
    m->req.payload = shub_str(row->how.payload);
}

static void add_signing_headers(made *m, const struct row *row)
{
    add_header(m, "X-Amz-Date", "20150830T123600Z");
    if (row->how.token && !row->how.omit_token)
        add_header(m, "X-Amz-Security-Token", row->how.token);
    if (strcmp(row->how.payload, EMPTY) != 0)
        add_header(m, "x-amz-content-sha256", row->how.payload);
}

START_TEST(header_form)
{
    const struct row *row = &rows[_i];
    char wanted[4096];
    shub__buf value;
    made m;

    make(&m, row);
    add_signing_headers(&m, row);
    shub__buf_init(&value, sizeof wanted);
    ck_status(shub__sigv4_authorize(&m.signer, &m.req, &value, NULL), SHUB_OK);
    snprintf(wanted, sizeof wanted,
             "AWS4-HMAC-SHA256 Credential=" ACCESS_KEY
             "/20150830/us-east-1/service/aws4_request, SignedHeaders=%s, Signature=%s",
             row->signed_headers, row->header_signature);
    ck_assert_msg(shub_slice_equal(shub__buf_view(&value), shub_str(wanted)), "%s: %s",
                  row->name, value.ptr);
    shub__buf_fini(&value);
}
END_TEST

START_TEST(query_form)
{
    const struct row *row = &rows[_i];
    char end[96];
    shub__buf query;
    made m;

    make(&m, row);
    shub__buf_init(&query, 4096);
    ck_status(shub__sigv4_presign(&m.signer, &m.req, 3600, &query, NULL), SHUB_OK);
    snprintf(end, sizeof end, "&X-Amz-Signature=%s", row->query_signature);
    ck_assert_msg(shub__ends_with(shub__buf_view(&query), shub_str(end)), "%s: %s",
                  row->name, query.ptr);
    ck_assert_int_eq(row->how.token != NULL,
                     strstr(query.ptr, "X-Amz-Security-Token=") != NULL);
    shub__buf_fini(&query);
}
END_TEST

/* What is hashed, once in full: the path as it is, the query in the order of its encoded
 * names, a header with two values, white space. */
START_TEST(canonical_request)
{
    static const struct row row = {
        "all",
        {"PUT", "/a//../b c"},
        {"b", "2", "a-", "", "\xe1\x88\xb4", "=", "a", "1 2"},
        {"X-Two", "  b   c ", "Range", "bytes=0-9", "x-two", "a\t\n d"},
        {0, 0, NULL, EMPTY},
        "host;range;x-two",
        "",
        ""};
    shub_slice query, names;
    shub__buf out;
    made m;

    make(&m, &row);
    shub__buf_init(&out, 1024);
    ck_status(shub__sigv4_canonical(&m.signer, &m.req, &out, &query, &names, NULL),
              SHUB_OK);
    ck_slice_eq(shub__buf_view(&out),
                "PUT\n/a//../b%20c\n%E1%88%B4=%3D&a=1%202&a-=&b=2\n"
                "host:example.amazonaws.com\nrange:bytes=0-9\nx-two:b c,a d\n\n"
                "host;range;x-two\n" EMPTY);
    ck_slice_eq(query, "%E1%88%B4=%3D&a=1%202&a-=&b=2");
    ck_slice_eq(names, row.signed_headers);
    shub__buf_fini(&out);
}
END_TEST

/* RFC 3986 section 5.2.4, with empty segments gone. */
START_TEST(normalized_paths)
{
    static const char *const paths[][2] = {{"/", "/"},
                                           {"//", "/"},
                                           {"/..", "/"},
                                           {"/../..", "/"},
                                           {"/a/..", "/"},
                                           {"/a/../", "/"},
                                           {"/a/.", "/a/"},
                                           {"/./a", "/a"},
                                           {"/a/b/..", "/a/"},
                                           {"/a/b/../c", "/a/c"},
                                           {"/a//b/", "/a/b/"},
                                           {"/...", "/..."},
                                           {"/.a/..b", "/.a/..b"},
                                           {"/a/%2e/b", "/a/%252e/b"}};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        shub__sigv4_signer signer = {.normalize = 1};
        shub__sigv4_request req = {.method = SHUB_LIT("GET")};
        shub_slice method, path, rest;
        shub__buf out;

        req.path = shub_str(paths[i][0]);
        shub__buf_init(&out, 256);
        ck_status(shub__sigv4_canonical(&signer, &req, &out, NULL, NULL, NULL), SHUB_OK);
        shub__cut(shub__buf_view(&out), '\n', &method, &rest);
        shub__cut(rest, '\n', &path, &rest);
        ck_slice_eq(path, paths[i][1]);
        shub__buf_fini(&out);
    }
}
END_TEST

/* ---- dates and scopes ------------------------------------------------------------- */

START_TEST(dates)
{
    char date[SHUB_S3_DATE_MAX];
    shub_error err = SHUB_ERROR_INIT;

    ck_status(shub__sigv4_date(1369353600 * SHUB_SECOND_US + 999999, date, NULL),
              SHUB_OK);
    ck_assert_str_eq(date, "20130524T000000Z");
    ck_status(shub__sigv4_date(-1, date, NULL), SHUB_OK);
    ck_assert_str_eq(date, "19691231T235959Z");
    ck_status(shub__sigv4_date(INT64_MAX, date, &err), SHUB_E_RANGE);
    ck_assert_str_eq(date, "");
    ck_assert_ptr_nonnull(strstr(err.message, "9223372036854775807"));
}
END_TEST

START_TEST(scopes_have_an_end)
{
    char scope[SHUB__SIGV4_SCOPE], region[256];
    shub__sigv4_signer signer = {.service = SHUB_LIT("s3")};

    memset(region, 'r', sizeof region);
    for (size_t len = 0; len < sizeof region; len++) {
        int fits = len + strlen("20130524//s3") < SHUB__SIGV4_SCOPE;
        signer.region = shub_bytes(region, len);
        ck_status(shub__sigv4_scope(&signer, "20130524T000000Z", scope, NULL),
                  fits ? SHUB_OK : SHUB_E_LIMIT);
        ck_assert_uint_eq(strlen(scope), fits ? len + strlen("20130524//s3") : 0);
    }
}
END_TEST

/* ---- the day's key ---------------------------------------------------------------- */

static void authorize_into(made *m, char dst[512])
{
    shub__buf value;

    shub__buf_init(&value, 511);
    ck_status(shub__sigv4_authorize(&m->signer, &m->req, &value, NULL), SHUB_OK);
    strcpy(dst, value.ptr);
    shub__buf_fini(&value);
}

/* Whatever changes, the cache gives what a signer without one gives; and the key is kept
 * while nothing does. */
START_TEST(the_key_is_kept_for_its_scope_and_secret)
{
    shub__sigv4_key cache = {.scope = ""}, before;
    char cached[512], fresh[512];
    made m;

    make(&m, &rows[0]);
    for (int step = 0; step < 12; step++) {
        if (step % 2 == 0 && step > 0) {
            m.signer.time_us += step == 2 ? 24 * SHUB_HOUR_US : 0;
            m.signer.region = step == 4 ? SHUB_LIT("eu-west-1") : m.signer.region;
            m.signer.service = step == 6 ? SHUB_LIT("s3") : m.signer.service;
            m.signer.secret_key = step == 8 ? SHUB_LIT("another") : m.signer.secret_key;
            /* Texts that only together are the same. */
            m.signer.region = step == 10 ? SHUB_LIT("eu-west-") : m.signer.region;
        }
        before = cache;
        m.signer.cache = &cache;
        authorize_into(&m, cached);
        m.signer.cache = NULL;
        authorize_into(&m, fresh);
        ck_assert_str_eq(cached, fresh);
        ck_assert_int_eq(memcmp(before.key, cache.key, sizeof cache.key) == 0, step % 2);
    }
}
END_TEST

START_TEST(a_kept_key_signs_in_its_place)
{
    shub__sigv4_key cache = {.scope = ""};
    char first[512], second[512];
    made m;

    make(&m, &rows[0]);
    m.signer.cache = &cache;
    authorize_into(&m, first);
    cache.key[0] ^= 1;
    authorize_into(&m, second);
    ck_assert_str_ne(first, second);
}
END_TEST

START_TEST(secrets_have_a_maximum)
{
    static char secret[SHUB__SIGV4_SECRET_MAX + 1];
    shub_error err = SHUB_ERROR_INIT;
    char signature[SHUB__SIGV4_HEX];
    made m;

    memset(secret, 's', sizeof secret);
    make(&m, &rows[0]);
    m.signer.secret_key = shub_bytes(secret, sizeof secret - 1);
    ck_status(shub__sigv4_sign(&m.signer, "20150830/a/b", SHUB_LIT("x"), signature, NULL),
              SHUB_OK);
    m.signer.secret_key.len++;
    ck_status(shub__sigv4_sign(&m.signer, "20150830/a/b", SHUB_LIT("x"), signature, &err),
              SHUB_E_LIMIT);
    ck_assert_str_eq(signature, "");
    ck_assert_ptr_null(strstr(err.message, "sss"));
}
END_TEST

/* ---- headers and parameters ------------------------------------------------------- */

START_TEST(what_proxies_change_is_not_signed)
{
    static const char *const names[] = {
        "Authorization", "Connection", "expect",          "Transfer-Encoding",
        "UPGRADE",       "User-Agent", "X-Amzn-Trace-Id", "Sec-WebSocket-Key"};
    shub__buf out;
    made m;

    make(&m, &rows[0]);
    shub__buf_init(&out, 512);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        m.req.header_count = 1;
        add_header(&m, names[i], "value");
        add_header(&m, "x-amz-date", "20150830T123600Z");
        shub__buf_clear(&out);
        ck_status(shub__sigv4_signed_headers(&m.req, &out, NULL), SHUB_OK);
        ck_slice_eq(shub__buf_view(&out), "host;x-amz-date");
    }
    shub__buf_fini(&out);
}
END_TEST

START_TEST(names_that_begin_alike_are_two)
{
    shub__buf out;
    made m;

    make(&m, &rows[0]);
    add_header(&m, "X-Amz-Meta-Ab", "2");
    add_header(&m, "x-amz-meta-a", "1");
    add_header(&m, "x-amz-meta-a-", "3");
    shub__buf_init(&out, 512);
    ck_status(shub__sigv4_signed_headers(&m.req, &out, NULL), SHUB_OK);
    ck_slice_eq(shub__buf_view(&out), "host;x-amz-meta-a;x-amz-meta-a-;x-amz-meta-ab");
    shub__buf_fini(&out);
}
END_TEST

START_TEST(pairs_have_a_maximum)
{
    static shub_s3_pair pairs[SHUB__SIGV4_PAIRS + 1];
    shub__buf out;
    made m;

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        pairs[i].name = pairs[i].value = SHUB_LIT("x");
    make(&m, &rows[0]);
    shub__buf_init(&out, 65536);
    for (int extra = 0; extra <= 1; extra++) {
        shub_status wanted = extra ? SHUB_E_LIMIT : SHUB_OK;
        m.req.headers = pairs;
        m.req.header_count = SHUB__SIGV4_PAIRS + (size_t)extra;
        ck_status(shub__sigv4_authorize(&m.signer, &m.req, &out, NULL), wanted);
        m.req.headers = m.headers;
        m.req.header_count = 1;
        m.req.query = pairs;
        m.req.query_count = SHUB__SIGV4_PAIRS + (size_t)extra;
        ck_status(shub__sigv4_authorize(&m.signer, &m.req, &out, NULL), wanted);
        m.req.query_count = SHUB__SIGV4_PAIRS - 6 + (size_t)extra;
        ck_status(shub__sigv4_presign(&m.signer, &m.req, 60, &out, NULL), wanted);
        m.req.query_count = 0;
    }
    shub__buf_fini(&out);
}
END_TEST

START_TEST(outputs_have_a_maximum)
{
    shub__buf out;
    made m;

    make(&m, &rows[0]);
    shub__buf_init(&out, 40);
    ck_status(shub__sigv4_authorize(&m.signer, &m.req, &out, NULL), SHUB_E_LIMIT);
    shub__buf_clear(&out);
    ck_status(shub__sigv4_presign(&m.signer, &m.req, 60, &out, NULL), SHUB_E_LIMIT);
    shub__buf_clear(&out);
    ck_status(shub__sigv4_canonical(&m.signer, &m.req, &out, NULL, NULL, NULL),
              SHUB_E_LIMIT);
    shub__buf_fini(&out);
}
END_TEST

/* ---- memory ------------------------------------------------------------------------ */

static shub_status both_forms(void *user)
{
    made *m = user;
    shub__buf out;
    shub_status status;

    shub__buf_init(&out, 4096);
    status = shub__sigv4_authorize(&m->signer, &m->req, &out, NULL);
    shub__buf_clear(&out);
    if (status == SHUB_OK)
        status = shub__sigv4_presign(&m->signer, &m->req, 60, &out, NULL);
    shub__buf_fini(&out);
    return status;
}

START_TEST(memory_runs_out)
{
    made m;

    make(&m, &rows[0]);
    ck_assert_uint_ge(oom_loop(both_forms, &m), 8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 sigv4");
    TCase *tc = tcase_create("sigv4");

    tcase_add_loop_test(tc, header_form, 0, ROWS);
    tcase_add_loop_test(tc, query_form, 0, ROWS);
    tcase_add_test(tc, canonical_request);
    tcase_add_test(tc, normalized_paths);
    tcase_add_test(tc, dates);
    tcase_add_test(tc, scopes_have_an_end);
    tcase_add_test(tc, the_key_is_kept_for_its_scope_and_secret);
    tcase_add_test(tc, a_kept_key_signs_in_its_place);
    tcase_add_test(tc, secrets_have_a_maximum);
    tcase_add_test(tc, what_proxies_change_is_not_signed);
    tcase_add_test(tc, names_that_begin_alike_are_two);
    tcase_add_test(tc, pairs_have_a_maximum);
    tcase_add_test(tc, outputs_have_a_maximum);
    tcase_add_test(tc, memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
