#pragma once
#include "agent/forwarder/link_pair.h"
/*
 * A reader endpoint whose connections the kernel gives to the engines themselves (steer.h). The link listens all the same: what the
 * kernel can't give away comes to it, and is passed on.
 */

/* Tells the kernel to whose sockets connections go. To be called when something has changed, and about once a second: engines open their sockets anew. */
void steering_renew(struct link *l);
/* The link's connections come to itself from now on. Those that engines have from here are ended where 'ends' is true. */
void steering_stop(struct link *l, bool ends);
