"""What clients were promised, and whether it was kept: registers that are written by one client each, with numbers that grow.

A write is `SET key N GET`: its answer is the number that it replaced. So each write tells whether the writes before it were still there, and two
nodes that take writes at the same time show themselves as two numbers that replaced the same one. What was confirmed by a replica (WAIT) may not be
lost; what was only acknowledged may be, where a primary dies, and is counted.

    histories = Histories()
    histories.tries("key", number)
    histories.wrote("key", number, begin, end, replaced=, kept=, node=)     end None: nobody knows whether it was made
    histories.read("key", value, begin, end, reader=)
    histories.judge() → Verdict
    histories.settle({"key": value}, at)                                    what is gone by now was excused

A write whose fate is unknown may be made later than the next one, by an engine that was busy: its register must get no other.
"""
import dataclasses
import os
import re
import threading

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "docs", "promises.md")
# What a verdict lists, and what is promised of it: a number of docs/promises.md, or what any register promises.
PROMISED = (("lost", "K9"), ("gave_up", "L1"), ("two_writers", "K10"), ("went_back", "The numbers that one node shows grow."),
            ("invented", "A number that is read was written."))
EXAMPLES = 10


def told(path=DOCS):
    """Number of a promise → its sentence."""
    with open(path, encoding="utf-8") as f:
        return dict(re.findall(r"^\| ([KLTA]\d+) \| (.*?) \|$", f.read(), re.MULTILINE))


@dataclasses.dataclass
class Write:
    number: int
    begin: float
    end: float | None      # None: not acknowledged; it may have been made all the same, at any time from then on
    replaced: int = 0
    kept: bool = False     # as many replicas as were asked for have confirmed it
    node: str = ""


@dataclasses.dataclass
class Read:
    value: int
    begin: float
    end: float
    reader: str


@dataclasses.dataclass
class Verdict:
    """Each list has sentences; what stands in 'lost', 'went_back' and 'two_writers' may not happen at all."""
    lost: list = dataclasses.field(default_factory=list)
    gave_up: list = dataclasses.field(default_factory=list)      # acknowledged by one node alone, and gone: asynchronous replication may lose it
    went_back: list = dataclasses.field(default_factory=list)
    two_writers: list = dataclasses.field(default_factory=list)
    invented: list = dataclasses.field(default_factory=list)     # numbers that nobody has written

    def wrong(self):
        return self.lost + self.went_back + self.two_writers + self.invented

    def report(self):
        """How often each kind was found, beside what is promised of it, with the first sentences."""
        sentences, lines = told(), []
        for kind, promise in PROMISED:
            found = getattr(self, kind)
            text = "%s: %s" % (promise, sentences[promise]) if promise in sentences else promise
            lines.append("%-11s %4d   %s" % (kind.replace("_", " "), len(found), text))
            lines += ["    " + sentence for sentence in found[:EXAMPLES]]
        return "\n".join(lines)


class Histories:
    """Clients in threads may add to it while another thread judges."""

    def __init__(self):
        self.writes, self.reads, self.numbers, self.lock = {}, {}, {}, threading.Lock()

    def tries(self, key, number):
        """It is about to be written, so it may be read before it is known to be."""
        with self.lock:
            self.numbers.setdefault(key, {0}).add(number)

    def wrote(self, key, number, begin, end, replaced=0, kept=False, node=""):
        self.tries(key, number)
        with self.lock:
            self.writes.setdefault(key, []).append(Write(number, begin, end, replaced, kept, node))

    def read(self, key, value, begin, end, reader):
        with self.lock:
            self.reads.setdefault(key, []).append(Read(value, begin, end, reader))

    def keys(self):
        with self.lock:
            return sorted(self.writes)

    def confirmed(self):
        """Register → the highest number that was confirmed by as many replicas as were asked for."""
        with self.lock:
            return {key: max(w.number for w in writes if w.kept) for key, writes in self.writes.items() if any(w.kept for w in writes)}

    def judge(self):
        with self.lock:
            verdict = Verdict()
            for key in sorted(self.writes.keys() | self.reads.keys()):
                writes, reads = sorted(self.writes.get(key, []), key=lambda w: w.number), self.reads.get(key, [])
                judge_numbers(verdict, key, self.numbers.get(key, {0}), writes, reads)
                judge_losses(verdict, key, writes, reads)
                judge_readers(verdict, key, reads)
                judge_writers(verdict, key, writes)
            return verdict

    def settle(self, values, at):
        """The registers had these values at some time from 'at' on, and what was written before and is not there any more is not asked for again.

        What is there is still promised: the number itself, and the last one below it that was confirmed.
        """
        with self.lock:
            self.reads = {}
            for key, value in values.items():
                last = max((w.number for w in self.writes.get(key, []) if w.kept and w.number <= value), default=value)
                self.writes[key] = [w for w in self.writes.get(key, []) if is_open(w, value, at) or w.number in (value, last)]


def is_open(write, value, at):
    """It may be made yet, or was acknowledged after the value was read."""
    return write.number > value and (write.end is None or write.end > at)


def behind(values, wanted):
    """The registers whose value is older than the one that it should be at least."""
    return sorted(key for key, value in values.items() if value < wanted.get(key, 0))


def judge_numbers(verdict, key, written, writes, reads):
    for value in [w.replaced for w in writes if w.end is not None] + [r.value for r in reads]:
        if value not in written:
            verdict.invented.append("%s was %d, which nobody has written" % (key, value))


def judge_losses(verdict, key, writes, reads):
    """What was seen by the writer itself, or by a reader of the primary, after a write was acknowledged, must not be older than that write.

    One older number tells of the loss of all that were acknowledged in between; each is told once.
    """
    seen = [(w.begin, w.replaced, w.number, "write %d replaced %d" % (w.number, w.replaced)) for w in writes if w.end is not None]
    seen += [(r.begin, r.value, 0, "%s read %d" % (r.reader, r.value)) for r in reads if r.reader.startswith("primary")]
    missed = {}
    for begin, value, own, what in sorted(seen):
        for write in writes:
            if write.end is not None and write.end <= begin and write.number > value and write.number != own:
                missed.setdefault(write.number, (write, what))
    for number, (write, what) in sorted(missed.items()):
        where = verdict.lost if write.kept else verdict.gave_up
        where.append("%s = %d%s was acknowledged by %s, and later %s" % (key, number, ", confirmed by a replica," if write.kept else "", write.node or "a node", what))


def judge_readers(verdict, key, reads):
    """Who reads from one node sees the numbers grow."""
    last = {}
    for read in sorted(reads, key=lambda r: r.begin):
        before = last.get(read.reader)
        if before is not None and read.value < before.value and before.end <= read.begin:
            verdict.went_back.append("%s read %s = %d, and %d after it" % (read.reader, key, before.value, read.value))
        last[read.reader] = read


def judge_writers(verdict, key, writes):
    """Two nodes that acknowledge by turns, each without the other's numbers: a, b, a again. A failover is a, then b, and that is all."""
    done = sorted((w for w in writes if w.end is not None and w.node), key=lambda w: w.end)
    turns = []
    for write in done:
        if not turns or turns[-1][0] != write.node:
            turns.append((write.node, write))
    for (_, first), (other, second), (again, third) in zip(turns, turns[1:], turns[2:]):
        if again == first.node and third.replaced < second.number:
            verdict.two_writers.append("%s: %s acknowledged %d between %d and %d of %s, which never had it" % (
                key, other, second.number, first.number, third.number, again))
