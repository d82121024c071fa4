#pragma once
#include "model_int.h"
/* What conf.c and config.c share: the table of settings. */

enum setting_kind { K_TEXT, K_BOOL, K_INT, K_BYTES, K_WORD, K_WORDS, K_BIND, K_SAVE, K_LIMITS, K_REPLICAOF };
/* HIDDEN: CONFIG GET tells it where it is asked for by its whole name. */
enum setting_flag { IMMUTABLE = 1, PROTECTED = 2, HIDDEN = 4 };

struct setting_row {
    const char *name, *alias;
    enum setting_kind kind;
    const char *otherwise;
    int64_t low, high;
    const char *words;
    unsigned flags;
};

int setting_count(void);
const struct setting_row *setting_row(int s);
int setting_find(const char *name);
/* NULL, or what the engine says of the value. */
const char *setting_set(struct conf *c, int s, const char *value);
int conf_cut(char *line, char *words[], int most);
