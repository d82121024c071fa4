#pragma once
#include <uv.h>
/*
 * What the executables of --init print: it goes to the log, line by line, so that a log of JSON has nothing else in it. What an executable
 * leaves running may go on printing.
 */
struct init_output;

struct init_outputs {
    uv_loop_t *loop;
    struct init_output *first;
};

/* The descriptor that the executable of that name is to print to, and that the caller closes; < 0: there is none left. */
int init_output_open(struct init_outputs *o, const char *name);
/* Logs what has been printed until now. */
void init_output_read(struct init_outputs *o);
/* Logs nothing any more. */
void init_output_close(struct init_outputs *o);
