"""Settings for all tests."""

import os

from hypothesis import settings

# On a server the same examples every time: a red run is then a change's fault.  Elsewhere new ones, to find more.
settings.register_profile("server", derandomize=True, database=None)
if os.environ.get("CI"):
    settings.load_profile("server")
