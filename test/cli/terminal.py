"""Runs a program in a terminal of its own, of 80 columns and 24 lines unless the order has others. Types the text of each
step when the text to wait for appears, or changes the size of the terminal, or sends a signal to the program. Prints as JSON
what the terminal received and how the program ended."""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

order = json.loads(sys.argv[1])
columns, rows = order.get("columns", 80), order.get("rows", 24)
# an exported size would win over the terminal's own
size = {"LINES": str(rows), "COLUMNS": str(columns)}


def resize(columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


child, terminal = pty.fork()
if child == 0:
    os.chdir(order["cwd"])
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    if order.get("stdin") is not None:  # a pipe, as in `echo … | git-vault`
        reading, writing = os.pipe()
        os.write(writing, order["stdin"].encode())
        os.close(writing)
        os.dup2(reading, 0)
    env = {**os.environ, **order["env"], "TERM": order.get("term", "xterm"), "NO_COLOR": "1", **size}
    os.execvpe(order["argv"][0], order["argv"], env)

shown = b""
seen = 0
steps = list(order["steps"])
end = time.time() + 100
while time.time() < end:
    if steps and steps[0]["wait"].encode() in shown[seen:]:
        seen = len(shown)
        time.sleep(0.2)
        step = steps.pop(0)
        if "resize" in step:
            resize(*step["resize"])
        if "signal" in step:
            os.kill(child, step["signal"])
        os.write(terminal, step["type"].encode())
        continue
    if not select.select([terminal], [], [], 0.1)[0]:
        continue
    try:
        chunk = os.read(terminal, 65536)
    except OSError:  # the program has closed it
        break
    if not chunk:
        break
    shown += chunk

late = time.time() >= end
if late:
    os.kill(child, 9)
_, status = os.waitpid(child, 0)
code = os.waitstatus_to_exitcode(status)
print(json.dumps({"shown": shown.decode("utf-8", "replace"), "code": code, "late": late, "left": len(steps)}))
