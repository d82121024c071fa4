#pragma once
#include "http/exchange_int.h"
/*
 * Answers to requests whose target or headers are longer than libmicrohttpd has room for. By itself it sends a page of HTML; where a
 * server has http_explain_overlong(), the client gets that one's answer instead. There is no exchange for such a request, and
 * libmicrohttpd tells of it by a line of its log alone, which names no connection. So the kernel is asked which client has sent so much.
 *
 * A client that still sends would lose its answer to a reset if its connection was closed at once. So the socket is kept for a while
 * after libmicrohttpd has closed it, and what arrives is thrown away.
 */

/* libmicrohttpd's log says this. 'text' is one line. */
void overlong_heard(struct http *h, const char *text);
/* Closes those sockets that were kept for long enough, or 'all' of them. */
void overlong_sweep(struct http *h, bool all);
