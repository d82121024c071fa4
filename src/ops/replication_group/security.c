#include "ops/replication_group/security.h"
#include "base/digest.h"
#include "catalog/limits.gen.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/replication_group/access.h"
#include "plan/encryption.h"
#include <assert.h>
#include <ctype.h>
#include <string.h>

/* Since that version the engine changes to TLS and back while it runs. */
#define ONLINE_SINCE "7.0.5"

static bool is_given(const char *text)
{
    return text && text[0];
}

/* ---- encryption in transit ---- */

static int check_online(struct op *op, const char *engine_version)
{
    if (version_compare(engine_version, ONLINE_SINCE) >= 0) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
        "Transit encryption mode is not supported for engine version %s. Please use engine version " ONLINE_SINCE " or higher.",
        engine_version);
}

static int check_preferred(struct op *op, const char *engine_version, bool access_control)
{
    if (access_control)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "Transit encryption preferred is not supported with redis access control.");
    return check_online(op, engine_version);
}

/* What TransitEncryptionMode says of encryption that is on. */
static enum encryption_mode mode_asked(const char *mode)
{
    return is_given(mode) ? word_of(&words_encryption_mode, mode) : ENCRYPTION_REQUIRED;
}

int rg_security_read(struct op *op, const struct api_create_replication_group_in *in, const struct engine_version *v,
    struct row_replication_group *rg)
{
    bool on = request_flag(in->transit_encryption_enabled, false);
    rg->transit_encryption = on ? mode_asked(in->transit_encryption_mode) : ENCRYPTION_NONE;
    if (!on && in->transit_encryption_mode)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "To modify transit encryption mode, set encryption-in-transit as enabled.");
    if (!on) return 0;
    if (in->primary_cluster_id)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Encryption in transit can't be turned on while a replication group is made from an existing cache cluster.");
    if (!engine_version_has(v, ENGINE_FEATURE_ENCRYPTION))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Encryption features are not supported for engine version %s. Please use engine version %s", v->full,
            engine_features[ENGINE_FEATURE_ENCRYPTION][v->engine->id]);
    if (rg->transit_encryption != ENCRYPTION_PREFERRED) return 0;
    return check_preferred(op, v->full, is_given(in->auth_token) || in->user_group_ids.n);
}

/* What a request for the modes is about, and where it would lead. */
struct move {
    enum encryption_mode from, to;
    bool asked;
};

static int read_move(struct op *op, const struct api_modify_replication_group_in *in, struct move *m)
{
    const char *mode = in->transit_encryption_mode;
    m->asked = in->transit_encryption_enabled.set || mode;
    m->to = m->from;
    bool on = request_flag(in->transit_encryption_enabled, m->from != ENCRYPTION_NONE);
    if (mode && !on)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "To modify transit encryption mode, set encryption-in-transit as enabled.");
    if (!on) m->to = ENCRYPTION_NONE;
    else if (mode || m->from == ENCRYPTION_NONE) m->to = mode_asked(mode);
    return 0;
}

/* Clients with TLS and without must have a time in which both are served. */
static int check_move(struct op *op, const struct move *m)
{
    if (m->from == ENCRYPTION_NONE && m->to == ENCRYPTION_REQUIRED)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "To enable encryption-in-transit for an existing cluster, set TransitEncryptionMode to preferred first.");
    if (m->from == ENCRYPTION_REQUIRED && m->to == ENCRYPTION_NONE)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "To disable encryption-in-transit, set TransitEncryptionMode to preferred first.");
    return 0;
}

static int encryption_get(struct op *op, const char *region, const char *rg_id, struct row_encryption *out)
{
    struct row_encryption *row;
    int r = q_encryption_get(op->store, op->arena, region, rg_id, &row, op->err);
    *out = r == 0 && row ? *row : (struct row_encryption){.region = region, .rg_id = rg_id};
    return r;
}

