#include "http/query.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "served.h"
#include "model/api.gen.h"
#include "model/operation.h"
#include "model/shape.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An API of three operations: one that says its word again, one without output, one that is not served. */
struct say {
    const char *word;
    struct opt_int times;
};

static const struct shape_field fields[] = {
    {"Word", &shape_string, offsetof(struct say, word), true},
    {"Times", &shape_integer, offsetof(struct say, times), false},
};
static const struct shape shape_say = {
    .name = "Say", .kind = SHAPE_STRUCT, .size = sizeof(struct say), .fields = fields, .n_fields = 2};
static const struct shape shape_nothing = {.name = "Nothing", .kind = SHAPE_STRUCT, .size = 1};
static const int faults_none[] = {FAULT_NONE};
static const int faults_say[] = {FAULT_CACHE_CLUSTER_NOT_FOUND, FAULT_NONE};

static int never(struct op *op, const void *in, void *out)
{
    (void)op, (void)in, (void)out;
    return ERR_BROKEN;
}

static const struct operation operations[] = {
    {"Drop", &shape_nothing, NULL, NULL, true, NULL, faults_none, never},
    {"Plan", &shape_nothing, NULL, NULL, true, NULL, faults_none, NULL},
    {"Say", &shape_say, &shape_say, "SayResult", false, NULL, faults_say, never},
};

static int run(void *arg, const struct operation *o, const struct query_caller *who, struct arena *a, const void *in, void *out,
    struct err *e)
{
    const struct say *said = in;
    struct say *again = out;
    cr_assert_eq(arg, &shape_say);
    if (o->out == NULL) return 0;
    if (strcmp(said->word, "missing") == 0) return err_set(e, FAULT_CACHE_CLUSTER_NOT_FOUND, "no <%s>", said->word);
    if (strcmp(said->word, "undeclared") == 0) return err_set(e, FAULT_USER_NOT_FOUND, "no user");
    if (strcmp(said->word, "broken") == 0) return err_set(e, ERR_DB, "the disk is gone");
    again->word = arena_printf(a, "%s %s %s", said->word, who->region, who->account);
    again->times = said->times;
    return 0;
}

static const struct query_api api = {operations, 3, run, (void *)&shape_say, NULL, NULL, "eu-central-1"};
static struct served served;

static void add_routes(struct http *h)
{
    query_add_routes(h, &api);
}

static void open_all(void)
{
    served_open(&served, add_routes);
}

static void close_all(void)
{
    served_close(&served);
}

TestSuite(query, .init = open_all, .fini = close_all, .timeout = 20);

