"""A message that comes a thousand times is written a few times, and counted."""

import logging

from ostinato.cli import main


def test_warnings_that_are_alike_are_counted_before_the_error(monkeypatch, capsys):
    logger = logging.getLogger("ostinato")

    def app(tokens, **options):
        for number in range(1000):
            logger.warning("skipped: %d.wav", number)
            logger.info("read: %d.wav", number % 7)
        for _ in range(3):
            logger.warning("the same again")
        raise OSError("broken")

    monkeypatch.setattr(main, "app", app)
    assert main.run(["predict"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.startswith("skipped")] == [
        f"skipped: {number}.wav" for number in range(5)
    ]
    assert sum(line.startswith("read") for line in lines) == 1000  # what is told is no warning
    assert lines[-3:] == [
        'and 995 more like "skipped: 0.wav"',
        'and 2 more like "the same again"',
        "ostinato: broken",
    ]
