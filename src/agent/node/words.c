#include "agent/node/words.h"
#include "agent/node/core.h"
#include "agent/node/folder.h"
#include "agent/os/file.h"
#include "agent/os/log_file.h"
#include "agent/os/names.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { TAIL = 2048 };

long node_log_size(const struct node *n)
{
    struct stat st;
    char path[PATH_MAX];
    return stat(node_path(n, NODE_LOG, path), &st) == 0 ? (long)st.st_size : 0;
}

long node_log_end(const struct node *n)
{
    char path[PATH_MAX];
    return log_file_bound(node_path(n, NODE_LOG, path));
}

void node_bound_log(struct node *n)
{
    if (n->proc == NULL) return;
    long end = node_log_end(n);
    if (n->log_from > end) n->log_from = 0;
    if (n->ending.log_from > end) n->ending.log_from = 0;
    if (n->kind->log_cut) n->kind->log_cut(n, end);
}

/* ---- its last words ---- */

void node_lines_since(const struct node *n, long from, struct buf *out)
{
    char path[PATH_MAX];
    file_tail(node_path(n, NODE_LOG, path), from, TAIL, out);
}

void node_last_lines(const struct node *n, struct buf *out)
{
    node_lines_since(n, n->log_from, out);
}

bool node_leave_out(struct node *n)
{
    char name[64];
    _buf_ struct buf log = {0};
    node_last_lines(n, &log);
    if (log.len == 0 || n->order == NULL) return false;
    if (n->kind->wrong_rule && n->kind->wrong_rule(n, log.data)) return true;
    n->kind->wrong_setting(log.data, name);
    for (size_t i = 0; i < n->order->settings.n; i++) {
        if (strcmp(n->order->settings.items[i].name, name) != 0 || names_has(&n->left_out, name)) continue;
        names_add(&n->left_out, name);
        log_warn("node %s: %s refuses the setting %s, which is left out", n->id, n->kind->program, name);
        return true;
    }
    return false;
}

/* The last line that is not empty, without its end, without the mark " # " of a warning and what stands before it, and without what it may quote. */
static const char *last_line(struct buf *log)
{
    while (log->len > 0 && log->data[log->len - 1] <= ' ') log->data[--log->len] = '\0';
    char *end = strrchr(log->data, '\n'), *line = end != NULL ? end + 1 : log->data, *mark = strstr(line, " # ");
    if (mark != NULL) line = mark + 3;
    line[strcspn(line, "'\"")] = '\0';
    return line;
}

bool node_last_words(struct node *n, char *out, size_t size)
{
    char name[64];
    _buf_ struct buf log = {0};
    node_last_lines(n, &log);
    if (log.len == 0) return false;
    n->kind->wrong_setting(log.data, name);
    if (name[0]) snprintf(out, size, "%s refuses its configuration at %s", n->kind->program, name);
    else if (!node_has_run(n)) snprintf(out, size, "%s: %s", n->kind->program, last_line(&log));
    return strstr(log.data, "Address already in use") != NULL;
}
