#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>
struct err;
struct exchange;
/*
 * Sends requests on to another endpoint of AWS, a LocalStack or the like, as they came: method, target, headers (the signature covers them)
 * and body; and its answer back. What belongs to one connection alone stays there, and a header Via is added. Long bodies go through piece by
 * piece, in both directions.
 *
 * Where it does not answer, the client gets a 502 in the form of its service; a request that has been here before gets a 508.
 */
struct forward;

/* 'url' is http://HOST:PORT or https://…, 'own' the HOST:PORT that is served here. ERR_USAGE where that is no URL, or this very server. */
int forward_open(struct forward **out, uv_loop_t *loop, const char *url, const char *own, struct err *e);
/* Defers the exchange, and answers it later. */
void forward_send(struct forward *f, struct exchange *x);
/* The functions of a http_sink (http/stream.h), for bodies that are long. */
bool forward_take(struct forward *f, struct exchange *x, uint64_t size, void **taken);
size_t forward_body(void *taken, const void *data, size_t n);
void forward_body_end(void *taken);
void forward_body_gone(void *taken);
/* Gives up what is under way, of which nobody waits any more. NULL is allowed. */
void forward_close(struct forward *f);
