#include "agent/node/folder.h"
#include <stdio.h>
#include <unistd.h>

const char *node_path(const struct node *n, const char *file, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s", n->dir, file);
    return out;
}

bool node_has_file(const struct node *n, const char *file)
{
    char path[PATH_MAX];
    return file != NULL && access(node_path(n, file, path), F_OK) == 0;
}

void node_unlink(const struct node *n, const char *file)
{
    char path[PATH_MAX];
    if (file != NULL) unlink(node_path(n, file, path));
}
