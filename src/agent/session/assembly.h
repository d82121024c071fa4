#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "protocol/keyed.h"
/*
 * The assignment that an agent has, put together of what serve sends: a whole one, and then what is otherwise (docs/protocol.md). Copies of
 * orders are kept, so that only what comes is decoded.
 */
struct assembly {
    struct keyed orders;
    char numbering[65]; /* of the version; "": the whole is wanted next */
    int64_t version;
};

/*
 * Reads a message, which is to be for that region, and takes it in. 'out' is the message as it came, in the arena. 'changed' (or NULL) is
 * called for each order that is another than before, is new or is gone. Copies that are not of use any more hold until assembly_settle().
 * ERR_PARSE; ERR_STALE where the message is the difference from another version. Either way nothing is taken in, and the whole is wanted.
 */
int assembly_take(struct assembly *s, const char *region, const char *json, size_t len, struct arena *a,
    struct proto_assignment *out, keyed_changed_fn *changed, void *arg, struct err *e);
/* Has the lists of 'out' be all orders that there are, in the arena; they point to the copies. */
void assembly_list(const struct assembly *s, struct arena *a, struct proto_assignment *out);
/* Nobody looks at what is not ordered any more. */
void assembly_settle(struct assembly *s);
void assembly_fini(struct assembly *s);
