"""For all tests: no property may depend on how fast the machine is, and every run draws the same examples."""

from hypothesis import HealthCheck, settings

settings.register_profile("caseroom", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("caseroom")
