#include "model/json.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "protocol/admin.gen.h"
#include "protocol/protocol.gen.h"
#include "model/api.gen.h"
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena a;
static struct buf b;
static struct err e;

static void teardown(void)
{
    arena_fini(&a);
    buf_fini(&b);
}

TestSuite(json, .fini = teardown);

static int decode(const struct shape *shape, const char *text, void *out)
{
    return json_decode(shape, text, strlen(text), &a, out, &e);
}

Test(json, reads_back_an_assignment_as_it_was_written)
{
    const char *endpoints[] = {"127.1.0.9"};
    struct proto_setting settings[] = {{"maxmemory", "1gb"}, {"notify-keyspace-events", "\"quoted\"\\ \n\x01 \xc3\xa4"}};
    struct proto_node_order nodes[] = {{.id = "demo-001.0001",
                                           .run = OPT_BOOL(true),
                                           .engine = "redis",
                                           .address = "127.1.0.2",
                                           .port = OPT_INT(6379),
                                           .endpoints = {true, 1, endpoints},
                                           .role = ROLE_PRIMARY,
                                           .promote_offset = OPT_INT(9007199254740993),
                                           .settings = {true, 2, settings}},
        {.id = "demo-002.0001",
            .run = OPT_BOOL(false),
            .engine = "redis",
            .address = "127.1.0.3",
            .port = OPT_INT(6379),
            .role = ROLE_REPLICA,
            .endpoints = {.set = true}}};
    struct proto_assignment in = {.version = OPT_INT(7),
                                .region = "us-east-1",
                                .nodes = {true, 2, nodes},
                                .links = {.set = true}},
                            out;
    json_encode(&b, &shape_proto_assignment, &in);
    cr_assert_eq(decode(&shape_proto_assignment, b.data, &out), 0, "%s in %s", e.msg, b.data);
    cr_expect_eq(out.version.v, 7);
    cr_assert_eq(out.nodes.n, 2);
    cr_expect(out.links.set && out.links.n == 0);
    cr_expect_not(out.trips.set);
    cr_expect_not(out.shutdown.set);
    cr_expect_str_eq(out.nodes.items[0].endpoints.items[0], "127.1.0.9");
    cr_expect_eq(out.nodes.items[0].promote_offset.v, 9007199254740993);
    cr_expect_str_eq(out.nodes.items[0].settings.items[1].value, settings[1].value);
    cr_expect(out.nodes.items[1].run.set && !out.nodes.items[1].run.v);
    cr_expect(out.nodes.items[1].endpoints.set && out.nodes.items[1].endpoints.n == 0);
    cr_expect_null(out.nodes.items[1].admin_password);

    _buf_ struct buf again = {0};
    json_encode(&again, &shape_proto_assignment, &out);
    cr_expect_str_eq(again.data, b.data);
}

/* Gives every member below a shape a value: the counter, in the member's own kind. */
static void fill(const struct shape *shape, void *value, int *counter)
{
    struct shape_list *list = value;
    int n = ++*counter;
    switch (shape->kind) {
    case SHAPE_STRING: *(const char **)value = arena_printf(&a, "text %d", n); break;
    case SHAPE_INTEGER: *(struct opt_int *)value = OPT_INT(n); break;
    case SHAPE_BOOLEAN: *(struct opt_bool *)value = OPT_BOOL(n % 2); break;
    case SHAPE_DOUBLE: *(struct opt_double *)value = OPT_DOUBLE(n / 7.0); break;
    case SHAPE_TIMESTAMP: *(struct opt_time *)value = OPT_TIME(n * INT64_C(86400001)); break;
    case SHAPE_WORD: *(unsigned *)value = 1; break;
    case SHAPE_LIST:
        *list = (struct shape_list){true, 2, arena_alloc(&a, 2 * shape->element->size)};
        fill(shape->element, list->items, counter);
        fill(shape->element, (char *)list->items + shape->element->size, counter);
        break;
    case SHAPE_STRUCT:
        for (size_t i = 0; i < shape->n_fields; i++) {
            const struct shape_field *f = &shape->fields[i];
            void *at = (char *)value + f->offset, *target = at;
            if (f->shape->kind == SHAPE_STRUCT) {
                target = arena_alloc(&a, f->shape->size);
                memcpy(at, &target, sizeof target);
            }
            fill(f->shape, target, counter);
        }
    }
}

