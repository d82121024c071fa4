#include "agent/redis/tally.h"
#include "agent/redis/state.h"
#include "base/log.h"
#include "base/task.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct task tally_task = {"count of writes that nobody else has",
    {
        [TALLY_REST] = {"rest",
            TASK_TO(TALLY_ASKED) | TASK_TO(TALLY_KNOWN) | TASK_TO(TALLY_UNKNOWN)}, /* waits for the order, and for the fence */
        [TALLY_ASKED] = {"asked", TASK_TO(TALLY_READS) | TASK_TO(TALLY_UNKNOWN)},  /* waits for word that the stream follows */
        [TALLY_READS] = {"reads", TASK_TO(TALLY_KNOWN) | TASK_TO(TALLY_UNKNOWN)},  /* waits for the end of the stream */
        [TALLY_KNOWN] = {"known", TASK_TO(TALLY_REST)},                            /* waits for another order */
        [TALLY_UNKNOWN] = {"unknown", TASK_TO(TALLY_REST)}, /* waits for another order: the stream is not there any more */
    }};

static struct tally *tally_of(const struct node *n)
{
    return &redis_of(n)->tally;
}

static void move_to_state(struct node *n, enum tally_state to)
{
    struct tally *t = tally_of(n);
    bool linked = to == TALLY_ASKED || to == TALLY_READS;
    task_move(&tally_task, n->id, &t->state, (int)to);
    if (!linked) {
        rconn_close(t->conn);
        t->conn = NULL;
    }
    assert((t->conn != NULL) == linked);
    if (to == TALLY_KNOWN) log_info("node %s: %lld writes from offset %lld on", n->id, (long long)t->writes, (long long)t->from);
    if (to == TALLY_UNKNOWN) log_warn("node %s: its writes from offset %lld on can't be counted", n->id, (long long)t->from);
    if (to == TALLY_KNOWN || to == TALLY_UNKNOWN) node_changed(n);
}

void tally_forget(struct node *n)
{
    rconn_close(tally_of(n)->conn);
    *tally_of(n) = (struct tally){0};
}

/* ---- the stream ---- */

static int64_t decimal_length(size_t n)
{
    return snprintf(NULL, 0, "%zu", n);
}

/* What a command takes in the stream: an array of strings, as RESP writes it. */
static int64_t command_length(const struct redisReply *r)
{
    int64_t length = 3 + decimal_length(r->elements);
    for (size_t i = 0; i < r->elements; i++) length += 5 + decimal_length(r->element[i]->len) + (int64_t)r->element[i]->len;
    return length;
}

/* What keeps the stream going, or holds other commands together, writes nothing. */
static bool is_write(const char *command)
{
    static const char *const others[] = {"PING", "REPLCONF", "SELECT", "MULTI", "EXEC"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcasecmp(command, others[i]) == 0) return false;
    return true;
}

static bool is_command(const struct redisReply *r)
{
    bool whole = r->type == REDIS_REPLY_ARRAY && r->elements > 0;
    for (size_t i = 0; whole && i < r->elements; i++) whole = r->element[i]->type == REDIS_REPLY_STRING;
    return whole;
}

static void take_command(struct node *n, const struct redisReply *r)
{
    struct tally *t = tally_of(n);
    int64_t end = redis_of(n)->info.offset + 1;
    if (!is_command(r)) return move_to_state(n, TALLY_UNKNOWN);
    t->at += command_length(r);
    t->writes += is_write(r->element[0]->str);
    if (t->at > end) move_to_state(n, TALLY_UNKNOWN); /* it was no command that began there */
    if (t->at == end) move_to_state(n, TALLY_KNOWN);
}

/* ---- the connection ---- */

static void ask_stream(struct node *n)
{
    char from[24];
    snprintf(from, sizeof from, "%lld", (long long)tally_of(n)->from);
    rconn_follow(tally_of(n)->conn, 3, (const char *const[]){"PSYNC", redis_of(n)->info.replid, from});
}

/* An engine that has another answer still to send refuses PSYNC. */
static void stream_connected(void *arg)
{
    struct node *n = arg;
    if (!redis_log_in(n, tally_of(n)->conn)) ask_stream(n);
}

/* Any other answer but "+CONTINUE" means that the stream does not go back that far. */
static void stream_answered(void *arg, const struct redisReply *r)
{
    struct node *n = arg;
    if (tally_of(n)->state == TALLY_READS) return take_command(n, r);
    if (r->type == REDIS_REPLY_STATUS && strcmp(r->str, "OK") == 0) return ask_stream(n); /* of AUTH */
    bool continues = r->type == REDIS_REPLY_STATUS && redis_says(r, "CONTINUE");
    move_to_state(n, continues ? TALLY_READS : TALLY_UNKNOWN);
}

static void stream_ended(void *arg, const char *why)
{
    struct node *n = arg;
    (void)why;
    tally_of(n)->conn = NULL;
    move_to_state(n, TALLY_UNKNOWN);
}

/* ---- the order ---- */

/* Asks for the stream, unless there is nothing in it, or it does not go back that far. */
static void begin_tally(struct node *n)
{
    static const struct rconn_events events = {.up = stream_connected, .reply = stream_answered, .down = stream_ended};
    const struct replication_info *i = &redis_of(n)->info;
    struct tally *t = tally_of(n);
    *t = (struct tally){.from = n->order->count_from.v, .at = n->order->count_from.v};
    if (i->offset == t->from - 1) return move_to_state(n, TALLY_KNOWN);
    bool kept = i->kept_from > 0 && i->kept_from <= t->from && t->from <= i->offset && i->replid[0] != '\0';
    if (kept) t->conn = redis_open(n, &events, n);
    move_to_state(n, t->conn ? TALLY_ASKED : TALLY_UNKNOWN);
}

void tally_look(struct node *n)
{
    struct tally *t = tally_of(n);
    const struct redis *x = redis_of(n);
    bool wanted = n->order->count_from.set && x->info.role == ROLE_PRIMARY && x->fence == FENCE_ON && !x->info_old;
    if (t->state != TALLY_REST && (!wanted || t->from != n->order->count_from.v)) {
        if (t->state == TALLY_ASKED || t->state == TALLY_READS) move_to_state(n, TALLY_UNKNOWN);
        move_to_state(n, TALLY_REST);
    }
    if (wanted && t->state == TALLY_REST) begin_tally(n);
}

void tally_see(const struct node *n, struct proto_node_seen *out)
{
    const struct tally *t = tally_of(n);
    if (t->state != TALLY_KNOWN && t->state != TALLY_UNKNOWN) return;
    out->counted_from = OPT_INT(t->from);
    if (t->state == TALLY_KNOWN) out->counted = OPT_INT(t->writes);
}
