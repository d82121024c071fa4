#pragma once
#include <stdint.h>
struct buf;
struct err;
/*
 * A client for the program's own commands: one GET request of a server, without encryption, on a connection of its own. It waits.
 */

/*
 * 'url' is http://HOST:PORT, 'target' a path and its query. Returns the answer's status, with the body in 'body', or ERR_USAGE for another
 * kind of URL, ERR_IO where nobody answers within 'limit_ms' (0: no limit), ERR_BROKEN without libcurl.
 */
int ask_get(const char *url, const char *target, int64_t limit_ms, struct buf *body, struct err *e);
