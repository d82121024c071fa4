#include "http/ask.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/libcurl.h"
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 64 << 20 };

/* libcurl gives up where not all bytes are taken. */
static size_t take_bytes(char *bytes, size_t size, size_t n, void *body)
{
    struct buf *b = body;
    if (b->len + size * n > ANSWER_MAX) return 0;
    buf_add(b, bytes, size * n);
    return size * n;
}

static int explain_failure(CURLcode code, const char *url, struct err *e)
{
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return err_set(e, ERR_USAGE, "\"%.200s\" is no URL of the form http://HOST:PORT", url);
    if (code == CURLE_COULDNT_CONNECT) return err_set(e, ERR_IO, "nobody answers at %.200s", url);
    if (code == CURLE_OPERATION_TIMEDOUT) return err_set(e, ERR_IO, "no answer in time from %.200s", url);
    return err_set(e, ERR_IO, "%.200s: %s", url, curl.easy_strerror(code));
}

int ask_get(const char *url, const char *target, int64_t limit_ms, struct buf *body, struct err *e)
{
    _buf_ struct buf whole = {0};
    long status = 0;
    size_t n = strlen(url);
    int r = libcurl_load(e);
    if (r) return r;
    CURL *easy = curl.easy_init();
    if (easy == NULL) abort();
    while (n > 0 && url[n - 1] == '/') n--;
    buf_printf(&whole, "%.*s%s", (int)n, url, target);
    buf_puts(body, "");
    curl.easy_setopt(easy, CURLOPT_URL, whole.data);
    curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl.easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)limit_ms);
    curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl.easy_setopt(easy, CURLOPT_WRITEDATA, body);
    CURLcode code = curl.easy_perform(easy);
    if (code == CURLE_OK) curl.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl.easy_cleanup(easy);
    return code == CURLE_OK ? (int)status : explain_failure(code, url, e);
}
