"""What CI jobs do with serve: a data directory that goes with it, scripts that run at its start, waiting, and a log of JSON."""
import json
import os
import signal
import subprocess
import tempfile
import unittest
import urllib.request

import harness


class Hooks(harness.Case):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix="meridian-init-")
        self.addCleanup(subprocess.run, ["rm", "-rf", self.folder], check=True)

    def check_contract(self):
        if self.own:
            super().check_contract()

    def script(self, name, text, mode=0o755):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def serve(self, *flags):
        self.own_server(flags=flags)
        return self.server.start()

    def get(self, path):
        with urllib.request.urlopen(self.server.url + path, timeout=harness.DEADLINE) as answer:
            return json.load(answer)

    def over(self):
        def over():
            state = self.server.admin("GET", "init")
            return None if state["state"] == "running" else state
        return harness.wait_for(over, "the end of what --init names")

    def wait_command(self, *words, status=0):
        run = subprocess.run([harness.BIN, "wait", "--endpoint", self.server.url, *words], capture_output=True, text=True, check=False,
                             env=harness.clean_environment(), timeout=60)
        self.assertEqual(status, run.returncode, run.stdout + run.stderr)
        return run.stdout + run.stderr

    # --init

    def test_scripts_and_calls_run_in_order_and_a_failure_keeps_nobody_from_running(self):
        self.script("01-group.calls", "# one call a line\n\n"
                    "Action=CreateReplicationGroup&ReplicationGroupId=orders&ReplicationGroupDescription=d&Engine=redis"
                    "&CacheNodeType=cache.r6g.large&NumCacheClusters=1\n"
                    "Action=CreateGlobalReplicationGroup&GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=orders\n"
                    "Region=eu-west-1&Action=CreateCacheCluster&CacheClusterId=cache&Engine=memcached&CacheNodeType=cache.r6g.large"
                    "&NumCacheNodes=1\n", 0o644)
        self.script("02-fails", "#!/bin/sh\nexit 7\n")
        self.script("03-bad.calls", "Action=CreateReplicationGroup&ReplicationGroupId=-\n", 0o644)
        self.script("04-neither.md", "", 0o644)
        os.mkdir(self.folder + "/04-data")
        self.script("05-writes", '#!/bin/sh\necho "$AWS_ENDPOINT_URL $AWS_DEFAULT_REGION" > "$(dirname "$0")/.told"\n')
        self.serve("--init", self.folder)
        state = self.over()
        self.assertEqual("failed", state["state"])
        self.assertEqual(["done", "failed", "failed", "ignored", "ignored", "done"], [s["state"] for s in state["scripts"]], state)
        whys = [s["why"] for s in state["scripts"]]
        self.assertEqual("it exited with status 7", whys[1])
        self.assertEqual("it is no file", whys[3])
        self.assertIn("neither executable nor a file of calls", whys[4])
        self.assertIn("04-neither.md is ignored", self.server.log())
        self.assertIn("line 1: InvalidParameter", whys[2])
        self.assertEqual([None, None], [whys[0], whys[5]])
        self.assertEqual("%s us-east-1\n" % self.server.url, harness.reads(self.folder + "/.told").decode())
        self.assertEqual("ldgnf-g", self.group("orders")["GlobalReplicationGroupInfo"]["GlobalReplicationGroupId"])
        self.assertEqual("cache", self.api("eu-west-1").describe_cache_clusters()["CacheClusters"][0]["CacheClusterId"])
        told = self.get("/_localstack/init")
        self.assertTrue(told["completed"]["READY"])
        self.assertEqual(["SUCCESSFUL", "ERROR", "ERROR", "SUCCESSFUL"], [s["state"] for s in told["scripts"]])
        self.assertTrue(self.get("/_localstack/init/ready")["completed"])

    def test_a_stop_ends_what_is_run(self):
        self.script("sleeps", '#!/bin/sh\necho $$ > "$(dirname "$0")/.pid"\nexec sleep 1000\n')
        self.serve("--init", self.folder + "/sleeps")
        pid = int(harness.wait_for(lambda: harness.reads(self.folder + "/.pid").strip(), "the script's process"))
        self.server.terminate()
        harness.wait_for(lambda: not harness.alive(pid), "the end of the script")

    def test_strict_stops_at_the_first_failure(self):
        self.script("1", "#!/bin/sh\nexit 1\n")
        self.script("2", '#!/bin/sh\ntouch "$(dirname "$0")/.ran"\n')
        self.own_server(flags=["--init", self.folder, "--init-strict"])
        run = subprocess.run(self.server.command(), capture_output=True, text=True, check=False, env=harness.clean_environment(), timeout=60)
        self.assertEqual(1, run.returncode)
        self.assertIn("init: 1 failed: it exited with status 1", run.stderr)
        self.assertFalse(os.path.exists(self.folder + "/.ran"))

    def test_a_file_that_is_not_there(self):
        self.own_server(flags=["--init", self.folder + "/none"])
        run = subprocess.run(self.server.command(), capture_output=True, text=True, check=False, env=harness.clean_environment(), timeout=60)
        self.assertEqual(1, run.returncode)
        self.assertIn("none: No such file or directory", run.stderr)

    def test_strict_does_not_mind_what_is_no_script(self):
        self.script("README.md", "What the scripts do.\n", 0o644)
        self.serve("--init", self.folder, "--init-strict")
        self.assertEqual("done", self.over()["state"])

    def test_a_file_that_is_named_has_to_be_a_script(self):
        self.script("README.md", "What the scripts do.\n", 0o644)
        self.serve("--init", self.folder + "/README.md")
        self.assertEqual("failed", self.over()["state"])

    def test_nothing_to_run_is_done(self):
        self.serve()
        self.assertEqual({"state": "done", "scripts": []}, self.server.admin("GET", "init"))

    # LocalStack's

    def test_tools_for_a_localstack_find_one(self):
        self.serve()
        self.assertEqual("running", self.get("/_localstack/health")["services"]["elasticache"])
        self.assertEqual({"completed": {"BOOT": True, "START": True, "READY": True, "SHUTDOWN": False}, "scripts": []},
                         self.get("/_localstack/init"))
        self.assertIn("\nReady.\n", self.server.log())

    # meridian wait

    def test_wait_returns_once_all_are_available(self):
        self.serve()
        group = self.create_group(wait=False)
        self.api().create_cache_cluster(CacheClusterId="cache", Engine="memcached", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=1)
        self.wait_command("--for", "available", group.upper(), "cache")
        self.assertEqual("available", self.group(group)["Status"])
        self.api().create_user(UserId="u", UserName="u", Engine="redis", AccessString="on", NoPasswordRequired=True)
        self.assertIn("u is active", self.wait_command("u"))
        self.api().create_global_replication_group(GlobalReplicationGroupIdSuffix="g", PrimaryReplicationGroupId=group)
        self.assertIn("is primary-only", self.wait_command("ldgnf-g"))
        self.api().delete_cache_cluster(CacheClusterId="cache")
        self.assertIn("cache is deleted", self.wait_command("--for", "deleted", "cache"))

    def test_wait_is_patient_while_init_is_run(self):
        self.script("1", '#!/bin/sh\ncat "$(dirname "$0")/.gate"\n')
        self.script("2.calls", "Action=CreateCacheCluster&CacheClusterId=late&Engine=memcached&CacheNodeType=cache.r6g.large&NumCacheNodes=1\n", 0o644)
        os.mkfifo(self.folder + "/.gate")
        self.serve("--init", self.folder)
        commands = [[harness.BIN, "wait", "--endpoint", self.server.url, *words] for words in (("late",), ("--for", "init"))]
        waiting = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=harness.clean_environment()) for command in commands]
        self.assertIn("is running, and not init within 0 s", self.wait_command("--for", "init", "--timeout", "1", status=1).replace("1 s", "0 s"))
        self.assertEqual([None, None], [w.poll() for w in waiting])
        with open(self.folder + "/.gate", "w", encoding="utf-8"):
            pass
        self.assertEqual([("late is available\n", None), ("init is done\n", None)], [w.communicate(timeout=harness.DEADLINE) for w in waiting])
        self.assertIn("there is no nobody", self.wait_command("nobody", status=1))

    def test_wait_for_init_tells_of_a_failure(self):
        self.script("1", "#!/bin/sh\nexit 1\n")
        self.serve("--init", self.folder)
        self.assertIn("init is failed", self.wait_command("--for", "init", status=1))

    def test_wait_says_why_not(self):
        self.serve()
        group = self.create_group()
        self.assertIn("there is no nobody in us-east-1", self.wait_command("nobody", status=1))
        self.assertIn("%s is available, and not deleted within 1 s" % group, self.wait_command("--for", "deleted", "--timeout", "1", group, status=1))
        self.assertIn("There is no region mars.", self.wait_command("--region", "mars", group, status=1))
        self.assertIn("wait needs ID", self.wait_command(status=2))
        self.assertIn("nobody answers", self.wait_command("--endpoint", "http://127.0.0.1:1", group, status=1))
        self.assertIn("is no URL", self.wait_command("--endpoint", "ftp://x", group, status=1))

    # --ephemeral and --log-format

    def ephemeral(self, *flags):
        process = subprocess.Popen([harness.BIN, "serve", "--listen", "127.0.0.1:0", "--ephemeral", *flags], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True, env=harness.clean_environment(TMPDIR=self.folder))
        self.addCleanup(process.stdout.close)
        line = process.stdout.readline()
        self.assertEqual("Ready.\n", process.stdout.readline())
        return process, line.split("(data in ")[1].split(")")[0], line.split(" on ")[1].split(" ")[0]

    def create_at(self, url):
        body = b"Action=CreateCacheCluster&CacheClusterId=c&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheNodes=1"
        with urllib.request.urlopen(url, body, timeout=harness.DEADLINE):
            pass
        subprocess.run([harness.BIN, "wait", "--endpoint", url, "c"], check=True, env=harness.clean_environment(), stdout=subprocess.DEVNULL, timeout=60)

    def test_an_ephemeral_data_directory_goes_with_serve(self):
        process, data, url = self.ephemeral()
        self.assertTrue(data.startswith(self.folder + "/"), data)
        self.create_at(url)
        process.terminate()
        self.assertEqual(0, process.wait(harness.DEADLINE))
        self.assertEqual([], os.listdir(self.folder))

    def test_nothing_runs_on_where_an_ephemeral_serve_was_killed(self):
        process, data, url = self.ephemeral()
        self.create_at(url)
        self.assertTrue(harness.processes_of(data))
        process.send_signal(signal.SIGKILL)
        process.wait(harness.DEADLINE)
        harness.wait_for(lambda: not harness.processes_of(data), "the end of the nodes")
        kept = [self.folder + "/meridian-abcdef", self.folder + "/meridian-ghijkl"]
        for folder in kept:
            os.mkdir(folder)
        with open(kept[0] + "/meridian.lock", "w", encoding="utf-8"):
            pass
        first, running, _ = self.ephemeral()
        self.assertEqual(sorted(kept + [running]), sorted(self.folder + "/" + name for name in os.listdir(self.folder)))
        second, another, _ = self.ephemeral()
        self.assertEqual(sorted(kept + [running, another]), sorted(self.folder + "/" + name for name in os.listdir(self.folder)))
        for process in (first, second):
            process.terminate()
            self.assertEqual(0, process.wait(harness.DEADLINE))

    def test_a_log_of_json(self):
        script = self.script("prints", "#!/bin/sh\nprintf 'at %s\\nand \"more\"' \"$AWS_ENDPOINT_URL_ELASTICACHE\"; echo bad >&2\n")
        self.serve("--log-format", "json", "--init", script)
        self.over()
        self.create_group(stem='json')
        self.server.terminate()
        lines = [line for path in self.server.logs() for line in harness.reads(path).decode().splitlines()
                 if path.endswith(("serve.log", "agent.log"))]
        printed = [line for line in lines if not line.startswith("{")]
        self.assertRegex("\n".join(printed), r"\AMeridian \S+ serves .*\nReady\.\Z")
        logged = [json.loads(line) for line in lines if line.startswith("{")]
        said = [entry["message"] for entry in logged if entry["message"].startswith("init: prints")]
        self.assertEqual(["init: prints begins", "init: prints: at " + self.server.url, "init: prints: and \"more\"bad", "init: prints is done"], said)
        self.assertEqual({"serve", "agent us-east-1"}, {entry["who"] for entry in logged})
        self.assertTrue(all(set(entry) == {"time", "level", "who", "message"} for entry in logged))


if __name__ == "__main__":
    unittest.main()
