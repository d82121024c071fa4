#pragma once
#include "base/index.h"
#include <stddef.h>
/* Ids of what may be otherwise than when somebody looked last, each once. Zeroed it is empty. */
struct dry_news {
    struct index known;
    char **ids; /* its own */
    size_t n, room;
};

void dry_news_add(struct dry_news *x, const char *id);
/* Somebody has looked at all of them. */
void dry_news_clear(struct dry_news *x);
void dry_news_fini(struct dry_news *x);
