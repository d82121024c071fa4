"""What a measurement yields."""
import statistics


class Figure:
    """A measured quantity: its target is a maximum, or a minimum if 'least', or None. 'judged' picks from the values what is held against it."""

    def __init__(self, name, unit, target, values, least=False, judged=statistics.median):
        self.name, self.unit, self.target, self.values, self.least = name, unit, target, values, least
        self.judged = judged(values)
        self.ok = target is None or (self.judged >= target if least else self.judged <= target)

    def goal(self):
        return self.unit if self.target is None else "%s %s %s" % ("≥" if self.least else "≤", number(self.target), self.unit)

    def row(self):
        middle, least, most = (number(f(self.values)) for f in (statistics.median, min, max))
        return [self.name, self.goal(), middle, least, most, "" if self.target is None else "ok" if self.ok else "MISSED"]


def number(value):
    return "%.2f" % value if abs(value) < 10 else "%.0f" % value
