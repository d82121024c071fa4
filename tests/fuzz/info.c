#include "agent/redis/info.h"
#include "agent/memcached/stats.h"
#include "base/arena.h"
#include "fuzz.h"
#include <assert.h>
#include <string.h>

/* An engine's INFO, and lines of a memcached's stats. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _arena_ struct arena a = {0};
    const char *text = (const char *)data;
    struct replication_info r;
    struct memory_info m;
    struct server_info s, stat = {0};
    if (info_replication(text, n, &r)) {
        assert(r.role != ROLE_UNKNOWN && r.offset >= -1 && r.branch_offset >= 0);
        assert(r.upstream_port >= 0 && r.upstream_port <= UINT16_MAX && strlen(r.upstream_host) < sizeof r.upstream_host);
    }
    if (info_memory(text, n, &m)) assert(m.used <= INFO_BYTES_MAX && m.data >= 0 && m.limit >= 0);
    if (info_server(text, n, &s)) assert(s.pid > 0 && server_info_is_version(s.version));
    stats_read_line(arena_strndup(&a, text, n), &stat);
    assert(stat.pid >= 0 && (stat.version[0] == '\0' || server_info_is_version(stat.version)));
    return 0;
}
