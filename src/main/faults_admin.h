#pragma once
#include "http/admin.h"
/* What all routes share that break something on purpose. */
struct control;
struct store;

struct faults_admin {
    const struct admin *admin;
    struct control *control; /* NULL while serve stops */
    struct store *store;
};

/* True if the request was refused, which it then was told; 'changes': it would change something. */
bool faults_refuse(struct exchange *x, const struct faults_admin *f, bool changes);
/* These read a parameter where it is given, and leave '*out' as it is where it is not; false with the answer given. */
bool faults_read_flag(struct exchange *x, const char *name, bool *out);
/* There is no such region: tells which there are. */
void faults_answer_unknown_region(struct exchange *x, const char *name);
