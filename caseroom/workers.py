"""The worker pool: where work above about 20 ms goes, so that no step holds the event loop.

The one seam besides ``wsgi.py`` that names an event library: under green threads a plain function call would stop every
other connection, so hashing, sealing and password work run in real threads. Nothing run here may touch the database."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import NoReturn, ParamSpec, TypeVar

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


def start(task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """Have ``task`` begin in a real thread and go on. What is returned waits for its end and gives its result, or
    raises what it raised."""
    if _patched("eventlet.patcher", "is_monkey_patched"):
        import eventlet
        from eventlet import tpool

        waiting = eventlet.spawn(tpool.execute, _outcome, task, *args, **kwargs)
        eventlet.sleep(0)  # until then nothing has begun
        return partial(_told, waiting.wait)
    if _patched("gevent.monkey", "is_module_patched"):
        import gevent

        pooled = gevent.get_hub().threadpool.spawn(_outcome, task, *args, **kwargs)
        gevent.sleep(0)
        return partial(_told, pooled.get)
    return _outcome(task, *args, **kwargs)


def _outcome(task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """How a task ended, to be told to whoever asks: nobody may be waiting at the moment when it fails."""
    try:
        result = task(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - raised where the result is asked for
        return partial(_raise, error)
    return lambda: result


def _told(wait: Callable[[], Callable[[], T]]) -> T:
    return wait()()


def _raise(error: Exception) -> NoReturn:
    raise error


def give_way() -> None:
    """Let other green threads have their turn, in the middle of long work that needs the database."""
    if _patched("eventlet.patcher", "is_monkey_patched"):
        import eventlet

        eventlet.sleep(0)
    elif _patched("gevent.monkey", "is_module_patched"):
        import gevent

        gevent.sleep(0)


def _patched(module: str, question: str) -> bool:
    """Ask an event library whether it drives this process, without importing one that is not in use."""
    loaded = sys.modules.get(module)
    return loaded is not None and bool(getattr(loaded, question)("socket"))
