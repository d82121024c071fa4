#pragma once
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
/*
 * Access strings say in the words of Redis' ACLs what a user may do. They are parsed and
 * checked here. Only these words reach an engine: on and off; keys, channels and their
 * resets; commands, subcommands and categories that exist; selectors of these in
 * parentheses.
 *
 * Source of what is refused, and of the normal form: ElastiCache's guide, RBAC.
 */
struct acl_name {
    const char *name;
    bool valkey; /* only users of that engine may name it */
};
/* Generated from api/catalog/commands.json, ordered by name; a subcommand is COMMAND|SUBCOMMAND. */
extern const struct acl_name acl_commands[], acl_categories[];
extern const size_t n_acl_commands, n_acl_categories;
/* Commands and subcommands that no user may run; ends with NULL. */
extern const char *const restricted_commands[];
/* The same as rules that forbid them. */
extern const char *const restricting_rules[];

/* A limit of Meridian's own: each wide selector makes every assignment longer by all restricting_rules. */
enum { WIDE_SELECTORS_MAX = 20 };

struct access_string {
    const char **words; /* a selector is one word, with its parentheses */
    size_t n;
};

/*
 * Parses 'text' into its normal form. An access string without on and off gets "off" in front. One without -@all and +@all gets
 * "-@all" before its first command. With 'all_commands' it may name restricted commands. Returns NULL, or one sentence that says
 * what is wrong. Words belong to the arena.
 */
const char *access_string_read(struct arena *a, const char *text, bool valkey, bool all_commands, struct access_string *out);

/* True where a text begins with the word db=… or resetdbs, which Valkey knows from 9.1 on. */
bool access_string_limits_databases(const char *word);

/* True for a selector whose categories or commands include restricted commands. */
bool access_string_is_wide(const char *word);

/* The words with a space between them. */
const char *access_string_text(struct arena *a, const struct access_string *s);
