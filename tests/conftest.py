"""Settings for all tests."""

import os

from hypothesis import settings

# On a server the same examples every time, and fewer: a red run is then a change's fault.  Elsewhere new ones.
settings.register_profile("server", derandomize=True, database=None, max_examples=50)
if os.environ.get("CI"):
    settings.load_profile("server")
