"""A newer service model comes into a copy of api/, and what cannot be understood is refused with the shape's name."""
import copy
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE_ROOT = sys.argv.pop(1)
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SOURCE_ROOT, "src", "gen"))
import gen_api  # noqa: E402 (the path comes first)
import import_model  # noqa: E402

STRING = {"type": "string"}
# What DescribeEvents is in the service's model, as botocore writes it.
EVENTS = {
    "metadata": {"protocol": "query"},
    "operations": {"DescribeEvents": {"input": {"shape": "DescribeEventsMessage"}, "output": {"shape": "EventsMessage"},
                                      "errors": [{"shape": "InvalidParameterValueException"}]}},
    "shapes": {
        "String": STRING,
        "SourceType": {"type": "string", "enum": ["cache-cluster", "user"]},
        "DescribeEventsMessage": {"type": "structure", "members": {"SourceIdentifier": {"shape": "String"}, "SourceType": {"shape": "SourceType"}}},
        "Event": {"type": "structure", "members": {"Message": {"shape": "String"}}},
        "EventList": {"type": "list", "member": {"shape": "Event", "locationName": "Event"}},
        "EventsMessage": {"type": "structure", "members": {"Events": {"shape": "EventList"}}},
        "InvalidParameterValueException": {"type": "structure", "members": {}, "exception": True,
                                           "error": {"code": "InvalidParameterValue", "httpStatusCode": 400, "senderFault": True}},
    },
}


class ImportModel(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(os.path.join(SOURCE_ROOT, "api"), os.path.join(self.folder, "api"))
        self.model = copy.deepcopy(EVENTS)
        self.shapes = self.model["shapes"]

    def run_import(self):
        path = os.path.join(self.folder, "service-2.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(self.model, f)
        done = subprocess.run([sys.executable, "-B", import_model.__file__, path, os.path.join(self.folder, "api")], capture_output=True, text=True, check=False)
        return done.returncode, (done.stdout + done.stderr).splitlines()

    def taken(self):
        """What came in, and the model that it makes."""
        status, lines = self.run_import()
        self.assertEqual(status, 0, lines)
        folder = os.path.join(self.folder, "api")
        model = gen_api.Model("api", [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".json")])
        return [line for line in lines if line[0] != "?"], model

    def refused(self, text):
        before = self.contents()
        status, lines = self.run_import()
        self.assertNotEqual(status, 0)
        self.assertIn(text, "\n".join(lines))
        self.assertEqual(self.contents(), before)

    def contents(self):
        return {path.name: path.read_text(encoding="utf-8") for path in pathlib.Path(self.folder, "api").glob("*.json")}

    def test_what_is_known_changes_no_byte(self):
        before = self.contents()
        self.assertEqual(self.taken()[0], [])
        self.assertEqual(self.contents(), before)

    def test_a_member_comes_with_its_shapes(self):
        self.shapes["Origin"] = {"type": "structure", "required": ["Kind"], "members": {"Kind": {"shape": "OriginKind"}, "Parts": {"shape": "Parts"}}}
        self.shapes["OriginKind"] = {"type": "string", "enum": ["near", "far"]}
        self.shapes["Parts"] = {"type": "list", "member": {"shape": "String"}, "locationName": "Part"}
        self.shapes["Event"]["members"]["Origin"] = {"shape": "Origin"}
        told, model = self.taken()
        self.assertIn("+ Event.Origin: Origin", told)
        self.assertEqual(model.shapes["Origin"], {"Kind": "OriginKind!", "Part": "[string]"})
        self.assertEqual(model.shapes["OriginKind"], {"enum": ["near", "far"]})

    def test_a_value_comes_to_those_that_are_there(self):
        self.shapes["SourceType"]["enum"].append("constellation")
        told, model = self.taken()
        self.assertEqual(told, ["+ SourceType: the value constellation"])
        self.assertEqual(model.shapes["SourceType"]["enum"][-1], "constellation")
        self.assertIn("replication-group", model.shapes["SourceType"]["enum"])

    def test_an_operation_comes_unserved_with_its_faults(self):
        self.shapes["TooBusyFault"] = {"type": "structure", "members": {}, "error": {"code": "TooBusy", "httpStatusCode": 503}}
        self.model["operations"]["DescribeMoods"] = {"input": {"shape": "DescribeEventsMessage"}, "output": {"shape": "EventsMessage"},
                                                     "errors": [{"shape": "TooBusyFault"}]}
        told, model = self.taken()
        self.assertIn("+ the operation DescribeMoods", told)
        operation = model.operations["DescribeMoods"]
        self.assertEqual((operation["served"], operation["writes"], operation["out"], operation["faults"]),
                         (False, False, {"Events": "[Event: Event]"}, ["TooBusy"]))
        self.assertEqual(model.faults["TooBusy"], {"code": "TooBusy", "status": 503, "type": "Receiver"})

    def test_what_the_model_lacks_stays_and_is_told(self):
        _, lines = self.run_import()
        self.assertIn("? Event.Date: not in the model; kept", lines)

    def test_a_kind_that_is_not_known_is_refused(self):
        self.shapes["Moods"] = {"type": "map", "key": {"shape": "String"}, "value": {"shape": "String"}}
        self.shapes["Event"]["members"]["Moods"] = {"shape": "Moods"}
        self.refused("the shape Moods is of the type 'map'")

    def test_a_shape_that_is_not_there_is_refused(self):
        self.shapes["Event"]["members"]["Mood"] = {"shape": "Mood"}
        self.refused("names the shape Mood, which is not there")

    def test_other_ways_to_be_unreadable_are_refused(self):
        cases = {
            "the list EventList does not say of what": ("EventList", {"type": "list"}),
            "the list EventList is flattened": ("EventList", {"type": "list", "member": {"shape": "Event"}, "flattened": True}),
            "the shape Event is a union": ("Event", {"type": "structure", "members": {}, "union": True}),
            "the structure Event has no members": ("Event", {"type": "structure"}),
            "the shape Event does not say what its member Message is": ("Event", {"type": "structure", "members": {"Message": {}}}),
            "which is no structure": ("EventsMessage", STRING),
            "the shape SourceType is of the type None": ("SourceType", {}),
        }
        for text, (name, shape) in cases.items():
            with self.subTest(text):
                self.model = copy.deepcopy(EVENTS)
                self.model["shapes"][name] = shape
                self.refused(text)

    def test_another_protocol_is_refused(self):
        self.model["metadata"]["protocol"] = "json"
        self.refused("the service speaks 'json'")

    def test_a_file_that_is_no_model_is_refused(self):
        self.model = {"shapes": []}
        self.refused("is no service model")


unittest.main()
