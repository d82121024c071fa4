#include "agent/redis/info.h"
#include "base/decimal.h"
#include <stdio.h>
#include <string.h>

/* The value that the line at 'p' has for the name; NULL where it is another line. */
static const char *value_at(const char *p, const char *end, const char *name, size_t *n)
{
    size_t head = strlen(name);
    if ((size_t)(end - p) <= head || p[head] != ':' || memcmp(p, name, head) != 0) return NULL;
    p += head + 1;
    const char *stop = memchr(p, '\r', (size_t)(end - p));
    *n = (size_t)((stop ? stop : end) - p);
    return p;
}

/* Some lines hold words of other programs, a replica's address for one: a name that is there twice tells nothing. */
static const char *find_value(const char *text, size_t len, const char *name, size_t *n)
{
    const char *found = NULL;
    for (const char *p = text, *end = text + len; p != NULL && p < end;
         p = memchr(p, '\n', (size_t)(end - p)), p = p ? p + 1 : p) {
        size_t size;
        const char *value = value_at(p, end, name, &size);
        if (value == NULL) continue;
        if (found != NULL) return NULL;
        found = value;
        *n = size;
    }
    return found;
}

bool info_value(const char *text, size_t len, const char *name, char *out, size_t size)
{
    size_t n;
    const char *value = find_value(text, len, name, &n);
    if (value == NULL || memchr(value, '\0', n) != NULL) return false;
    snprintf(out, size, "%.*s", (int)n, value);
    return true;
}

bool info_number(const char *text, size_t len, const char *name, int64_t low, int64_t high, int64_t *out)
{
    size_t n;
    const char *value = find_value(text, len, name, &n);
    return value != NULL && decimal_read(value, n, low, high, out);
}

/* The same where not every engine has it, and those that don't mean 'otherwise'. */
static bool number_or(const char *text, size_t len, const char *name, int64_t low, int64_t high, int64_t otherwise, int64_t *out)
{
    char line[64];
    *out = otherwise;
    snprintf(line, sizeof line, "\n%s:", name);
    return memmem(text, len, line, strlen(line)) == NULL || info_number(text, len, name, low, high, out);
}

static bool read_primary(const char *text, size_t len, struct replication_info *r)
{
    r->role = ROLE_PRIMARY;
    if (!info_number(text, len, "master_repl_offset", 0, INT64_MAX, &r->offset)) return false;
    if (!number_or(text, len, "second_repl_offset", -1, INT64_MAX, 0, &r->branch_offset)) return false;
    if (r->branch_offset < 0) r->branch_offset = 0;
    info_value(text, len, "master_replid", r->replid, sizeof r->replid);
    return number_or(text, len, "repl_backlog_first_byte_offset", 0, INT64_MAX, 0, &r->kept_from);
}

/* Before its first synchronization a replica's offset is -1. */
static bool read_replica(const char *text, size_t len, struct replication_info *r)
{
    char link[16];
    int64_t port;
    r->role = ROLE_REPLICA;
    if (!info_value(text, len, "master_host", r->upstream_host, sizeof r->upstream_host)) return false;
    if (!info_number(text, len, "master_port", 0, UINT16_MAX, &port)) return false;
    if (!number_or(text, len, "slave_repl_offset", -1, INT64_MAX, 0, &r->offset)) return false;
    r->upstream_port = (int)port;
    r->link_up = info_value(text, len, "master_link_status", link, sizeof link) && strcmp(link, "up") == 0;
    return true;
}

bool info_replication(const char *text, size_t len, struct replication_info *out)
{
    char role[16];
    struct replication_info r = {0};
    if (!info_value(text, len, "role", role, sizeof role)) return false;
    if (strcmp(role, "master") == 0 ? !read_primary(text, len, &r) : strcmp(role, "slave") != 0 || !read_replica(text, len, &r))
        return false;
    *out = r;
    return true;
}

/* What an engine uses without any key, for its clients and for its replicas stays where it is when keys go. */
bool info_memory(const char *text, size_t len, struct memory_info *out)
{
    static const char *const others[] = {
        "used_memory_startup", "mem_total_replication_buffers", "mem_clients_normal", "mem_cluster_links", "mem_aof_buffer"};
    int64_t used, data, part, apart, limit;
    if (!info_number(text, len, "used_memory", 1, INFO_BYTES_MAX, &used)) return false;
    data = used;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!number_or(text, len, others[i], 0, INFO_BYTES_MAX, 0, &part)) return false;
        data -= part;
    }
    if (!number_or(text, len, "mem_not_counted_for_evict", 0, INFO_BYTES_MAX, 0, &apart)) return false;
    if (!number_or(text, len, "maxmemory", 0, INFO_BYTES_MAX, 0, &limit)) return false;
    *out = (struct memory_info){.used = used - apart, .data = data > 0 ? data : 0, .limit = limit};
    return true;
}

/* Whoever is not redis says so, and names the redis it stands in for as well. */
static bool read_version(const char *text, size_t len, struct server_info *s)
{
    static const char *const others[][2] = {{"valkey", "valkey_version"}, {"dragonfly", "dragonfly_version"}};
    strcpy(s->name, "redis");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!info_value(text, len, others[i][1], s->version, sizeof s->version)) continue;
        strcpy(s->name, others[i][0]);
        return true;
    }
    return info_value(text, len, "redis_version", s->version, sizeof s->version);
}

bool info_server(const char *text, size_t len, struct server_info *out)
{
    struct server_info s = {0};
    int64_t pid;
    if (!info_number(text, len, "process_id", 1, INT32_MAX, &pid) || !read_version(text, len, &s)) return false;
    if (!server_info_is_version(s.version)) return false;
    s.pid = (long)pid;
    info_value(text, len, "executable", s.program, sizeof s.program);
    *out = s;
    return true;
}

bool info_same_replication(const struct replication_info *a, const struct replication_info *b)
{
    return a->role == b->role && a->link_up == b->link_up && a->upstream_port == b->upstream_port &&
           strcmp(a->upstream_host, b->upstream_host) == 0;
}
