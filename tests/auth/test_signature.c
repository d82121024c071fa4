#include "auth/signature.h"
#include "base/arena.h"
#include "base/err.h"
#include "model/api.gen.h"
#include <criterion/criterion.h>
#include <string.h>

/* The key, the date and the signatures of AWS's published test suite for signature version 4. */
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define SCOPE "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
#define SIGNED(names, hex) "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=" names ", Signature=" hex
#define TIME "20150830T123600Z"
#define TIME_MS INT64_C(1440938160000)
#define VANILLA "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"

static struct arena arena;
static struct err e;

static void begin(void)
{
    arena = (struct arena){0};
}

static void end(void)
{
    arena_fini(&arena);
}

TestSuite(signature, .init = begin, .fini = end);

static struct signed_header headers[] = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", TIME}, {"Authorization", NULL}};

static struct signed_request request(const char *method, const char *query, const char *authorization)
{
    headers[0].value = "example.amazonaws.com";
    headers[1].value = TIME;
    headers[2].value = authorization;
    return (struct signed_request){method, "/", query, headers, 3, "", 0};
}

static int check(const struct signed_request *q, const char *secret, const char **text)
{
    struct signature s;
    uint8_t key[SIGNING_KEY_SIZE];
    int r = signature_read(&s, q, &arena, &e);
    if (r) return r;
    signature_key(&s.credential, secret, key);
    return signature_check(&s, q, key, &arena, text, &e);
}

