#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
struct node;
struct redisReply;
/*
 * A snapshot is the engine's own BGSAVE: its child writes a file aside, syncs it and
 * renames it to dump.rdb, from where it goes to the shelf at once. A process without a
 * snapshot under way never leaves a dump.rdb behind, and one that is stopped loses the
 * child's file first (node_mark_saved), so neither is ever taken for the other.
 *
 * An agent that comes back does not know since when a child has been at work: it waits
 * for its end and takes the snapshot anew.
 */
enum save_state { SAVE_IDLE, SAVE_ASKED, SAVE_WRITING };

struct save {
    int state;               /* enum save_state */
    char id[104];            /* of the snapshot */
    int64_t since, begin_at; /* since when it is under way; when to try to begin it */
    int64_t look_at;         /* when to ask whether it is at work still */
    long log_from;           /* the process's log has what went wrong from here on */
};

void redis_save_forget(struct node *n);
void redis_save_log_cut(struct node *n, long size);
/* Whether BGSAVE is to be asked for, or what became of it; when to look again, in ms of the loop's clock, 0: need not. */
bool redis_save_is_due(const struct node *n);
bool redis_save_look_is_due(const struct node *n);
int64_t redis_save_at(const struct node *n);
/* True if the file was there, and went to the shelf. */
bool redis_save_has_ended(struct node *n);
/* The answer to what was asked will not come. */
void redis_save_unanswered(struct node *n);
/* STEP_SAVE, STEP_SAVE_LOOK */
void redis_ask_save(struct node *n);
void redis_saving(struct node *n, const struct redisReply *r);
void redis_save_refused(struct node *n, const struct redisReply *r);
void redis_save_seen(struct node *n, const struct redisReply *r);
/* Of the end of a process: struct engine_kind. */
int64_t redis_written(const struct node *n);
void redis_why_not_saved(const struct node *n, char *out, size_t size);
