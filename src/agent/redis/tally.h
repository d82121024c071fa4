#pragma once
#include <stdbool.h>
#include <stdint.h>
struct node;
struct proto_node_seen;
/*
 * How many writes a primary took from an offset of its stream on, which nobody else has: counted before they are discarded. Once it
 * holds its writes, a connection of its own asks for the stream from there on, as a replica does that was cut off, and counts its
 * commands. Each effect of a script or of a transaction counts, and so does each key that went because its time was over.
 */
enum tally_state { TALLY_REST, TALLY_ASKED, TALLY_READS, TALLY_KNOWN, TALLY_UNKNOWN };

struct tally {
    int state;    /* enum tally_state */
    int64_t from; /* of the order that is being carried out */
    int64_t at;   /* how far the stream is read */
    int64_t writes;
    struct rconn *conn;
};

void tally_forget(struct node *n);
/* To be called whenever a process that is up has nothing else to do. */
void tally_look(struct node *n);
void tally_see(const struct node *n, struct proto_node_seen *out);
