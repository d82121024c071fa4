"""What keeps a process from starting is told in one line, and overcome by itself once it is gone."""
import os
import shutil
import signal
import unittest

from field import Field, client, fill, main, node, seen, serves

REDIS = shutil.which("redis-server")


class Heal(Field):
    OCTET = 9

    def setUp(self):
        super().setUp()
        self.a = node("g.a", self.address(1))
        self.engine = os.path.join(self.dir, "engine")
        self.folder = os.path.join(self.data(), "g.a")

    def install(self, text=None):
        """Puts the engine in place: the real one, or a script."""
        if os.path.lexists(self.engine):
            os.unlink(self.engine)
        if text is None:
            os.symlink(REDIS, self.engine)
            return
        with open(self.engine, "w") as f:
            f.write("#!/bin/sh\n[ \"$1\" = --version ] && exec %s --version\n%s\n" % (REDIS, text))
        os.chmod(self.engine, 0o755)

    def start_one(self):
        self.install()
        self.order([self.a])
        self.start(engine=self.engine)
        return self.wait_serves("g.a")

    def broken(self, *words):
        """Waits until the node is broken for a reason with these words, which is one line."""
        s = self.wait(lambda s: seen(s, "g.a").get("state") == "broken" and all(w in seen(s, "g.a").get("reason", "") for w in words))
        self.assertNotIn("\n", seen(s, "g.a")["reason"])
        self.assertNotIn("pid", seen(s, "g.a"))

    def healed(self):
        s = self.wait(lambda s: serves(s, "g.a") and "reason" not in seen(s, "g.a"))
        self.assertTrue(client(self.address(1)).set("k", "v"))
        return seen(s, "g.a")

    def test_an_engine_that_goes_away_and_comes_back(self):
        pid = seen(self.start_one(), "g.a")["pid"]
        os.unlink(self.engine)
        os.kill(pid, signal.SIGKILL)
        self.broken("engine", "install redis-server")
        self.install()
        self.assertEqual(self.healed()["restarts"], 1)

    def test_an_engine_that_ends_at_once(self):
        self.install("echo 'I have no wish to run' >&2; exit 3")
        self.order([self.a])
        self.start(engine=self.engine)
        self.broken("I have no wish to run")
        self.install()
        self.healed()

    def test_an_engine_that_ends_without_a_word(self):
        self.install("exit 3")
        self.order([self.a])
        self.start(engine=self.engine)
        self.broken("status 3")
        self.install()
        self.healed()

    def test_a_folder_that_cannot_be_made(self):
        self.install()
        os.makedirs(self.data())
        with open(self.folder, "w"):
            pass
        self.order([self.a])
        self.start(engine=self.engine)
        self.broken("g.a")
        os.unlink(self.folder)
        self.healed()

    def test_a_folder_that_cannot_be_written(self):
        pid = seen(self.start_one(), "g.a")["pid"]
        aside = os.path.join(self.folder, "redis.conf.new")
        if os.path.exists(aside):  # its room is kept
            os.unlink(aside)
        os.mkdir(aside)
        os.kill(pid, signal.SIGKILL)
        self.broken("writing", "redis.conf")
        os.rmdir(aside)
        self.healed()

    @unittest.skipUnless(os.geteuid() == 0, "needs to mount a file system")
    def test_a_disk_that_is_full(self):
        self.install()
        os.makedirs(self.data())
        if os.system("mount -t tmpfs -o size=64k none " + self.data()) != 0:
            self.skipTest("no file system can be mounted here")
        try:
            self.fill_and_clear(os.path.join(self.data(), "ballast"))
        finally:
            self.stop_agent()
            os.system("umount -l " + self.data())

    def fill_and_clear(self, ballast):
        fill(ballast)
        self.order([self.a])
        self.start(engine=self.engine)
        self.broken("No space left")
        os.unlink(ballast)
        self.healed()


if __name__ == "__main__":
    main()
