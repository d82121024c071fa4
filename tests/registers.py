"""What clients were promised, and whether it was kept: registers that are written by one client each, with numbers that grow.

A write is `SET key N GET`: its answer is the number that it replaced. So each write tells whether the writes before it were still there, and two
nodes that take writes at the same time show themselves as two numbers that replaced the same one. What was confirmed by a replica (WAIT) may not be
lost; what was only acknowledged may be, where a primary dies, and is counted.

    histories = Histories()
    histories.wrote("key", number, begin, end, replaced=, kept=, node=)     end None: nobody knows whether it was made
    histories.read("key", value, begin, end, reader=)
    histories.judge() → Verdict
"""
import dataclasses


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


class Histories:
    def __init__(self):
        self.writes, self.reads = {}, {}

    def wrote(self, key, number, begin, end, replaced=0, kept=False, node=""):
        self.writes.setdefault(key, []).append(Write(number, begin, end, replaced, kept, node))

    def read(self, key, value, begin, end, reader):
        self.reads.setdefault(key, []).append(Read(value, begin, end, reader))

    def judge(self):
        verdict = Verdict()
        for key in sorted(self.writes.keys() | self.reads.keys()):
            writes = sorted(self.writes.get(key, []), key=lambda w: w.number)
            judge_numbers(verdict, key, writes, self.reads.get(key, []))
            judge_losses(verdict, key, writes, self.reads.get(key, []))
            judge_readers(verdict, key, self.reads.get(key, []))
            judge_writers(verdict, key, writes)
        return verdict


def judge_numbers(verdict, key, writes, reads):
    written = {w.number for w in writes} | {0}
    for value in [w.replaced for w in writes if w.end is not None] + [r.value for r in reads]:
        if value not in written:
            verdict.invented.append("%s was %d, which nobody has written" % (key, value))


def judge_losses(verdict, key, writes, reads):
    """What was seen by the writer itself, or by a reader of the primary, after a write was acknowledged, must not be older than that write.

    One older number tells of the loss of all that were acknowledged in between; each is told once.
    """
    seen = [(w.begin, w.replaced, "write %d replaced %d" % (w.number, w.replaced)) for w in writes if w.end is not None]
    seen += [(r.begin, r.value, "%s read %d" % (r.reader, r.value)) for r in reads if r.reader.startswith("primary")]
    missed = {}
    for begin, value, what in sorted(seen):
        for write in writes:
            if write.end is not None and write.end <= begin and write.number > value:
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
