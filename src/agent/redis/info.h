#pragma once
#include "agent/engine/role.h"
#include "agent/engine/server_info.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* What a Redis says of itself in its INFO answers, as far as the agent needs it. Pure text work. */

struct replication_info {
    enum node_role role;
    char upstream_host[64];
    int upstream_port;
    bool link_up;
    int64_t offset; /* a primary's own, or how far a replica has followed */
    int64_t
        branch_offset; /* a primary's: where its own history begins, after that of its last upstream; 0: it had none, or that is not known */
    char replid[41];   /* a primary's: of its own history; "": not known */
    int64_t kept_from; /* a primary's: the first byte of its stream that it still has; 0: none */
};

struct memory_info {
    int64_t used;  /* bytes that count against maxmemory */
    int64_t data;  /* those of them that are keys, with what they take in the engine's tables */
    int64_t limit; /* maxmemory; 0: none */
};

/* Reads INFO memory. False, and 'out' untouched, where it is no such answer. */
bool info_memory(const char *text, size_t len, struct memory_info *out);
/* Reads INFO replication. False, and 'out' untouched, where it is no such answer. */
bool info_replication(const char *text, size_t len, struct replication_info *out);
/* Reads INFO server. */
bool info_server(const char *text, size_t len, struct server_info *out);
/* Copies the value of "name:value\r\n" to 'out', cut to its size. False where there is no such line, or more than one. */
bool info_value(const char *text, size_t len, const char *name, char *out, size_t size);
/* The same for a whole number within the limits; false, and *out untouched, where there is none. */
bool info_number(const char *text, size_t len, const char *name, int64_t low, int64_t high, int64_t *out);
/* True if both tell the same but for the offset. */
bool info_same_replication(const struct replication_info *a, const struct replication_info *b);
