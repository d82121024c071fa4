#pragma once
#include "agent/node/state.h"
/* How a node comes to a process: it starts one, or adopts that of the agent before; and what is left when it shall have none. */

/* As the order says; ERR_IN_USE where its address is another program's. Whoever is called by 'exited' has it until then. */
int node_spawn(struct node *n, proc_exited *exited, struct err *e);
/* The one that runs in the node's folder, if there is one. */
void node_adopt(struct node *n, proc_exited *exited);
/* Notes a process that ended while no agent was looking. */
void node_account(struct node *n);
/* Deletes the folder. */
int node_delete(struct node *n, struct err *e);
/* The engine and version that the order asks for: "NAME 7.1.0". */
void node_asked(const struct proto_node_order *o, char *out, size_t size);
