#!/usr/bin/env python3
"""Runs a command and prints the largest resident set it had, in bytes.

Usage: peak.py COMMAND...

The command's standard output is passed over. Exit code: the command's.
"""

import resource
import subprocess
import sys

done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False)
if done.returncode == 0:
    # Linux counts KiB here.
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.exit(done.returncode if done.returncode >= 0 else 1)