Test(signature, those_of_the_published_test_suite_match)
{
    static const struct {
        const char *method, *query, *hex;
    } cases[] = {
        {"GET", "", VANILLA},
        {"POST", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
        {"GET", "Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    };
    const char *text = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *authorization = arena_printf(
            &arena, "AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host;x-amz-date, Signature=%s", cases[i].hex);
        struct signed_request q = request(cases[i].method, cases[i].query, authorization);
        cr_expect_eq(check(&q, SECRET, &text), 0, "%s ?%s: %s", cases[i].method, cases[i].query, text ? text : "");
    }
}

Test(signature, another_secret_is_told_what_should_have_been_signed)
{
    const char *text = NULL;
    struct signed_request q = request("GET", "", SIGNED("host;x-amz-date", VANILLA));
    cr_assert_eq(check(&q, "another", &text), FAULT_SIGNATURE_DOES_NOT_MATCH);
    cr_expect(strstr(text, "'GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:" TIME "\n\nhost;x-amz-date\n"
                           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'"));
    cr_expect(strstr(text, "'AWS4-HMAC-SHA256\n" TIME "\n20150830/us-east-1/service/aws4_request\n"));
    cr_expect_null(strstr(text, SECRET));
}

Test(signature, values_lose_their_outer_space_and_keep_one_space_of_many)
{
    const char *text = NULL;
    struct signed_request q = request("GET", "", SIGNED("host;x-amz-date", VANILLA));
    headers[0].value = " \texample.amazonaws.com ";
    cr_expect_eq(check(&q, SECRET, &text), 0);
    headers[0].value = "a  \t b";
    cr_assert_eq(check(&q, SECRET, &text), FAULT_SIGNATURE_DOES_NOT_MATCH);
    cr_expect(strstr(text, "\nhost:a b\n"), "%s", text);
}

Test(signature, parts_that_are_missing_are_named)
{
    static const struct {
        const char *authorization, *said;
    } cases[] = {
        {"AWS4-HMAC-SHA256 SignedHeaders=host, Signature=a", "Authorization header requires 'Credential' parameter. "},
        {"AWS4-HMAC-SHA256 Credential=" SCOPE ", Signature=a", "Authorization header requires 'SignedHeaders' parameter. "},
        {"AWS4-HMAC-SHA256 Credential=" SCOPE ", SignedHeaders=host", "Authorization header requires 'Signature' parameter. "},
        {"AWS4-HMAC-SHA256",
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "},
        {"AWS4-ECDSA-P256-SHA256 Credential=" SCOPE, "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."},
        {"", "Unsupported AWS 'algorithm': ''."},
        {"AWS4-HMAC-SHA256 Credential=x/y, SignedHeaders=host, Signature=a", "Credential must have the form"},
    };
    struct signature s;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct signed_request q = request("GET", "", cases[i].authorization);
        cr_expect_eq(signature_read(&s, &q, &arena, &e), FAULT_INCOMPLETE_SIGNATURE);
        cr_expect(strstr(e.msg, cases[i].said), "%s: %s", cases[i].authorization, e.msg);
    }
    struct signed_request q = request("GET", "", SIGNED("host", "a"));
    q.n_headers = 0;
    cr_expect_eq(signature_read(&s, &q, &arena, &e), FAULT_MISSING_AUTHENTICATION_TOKEN);
    q = request("GET", "", SIGNED("x-amz-date", "a"));
    cr_expect_eq(signature_read(&s, &q, &arena, &e), FAULT_SIGNATURE_DOES_NOT_MATCH, "the host must be signed");
    static const char *const dates[] = {
        "20150831T000000Z", "20150830", "20150830T123600Zx", "20151330T123600Z", "yesterday at noon"};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        q = request("GET", "", SIGNED("host;x-amz-date", VANILLA));
        headers[1].value = dates[i];
        cr_expect_neq(signature_read(&s, &q, &arena, &e), 0, "%s", dates[i]);
    }
}

static int at(struct signature s, int64_t now_ms)
{
    return signature_check_time(&s, now_ms, &e);
}

Test(signature, one_is_good_for_as_long_as_it_says)
{
    const struct signature header = {.time = TIME, .time_ms = TIME_MS};
    const struct signature presigned = {.time = TIME, .time_ms = TIME_MS, .presigned = true, .expires_ms = 3600000};
    const int64_t quarter = 15 * 60 * 1000;
    cr_expect_eq(at(header, TIME_MS + quarter), 0);
    cr_expect_eq(at(header, TIME_MS + quarter + 1), FAULT_REQUEST_EXPIRED);
    cr_expect_eq(at(header, TIME_MS - quarter), 0);
    cr_expect_eq(at(header, TIME_MS - quarter - 1), FAULT_REQUEST_EXPIRED);
    cr_expect_eq(at(presigned, TIME_MS + 3600000), 0);
    cr_expect_eq(at(presigned, TIME_MS + 3600001), FAULT_REQUEST_EXPIRED);
    struct signed_request q = request("GET", "", SIGNED("host;x-amz-date", VANILLA));
    struct signature s;
    cr_assert_eq(signature_read(&s, &q, &arena, &e), 0);
    cr_expect_eq(s.time_ms, TIME_MS);
}

Test(signature, in_a_url_it_is_read_from_there_and_not_signed_itself)
{
    struct signature s;
    const char *text = NULL;
#define PRESIGNED                                                                                                            \
    "Action=X&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request" \
    "&X-Amz-Date=" TIME "&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
    struct signed_request q = request("GET", PRESIGNED "&X-Amz-Signature=abc&a=b%7e+c", NULL);
    q.n_headers = 1;
    cr_assert_eq(signature_read(&s, &q, &arena, &e), 0, "%s", e.msg);
    cr_expect(s.presigned && s.expires_ms == 60000);
    cr_expect_str_eq(s.hex, "abc");
    uint8_t key[SIGNING_KEY_SIZE] = {0};
    cr_assert_eq(signature_check(&s, &q, key, &arena, &text, &e), FAULT_SIGNATURE_DOES_NOT_MATCH);
    cr_expect(strstr(text, "\n" PRESIGNED "&a=b~%20c\nhost:"), "%s", text);
    q.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=abc";
    cr_expect_eq(signature_read(&s, &q, &arena, &e), FAULT_INCOMPLETE_SIGNATURE);
}
