#!/usr/bin/env python3
"""Runs a command on a terminal of its own, as a person at the keyboard would.

typist.py STEP... -- COMMAND...

A STEP is `=TEXT`, which waits until TEXT was shown since the last step that waited, `>KEYS`, which types KEYS, both
with Python's escapes, `#ROWS COLUMNS`, which changes the size, or `!`, which takes the terminal away. What the command shows goes to standard output. Ends with the command's exit
code, 128 and the number of the signal that ended it, or 99 if something did not come within 60 seconds.
"""
import fcntl, os, pty, select, struct, sys, termios, time

split = sys.argv.index("--")
steps = [(step[0], step[1:].encode().decode("unicode_escape").encode("latin-1")) for step in sys.argv[1:split]]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[split + 1], sys.argv[split + 1 :])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
shown, since = b"", 0
deadline = time.monotonic() + 60


def fail(why):
    sys.stdout.buffer.write(shown)
    print(f"\ntypist.py: {why}", flush=True)
    os.kill(pid, 9)
    os._exit(99)


def read(seconds):
    """Reads what is shown within so many seconds; False at the end."""
    global shown
    if not select.select([terminal], [], [], seconds)[0]:
        return True
    try:
        data = os.read(terminal, 65536)
    except OSError:
        return False
    shown += data
    return bool(data)


running = True
for kind, text in steps:
    if kind == ">":
        time.sleep(0.2)
        os.write(terminal, text)
        continue
    if kind == "#":
        rows, columns = map(int, text.split())
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        continue
    if kind == "!":
        time.sleep(0.2)
        os.close(terminal)
        running = False
        break
    while (at := shown.find(text, since)) < 0:
        if not running or time.monotonic() > deadline:
            fail(f"{text!r} was not shown")
        running = read(0.2)
    since = at + len(text)
while running and read(0.2):
    if time.monotonic() > deadline:
        fail("it does not end")
sys.stdout.buffer.write(shown)
sys.stdout.flush()
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(status if status >= 0 else 128 - status)
