#include "main/options.h"
#include "base/buf.h"
#include "base/err.h"
#include "main/flags.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum command command_find(const char *name)
{
    for (size_t i = 0; i < n_commands; i++)
        if (strcmp(commands[i].name, name) == 0) return commands[i].command;
    return COMMAND_NONE;
}

/* 'source' is how the user spelt it: "--data-dir" or "MERIDIAN_DATA_DIR". */
static int set_flag(struct options *o, const struct flag *f, const char *source, const char *text, struct err *e)
{
    if (f->read(f, text, (char *)o + f->offset)) return 0;
    return err_set(e, ERR_USAGE, "%s \"%.80s\": expected %s", source, text, f->wants);
}

/* One value after the other, with commas between. */
static int set_all_values(struct options *o, const struct flag *f, const char *source, const char *text, struct err *e)
{
    char one[OPTION_PATH_SIZE];
    int r = 0;
    while (r == 0 && *text) {
        size_t n = strcspn(text, ",");
        snprintf(one, sizeof one, "%.*s", (int)n, text);
        if (n) r = set_flag(o, f, source, one, e);
        text += n + (text[n] == ',');
    }
    return r;
}

static uint64_t flag_bit(const struct flag *f)
{
    return UINT64_C(1) << (f - flags);
}

/* Everything of the command that the environment or a default tells. */
static int set_from_environment(struct options *o, struct err *e)
{
    char name[64];
    for (const struct flag *f = flags; f < flags + n_flags; f++) {
        if (!flag_is_of(f, o->command)) continue;
        const char *text = getenv(flag_env_name(f, name));
        if (text == NULL || *text == '\0') text = f->otherwise;
        else o->given |= flag_bit(f);
        int r = text == NULL ? 0 : f->repeats ? set_all_values(o, f, name, text, e) : set_flag(o, f, name, text, e);
        if (r) return r;
    }
    return 0;
}

static int set_default_data_dir(struct options *o, struct err *e)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool agent = o->command == COMMAND_AGENT;
    int n;
    if (*o->data_dir) return 0;
    if (state != NULL && *state == '/') n = snprintf(o->data_dir, sizeof o->data_dir, "%s/meridian", state);
    else if (home != NULL && *home == '/') n = snprintf(o->data_dir, sizeof o->data_dir, "%s/.local/state/meridian", home);
    else n = snprintf(o->data_dir, sizeof o->data_dir, "meridian-data");
    if (agent && (size_t)n < sizeof o->data_dir)
        n += snprintf(o->data_dir + n, sizeof o->data_dir - (size_t)n, "/regions/%s", o->region);
    return (size_t)n < sizeof o->data_dir ? 0 : err_set(e, ERR_USAGE, "the home directory's name is too long: use --data-dir");
}

static int check_needed(const struct options *o, struct err *e)
{
    char name[64];
    for (const struct flag *f = flags; f < flags + n_flags; f++) {
        bool needed = flag_is_of(f, o->command) && f->otherwise == NULL && f->computed == NULL;
        if (needed && *((const char *)o + f->offset) == '\0')
            return err_set(e, ERR_USAGE, "%s needs --%s %s (or %s)", command_info(o->command)->name, f->name, f->argument,
                flag_env_name(f, name));
    }
    return 0;
}

/* The first of several values replaces those of the environment. */
static int set_given_flag(
    struct options *o, const struct flag *f, const char *spelt, const char *text, uint64_t *given, struct err *e)
{
    if (f->repeats && !(*given & flag_bit(f))) *((char *)o + f->offset) = '\0';
    *given |= flag_bit(f);
    o->given |= flag_bit(f);
    return set_flag(o, f, spelt, text, e);
}

