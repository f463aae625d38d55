"""Writes what ctypes has to know of the public headers: constants, structs, callbacks, functions.

usage: declare.py INCLUDE OUT

The headers are regular C: declarations only, one typedef a struct. What does not fit that is an error, so that
nothing is left out in silence. tests/test_header.py holds the result against a compiler and another parser.
"""

import pathlib
import re
import sys

SCALARS = {
    "bool": "c_bool",
    "int": "c_int",
    "size_t": "c_size_t",
    "float": "c_float",
    "double": "c_double",
    "char": "c_char",
    "int32_t": "c_int32",
    "int64_t": "c_int64",
    "uint8_t": "c_uint8",
    "uint32_t": "c_uint32",
    "uint64_t": "c_uint64",
    "unsigned char": "c_ubyte",
    "unsigned": "c_uint",
    "void": "None",
}


class Header:
    def __init__(self, folder):
        self.enums, self.structs, self.callbacks, self.functions = {}, {}, {}, {}
        self.constants, self.opaque, self.lines = {}, set(), []
        texts = [path.read_text() for path in sorted((folder / "forced_apart").glob("*.h"))]
        statements = [one for text in texts for one in self.statements(text)]
        # Types may be used by a header that comes earlier in the alphabet than theirs.
        for pattern, read in (
            (r"(typedef )?enum\b", self.enum),
            (r"typedef struct \w+ \w+$", self.handle),
            (r"typedef [^{]*\(\*\w+\)", self.callback),
            (r"typedef struct \w+ \{", self.struct),
        ):
            for one in statements:
                if re.match(pattern, one):
                    read(one)
        for one in statements:
            if not re.match(r"typedef|enum", one):
                self.function(one)

    def statements(self, text):
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S).replace("\\\n", " ")
        for name, body in re.findall(r"#define (\w+)\(X\)(.*)", text):  # FA_STATUS_TABLE
            for one, value in re.findall(r"X\((\w+), (\d+),", body):
                self.constants[one] = int(value)
        text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
        text = re.sub(r"^\s*FA_STATUS_TABLE.*$", "", text, flags=re.M)
        text = re.sub(r'extern "C" \{', "", text)
        text = " ".join(text.split()).replace("FA_API ", "")
        start = depth = 0
        for at, letter in enumerate(text):
            depth += (letter == "{") - (letter == "}")
            if depth < 0:  # the end of extern "C"
                start, depth = at + 1, 0
            elif letter == ";" and depth == 0:
                yield text[start:at].strip()
                start = at + 1

    def enum(self, text):
        name, body = re.fullmatch(r"(?:typedef )?enum(?: \w+)? \{(.*)\} ?(\w*)", text).group(2, 1)
        value = -1
        for entry in filter(None, (one.strip() for one in body.split(","))):
            key, _, given = (part.strip() for part in entry.partition("="))
            value = eval(given, {}, dict(self.constants)) if given else value + 1
            self.constants[key] = value
        if name:
            self.enums[name] = True

    def handle(self, text):
        self.opaque.add(text.split()[-1])

    def parameters(self, text):
        return [] if text.strip() == "void" else [self.kind(*self.parted(one)) for one in text.split(",")]

    @staticmethod
    def parted(text):
        """The type of a declaration, its name and the lengths of its arrays."""
        kind, _, lengths = re.fullmatch(r"(.*?[\s*])(\w+)((?:\[\w+\])*)", text.strip()).groups()
        return kind.strip(), re.findall(r"\[(\w+)\]", lengths)

    def callback(self, text):
        result, name, parameters = re.fullmatch(r"typedef (.*)\(\*(\w+)\)\((.*)\)", text).groups()
        self.callbacks[name] = (result.strip(), parameters)

    def struct(self, text):
        name, body = re.fullmatch(r"typedef struct (\w+) \{(.*)\} \1", text).groups()
        self.structs[name] = [one.strip() for one in body.split(";") if one.strip()]

    def kind(self, kind, lengths=()):
        words = re.sub(r"\bconst\b", "", kind)
        stars, base = words.count("*"), " ".join(words.replace("*", " ").split())
        if stars == 0:
            if base in SCALARS:
                result = SCALARS[base]
            elif base in self.enums or base == "fa_status":
                result = "c_int"
            elif base in self.callbacks or base in self.structs:
                result = base
            else:
                raise ValueError(f"unknown type {kind!r}")
        elif base == "char" and "const" in kind:
            result = "c_char_p" if stars == 1 else "POINTER(c_char_p)"
        elif base in self.structs and stars == 1:
            result = f"POINTER({base})"
        elif base in SCALARS or base in self.opaque or base in self.enums or base in self.structs:
            result = "c_void_p"
        else:
            raise ValueError(f"unknown type {kind!r}")
        for length in reversed(lengths):
            result = f"{result} * {self.constants.get(length, length)}"
        return result

    def result(self, kind):
        """Of a function: arrays keep their type, so that they can be looked at."""
        base = re.sub(r"\bconst\b|\*", "", kind).strip()
        if kind.count("*") == 1 and base in SCALARS and base not in ("char", "void"):
            return f"POINTER({SCALARS[base]})"
        return self.kind(kind)

    def function(self, text):
        text = re.sub(r" ?FA_PRINTF\([^)]*\)", "", text)
        if not text:
            return
        match = re.fullmatch(r"(.*?)(\w+)\(([^()]*)\)", text)
        if match is None:
            raise ValueError(f"not understood: {text}")
        result, name, parameters = match.groups()
        self.functions[name] = (self.result(result.strip()), self.parameters(parameters))

    def field(self, text):
        """The names and types of one line of a struct; `double low, high` has two."""
        pointer = re.fullmatch(r"(.*)\(\*(\w+)\)\((.*)\)", text)
        if pointer:
            result, name, parameters = pointer.groups()
            parameters = re.sub(r"char (\w+)\[\d+\]", r"char *\1", parameters)
            return [(name, self.function_type(result.strip(), parameters))]
        first, *others = text.split(",")
        kind, lengths = self.parted(first)
        base = re.sub(r"[\s*]*$", "", kind)
        fields = [(re.search(r"(\w+)(?:\[\w+\])*$", first.strip()).group(1), self.kind(kind, lengths))]
        for other in others:
            stars = base + " " + "*" * other.count("*")
            lengths = re.findall(r"\[(\w+)\]", other)
            fields.append((re.search(r"\w+", other).group(), self.kind(stars, lengths)))
        return fields

    def function_type(self, result, parameters):
        return f"CFUNCTYPE({', '.join([self.kind(result)] + self.parameters(parameters))})"

    def write(self, path):
        out = [
            '"""Made of the public headers by declare.py."""',
            "",
            "from ctypes import CFUNCTYPE, POINTER, Structure, c_bool, c_char, c_char_p, c_double, c_float, c_int",
            "from ctypes import c_int32, c_int64, c_size_t, c_ubyte, c_uint, c_uint8, c_uint32, c_uint64, c_void_p",
            "",
        ]
        out += [f"{name} = {value}" for name, value in self.constants.items()] + [""]
        out += [f"class {name}(Structure):\n    pass\n" for name in self.structs]
        out += [f"{name} = {self.function_type(*given)}" for name, given in self.callbacks.items()] + [""]
        # A struct that holds another comes after it.
        done, left = [], dict(self.structs)
        while left:
            for name, body in list(left.items()):
                fields = [pair for line in body for pair in self.field(line)]
                if not any(re.match(rf"{other}\b", kind) for _, kind in fields for other in left if other != name):
                    done.append(f"{name}._fields_ = [{', '.join(f'({key!r}, {kind})' for key, kind in fields)}]")
                    del left[name]
        out += done + ["", "STRUCTS = {" + ", ".join(f"{name!r}: {name}" for name in self.structs) + "}"]
        out += ["CONSTANTS = {" + ", ".join(f"{name!r}: {value}" for name, value in self.constants.items()) + "}"]
        out += ["FUNCTIONS = {"]
        out += [
            f"    {name!r}: ({result}, [{', '.join(parameters)}]),"
            for name, (result, parameters) in self.functions.items()
        ]
        path.write_text(
            "\n".join(
                out
                + [
                    "}",
                    "# What gives fa_status, which every call of these checks.",
                    f"FALLIBLE = {sorted(self.fallible)}",
                    "",
                ]
            )
        )


def main():
    folder, out = map(pathlib.Path, sys.argv[1:])
    header = Header(folder)
    text = "\n".join(path.read_text() for path in (folder / "forced_apart").glob("*.h"))
    header.fallible = {name for name in header.functions if re.search(rf"FA_API fa_status\s+{name}\(", text)}
    header.write(out)


if __name__ == "__main__":
    main()
