#include "attach/image.h"
#include "attach/internals.h"
#include "attach/module_api.h"
#include "attach/slot_states.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/*
 * Lets a primary of Redis Cluster follow a node of another region. Engines refuse REPLICAOF in cluster mode, though all that makes a
 * follower (READONLY to writers, partial resynchronisation, replicas of its own) works there too. So this module
 * calls what REPLICAOF would call: the node stays a primary in Redis Cluster's table, with its slots, and takes its data from the upstream.
 *
 *   CONFIG SET meridian.upstream "HOST PORT"   the node follows that address as soon, and as long, as it is a primary in the table
 *   CONFIG SET meridian.upstream ""            it follows nobody, and takes writes if it is a primary
 *   CONFIG GET meridian.attached               "following", "waiting" (a replica, or slots that nobody serves), "" or "unable: why"
 *   CONFIG GET meridian.held                   the slots that it has keys of, whoever serves them: "0-5461 6000-6000"
 *   CONFIG SET meridian.hail all               all nodes that it is linked with hear from it, and so how far it has come with its data
 *
 * A replica only remembers the upstream, for the moment in which it is promoted. There are no commands, so that users see none, and the
 * engine's list of modules does not name this one.
 */

enum { HOST_MAX = 255, HISTORY_SIZE = 41, RETRY_MS = 50, SLOTS = 16384, RANGE_SIZE = sizeof " 16383-16383" };

static struct module_ctx *self; /* in which the module calls commands: that of a configuration can't */
static char host[HOST_MAX + 1]; /* "": the node follows nobody of another region */
static int port;
static bool following;     /* this module made the node follow the upstream */
static bool busy;          /* in internals_follow(), which tells of a change of role itself */
static bool unmarked;      /* the mark of a primary is off while data are loaded */
static bool retry_planned; /* a timer will try to follow */
static bool owner;         /* its history is its own, and others may follow it: it has been a primary without an upstream */
static bool started;       /* the entry has returned: what is set from now on, somebody has asked for */
static bool hidden;        /* the engine's list of modules was looked at, and does not name it */
static const char *unable; /* why the engine can't be attached; NULL: it can */

/* The expiry of keys is the upstream's affair, which deletes them in the stream. The engine asks its role in the table, not whom it follows. */
static void set_expiry(bool active)
{
    struct module_reply *r = ModuleCall(self, "DEBUG", "cc", "SET-ACTIVE-EXPIRE", active ? "1" : "0");
    if (r == NULL || ModuleCallReplyType(r) == MODULE_REPLY_ERROR)
        ModuleLog(self, "warning", "the deletion of keys that expire can't be switched %s", active ? "on" : "off");
    if (r != NULL) ModuleFreeCallReply(r);
}

static bool slots_are_covered(void)
{
    static const char wanted[] = "cluster_slots_assigned:16384\r";
    struct module_reply *r = ModuleCall(self, "CLUSTER", "c", "INFO");
    size_t size = 0;
    const char *text = r != NULL ? ModuleCallReplyStringPtr(r, &size) : NULL;
    bool covered = false;
    for (size_t i = 0; text != NULL && !covered && i + sizeof wanted <= size; i++)
        covered = memcmp(text + i, wanted, sizeof wanted - 1) == 0;
    if (r != NULL) ModuleFreeCallReply(r);
    return covered;
}

/* A process that becomes a primary begins a history of its own, and one that starts from a file does. As long as it has written nothing
 * to it, the history before is still its history: without it, the upstream would send everything anew. Not so where it was primary for
 * everybody: then the upstream, which followed it, goes on from its history, and may not know the one before. */
static void restore_history(void)
{
    struct module_info *info = ModuleGetServerInfo(self, "replication");
    static const char *const fields[] = {"master_replid", "master_replid2", "master_repl_offset", "second_repl_offset"};
    char values[4][HISTORY_SIZE] = {{0}};
    for (size_t i = 0; i < 4; i++) {
        const char *value = ModuleServerInfoGetFieldC(info, fields[i]);
        if (value != NULL) snprintf(values[i], sizeof values[i], "%s", value);
    }
    ModuleFreeServerInfo(self, info);
    bool both = strlen(values[0]) == HISTORY_SIZE - 1 && strlen(values[1]) == HISTORY_SIZE - 1 &&
                strspn(values[1], "0") != HISTORY_SIZE - 1;
    if (!both || atoll(values[2]) + 1 != atoll(values[3])) return;
    if (internals_restore_history(values[0], values[1])) ModuleLog(self, "notice", "goes on in the history %s", values[1]);
    else ModuleLog(self, "warning", "the history does not stand where it should; a full synchronisation will follow");
}

static void try_to_follow(void);

static void retry_following(struct module_ctx *ctx, void *data)
{
    (void)ctx, (void)data;
    retry_planned = false;
    try_to_follow();
}

