#pragma once
#include "base/slots.h"
#include "ops/core/op.h"
#include "ops/replication_group/creation.h"
/* Which slots each shard shall have: as a request says, evenly, or evenly with as few as possible on the move. */

/* The slots that a request gives each node group; none given means an even split. With cluster mode disabled there are none. */
int shard_slots_read(struct op *op, const struct api_create_replication_group_in *in, struct rg_creation *p);

/* Number 'i' of 'n' equal parts, the first ones a slot larger where it does not come out even. */
struct slots shard_slots_part(size_t i, size_t n);

struct shard_share {
    struct slots held; /* in: what it has. out: what it shall have */
    bool leaving;      /* shall have nothing */
    int target;        /* how many it shall have; set by shard_slots_balance() */
};
/* Evens out the shares of all that don't leave; each keeps what it has as far as that goes. */
void shard_slots_balance(struct shard_share *shares, size_t n);
