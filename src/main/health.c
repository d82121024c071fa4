#include "base/buf.h"
#include "base/err.h"
#include "http/ask.h"
#include "main/commands.h"
#include "main/data_dir.h"
#include "main/options.h"
#include <stdio.h>

/* `meridian health`: it asks a serve, and prints what that says. */

enum { PATIENCE_MS = 3000 };

static int ask_serve(const struct options *o, struct buf *body, struct err *e)
{
    char found[OPTION_NAME_SIZE];
    const char *url = o->endpoint[0] ? o->endpoint : found;
    if (url == found && !data_dir_read(o->data_dir, "endpoint", found, sizeof found))
        return err_set(e, ERR_IO, "no serve has said in %s where it serves", o->data_dir);
    int status = ask_get(url, "/_meridian/health", PATIENCE_MS, body, e);
    if (status < 0) return status;
    return status == 200 ? 0 : err_set(e, ERR_IO, "serve is not well: it answers %d", status);
}

int health_main(const struct options *o)
{
    struct err e;
    _buf_ struct buf body = {0};
    int r = ask_serve(o, &body, &e);
    if (r == 0) printf("%s\n", body.data);
    if (r == 0 && fflush(stdout) != 0) r = err_set(&e, ERR_IO, "standard output takes nothing");
    if (r) fprintf(stderr, "meridian: %s\n", e.msg);
    return r ? 1 : 0;
}
