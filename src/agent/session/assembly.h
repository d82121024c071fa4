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
 * Reads a message, and makes the whole assignment in the arena. It also points to copies that hold until the one after it was made, and
 * assembly_settle() called. ERR_PARSE; ERR_STALE where the message is the difference from another version: the whole one is wanted then.
 */
int assembly_take(struct assembly *s, const char *json, size_t len, struct arena *a, struct proto_assignment *out, struct err *e);
/* Nobody looks at the assignment before this one any more. */
void assembly_settle(struct assembly *s);
void assembly_fini(struct assembly *s);
