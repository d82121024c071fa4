#!/usr/bin/env python3
"""migrations/*.sql + schema/queries/*.sql -> sql.gen.h, sql.gen.c, schema.sql

Applies the migrations to an in-memory database and prepares every named query
against it, so that a misspelt column or a wrong row type breaks the build, not a
request. Generates data (row structs, column tables, query texts) and thin typed
wrappers around the two generic functions of store/store.h; no logic.

A query's head line tells its parameters and what it returns:

    -- name: node_get (region text, id text) one: node       struct row_node *, NULL where there is none
    -- name: node_list (region text) many: node              an array in the arena
    -- name: rg_count (region text) int                      one number
    -- name: rg_ids (region text) texts                      an array of its one column in the arena; keys: of what are keys
    -- name: node_put (node)                                 takes a row; every column is a parameter of its name
    -- name: tag_forget (arn text, key text)                 returns nothing

A column that schema/words.json names is an enum in its row struct, and a text in the database. One that schema/keys.json names
holds a key, and so does a parameter of the type key, dotted or shared.

Every table gets NAME_all, NAME_put and NAME_delete without being asked.
"""
import json
import pathlib
import re
import sqlite3
import sys

C_TYPE = {"TEXT": "const char *", "INTEGER": "int64_t "}
COLUMN_KIND = {"TEXT": "SQL_TEXT", "INTEGER": "SQL_INT"}
WORD = "word "  # what the kind of a column with words begins with, before the list's name
KEY = "key "  # what the kind of a column with keys begins with, before whose they are
KEYS = {"whole": "SQL_KEY_WHOLE", "dotted": "SQL_KEY_DOTTED", "shared": "SQL_KEY_SHARED"}
PARAM_TYPE = {"text": "TEXT", "int": "INTEGER", "key": KEY + "whole", "dotted": KEY + "dotted", "shared": KEY + "shared"}
FUNCTIONS = {"account_key": 1, "account_end": 0, "account_of": 1}  # those that store/keys.h adds to SQLite, and how many arguments they take
HEAD = re.compile(r"^(\w+) \(([^)]*)\)(?: (one|many): (\w+)| (int|texts|keys))?$")


def c_type(kind):
    if kind.startswith(KEY):
        return C_TYPE["TEXT"]
    return f"enum {kind[len(WORD):]} " if kind.startswith(WORD) else C_TYPE[kind]


def key_kind(kind):
    return KEYS[kind[len(KEY):]] if kind.startswith(KEY) else "SQL_KEY_NONE"


def column_kind(kind):
    """The kind and the words of a struct sql_column."""
    if kind.startswith(KEY):
        return "SQL_TEXT", "NULL"
    return ("SQL_WORD", f"&words_{kind[len(WORD):]}") if kind.startswith(WORD) else (COLUMN_KIND[kind], "NULL")


def param(value, kind):
    if kind.startswith(KEY):
        return f"SQL_PARAM_KEY({value}, {key_kind(kind)})"
    if kind.startswith(WORD):
        return f"SQL_PARAM_TEXT({kind[len(WORD):]}_text({value}))"
    return f"SQL_PARAM_{'TEXT' if kind == 'TEXT' else 'INT'}({value})"


def c_string(text):
    lines = text.strip().splitlines()
    return "\n".join('    "%s\\n"' % line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)


def read_migrations(paths):
    ordered = sorted(paths, key=lambda p: p.name)
    for number, path in enumerate(ordered, 1):
        if not path.name.startswith("%04d_" % number):
            sys.exit(f"{path}: expected the number {number:04d}")
    return ordered


