#include "ops/user/secret.h"
#include "base/digest.h"
#include "base/text.h"
#include "catalog/limits.gen.h"
#include <ctype.h>
#include <string.h>

/* Passwords of users: the rules they keep, and what is kept of them, which is their SHA-256. */

static int check_password(struct op *op, const char *p)
{
    size_t n = strlen(p);
    if (n < LIMIT_PASSWORD_MIN || n > LIMIT_PASSWORD_MAX)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Passwords length must be between %d-%d characters.",
            LIMIT_PASSWORD_MIN, LIMIT_PASSWORD_MAX);
    for (; *p; p++)
        if (!isgraph((unsigned char)*p) || strchr(",\"/@", *p))
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
                "Passwords may have printable ASCII characters only, and none of , \" / @ or spaces.");
    return 0;
}

static int hash_passwords(struct op *op, const struct string_list *passwords, const char **out)
{
    *out = "";
    if (passwords->n > LIMIT_PASSWORDS_PER_USER)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "A user can have at most %d passwords.", LIMIT_PASSWORDS_PER_USER);
    for (size_t i = 0; i < passwords->n; i++) {
        int r = check_password(op, passwords->items[i]);
        if (r) return r;
        const char *hash = digest_text(op->arena, passwords->items[i]);
        if (strstr(*out, hash) == NULL) *out = arena_printf(op->arena, "%s%s%s", *out, **out ? " " : "", hash);
    }
    return 0;
}

static int check_mode(struct op *op, const struct user_secrets *s, const char *type, bool passwords)
{
    if (!text_is(type, "password") && !text_is(type, "no-password-required") && !text_is(type, "iam"))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Input Authentication type: %s is not in the allowed list: [password,no-password-required,iam]", type);
    if (s->no_password.v && !text_is(type, "no-password-required"))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "No password required flag is true but provided authentication type is %s", type);
    if (passwords && !text_is(type, "password"))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "Password field is not allowed with authentication type: %s", type);
    if (!passwords && text_is(type, "password"))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "A user with Authentication Mode: password, must have at least one password");
    return 0;
}

static int check_combination(struct op *op, const struct user_secrets *s, const struct string_list *mode_passwords)
{
    if (mode_passwords && mode_passwords->n && s->passwords->n)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "Passwords can't be given both beside and in AuthenticationMode.");
    if (s->no_password.v && s->passwords->n && s->mode == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Passwords can't be given where no password is required.");
    return 0;
}

/* The service's word for what the request asks for; NULL where it asks for nothing. */
static const char *asked_type(const struct user_secrets *s, bool passwords)
{
    if (s->mode && s->mode->type) return s->mode->type;
    if (s->no_password.v) return "no-password-required";
    return passwords ? "password" : NULL;
}

static int check_iam(struct op *op, const struct row_user *u)
{
    if (u->authentication != AUTHENTICATION_IAM || strcasecmp(u->id, u->name) == 0) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "User Id and User name must be same for authentication type: iam");
}

int user_authenticate(struct op *op, const struct user_secrets *s, bool is_new, struct row_user *u)
{
    const struct string_list *in_mode = s->mode ? &s->mode->passwords : NULL;
    const struct string_list *passwords = in_mode && in_mode->n ? in_mode : s->passwords;
    const char *type = asked_type(s, passwords->n > 0);
    int r = check_combination(op, s, in_mode);
    if (r == 0 && type == NULL) {
        bool asks = is_new || (s->no_password.set && u->authentication == AUTHENTICATION_NO_PASSWORD);
        return !asks ? 0
                     : op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
                           "No password was provided. If you want to create/update the user without password, please use the "
                           "NoPasswordRequired flag.");
    }
    if (r == 0) r = check_mode(op, s, type, passwords->n > 0);
    if (r == 0) r = hash_passwords(op, passwords, &u->passwords);
    if (r) return r;
    u->authentication = text_is(type, "no-password-required") ? AUTHENTICATION_NO_PASSWORD : word_of(&words_authentication, type);
    return check_iam(op, u);
}
