"""Tests, and the kits that several of them share."""

import os
import sys

# A machine may say that Python keeps no compiled code: each worker and each process of the bot would then
# compile it all anew, which takes longer than most tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
