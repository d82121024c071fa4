#pragma once
/* The role of a node in its node group, as orders and sightings name it. */
enum role { ROLE_UNKNOWN, ROLE_PRIMARY, ROLE_REPLICA };

/* NULL for ROLE_UNKNOWN. */
const char *role_name(enum role role);
/* ROLE_UNKNOWN for NULL, and for a name that is none. */
enum role role_parse(const char *name);
