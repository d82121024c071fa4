#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
struct node;
/*
 * A replica that has had no link to its upstream for a while: what its engine's log gives as the reason, as the node's own. A moment
 * without a link is usual, whenever an upstream changes. Only what an upstream sends that can't be read is told at once.
 */
struct unlinked {
    int64_t since; /* 0: it has its link, or is none */
    int64_t look_at;
    long log_from;  /* where the log ended when it was last seen to have its link */
    int64_t see_at; /* when to look again where the log ends, while it has its link */
    bool told;
};

/*
 * It has told whether the link is up. True where it is, and what came by it can't be read: Valkey goes on waiting there until the link times
 * out, so it is to be made anew.
 */
bool unlinked_note(struct node *n, bool replica, bool up);
/* Looks at the log where that is due; true while the reason that it found is the node's. */
bool unlinked_look(struct node *n);
/* When to look next; 0: there is no need. */
int64_t unlinked_at(const struct node *n);
/* The last of those lines in a log that says why a replica has no link, from there on where the reason begins; NULL where none does. */
const char *unlinked_reason(char *log);
