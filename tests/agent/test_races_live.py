"""An order that was decided for a process, and reaches another one: what it does to that, member by member."""
import os
import signal

from field import Field, client, main, node, poll, seen, serves


class Races(Field):
    """A primary g.a and its replica g.b, whose process is replaced by another one before the order comes."""
    OCTET = 21

    def setUp(self):
        super().setUp()
        self.a = node("g.a", self.address(1))
        self.b = node("g.b", self.address(2), self.a)
        self.order([self.a, self.b])
        self.start()
        self.before = seen(self.wait_serves("g.a", "g.b"), "g.b")
        client(self.address(1)).set("k", "v")
        poll(lambda: client(self.address(2)).get("k") == "v", "replication")

    def replace(self):
        """Another process of g.b; what is told of it."""
        os.kill(self.before["pid"], signal.SIGKILL)
        return seen(self.wait(lambda s: serves(s, "g.b") and seen(s, "g.b")["restarts"] == 1), "g.b")

    def of(self, process):
        return dict(promote_pid=process["pid"], promote_started_ms=process["started_ms"])

    def settle(self, order):
        """Gives an order, and another one after it that is in force only once the first is, as far as it ever will be."""
        self.order([self.a, order])
        self.order([self.a, dict(order, generation=2, settings=[dict(name="maxclients", value="500")])])
        return seen(self.wait(lambda s: seen(s, "g.b").get("generation") == 2), "g.b")

    def test_a_process_that_was_not_chosen_does_not_become_primary(self):
        now = self.replace()
        promoted = node("g.b", self.b["address"])
        for more in (dict(), dict(promote_offset=0), dict(fence=True), dict(endpoints=[self.address(9)])):
            with self.subTest(more=more):
                found = self.settle(dict(promoted, **self.of(self.before), **more))
                self.assertEqual((found["role"], found["pid"]), ("replica", now["pid"]))
                self.order([self.a, self.b])
                self.wait(lambda s: seen(s, "g.b").get("generation") == 1)

    def test_nor_does_one_with_the_same_pid(self):
        promoted = node("g.b", self.b["address"], promote_pid=self.before["pid"], promote_started_ms=self.before["started_ms"] - 1)
        self.assertEqual(self.settle(promoted)["role"], "replica")

    def test_the_one_that_was_chosen_does(self):
        self.order([self.a, node("g.b", self.b["address"], **self.of(self.before))])
        self.wait(lambda s: seen(s, "g.b").get("role") == "primary")
        self.assertEqual(client(self.address(2)).get("k"), "v")

    def test_a_dead_one_is_not_started_as_primary_in_its_place(self):
        self.order([dict(self.a, run=False), self.b])
        self.wait(lambda s: seen(s, "g.a")["state"] == "gone")
        os.kill(self.before["pid"], signal.SIGKILL)
        self.wait(lambda s: seen(s, "g.b")["state"] != "ready")
        promoted = node("g.b", self.b["address"], **self.of(self.before))
        version = self.order([dict(self.a, run=False), promoted])
        s = self.wait(lambda s: s["version"] >= version)
        self.assertNotIn("pid", seen(s, "g.b"))
        self.order([dict(self.a, run=False), node("g.b", self.b["address"])])
        self.wait(lambda s: seen(s, "g.b").get("role") == "primary")

    def test_a_process_with_the_pid_of_a_condemned_one_lives(self):
        found = self.settle(dict(self.b, condemned_pid=self.before["pid"], condemned_started_ms=self.before["started_ms"] - 1))
        self.assertEqual((found["pid"], found["restarts"]), (self.before["pid"], 0))
        self.order([self.a, dict(self.b, condemned_pid=self.before["pid"], condemned_started_ms=self.before["started_ms"])])
        self.wait(lambda s: serves(s, "g.b") and seen(s, "g.b")["restarts"] == 1)


if __name__ == "__main__":
    main()
