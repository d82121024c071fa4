#include "main/options.h"
#include "base/buf.h"
#include "base/err.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct options o;
static struct err e;

static void clean_environment(void)
{
    clearenv();
    setenv("HOME", "/home/me", 1);
}

TestSuite(options, .init = clean_environment);

/* "a b" as the arguments a and b after the program's name. */
static int read_line(const char *line)
{
    static char text[512]; /* 'o' points into it */
    char *argv[32] = {(char *)"meridian"}, *rest = text;
    int argc = 1;
    strcpy(text, line);
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        if (*word) argv[argc++] = word;
    return options_read(&o, argc, argv, &e);
}

static void accept(const char *line)
{
    int r = read_line(line);
    cr_assert_eq(r, 0, "%s: %s", line, e.msg);
}

Test(options, serve_has_defaults_for_everything)
{
    accept("serve");
    cr_expect_eq(o.command, COMMAND_SERVE);
    cr_expect_str_eq(o.listen, "127.0.0.1:4566");
    cr_expect_str_eq(o.data_dir, "/home/me/.local/state/meridian");
    cr_expect_str_eq(o.default_region, "us-east-1");
    cr_expect_eq(o.addressing, ADDRESSING_LOOPBACK);
    cr_expect_str_eq(o.advertise, "");
    cr_expect_eq(o.first_port, 20000);
    cr_expect_eq(o.last_port, 29999);
    cr_expect_str_eq(o.redis_server, "redis-server");
    cr_expect_str_eq(o.memcached, "memcached");
    cr_expect_eq(o.log_level, LOG_INFO);
    cr_expect_eq(o.durability, STORE_FULL);
    cr_expect_eq(o.quotas, QUOTAS_DEFAULT);
    cr_expect_eq(o.stop_timeout, 60);
}

Test(options, flags_are_read_with_a_space_or_an_equals_sign)
{
    accept("serve --listen [::1]:80 --data-dir=/d --addressing ports --advertise=db.example --port-range 7000-7000 "
           "--durability=normal --quotas raised "
           "--log-level trace --redis-server /opt/redis --default-region=eu-west-1");
    cr_expect_str_eq(o.listen, "[::1]:80");
    cr_expect_str_eq(o.data_dir, "/d");
    cr_expect_eq(o.addressing, ADDRESSING_PORTS);
    cr_expect_str_eq(o.advertise, "db.example");
    cr_expect(o.first_port == 7000 && o.last_port == 7000);
    cr_expect_eq(o.durability, STORE_NORMAL);
    cr_expect_eq(o.quotas, QUOTAS_RAISED);
    cr_expect_eq(o.log_level, LOG_TRACE);
    cr_expect_str_eq(o.redis_server, "/opt/redis");
    cr_expect_str_eq(o.default_region, "eu-west-1");
}

Test(options, a_switch_needs_no_value)
{
    accept("serve");
    cr_expect_eq(o.trips, TRIPS_OFF);
    accept("serve --trips");
    cr_expect_eq(o.trips, TRIPS_ON);
    accept("serve --trips --listen 127.0.0.1:2");
    cr_expect(o.trips == TRIPS_ON && strcmp(o.listen, "127.0.0.1:2") == 0);
    accept("serve --trips=off");
    cr_expect_eq(o.trips, TRIPS_OFF);
    accept("serve --trips off");
    cr_expect_eq(o.trips, TRIPS_OFF);
    setenv("MERIDIAN_TRIPS", "on", 1);
    accept("serve");
    cr_expect_eq(o.trips, TRIPS_ON);
}

Test(options, the_command_line_wins_over_the_environment)
{
    setenv("MERIDIAN_LISTEN", "127.0.0.1:1", 1);
    setenv("MERIDIAN_DATA_DIR", "/env", 1);
    setenv("MERIDIAN_DEFAULT_REGION", "", 1);
    setenv("MERIDIAN_REGION", "not for serve!", 1);
    accept("serve --listen 127.0.0.1:2");
    cr_expect_str_eq(o.listen, "127.0.0.1:2");
    cr_expect_str_eq(o.data_dir, "/env");
    cr_expect_str_eq(o.default_region, "us-east-1");
}