static int change_mode(
    struct op *op, const struct api_modify_replication_group_in *in, const struct row_replication_group *rg, bool *busy)
{
    struct row_encryption row;
    struct move m = {.from = rg->transit_encryption};
    bool groups;
    int r = read_move(op, in, &m);
    if (r || !m.asked) return r;
    r = encryption_get(op, rg->region, rg->id, &row);
    if (r == 0) r = rg_access_has(op, rg, &groups);
    if (r == 0 && (row.token || groups))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Modification of transit encryption is not supported for access control enabled clusters.");
    if (r || m.from == m.to) return r;
    r = check_online(op, rg->engine_version);
    if (r == 0) r = check_move(op, &m);
    if (r == 0 && !in->apply_immediately.v)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Transit encryption can only be modified with ApplyImmediately set to true.");
    row.next_mode = m.to;
    *busy = true;
    return r ? r : q_encryption_put(op->store, &row, op->err);
}

/* ---- AUTH tokens ---- */

static int check_needs_tls(struct op *op, const struct row_replication_group *rg)
{
    if (rg->transit_encryption == ENCRYPTION_NONE)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "The AUTH token is only supported when encryption-in-transit is enabled");
    return rg->transit_encryption == ENCRYPTION_PREFERRED ? check_preferred(op, rg->engine_version, true) : 0;
}

static bool has_proper_length(const char *token)
{
    size_t n = strlen(token);
    return n >= LIMIT_AUTH_TOKEN_MIN && n <= LIMIT_AUTH_TOKEN_MAX;
}

/* Source: the user guide names these specials for new replication groups … */
static bool is_proper_at_creation(const char *token)
{
    for (const char *p = token; *p; p++)
        if (!isascii((unsigned char)*p) || !(isalnum((unsigned char)*p) || strchr("!&#$^<>-", *p))) return false;
    return has_proper_length(token);
}

/* … and allows all but these where a token is changed. */
static bool is_proper(const char *token)
{
    for (const char *p = token; *p; p++)
        if (!isascii((unsigned char)*p) || !isgraph((unsigned char)*p) || strchr("/\"@%", *p)) return false;
    return has_proper_length(token);
}

int rg_security_check_access(
    struct op *op, const struct api_create_replication_group_in *in, const struct row_replication_group *rg)
{
    if (in->user_group_ids.n && rg->transit_encryption == ENCRYPTION_NONE)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "User group based access control requires encryption-in-transit to be enabled on the replication group.");
    if (!is_given(in->auth_token)) return 0;
    int r = check_needs_tls(op, rg);
    if (r) return r;
    if (!is_proper_at_creation(in->auth_token)) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid AuthToken provided.");
    if (in->user_group_ids.n)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "User group can't be associated with auth token enabled. Pass AuthStrategy delete to proceed.");
    return 0;
}

static int find_primary_token(struct op *op, const char *global_id, struct row_encryption *primary)
{
    struct row_global_member *members;
    size_t n;
    int r = q_member_list(op->store, op->arena, global_id, &members, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++)
        if (members[i].role == MEMBER_PRIMARY) r = encryption_get(op, members[i].region, members[i].rg_id, primary);
    return r;
}

