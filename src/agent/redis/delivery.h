#pragma once
#include <stdbool.h>
#include <stdint.h>
/*
 * The logs of a redis-server that its order has delivered: entries of its slow log and lines of its log, in JSON or as text, are appended
 * to files below LOGS_FOLDER of the region's folder. A file that has grown over LOG_FILE_MAX is begun anew, and the last of it kept
 * beside it. How far it has come stands in a note in the node's folder, so that the next agent, and the next process, go on there. What
 * was logged before somebody asked for it is not delivered. Source: the user guide's "Log delivery".
 */
struct node;
struct redisReply;

#define LOGS_FOLDER "Logs"

struct delivery {
    int64_t generation; /* of the order that is in force; 0: nothing is delivered */
    int64_t look_at;    /* ms of the loop's clock */
    bool known;         /* what follows is known of this process */
    int64_t
        slow_id; /* the last entry of the slow log that was delivered; -1: none of this process; SLOW_ID_UNKNOWN: begin behind what is there */
    long log_at; /* where the log's lines begin that were not delivered yet */
};

void delivery_forget(struct node *n);
/* The log was cut, and has 'size' bytes now. */
void delivery_log_cut(struct node *n, long size);
/* To be called on each beat of a process that is up: delivers what its log has. True if the slow log is to be asked for now. */
bool delivery_look(struct node *n);
/* The answer to SLOWLOG GET. */
void delivery_take_slow_log(struct node *n, const struct redisReply *r);
/* The number of the order that is in force. */
int64_t delivery_generation(const struct node *n);
