#include "base/err.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void err_put(struct err *e, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    e->code = code;
    vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
}

int err_prepend(struct err *e, const char *fmt, ...)
{
    char old[sizeof e->msg];
    memcpy(old, e->msg, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    int room = (int)sizeof e->msg - n;
    if (n >= 0 && room > 2) snprintf(e->msg + n, (size_t)room, ": %.*s", room - 3, old);
    return e->code;
}