/* All members of a datastore ask for a token, or none does. Who is not given one has the primary's. */
static int join_tokens(struct op *op, const char *global_id, const struct row_replication_group *rg, struct row_encryption *row)
{
    struct row_encryption primary = {0};
    bool groups;
    int r = rg_access_has(op, rg, &groups);
    if (r == 0) r = find_primary_token(op, global_id, &primary);
    if (r) return r;
    if (primary.token ? groups : row->token != NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Cannot use the given parameters when creating new replication group in an existing global replication group.");
    if (row->token) return 0;
    row->token = primary.token;
    row->old_token = primary.old_token;
    return 0;
}

int rg_security_create(struct op *op, const char *auth_token, const char *global_id, const struct row_replication_group *rg)
{
    struct row_encryption row = {.region = rg->region, .rg_id = rg->id, .token_modified_ms = op->now_ms};
    if (is_given(auth_token)) row.token = digest_text(op->arena, auth_token);
    int r = global_id ? join_tokens(op, global_id, rg, &row) : 0;
    return r || row.token == NULL ? r : q_encryption_put(op->store, &row, op->err);
}

/*
 * This is what happens where no strategy is named (source: ModifyReplicationGroup, AuthTokenUpdateStrategy).
 * ElastiCache goes on to serve clients without a token where this is the first. No engine can: a user has a password or has none.
 */
static void rotate_token(const char *hash, struct row_encryption *row)
{
    if (row->token == NULL || strcmp(row->token, hash) != 0) row->old_token = row->token; /* a request may come twice */
    row->token = hash;
    row->token_change = TOKEN_ROTATING;
}

static int set_token(struct op *op, const char *hash, struct row_encryption *row)
{
    assert(row->token || row->old_token == NULL);
    if (row->old_token && strcmp(row->token, hash) != 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The AUTH token to set must be the one that was rotated to last.");
    row->token = hash;
    row->old_token = NULL;
    row->token_change = TOKEN_SETTING;
    return 0;
}

static int delete_token(struct op *op, struct row_encryption *row)
{
    if (row->token == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Auth token update strategy delete is not supported currently");
    row->token = row->old_token = NULL;
    row->token_change = TOKEN_SETTING;
    return 0;
}

static int check_strategy(struct op *op, const char *token, const char *strategy)
{
    if (strategy && strcmp(strategy, "DELETE") == 0) {
        if (!is_given(token)) return 0;
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "AuthToken can't be given with the AuthTokenUpdateStrategy DELETE.");
    }
    if (token == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "AuthTokenUpdateStrategy can't be given without AuthToken.");
    if (is_proper(token)) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid AUTH token provided. Please check valid AUTH token format.");
}

/* A replication group goes over from one to the other in one request: what it has in the end counts. */
static int check_alone(struct op *op, const struct row_replication_group *rg, const struct row_encryption *row)
{
    bool groups;
    int r = rg_access_has(op, rg, &groups);
    if (r == 0 && groups && rg->transit_encryption == ENCRYPTION_PREFERRED) return check_preferred(op, rg->engine_version, true);
    if (r || !groups || row->token == NULL) return r;
    return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
        "User group can't be associated with auth token enabled. Pass AuthStrategy delete to proceed.");
}

static int write_token(struct op *op, const struct api_modify_replication_group_in *in, const struct row_replication_group *rg,
    struct row_encryption *row, bool *busy)
{
    const char *token = in->auth_token, *strategy = in->auth_token_update_strategy;
    bool had = row->token != NULL;
    int r = check_needs_tls(op, rg);
    if (r == 0) r = check_strategy(op, token, strategy);
    if (r) return r;
    if (strategy && strcmp(strategy, "DELETE") == 0) r = delete_token(op, row);
    else if (strategy && strcmp(strategy, "SET") == 0) r = set_token(op, digest_text(op->arena, token), row);
    else rotate_token(digest_text(op->arena, token), row);
    /* A member of a datastore goes on to ask for a token, or to ask for none, as all of them do. */
    if (r == 0 && had != (row->token != NULL)) r = check_outside_global(op, rg, FAULT_INVALID_PARAMETER_VALUE);
    row->token_modified_ms = op->now_ms;
    *busy = true;
    return r ? r : q_encryption_put(op->store, row, op->err);
}

static int change_token(struct op *op, const struct api_modify_replication_group_in *in, const struct row_replication_group *rg,
    bool *busy, bool *void_ask)
{
    struct row_encryption row;
    const char *token = in->auth_token, *strategy = in->auth_token_update_strategy;
    bool asked = token || strategy;
    int r = encryption_get(op, rg->region, rg->id, &row);
    /* After an import Terraform sends the token that its configuration does not have, with its own default strategy. */
    bool nothing = token && !*token && row.token == NULL && (strategy == NULL || strcmp(strategy, "DELETE") != 0);
    *void_ask |= nothing;
    if (r == 0 && asked && !nothing) r = write_token(op, in, rg, &row, busy);
    return r ? r : check_alone(op, rg, &row);
}

int rg_security_has_token(struct op *op, const char *region, const char *rg_id, bool *out)
{
    struct row_encryption row;
    int r = encryption_get(op, region, rg_id, &row);
    *out = row.token != NULL;
    return r;
}

int rg_security_change(struct op *op, const struct api_modify_replication_group_in *in, const struct row_replication_group *rg,
    bool *busy, bool *void_ask)
{
    int r = change_mode(op, in, rg, busy);
    return r ? r : change_token(op, in, rg, busy, void_ask);
}
