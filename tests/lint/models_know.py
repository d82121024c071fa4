"""The models of engines know every command that the agent sends: what a new step asks for is to be added to tests/sim/model."""
import re

import tree

SENT = re.compile(r"""(?:WORDS\(|COMMAND\(|\(const\ char\ \*const\[\]\)\s*\{|(?:words|head|getack)\[\d*\]\ =\ \{|names_add\(&words,)\s*"([A-Z]+)"
                      (?:(?:,|\);\s*names_add\(&words,)\s*"([A-Za-z_]+)")?""", re.VERBOSE)
LINES = re.compile(r'ask\(n, ASK_\w+, STEP_\w+, "([a-z]+)"|"([a-z]+_[a-z]+) %lld"')
KNOWN = re.compile(r'\{"([a-z_|]+)", \w+\}')
CONTAINERS = {"acl", "client", "cluster", "config", "function", "memory", "script", "slowlog"}


def sent(text):
    """Names of the table of commands: "client|pause"."""
    for first, second in SENT.findall(text):
        first, second = first.lower(), second.lower()
        yield first + "|" + second if first in CONTAINERS and second else first


def problems(agent, known, memcached):
    found = []
    for path, text in agent:
        found += ["%s sends %s, which the models do not know" % (path, c) for c in sent(text) if c not in known and c not in CONTAINERS]
        for line in LINES.findall(text):
            name = line[0] or line[1]
            if '"%s"' % name not in memcached:
                found.append("%s sends %s, which the model of memcached does not know" % (path, name))
    return sorted(set(found))


if __name__ == "__main__":
    handlers = set(KNOWN.findall(tree.read("tests/sim/model/handlers.c")))
    lines = tree.read("tests/sim/model/memcached.c")
    assert problems([("x.c", 'redis_ask(n, ASK, WORDS("LPUSH", "k"));')], handlers, lines), "an unknown command must be seen"
    assert problems([("x.c", 'WORDS("CLIENT", "LIST")')], handlers, lines), "an unknown sub-command must be seen"
    sources = [(p, tree.read(p)) for p in tree.files(".c", under=("src/agent",))]
    assert sum(len(list(sent(text))) for _, text in sources) > 40, "the commands of the agent are not found any more"
    tree.finish(problems(sources, handlers, lines))
