#include "ops/replication_group/shard_slots.h"
#include "ops/replication_group/creation.h"
#include "plan/rg_row.h"
#include <string.h>

struct slots shard_slots_part(size_t i, size_t n)
{
    struct slots part = {0};
    size_t size = SLOTS / n, larger = SLOTS % n, first = i * size + (i < larger ? i : larger);
    slots_add_range(&part, (int)first, (int)(first + size + (i < larger)) - 1);
    return part;
}

static int read_slots(struct op *op, const char *text, struct slots *own, const struct slots *others)
{
    struct slots twice;
    switch (slots_read(own, text)) {
    case SLOTS_OK: break;
    case SLOTS_MALFORMED:
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid slots: %s. Slots are ranges like 0-5460,5462.", text);
    case SLOTS_BEYOND:
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid slots: %s. The highest slot is %d.", text, SLOTS - 1);
    case SLOTS_TWICE: return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid slots: %s. A slot is given twice.", text);
    }
    if (slots_next(own, 0) == SLOTS)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid slots: every node group must have at least one slot.");
    twice = *own;
    slots_meet(&twice, others);
    if (slots_next(&twice, 0) == SLOTS) return 0;
    return op_fault(
        op, FAULT_INVALID_PARAMETER_VALUE, "Invalid slots: slot %d is given to more than one node group.", slots_next(&twice, 0));
}

static int read_given(struct op *op, const struct api_node_group_configuration_list *list, struct rg_creation *p)
{
    struct slots all = {0}, missing = {0};
    for (size_t i = 0; i < list->n; i++) {
        struct slots own = {0};
        int r = read_slots(op, list->items[i].slots, &own, &all);
        if (r) return r;
        slots_join(&all, &own);
        p->shards[i].slots = slots_text(op->arena, &own, ' ');
    }
    slots_add_range(&missing, 0, SLOTS - 1);
    slots_subtract(&missing, &all);
    if (slots_next(&missing, 0) == SLOTS) return 0;
    return op_fault(
        op, FAULT_INVALID_PARAMETER_VALUE, "Invalid slots: slot %d is given to no node group.", slots_next(&missing, 0));
}

int shard_slots_read(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p)
{
    const struct api_node_group_configuration_list *list = &in->node_group_configuration;
    size_t given = 0;
    for (size_t i = 0; i < list->n; i++) given += list->items[i].slots != NULL;
    if (given && !rg_is_clustered(&p->rg))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Slots can only be given with cluster mode enabled.");
    if (given && given != p->n_shards)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Slots must be given for every node group, or for none.");
    if (given) return read_given(op, list, p);
    for (size_t i = 0; rg_is_clustered(&p->rg) && i < p->n_shards; i++) {
        struct slots part = shard_slots_part(i, p->n_shards);
        p->shards[i].slots = slots_text(op->arena, &part, ' ');
    }
    return 0;
}

/* ---- evening out ---- */

/* The size of the next larger of those that stay, counted by rank: who has most keeps the odd slot. */
static int target_of(const struct shard_share *shares, size_t n, size_t i, size_t staying)
{
    size_t rank = 0;
    int own = slots_count(&shares[i].held);
    for (size_t k = 0; k < n; k++) {
        int other = shares[k].leaving ? -1 : slots_count(&shares[k].held);
        rank += other > own || (other == own && k < i);
    }
    return (int)(SLOTS / staying) + (rank < SLOTS % staying);
}

/* Takes the highest slots above 'most' away from a share. */
static void shed_slots(struct slots *held, int most, struct slots *spare)
{
    int n = slots_count(held);
    for (int slot = SLOTS - 1; slot >= 0 && n > most; slot--) {
        if (!slots_has(held, slot)) continue;
        slots_remove(held, slot);
        slots_add(spare, slot);
        n--;
    }
}

static void fill_slots(struct slots *held, int least, struct slots *spare)
{
    int n = slots_count(held);
    for (int slot = slots_next(spare, 0); slot < SLOTS && n < least; slot = slots_next(spare, slot + 1), n++) {
        slots_remove(spare, slot);
        slots_add(held, slot);
    }
}

void shard_slots_balance(struct shard_share *shares, size_t n)
{
    struct slots spare = {0};
    size_t staying = 0;
    for (size_t i = 0; i < n; i++) staying += !shares[i].leaving;
    for (size_t i = 0; i < n; i++) shares[i].target = shares[i].leaving ? 0 : target_of(shares, n, i, staying);
    for (size_t i = 0; i < n; i++) shed_slots(&shares[i].held, shares[i].target, &spare);
    for (size_t i = 0; i < n; i++) fill_slots(&shares[i].held, shares[i].target, &spare);
}
