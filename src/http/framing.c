#include "http/framing.h"
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DIGITS_MAX = 18 }; /* of a number that 64 bits hold for sure */

struct framing {
    int n_headers;
    uint64_t length;
    bool odd;
};

static bool is_number(const char *text)
{
    size_t n = strlen(text);
    return n > 0 && n <= DIGITS_MAX && strspn(text, "0123456789") == n;
}

/* RFC 9112, 5.1: what comes before the colon is a token, or proxies may know a header here that libmicrohttpd does not. */
static bool is_token(const char *name)
{
    static const char possible[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return *name && name[strspn(name, possible)] == '\0';
}

static enum MHD_Result on_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct framing *f = arg;
    (void)kind;
    if (value == NULL) value = "";
    f->odd = f->odd || !is_token(name);
    if (strcasecmp(name, "Content-Length") == 0) {
        f->n_headers++;
        f->odd = f->odd || !is_number(value);
        f->length = f->odd ? 0 : strtoull(value, NULL, 10);
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        f->n_headers++;
        f->odd = f->odd || strcasecmp(value, "chunked") != 0;
        f->length = FRAMING_CHUNKED;
    }
    return MHD_YES;
}

bool framing_read(struct MHD_Connection *c, uint64_t *length)
{
    struct framing f = {0};
    MHD_get_connection_values(c, MHD_HEADER_KIND, on_header, &f);
    *length = f.length;
    return !f.odd && f.n_headers <= 1;
}
