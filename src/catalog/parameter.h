#pragma once
#include "base/err.h"
#include "catalog/node_type.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * Parameter group families, their parameters, the default parameter groups, and the check
 * of a value. Constant data generated from api/catalog/parameters-*.json. The values that
 * users set are not known here.
 */
struct arena;

enum parameter_type { PARAMETER_STRING, PARAMETER_INTEGER, PARAMETER_BOOLEAN, PARAMETER_FLOAT };
enum parameter_modifiable {
    PARAMETER_FIXED,
    PARAMETER_MODIFIABLE,
    PARAMETER_WHILE_UNUSED, /* as long as no cache cluster uses the parameter group */
};
/* The form of a string, where 'allowed' does not tell it. */
enum parameter_format {
    PARAMETER_PLAIN,
    PARAMETER_LETTERS, /* keyspace events, a letter each */
    PARAMETER_PAIRS,   /* of a command out of 'allowed' and its new name */
};
/* Parameters whose value is a figure of the node type, and not one of the parameter group. */
enum parameter_figure { FIGURE_NONE, FIGURE_MAXMEMORY, FIGURE_TENTH_OF_MAXMEMORY, FIGURE_MEMCACHED_MB, FIGURE_VCPU };

struct parameter {
    const char *name;
    const char *value; /* the default; NULL: not in a parameter group until a user sets it, or a figure of the node type */
    const char *cluster_value; /* the default in default.FAMILY.cluster.on, where it differs; else NULL */
    const char *allowed;       /* in Amazon's syntax; see parameter_check() */
    const char *description;
    const char *since; /* lowest engine version where it is not the family's, else NULL */
    /*
     * The engine's own setting: its name, or NULL where the real engine has none
     * (or something other than a setting does the parameter's work). Where several
     * parameters make up one setting, engine_class and engine_field tell which of
     * its parts this one is: client-output-buffer-limit has for every class of
     * client the fields hard limit, soft limit and seconds.
     */
    const char *engine_name;
    const char *engine_class;
    unsigned char engine_field;
    unsigned char type;       /* enum parameter_type */
    unsigned char modifiable; /* enum parameter_modifiable */
    unsigned char format;     /* enum parameter_format */
    unsigned char figure;     /* enum parameter_figure */
    bool needs_reboot;        /* ChangeType is requires-reboot, not immediate */
};

struct parameter_family {
    const char *name;
    const struct engine *engine;
    const char *min_version;
    const unsigned char *members; /* of the shared table of parameters; ask parameter_at() */
    unsigned char n_parameters;
    unsigned char n_node_parameters;
    bool cluster_group; /* has a default.FAMILY.cluster.on */
};

/* Ordered by engine, then oldest first. */
extern const struct parameter_family parameter_families[];
extern const size_t n_parameter_families;

/* NULL if there is none of that name. */
const struct parameter_family *family_find(const char *name);
/* The family's i-th parameter, i below n_parameters, ordered by name. */
const struct parameter *parameter_at(const struct parameter_family *f, size_t i);
/* The same for the parameters whose value depends on the node type, i below n_node_parameters. */
const struct parameter *node_parameter_at(const struct parameter_family *f, size_t i);
/* The parameter of that name; NULL if the family has none, or its value is a figure of the node type. */
const struct parameter *parameter_find(const struct parameter_family *f, const char *name);

/* MinimumEngineVersion of the parameter in the family. */
const char *parameter_min_version(const struct parameter_family *f, const struct parameter *p);
/* string, integer, boolean, float */
const char *parameter_type_name(const struct parameter *p);
/* The value of a parameter that depends on the node type. */
int64_t parameter_node_value(const struct parameter *p, const struct node_type *t);
/*
 * The name under which the engine takes the parameter: of a setting, or for a memcached the parameter's own. NULL where it
 * takes none.
 */
const char *parameter_setting(const struct parameter_family *f, const struct parameter *p);
/* The one setting that no parameter stands for: replicas of durable replication groups with "yes" are not elected by Redis Cluster. */
#define SETTING_NOT_ELECTED "cluster-replica-no-failover"
/* True for it, and for a name that parameter_setting() returns for some family of that engine: no node has a setting of another name. */
bool setting_is_known(const char *engine, const char *name);
/* Whether a cache cluster of the family can run on the node type, whichever version of the family it has. */
bool family_runs_on(const struct parameter_family *f, const struct node_type *t);

/*
 * Whether the parameter can take the value: 0, or ERR_USAGE and a sentence that
 * tells the allowed values. 'allowed' is nothing (anything of the type), "-" (any
 * integer), or a list whose items are words, numbers, ranges 1-75 and open ranges
 * 0-. Does not ask whether the parameter may be modified.
 */
int parameter_check(const struct parameter *p, const char *value, struct err *e);

/* A parameter group that exists in every account from the start and can't be changed. */
struct default_group {
    const char *name; /* default.redis7, default.redis7.cluster.on */
    const char *description;
    const struct parameter_family *family;
    bool cluster_on;
};

/* Ordered by name. */
extern const struct default_group default_groups[];
extern const size_t n_default_groups;

/* The name that the family's default parameter group has, with or without cluster mode; in the arena. */
const char *default_group_name(struct arena *a, const char *family, bool cluster_on);
/* NULL if there is none of that name. */
const struct default_group *default_group_find(const char *name);
/* The parameter's value in the default parameter group; NULL if that does not have it. */
const char *default_group_value(const struct default_group *g, const struct parameter *p);
