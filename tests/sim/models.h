#pragma once
#include "model/model.h"
#include <stdint.h>
/*
 * The engines of real agents: the models of tests/sim/model as processes of the simulated machine, in its time and with its
 * network. Who is who is told by the folder that a process works in: …/REGION/NODE.
 */
struct engine;
struct process;

void models_open(uint64_t seed);
/* NULL where scripted agents run the engines. */
struct model_world *models_world(void);
/* Microseconds, the models' time. */
int64_t models_now(void);
/* To be called after anything was done to a model: it has things happen later. */
void models_wake(void);
/* What the program of that path is. */
enum model_kind models_kind_of(const char *program);
/* Starts a program in a folder, as a process of the machine. */
struct process *models_spawn(const char *dir, const char *log, int argc, const char *const argv[]);
/* The engine of a model; NULL of NULL. */
struct engine *models_engine(const struct model_engine *model);
/* The model that lives in the folder; NULL: none. */
struct model_engine *models_in(const char *dir);
/* Brings what is known of an engine's model up to date. */
void models_see(struct engine *e);
/* A client writes the number; false where it is refused. */
bool models_write(struct engine *e, uint32_t number);
bool models_have(const struct engine *e, uint32_t number);
/*
 * Holds an engine up. stall: its loop does not turn for so many ms, and it uses its processor; script: a client's script that has no end;
 * pause: a client has all others wait for so many ms; full: its files can't be written.
 */
void models_burden(struct engine *e, const char *kind, int64_t ms);
/* Ends whatever burden does not end by itself; in so many ms the others will have. */
int64_t models_relieve(void);
