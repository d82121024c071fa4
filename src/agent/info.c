#include "agent/info.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {[ROLE_UNKNOWN] = NULL, [ROLE_PRIMARY] = "primary", [ROLE_REPLICA] = "replica"};

const char *role_name(enum role role)
{
    return names[role];
}

enum role role_parse(const char *name)
{
    if (name == NULL) return ROLE_UNKNOWN;
    if (strcmp(name, "primary") == 0) return ROLE_PRIMARY;
    return strcmp(name, "replica") == 0 ? ROLE_REPLICA : ROLE_UNKNOWN;
}

bool info_value(const char *text, size_t len, const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    for (const char *p = text, *end = text + len; p != NULL && p < end;
         p = memchr(p, '\n', (size_t)(end - p)), p = p ? p + 1 : p) {
        if ((size_t)(end - p) <= n || p[n] != ':' || memcmp(p, name, n) != 0) continue;
        p += n + 1;
        const char *stop = memchr(p, '\r', (size_t)(end - p));
        snprintf(out, size, "%.*s", (int)((stop ? stop : end) - p), p);
        return true;
    }
    return false;
}

int64_t info_number(const char *text, size_t len, const char *name)
{
    char v[32];
    return info_value(text, len, name, v, sizeof v) ? strtoll(v, NULL, 10) : 0;
}

bool info_replication(const char *text, size_t len, struct replication_info *out)
{
    char role[16], link[16];
    struct replication_info r = {0};
    if (!info_value(text, len, "role", role, sizeof role)) return false;
    if (strcmp(role, "master") == 0) {
        r.role = ROLE_PRIMARY;
        r.offset = info_number(text, len, "master_repl_offset");
        r.branch_offset = info_number(text, len, "second_repl_offset");
        if (r.branch_offset < 0) r.branch_offset = 0;
    } else if (strcmp(role, "slave") == 0 && info_value(text, len, "master_host", r.upstream_host, sizeof r.upstream_host)) {
        r.role = ROLE_REPLICA;
        r.upstream_port = (int)info_number(text, len, "master_port");
        r.link_up = info_value(text, len, "master_link_status", link, sizeof link) && strcmp(link, "up") == 0;
        r.offset = info_number(text, len, "slave_repl_offset");
    } else {
        return false;
    }
    *out = r;
    return true;
}

/* What an engine uses without any key, for its clients and for its replicas stays where it is when keys go. */
bool info_memory(const char *text, size_t len, struct memory_info *out)
{
    static const char *const others[] = {
        "used_memory_startup", "mem_total_replication_buffers", "mem_clients_normal", "mem_cluster_links", "mem_aof_buffer"};
    int64_t used = info_number(text, len, "used_memory"), data = used;
    if (used <= 0) return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) data -= info_number(text, len, others[i]);
    *out = (struct memory_info){.used = used - info_number(text, len, "mem_not_counted_for_evict"),
        .data = data > 0 ? data : 0,
        .limit = info_number(text, len, "maxmemory")};
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
    struct server_info s = {.pid = (long)info_number(text, len, "process_id")};
    if (s.pid <= 0 || !read_version(text, len, &s)) return false;
    info_value(text, len, "executable", s.program, sizeof s.program);
    *out = s;
    return true;
}

bool info_same_replication(const struct replication_info *a, const struct replication_info *b)
{
    return a->role == b->role && a->link_up == b->link_up && a->upstream_port == b->upstream_port &&
           strcmp(a->upstream_host, b->upstream_host) == 0;
}