static void plan_retry(int64_t ms)
{
    if (retry_planned) return;
    retry_planned = true;
    ModuleCreateTimer(self, ms, retry_following, NULL);
}

static void own_replication(struct module_ctx *ctx, void *data)
{
    (void)ctx, (void)data;
    owner = owner || (host[0] == '\0' && internals_is_primary());
}

/* Nobody can have followed it before it has answered whatever is under way: until then it may be told an upstream in the same breath. */
static void plan_ownership(void)
{
    ModuleCreateTimer(self, 0, own_replication, NULL);
}

/* Follows the upstream if the node may. While a slot belongs to nobody, the table may not be looked at without the mark that is
 * taken off below; while data are loaded, roles stay what they are. */
static void try_to_follow(void)
{
    if (unable != NULL || host[0] == '\0' || unmarked || !internals_is_primary()) return;
    if ((ModuleGetContextFlags(self) & (MODULE_FLAG_LOADING | MODULE_FLAG_ASYNC_LOADING)) || !slots_are_covered())
        return plan_retry(RETRY_MS);
    if (!following && !owner) restore_history();
    set_expiry(false);
    owner = false;
    busy = following = true;
    internals_follow(host, port);
    busy = false;
    ModuleLog(self, "notice", "follows %s:%d", host, port);
}

static void stop_following(void)
{
    set_expiry(true);
    if (!following || !internals_is_primary()) return;
    following = false;
    internals_follow_nobody();
    ModuleLog(self, "notice", "follows nobody");
}

/* ---- what the server tells ---- */

/* The engine lists a module once its entry has returned. It hears nobody before it loads data or looks for events, and tells of both. */
static void hide_once(void)
{
    if (hidden) return;
    hidden = true;
    if (!internals_hide(ATTACH_NAME)) ModuleLog(self, "warning", "the engine's list of modules names it");
}

static void loop_begins(struct module_ctx *ctx, struct module_event event, uint64_t what, void *data)
{
    (void)ctx, (void)event, (void)what, (void)data;
    hide_once();
}

/* The node has become a primary: it follows before anybody can write to it. Or a replica in the table, which follows its primary. */
static void role_changed(struct module_ctx *ctx, struct module_event event, uint64_t what, void *data)
{
    (void)ctx, (void)event, (void)data;
    if (busy || unable != NULL) return;
    following = following && what == MODULE_ROLE_REPLICA && internals_is_primary();
    if (what == MODULE_ROLE_REPLICA) owner = false;
    if (what != MODULE_ROLE_PRIMARY) return;
    if (host[0] == '\0') plan_ownership();
    else try_to_follow();
}

/* A primary leaves out keys that have expired when it loads data. A follower must not: the upstream may have given them more time,
 * which the stream is about to tell. */
static void loading_changed(struct module_ctx *ctx, struct module_event event, uint64_t what, void *data)
{
    (void)ctx, (void)event, (void)data;
    bool begins = what == MODULE_LOADING_STREAM || what == MODULE_LOADING_FILE;
    bool ends = what == MODULE_LOADING_ENDED || what == MODULE_LOADING_FAILED;
    hide_once();
    if (unable != NULL) return;
    if (begins && !unmarked && host[0] != '\0' && internals_is_primary() && slots_are_covered()) {
        internals_mark_primary(false);
        unmarked = true;
    } else if (ends && unmarked) {
        internals_mark_primary(true);
        unmarked = false;
    }
}

/* ---- its configuration ---- */

/* The engine copies what it is shown, and leaves the text to the module. */
static struct module_string *show_state(const char *text)
{
    static struct module_string *shown;
    if (shown != NULL) ModuleFreeString(NULL, shown);
    shown = ModuleCreateString(NULL, text, strlen(text));
    return shown;
}

static struct module_string *get_upstream(const char *name, void *data)
{
    (void)name, (void)data;
    char text[HOST_MAX + 8] = "";
    if (host[0] != '\0') snprintf(text, sizeof text, "%s %d", host, port);
    return show_state(text); /* cppcheck-suppress returnDanglingLifetime; the engine's string is a copy */
}

static int refuse_call(struct module_string **error, const char *why)
{
    *error = ModuleCreateString(NULL, why, strlen(why));
    return MODULE_ERROR;
}

static int set_upstream(const char *name, struct module_string *value, void *data, struct module_string **error)
{
    (void)name, (void)data;
    char new_host[HOST_MAX + 1] = "", rest = '\0';
    int new_port = 0;
    size_t size;
    const char *text = ModuleStringPtrLen(value, &size);
    if (unable != NULL && size > 0 && started) return refuse_call(error, unable);
    if (unmarked) return refuse_call(error, "data are being loaded");
    bool is_address = size < sizeof new_host && strlen(text) == size &&
                      sscanf(text, "%255s %d%c", new_host, &new_port, &rest) == 2 && new_port > 0 && new_port < 65536;
    if (size > 0 && !is_address) return refuse_call(error, "an upstream is a host and a port, or nothing");
    memcpy(host, new_host, sizeof host);
    port = new_port;
    return MODULE_OK;
}

