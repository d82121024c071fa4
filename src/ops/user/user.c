#include "ops/user/user.h"
#include "base/text.h"
#include "catalog/access_string.h"
#include "catalog/account_key.h"
#include "catalog/limits.gen.h"
#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/state.h"
#include "ops/core/tags.h"
#include "ops/user/secret.h"
#include "plan/moves.gen.h"
#include <assert.h>
#include <ctype.h>
#include <string.h>

#define PREDEFINED "default"

/* ---- rows ---- */

bool user_is_predefined(const struct row_user *u)
{
    return text_is(u->id, PREDEFINED);
}

static struct row_user *predefined_user(struct op *op)
{
    struct row_user *u = arena_new(op->arena, struct row_user);
    *u = (struct row_user){.region = op->region->name,
        .id = PREDEFINED,
        .account = op->account,
        .name = PREDEFINED,
        .engine = "redis",
        .status = USER_ACTIVE,
        .access_string = "on ~* +@all",
        .authentication = AUTHENTICATION_NO_PASSWORD,
        .passwords = ""};
    return u;
}

int user_get(struct op *op, const char *id, struct row_user **out)
{
    if (!text_is(id, PREDEFINED)) return q_user_get(op->store, op->arena, op->region->name, id, out, op->err);
    *out = predefined_user(op);
    return 0;
}

int user_find(struct op *op, const char *given, bool live, struct row_user **out)
{
    const char *id = id_fold(op, given);
    int r = user_get(op, id, out);
    if (r == 0 && (*out == NULL || (live && (*out)->status == USER_DELETING)))
        return op_fault(op, FAULT_USER_NOT_FOUND, "User %s not found.", id);
    return r;
}

static bool limits_databases(const char *access_string)
{
    for (const char *at = access_string; *at; at += strcspn(at, " ()"), at += strspn(at, " ()"))
        if (access_string_limits_databases(at)) return true;
    return false;
}

const char *user_min_version(const struct row_user *u)
{
    if (limits_databases(u->access_string)) return "9.1";
    if (text_is(u->engine, "valkey")) return "7.2";
    return u->authentication == AUTHENTICATION_IAM ? "7.0" : "6.0";
}

int user_view(struct op *op, const struct row_user *u, struct api_user *out)
{
    struct row_user_group_member *members;
    size_t n;
    int r = q_user_memberships(op->store, op->arena, u->region, u->id, &members, &n, op->err);
    if (r) return r;
    struct api_authentication *how = arena_new(op->arena, struct api_authentication);
    how->type = authentication_text(u->authentication);
    int64_t passwords = *u->passwords ? 1 : 0;
    for (const char *p = u->passwords; *p; p++) passwords += *p == ' ';
    if (passwords) how->password_count = OPT_INT(passwords);
    *out = (struct api_user){
        .user_id = u->id,
        .user_name = u->name,
        .status = user_status_text(u->status),
        .engine = u->engine,
        .minimum_engine_version = user_min_version(u),
        .access_string = u->access_string,
        .user_group_ids = {.set = true, .items = arena_array(op->arena, const char *, n)},
        .authentication = how,
        .arn = arn_of(op, u->account, "user", u->id),
    };
    for (size_t i = 0; i < n; i++)
        if (members[i].change != LINK_ADD &&
            !account_leads(members[i].group_id)) /* user groups of all accounts may have "default" */
            out->user_group_ids.items[out->user_group_ids.n++] = members[i].group_id;
    return 0;
}

/* ---- what a request says ---- */

int user_engine(struct op *op, const char *what, const char *given, const char **out)
{
    *out = strcasecmp(given, "valkey") == 0 ? "valkey" : "redis";
    if (strcasecmp(given, *out) == 0) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid Engine: %s. A %s's engine is redis or valkey.", given, what);
}

/* The engine takes names without spaces; what else is left out could be taken for something else in a file or a log. */
static int check_name(struct op *op, const char *name)
{
    for (const char *p = name; *p; p++)
        if (!isgraph((unsigned char)*p) || strchr("\"'\\", *p))
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
                "The parameter UserName may have printable ASCII characters only, and neither spaces, quotes nor backslashes.");
    if (strlen(name) > LIMIT_USER_NAME_MAX)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "The parameter UserName can have at most %d characters.", LIMIT_USER_NAME_MAX);
    if (strncmp(name, "meridian-", 9) == 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "User names that begin with meridian- are reserved for system use.");
    return 0;
}

