#include "attach/internals.h"
#include "exports.h"
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/*
 * The module in a scripted engine: this program has the symbols that redis-server 7.0 exports, and hands out the functions of its module
 * interface. Time passes where a test says so.
 */

int RedisModule_OnLoad(struct module_ctx *ctx, struct module_string **arguments, int n);

#define NAME "0123456789012345678901234567890123456789"
#define NEW "1111111111111111111111111111111111111111"
#define FORMER "2222222222222222222222222222222222222222"

enum { PRIMARY = 1, REPLICA = 2, MYSELF = 16, TIMERS = 8 };

/* ---- the module interface ---- */

struct module_string {
    size_t n;
    char text[300];
};

static int version, context_flags;
static const char *slots, *missing, *offset;
static bool expires;
static struct {
    module_timer_handler *ring;
    int64_t delay_ms;
} timers[TIMERS];
static int n_timers;
static module_event_handler *on_event[MODULE_EVENT_LOOP + 1];
static struct {
    module_config_get *get;
    module_config_set *set;
    module_config_apply *apply;
} configs[4];
static char log_text[500];

static void set_attributes(struct module_ctx *c, const char *name, int v, int api)
{
    (void)c, (void)v, (void)api;
    cr_assert_str_eq(name, "meridian");
}

__attribute__((format(printf, 3, 4))) static void take_log(struct module_ctx *c, const char *level, const char *format, ...)
{
    va_list args;
    (void)c, (void)level;
    va_start(args, format);
    vsnprintf(log_text, sizeof log_text, format, args);
    va_end(args);
}

static int get_version(void)
{
    return version;
}

static int get_flags(struct module_ctx *c)
{
    (void)c;
    return context_flags;
}

static const char *get_name(void)
{
    return NAME;
}

static struct module_info *get_info(struct module_ctx *c, const char *section)
{
    (void)c;
    cr_assert_str_eq(section, "replication");
    return NULL;
}

static void free_info(struct module_ctx *c, struct module_info *i)
{
    (void)c, (void)i;
}

static const char *get_field(struct module_info *i, const char *field)
{
    (void)i;
    if (strcmp(field, "master_replid") == 0) return NEW;
    if (strcmp(field, "master_replid2") == 0) return FORMER;
    return strcmp(field, "master_repl_offset") == 0 ? offset : "101";
}

static struct module_reply *call(struct module_ctx *c, const char *command, const char *format, ...)
{
    va_list args;
    (void)c;
    va_start(args, format);
    if (strcmp(command, "DEBUG") == 0) {
        cr_assert_str_eq(va_arg(args, const char *), "SET-ACTIVE-EXPIRE");
        expires = strcmp(va_arg(args, const char *), "1") == 0;
    }
    va_end(args);
    return (struct module_reply *)(uintptr_t)slots;
}

static int reply_type(struct module_reply *r)
{
    (void)r;
    return MODULE_REPLY_ERROR;
}

static const char *reply_text(struct module_reply *r, size_t *size)
{
    *size = strlen(slots);
    return (const char *)r;
}

static void free_reply(struct module_reply *r)
{
    (void)r;
}

static struct module_string *create_string(struct module_ctx *c, const char *bytes, size_t size)
{
    struct module_string *s = calloc(1, sizeof *s);
    (void)c;
    s->n = size;
    memcpy(s->text, bytes, size);
    return s;
}

static void free_string(struct module_ctx *c, struct module_string *s)
{
    (void)c;
    free(s);
}

static const char *string_text(const struct module_string *s, size_t *size)
{
    *size = s->n;
    return s->text;
}

static uint64_t create_timer(struct module_ctx *c, int64_t delay_ms, module_timer_handler *ring, void *data)
{
    (void)c, (void)data;
    cr_assert_lt(n_timers, TIMERS);
    timers[n_timers].ring = ring;
    timers[n_timers++].delay_ms = delay_ms;
    return 1;
}

static int subscribe(struct module_ctx *c, struct module_event event, module_event_handler *handler)
{
    (void)c;
    on_event[event.id] = handler;
    return MODULE_OK;
}

static int register_config(struct module_ctx *c, const char *name, const char *value, unsigned flags, module_config_get *get,
    module_config_set *set, module_config_apply *apply, void *data)
{
    int i = strcmp(name, "hail") == 0 ? 3 : strcmp(name, "held") == 0 ? 2 : strcmp(name, "attached") == 0;
    (void)c, (void)value, (void)flags, (void)data;
    configs[i].get = get;
    configs[i].set = set;
    configs[i].apply = apply;
    return MODULE_OK;
}

static int hails; /* messages that went to all nodes */

