#include "agent/os/backoff.h"

int backoff_failed(struct backoff *b, int64_t now)
{
    if (b->healthy_since != 0 && now - b->healthy_since >= b->healthy_ms) b->failures = 0;
    b->healthy_since = 0;
    int n = b->failures++;
    if (n == 0) return 0;
    int delay = b->first_ms;
    while (--n > 0 && delay < b->limit_ms) delay *= 2;
    return delay < b->limit_ms ? delay : b->limit_ms;
}

void backoff_healthy(struct backoff *b, int64_t now)
{
    if (b->healthy_since == 0) b->healthy_since = now > 0 ? now : 1;
}
