#pragma once
#include "base/arena.h"
#include "control/control.h"
#include "model/operation.h"
#include "plan/world.h"
/*
 * The one serve of the simulated installation: its process, its database, and its reconciler, which is
 * the program's own. It dies as a process does, and the next one begins from the database.
 */

/* The folder is real, on tmpfs. */
void serve_open(const char *data_dir);
const char *serve_data_dir(void);
void serve_start(void);
bool serve_runs(void);
struct process *serve_process(void);
/* NULL while no serve runs. */
struct control *serve_control(void);
struct store *serve_store(void);
/* It dies, and a program that is older than the database is started before it: that one must leave everything as it is. */
void serve_try_older(void);
/* Stops everything in good order; serve_runs() is false once it has. */
void serve_stop(void);
/* Resets everything, or a region; operations are refused until it is done. */
void serve_reset(const char *region);
/* The region is down for so long, or isolated. */
void serve_put_out_of_order(const char *region, int64_t for_ms, bool isolated);
/* All regions are up again, and next door to each other. */
void serve_end_outages(void);
/* The network between both regions is "slow", or as a word of network_state says, for so long. It is as ever once serve is started anew. */
void serve_bend_link(const char *from, const char *to, const char *how, int64_t for_ms);
/* Who asks where: REGION, or REGION@ACCOUNT. */
struct asker {
    const char *region, *account;
};
struct asker asker_of(struct arena *a, const char *place);
/* As the server of the API has it: 0, a fault, or < 0 (with 'message'). 'place' as in struct asker. */
int serve_run(const char *place, const char *action, const char *form, struct arena *a, const void **out, const char **message);
/* The world as plans look at it, now. */
int serve_load(struct arena *a, struct world *w);
