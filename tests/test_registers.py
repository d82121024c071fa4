"""The judge of what was promised to clients is itself judged: on histories whose verdict is known."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from registers import Histories, behind  # noqa: E402


def history(writes, reads=()):
    """Writes (number, begin, end, replaced, kept, node), and reads (value, begin, end, reader), of one register."""
    found = Histories()
    for number, begin, end, replaced, kept, node in writes:
        found.wrote("k", number, begin, end, replaced, kept, node)
    for value, begin, end, reader in reads:
        found.read("k", value, begin, end, reader)
    return found.judge()


class Judge(unittest.TestCase):
    def test_has_nothing_against_a_failover_that_loses_nothing(self):
        verdict = history([(1, 0, 1, 0, True, "a"), (2, 2, 3, 1, True, "a"), (3, 5, 6, 2, True, "b"), (4, 7, 8, 3, True, "b")],
                          [(4, 9, 10, "primary"), (3, 9, 10, "replica")])
        self.assertEqual([], verdict.wrong() + verdict.gave_up)

    def test_finds_a_confirmed_write_that_the_next_one_did_not_replace(self):
        verdict = history([(1, 0, 1, 0, True, "a"), (2, 2, 3, 1, True, "a"), (3, 5, 6, 1, True, "b")])
        self.assertEqual(["k = 2, confirmed by a replica, was acknowledged by a, and later write 3 replaced 1"], verdict.lost)

    def test_finds_a_confirmed_write_that_a_reader_of_the_primary_misses(self):
        self.assertEqual(1, len(history([(1, 0, 1, 0, True, "a")], [(0, 2, 3, "primary")]).lost))

    def test_takes_what_one_node_alone_had_for_lost_within_the_promise(self):
        verdict = history([(1, 0, 1, 0, True, "a"), (2, 2, 3, 1, False, "a"), (3, 5, 6, 1, True, "b")])
        self.assertEqual(([], 1), (verdict.wrong(), len(verdict.gave_up)))

    def test_does_not_ask_a_write_for_itself(self):
        self.assertEqual([], history([(1, 1, 1, 0, True, "a")], [(1, 2, 3, "primary")]).wrong(), "it took no time")

    def test_tells_one_loss_once(self):
        verdict = history([(1, 0, 1, 0, True, "a"), (2, 2, 3, 0, True, "b"), (3, 4, 5, 0, True, "b")], [(0, 6, 7, "primary")])
        self.assertEqual(3, len(verdict.lost))
        self.assertEqual(3, len(set(verdict.lost)))

    def test_does_not_blame_what_was_never_acknowledged(self):
        self.assertEqual([], history([(1, 0, 1, 0, True, "a"), (2, 2, None, 0, False, ""), (3, 5, 6, 1, True, "b")]).wrong())
        self.assertEqual([], history([(1, 0, 1, 0, True, "a"), (2, 2, None, 0, False, ""), (3, 5, 6, 2, True, "b")]).wrong())

    def test_does_not_blame_what_was_read_before_the_acknowledgement(self):
        self.assertEqual([], history([(1, 0, 5, 0, True, "a")], [(0, 4, 6, "primary")]).wrong())

    def test_finds_readers_that_go_back(self):
        writes = [(1, 0, 1, 0, True, "a"), (2, 2, 3, 1, True, "a")]
        self.assertEqual(["replica read k = 2, and 1 after it"], history(writes, [(2, 4, 5, "replica"), (1, 6, 7, "replica")]).went_back)
        self.assertEqual([], history(writes, [(2, 4, 5, "replica"), (1, 6, 7, "another replica")]).went_back)
        self.assertEqual([], history(writes, [(2, 4, 7, "replica"), (1, 6, 8, "replica")]).went_back, "both were under way at once")

    def test_finds_two_writers(self):
        verdict = history([(1, 0, 1, 0, True, "a"), (2, 2, 3, 1, False, "b"), (3, 4, 5, 1, False, "a")])
        self.assertEqual(["k: b acknowledged 2 between 1 and 3 of a, which never had it"], verdict.two_writers)

    def test_has_nothing_against_a_failover_and_another_one_back(self):
        self.assertEqual([], history([(1, 0, 1, 0, True, "a"), (2, 2, 3, 1, True, "b"), (3, 4, 5, 2, True, "a")]).wrong())

    def test_finds_numbers_that_nobody_has_written(self):
        self.assertEqual(1, len(history([(1, 0, 1, 0, True, "a")], [(7, 2, 3, "replica")]).invented))

    def test_tells_each_finding_beside_what_is_promised_of_it(self):
        report = history([(1, 0, 1, 0, True, "a"), (2, 2, 3, 0, False, "a"), (3, 4, 5, 0, False, "a")]).report().splitlines()
        self.assertRegex(report[0], "^lost +1   K9: .*WAIT")
        self.assertRegex(report[1], "^    k = 1, confirmed by a replica,")
        self.assertRegex(report[2], "^gave up +1   L1: ")
        self.assertRegex(report[4], "^two writers +0   K10: ")


class Settled(unittest.TestCase):
    """Histories after a blow whose losses were excused"""

    def setUp(self):
        self.found = Histories()
        for number, kept in ((1, True), (2, False), (3, True), (4, False)):
            self.found.wrote("k", number, number, number + 0.5, number - 1, kept, "a")

    def lost(self, value, begin):
        self.found.read("k", value, begin, begin + 0.5, "primary")
        verdict = self.found.judge()
        return len(verdict.lost), len(verdict.gave_up), len(verdict.invented)

    def test_ask_no_more_for_what_is_gone(self):
        self.found.settle({"k": 2}, 6)
        self.assertEqual((0, 0, 0), self.lost(2, 7))

    def test_still_ask_for_what_is_there(self):
        self.found.settle({"k": 4}, 6)
        self.assertEqual((0, 0, 0), self.lost(4, 7))
        self.assertEqual((0, 1, 0), self.lost(3, 8), "the number that was there")
        self.assertEqual((1, 1, 0), self.lost(2, 9), "and the last one that was confirmed; who had this number is known")

    def test_keep_what_was_acknowledged_meanwhile_and_what_may_come(self):
        self.found.wrote("k", 5, 5, 6.5, 4, True, "a")
        self.found.wrote("k", 6, 7, None)
        self.found.settle({"k": 4}, 6)
        self.assertEqual((0, 0, 0), self.lost(6, 8))
        self.assertEqual((1, 0, 0), self.lost(4, 9))

    def test_know_what_was_confirmed_and_who_is_behind(self):
        self.assertEqual({"k": 3}, self.found.confirmed())
        self.assertEqual(["k"], behind({"k": 2, "other": 0}, {"k": 3}))
        self.assertEqual([], behind({"k": 3}, {"k": 3, "other": 1}))


if __name__ == "__main__":
    unittest.main()
