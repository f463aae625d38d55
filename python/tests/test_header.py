"""What declare.py made of the headers, held against a compiler and against pycparser."""

import ctypes
import re
import shutil
import subprocess

import pytest
from conftest import INCLUDE

from forced_apart import _header as h
from forced_apart import _library

HEADERS = [f"forced_apart/{path.name}" for path in sorted((INCLUDE / "forced_apart").glob("*.h"))]


def _compiler():
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if found is None or not INCLUDE.is_dir():
        pytest.skip("needs a C compiler and the headers")
    return found


def _compiled(tmp_path, body):
    source = "#include <stdio.h>\n#include <stddef.h>\n" + "".join(f'#include "{one}"\n' for one in HEADERS)
    (tmp_path / "probe.c").write_text(source + "int main(void) {\n" + body + "return 0;\n}\n")
    subprocess.run(
        [_compiler(), "-I", str(INCLUDE), "-o", str(tmp_path / "probe"), str(tmp_path / "probe.c")], check=True
    )
    return subprocess.run([str(tmp_path / "probe")], check=True, capture_output=True, text=True).stdout


def test_structs_of_ctypes_have_the_sizes_and_offsets_of_c(tmp_path):
    body, ours = "", []
    for name, struct in h.STRUCTS.items():
        body += f'printf("{name} %zu\\n", sizeof({name}));\n'
        ours.append(f"{name} {ctypes.sizeof(struct)}")
        for field, _ in struct._fields_:
            body += f'printf("{name}.{field} %zu %zu\\n", offsetof({name}, {field}), sizeof((({name} *)0)->{field}));\n'
            member = getattr(struct, field)
            ours.append(f"{name}.{field} {member.offset} {member.size}")
    assert len(h.STRUCTS) > 10
    assert _compiled(tmp_path, body).splitlines() == ours


def test_constants_have_the_values_of_c(tmp_path):
    body = "".join(f'printf("{name} %d\\n", (int){name});\n' for name in h.CONSTANTS)
    assert _compiled(tmp_path, body).splitlines() == [f"{name} {value}" for name, value in h.CONSTANTS.items()]


def _parsed():
    """Functions of the headers by pycparser: name -> (result, [parameters]) as words."""
    c_parser = pytest.importorskip("pycparser.c_parser")
    c_generator = pytest.importorskip("pycparser.c_generator")
    plain = {
        "bool": "_Bool",
        "size_t": "unsigned long",
        "int32_t": "int",
        "int64_t": "long",
        "uint8_t": "unsigned char",
        "uint32_t": "unsigned int",
        "uint64_t": "unsigned long",
    }
    text = "".join(f"typedef {kind} {name};\n" for name, kind in plain.items())
    source = "".join(f'#include "{one}"\n' for one in HEADERS)
    command = [_compiler(), "-E", "-P", "-nostdinc", "-I", str(INCLUDE), "-xc", "-"]
    out = subprocess.run(command, input=source, check=True, capture_output=True, text=True)
    text += re.sub(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)", "", out.stdout)
    words, found = c_generator.CGenerator(), {}
    for one in c_parser.CParser().parse(text).ext:
        kind = getattr(one, "type", None)
        if type(kind).__name__ == "FuncDecl":
            parameters = [words.visit(p.type) for p in kind.args.params] if kind.args else []
            found[one.name] = (words.visit(kind.type), [p for p in parameters if p != "void"])
    return found


def _width(kind):
    """Of a C type as words: how a call passes it."""
    if "*" in kind or "[" in kind or kind in ("fa_stop_fn", "fa_progress_fn"):
        return "pointer"
    plain = kind.replace("const ", "").split()[0]
    return {
        "bool": 1,
        "double": "double",
        "float": "float",
        "size_t": 8,
        "uint64_t": 8,
        "int64_t": 8,
        "void": "none",
        "int": 4,
        "int32_t": 4,
        "uint32_t": 4,
    }.get(plain, plain if plain in h.STRUCTS else 4)


def _passed(kind):
    if kind is None:
        return "none"
    if kind in (ctypes.c_double, ctypes.c_float):
        return "double" if kind is ctypes.c_double else "float"
    if issubclass(kind, (ctypes._Pointer, ctypes._CFuncPtr)) or kind in (ctypes.c_void_p, ctypes.c_char_p):
        return "pointer"
    return kind.__name__ if issubclass(kind, ctypes.Structure) else ctypes.sizeof(kind)


def test_functions_take_and_give_what_another_parser_says(tmp_path, monkeypatch):
    for name in ("stdbool.h", "stddef.h", "stdint.h"):
        (tmp_path / name).write_text("")
    monkeypatch.setenv("CPATH", str(tmp_path))
    parsed = _parsed()
    assert len(parsed) > 80 and parsed.keys() == h.FUNCTIONS.keys()
    for name, (result, parameters) in h.FUNCTIONS.items():
        theirs = parsed[name]
        assert (_passed(result), [_passed(one) for one in parameters]) == (
            _width(theirs[0]),
            [_width(one) for one in theirs[1]],
        ), name
        assert (name in h.FALLIBLE) == (theirs[0] == "fa_status"), name


def test_every_function_is_in_the_library():
    for name in h.FUNCTIONS:
        assert getattr(_library.lib, name).argtypes is not None


def test_an_error_tells_what_where_and_what_would_work():
    recipe = _library.Recipe()
    with pytest.raises(ValueError, match="loss.margin"):
        recipe.set({"loss.margn": 1})
    with pytest.raises(_library.Error) as caught:
        recipe.set({"loss.margin": -1})
    assert caught.value.status == h.FA_E_RECIPE and "loss.margin" in str(caught.value)
