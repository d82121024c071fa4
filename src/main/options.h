#pragma once
#include "base/log.h"
#include "store/store.h"
#include <stdbool.h>
#include <stdint.h>
struct buf;
struct err;
/*
 * What the program was asked to do: the command line and its twins in the environment
 * (--data-dir is MERIDIAN_DATA_DIR). One table of flags makes the parser, the help and
 * the manual page. The command line wins over the environment, the environment
 * over the default.
 */
enum command {
    COMMAND_NONE,
    COMMAND_SERVE,
    COMMAND_AGENT,
    COMMAND_WAIT,
    COMMAND_HEALTH,
    COMMAND_ENGINE_CHECK,
    COMMAND_HELP,
    COMMAND_VERSION
};

enum restricted { RESTRICTED_REFUSE, RESTRICTED_ALLOW };

enum quotas { QUOTAS_DEFAULT, QUOTAS_RAISED };
enum trips { TRIPS_OFF, TRIPS_ON };
enum auth_way { AUTH_ANY, AUTH_VERIFY };
enum admin_access { ADMIN_TOKEN_NEEDED, ADMIN_OPEN };
enum stop_only { STOP_ONLY_OFF, STOP_ONLY_ON };
enum dry_run { DRY_RUN_OFF, DRY_RUN_ON };
enum check { CHECK_OFF, CHECK_ON };
enum ephemeral { EPHEMERAL_OFF, EPHEMERAL_ON };
enum init_strict { INIT_STRICT_OFF, INIT_STRICT_ON };
enum addressing { ADDRESSING_LOOPBACK, ADDRESSING_PORTS };

/* How the help is written: lines for a terminal, a table in Markdown, or the manual page in roff. */
enum help_form { HELP_TEXT, HELP_MARKDOWN, HELP_MAN };

enum { OPTION_NAME_SIZE = 256, OPTION_PATH_SIZE = 4096, OPTION_IDS_MAX = 64 };

/* Plain data that belongs to the caller, and points to nothing but words of the command line. Flags that a command does not have stay zeroed. */
struct options {
    enum command command;
    uint64_t given; /* a bit of each flag, in the table's order, that the command line or the environment has */
    enum log_level log_level;
    enum log_format log_format;
    char data_dir[OPTION_PATH_SIZE];
    char snapshot_import_dir[OPTION_PATH_SIZE]; /* "": none */
    char snapshot_export_dir[OPTION_PATH_SIZE]; /* "": that of imports */
    char redis_server[OPTION_PATH_SIZE];        /* a path, or a name to be found in PATH */
    char memcached[OPTION_PATH_SIZE];           /* the same */
    char engines[OPTION_PATH_SIZE];             /* lines NAME:VERSION=PATH */
    enum dry_run dry_run;
    enum ephemeral ephemeral; /* serve: in a data directory that goes with it; agent: it goes with whoever started it */

    /* serve */
    char listen[OPTION_NAME_SIZE]; /* HOST:PORT */
    char default_region[OPTION_NAME_SIZE];
    enum addressing addressing;
    char advertise[OPTION_NAME_SIZE]; /* ADDRESSING_PORTS: the host of all endpoints; "": follows from bind */
    char bind[OPTION_NAME_SIZE];      /* ADDRESSING_PORTS: where nodes listen; "": at the advertised address */
    char dns[OPTION_NAME_SIZE];       /* HOST:PORT; "": nobody is answered */
    char names[OPTION_NAME_SIZE];     /* a domain; "": endpoints are addresses */
    int first_port, last_port;        /* ADDRESSING_PORTS: the ports to choose from, both included */
    enum store_durability durability;
    enum restricted restricted;
    enum quotas quotas;
    int blocked_primary_timeout;                     /* seconds; 0: no limit */
    int dry_run_start, dry_run_switch, dry_run_life; /* milliseconds */
    enum trips trips;
    enum admin_access admin;
    enum auth_way auth;
    char access_keys[OPTION_PATH_SIZE]; /* "": none */
    enum check check;
    char init[OPTION_PATH_SIZE]; /* "": nothing */
    enum init_strict init_strict;
    char forward[OPTION_PATH_SIZE];          /* a URL; "": nowhere */
    char admin_token_file[OPTION_PATH_SIZE]; /* "": in the data directory */
    int stop_timeout;                        /* seconds; 0: no limit */

    /* agent, wait */
    char region[OPTION_NAME_SIZE];
    enum stop_only stop_only;

    /* wait; the words of the command line, engine-check too */
    char endpoint[OPTION_PATH_SIZE]; /* a URL */
    char wanted[OPTION_NAME_SIZE];   /* the status */
    int timeout;                     /* seconds; 0: no limit */
    const char *ids[OPTION_IDS_MAX];
    size_t n_ids;

    /* help */
    enum command topic; /* COMMAND_NONE: the program as a whole */
    enum help_form form;
};

/*
 * Reads the command line (argv[0] is the program) and the environment. 0, or ERR_USAGE with one line that names the
 * flag or variable and what it wants. No arguments at all are COMMAND_NONE.
 */
int options_read(struct options *o, int argc, char **argv, struct err *e);
/* Adds the help for a command, or for the program as a whole with COMMAND_NONE. */
void options_help(struct buf *b, enum command topic);
/* Adds a line for each flag that was given and has no effect beside the others. */
void options_idle(const struct options *o, struct buf *b);
/* Adds a command's flags as a Markdown table, serve's exit statuses with COMMAND_NONE, or what engine-check asks; the same on every machine. */
void options_markdown(struct buf *b, enum command topic);
/* Adds the manual page, in the macros of man(7). */
void options_man(struct buf *b);
