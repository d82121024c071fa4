#pragma once
/*
 * Behaviours: scripts of what is sent to engines and what comes back (tests/sim/behaviours/README). This runs a file of them on models,
 * in virtual time; test_behaviours_live.py runs the same files on real engines.
 */
#include "model/model.h"

struct behaviour_tally {
    int passed, failed;
    char first[1024]; /* what is wrong with the first that failed */
};

/* Runs all of 'path' on models of that kind. */
void behaviours_run(const char *path, enum model_kind kind, struct behaviour_tally *tally);
