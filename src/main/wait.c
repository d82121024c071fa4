#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "http/ask.h"
#include "main/commands.h"
#include "main/options.h"
#include "model/json.h"
#include "protocol/admin.gen.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `meridian wait`: it asks a serve again and again, as a single question is answered after some seconds in any case. */

enum { ASK_MS = 10000, MARGIN_MS = 5000 };

static void put_escaped_query(struct buf *b, const char *text)
{
    for (; *text; text++) {
        if (isalnum((unsigned char)*text) || strchr("-._~", *text)) buf_putc(b, *text);
        else buf_printf(b, "%%%02X", (unsigned char)*text);
    }
}

static void put_target(struct buf *b, const struct options *o, const char *id, int64_t limit_ms)
{
    buf_puts(b, "/_meridian/wait?for=");
    put_escaped_query(b, o->wanted);
    buf_printf(b, "&limit_ms=%" PRId64, limit_ms);
    if (id == NULL) return;
    buf_puts(b, "&region=");
    put_escaped_query(b, o->region);
    buf_puts(b, "&id=");
    for (; *id; id++) put_escaped_query(b, (char[]){(char)tolower((unsigned char)*id), '\0'}); /* as the API folds ids */
}

/* What the answer says, in a sentence. */
static void tell_answer(const struct options *o, const char *id, int code, const struct buf *answer)
{
    _arena_ struct arena a = {0};
    struct admin_waited waited = {.status = "?"};
    struct admin_error error = {.error = "?"};
    struct err e;
    if (code == 400 || code == 500) json_decode(&shape_admin_error, answer->data, answer->len, &a, &error, &e);
    else json_decode(&shape_admin_waited, answer->data, answer->len, &a, &waited, &e);
    if (code == 400 || code == 500) log_notice("%s: %s", id, error.error);
    else if (code == 404 || (code == 504 && strcmp(waited.status, "deleted") == 0))
        log_notice("there is no %s in %s", id, o->region);
    else if (code == 504) log_notice("%s is %s, and not %s within %d s", id, waited.status, o->wanted, o->timeout);
    else if (code != 200) log_notice("%s is %s", id, waited.status);
    else printf("%s is %s\n", id, waited.status);
    fflush(stdout);
}

/* 0 once it has the status. 'end_ms' is of the monotonic clock; 0: no limit. 'id' NULL: what --init names. */
static int wait_for_one(const struct options *o, const char *id, int64_t end_ms)
{
    const char *name = id ? id : "init";
    for (;;) {
        _buf_ struct buf target = {0}, answer = {0};
        struct err e;
        int64_t left_ms = end_ms ? end_ms - clock_mono_ns() / 1000000 : ASK_MS, limit_ms = left_ms < ASK_MS ? left_ms : ASK_MS;
        put_target(&target, o, id, limit_ms > 0 ? limit_ms : 0);
        int code = ask_get(o->endpoint, target.data, ASK_MS + MARGIN_MS, &answer, &e);
        if (code < 0) {
            log_notice("%s: %s", name, e.msg);
            return EXIT_FAILURE;
        }
        if (code == 504 && left_ms > 0) continue;
        tell_answer(o, name, code, &answer);
        return code == 200 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
}

int wait_main(const struct options *o)
{
    int64_t end_ms = o->timeout ? clock_mono_ns() / 1000000 + o->timeout * 1000LL : 0;
    int worst = EXIT_SUCCESS;
    if (o->n_ids == 0) return wait_for_one(o, NULL, end_ms);
    for (size_t i = 0; i < o->n_ids; i++)
        if (wait_for_one(o, o->ids[i], end_ms) != EXIT_SUCCESS) worst = EXIT_FAILURE;
    return worst;
}