/* "--name=value" or "--name value"; moves *i to the last argument it used. */
static int set_from_argument(struct options *o, int argc, char **argv, int *i, uint64_t *given, struct err *e)
{
    const char *text = argv[*i];
    size_t n = strcspn(text, "=");
    for (const struct flag *f = flags; f < flags + n_flags; f++) {
        char spelt[64];
        bool named = (size_t)snprintf(spelt, sizeof spelt, "--%s", f->name) == n && strncmp(spelt, text, n) == 0;
        if (!named || !flag_is_of(f, o->command)) continue; /* two commands may have flags of one name, each its own */
        if (text[n] == '=') return set_given_flag(o, f, spelt, text + n + 1, given, e);
        if (f->bare && (*i + 1 == argc || strncmp(argv[*i + 1], "--", 2) == 0))
            return set_given_flag(o, f, spelt, f->bare, given, e);
        if (++*i == argc) return err_set(e, ERR_USAGE, "%s needs a value: %s", spelt, f->wants);
        return set_given_flag(o, f, spelt, argv[*i], given, e);
    }
    return err_set(e, ERR_USAGE, "%s does not know \"%.80s\"; meridian help %s lists its flags", command_info(o->command)->name,
        text, command_info(o->command)->name);
}

static int add_word(struct options *o, const char *word, struct err *e)
{
    if (o->n_ids == OPTION_IDS_MAX) return err_set(e, ERR_USAGE, "no more than %d words at a time", OPTION_IDS_MAX);
    o->ids[o->n_ids++] = word;
    return 0;
}

static bool asks_for_help(const char *text)
{
    return strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0;
}

static int read_flags(struct options *o, int argc, char **argv, struct err *e)
{
    for (int i = 2; i < argc; i++) {
        if (!asks_for_help(argv[i])) continue;
        *o = (struct options){.command = COMMAND_HELP, .topic = o->command};
        return 0;
    }
    uint64_t given = 0;
    int r = set_from_environment(o, e);
    for (int i = 2; r == 0 && i < argc; i++) {
        bool word = command_info(o->command)->words && strncmp(argv[i], "-", 1) != 0;
        r = word ? add_word(o, argv[i], e) : set_from_argument(o, argc, argv, &i, &given, e);
    }
    if (r == 0) r = check_needed(o, e);
    bool about_init = strcmp(o->wanted, "init") == 0; /* of wait: it is about no resource */
    if (r == 0 && about_init && o->n_ids)
        r = err_set(e, ERR_USAGE, "wait --for init takes no %s", command_info(o->command)->words);
    if (r == 0 && command_info(o->command)->words && o->n_ids == 0 && !about_init)
        r = err_set(e, ERR_USAGE, "%s needs %s", command_info(o->command)->name, command_info(o->command)->words);
    return r ? r : set_default_data_dir(o, e);
}

static int read_topic(struct options *o, int argc, char **argv, struct err *e)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--markdown") == 0) o->form = HELP_MARKDOWN;
        else if (strcmp(argv[i], "--man") == 0) o->form = HELP_MAN;
        else if ((o->topic = command_find(argv[i])) == COMMAND_NONE)
            return err_set(e, ERR_USAGE, "there is no command \"%.80s\"; meridian help lists them", argv[i]);
    }
    return 0;
}

void options_idle(const struct options *o, struct buf *b)
{
    for (const struct flag *f = flags; f < flags + n_flags; f++) {
        if (!(o->given & flag_bit(f)) || !flag_is_of(f, o->command)) continue;
        if (f->needs_ports && o->addressing != ADDRESSING_PORTS)
            buf_printf(b, "--%s has no effect without --addressing ports\n", f->name);
        if (o->ephemeral == EPHEMERAL_ON && strcmp(f->name, "data-dir") == 0)
            buf_printf(b, "--%s has no effect with --ephemeral\n", f->name);
        if (o->init[0] == '\0' && strcmp(f->name, "init-strict") == 0)
            buf_printf(b, "--%s has no effect without --init\n", f->name);
    }
}

int options_read(struct options *o, int argc, char **argv, struct err *e)
{
    *o = (struct options){0};
    if (argc < 2) return 0;
    if (asks_for_help(argv[1])) o->command = COMMAND_HELP;
    else if (strcmp(argv[1], "--version") == 0) o->command = COMMAND_VERSION;
    else o->command = command_find(argv[1]);
    switch (o->command) {
    case COMMAND_SERVE:
    case COMMAND_AGENT:
    case COMMAND_WAIT:
    case COMMAND_HEALTH:
    case COMMAND_ENGINE_CHECK: return read_flags(o, argc, argv, e);
    case COMMAND_HELP: return read_topic(o, argc, argv, e);
    case COMMAND_VERSION: return 0;
    default: return err_set(e, ERR_USAGE, "there is no command \"%.80s\"; meridian help lists them", argv[1]);
    }
}
