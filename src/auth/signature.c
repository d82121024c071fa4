#include "auth/signature.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/decimal.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/hex.h"
#include "base/text.h"
#include "model/api.gen.h"
#include "model/form.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

enum { TOLD_MAX = 4096, MS = 1000, SKEW_MS = 15 * 60 * MS, EXPIRES_MAX_S = 604800, TIME_LEN = 16, DATE_LEN = 8 };

/* ---- what a request says ---- */

static const char *header_of(const struct signed_request *q, const char *name)
{
    for (size_t i = 0; i < q->n_headers; i++)
        if (strcasecmp(q->headers[i].name, name) == 0) return q->headers[i].value;
    return NULL;
}

/* The value behind "name=" in the header Authorization, up to a comma or a space; NULL: it has none. */
static const char *part_of(const char *authorization, const char *name, struct arena *a)
{
    size_t n = strlen(name);
    for (const char *at = authorization + strcspn(authorization, " "); *at; at += strcspn(at, ", ")) {
        at += strspn(at, ", ");
        if (strncmp(at, name, n) == 0 && at[n] == '=') return arena_strndup(a, at + n + 1, strcspn(at + n + 1, ", "));
    }
    return NULL;
}

static int find_in_headers(
    struct signature *s, const struct signed_request *q, struct arena *a, const char **credential, struct err *e)
{
    const char *authorization = header_of(q, "Authorization"), *date = header_of(q, "X-Amz-Date");
    size_t algorithm = strcspn(authorization, " ");
    if (algorithm != sizeof ALGORITHM - 1 || strncmp(authorization, ALGORITHM, algorithm) != 0)
        return err_set(e, FAULT_INCOMPLETE_SIGNATURE, "Unsupported AWS 'algorithm': '%.*s'.",
            (int)(algorithm < 40 ? algorithm : 40), authorization);
    *credential = part_of(authorization, "Credential", a);
    s->hex = part_of(authorization, "Signature", a);
    s->names = part_of(authorization, "SignedHeaders", a);
    s->time = date;
    s->token = header_of(q, "X-Amz-Security-Token");
    if (*credential && s->hex && s->names && date) return 0;
    return err_set(e, FAULT_INCOMPLETE_SIGNATURE, "%s%s%s%s" ALGORITHM,
        *credential ? "" : "Authorization header requires 'Credential' parameter. ",
        s->hex ? "" : "Authorization header requires 'Signature' parameter. ",
        s->names ? "" : "Authorization header requires 'SignedHeaders' parameter. ",
        date ? "Authorization="
             : "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=");
}

static int find_in_query(
    struct signature *s, const struct signed_request *q, struct arena *a, const char **credential, struct err *e)
{
    struct form f = {0};
    int r = form_parse(&f, a, q->query, strlen(q->query), e);
    if (r) return r;
    const char *algorithm = form_get(&f, "X-Amz-Algorithm"), *expires = form_get(&f, "X-Amz-Expires");
    if (algorithm == NULL && form_get(&f, "X-Amz-Signature") == NULL)
        return err_set(e, FAULT_MISSING_AUTHENTICATION_TOKEN, "Request is missing Authentication Token");
    *credential = form_get(&f, "X-Amz-Credential");
    s->presigned = true;
    s->hex = form_get(&f, "X-Amz-Signature");
    s->names = form_get(&f, "X-Amz-SignedHeaders");
    s->time = form_get(&f, "X-Amz-Date");
    s->token = form_get(&f, "X-Amz-Security-Token");
    int64_t seconds = SKEW_MS / MS;
    if (!text_is(algorithm, ALGORITHM) || !*credential || !s->hex || !s->names || !s->time ||
        (expires && !decimal_parse(expires, 0, EXPIRES_MAX_S, &seconds)))
        return err_set(e, FAULT_INCOMPLETE_SIGNATURE,
            "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', "
            "'X-Amz-SignedHeaders' and 'X-Amz-Date'. Re-examine the query-string parameters.");
    s->expires_ms = seconds * MS;
    return 0;
}

static bool read_time(struct signature *s)
{
    struct tm tm = {0};
    if (strlen(s->time) != TIME_LEN) return false;
    const char *end = strptime(s->time, "%Y%m%dT%H%M%SZ", &tm);
    s->time_ms = end && *end == '\0' ? (int64_t)timegm(&tm) * MS : 0;
    return s->time_ms > 0;
}

/* Whether 'name' stands in the list of signed headers. */
static bool is_signed(const char *names, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = names; *at; at += strcspn(at, ";"), at += *at == ';')
        if (strcspn(at, ";") == n && strncasecmp(at, name, n) == 0) return true;
    return false;
}

