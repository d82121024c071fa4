#pragma once
#include <stdbool.h>
/*
 * Room on the disk that is kept for what must be stored even on a full disk: which node is primary, and what was seen. The room
 * is part of the WAL from the start on. So no other program can take it, and a commit that fits into it needs nothing of the disk.
 */

/* The WAL is checkpointed after so many frames. If checkpoints find no room in the database, only passes may write after ROOM_SHORT_FRAMES. */
enum { ROOM_CHECKPOINT_FRAMES = 1000, ROOM_SHORT_FRAMES = 1250 };
/* The database file grows by this many bytes, so that most checkpoints need no room either; at the start, this much is ahead at least. */
enum { ROOM_CHUNK = 512 * 1024, ROOM_AHEAD = 256 * 1024 };

/* Takes the room: 8 MiB, or an eighth of what is free. Where the file system can't allocate, it logs that and takes none. */
void room_take(const char *db_path);
/* True if the file system of the database is almost full. */
bool room_is_gone(const char *db_path);
