#include "catalog/access_string.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reader {
    struct arena *arena;
    bool valkey, all_commands;
    bool has_state, has_base;
};

static bool is_any(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0) return true;
    return false;
}

/* ---- names ---- */

static int compare_acl_name(const void *key, const void *row)
{
    return strcmp(key, ((const struct acl_name *)row)->name);
}

static bool is_known(const struct reader *r, const struct acl_name *table, size_t n, const char *name)
{
    const struct acl_name *found = bsearch(name, table, n, sizeof *table, compare_acl_name);
    return found && (!found->valkey || r->valkey);
}

static bool knows_command(const struct reader *r, const char *name)
{
    return is_known(r, acl_commands, n_acl_commands, name);
}

/* A command of its own, or that of subcommands: in the table those stand right behind it. */
static bool has_subcommands(const char *command)
{
    const struct acl_name *found = bsearch(command, acl_commands, n_acl_commands, sizeof *acl_commands, compare_acl_name);
    size_t n = strlen(command);
    for (const struct acl_name *p = found; p && p < acl_commands + n_acl_commands; p++)
        if (strncmp(p->name, command, n) == 0 && p->name[n] == '|') return true;
    return false;
}

/* COMMAND|SUBCOMMAND; of a command without any, its first argument may be allowed, but not forbidden. */
static bool knows_part(const struct reader *r, const char *name, const char *bar, bool allowed)
{
    const char *command = arena_strndup(r->arena, name, (size_t)(bar - name));
    if (!knows_command(r, command) || bar[1] == '\0' || strchr(bar + 1, '|')) return false;
    return has_subcommands(command) ? knows_command(r, name) : allowed;
}

static bool is_restricted(const char *name)
{
    for (const char *const *p = restricted_commands; *p; p++) {
        size_t n = strlen(*p);
        if (strncmp(name, *p, n) == 0 && (name[n] == '\0' || name[n] == '|')) return true;
    }
    return false;
}

/* "+script" gives "script|debug" as well. */
static bool gives_restricted(const char *rule, size_t n)
{
    static const char all[] = "allcommands";
    if (n == sizeof all - 1 && strncmp(rule, all, n) == 0) return true;
    if (n < 2 || *rule != '+') return false;
    bool gives = rule[1] == '@';
    for (const char *const *p = restricted_commands; *p && !gives; p++)
        gives = strncasecmp(rule + 1, *p, n - 1) == 0 && ((*p)[n - 1] == '|' || (*p)[n - 1] == '\0');
    return gives;
}

bool access_string_is_wide(const char *word)
{
    if (*word != '(') return false;
    const char *end = word + strlen(word) - 1;
    for (const char *p = word + 1; p < end;) {
        size_t n = strcspn(p, " ");
        if (p + n > end) n = (size_t)(end - p);
        if (gives_restricted(p, n)) return true;
        p += n + 1;
    }
    return false;
}

/* ---- words ---- */

static const char *check_command(struct reader *r, const char *word)
{
    char *copy = arena_strdup(r->arena, word + 1);
    for (char *p = copy; *p; p++) *p = (char)tolower((unsigned char)*p);
    const char *name = copy, *bar = strchr(name, '|');
    if (*name == '@') {
        if (strcmp(name, "@all") == 0) r->has_base = true;
        if (strcmp(name, "@all") == 0 || is_known(r, acl_categories, n_acl_categories, name + 1)) return NULL;
        return arena_printf(r->arena, "there is no category of commands %s", word + 1);
    }
    if (!r->all_commands && is_restricted(name)) return arena_printf(r->arena, "the command %s is restricted", word + 1);
    bool known = bar ? knows_part(r, name, bar, *word == '+') : knows_command(r, name);
    return known ? NULL : arena_printf(r->arena, "there is no command %s", word + 1);
}

/* db=0,2: numbers of databases. */
static bool ends_word(char c)
{
    return c == '\0' || c == ' ' || c == ')';
}

static bool is_database_list(const char *word)
{
    if (strncmp(word, "db=", 3) != 0) return false;
    for (const char *p = word + 3;; p++) {
        size_t n = strspn(p, "0123456789");
        if (n == 0 || n > 9) return false;
        p += n;
        if (*p != ',') return ends_word(*p);
    }
}

bool access_string_limits_databases(const char *word)
{
    static const char reset[] = "resetdbs";
    size_t n = sizeof reset - 1;
    return (strncmp(word, reset, n) == 0 && ends_word(word[n])) || is_database_list(word);
}

