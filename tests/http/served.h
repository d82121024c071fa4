#pragma once
#include "client.h"
#include "http/server.h"
/* A server on a port of its own and a client of it, both on one loop: what tests of routes stand on. */
struct served {
    uv_loop_t loop;
    struct http *http;
    struct client client;
};

/* The routes are added by 'add', which the client's first request meets. */
void served_open(struct served *s, void (*add)(struct http *h));
void served_close(struct served *s);
/* Checks the answer's status, its Content-Type and that 'part' stands in it, and frees it. */
void served_check(char *answer, int status, const char *content_type, const char *part);
