#!/usr/bin/env python3
"""gen_image.py NAME HEADER FILE OUT: the bytes of a file as a C array NAME of NAME_size bytes, which HEADER declares, so that the program
carries the file."""
import sys


def main():
    name, header, path, out = sys.argv[1:]
    with open(path, "rb") as f:
        data = f.read()
    rows = (", ".join(str(b) for b in data[i:i + 24]) for i in range(0, len(data), 24))
    with open(out, "w", encoding="ascii") as f:
        f.write('#include "%s"\n\nconst unsigned char %s[] = {\n    %s,\n};\nconst size_t %s_size = sizeof %s;\n' % (
            header, name, ",\n    ".join(rows), name, name))


if __name__ == "__main__":
    main()