/* Whatever may stand in a selector as well as outside. */
static const char *check_rule(struct reader *r, const char *word)
{
    static const char *const plain[] = {"allkeys", "resetkeys", "allchannels", "resetchannels", NULL};
    static const char *const patterns[] = {"~", "&", "%R~", "%W~", "%RW~", "%WR~", NULL};
    if (strcmp(word, "allcommands") == 0 || strcmp(word, "nocommands") == 0) r->has_base = true;
    else if (*word == '+' || *word == '-') return check_command(r, word);
    else if (r->valkey && (access_string_limits_databases(word) || strcmp(word, "alldbs") == 0)) return NULL;
    else if (!is_any(word, plain)) {
        for (const char *const *p = patterns; *p; p++)
            if (strncmp(word, *p, strlen(*p)) == 0 && word[strlen(*p)]) return NULL;
        return arena_printf(r->arena, "%s is none of its words", *word && strchr("><#!", *word) ? "a password" : word);
    }
    return NULL;
}

static const char *check_selector(struct reader *r, const char *selector)
{
    char *inside = arena_strndup(r->arena, selector + 1, strlen(selector) - 2), *rest = NULL;
    struct reader own = *r;
    for (char *word = strtok_r(inside, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        const char *bad = check_rule(&own, word);
        if (bad) return bad;
    }
    return NULL;
}

static const char *check_text(const char *text)
{
    int depth = 0;
    for (const char *p = text; *p; p++) {
        if (iscntrl((unsigned char)*p)) return "it has control characters";
        if (*p == '"' || *p == '\'') return "it has quotes";
        bool at_start = p == text || p[-1] == ' ', at_end = p[1] == '\0' || p[1] == ' ';
        if (*p == '(' && at_start) depth++;
        if (*p == ')' && at_end && depth) depth--;
        if (depth > 1) return "its parentheses don't match";
    }
    return depth == 0 ? NULL : "its parentheses don't match";
}

/* Ends of a selector: its closing parenthesis is the next that ends a word. */
static size_t word_length(const char *p)
{
    if (*p != '(') return strcspn(p, " ");
    size_t n = 1;
    while (!(p[n] == ')' && (p[n + 1] == ' ' || p[n + 1] == '\0'))) n++;
    return n + 1;
}

static void split_words(struct arena *a, const char *text, struct access_string *out)
{
    /* Two more than there can be: "off" and "-@all". */
    *out = (struct access_string){.words = arena_array(a, const char *, strlen(text) / 2 + 3)};
    for (const char *p = text + strspn(text, " "); *p; p += strspn(p, " ")) {
        size_t n = word_length(p);
        out->words[out->n++] = arena_strndup(a, p, n);
        p += n;
    }
}

/* ---- the normal form ---- */

static void insert_word(struct access_string *s, size_t at, const char *word)
{
    memmove(s->words + at + 1, s->words + at, (s->n - at) * sizeof *s->words);
    s->words[at] = word;
    s->n++;
}

static size_t first_command(const struct access_string *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (strchr("+-(", *s->words[i])) return i;
    return s->n;
}

const char *access_string_read(struct arena *a, const char *text, bool valkey, bool all_commands, struct access_string *out)
{
    struct reader r = {.arena = a, .valkey = valkey, .all_commands = all_commands};
    const char *bad = check_text(text);
    if (bad) return bad;
    split_words(a, text, out);
    for (size_t i = 0; i < out->n; i++) {
        const char *word = out->words[i];
        bool state = strcmp(word, "on") == 0 || strcmp(word, "off") == 0;
        r.has_state |= state;
        bad = *word == '(' ? check_selector(&r, word) : state ? NULL : check_rule(&r, word);
        if (bad) return bad;
    }
    if (!r.has_base) insert_word(out, first_command(out), "-@all");
    if (!r.has_state) insert_word(out, 0, "off");
    return NULL;
}

const char *access_string_text(struct arena *a, const struct access_string *s)
{
    size_t size = 1;
    for (size_t i = 0; i < s->n; i++) size += strlen(s->words[i]) + 1;
    char *text = arena_alloc(a, size), *p = text;
    for (size_t i = 0; i < s->n; i++) {
        if (i) *p++ = ' ';
        p = stpcpy(p, s->words[i]);
    }
    *p = '\0';
    return text;
}
