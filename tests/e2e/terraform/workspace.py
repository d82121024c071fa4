"""Terraform against a server of the test's own, several scenarios side by side.

    setUpModule, tearDownModule = workspace.side_by_side()

    class Something(workspace.Case):
        def test_…(self, tf):           # tf: a Workspace of the scenario's own
            tf.apply('resource "aws_elasticache_…" "x" { … }')

The provider waits half a minute and more for most resources, whatever the server does: all scenarios are begun together, each
in a directory of its own, and a test waits for the end of its scenario. Without Terraform or its AWS provider (see mirror())
they are skipped.
"""
import concurrent.futures
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import harness

LIMIT = 400
OPTIONS = {"apply": ["-input=false", "-auto-approve", "-json"], "plan": ["-input=false", "-detailed-exitcode"],
           "import": ["-input=false"], "init": ["-input=false"]}
MIRRORS = ["~/.terraform.d/plugins", "/usr/share/terraform/plugins", "/usr/local/share/terraform/plugins", "/opt", "/opt/*"]
HEAD = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}
"""
PROVIDER = """
provider "aws" {
%(alias)s
  region                      = "%(region)s"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  endpoints {
    elasticache = "%(url)s"
  }
}
"""


def mirror():
    """A directory `terraform init -plugin-dir` finds the AWS provider in, unpacked or as an archive; None if there is none."""
    named = os.environ.get("TF_PLUGIN_DIR")
    for pattern in [named] * bool(named) + MIRRORS:
        for folder in sorted(glob.glob(os.path.expanduser(pattern))):
            provider = os.path.join(folder, "registry.terraform.io/hashicorp/aws")
            if glob.glob(provider + "/5.*/*/terraform-provider-aws*") or glob.glob(provider + "/terraform-provider-aws_5.*.zip"):
                return folder
    return None


TERRAFORM, PLUGINS = shutil.which("terraform"), mirror()
MISSING = "" if PLUGINS else "no AWS provider 5.x (TF_PLUGIN_DIR names its mirror)"
if not TERRAFORM:
    MISSING = "no terraform on PATH"


class Workspace:
    """A directory with a configuration and its state; the second region has a provider alias of its name, with _ for -.

    'first': goes before the others where processors are few, for a scenario that takes longest anyway.
    """

    def __init__(self, folder, url, first=False, regions=("us-east-1", "eu-west-1")):
        os.mkdir(folder)
        self.before = [] if first else ["nice", "-n", "3"]
        self.folder, self.ready = folder, False
        providers = [PROVIDER % {"url": url, "region": r, "alias": "  alias = \"%s\"" % r.replace("-", "_") if n else ""}
                     for n, r in enumerate(regions)]
        with open(os.path.join(folder, "provider.tf"), "w") as f:
            f.write(HEAD + "".join(providers))
        # An empty file in place of the user's settings; the provider's memory matters less than the time it collects garbage.
        settings = os.path.join(folder, "terraformrc")
        open(settings, "w").close()
        kept = {k: v for k, v in harness.clean_environment().items() if not k.startswith("TF_")}
        self.environment = kept | {
            "TF_DATA_DIR": os.path.join(folder, "data"), "TF_CLI_CONFIG_FILE": settings, "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true", "GOGC": "400"}

    def write(self, configuration):
        with open(os.path.join(self.folder, "main.tf"), "w") as f:
            f.write(configuration)
        if not self.ready:
            self.run("init", "-plugin-dir=" + PLUGINS)
            self.ready = True

    def run(self, *arguments, good=(0,)):
        """(exit status, output) of a command of Terraform."""
        begin = time.monotonic()
        whole = [*self.before, TERRAFORM, arguments[0], "-no-color", *OPTIONS[arguments[0]], *arguments[1:]]
        command = subprocess.Popen(whole, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            output, _ = command.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("terraform %s took more than %d s:\n%s" % (arguments[0], LIMIT, command.communicate()[0]))
        scenario, seconds = os.path.basename(self.folder), time.monotonic() - begin
        sys.stderr.write("%s: terraform %s took %.1f s\n" % (scenario, arguments[0], seconds))
        assert command.returncode in good, "terraform %s: status %d\n%s" % (" ".join(arguments), command.returncode, output)
        return command.returncode, output

    def kill(self):
        for pid in harness.processes_of(self.folder):
            os.kill(pid, signal.SIGKILL)

    # What scenarios do

    def apply(self, configuration=None, *arguments):
        """Makes a configuration (the last one, if None) true; {address: "create" | "update" | …} of what was done to do so."""
        if configuration is not None:
            self.write(configuration)
        _, output = self.run("apply", *arguments)
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        changes = [line["change"] for line in lines if line["type"] == "planned_change"]
        return {c["resource"]["addr"]: c["action"] for c in changes if c["resource"]["addr"].startswith("aws_")}

    def assert_settled(self):
        """Another plan finds nothing to do."""
        status, output = self.run("plan", good=(0, 2))
        assert status == 0, "the plan after it isn't empty:\n" + output

    def change(self, configuration):
        """apply(), and then nothing is left to do."""
        done = self.apply(configuration)
        self.assert_settled()
        return done

    def destroy(self):
        return self.apply(None, "-destroy")

    def values(self, address):
        """The attributes of a resource, "TYPE.NAME" or "data.TYPE.NAME", as Terraform keeps them."""
        with open(os.path.join(self.folder, "terraform.tfstate")) as f:
            state = json.load(f)
        for r in state["resources"]:
            if ("data." if r["mode"] == "data" else "") + r["type"] + "." + r["name"] == address:
                return r["instances"][0]["attributes"]
        raise AssertionError("%s isn't in the state" % address)


_scenarios, _running = [], {}


class Case(harness.Case):
    """Scenarios against the file's server; those of a class that is first go before the others."""
    first = False
    buckets = None  # the folder that snapshots are exported to and imported from, with one "bucket"

    def __init_subclass__(cls):
        for name, story in list(vars(cls).items()):
            if name.startswith("test_"):
                _scenarios.append((cls, name, story))
                setattr(cls, name, lambda self, key=(cls, name): _running[key].result())

    def setUp(self):
        if MISSING:
            self.skipTest(MISSING)
        super().setUp()

    def processes(self, *owners):
        """The processes that run for replication groups or clusters."""
        return [n["pid"] for n in self.server.nodes() if n["pid"] and (n["rg"] in owners or n["cluster"] in owners)]

    def assert_gone(self, code, call, **which):
        status = 400 if code == "CacheSubnetGroupNotFoundFault" else 404
        self.assert_fault(code, status, call, **which)

    def assert_ended(self, processes):
        self.assertTrue(processes)
        left = [pid for pid in processes if pid in harness.processes_of(self.server.data)]
        self.assertEqual([], left, "processes left")
        self.assertEqual([], [n for n in self.server.nodes() if n["pid"] in processes])


def endpoint(values):
    """A Redis client for the primary endpoint of a replication group in Terraform's state."""
    return harness.connect((values["primary_endpoint_address"], values["port"]))


def side_by_side():
    """setUpModule and tearDownModule of a file with scenarios."""
    folder, pool = tempfile.mkdtemp(prefix="meridian-terraform-"), concurrent.futures.ThreadPoolExecutor(32)
    Case.buckets = os.path.join(folder, "buckets")
    os.makedirs(os.path.join(Case.buckets, "bucket"))
    set_up_server, tear_down_server = harness.one_server(flags=["--snapshot-import-dir", Case.buckets])

    def play(cls, name, story):
        case = cls(name)
        story(case, Workspace(os.path.join(folder, cls.__name__ + "." + name), case.server.proxy.url, cls.first))

    def set_up():
        if not MISSING:
            set_up_server()
            for scenario in _scenarios:
                _running[scenario[:2]] = pool.submit(play, *scenario)

    def tear_down():
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(folder, ignore_errors=True)
        if not MISSING:
            tear_down_server()

    return set_up, tear_down