def standard_queries(db, tables):
    """NAME_all, NAME_put and NAME_delete (by primary key, taking a row) of every table, as query texts."""
    for table, columns in tables.items():
        key = [c[1] for c in sorted(db.execute(f"PRAGMA table_info({table})"), key=lambda c: c[5]) if c[5]]
        names = [c for c, _ in columns]
        yield f"{table}_all () many: {table}\nSELECT * FROM {table} ORDER BY {', '.join(key)};"
        yield (f"{table}_put ({table})\nINSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(':' + c for c in names)})\n"
               f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in names if c not in key) or f'{key[0]} = {key[0]}'};")
        yield f"{table}_delete ({table})\nDELETE FROM {table} WHERE {' AND '.join(f'{c} = :{c}' for c in key)};"


def type_words(tables, lists):
    for name, spec in lists.items():
        for at in spec.get("columns", []):
            table, _, column = at.partition(".")
            kinds = dict(tables.get(table, []))
            if kinds.get(column) != "TEXT":
                sys.exit(f"schema/words.json: {name}: there is no column {at} for words")
            tables[table] = [(c, WORD + name if c == column else k) for c, k in tables[table]]


def type_keys(tables, lists):
    for name in KEYS:
        for at in lists[name]:
            table, _, column = at.partition(".")
            if dict(tables.get(table, [])).get(column) != "TEXT":
                sys.exit(f"schema/keys.json: there is no column {at} for keys")
            tables[table] = [(c, KEY + name if c == column else k) for c, k in tables[table]]
    names = {c for columns in tables.values() for c, k in columns if k.startswith(KEY)}
    for table, columns in tables.items():
        for c, k in columns:
            if c in names and not k.startswith(KEY) and f"{table}.{c}" not in lists["none"]:
                sys.exit(f"schema/keys.json: {table}.{c} is called as keys are: it is in none of the lists")


def read_tables(db):
    names = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    tables = {name: [(c[1], c[2]) for c in db.execute(f"PRAGMA table_info({name})")] for (name,) in names}
    for table, columns in tables.items():
        for column, kind in columns:
            if kind not in C_TYPE:
                sys.exit(f"table {table}: column {column} has the type {kind}; only TEXT and INTEGER are used")
    return tables


def count_key(db, table):
    """How many columns the primary key has: they are the table's first ones."""
    at = [c[5] for c in db.execute(f"PRAGMA table_info({table})")]
    n = max(at)
    if n == 0 or at[:n] != list(range(1, n + 1)):
        sys.exit(f"table {table}: the columns of its primary key must come first, in the key's order")
    return n


def parse_query(path, block, tables):
    head, sql = block.split("\n", 1)
    m = HEAD.match(head.strip())
    if not m:
        sys.exit(f"{path}: bad query head: {head}")
    name, params, count, table, scalar = m.groups()
    row = params if params in tables else None
    pairs = [] if row or not params.strip() else [tuple(p.split()) for p in params.split(",")]
    for p in pairs:
        if len(p) != 2 or p[1] not in PARAM_TYPE:
            sys.exit(f"{path}: query {name}: bad parameter {p}")
    columns = tables[row] if row else [(p, PARAM_TYPE[t]) for p, t in pairs]
    return {"name": name, "sql": sql.strip(), "row": row, "columns": columns, "count": count, "table": table, "scalar": scalar}


def check_query(path, q, db, tables):
    used, given = set(re.findall(r":(\w+)", q["sql"])), {c for c, _ in q["columns"]}
    if used - given or (not q["row"] and given - used):
        sys.exit(f"{path}: query {q['name']}: parameters given {sorted(given)}, used {sorted(used)}")
    columns = dict(c for t in re.findall(r"(?:FROM|JOIN|INTO) (\w+)", q["sql"]) for c in tables.get(t, []))
    for column, p in re.findall(r"(\w+) (?:[<>]?=?|BETWEEN) :(\w+)", q["sql"]):
        if columns.get(column, "").startswith(KEY) and not dict(q["columns"])[p].startswith(KEY):
            sys.exit(f"{path}: query {q['name']}: {column} is a key, so {p} must be one (key, dotted or shared)")
    try:
        some = {p: 1 for p in used}
        cursor = db.execute(q["sql"], some) if q["count"] or q["scalar"] else None
        db.execute("EXPLAIN " + q["sql"], some)
    except sqlite3.Error as e:
        sys.exit(f"{path}: query {q['name']}: {e}")
    if q["table"]:
        if q["table"] not in tables:
            sys.exit(f"{path}: query {q['name']}: no table {q['table']}")
        if [d[0] for d in cursor.description] != [c for c, _ in tables[q["table"]]]:
            sys.exit(f"{path}: query {q['name']} does not return {q['table']}.*")