/* Sorted, and each once, as clients sign them: a header that stands there a thousand times would be written as often. */
static bool are_sorted(const char *names)
{
    for (const char *at = names, *next; (next = strchr(at, ';')) != NULL; at = next + 1) {
        size_t n = (size_t)(next - at), m = strcspn(next + 1, ";");
        int order = strncasecmp(at, next + 1, n < m ? n : m);
        if (order > 0 || (order == 0 && n >= m)) return false;
    }
    return true;
}

/* AWS takes one mechanism at a time: a URL that is past its X-Amz-Expires must not be good in a header. */
static int check_one_way(const struct signed_request *q, struct arena *a, struct err *e)
{
    struct form f = {0};
    int r = form_parse(&f, a, q->query, strlen(q->query), e); /* a name may be spelt X%2DAmz */
    for (size_t i = 0; r == 0 && i < f.n; i++)
        if (strncmp(f.pairs[i].key, "X-Amz-", 6) == 0)
            r = err_set(e, FAULT_INCOMPLETE_SIGNATURE,
                "Only one way to sign is allowed: the header Authorization, or the X-Amz- parameters of the query string.");
    return r;
}

int signature_read(struct signature *out, const struct signed_request *q, struct arena *a, struct err *e)
{
    const char *credential = NULL;
    *out = (struct signature){0};
    bool in_headers = header_of(q, "Authorization") != NULL;
    int r = in_headers ? check_one_way(q, a, e) : find_in_query(out, q, a, &credential, e);
    if (r == 0 && in_headers) r = find_in_headers(out, q, a, &credential, e);
    if (r == 0) r = credential_parse(&out->credential, a, credential, strlen(credential), e);
    if (r) return r;
    if (!read_time(out))
        return err_set(e, FAULT_INCOMPLETE_SIGNATURE,
            "Date must be in ISO-8601 'basic format'. Got '%.40s'. See "
            "http://en.wikipedia.org/wiki/ISO_8601",
            out->time);
    if (strlen(out->credential.date) != DATE_LEN || strncmp(out->credential.date, out->time, DATE_LEN) != 0)
        return err_set(e, FAULT_SIGNATURE_DOES_NOT_MATCH,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%.20s' != '%.8s', from "
            "'%s'.",
            out->credential.date, out->time, out->time);
    if (!are_sorted(out->names))
        return err_set(
            e, FAULT_INCOMPLETE_SIGNATURE, "The names of SignedHeaders must be sorted, and each may stand there once.");
    if (!is_signed(out->names, "host"))
        return err_set(
            e, FAULT_SIGNATURE_DOES_NOT_MATCH, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    return 0;
}

int signature_check_time(const struct signature *s, int64_t now_ms, struct err *e)
{
    int64_t limit_ms = s->presigned ? s->expires_ms : SKEW_MS;
    if (s->time_ms > now_ms + SKEW_MS)
        return err_set(e, FAULT_REQUEST_EXPIRED,
            "Signature not yet current: %s is more than 15 minutes ahead of the service's clock.", s->time);
    if (now_ms <= s->time_ms + limit_ms) return 0;
    return err_set(e, FAULT_REQUEST_EXPIRED, "Request has expired. It was signed at %s, and was good for %lld seconds.", s->time,
        (long long)(limit_ms / MS));
}

/* ---- the canonical request ---- */

#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

/* What is none of 'plain' becomes %XX. */
static void put_encoded(struct buf *b, const char *text, size_t n, const char *plain)
{
    for (size_t i = 0; i < n;) {
        size_t run = strspn(text + i, plain);
        if (run > n - i) run = n - i;
        buf_add(b, text + i, run);
        i += run;
        if (i < n) buf_printf(b, "%%%02X", (unsigned char)text[i++]);
    }
}

/* What a client has encoded in its own way, in the way of the canonical request. */
static void put_encoded_again(struct buf *b, const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t run = strcspn(text + i, "%+");
        if (run > n - i) run = n - i;
        put_encoded(b, text + i, run, PLAIN);
        i += run;
        if (i == n) break;
        bool escaped = text[i] == '%' && i + 2 < n && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
        char c = escaped ? (char)(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2])) : text[i] == '+' ? ' ' : text[i];
        put_encoded(b, (const char[]){c, '\0'}, 1, PLAIN);
        i += escaped ? 3 : 1;
    }
}

