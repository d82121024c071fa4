#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>
/*
 * What --init names: executables, and files of API calls, run one after the other once requests are served. A failure is logged and does
 * not keep the next from being run. What is neither, in a directory, is ignored: a README, or a script's data.
 *
 * A file NAME.calls has a call in each line, in the form of the Query API, and Region=R where it is not the default one. Empty lines, and
 * those that begin with '#', are skipped. A call that has to wait for what the calls before it have begun is tried again.
 */
struct err;
struct http;

enum init_state { INIT_WAITING, INIT_RUNNING, INIT_DONE, INIT_FAILED, INIT_IGNORED };

struct init_item {
    char *name, *path;
    enum init_state state;
    char why[200]; /* INIT_FAILED, INIT_IGNORED */
};

struct init_options {
    uv_loop_t *loop;
    const char *path;     /* "": there is nothing to be run */
    const char *endpoint; /* host:port, for executables */
    const char *default_region;
    /* Runs a call: 0, a fault with its message, or < 0. */
    int (*call)(void *arg, const char *region, const char *form, struct err *e);
    void (*failed)(void *arg); /* called once after the first failure, if --init-strict is on; else NULL */
    void (*over)(void *arg);   /* called once nothing is left to be run */
    void *arg;
};

struct init;

/* Reads the names; they are run once the loop runs. ERR_USAGE: there is no such file. The strings of 'o' must outlive it. */
int init_open(struct init **out, const struct init_options *o, struct err *e);
/* Ends what is run; how they went can still be asked for. NULL is allowed. */
void init_close(struct init *t);
/* Once the loop has ended. */
void init_free(struct init *t);
size_t init_count(const struct init *t);
const struct init_item *init_item(const struct init *t, size_t i);
/* Nothing is left to be run. */
bool init_is_over(const struct init *t);
/* "running", "done" or "failed": all of it. */
const char *init_state_text(const struct init *t);
/* GET /_meridian/init. */
void init_add_routes(struct http *h, const struct init *t);
