"""A process that was forked from one that has computed: torch's threads did not come along."""

from __future__ import annotations

import logging
import os

import torch

logger = logging.getLogger("ostinato")


class _Threads:
    """What is known of the threads that torch started, in this process or before it was forked off."""

    started = False
    lost = False

    def forked(self) -> None:
        self.lost = self.started


_threads = _Threads()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.forked)


def check_threads() -> None:
    """Go on with one thread where torch would wait for ever for those that a fork left behind.

    Every door of an estimator calls it before it computes. Our own kernels need no such care.

    Example:
        >>> check_threads()
    """
    if _threads.lost and torch.get_num_threads() > 1:
        torch.set_num_threads(1)
        logger.warning(
            "This process was forked from one that had computed with several threads, which torch "
            "cannot use here: it goes on with one. Start processes by `spawn` or `forkserver`, or load "
            "the model in each."
        )
    _threads.lost = False
    _threads.started = _threads.started or torch.get_num_threads() > 1