static int apply_upstream(struct module_ctx *ctx, void *data, struct module_string **error)
{
    (void)ctx, (void)data, (void)error;
    if (host[0] != '\0') try_to_follow();
    else if (unable == NULL) stop_following();
    if (host[0] == '\0' && unable == NULL) plan_ownership();
    return MODULE_OK;
}

static struct module_string *get_attached(const char *name, void *data)
{
    (void)name, (void)data;
    char text[128];
    if (unable != NULL) snprintf(text, sizeof text, "unable: %s", unable);
    else snprintf(text, sizeof text, "%s", following ? "following" : host[0] != '\0' ? "waiting" : "");
    return show_state(text); /* cppcheck-suppress returnDanglingLifetime; the engine's string is a copy */
}

/* At most every other slot begins a range. */
static struct module_string *get_held(const char *name, void *data)
{
    static char text[SLOTS / 2 * RANGE_SIZE];
    size_t n = 0;
    (void)name, (void)data;
    text[0] = '\0';
    for (unsigned first = 0, end; unable == NULL && first < SLOTS; first = end + 1) {
        for (end = first; end < SLOTS && internals_count_keys(end) > 0;) end++;
        if (end > first) n += (size_t)snprintf(text + n, sizeof text - n, "%s%u-%u", n ? " " : "", first, end - 1);
    }
    return show_state(text); /* cppcheck-suppress returnDanglingLifetime; the engine's string is a copy */
}

static int set_nothing(const char *name, struct module_string *value, void *data, struct module_string **error)
{
    (void)name, (void)value, (void)data, (void)error;
    return MODULE_OK;
}

static struct module_string *get_nothing(const char *name, void *data)
{
    (void)name, (void)data;
    return show_state(""); /* cppcheck-suppress returnDanglingLifetime; the engine's string is a copy */
}

/* Every message of the cluster bus tells the sender's offset, by which engines judge whether a replica has data. No module listens to
 * this one. Nobody is linked yet where the engine's configuration is read. The engine calls this where the value is another one than it is
 * shown, which is "". */
static int hail_nodes(const char *name, struct module_string *value, void *data, struct module_string **error)
{
    (void)name, (void)value, (void)data, (void)error;
    if (started) ModuleSendClusterMessage(self, NULL, 0, "", 0);
    return MODULE_OK;
}

/* ---- its entry ---- */

/* The entry that engines look for. An engine that can't be attached still starts: "meridian.attached" says why it can't. */
int RedisModule_OnLoad(struct module_ctx *ctx, struct module_string **arguments, int n) __attribute__((visibility("default")));

int RedisModule_OnLoad(struct module_ctx *ctx, struct module_string **arguments, int n)
{
    (void)arguments, (void)n;
    if (module_api_load(ctx, ATTACH_NAME, 1) != MODULE_OK) return MODULE_ERROR;
    self = ModuleGetDetachedThreadSafeContext(ctx);
    if (slot_states_keep(ctx) != MODULE_OK) return MODULE_ERROR;
    unable = internals_find(ctx);
    if (unable != NULL) ModuleLog(ctx, "warning", "no node of another region can be followed: %s", unable);
    if (ModuleRegisterStringConfig(ctx, "upstream", "", MODULE_CONFIG_HIDDEN, get_upstream, set_upstream, apply_upstream, NULL) !=
            MODULE_OK ||
        ModuleRegisterStringConfig(ctx, "attached", "", MODULE_CONFIG_HIDDEN | MODULE_CONFIG_IMMUTABLE, get_attached, set_nothing,
            NULL, NULL) != MODULE_OK ||
        ModuleRegisterStringConfig(
            ctx, "held", "", MODULE_CONFIG_HIDDEN | MODULE_CONFIG_IMMUTABLE, get_held, set_nothing, NULL, NULL) != MODULE_OK ||
        ModuleRegisterStringConfig(ctx, "hail", "", MODULE_CONFIG_HIDDEN, get_nothing, hail_nodes, NULL, NULL) != MODULE_OK)
        return MODULE_ERROR;
    ModuleSubscribeToServerEvent(ctx, (struct module_event){MODULE_EVENT_ROLE, 1}, role_changed);
    ModuleSubscribeToServerEvent(ctx, (struct module_event){MODULE_EVENT_LOADING, 1}, loading_changed);
    ModuleSubscribeToServerEvent(ctx, (struct module_event){MODULE_EVENT_LOOP, 1}, loop_begins);
    if (ModuleLoadConfigs(ctx) != MODULE_OK) return MODULE_ERROR;
    if (host[0] != '\0' && unable == NULL) {
        set_expiry(false);
        plan_retry(0);
    } else if (unable == NULL) plan_ownership();
    started = true;
    return MODULE_OK;
}
