#pragma once
#include "agent/redis_cluster/cluster_map.h"
/*
 * The text that a node answers to CLUSTER NODES, read strictly. It is one of lines without
 * lengths, and other programs put words into it: whoever reaches the cluster bus tells
 * hostnames and addresses that the engine shows as they came, ends of lines included. So a
 * text counts as a whole or not at all: every word has its form, no node and no slot is
 * there twice, one node is the one that answers, and there are as many nodes as the
 * engine counts. Pure text work.
 */

/* A slot in flight, of the node that answers. */
struct cluster_open {
    int slot;
    bool leaves;                 /* goes to the node of that name; else it comes from there */
    char name[CLUSTER_NAME + 1]; /* that of the other node */
};

struct cluster_line {
    const char *name;
    const char *address; /* "HOST:PORT"; ":0" where nobody knows it */
    const char *master;  /* the name of the one that it follows; NULL for a master */
    const char *slots;   /* that are its own, for slots_read() */
    int64_t epoch;
    bool is_master, shakes_hands;
};

struct cluster_nodes {
    size_t n;
    struct cluster_line *lines;
    const struct cluster_line *myself;
    size_t n_open;
    struct cluster_open *open;
    struct slots assigned; /* those that somebody has */
};

/*
 * Reads the 'len' bytes of an answer from a node that says that it knows 'known' nodes, itself included.
 * ERR_PARSE with one line that says what is wrong. What is made of it is in the arena.
 */
int cluster_nodes_read(const char *text, size_t len, int64_t known, struct arena *a, struct cluster_nodes *out, struct err *e);
