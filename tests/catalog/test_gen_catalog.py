"""The generator must refuse data that contradicts itself: every test spoils one thing in the real data."""
import copy
import json
import os
import sys
import unittest

SOURCE_ROOT, API = sys.argv.pop(1), {}
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SOURCE_ROOT, "src", "gen"))
import gen_catalog

for name in os.listdir(os.path.join(SOURCE_ROOT, "api", "catalog")):
    with open(os.path.join(SOURCE_ROOT, "api", "catalog", name), encoding="utf-8") as f:
        API[name[:-len(".json")]] = json.load(f)


class GenCatalog(unittest.TestCase):
    def setUp(self):
        self.data = copy.deepcopy(API)

    def refused(self, text):
        with self.assertRaisesRegex(gen_catalog.Wrong, text):
            gen_catalog.generate(self.data)

    def parameter(self, name):
        return next(p for p in self.data["parameters-redis"]["parameters"] if p["name"] == name)

    def test_accepts_the_data_as_it_is(self):
        self.assertIn("regions.gen.c", gen_catalog.generate(self.data))

    def test_refuses_an_octet_given_twice(self):
        self.data["regions"]["regions"][1]["octet"] = 1
        self.refused("region octet 1 appears twice")

    def test_refuses_a_region_named_twice(self):
        self.data["regions"]["regions"].append(self.data["regions"]["regions"][0])
        self.refused("region name us-east-1 appears twice")

    def test_refuses_overlapping_windows(self):
        self.data["regions"]["regions"][0]["snapshots"] = "02:00+120"
        self.refused("overlap")

    def test_refuses_an_unknown_partition(self):
        self.data["regions"]["regions"][0]["partition"] = "aws-moon"
        self.refused("no partition aws-moon")

    def test_refuses_a_misspelt_member(self):
        self.data["regions"]["regions"][0]["zone"] = "abc"
        self.refused("us-east-1: what is zone")

    def test_refuses_a_version_of_a_family_that_does_not_exist(self):
        self.data["engines"]["versions"][-1]["family"] = "valkey10"
        self.refused("no family valkey10")

    def test_refuses_a_default_version_that_does_not_exist(self):
        self.data["engines"]["engines"][1]["default"] = "7.4"
        self.refused("redis has no version 7.4")

    def test_refuses_a_version_listed_twice(self):
        self.data["engines"]["versions"].append(self.data["engines"]["versions"][0])
        self.refused("appears twice")

    def test_refuses_node_types_that_do_not_grow(self):
        self.data["node-types"]["families"]["m5"]["sizes"]["xlarge"] = [2, 6.38, 6854542746, 6537]
        self.refused("m5: sizes must grow")

    def test_refuses_memory_that_contradicts_itself(self):
        self.data["node-types"]["families"]["m5"]["sizes"]["24xlarge"][2] *= 10
        self.refused("cache.m5.24xlarge: maxmemory does not fit")

    def test_refuses_a_parameter_twice_in_a_family(self):
        self.data["parameters-redis"]["parameters"].append({**self.parameter("timeout"), "from": "valkey9"})
        self.refused("valkey9 parameter timeout appears twice")

    def test_refuses_a_parameter_of_a_family_that_does_not_exist(self):
        self.parameter("timeout")["until"] = "redis9"
        self.refused("timeout: no family redis9")

    def test_refuses_a_default_that_is_not_allowed(self):
        self.parameter("maxmemory-policy")["default"] = "allkeys"
        self.refused("allkeys is not among")

    def test_refuses_ranges_it_can_not_read(self):
        self.parameter("timeout")["allowed"] = "0..20"
        self.refused("0..20 is no list of ranges")

    def test_refuses_an_event_of_an_unknown_source(self):
        self.data["events"]["events"][0]["source"] = "cluster"
        self.refused("cluster_created: no source cluster")

    def test_refuses_a_text_with_half_a_word(self):
        self.data["events"]["events"][0]["text"] = "Cache cluster {id created"
        self.refused("unbalanced braces")

    def test_refuses_a_limit_named_twice(self):
        self.data["limits"]["limits"].append(self.data["limits"]["limits"][0])
        self.refused("nodes_per_region appears twice")


unittest.main()
