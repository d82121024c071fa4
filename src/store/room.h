#pragma once
#include <stdbool.h>
/*
 * Room on the disk that is kept for what must be stored although the disk is full: which node is primary, and what
 * was seen. It is part of the WAL from the start on, so no other program can take it in the moment that it is needed, and a
 * commit that fits into it needs nothing of the disk.
 */

/* Frames of the WAL after which it is checkpointed, and, where checkpoints find no room in the database, after which only passes may go on writing. */
enum { ROOM_CHECKPOINT_FRAMES = 1000, ROOM_SHORT_FRAMES = 1250 };
/* The database file grows by this many bytes, so that most checkpoints need no room either; at the start, this much is ahead at least. */
enum { ROOM_CHUNK = 512 * 1024, ROOM_AHEAD = 256 * 1024 };

/* Takes the room: 8 MiB, or an eighth of what is free. Does nothing, but for a word in the log, where the file system can't. */
void room_take(const char *db_path);
/* True if the file system of the database has next to nothing left. */
bool room_is_gone(const char *db_path);
