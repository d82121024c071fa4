#pragma once
#include "base/buf.h"
#include "protocol/keyed.h"
/*
 * What an agent has told serve last, so that the next sighting has only what is otherwise (docs/protocol.md). Where it is not known
 * whether serve has looked at the last one, the next is a whole one.
 */
struct account {
    struct keyed told;
    char numbering[33]; /* no other agent's */
    int64_t number;     /* of the last sighting; 0: none yet */
    bool open;          /* the last one was not stored, as far as is known */
};

/* True where the next sighting goes out whole. */
bool account_wants_whole(const struct account *t);
/*
 * Adds the sighting as JSON. 'whole': 's' has everything. Otherwise, which is allowed where the account does not want it whole, it has
 * whatever may be otherwise than was told last, and its 'gone' names whatever may be there no more.
 */
void account_write(struct account *t, const struct proto_sighting *s, bool whole, struct buf *out);
/* Serve has stored the last one. */
void account_stored(struct account *t);
void account_fini(struct account *t);
