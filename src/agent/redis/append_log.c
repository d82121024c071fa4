#include "agent/redis/append_log.h"
#include "agent/node/folder.h"
#include "agent/node/saved.h"
#include "agent/os/file.h"
#include "agent/redis/conf.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* How the engine names the parts of an append-only file (since Redis 7.0): the list of parts, and the first base, in the format of snapshots. */
#define FOLDER "appendonlydir"
#define BASE "appendonly.aof.1.base.rdb"
#define LIST "appendonly.aof.manifest"
static const char first_list[] = "file " BASE " seq 1 type b\n";

bool append_log_is_kept(const struct proto_node_order *o)
{
    for (size_t i = 0; i < o->settings.n; i++)
        if (strcmp(o->settings.items[i].name, "appendonly") == 0) return strcmp(o->settings.items[i].value, "yes") == 0;
    return false;
}

/* The list of parts comes last: without it the folder holds no append-only file. */
int append_log_prepare(struct node *n, struct err *e)
{
    char folder[PATH_MAX], dump[PATH_MAX], base[PATH_MAX], list[PATH_MAX];
    if (!append_log_is_kept(n->order) || !node_has_saved(n)) return 0;
    int r = file_remove_tree(node_path(n, FOLDER, folder), e);
    if (!r) r = file_mkdirs(folder, e);
    if (r) return r;
    if (link(node_path(n, CONF_DUMP, dump), node_path(n, FOLDER "/" BASE, base)) != 0)
        return err_set(e, ERR_IO, "%s can't become the base of the append-only file: %s", dump, strerror(errno));
    return file_replace(node_path(n, FOLDER "/" LIST, list), first_list, sizeof first_list - 1, e);
}
