#include "catalog/engine_need.h"

const char *const engine_part_names[PART__COUNT] = {
    [PART_NODES] = "nodes",
    [PART_ENDPOINTS] = "endpoints of replication groups",
    [PART_REPLICAS] = "replicas",
    [PART_USERS] = "users and AUTH tokens",
    [PART_ENCRYPTION] = "encryption in transit",
    [PART_SNAPSHOTS] = "snapshots",
    [PART_LOGS] = "slow logs",
    [PART_CLUSTER_MODE] = "cluster mode",
    [PART_DURABILITY] = "durability",
};

/* In the order in which they are asked for: one may leave what the next one reads. */
const struct engine_need engine_needs[] = {
    {PART_NODES, "PING", "PONG", "see that it lives"},
    {PART_NODES, "INFO server", "process_id:", "know whose process answers"},
    {PART_NODES, "INFO memory", "used_memory:", "see whether data fit a node type"},
    {PART_NODES, "CONFIG GET maxmemory", "maxmemory", "read settings"},
    {PART_NODES, "CONFIG SET maxmemory-samples 5", "", "change parameters while it runs"},
    {PART_NODES, "CONFIG SET repl-ping-replica-period 1", "", "let a primary be quiet before its writes are held"},
    {PART_NODES, "CLIENT PAUSE 10 WRITE", "", "hold writes"},
    {PART_NODES, "CLIENT UNPAUSE", "", "let them go on"},
    {PART_NODES, "CONFIG SET min-replicas-to-write 0 min-replicas-max-lag 10", "", "lock writers out of an old primary"},
    {PART_ENDPOINTS, "CONFIG GET bind", "bind", "know its addresses"},
    {PART_ENDPOINTS, "CONFIG SET bind 127.0.0.1", "", "move an endpoint to another node"},
    {PART_ENDPOINTS, "CLIENT KILL LADDR 127.0.0.1:1", "", "take an endpoint's clients with it"},
    {PART_REPLICAS, "INFO replication", "master_repl_offset:", "choose who becomes primary"},
    {PART_REPLICAS, "CLIENT KILL TYPE master", "", "make a link anew"},
    {PART_REPLICAS, "REPLICAOF 127.0.0.1 1", "", "follow a primary"},
    {PART_REPLICAS, "INFO replication", "master_link_status:", "see whether it follows"},
    {PART_REPLICAS, "REPLICAOF NO ONE", "", "become a primary"},
    {PART_USERS, "ACL SETUSER probe on nopass ~a* &* +get -@all", "", "set users while it runs"},
    {PART_USERS, "ACL USERS", "probe", "know its users"},
    {PART_USERS, "ACL DELUSER probe", "", "take users away"},
    {PART_ENCRYPTION, "CONFIG GET tls-port", "tls-port", "listen with TLS"},
    {PART_ENCRYPTION, "CONFIG GET tls-replication", "tls-replication", "encrypt links between nodes"},
    {PART_SNAPSHOTS, "BGSAVE", "", "write a snapshot beside its work"},
    {PART_SNAPSHOTS, "INFO persistence", "rdb_last_bgsave_status:", "see what became of it"},
    {PART_LOGS, "SLOWLOG GET 128", "", "deliver slow logs"},
    {PART_CLUSTER_MODE, "CLUSTER INFO", "cluster_state:", "see whether all slots are served"},
    {PART_CLUSTER_MODE, "CLUSTER NODES", "myself", "see the table of nodes"},
    {PART_CLUSTER_MODE, "CONFIG SET cluster-node-timeout 15000", "", "say when a node is lost"},
    {PART_CLUSTER_MODE, "CLUSTER ADDSLOTSRANGE 0 1", "", "give slots to a shard"},
    {PART_CLUSTER_MODE, "CLUSTER SETSLOT 0 STABLE", "", "move slots"},
    {PART_CLUSTER_MODE, "CLUSTER GETKEYSINSLOT 0 10", "", "move the keys of a slot"},
    {PART_CLUSTER_MODE, "CLUSTER BUMPEPOCH", "", "settle who has a slot"},
    {PART_CLUSTER_MODE, "CLUSTER MEET 127.0.0.1 1 2", "", "bring nodes together"},
    {PART_CLUSTER_MODE, "CLUSTER REPLICATE 0000000000000000000000000000000000000000", "", "follow a primary",
        .refusal = "Unknown node"},
    {PART_CLUSTER_MODE, "CLUSTER FAILOVER TAKEOVER", "", "become a primary", .refusal = "to a replica"},
    {PART_CLUSTER_MODE, "MIGRATE 127.0.0.1 1 none 0 1000", "NOKEY", "send a slot's keys to another node",
        .refusal = "CLUSTERDOWN"},
    {PART_CLUSTER_MODE, "MODULE LIST", "", "load the module that has a region's shards follow another's"},
    {PART_DURABILITY, "CONFIG GET appendfsync", "appendfsync", "write each change to disk before it is acknowledged"},
    {PART_DURABILITY, "CONFIG SET appendonly yes", "", "keep an append-only file"},
};
const size_t n_engine_needs = sizeof engine_needs / sizeof *engine_needs;

bool engine_lacks_any(const struct engine_lacks *l)
{
    for (int i = 0; i < PART__COUNT; i++)
        if (l->of[i]) return true;
    return false;
}