Test(json, loses_nothing_of_a_replication_group)
{
    struct api_replication_group in, out;
    int counter = 0;
    fill(&shape_api_replication_group, &in, &counter);
    json_encode(&b, &shape_api_replication_group, &in);
    cr_assert_eq(decode(&shape_api_replication_group, b.data, &out), 0, "%s", e.msg);
    _buf_ struct buf again = {0};
    json_encode(&again, &shape_api_replication_group, &out);
    cr_expect_str_eq(again.data, b.data);
    cr_expect_gt(counter, 80);
    cr_expect_str_eq(out.engine, in.engine);
    cr_expect_eq(out.replication_group_create_time.ms, in.replication_group_create_time.ms);
    cr_expect_eq(out.pending_modified_values->resharding->slot_migration->progress_percentage.v,
        in.pending_modified_values->resharding->slot_migration->progress_percentage.v);
}

Test(json, writes_plain_objects)
{
    struct proto_link_seen link = {.id = "l", .state = ENDPOINT_LISTENING, .connections = OPT_INT(-1)};
    json_encode(&b, &shape_proto_link_seen, &link);
    cr_expect_str_eq(b.data, "{\"id\":\"l\",\"state\":\"listening\",\"connections\":-1}");
    buf_clear(&b);
    json_encode(&b, &shape_proto_link_seen, &(struct proto_link_seen){0});
    cr_expect_str_eq(b.data, "{}");
    struct api_event event = {.date = OPT_TIME(0)};
    buf_clear(&b);
    json_encode(&b, &shape_api_event, &event);
    cr_expect_str_eq(b.data, "{\"Date\":\"1970-01-01T00:00:00.000Z\"}");
}

Test(json, writes_null_for_what_is_absent_where_the_whole_is_asked_for)
{
    struct admin_wait waits[] = {{.for_ = "a node", .ends = "it runs"},
        {.for_ = "b", .ends = "c", .since_ms = OPT_INT(0), .for_seconds = OPT_DOUBLE(1.5)}};
    struct admin_why why = {.id = "x", .kind = "user", .status = "active", .shown_status = "active", .waits = {true, 2, waits}};
    struct admin_endpoint endpoint = {.id = "reader", .kind = ENDPOINT_READER, .state = ENDPOINT_UNKNOWN};
    json_encode_whole(&b, &shape_admin_why, &why);
    cr_assert_str_eq(b.data,
        "{\"id\":\"x\",\"region\":null,\"kind\":\"user\",\"status\":\"active\",\"shown_status\":\"active\",\"waits\":["
        "{\"for\":\"a node\",\"since_ms\":null,\"for_seconds\":null,\"ends\":\"it runs\"},"
        "{\"for\":\"b\",\"since_ms\":0,\"for_seconds\":1.5,\"ends\":\"c\"}]}");
    buf_clear(&b);
    json_encode_whole(&b, &shape_admin_endpoint, &endpoint);
    cr_assert(strstr(b.data, "\"way\":null") && strstr(b.data, "\"state\":\"unknown\"") && strstr(b.data, "\"port\":null"));
}

Test(json, writes_strings_that_any_reader_takes)
{
    json_write_text(&(struct json_writer){.out = &b}, NULL, "a\"\\/\b\f\n\r\t\x1f\x7f\xff\xc3\xa4");
    cr_expect_str_eq(b.data, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\x7f\xef\xbf\xbd\xc3\xa4\"", "%s", b.data);
}

Test(json, refuses_what_does_not_fit_the_shape)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "Sighting: not JSON at line 1, column 0"},
        {"{\"region\": \"us\",}", NULL},
        {"[]", "Sighting: not an object"},
        {"{\"pid\":1,\"version\":1,\"nodes\":[],\"links\":[]}", "Sighting: no region"},
        {"{\"region\":null,\"pid\":1,\"version\":1,\"nodes\":[],\"links\":[]}", "Sighting: no region"},
        {"{\"region\":1,\"pid\":1,\"version\":1,\"nodes\":[],\"links\":[]}", "Sighting: region: not a string"},
        {"{\"region\":\"r\",\"pid\":\"1\",\"version\":1,\"nodes\":[],\"links\":[]}", "Sighting: pid: not an integer"},
        {"{\"region\":\"r\",\"pid\":1.5,\"version\":1,\"nodes\":[],\"links\":[]}", "Sighting: pid: not an integer"},
        {"{\"region\":\"r\",\"pid\":1,\"version\":1,\"stopped\":1,\"nodes\":[],\"links\":[]}",
            "Sighting: stopped: not a boolean"},
        {"{\"region\":\"r\",\"pid\":1,\"version\":1,\"nodes\":{},\"links\":[]}", "Sighting: nodes: not an array"},
        {"{\"region\":\"r\",\"pid\":1,\"version\":1,\"nodes\":[{\"id\":\"n\"}],\"links\":[]}", "Sighting: nodes: [0]: no state"},
        {"{\"region\":\"r\",\"region\":\"s\"}", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct proto_sighting out;
        cr_expect_eq(decode(&shape_proto_sighting, rows[i].text, &out), ERR_PARSE, "%s", rows[i].text);
        if (rows[i].message) cr_expect_str_eq(e.msg, rows[i].message, "%s: %s", rows[i].text, e.msg);
    }
}

