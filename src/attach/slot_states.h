#pragma once
#include "attach/module_api.h"
/*
 * Has SETSLOT change one process and answer at once, as Redis has it. Valkey 8 first sends it down the replication stream, and holds its
 * answer until all replicas that call themselves newer than 7.2 have it. Those of other regions count as replicas, too, whose slots
 * it would change, and a transaction or a script with a SETSLOT ends the process (an assertion in multi.c). So all replicas
 * call themselves 7.2 here. Valkey 8 asks for their version for nothing else; Valkey 9 chooses the format of a full synchronisation by it, and
 * so can't send them a hash whose fields have times to live. The agents tell whoever becomes primary which slots are in flight.
 */

/* To be called once, when the module is loaded. MODULE_ERROR if the engine does not take it. */
int slot_states_keep(struct module_ctx *ctx);
