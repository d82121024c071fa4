#include "base/clock.h"
#include "ops/core/op.h"
#include <string.h>
#include <sys/random.h>

static int run_in_transaction(struct op *op, const struct operation *o, const void *in, void *out)
{
    bool frees = strncmp(o->name, "Delete", 6) == 0; /* whoever has no room left wants to delete something */
    int r = o->writes && !frees ? store_check_room(op->store, op->err) : 0;
    if (r == 0) r = store_begin(op->store, o->writes, op->err);
    if (r) return r;
    r = o->run(op, in, out);
    if (r) store_rollback(op->store);
    else r = store_commit(op->store, op->err);
    return r;
}

int ops_run(struct store *store, const struct ops_config *config, const struct operation *o, const struct ops_caller *who,
    struct arena *a, const void *in, void *out, struct err *e)
{
    const struct region *region = region_find(who->region);
    if (region == NULL)
        return err_set(e, FAULT_INVALID_PARAMETER_VALUE, "Region %s is not one that this service knows.", who->region);
    struct op op = {.store = store,
        .arena = a,
        .err = e,
        .now_ms = clock_now_ms(),
        .steady_ms = clock_steady_ms(),
        .region = region,
        .account = who->account,
        .operation = o,
        .config = config,
        .endpoint_host = who->endpoint_host,
        .remembers = config->remembers && !who->wants_members};
    if (config->remembers) store_remember_for(store, who->endpoint_host ? who->endpoint_host : "");
    if (o->writes && getrandom(&op.random, sizeof op.random, 0) != (ssize_t)sizeof op.random) op.random = op.now_ms;
    op.random &= INT64_MAX;
    store_act_for(store, who->account, a);
    int r = run_in_transaction(&op, o, in, out);
    store_act_for(store, NULL, NULL);
    return r;
}