Test(json, ignores_members_it_does_not_know)
{
    struct proto_trip_order out;
    cr_expect_eq(decode(&shape_proto_trip_order, "{\"name\":\"spawn\",\"count\":2,\"colour\":{\"x\":[1]}}", &out), 0);
    cr_expect_str_eq(out.name, "spawn");
    cr_expect_eq(out.count.v, 2);
}

Test(json, never_quotes_the_message_in_an_error)
{
    struct proto_assignment out;
    cr_expect_eq(decode(&shape_proto_assignment, "{\"admin_password\": hunter2}", &out), ERR_PARSE);
    cr_expect_null(strstr(e.msg, "hunter2"));
}

Test(json, reads_nested_structures_and_times)
{
    struct api_replication_group out;
    cr_assert_eq(decode(&shape_api_replication_group,
                     "{\"ReplicationGroupCreateTime\":\"2018-02-26T21:06:43.420Z\","
                     "\"ConfigurationEndpoint\":{\"Address\":\"h\",\"Port\":1},\"MemberClusters\":[\"a\",\"b\"],"
                     "\"PendingModifiedValues\":{\"Resharding\":{\"SlotMigration\":{\"ProgressPercentage\":12.5}}}}",
                     &out),
        0, "%s", e.msg);
    cr_expect_eq(out.replication_group_create_time.ms, 1519679203420);
    cr_expect_str_eq(out.configuration_endpoint->address, "h");
    cr_expect_str_eq(out.member_clusters.items[1], "b");
    cr_expect_eq(out.pending_modified_values->resharding->slot_migration->progress_percentage.v, 12.5);
}

