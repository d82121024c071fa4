#pragma once
#include "main/options.h"
#include <stddef.h>
/* The tables behind options.h: every command and every flag stands in one row. */

struct command_info {
    enum command command;
    const char *name;
    const char *summary; /* one line of the list of commands */
    const char *about;   /* what its own help begins with; NULL where it has none */
    const char *words;   /* what stands behind its flags; NULL: nothing does */
};

/* What serve's exit status says. */
struct exit_status {
    int status;
    const char *meaning;
};

struct flag;
/* Reads a flag's text to where it belongs; false where it is not what the flag wants. */
typedef bool flag_read_fn(const struct flag *f, const char *text, void *at);

struct flag {
    bool repeats;      /* may be given several times; its variable holds all of them, with commas between */
    unsigned commands; /* a bit of each command that has it */
    const char *name, *argument;
    const char *otherwise; /* the default as it could stand on the command line; NULL: needed, or computed */
    const char *computed;  /* how the help tells a computed default */
    const char *help;
    flag_read_fn *read;
    size_t offset, size;        /* in struct options */
    const char *wants;          /* for errors: "expected ..." */
    const char *const *choices; /* NULL-terminated, in the order of the enumerators */
    const char *bare;           /* what "--name" without a value means; NULL: it needs one */
    bool needs_ports;           /* without --addressing ports it has no effect */
};

extern const struct command_info commands[];
extern const size_t n_commands;
extern const struct exit_status exit_statuses[];
extern const size_t n_exit_statuses;
extern const struct flag flags[];
extern const size_t n_flags;

bool flag_is_of(const struct flag *f, enum command c);
/* --data-dir is MERIDIAN_DATA_DIR in the environment. Returns 'out'. */
const char *flag_env_name(const struct flag *f, char out[64]);
/* NULL for COMMAND_NONE. */
const struct command_info *command_info(enum command c);