static char *post(const char *body)
{
    char request[1024];
    snprintf(request, sizeof request, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    return client_ask(&served.client, request);
}

static void expect(char *answer, int status, const char *part)
{
    served_check(answer, status, "text/xml", part);
}

static void expect_code(char *answer, int status, const char *code)
{
    char part[128];
    snprintf(part, sizeof part, "<Code>%s</Code>", code);
    expect(answer, status, part);
}

Test(query, runs_an_operation_on_the_parameters_of_the_body)
{
    expect(post("Times=3&Word=a+%3Cb%3E&Action=Say&Version=2015-02-02"), 200,
        "<SayResponse xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\"><SayResult><Word>a &lt;b&gt; eu-central-1 "
        "000000000000</Word><Times>3</Times></SayResult><ResponseMetadata><RequestId>");
}

Test(query, takes_parameters_behind_the_question_mark_too)
{
    expect(
        client_ask(&served.client, "GET /?Action=Say&Version=2015-02-02&Word=hi HTTP/1.1\r\nHost: a\r\n\r\n"), 200, "<Word>hi ");
    expect(client_ask(&served.client, "POST /?Action=Say&Word=a HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nWord=b"), 200,
        "<Word>b ");
}

Test(query, lets_no_browser_change_anything_with_a_get)
{
    static const char image[] = "GET /?Action=%s&Word=hi HTTP/1.1\r\nHost: 192.168.1.9:4566\r\nUser-Agent: Mozilla/5.0\r\n\r\n";
    char request[256];
    snprintf(request, sizeof request, image, "Drop");
    expect_code(client_ask(&served.client, request), 403, "AccessDenied");
    snprintf(request, sizeof request, image, "Say");
    expect(client_ask(&served.client, request), 200, "<Word>hi ");
    expect(client_ask(&served.client, "GET /?Action=Drop HTTP/1.1\r\nHost: 192.168.1.9:4566\r\nUser-Agent: curl/8\r\n\r\n"), 200,
        "<DropResponse");
}

Test(query, takes_region_and_account_from_the_credential_scope)
{
    expect(client_ask(&served.client,
               "GET /?Action=Say&Word=hi HTTP/1.1\r\nHost: a\r\nAuthorization: AWS4-HMAC-SHA256 "
               "Credential=123456789012/20260101/us-east-2/elasticache/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n"),
        200, "<Word>hi us-east-2 123456789012</Word>");
    expect(post("Action=Say&Word=hi&X-Amz-Credential=k%2F20260101%2Fus-west-1%2Felasticache%2Faws4_request"), 200,
        "<Word>hi us-west-1 0");
    expect_code(client_ask(&served.client, "GET /?Action=Say&Word=hi HTTP/1.1\r\nHost: a\r\nAuthorization: Basic eDp5\r\n\r\n"),
        400, "IncompleteSignature");
}

Test(query, answers_without_a_result_where_the_operation_has_none)
{
    expect(post("Action=Drop&Version=2015-02-02"), 200,
        "<DropResponse xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\"><ResponseMetadata>");
}

Test(query, tells_one_request_id_in_header_and_body)
{
    char *answer = post("Action=Drop"), *header = strstr(answer, "x-amzn-RequestId: ") + 18,
         *body = strstr(answer, "<RequestId>") + 11;
    cr_assert(strncmp(header, body, 36) == 0 && strncmp(body + 36, "</RequestId>", 12) == 0, "%s", answer);
    free(answer);
}

Test(query, refuses_what_is_no_operation)
{
    expect_code(post(""), 400, "MissingAction");
    expect_code(post("Action="), 400, "MissingAction");
    expect_code(client_ask(&served.client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, "MissingAction");
    expect_code(post("Action=say"), 400, "InvalidAction");
    expect(post("Action=Say&Version=2014-01-01"), 400, "Could not find operation Say for version 2014-01-01.");
    expect(post("Action=Plan"), 400, "Plan is an operation of ElastiCache that Meridian does not serve yet.");
    expect_code(post("Action=Plan"), 400, "InvalidAction");
}

Test(query, refuses_more_parameters_than_there_may_be_in_the_services_words)
{
    _buf_ struct buf b = {0};
    buf_printf(&b, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", 2 * 20001 - 1);
    for (int i = 0; i < 20001; i++) buf_puts(&b, i ? "&a" : "a");
    client_send(&served.client, b.data, b.len);
    expect_code(client_answer(&served.client), 404, "MalformedQueryString");
}

Test(query, refuses_malformed_parameters)
{
    expect_code(post("Action=Say&Word=%zz"), 404, "MalformedQueryString");
    expect_code(client_ask(&served.client, "GET /?Action=Say&Word=%f HTTP/1.1\r\nHost: a\r\n\r\n"), 404, "MalformedQueryString");
    expect(post("Action=Say"), 400, "The parameter Word must be provided and must not be null.");
    expect_code(post("Action=Say&Word=x&Times=often"), 400, "InvalidParameterValue");
}

Test(query, answers_a_fault_with_its_code_status_and_message)
{
    expect(post("Action=Say&Word=missing"), 404,
        "<Error><Type>Sender</Type><Code>CacheClusterNotFound</Code><Message>no &lt;missing&gt;</Message></Error><RequestId>");
}

Test(query, answers_even_a_fault_that_is_not_declared)
{
    expect_code(post("Action=Say&Word=undeclared"), 404, "UserNotFound");
}

Test(query, keeps_the_reason_of_an_internal_failure_to_itself)
{
    char *answer = post("Action=Say&Word=broken");
    cr_assert_null(strstr(answer, "disk"));
    expect(answer, 500, "<Type>Receiver</Type><Code>InternalFailure</Code><Message>An internal error has occurred.");
}

Test(query, refuses_other_methods_other_paths_and_long_bodies_in_xml)
{
    expect_code(client_ask(&served.client, "PUT /?Action=Drop HTTP/1.1\r\nHost: a\r\n\r\n"), 405, "InvalidAction");
    expect(client_ask(&served.client, "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"), 405, "\r\nAllow: GET, POST\r\n");
    expect_code(client_ask(&served.client, "GET /path?Action=Drop HTTP/1.1\r\nHost: a\r\n\r\n"), 404, "InvalidAction");
    expect_code(
        client_ask(&served.client, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n"), 413,
        "InvalidQueryParameter");
}

/* A request that is too long in one way, from a client of its own: it is answered though the client still sends. */
static void expect_overlong(const char *begin, size_t n, const char *piece, int status, const char *message)
{
    _buf_ struct buf b = {0};
    struct client other;
    buf_puts(&b, begin);
    for (size_t i = 0; i < n; i++) buf_puts(&b, piece);
    buf_puts(&b, "\r\n\r\n");
    client_open(&other, &served.loop, http_port(served.http));
    client_send(&other, b.data, b.len);
    char *answer = client_answer(&other);
    cr_assert_not_null(answer);
    cr_expect_not_null(strstr(answer, "\r\nx-amzn-RequestId: "));
    cr_expect_not_null(strstr(answer, message));
    expect_code(answer, status, "InvalidQueryParameter");
    client_close(&other);
}

Test(query, answers_requests_in_xml_that_are_longer_than_there_is_room_for)
{
    const char *line = "GET / HTTP/1.1\r\nHost: a\r\n", *url = "URL of the request is too long",
               *headers = "headers of the request";
    for (size_t n = 4000; n <= 1000000; n *= 5) expect_overlong("GET /?Action=", n, "Say-Word=", 414, url);
    for (size_t n = 700; n <= 70000; n *= 10)
        expect_overlong(line, n, "a: 1234567890123456789012345678901234567890\r\n", 431, headers);
    expect_overlong("GET / HTTP/1.1\r\nHost: a\r\nCookie: ", 600, "cookie=1; ", 431, headers);
    expect_overlong("GET / HTTP/1.1\r\nHost: a\r\nX: ", 100000, "x", 431, headers);
    expect(post("Action=Say&Word=a"), 200, "<Word>a ");
}

Test(query, tells_a_request_that_is_too_long_from_earlier_ones_and_from_other_clients)
{
    _buf_ struct buf large = {0};
    struct client slow;
    buf_puts(&large, "GET /?Action=Say&Word=a&Unknown=");
    for (int k = 0; k < 20000; k++) buf_puts(&large, "x");
    buf_puts(&large, " HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int k = 0; k < 3; k++) expect(client_ask(&served.client, large.data), 200, "<Word>a ");
    client_open(&slow, &served.loop, http_port(served.http));
    client_send(&slow, "GET /?Action=Say&Word=late", 26);
    expect_overlong("GET /?Action=", 40000, "x", 414, "URL of the request");
    client_send(&slow, " HTTP/1.1\r\nHost: a\r\n\r\n", 22);
    expect(client_answer(&slow), 200, "<Word>late ");
    client_close(&slow);
    expect(post("Action=Say&Word=a"), 200, "<Word>a ");
}

static void expect_json(const char *rest, const char *accept, int status, const char *part)
{
    char request[512];
    snprintf(request, sizeof request, "GET /?Action=%s HTTP/1.1\r\nHost: a\r\nAccept: %s\r\n\r\n", rest, accept);
    served_check(client_ask(&served.client, request), status, part[0] == '<' ? "text/xml" : "application/json", part);
}

Test(query, answers_in_json_to_whom_accepts_nothing_else)
{
    expect_json("Say&Word=a%22b&Times=3", "application/json", 200,
        "{\"SayResponse\":{\"SayResult\":{\"Word\":\"a\\\"b eu-central-1 "
        "000000000000\",\"Times\":3},\"ResponseMetadata\":{\"RequestId\":\"");
    expect_json("Drop", "application/json", 200, "{\"DropResponse\":{\"ResponseMetadata\":{");
    expect_json("Say&Word=missing", "application/json", 404,
        "{\"Error\":{\"Type\":\"Sender\",\"Code\":\"CacheClusterNotFound\",\"Message\":\"no <missing>\"},\"RequestId\":\"");
    expect_json("Say&Word=broken", "application/json", 500, "\"Type\":\"Receiver\",\"Code\":\"InternalFailure\"");
    expect_json("Say&Word=a", "text/xml, application/json", 200, "<SayResponse");
    expect_json("Say&Word=a", "*/*", 200, "<SayResponse");
}
