"""Uploads leads, keeps the mapping, proves it, measures it."""

import os
import sys

__version__ = "0.1.0"

if os.name != "posix" or sys.version_info < (3, 11):  # before anything is imported that is not there then
    sys.stderr.write(
        "contactbench runs on Linux or macOS, with Python 3.11 or newer (on Windows: within WSL);"
        f" this is Python {sys.version_info.major}.{sys.version_info.minor} on {sys.platform}.\n"
    )
    raise SystemExit(2)
