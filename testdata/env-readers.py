#!/usr/bin/env python3
"""What a reader of ENV files sees: env-readers.py READER, file names on standard input.

Writes one line of JSON for each file: [[name, value], ...], or null if the reader refuses it.
Readers: python (python-dotenv), compose (the loader of docker-compose 1.29), systemd (load_env_file of its
shared library, which is what EnvironmentFile= calls), and names of shells."""
import ctypes
import glob
import json
import subprocess
import sys


def python(path):
    from dotenv import dotenv_values

    return list(dotenv_values(path).items())


def compose(path):
    from compose.config.environment import env_vars_from_file

    return list(env_vars_from_file(path).items())


class Systemd:
    def __init__(self):
        library = ctypes.CDLL(glob.glob("/usr/lib/*/systemd/libsystemd-shared-*.so")[0])
        self.load = library.load_env_file
        texts = ctypes.POINTER(ctypes.c_char_p)
        self.load.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(texts)]
        self.none = texts

    def __call__(self, path):
        found = self.none()
        if self.load(None, path.encode(), ctypes.byref(found)) < 0:
            return None
        lines, at = [], 0
        while found and found[at] is not None:
            lines.append(found[at].decode().split("=", 1))
            at += 1
        return lines


class Shell:
    def __init__(self, name):
        self.name = name

    def __call__(self, path):
        # Nothing but what the file sets is in the environment.
        line = [self.name, "-c", 'set -a; . "$0" || exit; exec /usr/bin/env -0', path]
        done = subprocess.run(line, env={}, capture_output=True, check=False)
        # Words on standard error tell of what was run in the place of a value.
        if done.returncode != 0 or done.stderr:
            return None
        own = ("PWD", "SHLVL", "_", "OLDPWD")
        lines = [line.split("=", 1) for line in done.stdout.decode().split("\0") if line]
        return [line for line in lines if line[0] not in own]


reader = sys.argv[1]
read = {"python": python, "compose": compose}.get(reader)
if read is None:
    read = Systemd() if reader == "systemd" else Shell(reader)
for path in sys.stdin.read().splitlines():
    print(json.dumps(read(path)))