static int send_message(struct module_ctx *c, const char *node, uint8_t type, const char *bytes, uint32_t size)
{
    (void)c, (void)type, (void)bytes, (void)size;
    hails += node == NULL;
    return MODULE_OK;
}

static struct module_ctx *detached(struct module_ctx *c)
{
    return c;
}

static module_command_filter *filter;

static struct module_filter_handle *register_filter(struct module_ctx *c, module_command_filter *f, int flags)
{
    (void)c, (void)flags;
    filter = f;
    return (struct module_filter_handle *)(void *)&filter;
}

/* The words of a command. */
struct module_filter {
    int n;
    struct module_string *words[6];
};

static int count_words(struct module_filter *f)
{
    return f->n;
}

static const struct module_string *get_word(struct module_filter *f, int at)
{
    return f->words[at];
}

static int replace_word(struct module_filter *f, int at, struct module_string *value)
{
    free(f->words[at]);
    f->words[at] = value;
    return MODULE_OK;
}

static const char *from_file; /* what the engine's configuration file says of the upstream; NULL: nothing */

/* "": it is taken. Valid until the next call. */
static const char *set_upstream(const char *text)
{
    static char why[300];
    struct module_string *error = NULL, *s = create_string(NULL, text, strlen(text));
    int r = configs[0].set("upstream", s, NULL, &error);
    free(s);
    snprintf(why, sizeof why, "%s", error ? error->text : "");
    free(error);
    if (r == MODULE_OK) configs[0].apply(NULL, NULL, NULL);
    return why;
}

static int load_configs(struct module_ctx *c)
{
    (void)c;
    if (from_file) set_upstream(from_file);
    return MODULE_OK;
}

static int get(const char *function, void *pointer)
{
    static const struct {
        const char *name;
        void (*is)(void);
    } functions[] = {
#define IS(name, function) {"RedisModule_" #name, (void (*)(void))function}
        IS(SetModuleAttribs, set_attributes), IS(Log, take_log), IS(GetServerVersion, get_version),
        IS(GetContextFlags, get_flags), IS(GetMyClusterID, get_name), IS(GetServerInfo, get_info), IS(FreeServerInfo, free_info),
        IS(ServerInfoGetFieldC, get_field), IS(Call, call), IS(CallReplyType, reply_type), IS(CallReplyStringPtr, reply_text),
        IS(FreeCallReply, free_reply), IS(CreateString, create_string), IS(FreeString, free_string),
        IS(StringPtrLen, string_text), IS(CreateTimer, create_timer), IS(SubscribeToServerEvent, subscribe),
        IS(RegisterCommandFilter, register_filter), IS(CommandFilterArgsCount, count_words), IS(CommandFilterArgGet, get_word),
        IS(CommandFilterArgReplace, replace_word), IS(RegisterStringConfig, register_config),
        IS(SendClusterMessage, send_message), IS(GetDetachedThreadSafeContext, detached), IS(LoadConfigs, load_configs)};
    if (missing && strcmp(function, missing) == 0) return MODULE_ERROR;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(functions[i].name, function) != 0) continue;
        memcpy(pointer, &functions[i].is, sizeof functions[i].is);
        return MODULE_OK;
    }
    return MODULE_ERROR;
}

/* ---- what a test does ---- */

static struct {
    int (*get)(const char *function, void *pointer);
} context = {get};

static int load(void)
{
    return RedisModule_OnLoad((struct module_ctx *)(void *)&context, NULL, 0);
}

static void pass_time(void)
{
    int n = n_timers;
    n_timers = 0;
    for (int i = 0; i < n; i++) timers[i].ring(NULL, NULL);
}

static void tell(int event, uint64_t what)
{
    on_event[event](NULL, (struct module_event){(uint64_t)event, 1}, what, NULL);
}

static void expect(int config, const char *text)
{
    cr_expect_str_eq(configs[config].get("", NULL)->text, text);
}

static void setup(void)
{
    version = 0x07000f;
    context_flags = MODULE_FLAG_CLUSTER;
    slots = "cluster_slots_assigned:16384\r\n";
    offset = "100";
    memcpy(row.name, NAME, 40);
    row.flags = PRIMARY | MYSELF;
    strcpy(server.now, NEW);
    strcpy(server.former, FORMER);
}

TestSuite(module, .init = setup);

Test(module, the_engine_lists_it_no_longer_once_it_hears_clients)
{
    cr_assert_eq(load(), MODULE_OK);
    listed = "meridian";
    tell(MODULE_EVENT_LOOP, 0);
    cr_expect_null(listed);
    listed = "another";
    tell(MODULE_EVENT_LOOP, 0);
    cr_expect_str_eq(listed, "another");
}

