#include "agent/node/folder.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>
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

void node_unlink_all(const struct node *n, const char *prefix)
{
    DIR *d = opendir(n->dir);
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0) unlinkat(dirfd(d), entry->d_name, 0);
    if (d) closedir(d);
}
