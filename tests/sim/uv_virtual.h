#pragma once
#include <stdbool.h>
#include <uv.h>
/* What the simulator needs of its own libuv besides libuv's functions. */
struct process;
struct virtual_loop;

struct virtual_loop *virtual_loop_of(const uv_loop_t *loop);
/* Tells a process that watches for this signal of one; false where it does not. */
bool uv_virtual_signal(struct process *p, int signum);
