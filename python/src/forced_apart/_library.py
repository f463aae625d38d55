"""The C library by ctypes: loaded once, its errors as exceptions, long calls that Ctrl-C stops."""

import contextlib
import ctypes
import pathlib
import sys
import threading

import numpy as np

from . import _header as h


class Error(Exception):
    """What the library refused: one line that says what was found, where, and what would work."""

    def __init__(self, text, status=None):
        super().__init__(text, status)
        self.status = status

    def __str__(self):
        return str(self.args[0])


class InputError(Error, ValueError):
    """Values, shapes, labels or settings that do not fit."""


class FileError(Error, OSError):
    """A file that cannot be read or written."""


class OutOfMemory(Error, MemoryError):
    pass


class Unavailable(Error, NotImplementedError):
    """Not built into this library."""


class Stopped(Error):
    """Stopped by the caller."""


_kinds = {h.FA_E_NOMEM: OutOfMemory, h.FA_E_IO: FileError, h.FA_E_UNAVAILABLE: Unavailable, h.FA_E_STOPPED: Stopped}


def _load():
    suffix = {"darwin": "dylib", "win32": "dll"}.get(sys.platform, "so")
    path = pathlib.Path(__file__).with_name(f"libforced_apart.{suffix}")
    if not path.exists():
        raise ImportError(f"{path} is not there: install the package with `pip install ./python`")
    # RTLD_LOCAL, the default: its symbols meet no others'.
    library = ctypes.CDLL(str(path))
    for name, (result, parameters) in h.FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, parameters
        if name in h.FALLIBLE:
            function.errcheck = _check
    return library


def _check(status, function, arguments):
    if status != h.FA_OK:
        text = lib.fa_error_detail().decode(errors="replace")
        raise _kinds.get(status, InputError)(text or lib.fa_status_text(status).decode(), status)
    return status


lib = _load()
__version__ = lib.fa_version().decode()


def threads(count=None):
    """Threads of all later calls of this process; 0: all cores. Results do not depend on it.

    Without an argument: how many there are. With one it also serves as a context: `with threads(1): ...`
    """
    if count is None:
        return lib.fa_threads_get()
    if not (isinstance(count, (int, np.integer)) and 0 <= count < 2**31):
        raise InputError(f"the number of threads is {count!r}; it must be a whole number, 0: all cores")
    before = lib.fa_threads_get()
    lib.fa_threads_set(int(count))

    @contextlib.contextmanager
    def limited():
        try:
            yield
        finally:
            lib.fa_threads_set(before)

    return limited()


def capabilities():
    """What the library was built with: name -> version, None where it was built without."""
    count = ctypes.c_size_t()
    table = lib.fa_capabilities(ctypes.byref(count))
    return {table[i].name.decode(): table[i].version and table[i].version.decode() for i in range(count.value)}


def interruptible(call, *arguments):
    """A long call that any signal's handler can end, Ctrl-C's within 0.2 s, as it ends Python code.

    Python runs its handlers on the main thread alone, and not while that is in C. So it is another thread that works,
    and this one waits; an exception of a handler then stops the work and is passed on once it has ended, for until then
    its arguments are in use.
    """
    if threading.current_thread() is not threading.main_thread():
        return call(*arguments)
    result, failure, stop, done = [], [], threading.Event(), threading.Event()
    ask = h.fa_stop_fn(lambda user: stop.is_set())

    def work():
        lib.fa_stop_set(ask, None)
        try:
            result.append(call(*arguments))
        except BaseException as error:
            failure.append(error)
        finally:
            lib.fa_stop_set(h.fa_stop_fn(), None)
            done.set()

    # Not by join: interrupted, that takes the thread for ended (Python up to 3.12).
    worker = threading.Thread(target=work, name="forced_apart")
    worker.start()
    try:
        done.wait()
    except BaseException:
        stop.set()
        while not done.is_set():
            with contextlib.suppress(KeyboardInterrupt):
                done.wait()
        raise
    if failure:
        raise failure[0]
    return result[0]


def address(array):
    """Of an array that the caller keeps alive; None: NULL."""
    return None if array is None else array.ctypes.data


def array_of(pointer, shape, dtype):
    """A copy of what the library points at."""
    count = int(np.prod(shape))
    return np.ctypeslib.as_array(pointer, shape=(count,)).astype(dtype).reshape(shape)


def texts_of(values):
    """An array of C texts, and what keeps it alive. A text with a 0 byte in it would be cut there in C."""
    try:
        encoded = [str(one).encode() for one in values]
    except UnicodeEncodeError:
        for i, one in enumerate(values):
            if any("\ud800" <= letter <= "\udfff" for letter in str(one)):
                raise InputError(
                    f"text {i} has half a character (a surrogate), which UTF-8 has not: text.encode(errors='replace')"
                    ".decode() replaces it"
                ) from None
        raise
    for i, one in enumerate(encoded):
        if b"\0" in one:
            raise InputError(f"text {i} has a character U+0000 at byte {one.index(0)}; remove it")
    return (ctypes.c_char_p * max(len(encoded), 1))(*encoded)


class Handle:
    """Owns an object of the library; freed with it. A text or bytes make it again, in another process too."""

    free = None  # the name of the function

    def __init__(self):
        self.pointer = ctypes.c_void_p()

    @property
    def slot(self):
        return ctypes.byref(self.pointer)

    def __del__(self):
        pointer, self.pointer = getattr(self, "pointer", None), None
        if pointer:
            getattr(lib, self.free)(pointer)

    def __reduce__(self):
        raise TypeError(f"{type(self).__name__} cannot be pickled")


class Stored(Handle):
    """A handle that goes to bytes and back: model, clusters."""

    to_buffer = from_buffer = None

    def __init__(self, data):
        super().__init__()
        getattr(lib, self.from_buffer)(self.slot, data, len(data))

    @classmethod
    def bytes_of(cls, pointer):
        data, size = ctypes.c_void_p(), ctypes.c_size_t()
        getattr(lib, cls.to_buffer)(ctypes.byref(data), ctypes.byref(size), pointer)
        try:
            return ctypes.string_at(data, size.value)
        finally:
            lib.fa_free(data)

    def __reduce__(self):
        return type(self), (self.bytes_of(self.pointer),)


class Model(Stored):
    free, to_buffer, from_buffer = "fa_model_free", "fa_model_to_buffer", "fa_model_from_buffer"


class Clusters(Stored):
    free, to_buffer, from_buffer = "fa_clusters_free", "fa_clusters_to_buffer", "fa_clusters_from_buffer"


def setting_of(value):
    """The value of a recipe's key as text."""
    return ("yes" if value else "no") if isinstance(value, (bool, np.bool_)) else str(value)


def recipe_keys():
    """{key: its default} of all keys of a recipe, bytes."""
    count = ctypes.c_size_t()
    table = lib.fa_recipe_keys(ctypes.byref(count))
    return {table[i].name: table[i].default_value for i in range(count.value)}


class Recipe(Handle):
    free = "fa_recipe_free"

    def __init__(self):
        super().__init__()
        lib.fa_recipe_create(self.slot)

    def set(self, settings):
        for key, value in settings.items():
            lib.fa_recipe_set(self.pointer, str(key).encode(), setting_of(value).encode())
