#pragma once
#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>
/*
 * An HTTP client on the loop of the server under test: the test is the only process.
 * Every wait ends with a condition or, after ten seconds, in a failed test.
 */
struct client {
    uv_loop_t *loop;
    uv_poll_t poll;
    int fd;
    struct buf out, in;
    size_t out_sent;
    bool ended; /* the server closed the connection */
    bool deaf;  /* does not read */
};

/* Connects to 127.0.0.1. */
void client_open(struct client *c, uv_loop_t *loop, uint16_t port);
void client_send(struct client *c, const char *bytes, size_t n);
/* Runs the loop until one whole answer is there; returns it, to be freed. NULL where the connection ended before. */
char *client_answer(struct client *c);
/* Sends a request and waits for the answer. */
char *client_ask(struct client *c, const char *request);
void client_close(struct client *c);
/* Runs the loop until *done. */
void run_until(uv_loop_t *loop, const bool *done);