Test(json, reads_strings_as_others_write_them)
{
    static const struct {
        const char *text, *value; /* NULL: refused */
    } rows[] = {
        {"\"\"", ""},
        {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t z\"", "a\"\\/\b\f\n\r\t z"},
        {"\"\\u0041\\u00e4\\u20AC\\ud83d\\uDE00\"", "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\"\xc3\xa4\\n\xf0\x9f\x98\x80\"", "\xc3\xa4\n\xf0\x9f\x98\x80"},
        {"\"a", NULL},
        {"\"a\\\"", NULL},
        {"\"a\\", NULL},
        {"\"\\x\"", NULL},
        {"\"\\u12\"", NULL},
        {"\"\\u12g4\"", NULL},
        {"\"\\u0000\"", NULL},
        {"\"\\ud83d\"", NULL},
        {"\"\\ud83dx\"", NULL},
        {"\"\\ud83d\\u0041\"", NULL},
        {"\"\\ude00\"", NULL},
        {"\"a\nb\"", NULL},
        {"\"\xc3\"", NULL},
        {"\"\xff\"", NULL},
        {"\"a\"x", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct proto_setting out;
        const char *text = arena_printf(&a, "{ \"name\" :\t%s , \"value\":\"v\" }\n", rows[i].text);
        int r = decode(&shape_proto_setting, text, &out);
        cr_expect_eq(r, rows[i].value ? 0 : ERR_PARSE, "%s", text);
        if (r == 0) cr_expect_str_eq(out.name, rows[i].value, "%s", text);
    }
}

Test(json, reads_numbers_of_64_bits_and_no_others)
{
    static const struct {
        const char *text;
        int r;
        int64_t v;
    } rows[] = {
        {"0", 0, 0},
        {"-0", 0, 0},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"9223372036854775808", ERR_PARSE, 0},
        {"1e2", ERR_PARSE, 0},
        {"01", ERR_PARSE, 0},
        {"-", ERR_PARSE, 0},
        {"+1", ERR_PARSE, 0},
        {"1 2", ERR_PARSE, 0},
        {"true", ERR_PARSE, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct proto_trip_order out;
        const char *text = arena_printf(&a, "{\"count\":%s,\"name\":\"n\"}", rows[i].text);
        cr_expect_eq(decode(&shape_proto_trip_order, text, &out), rows[i].r, "%s", text);
        if (rows[i].r == 0) cr_expect_eq(out.count.v, rows[i].v, "%s", text);
    }
}

Test(json, finds_members_in_any_order_and_under_escaped_names)
{
    struct proto_trip_order out;
    cr_expect_eq(decode(&shape_proto_trip_order,
                     "{\"count\":1,\"n\\u0061me\":\"x\",\"other\":{\"a\":[1,-2.5e-3,null,true,[]],\"b\":{}}}", &out),
        0, "%s", e.msg);
    cr_expect_str_eq(out.name, "x");
    cr_expect_eq(decode(&shape_proto_trip_order, "{\"name\":\"x\",\"count\":1,\"name\":\"y\"}", &out), ERR_PARSE);
}

Test(json, takes_no_number_that_has_no_room_wherever_it_stands)
{
    static const char *const members[] = {"count", "other"};
    static const struct {
        const char *number;
        int count, other; /* what comes of it as the one and as the other */
    } rows[] = {{"9223372036854775807", 0, 0}, {"9223372036854775808", ERR_PARSE, ERR_PARSE}, {"1.5e300", ERR_PARSE, 0},
        {"1E583", ERR_PARSE, ERR_PARSE}, {"-1E583", ERR_PARSE, ERR_PARSE}, {"1E-583", ERR_PARSE, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t k = 0; k < 2; k++) {
            struct proto_trip_order out;
            const char *text =
                arena_printf(&a, "{\"name\":\"x\",%s\"%s\":%s}", k ? "\"count\":1," : "", members[k], rows[i].number);
            int r = decode(&shape_proto_trip_order, text, &out);
            cr_expect_eq(r, k ? rows[i].other : rows[i].count, "%s", text);
            json_t *doc = json_loads(text, 0, NULL);
            cr_expect(r || doc, "another reader refuses %s", text);
            json_decref(doc);
        }
}

Test(json, skips_no_deeper_than_it_has_to)
{
    struct proto_trip_order out;
    _buf_ struct buf deep = {0};
    buf_puts(&deep, "{\"name\":\"x\",\"count\":1,\"other\":");
    for (int i = 0; i < 100000; i++) buf_putc(&deep, '[');
    cr_expect_eq(decode(&shape_proto_trip_order, deep.data, &out), ERR_PARSE);
}

/* Whatever a message becomes on its way, what is taken for JSON is JSON: another reader says so, too. */
Test(json, takes_nothing_that_another_reader_refuses)
{
    static const char text[] =
        "{\"region\":\"us-\\u00e4\xc3\xa4\",\"pid\":12,\"version\":-3,\"x\":[1.5e3,{\"y\":null}],\"nodes\":[{\"id\":\"n\","
        "\"state\":\"ready\","
        "\"link_up\":true,\"endpoints\":[\"a\",\"\\\"\"]},{\"id\":\"m\",\"state\":\"gone\"}],\"links\":[]}";
    static const char letters[] = "{}[]\",:\\u0189aeE+-. \n\x80\xc3ntf";
    unsigned seed = (unsigned)getpid();
    int taken = 0;
    srand(seed);
    for (int n = 0; n < 20000; n++) {
        char *changed = arena_strdup(&a, text);
        size_t len = sizeof text - 1;
        struct proto_sighting out;
        for (int k = rand() % 3; k >= 0; k--) changed[(size_t)rand() % len] = letters[(size_t)rand() % (sizeof letters - 1)];
        if (rand() % 8 == 0) len = (size_t)rand() % len;
        if (json_decode(&shape_proto_sighting, changed, len, &a, &out, &e)) continue;
        json_t *doc = json_loadb(changed, len, 0, NULL);
        cr_assert_not_null(doc, "seed %u: %s", seed, changed);
        cr_assert_str_eq(out.region, json_string_value(json_object_get(doc, "region")), "seed %u: %s", seed, changed);
        json_decref(doc);
        taken++;
    }
    cr_expect_gt(taken, 300);
}

Test(json, writes_what_has_no_shape_with_commas_where_they_belong)
{
    struct json_writer j = {.out = &b};
    json_open(&j, NULL, '{');
    json_write_text(&j, "text", "x\n");
    json_write_text(&j, "nothing", NULL);
    json_open(&j, "list", '[');
    for (int i = 0; i < 2; i++) {
        json_open(&j, NULL, '{');
        json_write_int(&j, "i", i - 1);
        json_close(&j, '}');
    }
    json_write_number(&j, NULL, 0.25);
    json_close(&j, ']');
    json_open(&j, "empty", '[');
    json_close(&j, ']');
    json_write_bool(&j, "is", true);
    json_close(&j, '}');
    cr_assert_str_eq(
        b.data, "{\"text\":\"x\\n\",\"nothing\":null,\"list\":[{\"i\":-1},{\"i\":0},0.25],\"empty\":[],\"is\":true}");
}
