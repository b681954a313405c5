"""Settings for all tests."""

from effort import SERVER
from hypothesis import settings

# On a server the same examples every time, and fewer: a red run is then a change's fault.  Elsewhere new ones.
settings.register_profile("server", derandomize=True, database=None, max_examples=33)
if SERVER:
    settings.load_profile("server")
