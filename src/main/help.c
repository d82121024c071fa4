#include "base/buf.h"
#include "catalog/engine_need.h"
#include "main/flags.h"
#include <string.h>

enum { HELP_COLUMN = 26, HELP_WIDTH = 100 };

static void pad_column(struct buf *b, size_t from, size_t to)
{
    for (; from < to; from++) buf_putc(b, ' ');
}

/* Adds words, in lines that begin and end where the help's right column does. */
static void put_wrapped(struct buf *b, const char *text, size_t column)
{
    while (*text) {
        size_t n = strcspn(text, " ");
        if (column > HELP_COLUMN && column + 1 + n > HELP_WIDTH) {
            buf_putc(b, '\n');
            pad_column(b, 0, HELP_COLUMN);
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            buf_putc(b, ' ');
            column++;
        }
        buf_add(b, text, n);
        column += n;
        text += n + (text[n] == ' ');
    }
}

static const char *default_of(const struct flag *f)
{
    return f->otherwise ? f->otherwise : f->computed;
}

static void put_flag(struct buf *b, const struct flag *f)
{
    _buf_ struct buf text = {0};
    size_t start = b->len;
    buf_printf(b, "  --%s %s", f->name, f->argument);
    if (b->len - start >= HELP_COLUMN) {
        buf_putc(b, '\n');
        start = b->len;
    }
    pad_column(b, b->len - start, HELP_COLUMN);
    buf_puts(&text, f->help);
    if (default_of(f)) buf_printf(&text, " [%s]", default_of(f));
    else buf_puts(&text, " (needed)");
    put_wrapped(b, text.data, HELP_COLUMN);
    buf_putc(b, '\n');
}

void options_help(struct buf *b, enum command topic)
{
    const struct command_info *about = command_info(topic);
    if (about != NULL && about->about != NULL) {
        buf_printf(b, "usage: meridian %s [FLAG...]%s%s\n\n%s\n", about->name, about->words ? " " : "",
            about->words ? about->words : "", about->about);
        buf_putc(b, '\n');
        for (const struct flag *f = flags; f < flags + n_flags; f++)
            if (flag_is_of(f, about->command)) put_flag(b, f);
        buf_puts(b, "\nEvery flag has a twin in the environment, --data-dir is MERIDIAN_DATA_DIR; the flag wins.\n");
        return;
    }
    buf_puts(b, "usage: meridian COMMAND [FLAG...]\n\nA local Amazon ElastiCache: the API, and real Redis behind it.\n\n");
    for (const struct command_info *c = commands; c < commands + n_commands; c++) {
        size_t start = b->len;
        buf_printf(b, "  %s", c->name);
        pad_column(b, b->len - start, 14);
        buf_printf(b, "%s\n", c->summary);
    }
}

/* A '|' would end the cell. */
static void put_cell(struct buf *b, const char *text)
{
    for (; *text; text++) {
        if (*text == '|') buf_putc(b, '\\');
        buf_putc(b, *text);
    }
}

static void put_exit_statuses(struct buf *b)
{
    buf_puts(b, "| Exit status | |\n| --- | --- |\n");
    for (size_t i = 0; i < n_exit_statuses; i++)
        buf_printf(b, "| %d | %s |\n", exit_statuses[i].status, exit_statuses[i].meaning);
}

static void put_engine_needs(struct buf *b)
{
    buf_puts(b, "| For | it is asked | to | and the answer holds |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < n_engine_needs; i++) {
        const struct engine_need *n = &engine_needs[i];
        bool any = *n->answer == '\0';
        buf_printf(b, "| %s | `%s` | %s | %s%s%s", engine_part_names[n->part], n->command, n->why, any ? "" : "`",
            any ? "no error" : n->answer, any ? "" : "`");
        if (n->refusal) buf_printf(b, ", or an error with `%s`", n->refusal);
        buf_puts(b, " |\n");
    }
}

void options_markdown(struct buf *b, enum command topic)
{
    char name[64];
    if (topic == COMMAND_NONE) return put_exit_statuses(b);
    if (topic == COMMAND_ENGINE_CHECK) return put_engine_needs(b);
    buf_puts(b, "| Flag | Environment | Default | |\n| --- | --- | --- | --- |\n");
    for (const struct flag *f = flags; f < flags + n_flags; f++) {
        if (!flag_is_of(f, topic)) continue;
        buf_printf(b, "| `--%s ", f->name);
        put_cell(b, f->argument);
        buf_printf(b, "` | `%s` | ", flag_env_name(f, name));
        if (f->otherwise) buf_printf(b, "`%s`", f->otherwise);
        else put_cell(b, f->computed ? f->computed : "(needed)");
        buf_puts(b, " | ");
        put_cell(b, f->help);
        buf_puts(b, " |\n");
    }
}