static int compare_texts(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Parameters by name, then by value. That of a presigned signature is not signed. */
static void put_query(struct buf *b, const char *query, struct arena *a)
{
    size_t n = 0, most = 1;
    for (const char *p = query; *p; p++) most += *p == '&';
    const char **all = arena_array(a, const char *, most);
    for (const char *at = query; *at; at += strcspn(at, "&"), at += *at == '&') {
        size_t len = strcspn(at, "&"), name = strcspn(at, "=&");
        if (len == 0 || strncmp(at, "X-Amz-Signature=", 16) == 0) continue;
        _buf_ struct buf one = {0};
        put_encoded_again(&one, at, name);
        buf_add(&one, "\1", 1); /* sorts below every character of a name */
        if (name < len) put_encoded_again(&one, at + name + 1, len - name - 1);
        all[n++] = arena_strndup(a, one.data, one.len);
    }
    qsort(all, n, sizeof *all, compare_texts);
    for (size_t i = 0; i < n; i++) {
        size_t name = strcspn(all[i], "\1");
        buf_printf(b, "%s%.*s=%s", i ? "&" : "", (int)name, all[i], all[i] + name + 1);
    }
}

/* A header's value without space at its ends, and with one space for many. */
static void put_header_value(struct buf *b, const char *value)
{
    for (value += strspn(value, " \t"); *value;) {
        size_t word = strcspn(value, " \t"), space = strspn(value + word, " \t");
        buf_add(b, value, word);
        value += word + space;
        if (*value) buf_add(b, " ", 1);
    }
}

static void put_headers(struct buf *b, const struct signed_request *q, const char *names)
{
    for (const char *at = names; *at; at += strcspn(at, ";"), at += *at == ';') {
        size_t n = strcspn(at, ";"), found = 0;
        buf_add(b, at, n);
        buf_puts(b, ":");
        for (size_t i = 0; i < q->n_headers; i++) {
            if (strlen(q->headers[i].name) != n || strncasecmp(q->headers[i].name, at, n) != 0) continue;
            if (found++) buf_puts(b, ",");
            put_header_value(b, q->headers[i].value);
        }
        buf_puts(b, "\n");
    }
}

static void put_canonical(struct buf *b, const struct signature *s, const struct signed_request *q, struct arena *a)
{
    uint8_t digest[DIGEST_SIZE];
    char body[DIGEST_TEXT_SIZE];
    digest_bytes(q->body, q->body_len, digest);
    hex_write(digest, sizeof digest, body);
    buf_printf(b, "%s\n", q->method);
    put_encoded(b, q->path, strlen(q->path), PLAIN "/");
    buf_puts(b, "\n");
    put_query(b, q->query, a);
    buf_puts(b, "\n");
    put_headers(b, q, s->names);
    buf_printf(b, "\n%s\n%s", s->names, body);
}

/* ---- the signature ---- */

static void sign_text(const uint8_t *key, size_t size, const char *text, uint8_t out[DIGEST_SIZE])
{
    digest_hmac_bytes(key, size, text, strlen(text), out);
}

void signature_key(const struct credential *c, const char *secret, uint8_t out[SIGNING_KEY_SIZE])
{
    _buf_ struct buf first = {0};
    buf_printf(&first, "AWS4%s", secret);
    sign_text((const uint8_t *)first.data, first.len, c->date, out);
    sign_text(out, SIGNING_KEY_SIZE, c->region, out);
    sign_text(out, SIGNING_KEY_SIZE, c->service, out);
    sign_text(out, SIGNING_KEY_SIZE, CREDENTIAL_END, out);
    explicit_bzero(first.data, first.len);
}

int signature_check(const struct signature *s, const struct signed_request *q, const uint8_t key[SIGNING_KEY_SIZE],
    struct arena *a, const char **text, struct err *e)
{
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_TEXT_SIZE];
    _buf_ struct buf canonical = {0}, to_sign = {0};
    const struct credential *c = &s->credential;
    put_canonical(&canonical, s, q, a);
    digest_bytes(canonical.data, canonical.len, digest);
    hex_write(digest, sizeof digest, hex);
    buf_printf(&to_sign, ALGORITHM "\n%s\n%s/%s/%s/" CREDENTIAL_END "\n%s", s->time, c->date, c->region, c->service, hex);
    digest_hmac_bytes(key, SIGNING_KEY_SIZE, to_sign.data, to_sign.len, digest);
    hex_write(digest, sizeof digest, hex);
    if (text_equal_secret(hex, s->hex)) return 0;
    *text = arena_printf(a,
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
        "signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have "
        "been\n'%.*s'\n\nThe String-to-Sign should have been\n'%s'\n",
        TOLD_MAX, canonical.data, to_sign.data);
    return err_set(e, FAULT_SIGNATURE_DOES_NOT_MATCH, "the signature does not match");
}
