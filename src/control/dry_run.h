#pragma once
#include "control/control.h"
/*
 * What is to happen to nodes without processes, in the regions whose agents are dry runs: how long engines would take, and which
 * processes shall die or hang. It is in memory alone: after a start of serve all go on, with the times of the command line.
 */
struct arena;
struct proto_assignment;

struct dry_run {
    struct dry_run_times times;
    struct dry_run_fault *faults;
    size_t n_faults;
    size_t edits; /* how often any of it has changed */
};

struct dry_run_fault {
    char region[32];
    int64_t pid;
    bool hangs; /* false: it dies */
};

void dry_run_set_times(struct dry_run *d, const struct dry_run_times *t);
/* The process dies, hangs or goes on, until dry_run_forget(). */
void dry_run_set_fault(struct dry_run *d, const char *region, int64_t pid, enum node_deed deed);
/* The process is seen no more. */
void dry_run_forget(struct dry_run *d, const char *region, int64_t pid);
/* Adds it all to the region's assignment. */
void dry_run_order(const struct dry_run *d, struct arena *a, const char *region, struct proto_assignment *out);
void dry_run_fini(struct dry_run *d);
