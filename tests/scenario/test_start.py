"""A start that cannot work says why, in one line, and leaves everything as it was."""
import os
import sqlite3
import stat
import subprocess
import unittest

import harness
from harness import wait_for


class Refusal(unittest.TestCase):
    def setUp(self):
        self.server = harness.Server()
        self.addCleanup(self.server.finish)

    def refused(self, *flags, data=None, path=None):
        """The one line of a serve that does not start."""
        command = [harness.BIN, "serve", "--listen", "127.0.0.1:0", "--data-dir", data or self.server.data, *flags]
        environment = harness.clean_environment(**({"PATH": path} if path else {}))
        run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             timeout=harness.DEADLINE, env=environment)
        self.assertGreater(run.returncode, 0, run.stderr)
        self.assertEqual(1, len(run.stderr.splitlines()), run.stderr)
        return run.stderr

    def database(self):
        for entry in os.scandir(self.server.data):
            if entry.is_file() and harness.reads(entry.path).startswith(b"SQLite format 3"):
                return entry.path
        raise AssertionError("no database in " + self.server.data)

    def test_where_the_port_is_taken(self):
        self.server.start()
        taken = self.server.url.removeprefix("http://")
        self.assertIn(taken, self.refused("--listen", taken, data=os.path.join(self.server.folder, "other")))
        self.assertTrue(self.server.healthy())

    def test_where_another_serve_has_the_data_directory(self):
        self.server.start()
        self.assertIn(self.server.data, self.refused())
        self.assertTrue(self.server.healthy())

    def test_where_the_data_directory_cannot_be_written(self):
        if os.getuid() == 0:
            folder = "/proc/no-such-folder"
        else:
            folder = os.path.join(self.server.folder, "closed")
            os.mkdir(folder, stat.S_IRUSR | stat.S_IXUSR)
        self.assertIn(folder, self.refused(data=folder))

    def test_where_the_data_directory_is_a_file(self):
        path = os.path.join(self.server.folder, "file")
        with open(path, "w") as f:
            f.write("kept")
        self.assertIn(path, self.refused(data=path))
        self.assertEqual(b"kept", harness.reads(path))

    def test_where_the_database_is_none(self):
        self.server.start()
        path = self.database()
        self.server.terminate()
        for extra in ("-wal", "-shm"):
            if os.path.exists(path + extra):
                os.unlink(path + extra)
        with open(path, "w") as f:
            f.write("these are no rows " * 400)
        self.assertIn(path, self.refused())
        self.assertTrue(harness.reads(path).startswith(b"these are no rows"))

    def test_where_the_database_is_of_a_newer_version(self):
        self.server.start()
        path = self.database()
        self.server.terminate()
        database = sqlite3.connect(path)
        database.execute("PRAGMA user_version = 9999")
        database.close()
        self.assertIn("delete its .sum", self.refused(), "who changes it by himself is told what to do")
        os.unlink(path + ".sum")
        self.assertIn("9999", self.refused())

    def test_where_the_address_makes_no_sense(self):
        for address in ("nowhere", "127.0.0.1:99999", "256.0.0.1:80", ":::"):
            with self.subTest(address=address):
                self.assertIn(address, self.refused("--listen", address))

    def test_where_a_flag_is_unknown(self):
        self.assertIn("--no-such-flag", self.refused("--no-such-flag"))

    def test_where_there_is_no_engine(self):
        empty = os.path.join(self.server.folder, "empty")
        os.mkdir(empty)
        self.assertIn("redis-server", self.refused(path=empty))


class Start(unittest.TestCase):
    def setUp(self):
        self.server = harness.Server()
        self.addCleanup(self.server.finish)

    def test_tells_the_address_in_a_file_and_on_standard_output(self):
        self.server.start()
        self.assertRegex(self.server.url, r"^http://127\.0\.0\.1:[1-9]\d*$")
        self.assertIn(self.server.url, self.server.log())

    def test_makes_the_folders_that_lead_to_the_data_directory(self):
        self.server.data = os.path.join(self.server.folder, "a", "b", "c")
        self.server.start()
        self.assertTrue(self.server.healthy())

    def test_keeps_the_data_directory_to_its_owner(self):
        self.server.start()
        self.assertEqual(0o700, stat.S_IMODE(os.stat(self.server.data).st_mode))

    def test_takes_its_flags_from_the_environment_too(self):
        data = os.path.join(self.server.folder, "named-by-environment")
        environment = harness.clean_environment(MERIDIAN_LISTEN="127.0.0.1:0", MERIDIAN_DATA_DIR=data)
        process = subprocess.Popen([harness.BIN, "serve"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=environment)
        try:
            wait_for(lambda: harness.reads(os.path.join(data, "endpoint")), "the endpoint's file")
        finally:
            process.terminate()
            self.assertEqual(0, process.wait(harness.DEADLINE))

    def test_lets_two_servers_live_side_by_side(self):
        other = harness.Server()
        self.addCleanup(other.finish)
        self.server.start()
        other.start()
        for server in (self.server, other):
            server.api("us-east-1").create_replication_group(
                ReplicationGroupId="same-name", ReplicationGroupDescription="d", CacheNodeType=harness.NODE_TYPE, Engine="redis")
        endpoints = []
        for server in (self.server, other):
            groups = lambda: server.api("us-east-1").describe_replication_groups()["ReplicationGroups"]
            group = wait_for(lambda: [g for g in groups() if g["Status"] == "available"], "the group")[0]
            endpoints.append(group["NodeGroups"][0]["PrimaryEndpoint"]["Address"])
            harness.connect(group["NodeGroups"][0]["PrimaryEndpoint"]).set("whose", server.url)
        self.assertEqual(2, len(set(endpoints)))
        self.assertEqual(self.server.url, harness.connect((endpoints[0], 6379)).get("whose"))


if __name__ == "__main__":
    unittest.main()
