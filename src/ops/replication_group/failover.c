#include "ops/core/find.h"
#include "ops/core/state.h"
#include "ops/replication_group/members.h"
#include "ops/replication_group/view.h"
#include "plan/rg_row.h"
#include "plan/world.h"
#include <string.h>

/* TestFailover may be called for this many node groups in a rolling day. Source: the API reference. */
enum { CALLS_PER_DAY = 15 };
#define DAY_MS (24LL * 3600 * 1000)

/* Its primary is to be killed, or has been and does not follow the new one yet; or another takes its place in good order. */
static bool is_failing_over(const struct rg_part *part)
{
    if (part->row.failed_node_id || part->row.switch_node_id) return true;
    for (size_t i = 0; i < part->n_members; i++) {
        const struct row_node *n = &part->members[i];
        if (n->condemned_pid && n->condemned_pid == n->seen_pid && n->condemned_started_ms == n->seen_started_ms) return true;
    }
    return false;
}

/*
 * A node group that is not served as it shall be may have nobody with the data but its primary: who kills that one loses them. Source of
 * the rule that one node group's failover has to be over before the next one's begins: the API reference.
 */
static int check_possible(struct op *op, const struct row_replication_group *rg, const struct rg_part *parts, size_t n)
{
    bool busy = rg->status != RG_AVAILABLE;
    for (size_t i = 0; i < n; i++) busy = busy || parts[i].row.unserved_since_ms || is_failing_over(&parts[i]);
    if (busy)
        return op_fault(op, FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group must be in available state to modify.");
    if (rg->automatic_failover == FAILOVER_ENABLED) return 0;
    return op_fault(op, FAULT_TEST_FAILOVER_NOT_AVAILABLE,
        "Test Failover API is only available for replication groups with automatic failover enabled.");
}

static int find_part(struct op *op, struct rg_part *parts, size_t n, const char *node_group_id, struct rg_part **out)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(parts[i].row.id, node_group_id) != 0) continue;
        *out = &parts[i];
        return 0;
    }
    return op_fault(op, FAULT_NODE_GROUP_NOT_FOUND, "Node group %s not found.", node_group_id);
}

static int count_call(struct op *op, const struct row_replication_group *rg, const char *node_group_id)
{
    int64_t calls;
    int r = q_test_failover_count(op->store, rg->region, op->now_ms - DAY_MS, op->now_ms, &calls, op->err);
    if (r == 0 && calls >= CALLS_PER_DAY)
        return op_fault(op, FAULT_API_CALL_RATE_FOR_CUSTOMER_EXCEEDED,
            "You can call this operation for at most %d node groups in a rolling 24-hour period.", CALLS_PER_DAY);
    if (r == 0) r = q_test_failover_forget(op->store, rg->region, op->now_ms - DAY_MS, op->err);
    return r ? r : q_test_failover_add(op->store, rg->region, rg->id, node_group_id, op->now_ms, op->err);
}

/* The primary's process is killed; what follows is the failover that any other death brings about. */
static int kill_primary(struct op *op, struct rg_part *part)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < part->n_members; i++) {
        if (strcmp(part->members[i].id, part->row.primary_node_id) != 0) continue;
        part->members[i].condemned_pid = part->members[i].seen_pid;
        part->members[i].condemned_started_ms = part->members[i].seen_started_ms;
        r = q_node_put(op->store, &part->members[i], op->err);
    }
    return r;
}

/* Where nobody takes a dead primary's place (want_recovers_itself()), a replica takes it in good order. */
static int hand_over(struct op *op, struct rg_part *part)
{
    const struct row_node *to = NULL;
    for (size_t i = 0; i < part->n_members; i++) {
        const struct row_node *n = &part->members[i];
        bool stands_by = strcmp(n->id, part->row.primary_node_id) != 0 && n->seen_link_up;
        if (stands_by && (to == NULL || n->seen_offset > to->seen_offset)) to = n;
    }
    if (to == NULL)
        return op_fault(op, FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group must be in available state to modify.");
    part->row.switch_node_id = to->id;
    part->row.switch_offset = -1;
    part->row.switch_since_ms = op->steady_ms;
    return q_node_group_put(op->store, &part->row, op->err);
}

int op_test_failover(struct op *op, const struct api_test_failover_in *in, struct api_test_failover_out *out)
{
    struct row_replication_group *rg;
    struct rg_part *parts, *part = NULL;
    size_t n;
    int r = find_rg(op, in->replication_group_id, &rg);
    if (r == 0) r = rg_read_parts(op, rg, &parts, &n);
    if (r == 0) r = find_part(op, parts, n, in->node_group_id, &part);
    if (r == 0) r = check_possible(op, rg, parts, n);
    if (r == 0) r = check_kms_key(op, rg);
    if (r == 0 && part->n_members < 2)
        return op_fault(op, FAULT_TEST_FAILOVER_NOT_AVAILABLE,
            "Test Failover API is only available for node groups with at least one replica.");
    if (r == 0) r = count_call(op, rg, in->node_group_id);
    if (r == 0) r = durability_recovers_in_place(rg->durability) ? hand_over(op, part) : kill_primary(op, part);
    if (r == 0) r = note_event(op, rg->id, EVENT_TEST_FAILOVER_CALLED, in->node_group_id);
    return r ? r : view_rg(op, rg->id, &out->replication_group);
}