Test(module, the_engine_lists_it_no_longer_while_it_loads_data)
{
    cr_assert_eq(load(), MODULE_OK);
    listed = "meridian";
    tell(MODULE_EVENT_LOADING, MODULE_LOADING_FILE);
    cr_expect_null(listed);
}

Test(module, tells_which_slots_have_keys)
{
    cr_assert_eq(load(), MODULE_OK);
    expect(2, "0-0 7-8 16383-16383");
}

Test(module, an_engine_that_is_not_known_lists_it)
{
    version = 0x070200;
    cr_assert_eq(load(), MODULE_OK);
    listed = "meridian";
    tell(MODULE_EVENT_LOOP, 0);
    cr_expect_str_eq(listed, "meridian");
    cr_expect_not_null(strstr(log_text, "names it"));
}

Test(module, a_primary_follows_another_region_and_takes_writes_again)
{
    cr_assert_eq(load(), MODULE_OK);
    expect(1, "");
    cr_assert_str_eq(set_upstream("10.0.0.1 6379"), "");
    cr_assert_str_eq(follows, "10.0.0.1 6379");
    expect(0, "10.0.0.1 6379");
    expect(1, "following");
    cr_assert_not(expires, "the upstream deletes keys");
    cr_assert_str_eq(set_upstream(""), "");
    cr_assert_str_eq(follows, "");
    cr_assert(expires);
    expect(1, "");
}

Test(module, it_goes_on_in_the_history_before_while_it_has_written_nothing)
{
    cr_assert_eq(load(), MODULE_OK);
    set_upstream("h 1");
    cr_assert_eq(memcmp(server.now, FORMER, 40), 0);
}

Test(module, whoever_was_primary_for_everybody_keeps_its_own_history)
{
    cr_assert_eq(load(), MODULE_OK);
    pass_time();
    set_upstream("h 1");
    cr_assert_eq(memcmp(server.now, NEW, 40), 0);
}

Test(module, so_does_one_that_has_written_to_it)
{
    offset = "140";
    cr_assert_eq(load(), MODULE_OK);
    set_upstream("h 1");
    cr_assert_eq(memcmp(server.now, NEW, 40), 0);
}

Test(module, a_history_that_stands_elsewhere_is_left_alone)
{
    server.former[0] = 'x';
    cr_assert_eq(load(), MODULE_OK);
    set_upstream("h 1");
    cr_assert_eq(memcmp(server.now, NEW, 40), 0);
    cr_assert_str_eq(log_text, "follows h:1");
}

Test(module, a_replica_remembers_the_upstream_until_it_is_promoted)
{
    row.flags = REPLICA | MYSELF;
    cr_assert_eq(load(), MODULE_OK);
    set_upstream("h 1");
    cr_assert_str_eq(follows, "");
    expect(1, "waiting");
    row.flags = PRIMARY | MYSELF;
    tell(MODULE_EVENT_ROLE, MODULE_ROLE_PRIMARY);
    cr_assert_str_eq(follows, "h 1");
    row.flags = REPLICA | MYSELF;
    tell(MODULE_EVENT_ROLE, MODULE_ROLE_REPLICA);
    expect(1, "waiting");
}

Test(module, one_that_is_promoted_without_an_upstream_has_a_history_of_its_own)
{
    cr_assert_eq(load(), MODULE_OK);
    n_timers = 0;
    tell(MODULE_EVENT_ROLE, MODULE_ROLE_PRIMARY);
    pass_time();
    set_upstream("h 1");
    cr_assert_eq(memcmp(server.now, NEW, 40), 0);
}

Test(module, it_waits_for_slots_and_for_data_that_are_loaded)
{
    slots = "cluster_slots_assigned:16000\r\n";
    cr_assert_eq(load(), MODULE_OK);
    set_upstream("h 1");
    cr_assert_str_eq(follows, "");
    slots = "cluster_slots_assigned:16384\r\n";
    context_flags |= MODULE_FLAG_LOADING;
    pass_time();
    cr_assert_str_eq(follows, "");
    context_flags &= ~MODULE_FLAG_LOADING;
    pass_time();
    cr_assert_str_eq(follows, "h 1");
}

Test(module, data_are_loaded_without_the_mark_of_a_primary)
{
    cr_assert_eq(load(), MODULE_OK);
    set_upstream("h 1");
    tell(MODULE_EVENT_LOADING, MODULE_LOADING_STREAM);
    cr_assert_eq(row.flags, MYSELF, "keys that have expired are loaded, too");
    cr_assert_str_eq(set_upstream("h 2"), "data are being loaded");
    tell(MODULE_EVENT_LOADING, MODULE_LOADING_ENDED);
    cr_assert_eq(row.flags, MYSELF | PRIMARY);
}

