"""Line coverage for each folder of src, and for each room of src/agent and src/ops, from gcovr's CSV on standard input.

Fails where a folder has less than the least that is asked for. The rooms named os/ are wrappers around the system, which unit tests leave alone.
"""
import csv
import sys

LEAST = 85
ROOMED = ("agent", "ops")
EXEMPT = ("agent/os",)


def folder_of(path):
    parts = path.split("/")[1:]
    return "/".join(parts[:2 if parts[0] in ROOMED else 1])


def folders(rows):
    """Folder → [lines that were reached, lines]."""
    found = {}
    for row in rows:
        counts = found.setdefault(folder_of(row["filename"]), [0, 0])
        counts[0] += int(row["line_covered"])
        counts[1] += int(row["line_total"])
    return found


if __name__ == "__main__":
    found = folders(csv.DictReader(sys.stdin))
    low = []
    for folder, (hit, total) in sorted(found.items()):
        share = 100 * hit // max(total, 1)
        print("%-26s %5d of %5d lines  %3d %%" % (folder, hit, total, share))
        if share < LEAST and folder not in EXEMPT:
            low.append(folder)
    if not found or low:
        sys.exit("coverage: below %d %%: %s" % (LEAST, ", ".join(low) if found else "nothing was measured"))
