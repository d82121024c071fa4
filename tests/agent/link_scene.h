#pragma once
#include "agent/forwarder/link.h"
#include "base/buf.h"
#include <stdint.h>
#include <uv.h>
/* A link in the test's own loop: the test is the client, and what stands behind the link. */

#define LINK "127.66.78.1"
#define ONE "127.66.78.2"
#define TWO "127.66.78.3"
enum { LIMIT_MS = 10000, MIB = 1 << 20 };

extern uv_loop_t loop;
extern struct link_host host;
extern struct link *a_link;
extern const char *stranger; /* at this address listens somebody else */
extern uint64_t ahead_ms;    /* how far the links' clock is ahead of the loop's timers */
extern int port, n_changes;
extern struct buf published; /* "PORT VERSION LIST," of each node that was told */

void link_scene_begin(void);
void link_scene_end(void);

/* Gives the loop turns until the descriptor is ready. */
void await(int fd, short events);
int listen_at(const char *address);
int connect_to(const char *address);
/* The next connection to a listener. */
int take(int listener);
void say(int fd, const char *text);
/* Exactly that, and for the other one the end. */
void hear(int fd, const char *text);
void hear_end(int fd);

/* A test of its own, and a part of the walk through all states of connections at the end. */
#define SCENE(name)         \
    static void name(void); \
    Test(link, name)        \
    {                       \
        name();             \
    }                       \
    static void name(void)