# A query that failed leaves what it was to find untouched: analysers, which see no further than the wrapper, see that much.
FOUND = ["    if (r == 0) *out = found;", "    return r;"]


def wrapper(q):
    upper, args, values = q["name"].upper(), ["struct store *s"], []
    if q["count"] or q["scalar"] in ("texts", "keys"):
        args.append("struct arena *a")
    if q["row"]:
        args.append(f"const struct row_{q['row']} *row")
        values = [param(f"row->{c}", k) for c, k in q["columns"]]
    else:
        args += [f"{c_type(k)}{c}" for c, k in q["columns"]]
        values = [param(c, k) for c, k in q["columns"]]
    out = {"one": f"struct row_{q['table']} **out", "many": f"struct row_{q['table']} **out, size_t *n"}.get(q["count"])
    if q["scalar"]:
        out = "int64_t *out" if q["scalar"] == "int" else "const char ***out, size_t *n"
    if out:
        args.append(out)
    args.append("struct err *e")
    body = []
    given = "NULL"
    if values:
        body.append(f"    const struct sql_param p[] = {{{', '.join(values)}}};")
        given = "p"
    if q["count"] == "one":
        body += ["    void *found;", f"    int r = store_one(s, Q_{upper}, {given}, &sql_table_{q['table']}, a, &found, e);", *FOUND]
    elif q["count"] == "many":
        body += ["    void *found;", "    size_t count;",
                 f"    int r = store_many(s, Q_{upper}, {given}, &sql_table_{q['table']}, a, &found, &count, e);", *FOUND[:1], "    if (r == 0) *n = count;", *FOUND[1:]]
    elif q["scalar"] in ("texts", "keys"):
        body.append(f"    return store_{q['scalar']}(s, Q_{upper}, {given}, a, out, n, e);")
    elif q["scalar"]:
        body += ["    int64_t found;", f"    int r = store_int(s, Q_{upper}, {given}, &found, e);", *FOUND]
    else:
        verb = "delete" if q["name"].endswith("_delete") else "put"
        body.append(f"    return store_{verb}(s, Q_{upper}, p, &sql_table_{q['row']}, row, e);" if q["row"]
                    else f"    return store_run(s, Q_{upper}, {given}, e);")
    return [f"static inline int q_{q['name']}({', '.join(args)})", "{", *body, "}", ""]


def header(tables, queries):
    out = ["/* Generated by src/gen/gen_sql.py; do not edit. */", "#pragma once", '#include "catalog/words.gen.h"', '#include "store/sql.h"', ""]
    for table, columns in tables.items():
        out += [f"struct row_{table} {{", *[f"    {c_type(k)}{c};" for c, k in columns], "};",
                f"extern const struct sql_table sql_table_{table};", ""]
    out += ["enum query {", *[f"    Q_{q['name'].upper()}," for q in queries], "    Q__COUNT", "};",
            "extern const struct sql_text sql_queries[Q__COUNT];",
            "extern const struct sql_text sql_migrations[];", "extern const int sql_migrations_count;",
            "extern const struct sql_text sql_schema; /* what all migrations together make of an empty database */", ""]
    return "\n".join(out)


def wrappers(queries):
    out = ["/* Generated by src/gen/gen_sql.py; do not edit. */", "#pragma once", '#include "store/sql.gen.h"', '#include "store/store.h"', ""]
    for q in queries:
        out += wrapper(q)
    return "\n".join(out)


