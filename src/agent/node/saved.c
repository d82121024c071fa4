#include "agent/node/saved.h"
#include "agent/node/fit.h"
#include "agent/node/folder.h"
#include "agent/os/file.h"
#include "base/clock.h"
#include <stdio.h>
#include <sys/stat.h>

void node_drop_unfinished(const struct node *n)
{
    node_unlink_all(n, "temp-");
}

void node_mark_saved(struct node *n)
{
    char path[PATH_MAX];
    struct err e;
    node_drop_unfinished(n);
    node_unlink(n, n->kind->data_file);
    node_unlink(n, NODE_UNSAVED);
    n->unsaved_ms = 0;
    node_fit_saved_anew(n);
    n->keys_left_out = 0;
    file_replace(node_path(n, NODE_SAVED, path), "", 0, &e);
}

bool node_has_saved(const struct node *n)
{
    return node_has_file(n, NODE_SAVED) && node_has_file(n, n->kind->data_file);
}

void node_drop_saved(struct node *n)
{
    node_unlink(n, NODE_SAVED);
    node_unlink(n, n->kind->data_file);
}

void node_find_unsaved(struct node *n)
{
    struct stat st;
    char path[PATH_MAX];
    if (stat(node_path(n, NODE_UNSAVED, path), &st) == 0) n->unsaved_ms = st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

/* A name takes no room, which a disk that is full has none of. */
void node_mark_unsaved(struct node *n)
{
    char from[PATH_MAX], to[PATH_MAX];
    struct err e;
    node_unlink(n, n->kind->data_file);
    if (rename(node_path(n, NODE_SAVED, from), node_path(n, NODE_UNSAVED, to)) != 0) file_replace(to, "", 0, &e);
    n->unsaved_ms = clock_now_ms();
    node_find_unsaved(n);
}

void node_data_loaded(struct node *n)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!node_has_file(n, NODE_SAVED)) return;
    node_unlink(n, NODE_SAVED);
    if (n->order && n->order->seed) return node_unlink(n, n->kind->data_file); /* it may be another name of a snapshot's file */
    rename(node_path(n, n->kind->data_file, from), node_path(n, "loaded.rdb", to));
}

bool node_is_to_load(const struct node *n)
{
    return node_has_file(n, NODE_SAVED);
}
