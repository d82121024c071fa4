#include "attach/module_api.h"

#define MODULE_DEFINE(name, result, arguments) result(*Module##name) arguments;
MODULE_FUNCTIONS(MODULE_DEFINE)

int module_api_load(struct module_ctx *ctx, const char *name, int version)
{
    int (*get)(const char *function, void *pointer) = *(int (**)(const char *, void *))(void *)ctx;
#define MODULE_FETCH(function, result, arguments) \
    if (get("RedisModule_" #function, (void *)&Module##function) != MODULE_OK) return MODULE_ERROR;
    MODULE_FUNCTIONS(MODULE_FETCH)
    ModuleSetModuleAttribs(ctx, name, version, MODULE_API_VERSION);
    return MODULE_OK;
}
