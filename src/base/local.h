#pragma once
#include "base/err.h"
#include <stdbool.h>
/*
 * Unix sockets between processes of one user, by a name in a folder that is theirs
 * alone. A folder's path may be longer than the address of a socket can be, so that it
 * is reached through a descriptor of the folder.
 */
enum { LOCAL_PATH_SIZE = 64 };

/* A descriptor of the folder, for local_path(); the caller closes it. -1 (errno): there is none, or it is not this user's alone. */
int local_folder(const char *path);
/* The path of the socket of that name in the folder, for bind() and connect() while the descriptor is open. */
void local_path(int folder, const char *name, char out[LOCAL_PATH_SIZE]);
/*
 * Listens at that name in the folder, in place of what an earlier process has left there; mode 0600. ERR_IO. Only for whoever
 * has the folder to himself, by a lock.
 */
int local_listen(const char *folder, const char *name, int *fd, struct err *e);
/* True where the name stands for a socket of this user, and for no link to one elsewhere. */
bool local_is_ours(int folder, const char *name);
/* True where a process of this user has opened the other end of the connection (SO_PEERCRED). */
bool local_peer_is_ours(int fd);
