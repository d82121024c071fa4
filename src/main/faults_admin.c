#include "main/faults_admin.h"
#include "base/buf.h"
#include "catalog/region.h"
#include "http/json.h"
#include <string.h>

bool faults_refuse(struct exchange *x, const struct faults_admin *f, bool changes)
{
    if (changes && admin_refuse(x, f->admin, !f->admin->local)) return true;
    if (f->control == NULL) json_answer_error(x, 503, "stopping");
    return f->control == NULL;
}

bool faults_read_flag(struct exchange *x, const char *name, bool *out)
{
    const char *text = http_param(x, name);
    bool yes = text && strcmp(text, "true") == 0;
    if (text == NULL) return true;
    *out = yes;
    if (yes || strcmp(text, "false") == 0) return true;
    json_answer_error(x, 400, "%s must be true or false.", name);
    return false;
}

void faults_answer_unknown_region(struct exchange *x, const char *name)
{
    _buf_ struct buf names = {0};
    for (size_t i = 0; i < n_regions; i++) buf_printf(&names, "%s%s", i ? ", " : "", regions[i].name);
    json_answer_error(x, 400, "There is no region \"%.40s\"; there are %s.", name, names.data);
}
