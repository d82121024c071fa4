#include "attach/internals.h"
#include <assert.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

enum { NAME_LENGTH = 40, FLAG_PRIMARY = 1, FLAG_REPLICA = 2, FLAG_MYSELF = 16 };

/* What its follow function asks besides host and port. */
enum asks {
    ASKS_NOTHING,
    ASKS_FULL_SYNC, /* whether the history before must be forgotten */
    ASKS_BLOCKED,   /* that, and whether blocked clients are to be disconnected, as those before always did */
};

/* A release whose insides are known. */
struct release {
    int version; /* major and minor, as GetServerVersion() has them in its upper bytes */
    const char *follow, *follow_nobody;
    enum asks asks;
    size_t flags_at; /* bytes from the start of the node's row */
};

#define VALKEY(version, asks)                                                                                \
    {                                                                                                        \
        version, "replicationSetPrimary", "replicationUnsetPrimary", asks, sizeof(int64_t) + 2 * NAME_LENGTH \
    }
static const struct release releases[] = {
    {0x0700, "replicationSetMaster", "replicationUnsetMaster", ASKS_NOTHING, sizeof(int64_t) + NAME_LENGTH},
    VALKEY(0x0800, ASKS_FULL_SYNC),
    VALKEY(0x0801, ASKS_FULL_SYNC),
    VALKEY(0x0901, ASKS_BLOCKED),
};

static const struct release *release;
static void (*follow)(char *host, int port);
static void (*follow_asked)(char *host, int port, int full_sync);
static void (*follow_blocked)(char *host, int port, int full_sync, bool disconnect_blocked);
static void (*follow_nobody)(void);
static char **myself;
static char *server;
static size_t server_size;
static unsigned (*count_keys)(unsigned slot);
static void **modules;
static int (*dict_delete)(void *dict, const void *key);
static char *(*new_text)(const char *text); /* a text with its length before it, as keys of tables are */
static void (*free_text)(char *text);

static int *own_flags(void)
{
    assert(myself != NULL && *myself != NULL);
    return (int *)(void *)(*myself + release->flags_at);
}

static const char *find_release(void)
{
    static char unknown[80];
    int version = ModuleGetServerVersion();
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
        if (releases[i].version == version >> 8) release = &releases[i];
    if (release != NULL) return NULL;
    snprintf(unknown, sizeof unknown, "release %d.%d is not known; redis 7.0 and valkey 8.0, 8.1 and 9.1 are",
        version >> 16 & 255, version >> 8 & 255);
    return unknown;
}

/* dlsym() gives data and functions as one type. */
static bool find_symbol(const char *name, void *pointer)
{
    void *at = dlsym(RTLD_DEFAULT, name);
    memcpy(pointer, &at, sizeof at);
    return at != NULL;
}

/* The row is the node's own if it begins as it must: its name, and flags of a node that is itself a primary or a replica. */
static bool is_own_row(void)
{
    const char *name = ModuleGetMyClusterID();
    if (name == NULL || *myself == NULL || memcmp(*myself + sizeof(int64_t), name, NAME_LENGTH) != 0) return false;
    int flags = *own_flags();
    return (flags & FLAG_MYSELF) && !(flags & FLAG_PRIMARY) != !(flags & FLAG_REPLICA) && flags < 1 << 16;
}

const char *internals_find(struct module_ctx *ctx)
{
    Dl_info library;
    const ElfW(Sym) *symbol = NULL;
    if (!(ModuleGetContextFlags(ctx) & MODULE_FLAG_CLUSTER)) return "the engine does not run in cluster mode";
    const char *why = find_release();
    if (why != NULL) return why;
    void *const pointers[] = {[ASKS_NOTHING] = &follow, [ASKS_FULL_SYNC] = &follow_asked, [ASKS_BLOCKED] = &follow_blocked};
    bool follows = find_symbol(release->follow, pointers[release->asks]);
    if (!follows || !find_symbol(release->follow_nobody, &follow_nobody)) return "the engine does not export how it follows";
    if (!find_symbol("countKeysInSlot", &count_keys)) return "the engine does not export how many keys a slot has";
    if (!find_symbol("myself", &myself) || !find_symbol("server", &server)) return "the engine does not export its state";
    if (!dladdr1(server, &library, (void **)&symbol, RTLD_DL_SYMENT) || symbol == NULL || symbol->st_size == 0)
        return "the size of the engine's state is not told";
    server_size = symbol->st_size;
    return is_own_row() ? NULL : "the node's row in Redis Cluster's table does not look as it should";
}

bool internals_is_primary(void)
{
    return *own_flags() & FLAG_PRIMARY;
}

void internals_mark_primary(bool primary)
{
    assert(!(*own_flags() & FLAG_REPLICA));
    if (primary) *own_flags() |= FLAG_PRIMARY;
    else *own_flags() &= ~FLAG_PRIMARY;
}

void internals_follow(char *host, int port)
{
    if (release->asks == ASKS_BLOCKED) follow_blocked(host, port, 0, true);
    else if (release->asks == ASKS_FULL_SYNC) follow_asked(host, port, 0);
    else follow(host, port);
}

void internals_follow_nobody(void)
{
    follow_nobody();
}

bool internals_restore_history(const char *now, const char *former)
{
    assert(strlen(now) == NAME_LENGTH && strlen(former) == NAME_LENGTH);
    char *at = memmem(server, server_size, now, NAME_LENGTH + 1);
    if (at == NULL || at + 2 * (NAME_LENGTH + 1) > server + server_size) return false;
    if (memcmp(at + NAME_LENGTH + 1, former, NAME_LENGTH + 1) != 0) return false;
    memcpy(at, former, NAME_LENGTH);
    return true;
}

unsigned internals_count_keys(unsigned slot)
{
    return count_keys(slot);
}

bool internals_hide(const char *name)
{
    bool known = release != NULL && find_symbol("modules", &modules) && *modules != NULL &&
                 find_symbol("dictDelete", &dict_delete) && find_symbol("sdsnew", &new_text) &&
                 find_symbol("sdsfree", &free_text);
    if (!known) return false;
    char *key = new_text(name);
    bool hidden = dict_delete(*modules, key) == 0;
    free_text(key);
    return hidden;
}
