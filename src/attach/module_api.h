#pragma once
#include <stddef.h>
#include <stdint.h>
/*
 * The part of the engines' module interface (API version 1) that this module uses. Redis 7.0 and Valkey 8.0 hand their functions out by
 * name, "RedisModule_" and the name here, through a function whose address stands at the start of the context that
 * the module's entry gets. Both document these functions for authors of modules.
 */
struct module_ctx;
struct module_string;
struct module_reply;
struct module_info;
struct module_filter;
struct module_filter_handle;

enum { MODULE_OK = 0, MODULE_ERROR = 1, MODULE_API_VERSION = 1 };
enum { MODULE_REPLY_ERROR = 1 };
/* Flags of a context: what module_flags() answers. */
enum { MODULE_FLAG_CLUSTER = 1 << 5, MODULE_FLAG_LOADING = 1 << 13, MODULE_FLAG_ASYNC_LOADING = 1 << 23 };
/* How a configuration is shown and set. */
enum { MODULE_CONFIG_IMMUTABLE = 1 << 0, MODULE_CONFIG_HIDDEN = 1 << 4 };

/* An event of the server, and what of it has happened. */
struct module_event {
    uint64_t id, version;
};
enum { MODULE_EVENT_ROLE = 0, MODULE_EVENT_LOADING = 3, MODULE_EVENT_LOOP = 15 };
enum { MODULE_ROLE_PRIMARY = 0, MODULE_ROLE_REPLICA = 1 };
enum { MODULE_LOADING_FILE = 0, MODULE_LOADING_STREAM = 2, MODULE_LOADING_ENDED = 3, MODULE_LOADING_FAILED = 4 };

typedef void module_event_handler(struct module_ctx *ctx, struct module_event event, uint64_t what, void *data);
typedef void module_command_filter(struct module_filter *f);
typedef void module_timer_handler(struct module_ctx *ctx, void *data);
typedef struct module_string *module_config_get(const char *name, void *data);
typedef int module_config_set(const char *name, struct module_string *value, void *data, struct module_string **error);
typedef int module_config_apply(struct module_ctx *ctx, void *data, struct module_string **error);

/* name, what it returns, what it takes: the pointers are filled by module_api_load(). */
#define MODULE_FUNCTIONS(X)                                                                                                  \
    X(SetModuleAttribs, void, (struct module_ctx *, const char *name, int version, int api))                                 \
    X(Log, void, (struct module_ctx *, const char *level, const char *format, ...))                                          \
    X(GetServerVersion, int, (void))                                                                                         \
    X(GetContextFlags, int, (struct module_ctx *))                                                                           \
    X(GetMyClusterID, const char *, (void))                                                                                  \
    X(GetServerInfo, struct module_info *, (struct module_ctx *, const char *section))                                       \
    X(FreeServerInfo, void, (struct module_ctx *, struct module_info *))                                                     \
    X(ServerInfoGetFieldC, const char *, (struct module_info *, const char *field))                                          \
    X(Call, struct module_reply *, (struct module_ctx *, const char *command, const char *format, ...))                      \
    X(CallReplyType, int, (struct module_reply *))                                                                           \
    X(CallReplyStringPtr, const char *, (struct module_reply *, size_t * size))                                              \
    X(FreeCallReply, void, (struct module_reply *))                                                                          \
    X(CreateString, struct module_string *, (struct module_ctx *, const char *bytes, size_t size))                           \
    X(FreeString, void, (struct module_ctx *, struct module_string *))                                                       \
    X(StringPtrLen, const char *, (const struct module_string *, size_t *size))                                              \
    X(CreateTimer, uint64_t, (struct module_ctx *, int64_t delay_ms, module_timer_handler *, void *data))                    \
    X(SubscribeToServerEvent, int, (struct module_ctx *, struct module_event, module_event_handler *))                       \
    X(RegisterCommandFilter, struct module_filter_handle *, (struct module_ctx *, module_command_filter *, int flags))       \
    X(CommandFilterArgsCount, int, (struct module_filter *))                                                                 \
    X(CommandFilterArgGet, const struct module_string *, (struct module_filter *, int at))                                   \
    X(CommandFilterArgReplace, int, (struct module_filter *, int at, struct module_string *value))                           \
    X(RegisterStringConfig, int,                                                                                             \
        (struct module_ctx *, const char *name, const char *value, unsigned flags, module_config_get *, module_config_set *, \
            module_config_apply *, void *data))                                                                              \
    X(SendClusterMessage, int, (struct module_ctx *, const char *node, uint8_t type, const char *bytes, uint32_t size))      \
    X(GetDetachedThreadSafeContext, struct module_ctx *, (struct module_ctx *))                                              \
    X(LoadConfigs, int, (struct module_ctx *))

#define MODULE_DECLARE(name, result, arguments) extern result(*Module##name) arguments;
MODULE_FUNCTIONS(MODULE_DECLARE)
#undef MODULE_DECLARE

/* Fetches the functions and names the module. MODULE_ERROR if the engine lacks one: then none may be called. */
int module_api_load(struct module_ctx *ctx, const char *name, int version);
