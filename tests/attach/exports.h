#pragma once
#include <stdint.h>
/* What redis-server 7.0 exports of its insides, for a module that is loaded into this program: its symbols, and what became of them. */

struct exported_row {
    int64_t ctime;
    char name[40];
    int flags;
};
struct exported_state {
    char before[16], now[41], former[41], after[16];
};

extern struct exported_row row;
extern struct exported_state server;
extern char follows[80];   /* "HOST PORT", or "" */
extern const char *listed; /* in the engine's table of modules; NULL: none */
