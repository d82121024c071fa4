#include "exports.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct exported_row row;
extern struct exported_row *myself;
struct exported_row *myself = &row;
struct exported_state server;
void replicationSetMaster(char *host, int port);
void replicationUnsetMaster(void);

char follows[80];

void replicationSetMaster(char *host, int port)
{
    snprintf(follows, sizeof follows, "%s %d", host, port);
}

void replicationUnsetMaster(void)
{
    *follows = '\0';
}

unsigned countKeysInSlot(unsigned slot);

unsigned countKeysInSlot(unsigned slot)
{
    return slot == 0 || slot == 7 || slot == 8 || slot == 16383;
}

const char *listed;
extern void *modules;
void *modules = &listed;
int dictDelete(void *dict, const void *key);
char *sdsnew(const char *text);
void sdsfree(char *text);

int dictDelete(void *dict, const void *key)
{
    cr_assert_eq(dict, (void *)&listed);
    if (listed == NULL || strcmp(listed, key) != 0) return 1;
    listed = NULL;
    return 0;
}

char *sdsnew(const char *text)
{
    return strdup(text);
}

void sdsfree(char *text)
{
    free(text);
}
