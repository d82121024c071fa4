#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "http/ask.h"
#include "main/commands.h"
#include "main/options.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `meridian wait`: it asks a serve again and again, as a single question is answered after some seconds in any case. */

enum { ASK_MS = 10000, MARGIN_MS = 5000 };

#define STATUS "\"status\":"

static void put_escaped_query(struct buf *b, const char *text)
{
    for (; *text; text++) {
        if (isalnum((unsigned char)*text) || strchr("-._~", *text)) buf_putc(b, *text);
        else buf_printf(b, "%%%02X", (unsigned char)*text);
    }
}

static void put_target(struct buf *b, const struct options *o, const char *id, int64_t limit_ms)
{
    buf_puts(b, "/_meridian/wait?region=");
    put_escaped_query(b, o->region);
    buf_puts(b, "&id=");
    for (; *id; id++) put_escaped_query(b, (char[]){(char)tolower((unsigned char)*id), '\0'}); /* as the API folds ids */
    buf_puts(b, "&for=");
    put_escaped_query(b, o->wanted);
    buf_printf(b, "&limit_ms=%" PRId64, limit_ms);
}

/* The text without escapes that an answer has under the name, as in {"id": …, "status": "…"}. */
static const char *text_under(char *answer, const char *name)
{
    char *at = strstr(answer, name);
    at = at ? strchr(at + strlen(name), '"') : NULL;
    if (at == NULL) return "?";
    at[1 + strcspn(at + 1, "\"")] = '\0';
    return at + 1;
}

/* 0 once it has the status. 'end_ms' is of the monotonic clock; 0: no limit. */
static int wait_for_one(const struct options *o, const char *id, int64_t end_ms)
{
    for (;;) {
        _buf_ struct buf target = {0}, answer = {0};
        struct err e;
        int64_t left_ms = end_ms ? end_ms - clock_mono_ns() / 1000000 : ASK_MS, limit_ms = left_ms < ASK_MS ? left_ms : ASK_MS;
        put_target(&target, o, id, limit_ms > 0 ? limit_ms : 0);
        int code = ask_get(o->endpoint, target.data, ASK_MS + MARGIN_MS, &answer, &e);
        if (code < 0) {
            log_notice("%s: %s", id, e.msg);
            return EXIT_FAILURE;
        }
        if (code == 504 && left_ms > 0) continue;
        if (code == 400 || code == 500) log_notice("%s: %s", id, text_under(answer.data, "\"error\":"));
        else if (code == 404) log_notice("there is no %s in %s", id, o->region);
        else if (code == 504)
            log_notice("%s is %s, and not %s within %d s", id, text_under(answer.data, STATUS), o->wanted, (int)o->timeout);
        else if (code != 200) log_notice("%s is %s", id, text_under(answer.data, STATUS));
        else printf("%s is %s\n", id, text_under(answer.data, STATUS));
        fflush(stdout);
        return code == 200 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
}

int wait_main(const struct options *o)
{
    int64_t end_ms = o->timeout ? clock_mono_ns() / 1000000 + o->timeout * 1000LL : 0;
    int worst = EXIT_SUCCESS;
    for (size_t i = 0; i < o->n_ids; i++)
        if (wait_for_one(o, o->ids[i], end_ms) != EXIT_SUCCESS) worst = EXIT_FAILURE;
    return worst;
}
