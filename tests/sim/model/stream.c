#include "model_int.h"
#include <stdlib.h>
#include <string.h>

/* Replication ids, the backlog, and what goes through the stream. Source: src/replication.c of Redis 7.0. */

enum { SELECT_LEN = 23 };

/* ---- ids, and the backlog ---- */

void repl_new_id(struct model_engine *e)
{
    random_id(e->w, e->repl.replid);
}

void repl_clear_second_id(struct model_engine *e)
{
    memset(e->repl.replid2, '0', HEX_ID);
    e->repl.replid2[HEX_ID] = '\0';
    e->repl.second_offset = -1;
}

void repl_shift_id(struct model_engine *e)
{
    memcpy(e->repl.replid2, e->repl.replid, sizeof e->repl.replid2);
    e->repl.second_offset = e->repl.offset + 1;
    repl_new_id(e);
}

void repl_start_log(struct model_engine *e)
{
    struct backlog *b = &e->repl.log;
    free(b->entries);
    *b = (struct backlog){.active = true, .offset = e->repl.offset + 1};
}

void repl_stop_log(struct model_engine *e)
{
    free(e->repl.log.entries);
    e->repl.log = (struct backlog){0};
}

static void log_grow(struct backlog *b)
{
    if (b->first + b->n < b->cap) return;
    if (b->first > b->n) {
        memmove(b->entries, b->entries + b->first, b->n * sizeof *b->entries);
        b->first = 0;
        return;
    }
    b->cap = b->cap ? b->cap * 2 : 32;
    b->entries = realloc(b->entries, b->cap * sizeof *b->entries);
    if (b->entries == NULL) abort();
}

static void log_add(struct model_engine *e, const struct entry *entry)
{
    struct backlog *b = &e->repl.log;
    struct entry *last = b->n ? &b->entries[b->first + b->n - 1] : NULL;
    if (!b->active) return;
    b->histlen += entry->len;
    if (last && last->op.kind == OP_BYTES && entry->op.kind == OP_BYTES) last->len += entry->len;
    else {
        log_grow(b);
        b->entries[b->first + b->n++] = *entry;
    }
    for (int64_t most = conf_number(&e->conf, S_REPL_BACKLOG); b->histlen > most && b->n > 1;) {
        b->histlen -= b->entries[b->first].len;
        b->offset += b->entries[b->first].len;
        b->first++;
        b->n--;
    }
}

/* ---- what is done ---- */

void repl_apply(struct model_engine *e, const struct op *op)
{
    struct item *i;
    if (op->kind == OP_BYTES || op->kind == OP_GETACK) return;
    e->save.dirty++;
    if (op->kind == OP_FLUSH) return data_clear(&e->data);
    i = data_find(&e->data, op->key);
    if (op->kind == OP_DEL) {
        if (i) data_remove(&e->data, i);
        return;
    }
    if (op->kind == OP_SET) {
        bool is_new = i == NULL;
        i = data_put(&e->data, op->key);
        if (!is_new) e->data.bytes -= item_bytes(i);
        i->value = op->value;
        i->len = op->value_len;
        e->data.bytes += item_bytes(i);
        if (!op->keep_ttl) i->expires_ms = op->expires_ms;
    } else if (i) i->expires_ms = op->kind == OP_EXPIRE ? op->expires_ms : 0;
    if (i) i->used_at = e->w->now;
}

static void feed_entry(struct model_engine *e, const struct op *op, int64_t len, int64_t now)
{
    struct repl *r = &e->repl;
    struct entry entry = {.start = r->offset + 1, .len = len, .op = *op};
    r->offset += len;
    log_add(e, &entry);
    for (struct link *l = r->replicas, *next; l; l = next) {
        next = l->next;
        if (l->awaits_child && !l->in_transfer) continue; /* its data are not copied yet, and will hold this */
        link_add_entry(l, &entry);
        if (l->streams) link_send(l, true, NOTE_STREAM, r->offset, now);
    }
}

void repl_feed(struct model_engine *e, const struct op *op, int64_t len, int64_t now)
{
    struct repl *r = &e->repl;
    if (r->host != NULL || (!r->log.active && r->replicas == NULL)) return;
    if (op->kind != OP_BYTES && op->kind != OP_GETACK && !r->select_sent) {
        r->select_sent = true;
        feed_entry(e, &(struct op){.kind = OP_BYTES}, SELECT_LEN, now);
    }
    feed_entry(e, op, len, now);
}

void repl_pass(struct model_engine *e, const struct entry *entry, int64_t now)
{
    feed_entry(e, &entry->op, entry->len, now);
}
