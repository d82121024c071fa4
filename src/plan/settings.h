#pragma once
#include "catalog/parameter.h"
#include "plan/world.h"
/*
 * The engine's own settings that the nodes of a cache cluster shall have: the values of
 * its parameter group under the engine's names, with the family's defaults where
 * no user set one, and what follows from the node type. Derived from rows alone.
 * A memcached has no settings of that kind: its parameters keep their names.
 */
struct setting {
    const char *name, *value;
};

struct settings {
    struct setting *items;
    size_t n;
    int64_t generation; /* > 0; the same for the same names and values, always, and another for others */
};

/* Settings that were derived once, in an arena. They stay true until users set parameters. */
struct settings_book {
    struct arena *arena;
    struct settings_entry *first;
};

/*
 * Derived once for all cache clusters that agree in engine, version, node type and parameter group, and kept in the world's book, or in
 * its arena where it has none.
 */
const struct settings *settings_of(struct world *w, const struct row_cache_cluster *c);

/* How many bytes the cache cluster's engine may fill if it is of that node type; 0 for a type that the catalog does not know. */
int64_t settings_memory(struct world *w, const struct row_cache_cluster *c, const char *node_type);

/* The family of a cache cluster's parameters; NULL for an engine version that the catalog does not know. */
const struct parameter_family *settings_family(const struct row_cache_cluster *c);

/* What users set in a cache cluster's parameter group, ordered by name: 'n' rows. */
const struct row_parameter *settings_chosen(const struct world *w, const struct row_cache_cluster *c, size_t *n);
