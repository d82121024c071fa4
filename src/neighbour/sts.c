#include "base/arena.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "catalog/region.h"
#include "http/server.h"
#include "model/timestamp.h"
#include "neighbour/call.h"
#include <string.h>

/*
 * STS, as far as it is asked along the way: who the caller is, and credentials of a role. Where signatures are not looked at, the account of
 * a request is its access key where that has twelve digits: so the access key of a role's credentials is the role's account.
 */

#define NAMESPACE "https://sts.amazonaws.com/doc/2011-06-15/"

/* Of roles and sessions. */
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-"

enum { SHORTEST_S = 900, USUAL_S = 3600, LONGEST_S = 43200 };

static void answer_result(struct neighbour_call *c, const struct buf *result)
{
    struct buf b = {0};
    buf_printf(&b, "<%sResponse xmlns=\"" NAMESPACE "\"><%sResult>", c->action, c->action);
    buf_add(&b, result->data, result->len);
    buf_printf(&b, "</%sResult><ResponseMetadata>", c->action);
    xml_line(&b, "RequestId", c->id);
    buf_printf(&b, "</ResponseMetadata></%sResponse>", c->action);
    http_answer(c->x, 200, "text/xml", &b, (struct http_header[]){{"x-amzn-RequestId", c->id}, {0}});
}

static void answer_fault(struct neighbour_call *c, unsigned status, const char *code, const char *message)
{
    struct buf b = {0};
    buf_puts(&b, "<ErrorResponse xmlns=\"" NAMESPACE "\"><Error><Type>Sender</Type>");
    xml_line(&b, "Code", code);
    xml_line(&b, "Message", message);
    buf_puts(&b, "</Error>");
    xml_line(&b, "RequestId", c->id);
    buf_puts(&b, "</ErrorResponse>");
    http_answer(c->x, status, "text/xml", &b, (struct http_header[]){{"x-amzn-RequestId", c->id}, {0}});
}

static void answer_sts_fault(struct neighbour_call *c, const char *message)
{
    answer_fault(c, 400, "ValidationError", message);
}

/* No role says here whom it trusts: a verified caller may only assume those of his own account. */
static void answer_foreign_role(struct neighbour_call *c, const char *arn)
{
    answer_fault(c, 403, "AccessDenied",
        arena_printf(
            c->arena, "User: %s is not authorized to perform: sts:AssumeRole on resource: %.300s", c->scope->who->arn, arn));
}

static void get_caller_identity(struct neighbour_call *c)
{
    _buf_ struct buf b = {0};
    const struct identity *who = c->scope->who;
    const char *root = arena_printf(c->arena, "arn:%s:iam::%s:root", c->region->partition->name, c->scope->account);
    xml_line(&b, "Arn", who ? who->arn : root);
    xml_line(&b, "UserId", who ? who->id : c->scope->account);
    xml_line(&b, "Account", c->scope->account);
    answer_result(c, &b);
}

/* arn:PARTITION:iam::ACCOUNT:role/PATH/NAME */
static bool read_role(struct neighbour_call *c, const char *arn, const char **account, const char **name)
{
    const char *at = strstr(arn, ":iam::"), *slash = strrchr(arn, '/');
    if (strncmp(arn, "arn:", 4) != 0 || at == NULL || strlen(at) < 20 || strspn(at + 6, "0123456789") != 12) return false;
    if (strncmp(at + 18, ":role/", 6) != 0 || slash == NULL || slash[1] == '\0') return false;
    *account = arena_strndup(c->arena, at + 6, 12);
    *name = slash + 1;
    size_t n = strlen(*name);
    return n <= 64 && strspn(*name, NAME_LETTERS) == n;
}

static void put_credentials(struct neighbour_call *c, struct buf *b, const struct assumed_role *role)
{
    char end[TIMESTAMP_SIZE];
    const struct gate *g = c->gate;
    struct temporary_key key = {role->account, "test", c->id};
    if (g) key = g->assume(g->arg, c->scope, role, c->arena);
    timestamp_format(clock_now_ms() - clock_warped_ms() + role->seconds * 1000, end); /* clients look at their own clock */
    buf_puts(b, "<Credentials>");
    xml_line(b, "AccessKeyId", key.id);
    xml_line(b, "SecretAccessKey", key.secret);
    xml_line(b, "SessionToken", key.token);
    xml_line(b, "Expiration", end);
    buf_puts(b, "</Credentials>");
}

static void assume_role(struct neighbour_call *c)
{
    const char *arn = form_get(&c->form, "RoleArn"), *session = form_get(&c->form, "RoleSessionName");
    const char *duration = form_get(&c->form, "DurationSeconds"), *account, *role;
    int64_t seconds = USUAL_S;
    size_t n = session ? strlen(session) : 0;
    if (arn == NULL || !read_role(c, arn, &account, &role))
        return answer_sts_fault(c, arena_printf(c->arena, "%.300s is invalid", arn ? arn : "RoleArn"));
    if (n < 2 || n > 64 || strspn(session, NAME_LETTERS) != n)
        return answer_sts_fault(c,
            "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: [\\w+=,.@-]*");
    if (duration && !decimal_parse(duration, SHORTEST_S, LONGEST_S, &seconds))
        return answer_sts_fault(c,
            "1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: Member must have "
            "value between 900 and 43200");
    if (c->gate && strcmp(account, c->scope->account) != 0) return answer_foreign_role(c, arn);
    _buf_ struct buf b = {0};
    put_credentials(c, &b, &(struct assumed_role){account, role, session, seconds});
    buf_puts(&b, "<AssumedRoleUser>");
    xml_line(&b, "AssumedRoleId", arena_printf(c->arena, ASSUMED_ROLE_ID, role, session));
    xml_line(&b, "Arn",
        arena_printf(c->arena, "arn:%s:sts::%s:assumed-role/%s/%s", c->region->partition->name, account, role, session));
    buf_puts(&b, "</AssumedRoleUser><PackedPolicySize>0</PackedPolicySize>");
    answer_result(c, &b);
}

bool sts_answer(struct neighbour_call *c)
{
    if (strcmp(c->action, "GetCallerIdentity") == 0) get_caller_identity(c);
    else if (strcmp(c->action, "AssumeRole") == 0) assume_role(c);
    else return false;
    return true;
}
