#pragma once
#include "agent/node/state.h"
/*
 * The data that a process saved when it was told to end, in the engine's data_file next to NODE_SAVED, the mark that says it may be
 * loaded. Without the mark the file is nothing that a start may load.
 */

/* Its process was told to end: what it left may be loaded, and it did not die. */
#define NODE_SAVED "saved"
/* It was, and could not save its data: as old as the stop that lost them. */
#define NODE_UNSAVED "unsaved"

/* From here on what the process leaves when it ends is to be loaded again; what was left before is not. */
void node_mark_saved(struct node *n);
void node_drop_saved(struct node *n);
/* True from then on once the data are written, until they were loaded. The mark alone says that an agent before this one had begun to
 * have them saved. */
bool node_has_saved(const struct node *n);
/* The process did not save its data when it was told to: they are lost, and every agent from now on tells so. */
void node_mark_unsaved(struct node *n);
/* Learns of such a mark of an agent before. */
void node_find_unsaved(struct node *n);
/* A child that still writes a snapshot must not put it in the place of what the process saves at its end, or loads at its start. */
void node_drop_unfinished(const struct node *n);
/* The process is ready: what it loaded must not be loaded again after a crash. */
void node_data_loaded(struct node *n);
