#include "main/flags.h"
#include "agent/session/engines.h"
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct command_info commands[] = {
    {COMMAND_SERVE, "serve", "serves the API and runs what it creates, until Ctrl-C",
        "Serves the Amazon ElastiCache API, keeps its state in the data directory, and starts an agent in each region\n"
        "that has nodes. Ctrl-C and SIGTERM stop everything it started; the next start brings it all back."},
    {COMMAND_AGENT, "agent", "runs the nodes of one region; serve starts it",
        "Runs the nodes of one region for the `meridian serve` in whose data directory it works, and reports how they are.\n"
        "The nodes survive it; the next agent with the same data directory finds them."},
    {COMMAND_WAIT, "wait", "wait ID... returns once resources are available, or as --for says",
        "Waits for resources of a `meridian serve`: replication groups, cache clusters, global datastores, snapshots, users and "
        "user\n"
        "groups. Returns once all have the status; with 1 where one of them failed, is not there, or takes too long. What is "
        "not\n"
        "there is awaited as long as serve runs what --init names.",
        .words = "ID..."},
    {COMMAND_HEALTH, "health", "tells whether serve answers, and ends with 0 if it does",
        "Asks the serve at the endpoint, or that uses the data directory, whether it serves requests, prints what it answers, "
        "and ends with 0;\n"
        "with 1, and the reason, where nobody answers within three seconds."},
    {COMMAND_ENGINE_CHECK, "engine-check", "engine-check PATH... tells what a server can do of what Meridian needs",
        "Starts each program in a folder of its own, as a node of redis or valkey is started, and asks it for everything that "
        "Meridian\n"
        "needs of one; docs/reference.md has the list. Ends with 0 where it can do all of it, with 1 where it lacks something, "
        "and "
        "with 2\n"
        "where it is no such server.",
        .words = "PATH..."},
    {COMMAND_HELP, "help", "help COMMAND explains a command and its flags", NULL},
    {COMMAND_VERSION, "version", "tells the version", NULL},
};

const struct exit_status exit_statuses[] = {
    {0, "everything has stopped, and all data are saved"},
    {1, "serve could not start, or lost its database or its data directory while it ran (its nodes were stopped); standard error "
        "has "
        "the reason"},
    {2, "the command line makes no sense"},
    {3, "everything has stopped, but data of nodes could not be saved: standard error names the nodes"},
    {4, "not everything has stopped: standard error names the agents and processes that are left. Causes: a second SIGTERM; an "
        "agent "
        "that can't be started to stop its nodes; a process that has not ended 15 s after --stop-timeout. The next start finds "
        "them"},
};

const size_t n_exit_statuses = sizeof exit_statuses / sizeof *exit_statuses;

const size_t n_commands = sizeof commands / sizeof *commands;

const struct command_info *command_info(enum command wanted)
{
    for (const struct command_info *c = commands; c < commands + n_commands; c++)
        if (c->command == wanted) return c;
    return NULL;
}

#define BIT(command) (1u << (command))
#define FOR(command) .commands = BIT(command)
#define FOR_BOTH .commands = BIT(COMMAND_SERVE) | BIT(COMMAND_AGENT)

static bool read_text(const struct flag *f, const char *text, void *at)
{
    int n = snprintf(at, f->size, "%s", text);
    return n > 0 && (size_t)n < f->size;
}

static bool read_region(const struct flag *f, const char *text, void *at)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text) && read_text(f, text, at);
}

/* Enumerators count from 0 in the order of the choices. */
static bool read_choice(const struct flag *f, const char *text, void *at)
{
    for (int i = 0; f->choices[i] != NULL; i++) {
        if (strcmp(f->choices[i], text) != 0) continue;
        *(int *)at = i;
        return true;
    }
    return false;
}

static bool read_port(const char **text, int *out)
{
    char *end;
    if (!isdigit((unsigned char)**text)) return false;
    unsigned long n = strtoul(*text, &end, 10);
    *text = end;
    *out = (int)n;
    return n >= 1 && n <= UINT16_MAX;
}

/* FIRST-LAST, into two neighbouring ints. */
static bool read_ports(const struct flag *f, const char *text, void *at)
{
    (void)f;
    int *ports = at;
    return read_port(&text, &ports[0]) && *text++ == '-' && read_port(&text, &ports[1]) && *text == '\0' && ports[0] <= ports[1];
}

