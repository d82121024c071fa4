#pragma once
struct proto_sighting;
struct world;
/*
 * Puts an agent's sighting into the seen_… columns of its region's nodes and
 * endpoints. A sighting is whole: what it does not mention does not exist there.
 * Sightings of things that no row speaks of (any more) are passed over.
 */
void sight(struct world *w, const struct proto_sighting *seen);
