#pragma once
#include "base/buf.h"
/* What an agent tells serve: how everything in its fleet is at this moment (docs/protocol.md). */
struct fleet;

/* Adds the sighting as JSON. */
void sighting_write(const struct fleet *f, struct buf *out);