/* Names of times with their milliseconds, into three neighbouring ints: what is not named stays. */
static bool read_times(const struct flag *f, const char *text, void *at)
{
    int *times = at;
    while (*text) {
        int i = 0;
        size_t n = strcspn(text, "=");
        while (f->choices[i] && (strlen(f->choices[i]) != n || strncmp(f->choices[i], text, n) != 0)) i++;
        if (f->choices[i] == NULL || text[n] != '=') return false;
        size_t digits = strspn(text += n + 1, "0123456789");
        if (digits == 0 || digits > 9 || (text[digits] && text[digits] != ',')) return false;
        times[i] = atoi(text);
        text += digits + (text[digits] == ',');
    }
    return true;
}

static bool read_seconds(const struct flag *f, const char *text, void *at)
{
    (void)f;
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 6 || text[n]) return false;
    *(int *)at = atoi(text);
    return true;
}

/* NAME:VERSION=PATH, a line for each. */
static bool read_engine_flag(const struct flag *f, const char *text, void *at)
{
    struct engine_program entry;
    char *engines = at;
    size_t used = strlen(engines);
    if (!engine_read_entry(agent_engines, text, &entry)) return false;
    return (size_t)snprintf(engines + used, f->size - used, "%s%s", used ? "\n" : "", text) < f->size - used;
}

static const char *const log_levels[] = {"error", "warn", "info", "debug", "trace", NULL};
static const char *const log_formats[] = {"text", "json", NULL};
static const char *const addressings[] = {"loopback", "ports", NULL};
static const char *const restrictions[] = {"refuse", "allow", NULL};
static const char *const quota_names[] = {"default", "raised", NULL};
static const char *const auth_names[] = {"any", "verify", NULL};
static const char *const admin_accesses[] = {"token", "open", NULL};
static const char *const switches[] = {"off", "on", NULL};
static const char *const dry_run_times[] = {"start", "switch", "life", NULL};
static const char *const durabilities[] = {"full", "normal", NULL};

#define AT(member) offsetof(struct options, member), sizeof(((struct options *)0)->member)
_Static_assert(
    offsetof(struct options, last_port) == offsetof(struct options, first_port) + sizeof(int), "read_ports() fills both");
_Static_assert(offsetof(struct options, dry_run_life) == offsetof(struct options, dry_run_start) + 2 * sizeof(int),
    "read_times() fills all three");
_Static_assert(sizeof(enum log_level) == sizeof(int) && sizeof(enum addressing) == sizeof(int) &&
                   sizeof(enum store_durability) == sizeof(int) && sizeof(enum restricted) == sizeof(int) &&
                   sizeof(enum quotas) == sizeof(int) && sizeof(enum trips) == sizeof(int) &&
                   sizeof(enum admin_access) == sizeof(int) && sizeof(enum auth_way) == sizeof(int) &&
                   sizeof(enum stop_only) == sizeof(int) && sizeof(enum dry_run) == sizeof(int),
    "read_choice() fills an int");

