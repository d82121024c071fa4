#pragma once
#include "base/buf.h"
#include "behaviour.h"

enum { STAGE_PORT = 6379, STAGE_BUS = 16379, STAGE_ENGINES = 8, STAGE_CONNS = 32, STAGE_VARIABLES = 16, STAGE_KILO = 1100 };

/* An answer as text, and as the lines that it holds. */
struct answer {
    struct buf text, lines;
};

enum { LATE_ANSWERS = 8 };

/* One connection of a behaviour: "a#2". */
struct stage_conn {
    struct stage *stage;
    char name[16];
    struct model_conn *conn; /* NULL once it is closed */
    struct answer late[LATE_ANSWERS];
    int n_late, awaited;
    bool closed;
    char why[160];
};

struct stage {
    struct model_world *w;
    enum model_kind kind;
    bool cluster;
    bool other; /* the behaviour is another program's alone */
    int64_t now;
    char dir[64];
    struct model_engine *engines[STAGE_ENGINES];
    bool ended[STAGE_ENGINES];
    int status[STAGE_ENGINES], signal[STAGE_ENGINES];
    struct stage_conn conns[STAGE_CONNS];
    int n_conns;
    struct {
        char name[32], value[160];
    } variables[STAGE_VARIABLES];
    int n_variables;
    char what[256]; /* the behaviour */
    char wrong[700];
    int line;
};

bool text_matches(const char *pattern, const char *text);
void text_of_reply(const struct redisReply *r, struct buf *out);
/* All that it holds, a line each. */
void lines_of_reply(const struct redisReply *r, struct buf *out);
bool text_has_line(const char *lines, const char *pattern);
/* Cuts in place; no more than 'most'. */
int text_words(char *line, char *words[], int most);
void text_expand(const struct stage *s, const char *line, struct buf *out);
/* behaviour.c */
void stage_begin(struct stage *s, enum model_kind kind, bool cluster, const char *what);
void behaviour_line(struct stage *s, const char *line, const char *const expected[], int n);
void stage_end(struct stage *s);