def numbered(q):
    """The query's text with the parameters' numbers in place of their names, in the order in which the wrapper passes the values."""
    number = {c: i for i, (c, _) in enumerate(q["columns"], 1)}
    return re.sub(r":(\w+)", lambda m: f"?{number[m[1]]}", q["sql"])


def layouts(tables, keys):
    out = ["/* Generated by src/gen/gen_sql.py; do not edit. */", '#include "store/sql.gen.h"', "#include <stddef.h>", ""]
    for table, columns in tables.items():
        out += [f"static const struct sql_column columns_{table}[] = {{",
                *[f'    {{"{c}", {column_kind(k)[0]}, offsetof(struct row_{table}, {c}), {column_kind(k)[1]}, {key_kind(k)}}},' for c, k in columns], "};",
                f'const struct sql_table sql_table_{table} = {{"{table}", sizeof(struct row_{table}), columns_{table}, {len(columns)}, {keys[table]}, Q_{table.upper()}_ALL}};', ""]
    return "\n".join(out)


def source(queries, migrations, schema):
    out = ["/* Generated by src/gen/gen_sql.py; do not edit. */", '#include "store/sql.gen.h"', ""]
    out.append("const struct sql_text sql_queries[Q__COUNT] = {")
    for q in queries:
        out.append(f"    [Q_{q['name'].upper()}] = {{\"{q['name']}\",\n{c_string(numbered(q))}}},")
    out += ["};", "const struct sql_text sql_migrations[] = {",
            *[f'    {{"{m.name}",\n{c_string(m.read_text())}}},' for m in migrations], "};",
            f"const int sql_migrations_count = {len(migrations)};",
            f'const struct sql_text sql_schema = {{"schema",\n{c_string(schema)}}};', ""]
    return "\n".join(out)


def in_folders(paths):
    """The files, and those of the folders."""
    for path in map(pathlib.Path, paths):
        yield from path.glob("*.sql") if path.is_dir() else [path]


def main(depfile, out_h, out_q, out_c, out_tables, out_schema, *inputs):
    paths = list(in_folders(inputs))
    # The folders too: they change with each file that comes.
    pathlib.Path(depfile).write_text("%s: %s\n" % (out_h, " ".join(map(str, [*inputs, *paths]))))
    migrations = read_migrations([p for p in paths if p.parent.name == "migrations"])
    db = sqlite3.connect(":memory:")
    db.execute("PRAGMA foreign_keys = ON")
    for name, n in FUNCTIONS.items():
        db.create_function(name, n, lambda *_: "")
    for path in migrations:
        db.executescript(path.read_text())
    tables = read_tables(db)
    type_words(tables, next(json.loads(p.read_text()) for p in paths if p.name == "words.json")["words"])
    type_keys(tables, next(json.loads(p.read_text()) for p in paths if p.name == "keys.json"))
    queries = []
    for block in standard_queries(db, tables):
        q = parse_query("standard queries", block, tables)
        check_query("standard queries", q, db, tables)
        queries.append(q)
    for path in sorted(p for p in paths if p.parent.name == "queries"):
        for block in re.split(r"(?m)^-- name: ", path.read_text())[1:]:
            q = parse_query(path, re.sub(r"(?m)^--.*\n?", "", block), tables)
            check_query(path, q, db, tables)
            queries.append(q)
    if len({q["name"] for q in queries}) != len(queries):
        sys.exit("two queries of one name")
    if any(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables):
        sys.exit("a migration writes rows: a new database, which gets the schema alone, would miss them")
    dump = db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name")
    schema = "".join(r[0] + ";\n" for r in dump)
    pathlib.Path(out_h).write_text(header(tables, queries))
    pathlib.Path(out_q).write_text(wrappers(queries))
    pathlib.Path(out_c).write_text(source(queries, migrations, schema))
    pathlib.Path(out_tables).write_text(layouts(tables, {table: count_key(db, table) for table in tables}))
    pathlib.Path(out_schema).write_text("-- Generated from migrations/; do not edit.\n" + schema)


main(*sys.argv[1:])
