"""The snippets of docs/ci.md, run as they stand as far as this machine can: what needs a registry or another language's libraries is checked
for its form, and for what it says of Meridian."""
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest

import harness
import snippets
from snippets import PAGE, SNIPPETS

try:
    import yaml
except ImportError:
    yaml = None


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="meridian-ci-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        os.mkdir(self.folder + "/bin")
        os.symlink(harness.BIN, self.folder + "/bin/meridian")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def environment(self, **more):
        path = "%s/bin:/usr/bin:%s" % (self.folder, os.environ.get("PATH", "/bin"))
        return harness.clean_environment(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="",
                                         TMPDIR=self.folder, PATH=path, **more)

    def bash(self, script, **more):
        run = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, env=self.environment(**more), capture_output=True,
                             text=True, check=False, timeout=120)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        return run.stdout


class Workflows(Case):
    @unittest.skipUnless(yaml and shutil.which("node"), "no node, or no PyYAML")
    def test_github(self):
        steps = yaml.safe_load(SNIPPETS["github"])["jobs"]["test"]["steps"]
        self.write(steps[1]["with"]["init"], SNIPPETS["calls"])
        files = {name: self.write(name.lower(), "") for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE")}
        inputs = {"INPUT_" + name.upper(): value for name, value in steps[1]["with"].items()}
        environment = self.environment(RUNNER_TEMP=self.folder, INPUT_PROGRAM=harness.BIN, INPUT_PORT="0", **inputs, **files)
        action = yaml.safe_load(harness.reads(os.path.join(harness.ROOT, "action.yml")))
        self.assertLessEqual(set(steps[1]["with"]), set(action["inputs"]))

        def node(which, **more):
            run = subprocess.run(["node", os.path.join(harness.ROOT, action["runs"][which])], cwd=self.folder, env=environment | more,
                                 capture_output=True, text=True, check=False, timeout=120)
            self.assertEqual(0, run.returncode, run.stdout + run.stderr)
            return run.stdout

        def told(name):
            return dict(line.split("=", 1) for line in harness.reads(files[name]).decode().splitlines())
        node("main")
        self.assertEqual(told("GITHUB_OUTPUT")["endpoint"], told("GITHUB_ENV")["AWS_ENDPOINT_URL_ELASTICACHE"])
        self.bash("meridian wait orders", **told("GITHUB_ENV"))
        # The CLI of Debian 12 does not know the variable yet.
        script = steps[2]["run"].replace("aws ", "aws --endpoint-url %s " % told("GITHUB_OUTPUT")["endpoint"])
        self.assertEqual("available\n", self.bash(script))
        self.assertIn("Ready.", node("post", STATE_pid=told("GITHUB_STATE")["pid"]))
        self.assertEqual({}, harness.processes_of(self.folder + "/meridian-"))
        self.assertFalse([f for f in os.listdir(self.folder) if f.startswith("meridian-")], "a data directory is left")

    @unittest.skipUnless(yaml and shutil.which("node"), "no node, or no PyYAML")
    def test_the_action_fails_where_what_it_is_to_run_does(self):
        bad = self.write("bad.calls", "Action=CreateReplicationGroup\n")
        files = {name: self.write(name.lower(), "") for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE")}
        run = subprocess.run(["node", os.path.join(harness.ROOT, "action/start.js")], capture_output=True, text=True, check=False, timeout=120,
                             env=self.environment(RUNNER_TEMP=self.folder, INPUT_PROGRAM=harness.BIN, INPUT_PORT="0", INPUT_INIT=bad, **files))
        self.assertEqual(1, run.returncode)
        self.assertIn("::error::meridian serve ended", run.stdout)

    @unittest.skipUnless(yaml, "no PyYAML")
    def test_gitlab(self):
        """Without GitLab: the service is served here, with the image's command, and the script has its address."""
        job = yaml.safe_load(SNIPPETS["gitlab"])["test"]
        [service] = job["services"]
        self.assertEqual("http://%s:4566" % service["alias"], job["variables"]["AWS_ENDPOINT_URL_ELASTICACHE"])
        serve = subprocess.Popen([harness.BIN, *service["command"], "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True,
                                 env=self.environment())
        self.addCleanup(serve.stdout.close)
        self.addCleanup(serve.wait)
        self.addCleanup(serve.terminate)
        endpoint = serve.stdout.readline().split(" on ")[1].split()[0]
        script = "\n".join(job["script"]).replace("aws ", "aws --endpoint-url http://meridian:4566 ").replace("http://meridian:4566", endpoint)
        variables = "".join("export %s='%s'\n" % pair for pair in job["variables"].items())
        self.assertIn('"status":"available"', self.bash(variables + script))

    @unittest.skipUnless(yaml, "no PyYAML")
    def test_compose(self):
        services = yaml.safe_load(SNIPPETS["compose"])["services"]
        self.assertEqual("serve", services["meridian"]["command"][0])
        self.assertIn(services["meridian"]["environment"]["MERIDIAN_PORT_RANGE"], services["meridian"]["ports"][1])


class Languages(Case):
    def test_pytest(self):
        """With pytest where it is; else its fixtures are called as it would call them."""
        path = self.write("test_snippet.py", SNIPPETS["pytest"])
        try:
            import pytest  # noqa: F401
            self.bash("%s -m pytest -q %s" % (sys.executable, path))
        except ImportError:
            stub = "def fixture(f=None, **_): return f or (lambda g: g)\n"
            self.write("pytest.py", stub)
            self.bash("%s -c '%s'" % (sys.executable, "import test_snippet as t\nm = t.meridian(); url = next(m)\ne = t.elasticache(url); api = next(e)\n"
                                      "t.test_a_cluster_is_there(api, url)\nnext(e, None)\nassert not api.describe_cache_clusters()[\"CacheClusters\"]\nnext(m, None)"))

    def test_testcontainers_of_python(self):
        """Against a stand-in for its library, as there is no registry here to have an image from."""
        asked = []

        class DockerContainer:
            def __init__(self, image):
                asked.append(image)

            def with_env(self, *_):
                return self

            def with_exposed_ports(self, *ports):
                asked.extend(ports)
                return self

            def with_bind_ports(self, inside, outside):
                assert inside == outside
                asked.append(inside)

            def get_exposed_port(self, port):
                return port

            def __enter__(self):
                return self

            def __exit__(self, *_):
                pass
        ast.parse(SNIPPETS["testcontainers-python"])
        names = ("testcontainers", "testcontainers.core", "testcontainers.core.container", "testcontainers.core.waiting_utils")
        self.addCleanup(lambda: [sys.modules.pop(name, None) for name in names])
        for name in names:
            sys.modules[name] = types.ModuleType(name)
        sys.modules[names[2]].DockerContainer = DockerContainer
        waited = []
        sys.modules[names[3]].wait_for_logs = lambda _, pattern: waited.append(pattern)
        exec(compile(SNIPPETS["testcontainers-python"], "docs/ci.md", "exec"), {})
        self.assertEqual(["meridian", 4566, *range(6379, 6390)], asked)
        self.assertTrue(re.search(waited[0], "Ready.\n"))

    @unittest.skipUnless(shutil.which("node"), "no node")
    def test_testcontainers_of_node(self):
        subprocess.run(["node", "--check", self.write("snippet.js", SNIPPETS["testcontainers-node"])], check=True, timeout=60)

    @unittest.skipUnless(shutil.which("java"), "no java")
    def test_testcontainers_of_java(self):
        """Java runs a program from its source; the libraries are stand-ins."""
        path = self.write("Snippet.java", snippets.JAVA % SNIPPETS["testcontainers-java"])
        self.assertEqual(snippets.JAVA_SAYS, self.bash("java -Xshare:auto " + path).splitlines())

    @unittest.skipUnless(shutil.which("go"), "no go (tests/container runs this one in a container that has it)")
    def test_testcontainers_of_go(self):
        for path, text in (snippets.GO_LIBRARIES | {"snippet.go": snippets.GO % SNIPPETS["testcontainers-go"]}).items():
            self.write(path, text)
        more = {"GO111MODULE": "off", "GOPATH": self.folder, "GOCACHE": self.folder + "/cache", "HOME": self.folder}
        self.assertEqual(snippets.GO_SAYS, self.bash("go run snippet.go", **more).strip())

    def test_every_variable_and_path_is_one_of_meridians(self):
        known = subprocess.run([harness.BIN, "help", "serve", "--markdown"], capture_output=True, text=True, check=True, timeout=60).stdout
        for variable in re.findall(r"MERIDIAN_(?!ENDPOINT)\w+", PAGE):
            self.assertIn("`%s`" % variable, known)
        server = harness.Server()
        self.addCleanup(server.finish)
        server.start()
        paths = {p["path"] for p in server.admin("GET", "")["paths"]}
        for path in re.findall(r"/_(?:meridian|localstack)/\w+", PAGE):
            self.assertIn(path, paths)


if __name__ == "__main__":
    unittest.main()