static int check_selectors(struct op *op, const struct access_string *s)
{
    size_t wide = 0;
    for (size_t i = 0; i < s->n; i++) wide += access_string_is_wide(s->words[i]);
    if (wide <= WIDE_SELECTORS_MAX) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
        "An access string can have at most %d selectors that allow categories of commands.", WIDE_SELECTORS_MAX);
}

static int read_access(struct op *op, const char *text, struct row_user *u)
{
    struct access_string s;
    if (strlen(text) > LIMIT_ACCESS_STRING_MAX)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "An access string must be at most %d characters long.", LIMIT_ACCESS_STRING_MAX);
    const char *wrong = access_string_read(op->arena, text, text_is(u->engine, "valkey"), op->config->allow_restricted, &s);
    if (wrong) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The access string is not valid: %s.", wrong);
    int r = check_selectors(op, &s);
    if (r) return r;
    u->access_string = access_string_text(op->arena, &s);
    return 0;
}

/* ---- create ---- */

static int check_new_user(struct op *op, const char *id)
{
    struct row_user *other;
    bool has_room;
    int r = user_get(op, id, &other);
    if (r == 0 && other) return op_fault(op, FAULT_USER_ALREADY_EXISTS, "User %s already exists.", id);
    if (r == 0) r = region_find_room(op, &sql_table_user, q_user_count, LIMIT_USERS_PER_REGION, 1, &has_room);
    if (r == 0 && !has_room)
        return op_fault(op, FAULT_USER_QUOTA_EXCEEDED, "You can have at most %d users in this region.", LIMIT_USERS_PER_REGION);
    return r;
}

int op_create_user(struct op *op, const struct api_create_user_in *in, struct api_user *out)
{
    struct row_user u = {
        .region = op->region->name, .account = op->account, .name = in->user_name, .status = USER_ACTIVE, .passwords = ""};
    struct user_secrets s = {&in->passwords, in->no_password_required, in->authentication_mode};
    int r = id_check(op, "UserId", in->user_id, LIMIT_USER_ID_MAX, &u.id);
    if (r == 0) r = check_name(op, u.name);
    if (r == 0) r = user_engine(op, "user", in->engine, &u.engine);
    if (r == 0) r = check_new_user(op, u.id);
    if (r == 0) r = read_access(op, in->access_string, &u);
    if (r == 0) r = user_authenticate(op, &s, true, &u);
    if (r == 0) r = q_user_put(op->store, &u, op->err);
    if (r == 0 && in->tags.n) r = tags_put(op, arn_of(op, op->account, "user", u.id), &in->tags);
    if (r == 0) r = note_event(op, u.id, EVENT_USER_CREATED, u.id);
    return r ? r : user_view(op, &u, out);
}

/* ---- modify ---- */

static int check_active(struct op *op, const struct row_user *u, const char *done)
{
    if (user_is_predefined(u))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "User %s is predefined and cannot be %s.", u->id, done);
    if (u->status == USER_ACTIVE) return 0;
    return op_fault(op, FAULT_INVALID_USER_STATE, "User %s has status %s. Only active users can be %s.", u->id,
        user_status_text(u->status), done);
}

static int change_access(struct op *op, const struct api_modify_user_in *in, struct row_user *u)
{
    if (in->access_string && in->append_access_string)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "AccessString and AppendAccessString can't be used together.");
    if (in->access_string) return read_access(op, in->access_string, u);
    if (in->append_access_string == NULL) return 0;
    return read_access(op, arena_printf(op->arena, "%s %s", u->access_string, in->append_access_string), u);
}

/* The user group that a membership names. */
static int read_group(struct op *op, const struct row_user_group_member *m, struct row_user_group **out)
{
    int r = q_user_group_get(op->store, op->arena, m->region, m->group_id, out, op->err);
    assert(r || *out);
    return r;
}