Test(options, the_data_directory_follows_xdg_and_does_without_a_home)
{
    setenv("XDG_STATE_HOME", "/state", 1);
    accept("serve");
    cr_expect_str_eq(o.data_dir, "/state/meridian");
    setenv("XDG_STATE_HOME", "not/absolute", 1);
    accept("serve");
    cr_expect_str_eq(o.data_dir, "/home/me/.local/state/meridian");
    clearenv();
    accept("serve");
    cr_expect_str_eq(o.data_dir, "meridian-data");
}

Test(options, an_agent_needs_to_know_its_region)
{
    accept("agent --region eu-west-1");
    cr_expect_eq(o.command, COMMAND_AGENT);
    cr_expect_str_eq(o.region, "eu-west-1");
    cr_expect_str_eq(o.data_dir, "/home/me/.local/state/meridian/regions/eu-west-1");
    cr_expect_str_eq(o.redis_server, "redis-server");
    cr_expect_str_eq(o.listen, "");
}

Test(options, what_makes_no_sense_is_refused_in_one_line)
{
    static const char *const rows[][2] = {
        {"start", "there is no command \"start\"; meridian help lists them"},
        {"--serve", "there is no command \"--serve\"; meridian help lists them"},
        {"help me", "there is no command \"me\"; meridian help lists them"},
        {"serve now", "serve does not know \"now\"; meridian help serve lists its flags"},
        {"serve --lisen x", "serve does not know \"--lisen\"; meridian help serve lists its flags"},
        {"serve --list x", "serve does not know \"--list\"; meridian help serve lists its flags"},
        {"serve --listen-on x", "serve does not know \"--listen-on\"; meridian help serve lists its flags"},
        {"serve --region x", "serve does not know \"--region\"; meridian help serve lists its flags"},
        {"serve --listen", "--listen needs a value: HOST:PORT"},
        {"serve --listen=", "--listen \"\": expected HOST:PORT"},
        {"serve --stop-timeout never", "--stop-timeout \"never\": expected a number of seconds"},
        {"serve --stop-timeout=-1", "--stop-timeout \"-1\": expected a number of seconds"},
        {"serve --addressing both", "--addressing \"both\": expected loopback or ports"},
        {"serve --log-level=loud", "--log-level \"loud\": expected error, warn, info, debug or trace"},
        {"serve --default-region Europe!", "--default-region \"Europe!\": expected a region's name"},
        {"serve --port-range 2-1", "--port-range \"2-1\": expected two port numbers, the lower one first, like 20000-29999"},
        {"serve --port-range 1-65536",
            "--port-range \"1-65536\": expected two port numbers, the lower one first, like 20000-29999"},
        {"serve --port-range 0-9", "--port-range \"0-9\": expected two port numbers, the lower one first, like 20000-29999"},
        {"serve --port-range 1", "--port-range \"1\": expected two port numbers, the lower one first, like 20000-29999"},
        {"serve --port-range 1-2-3", "--port-range \"1-2-3\": expected two port numbers, the lower one first, like 20000-29999"},
        {"serve --port-range 1--2", "--port-range \"1--2\": expected two port numbers, the lower one first, like 20000-29999"},
        {"agent --data-dir d", "agent needs --region REGION (or MERIDIAN_REGION)"},
        {"agent --region r --server a:1", "agent does not know \"--server\"; meridian help agent lists its flags"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(read_line(rows[i][0]), ERR_USAGE, "%s", rows[i][0]);
        cr_expect_str_eq(e.msg, rows[i][1]);
    }
}

Test(options, engines_add_up_and_those_of_the_command_line_replace_the_variables)
{
    setenv("MERIDIAN_ENGINE", "redis:7=/a,,valkey:8.1=/b", 1);
    accept("serve");
    cr_expect_str_eq(o.engines, "redis:7=/a\nvalkey:8.1=/b");
    accept("serve --engine redis:7.2=/c,d --engine=memcached:1.6=/e");
    cr_expect_str_eq(o.engines, "redis:7.2=/c,d\nmemcached:1.6=/e");
    accept("agent --region r --engine redis:7=/f");
    cr_expect_str_eq(o.engines, "redis:7=/f");
    setenv("MERIDIAN_ENGINE", "redis:7=/a,nonsense", 1);
    cr_expect_eq(read_line("serve"), ERR_USAGE);
    cr_expect(strstr(e.msg, "MERIDIAN_ENGINE \"nonsense\": expected NAME:VERSION=PATH") == e.msg, "%s", e.msg);
}

Test(options, a_bad_variable_is_named_as_it_is_spelt)
{
    setenv("MERIDIAN_LOG_LEVEL", "loud", 1);
    cr_expect_eq(read_line("serve"), ERR_USAGE);
    cr_expect_str_eq(e.msg, "MERIDIAN_LOG_LEVEL \"loud\": expected error, warn, info, debug or trace");
}

Test(options, text_that_is_too_long_is_refused_whole)
{
    char line[400] = "serve --listen ";
    memset(line + strlen(line), 'x', 300);
    cr_expect_eq(read_line(line), ERR_USAGE);
}

Test(options, help_is_asked_for_in_many_ways)
{
    static const struct {
        const char *line;
        enum command command, topic;
        enum help_form form;
    } rows[] = {
        {"", COMMAND_NONE, COMMAND_NONE, HELP_TEXT},
        {"help", COMMAND_HELP, COMMAND_NONE, HELP_TEXT},
        {"--help", COMMAND_HELP, COMMAND_NONE, HELP_TEXT},
        {"-h", COMMAND_HELP, COMMAND_NONE, HELP_TEXT},
        {"help serve", COMMAND_HELP, COMMAND_SERVE, HELP_TEXT},
        {"help agent --markdown", COMMAND_HELP, COMMAND_AGENT, HELP_MARKDOWN},
        {"help --markdown", COMMAND_HELP, COMMAND_NONE, HELP_MARKDOWN},
        {"help --man", COMMAND_HELP, COMMAND_NONE, HELP_MAN},
        {"serve --listen nonsense --bad --help", COMMAND_HELP, COMMAND_SERVE, HELP_TEXT},
        {"agent -h", COMMAND_HELP, COMMAND_AGENT, HELP_TEXT},
        {"version", COMMAND_VERSION, COMMAND_NONE, HELP_TEXT},
        {"--version", COMMAND_VERSION, COMMAND_NONE, HELP_TEXT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        accept(rows[i].line);
        cr_expect(o.command == rows[i].command && o.topic == rows[i].topic && o.form == rows[i].form, "%s", rows[i].line);
    }
}

Test(options, the_help_names_every_command_and_every_flag)
{
    _buf_ struct buf all = {0}, serve = {0}, agent = {0};
    options_help(&all, COMMAND_NONE);
    options_help(&serve, COMMAND_SERVE);
    options_help(&agent, COMMAND_AGENT);
    cr_expect(strstr(all.data, "\n  serve ") && strstr(all.data, "\n  agent ") && strstr(all.data, "\n  help "));
    cr_expect(strstr(serve.data, "\n  --listen HOST:PORT ") && strstr(serve.data, "[127.0.0.1:4566]") &&
              !strstr(serve.data, "--region"));
    cr_expect(strstr(agent.data, "\n  --region REGION ") && strstr(agent.data, "(needed)") && !strstr(agent.data, "--listen"));
    for (char *rest = serve.data, *line; (line = strsep(&rest, "\n")) != NULL;) cr_expect(strlen(line) <= 110, "%s", line);
}

Test(options, the_markdown_table_has_four_cells_in_every_row)
{
    _buf_ struct buf b = {0};
    options_markdown(&b, COMMAND_SERVE);
    cr_expect_not_null(
        strstr(b.data, "| `--data-dir DIR` | `MERIDIAN_DATA_DIR` | $XDG_STATE_HOME/meridian, else ~/.local/state/meridian | "));
    cr_expect_not_null(strstr(b.data, "\n| `--addressing loopback\\|ports` | `MERIDIAN_ADDRESSING` | `loopback` | "));
    cr_expect_null(strstr(b.data, "--region"));
    for (char *rest = b.data, *line; (line = strsep(&rest, "\n")) != NULL && *line;) {
        int cells = -1;
        for (const char *p = line; *p; p++) cells += *p == '|' && (p == line || p[-1] != '\\');
        cr_expect_eq(cells, 4, "%s", line);
    }
}

static void expect_idle(const char *line, const char *told)
{
    _buf_ struct buf b = {0};
    buf_add(&b, "", 0);
    accept(line);
    options_idle(&o, &b);
    cr_expect_str_eq(b.len ? b.data : "", told, "%s", line);
}

Test(options, flags_of_the_other_way_of_addressing_are_told)
{
    expect_idle("serve", "");
    expect_idle("serve --addressing ports --advertise a --bind 0.0.0.0 --port-range 1-2", "");
    expect_idle("serve --port-range 1-2 --bind 0.0.0.0",
        "--bind has no effect without --addressing ports\n--port-range has no effect without --addressing ports\n");
    setenv("MERIDIAN_ADVERTISE", "a", 1);
    expect_idle("serve", "--advertise has no effect without --addressing ports\n");
    expect_idle("agent --region r", "");
}

Test(options, wait_takes_ids_among_its_flags)
{
    accept("wait orders --for deleted shop --timeout 5 --endpoint=http://h:1 --region eu-west-1");
    cr_expect_eq(o.command, COMMAND_WAIT);
    cr_assert_eq(o.n_ids, 2);
    cr_expect_str_eq(o.ids[0], "orders");
    cr_expect_str_eq(o.ids[1], "shop");
    cr_expect_str_eq(o.wanted, "deleted");
    cr_expect_str_eq(o.region, "eu-west-1");
    cr_expect_str_eq(o.endpoint, "http://h:1");
    cr_expect_eq(o.timeout, 5);
    cr_expect_lt(read_line("wait --for deleted"), 0);
    cr_expect_str_eq(e.msg, "wait needs ID...");
    cr_expect_lt(read_line("serve orders"), 0, "serve takes no words");
    accept("wait --for init");
    cr_expect_eq(o.n_ids, 0);
    cr_expect_lt(read_line("wait --for init orders"), 0);
    cr_expect_str_eq(e.msg, "wait --for init takes no ID...");
    setenv("MERIDIAN_ENDPOINT", "http://h:2", 1);
    accept("engine-check /a b");
    cr_expect_eq(o.n_ids, 2);
    cr_expect_lt(read_line("engine-check"), 0);
    cr_expect_str_eq(e.msg, "engine-check needs PATH...");
    accept("health");
    cr_expect_str_eq(o.endpoint, "http://h:2");
    unsetenv("MERIDIAN_ENDPOINT");
}

Test(options, flags_for_jobs_that_come_and_go)
{
    accept("serve");
    cr_expect(o.ephemeral == EPHEMERAL_OFF && o.init_strict == INIT_STRICT_OFF && o.log_format == LOG_TEXT && o.init[0] == '\0');
    accept("serve --ephemeral --init=/x --init-strict --log-format json");
    cr_expect(o.ephemeral == EPHEMERAL_ON && o.init_strict == INIT_STRICT_ON && o.log_format == LOG_JSON);
    cr_expect_str_eq(o.init, "/x");
    _buf_ struct buf lines = {0};
    setenv("MERIDIAN_DATA_DIR", "/d", 1);
    accept("serve --ephemeral --init-strict");
    options_idle(&o, &lines);
    cr_expect_str_eq(lines.data, "--data-dir has no effect with --ephemeral\n--init-strict has no effect without --init\n");
}

Test(options, the_exit_statuses_are_a_table_too)
{
    _buf_ struct buf b = {0};
    options_markdown(&b, COMMAND_NONE);
    cr_expect_not_null(strstr(b.data, "\n| 0 | everything has stopped, and all data are saved |\n"));
}
