#pragma once
#include "main/options.h"
#include <pthread.h>
#include <stdint.h>
/*
 * serve as a whole, on a thread beside the test, which is its clients and its agents. control/agent_process.h stands here a second
 * time: no process is started, and the test says when an agent ends.
 */
extern struct options serving_options;
extern pthread_t serving_thread;
extern uint16_t serving_port;
extern int serving_status; /* serve's exit status, once its thread has ended */

/* A folder, and engines in it; standard output and error go to its files "out" and "err". */
void serving_setup(void);
/* The options of a serve with that data directory, and more. */
void serving_read_options(const char *more);
/* Returns once the endpoint is told. */
void serving_start(const char *more);
/* Asks for it; the answer has that status, and that text in its body. */
void serving_expect(const char *method, const char *target, const char *body, int wanted, const char *part);
/* The same with more header lines. */
void serving_expect_with(
    const char *headers, const char *method, const char *target, const char *body, int wanted, const char *part);
/* Its exit status. */
int serving_stop(void);
/* The agent that was started last ends. */
void serving_end_agent(void);