const struct flag flags[] = {
    {FOR(COMMAND_SERVE), "listen", "HOST:PORT", "127.0.0.1:4566", NULL,
        "where the API is served. Port 0 lets the system choose; the next start takes the same port again if it is free. "
        "Without --auth verify, whoever reaches the address may use the whole API",
        read_text, AT(listen), "HOST:PORT"},
    {FOR(COMMAND_WAIT), "for", "STATUS", "available", NULL,
        "the status to wait for; available stands for active and primary-only, too, and deleted for what is not there any more. "
        "init, "
        "without an ID: until all that --init names was run, which has to be well",
        read_text, AT(wanted), "a status"},
    {FOR(COMMAND_WAIT), "region", "REGION", "us-east-1", NULL, "the region of the resources", read_region, AT(region),
        "a region's name"},
    {FOR(COMMAND_WAIT), "endpoint", "URL", "http://127.0.0.1:4566", NULL, "where the API is served", read_text, AT(endpoint),
        "a URL like http://127.0.0.1:4566"},
    {FOR(COMMAND_WAIT), "timeout", "SECONDS", "300", NULL, "how long to wait for all of them together. 0: no limit", read_seconds,
        AT(timeout), "a number of seconds"},
    {FOR(COMMAND_AGENT), "region", "REGION", NULL, NULL, "the region whose nodes it runs", read_region, AT(region),
        "a region's name"},
    {FOR(COMMAND_SERVE), "data-dir", "DIR", NULL, "$XDG_STATE_HOME/meridian, else ~/.local/state/meridian",
        "where the database, the nodes' data and the logs are; one process at a time uses it", read_text, AT(data_dir),
        "a directory's name"},
    {FOR(COMMAND_SERVE), "ephemeral", "on|off", "off", NULL,
        "on (or the flag alone): the data directory is a new one in TMPDIR, else /tmp, and is deleted at the end with everything "
        "in "
        "it; --data-dir has no effect",
        read_choice, AT(ephemeral), "on or off", switches, .bare = "on"},
    {FOR(COMMAND_AGENT), "ephemeral", "on|off", "off", NULL, "on: it ends with the process that started it, and so do its nodes",
        read_choice, AT(ephemeral), "on or off", switches, .bare = "on"},
    {FOR(COMMAND_SERVE), "auth", "any|verify", "any", NULL,
        "any: whatever credentials a request has, it is served, and signatures are not looked at. verify: every request must be "
        "signed with one of the --access-keys (docs/callers.md)",
        read_choice, AT(auth), "any or verify", auth_names},
    {FOR(COMMAND_SERVE), "access-keys", "FILE", NULL, "none",
        "with --auth verify: the access keys that there are, in JSON, in a file that nobody else can read; it is read again when "
        "it has changed",
        read_text, AT(access_keys), "a file's name"},
    {FOR(COMMAND_SERVE), "forward", "URL", NULL, "nowhere",
        "where requests that are signed for other services than ElastiCache are sent on to, STS and EC2 among them: another "
        "local AWS, "
        "as http://127.0.0.1:4567",
        read_text, AT(forward), "a URL like http://127.0.0.1:4567"},
    {FOR(COMMAND_SERVE), "init", "DIR|FILE", NULL, "none",
        "what is run once requests are served, in the order of the names: executables, with AWS_ENDPOINT_URL set, and files "
        "NAME.calls "
        "with a call of the API in each line, as Region=eu-west-1&Action=CreateCacheCluster&... A failure is told, and the next "
        "one "
        "is run; GET /_meridian/init tells how they went",
        read_text, AT(init), "a directory's or file's name"},
    {FOR(COMMAND_SERVE), "init-strict", "on|off", "off", NULL,
        "on (or the flag alone): serve stops at the first failure of what --init names, with exit status 1", read_choice,
        AT(init_strict), "on or off", switches, .bare = "on"},
    {FOR(COMMAND_AGENT), "data-dir", "DIR", NULL, "regions/REGION in that of serve",
        "where the nodes' data are: two folders below the data directory of serve, at whose socket the agent meets serve; one "
        "process at a time uses it",
        read_text, AT(data_dir), "a directory's name"},
    {FOR(COMMAND_HEALTH), "data-dir", "DIR", NULL, "$XDG_STATE_HOME/meridian, else ~/.local/state/meridian",
        "the data directory of serve, which has the address of the API", read_text, AT(data_dir), "a directory's name"},
    {FOR(COMMAND_HEALTH), "endpoint", "URL", NULL, "the address that the data directory has",
        "where the API is served; --data-dir has no effect then", read_text, AT(endpoint), "a URL like http://127.0.0.1:4566"},
    {FOR(COMMAND_AGENT), "stop", "on|off", "off", NULL,
        "on: stops the nodes that run in the data directory, their data saved, and then itself, without a serve", read_choice,
        AT(stop_only), "on or off", switches, .bare = "on"},
    {FOR(COMMAND_SERVE), "default-region", "REGION", "us-east-1", NULL, "the region of requests that are not signed", read_region,
        AT(default_region), "a region's name"},
    {FOR(COMMAND_SERVE), "addressing", "loopback|ports", "loopback", NULL,
        "how nodes and endpoints get their addresses; a data directory keeps to one way. loopback: each has an address of its "
        "own "
        "in 127.0.0.0/8 and the port that was asked for. ports: all have one host, and each a port of its own",
        read_choice, AT(addressing), "loopback or ports", addressings},
    {FOR(COMMAND_SERVE), "advertise", "HOST", NULL,
        "where nodes listen; with --bind 0.0.0.0 the host by which each caller has reached the API",
        "with --addressing ports: the host that endpoints, certificates and Redis Clusters name", read_text, AT(advertise),
        "a host's name or address", .needs_ports = true},
    {FOR(COMMAND_SERVE), "bind", "HOST", NULL, "what --advertise names, else 127.0.0.1",
        "with --addressing ports: where nodes and endpoints listen; 0.0.0.0 is everywhere. "
        "Whoever reaches it can use every replication group and cache cluster that asks for no password",
        read_text, AT(bind), "a host's name or address of this machine", .needs_ports = true},
    {FOR(COMMAND_SERVE), "port-range", "FIRST-LAST", "20000-29999", NULL,
        "with --addressing ports: the ports of nodes and endpoints. A primary or configuration endpoint, or a single node, has "
        "the "
        "port that was asked for if it is one of these and free; else an event tells which one it has",
        read_ports, AT(first_port), "two port numbers, the lower one first, like 20000-29999", .needs_ports = true},
    {FOR(COMMAND_SERVE), "dns", "HOST:PORT", NULL, "nowhere",
        "where names of endpoints are answered, over UDP and TCP: orders.xxxxxx.ng.0001.use1.cache.amazonaws.com, or those of "
        "--names. A resolver has to be told to ask here (docs/names.md)",
        read_text, AT(dns), "HOST:PORT"},
    {FOR(COMMAND_SERVE), "names", "aws|DOMAIN", NULL, "none: endpoints are addresses",
        "endpoints are names, in every answer, in Redis Clusters and in memcached's list of nodes: aws: as on AWS, below "
        "cache.amazonaws.com. DOMAIN: the same below a domain of your choice, as cache.test. Needs --dns, but for "
        "--addressing ports, where all names lead to one address",
        read_text, AT(names), "aws or a domain"},
    {FOR(COMMAND_SERVE), "snapshot-import-dir", "DIR", NULL, "none",
        "where RDB files are restored from: arn:aws:s3:::bucket/key.rdb is DIR/bucket/key.rdb", read_text,
        AT(snapshot_import_dir), "a directory's name"},
    {FOR(COMMAND_SERVE), "snapshot-export-dir", "DIR", NULL, "that of imports",
        "where snapshots are exported to; each folder in it is a bucket", read_text, AT(snapshot_export_dir),
        "a directory's name"},
    {FOR_BOTH, "redis-server", "PATH", "redis-server", NULL, "the Redis or Valkey server: a path, or a name to look up in PATH",
        read_text, AT(redis_server), "a program's name"},
    {FOR_BOTH, "memcached", "PATH", "memcached", NULL,
        "the memcached server: a path, or a name to look up in PATH; needed once there is a memcached cluster", read_text,
        AT(memcached), "a program's name"},
    {FOR_BOTH, "engine", "NAME:VERSION=PATH", NULL, "what is found in PATH",
        "the program for one version of redis, valkey or memcached: --engine valkey:8.1=/opt/valkey/bin/valkey-server. "
        "A version of 7 or 7.2 stands for all versions that begin so. Repeatable; the variable has commas in between",
        read_engine_flag, AT(engines), "NAME:VERSION=PATH: redis, valkey or memcached, a version like 7 or 7.2, and a program",
        .repeats = true},
    {FOR_BOTH, "dry-run", "on|off", "off", NULL,
        "on (or the flag alone): nodes have no processes. They become available, fail over and grow as always, and the endpoints "
        "in "
        "the answers lead nowhere: nobody listens there",
        read_choice, AT(dry_run), "on or off", switches, .bare = "on"},
    {FOR(COMMAND_SERVE), "dry-run-times", "NAME=MS,...", "start=20,switch=2,life=0", NULL,
        "with --dry-run, in milliseconds: how long a process takes to start, and to take another role, address or settings; and "
        "how "
        "long it lives on average until it dies by itself, 0: for ever",
        read_times, AT(dry_run_start), "start=MS, switch=MS and life=MS with commas between", dry_run_times},
    {FOR(COMMAND_SERVE), "durability", "full|normal", "full", NULL,
        "full: what the API has answered survives a power cut. normal: it survives the death of every process, and writes are "
        "faster. Both are about the API's state; what clients store is in the engines' memory (docs/promises.md)",
        read_choice, AT(durability), "full or normal", durabilities},
    {FOR(COMMAND_SERVE), "restricted-commands", "refuse|allow", "refuse", NULL,
        "refuse: users may not run the commands that ElastiCache restricts: CONFIG, DEBUG, SHUTDOWN, REPLICAOF and others. "
        "allow: they may, and can break a node with them",
        read_choice, AT(restricted), "refuse or allow", restrictions},
    {FOR(COMMAND_SERVE), "quotas", "default|raised", "default", NULL,
        "default: the quotas of a new AWS account. raised: a replication group in cluster mode may have 500 nodes and shards "
        "instead of 90, and a region 2000 nodes and 1500 cache clusters instead of 300",
        read_choice, AT(quotas), "default or raised", quota_names},
    {FOR(COMMAND_SERVE), "trips", "on|off", "off", NULL,
        "on (or the flag alone): failures can be injected at /_meridian/trips. It takes the administrator's token, and an API "
        "that "
        "listens on loopback only",
        read_choice, AT(trips), "on or off", switches, .bare = "on"},
    {FOR(COMMAND_SERVE), "check", "on|off", "off", NULL,
        "on (or the flag alone): the invariants of docs/architecture.md are checked after every pass, and the log names those "
        "that "
        "are violated",
        read_choice, AT(check), "on or off", switches, .bare = "on"},
    {FOR(COMMAND_SERVE), "admin", "token|open", "token", NULL,
        "token: what changes something under /_meridian/ needs the administrator's token where other machines reach the API, and "
        "failures can be injected with --trips alone. open: whoever reaches the API may do all of that, too, as he may create "
        "and "
        "delete everything anyway; for a container, or a job of CI",
        read_choice, AT(admin), "token or open", admin_accesses},
    {FOR(COMMAND_SERVE), "admin-token-file", "FILE", NULL, "secrets/admin-token in the data directory, made at the first start",
        "the administrator's token, 16 characters or more, in a file that nobody else can read. The header \"Authorization: "
        "Bearer "
        "TOKEN\" lets other hosts change what is under /_meridian/, and lets failures be injected",
        read_text, AT(admin_token_file), "a file's name"},
    {FOR(COMMAND_SERVE), "stop-timeout", "SECONDS", "60", NULL,
        "how long a stop waits for a node that can't save its data yet, because it runs a long script or its disk is full. Then "
        "the "
        "node is killed without its data, and the exit status is 3. 0: no limit",
        read_seconds, AT(stop_timeout), "a number of seconds"},
    {FOR(COMMAND_AGENT), "stop-timeout", "SECONDS", "60", NULL,
        "how long a stop waits for a node that can't save its data yet, until serve has told its own limit. 0: no limit",
        read_seconds, AT(stop_timeout), "a number of seconds"},
    {FOR(COMMAND_SERVE), "blocked-primary-timeout", "SECONDS", "30", NULL,
        "how long a primary may live without answering anybody before a replica takes its place: a script that does not end or a "
        "client's CLIENT PAUSE causes that. 0: no limit",
        read_seconds, AT(blocked_primary_timeout), "a number of seconds"},
    {FOR_BOTH, "log-level", "LEVEL", "info", NULL,
        "error, warn, info, debug or trace; the log goes to standard error. trace: every step of every request, from the rows to "
        "the process and back (docs/trace.md)",
        read_choice, AT(log_level), "error, warn, info, debug or trace", log_levels},
    {FOR_BOTH, "log-format", "text|json", "text", NULL,
        "json: each line of the log is an object with time, level, who and message", read_choice, AT(log_format), "text or json",
        log_formats},
};

const size_t n_flags = sizeof flags / sizeof *flags;
_Static_assert(sizeof flags / sizeof *flags <= 64, "options.given has a bit for each");

bool flag_is_of(const struct flag *f, enum command c)
{
    return (f->commands & BIT(c)) != 0;
}

const char *flag_env_name(const struct flag *f, char out[64])
{
    int n = snprintf(out, 64, "MERIDIAN_%s", f->name);
    for (int i = 0; i < n; i++) out[i] = out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
    return out;
}
