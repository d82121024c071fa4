"""Runs the unittest cases of the files given as arguments and tells the results in TAP on standard output.

A test's name is its method's name read as a sentence. Everything else goes to standard error.
"""
import importlib.util
import os
import sys
import traceback
import unittest


class TapResult(unittest.TestResult):
    def __init__(self, out):
        super().__init__()
        self.out, self.count, self.bad = out, 0, False

    def tell(self, ok, test, note="", diagnosis=""):
        self.count += 1
        self.bad = self.bad or not ok
        print("%sok %d - %s%s" % ("" if ok else "not ", self.count, name_of(test), note), file=self.out)
        for line in diagnosis.rstrip().splitlines():
            print("# " + line, file=self.out)
        self.out.flush()

    def startTest(self, test):
        super().startTest(test)
        self.sub_failed = False

    def addSuccess(self, test):
        super().addSuccess(test)
        if not self.sub_failed:
            self.tell(True, test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell(False, test, diagnosis=explain(err))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.sub_failed = True
            self.tell(False, subtest, diagnosis=explain(err))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.tell(True, test, note=" # SKIP " + reason)

    def addExpectedFailure(self, test, err):
        self.tell(True, test, note=" # TODO " + str(err[1]).splitlines()[0])

    def addUnexpectedSuccess(self, test):
        self.tell(False, test, diagnosis="was expected to fail")


def name_of(test):
    text = str(test) if not isinstance(test, unittest.TestCase) else "%s: %s" % (
        type(test).__name__, getattr(test, "_testMethodName", str(test)).removeprefix("test_").replace("_", " "))
    if hasattr(test, "_subDescription"):
        text = "%s %s" % (name_of(test.test_case), test._subDescription())
    return text.replace("#", "").replace("\n", " ")


def explain(err):
    kind, value, frame = err
    while frame is not None and "__unittest" in frame.tb_frame.f_globals:
        frame = frame.tb_next
    return "".join(traceback.format_exception(kind, value, frame))


def load(path):
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def main():
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.dont_write_bytecode = True
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:0] = [os.path.dirname(os.path.abspath(sys.argv[1])), here, os.path.join(here, "e2e")]
    suite = unittest.TestSuite(load(path) for path in sys.argv[1:])
    result = TapResult(out)
    suite.run(result)
    print("1..%d" % result.count, file=out)
    out.flush()
    return 1 if result.bad else 0


if __name__ == "__main__":
    sys.exit(main())
