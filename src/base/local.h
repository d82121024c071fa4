#pragma once
#include "base/err.h"
#include <stdbool.h>
/*
 * Unix sockets between processes of one user, under a name in a folder that is that
 * user's alone. The folder's path may be longer than a socket's address can be, so the
 * socket is reached through a descriptor of the folder.
 */
enum { LOCAL_PATH_SIZE = 64 };

/* A descriptor of the folder, for local_path(); the caller closes it. -1 with errno if there is none, or it is not this user's alone. */
int local_folder(const char *path);
/* The path of the socket of that name in the folder, for bind() and connect() while the descriptor is open. */
void local_path(int folder, const char *name, char out[LOCAL_PATH_SIZE]);
/*
 * Listens at that name in the folder, with mode 0600, in place of what an earlier process has left there. 0 or ERR_IO. The caller
 * must have locked the folder against other processes.
 */
int local_listen(const char *folder, const char *name, int *fd, struct err *e);
/* True if the name is a socket of this user, and no symbolic link. */
bool local_is_ours(int folder, const char *name);
/* True if a process of this user has opened the other end of the connection (SO_PEERCRED). */
bool local_peer_is_ours(int fd);
