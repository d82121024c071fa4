#pragma once
#include <stdbool.h>
#include <stdint.h>
/*
 * What must hold whatever happens: looked at after every pass of serve, when an engine takes a role, when clients
 * write, and at the end. What does not hold is a record_failure().
 */
struct engine;
struct world;

/*
 * An operation is asked for, and, where serve did not die in it, answered: what was made is there until somebody deletes it.
 * Of what was not answered either may be true.
 */
void expect_asking(const char *place, const char *action, const char *form);
void expect_answer(bool done);
/* Everything of the region is to go, or of all where it is NULL. */
void expect_reset(const char *region);
/* An engine lets writes in from now on. */
void expect_writable(struct engine *e);
/* A process of an engine has ended; 'saved': in good order. */
void expect_ended(const struct engine *e, bool saved);

/* Clients begin to write, and to look whether what they wrote is there. */
void clients_open(void);
/* They stop. */
void clients_stop(void);

/* What keeps the world from being at rest, in the arena; NULL: nothing does. */
struct arena;
const char *expect_rest(struct world *w, struct arena *a);
/* Everything is at rest: what is shown is true, and no write is gone. */
void expect_truth(struct world *w);
/* Everything was deleted: nothing is left over. */
void expect_nothing_left(struct world *w);
