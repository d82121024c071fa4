#include "ops/core/id.h"
#include "ops/user/user.h"
#include <ctype.h>
#include <string.h>

/* DescribeUsers: the stored users with the predefined one in its place, those that pass the filters. */

/* Filters are named as members of a user are, and in the style of other services: UserId, user-id. */
static bool is_named(const char *given, const char *name)
{
    for (; *given; given++) {
        if (*given == '-') continue;
        if (tolower((unsigned char)*given) != tolower((unsigned char)*name++)) return false;
    }
    return *name == '\0';
}

static const char *user_member(const struct row_user *u, const char *name)
{
    if (is_named(name, "UserId")) return u->id;
    if (is_named(name, "UserName")) return u->name;
    if (is_named(name, "Engine")) return u->engine;
    return is_named(name, "Status") ? user_status_text(u->status) : NULL;
}

static int check_filters(struct op *op, const struct api_filter_list *filters)
{
    const struct row_user any = {.id = "", .name = "", .engine = "", .status = USER_ACTIVE};
    for (size_t i = 0; i < filters->n; i++)
        if (user_member(&any, filters->items[i].name) == NULL)
            return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
                "There is no filter %s; there are UserId, UserName, Engine and Status.", filters->items[i].name);
    return 0;
}

static bool has_value(const struct api_filter *f, const char *value)
{
    for (size_t i = 0; i < f->values.n; i++)
        if (strcasecmp(f->values.items[i], value) == 0) return true;
    return false;
}

static bool user_passes(const struct api_describe_users_in *in, const struct row_user *u)
{
    if (in->engine && in->engine[0] && strcasecmp(in->engine, u->engine) != 0) return false;
    for (size_t i = 0; i < in->filters.n; i++)
        if (!has_value(&in->filters.items[i], user_member(u, in->filters.items[i].name))) return false;
    return true;
}

/* The first users after that id, in the order of their ids: 'most' of them, and one more at most. */
static int read_users(struct op *op, const char *after, int64_t most, const struct row_user ***out, size_t *n_out)
{
    struct row_user *rows, *standard;
    size_t n, at = 0;
    int r = q_user_page(op->store, op->arena, op->region->name, after, most, &rows, &n, op->err);
    if (r == 0) r = user_get(op, "default", &standard);
    if (r) return r;
    const struct row_user **all = arena_array(op->arena, const struct row_user *, n + 1);
    bool due = strcmp(standard->id, after) > 0;
    for (size_t i = 0; i < n; i++) {
        if (due && strcmp(standard->id, rows[i].id) < 0) {
            all[at++] = standard;
            due = false;
        }
        all[at++] = &rows[i];
    }
    if (due) all[at++] = standard;
    *out = all;
    *n_out = at;
    return 0;
}

static int describe_one(struct op *op, const struct api_describe_users_in *in, struct api_describe_users_out *out)
{
    struct row_user *u;
    int r = user_find(op, in->user_id, false, &u);
    if (r) return r;
    out->users = (struct api_user_list){.set = true, .items = arena_new(op->arena, struct api_user)};
    return user_passes(in, u) ? user_view(op, u, &out->users.items[out->users.n++]) : 0;
}

int op_describe_users(struct op *op, const struct api_describe_users_in *in, struct api_describe_users_out *out)
{
    struct page page;
    const struct row_user **all;
    size_t n;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r == 0) r = check_filters(op, &in->filters);
    if (r) return r;
    if (in->user_id) return describe_one(op, in, out);
    bool chosen = (in->engine && in->engine[0]) || in->filters.n > 0; /* then any number may have to be passed over */
    r = read_users(op, page.after, chosen ? INT64_MAX : page.n + 1, &all, &n);
    out->users = (struct api_user_list){.set = true, .items = arena_array(op->arena, struct api_user, page.n)};
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (!user_passes(in, all[i])) continue;
        if (out->users.n == (size_t)page.n) {
            out->marker = page_marker(op, out->users.items[page.n - 1].user_id);
            break;
        }
        r = user_view(op, all[i], &out->users.items[out->users.n++]);
    }
    return r;
}
