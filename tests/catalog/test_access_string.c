#include "catalog/access_string.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;

static const char *normal(const char *text)
{
    struct access_string s;
    const char *bad = access_string_read(&arena, text, false, false, &s);
    return bad ? arena_printf(&arena, "! %s", bad) : access_string_text(&arena, &s);
}

Test(access_string, stays_as_it_is_where_it_says_everything)
{
    static const char *const whole[] = {"on ~* +@all", "on ~* &* +@all", "off -@all", "on ~app::* -@all +@read",
        "on allkeys allcommands", "on nocommands",
        "on %R~a:* %W~b:* %RW~c resetchannels &ch -@all +get +cluster|info +ACL|WHOAMI", "on ~k -@all +get (+@all ~x:(1))",
        "on resetkeys ~a\\*b ~\xc3\xa4 -@all +select|0", "on -@all +json.get +@json", "on ~$(x) -@all +get"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) cr_expect_str_eq(normal(whole[i]), whole[i]);
}

Test(access_string, gets_what_it_does_not_say)
{
    cr_expect_str_eq(normal("~objects:* ~items:* ~public:*"), "off ~objects:* ~items:* ~public:* -@all");
    cr_expect_str_eq(normal("  on   ~keys*  +get "), "on ~keys* -@all +get");
    cr_expect_str_eq(normal("on ~a (+@all ~b)"), "on ~a -@all (+@all ~b)");
    cr_expect_str_eq(normal("on +@read +@all"), "on +@read +@all");
}

Test(access_string, refuses_whatever_else_there_is)
{
    static const char *const bad[] = {"on >secret1234567890 +@all", "on <a", "on #0123", "on !0123", "on nopass", "on resetpass",
        "reset", "on reset", "sanitize-payload", "clearselectors", "~", "&", "%R~", "%X~a", "%~a", "on +nosuch", "on -nosuch",
        "on +@nosuch", "on +@", "on +", "on get", "on +get|", "on -get|x", "on +cluster|nosuch", "on +cluster|info|x",
        "on +config", "on -config|get", "on +CONFIG|SET", "on +acl|setuser", "on +cluster|addslots", "on +@all\nuser x",
        "on ~a\tb", "on ~\"a\"", "on ~'a'", "on (+get", "on +get)", "on ((+get))", "on (on +get)", "on (+nosuch)", "on (>p)",
        "on \x7f", "on () )", "on +hexpire", "on +@bloom", "ON ~* +@all"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(normal(bad[i])[0], '!', "%s became %s", bad[i], normal(bad[i]));
}

Test(access_string, tells_no_password)
{
    cr_assert(strstr(normal("on >secret"), "secret") == NULL);
}

Test(access_string, of_a_valkey_user_may_name_what_only_valkey_has)
{
    struct access_string s;
    cr_assert_null(access_string_read(&arena, "on +hexpire +@bloom +@all", true, false, &s));
    cr_assert_null(access_string_read(&arena, "on +config|get +@all", false, true, &s));
    cr_assert_null(access_string_read(&arena, "on ~* +@all resetdbs db=0,12", true, false, &s));
    cr_assert_null(access_string_read(&arena, "on alldbs +@all (db=1 +get ~x)", true, false, &s));
    static const char *const bad[] = {"on db= +@all", "on db=a +@all", "on db=1, +@all", "on db=-1 +@all", "on db=1;2 +@all"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not_null(access_string_read(&arena, bad[i], true, false, &s), "%s", bad[i]);
    cr_expect_not_null(access_string_read(&arena, "on db=1 +@all", false, false, &s), "of redis");
}

Test(access_string, knows_selectors_that_give_restricted_commands)
{
    static const char *const wide[] = {
        "(+@all)", "(~a +@read)", "(allcommands)", "(~a allcommands ~b)", "(+script)", "(+ACL ~a)", "(~a +CLUSTER)"};
    static const char *const narrow[] = {
        "(+get)", "(~allcommands)", "(~+@all)", "(-@all +set)", "()", "(+script|load)", "(+cluster|info)", "+@all", "(+c)"};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) cr_expect(access_string_is_wide(wide[i]), "%s", wide[i]);
    for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++) cr_expect(!access_string_is_wide(narrow[i]), "%s", narrow[i]);
}
