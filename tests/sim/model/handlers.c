#include "handlers.h"
#include <string.h>

static const struct {
    const char *name;
    handler *run;
} handlers[] = {
    {"acl|deluser", acl_deluser},
    {"acl|setuser", acl_setuser},
    {"acl|users", acl_users},
    {"acl|whoami", acl_whoami},
    {"append", cmd_append},
    {"auth", redis_auth},
    {"bgsave", redis_bgsave},
    {"client|id", client_id},
    {"client|kill", client_kill},
    {"client|pause", client_pause},
    {"client|unpause", client_unpause},
    {"config|get", config_get},
    {"config|resetstat", config_resetstat},
    {"config|set", config_set},
    {"dbsize", cmd_dbsize},
    {"debug", redis_debug},
    {"decr", cmd_decr},
    {"del", cmd_del},
    {"discard", redis_discard},
    {"echo", redis_echo},
    {"eval", redis_eval},
    {"eval_ro", redis_eval_ro},
    {"exec", redis_exec},
    {"exists", cmd_exists},
    {"expire", cmd_expire},
    {"flushall", cmd_flushall},
    {"flushdb", cmd_flushall},
    {"function|kill", function_kill},
    {"get", cmd_get},
    {"getdel", cmd_getdel},
    {"incr", cmd_incr},
    {"incrby", cmd_incrby},
    {"info", redis_info},
    {"lastsave", redis_lastsave},
    {"mget", cmd_mget},
    {"mset", cmd_mset},
    {"multi", redis_multi},
    {"persist", cmd_persist},
    {"pexpire", cmd_pexpire},
    {"ping", redis_ping},
    {"psetex", cmd_psetex},
    {"pttl", cmd_pttl},
    {"replconf", redis_replconf},
    {"replicaof", redis_replicaof},
    {"role", redis_role},
    {"save", redis_save},
    {"script|kill", script_kill},
    {"select", redis_select},
    {"set", cmd_set},
    {"setex", cmd_setex},
    {"setnx", cmd_setnx},
    {"shutdown", redis_shutdown},
    {"slaveof", redis_replicaof},
    {"strlen", cmd_strlen},
    {"ttl", cmd_ttl},
    {"unlink", cmd_del},
    {"wait", redis_wait},
};

handler *handler_of(const char *name)
{
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (strcmp(handlers[i].name, name) == 0) return handlers[i].run;
    return NULL;
}