/* A user of valkey may do what user groups of redis know nothing of. */
static int change_user_engine(struct op *op, const struct api_modify_user_in *in, struct row_user *u)
{
    struct row_user_group_member *members;
    struct row_user_group *g;
    size_t n;
    const char *engine;
    int r = in->engine ? user_engine(op, "user", in->engine, &engine) : 0;
    if (r || in->engine == NULL || text_is(engine, u->engine)) return r;
    if (text_is(engine, "redis"))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "The engine of user %s cannot be changed from valkey to redis.", u->id);
    r = q_user_memberships(op->store, op->arena, u->region, u->id, &members, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = read_group(op, &members[i], &g);
        if (r == 0 && text_is(g->engine, "redis"))
            return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
                "User %s is in user group %s, whose engine is redis: its own cannot be changed to valkey.", u->id, g->id);
    }
    u->engine = engine;
    return r;
}

/* A user group of valkey has no user who needs no password. */
static int check_memberships(struct op *op, const struct row_user *u)
{
    struct row_user_group_member *members;
    struct row_user_group *g;
    size_t n;
    if (u->authentication != AUTHENTICATION_NO_PASSWORD) return 0;
    int r = q_user_memberships(op->store, op->arena, u->region, u->id, &members, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = read_group(op, &members[i], &g);
        if (r == 0 && text_is(g->engine, "valkey"))
            return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
                "User %s is in user group %s, whose engine is valkey: it has to authenticate.", u->id, g->id);
    }
    return r;
}

int op_modify_user(struct op *op, const struct api_modify_user_in *in, struct api_user *out)
{
    struct row_user *u;
    struct user_secrets s = {&in->passwords, in->no_password_required, in->authentication_mode};
    int r = user_find(op, in->user_id, false, &u);
    if (r == 0) r = check_active(op, u, "modified");
    if (r == 0 && in->access_string == NULL && in->append_access_string == NULL && in->engine == NULL && in->passwords.n == 0 &&
        !in->no_password_required.set && in->authentication_mode == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "No modifications were requested");
    if (r == 0) r = change_user_engine(op, in, u);
    if (r == 0) r = change_access(op, in, u);
    if (r == 0) r = user_authenticate(op, &s, false, u);
    if (r == 0) r = check_memberships(op, u);
    if (r) return r;
    move_user_status(NULL, &u->status, USER_CHANGE_ASKED);
    r = q_user_put(op->store, u, op->err);
    return r ? r : user_view(op, u, out);
}

/* ---- delete ---- */

/* Leaves its user groups, each of which is changed by that. */
static int leave_group(struct op *op, const struct row_user *u, struct row_user_group_member *m)
{
    struct row_user_group *g;
    int r = read_group(op, m, &g);
    if (r == 0 && text_is(u->name, "default") && text_is(g->engine, "redis"))
        return op_fault(op, FAULT_DEFAULT_USER_ASSOCIATED_TO_USER_GROUP,
            "User %s is the default user of user group %s and cannot be deleted.", u->id, g->id);
    m->change = LINK_REMOVE;
    if (r == 0) r = q_user_group_member_put(op->store, m, op->err);
    if (r || g->status == USER_GROUP_DELETING) return r;
    move_user_group_status(NULL, &g->status, USER_GROUP_CHANGE_ASKED);
    return q_user_group_put(op->store, g, op->err);
}

int op_delete_user(struct op *op, const struct api_delete_user_in *in, struct api_user *out)
{
    struct row_user *u;
    struct row_user_group_member *members;
    size_t n;
    int r = user_find(op, in->user_id, false, &u);
    if (r == 0) r = check_active(op, u, "deleted");
    if (r == 0) r = q_user_memberships(op->store, op->arena, u->region, u->id, &members, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) r = leave_group(op, u, &members[i]);
    if (r) return r;
    move_user_status(NULL, &u->status, USER_DELETION_ASKED);
    r = q_user_put(op->store, u, op->err);
    if (r == 0) r = q_tag_delete_arn(op->store, arn_of(op, u->account, "user", u->id), op->err);
    return r ? r : user_view(op, u, out);
}
