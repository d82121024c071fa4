#include "agent/memcached/stats.h"
#include "base/decimal.h"
#include <string.h>

void stats_read_line(const char *line, struct server_info *out)
{
    static const char pid[] = "STAT pid ", version[] = "STAT version ";
    int64_t n;
    if (strncmp(line, pid, sizeof pid - 1) == 0 && decimal_parse(line + sizeof pid - 1, 1, INT32_MAX, &n)) out->pid = (long)n;
    if (strncmp(line, version, sizeof version - 1) != 0) return;
    line += sizeof version - 1;
    if (strlen(line) < sizeof out->version && server_info_is_version(line)) strcpy(out->version, line);
}
