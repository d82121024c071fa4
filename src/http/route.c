#include "http/route.h"
#include "base/buf.h"
#include <stdbool.h>
#include <string.h>

/* How well a pattern fits: 0 not at all, else the more the longer it is, and a little more without a star. */
static size_t route_fitness(const char *pattern, const char *path)
{
    size_t n = strlen(pattern);
    if (n > 0 && pattern[n - 1] == '*') return strncmp(pattern, path, n - 1) == 0 ? 2 * n - 1 : 0;
    return strcmp(pattern, path) == 0 ? 2 * n + 2 : 0;
}

const struct http_route *route_find(
    const struct http_route *routes, size_t n, const char *method, const char *path, struct buf *allow)
{
    size_t best = 1;
    const struct http_route *found = NULL;
    for (const struct http_route *r = routes; r < routes + n; r++) {
        size_t fit = route_fitness(r->path, path);
        if (fit < best) continue;
        if (fit > best) {
            found = NULL;
            buf_clear(allow);
        }
        best = fit;
        bool head = r->method && strcmp(r->method, "GET") == 0 && strcmp(method, "HEAD") == 0;
        if (found == NULL && (r->method == NULL || strcmp(r->method, method) == 0 || head)) found = r;
        if (r->method) buf_printf(allow, "%s%s", allow->len ? ", " : "", r->method);
    }
    return found;
}
