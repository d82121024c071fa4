#include "attach/slot_states.h"
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_word(const struct module_string *s, const char *word)
{
    size_t size;
    const char *text = ModuleStringPtrLen(s, &size);
    return size == strlen(word) && strncasecmp(text, word, size) == 0;
}

/* Sees every command before it is carried out: nearly all of them differ in the length of their name. */
static void make_replicas_old(struct module_filter *f)
{
    static const char old[] = "7.2.0";
    int n = ModuleCommandFilterArgsCount(f);
    if (n < 3 || !is_word(ModuleCommandFilterArgGet(f, 0), "REPLCONF")) return;
    for (int i = 1; i + 1 < n; i += 2)
        if (is_word(ModuleCommandFilterArgGet(f, i), "version"))
            ModuleCommandFilterArgReplace(f, i + 1, ModuleCreateString(NULL, old, sizeof old - 1));
}

int slot_states_keep(struct module_ctx *ctx)
{
    if (ModuleGetServerVersion() >> 16 < 8) return MODULE_OK;
    return ModuleRegisterCommandFilter(ctx, make_replicas_old, 0) != NULL ? MODULE_OK : MODULE_ERROR;
}