Test(module, what_its_file_says_is_done_after_the_start)
{
    from_file = "h 1";
    context_flags |= MODULE_FLAG_LOADING;
    cr_assert_eq(load(), MODULE_OK);
    context_flags &= ~MODULE_FLAG_LOADING;
    pass_time();
    cr_assert_str_eq(follows, "h 1");
}

Test(module, what_is_no_address_is_refused)
{
    cr_assert_eq(load(), MODULE_OK);
    static const char *const wrong[] = {"h", "h x", "h 0", "h 65536", "h 1 2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_str_eq(set_upstream(wrong[i]), "an upstream is a host and a port, or nothing", "%s", wrong[i]);
    cr_expect_eq(configs[1].set("attached", NULL, NULL, NULL), MODULE_OK);
}

Test(module, all_nodes_hear_from_it_when_it_is_told_so_and_never_before)
{
    cr_assert_eq(load(), MODULE_OK);
    cr_expect_eq(hails, 0);
    cr_expect_eq(configs[3].set("hail", NULL, NULL, NULL), MODULE_OK);
    cr_expect_eq(hails, 1);
    expect(3, "");
}

/* ---- what a replica says of its version ---- */

/* The words of a command as the engine carries it out. */
static const char *filtered(int n, const char *const words[])
{
    static char text[100];
    struct module_filter f = {.n = n};
    *text = '\0';
    for (int i = 0; i < n; i++) f.words[i] = create_string(NULL, words[i], strlen(words[i]));
    filter(&f);
    for (int i = 0; i < n; i++) {
        strcat(strcat(text, i ? " " : ""), f.words[i]->text);
        free(f.words[i]);
    }
    return text;
}

#define FILTERED(...) filtered(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *const[]){__VA_ARGS__})

Test(module, replicas_of_valkey_call_themselves_older_and_nothing_else_is_changed)
{
    version = 0x080001;
    cr_assert_eq(load(), MODULE_OK);
    cr_assert_not_null(filter);
    cr_expect_str_eq(FILTERED("REPLCONF", "version", "8.0.1"), "REPLCONF version 7.2.0");
    cr_expect_str_eq(FILTERED("replconf", "capa", "eof", "VERSION", "8.0.1"), "replconf capa eof VERSION 7.2.0");
    cr_expect_str_eq(FILTERED("REPLCONF", "listening-port", "6379"), "REPLCONF listening-port 6379");
    cr_expect_str_eq(FILTERED("REPLCONF", "version"), "REPLCONF version");
    cr_expect_str_eq(FILTERED("SETRANGE", "version", "8", "x"), "SETRANGE version 8 x");
    cr_expect_str_eq(FILTERED("SET", "version", "8.0.1"), "SET version 8.0.1");
}

Test(module, other_releases_are_told_what_replicas_say)
{
    version = 0x070200;
    cr_assert_eq(load(), MODULE_OK);
    cr_expect_null(filter);
}

/* ---- engines that can't be attached ---- */

static void expect_unable(const char *why)
{
    char told[150];
    cr_assert_eq(load(), MODULE_OK, "it starts all the same");
    snprintf(told, sizeof told, "unable: %s", why);
    expect(1, told);
    cr_expect_str_eq(set_upstream("h 1"), why);
    cr_expect_str_eq(set_upstream(""), "");
}

Test(module, an_engine_without_cluster_mode_says_so)
{
    context_flags = 0;
    expect_unable("the engine does not run in cluster mode");
}

Test(module, a_release_that_is_not_known_is_left_alone)
{
    version = 0x070200;
    expect_unable("release 7.2 is not known; redis 7.0 and valkey 8.0, 8.1 and 9.1 are");
}

Test(module, in_one_that_is_left_alone_roles_change_and_data_are_loaded)
{
    version = 0x070200;
    from_file = "h 1";
    cr_assert_eq(load(), MODULE_OK);
    tell(MODULE_EVENT_ROLE, MODULE_ROLE_PRIMARY);
    tell(MODULE_EVENT_LOADING, MODULE_LOADING_STREAM);
}

Test(module, so_is_one_that_does_not_export_how_it_follows)
{
    version = 0x080000;
    expect_unable("the engine does not export how it follows");
}

Test(module, so_is_a_row_that_looks_otherwise)
{
    row.flags = PRIMARY | REPLICA | MYSELF;
    expect_unable("the node's row in Redis Cluster's table does not look as it should");
}

Test(module, an_engine_that_lacks_a_function_does_not_load_it)
{
    missing = "RedisModule_LoadConfigs";
    cr_assert_eq(load(), MODULE_ERROR);
}
