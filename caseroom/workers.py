"""The worker pool: where work above about 20 ms goes, so that no step holds the event loop.

The one seam besides ``wsgi.py`` that names an event library: under green threads a plain function call would stop every
other connection, so hashing, sealing and password work run in real threads. Nothing run here may touch the database."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run(task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``task`` in a real thread and wait for it, letting other green threads go on. Its exceptions come back."""
    if _patched("eventlet.patcher", "is_monkey_patched"):
        from eventlet import tpool

        result: T = tpool.execute(task, *args, **kwargs)
        return result
    if _patched("gevent.monkey", "is_module_patched"):
        import gevent

        pooled: T = gevent.get_hub().threadpool.apply(task, args, kwargs)
        return pooled
    return task(*args, **kwargs)


def _patched(module: str, question: str) -> bool:
    """Ask an event library whether it drives this process, without importing one that is not in use."""
    loaded = sys.modules.get(module)
    return loaded is not None and bool(getattr(loaded, question)("socket"))
