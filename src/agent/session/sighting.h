#pragma once
#include "base/buf.h"
/* What an agent tells serve: how everything in its fleet is at this moment (docs/protocol.md). */
struct fleet;

/* Adds the sighting as JSON: what is otherwise than it was told last, or all of it. */
void sighting_write(struct fleet *f, struct buf *out);
