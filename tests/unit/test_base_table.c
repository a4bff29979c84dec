/* The hash table: what was added is found until it is removed; hashes never change. */
#include "base/mem.h"
#include "base/table.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

#define COUNT 1000

typedef struct thing {
    shub__entry entry;
    char name[16];
} thing;

static thing things[COUNT];

static void name_all(void)
{
    int i;

    for (i = 0; i < COUNT; i++) {
        (void)snprintf(things[i].name, sizeof things[i].name, "thing %d", i);
        things[i].entry.key = shub_str(things[i].name);
    }
}

START_TEST(what_was_added_is_found)
{
    shub__table table = {0};
    int i;

    name_all();
    ck_assert_ptr_null(shub__table_find(&table, SHUB_LIT("thing 1")));
    for (i = 0; i < COUNT; i++)
        ck_status(shub__table_add(&table, &things[i].entry, NULL), SHUB_OK);
    for (i = 0; i < COUNT; i += 2)
        shub__table_remove(&table, &things[i].entry);
    ck_assert_uint_eq(table.count, COUNT / 2);
    for (i = 0; i < COUNT; i++)
        ck_assert_ptr_eq(shub__table_find(&table, shub_str(things[i].name)),
                         i % 2 ? &things[i].entry : NULL);
    shub__table_fini(&table);
    ck_assert_uint_eq(table.count, 0);
}
END_TEST

/* The shards of a fleet lie on different machines, with different releases. */
START_TEST(hashes_never_change)
{
    ck_assert_uint_eq(shub__hash(SHUB_LIT("")), UINT64_C(0xf52a15e9a9b5e89b));
    ck_assert_uint_eq(shub__hash(SHUB_LIT("004792")), UINT64_C(0x6bd196ac1e860d49));
}
END_TEST

static shub_status add_one(void *user)
{
    shub__table table = {0};
    shub_status status = shub__table_add(&table, &things[0].entry, NULL);

    (void)user;
    shub__table_fini(&table);
    return status;
}

START_TEST(out_of_memory)
{
    name_all();
    ck_assert_uint_eq(oom_loop(add_one, NULL), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base table");
    TCase *tc = tcase_create("table");

    tcase_add_test(tc, what_was_added_is_found);
    tcase_add_test(tc, hashes_never_change);
    tcase_add_test(tc, out_of_memory);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
