#include "http/request_id.h"
#include <criterion/criterion.h>
#include <regex.h>
#include <string.h>

Test(request_id, is_a_random_uuid_in_lower_case)
{
    regex_t uuid;
    char id[REQUEST_ID_SIZE], before[REQUEST_ID_SIZE] = "";
    cr_assert_eq(
        regcomp(&uuid, "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", REG_EXTENDED | REG_NOSUB), 0);
    for (int i = 0; i < 1000; i++) {
        request_id_make(id);
        cr_assert_eq(regexec(&uuid, id, 0, NULL, 0), 0, "%s", id);
        cr_assert_str_neq(id, before);
        memcpy(before, id, sizeof id);
    }
    regfree(&uuid);
}
