"""``ostinato train`` and ``ostinato resume``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from cyclopts import App

from ostinato._config import check_range
from ostinato._errors import ConfigError
from ostinato.cli import settings as known
from ostinato.cli.options import (
    AS_FOUND,
    FeatureColumns,
    IdColumns,
    KnownColumns,
    LabelColumns,
    PastColumns,
    StaticColumns,
    TargetColumns,
    Written,
    absolute,
    one_or_several,
    options_of,
    with_settings,
)

app = App(name="train", help="Train a model.")


def _begin(
    task: str,
    settings: Mapping[str, Any],
    out: Path,
    arguments: Mapping[str, Any],
    *,
    preset: str | None = None,
    folds: int | None = None,
    overwrite: bool,
) -> None:
    """Check what was given, and only then load torch and train."""
    known.check(task, preset, settings)
    check_range("train", "--test-size", arguments.get("test_size"), above=0, below=1)
    check_range("train", "--cross-validate", folds, low=2)
    from ostinato import tasks
    from ostinato.cli.commands import begin

    begin(
        getattr(tasks, task),
        settings,
        out,
        arguments,
        preset=preset,
        folds=folds,
        overwrite=overwrite,
    )


def classify(
    source: str,
    /,
    *,
    out: Path,
    preset: str | None = None,
    text_column: str | None = None,
    label_columns: LabelColumns = (),
    label_separator: str | None = None,
    written: Written = AS_FOUND,
    validation: Path | None = None,
    test: Path | None = None,
    test_size: float | None = None,
    cross_validate: int | None = None,
    test_each_epoch: bool | None = None,
    overwrite: bool = False,
    tensorboard: bool = False,
    settings: Mapping[str, Any],
) -> None:
    """Train a text classifier and write a run folder.

    Args:
        source: Name of a registered data set, a folder, or a csv, tsv, jsonl, json or parquet file.
        out: Run folder to write.
        preset: Named settings that the other options start from: tutorial or chinese.
        text_column: Column with the texts, in csv and tsv also by number; else found by its name.
        label_columns: Column with the labels, found by its name if not given; several are labels
            themselves, 1 where a text has them.
        label_separator: What parts the labels of a text in one column.
        written: How tables of text are written.
        validation: File that chooses the best epoch; else the source's own, else a tenth of train.
        test: File that is measured at the end; else the source's own.
        test_size: Share of train that is drawn for the test part, where there is none.
        cross_validate: Train a model for each of so many folds of train, each measured on its fold.
        test_each_epoch: Also measure the test part after every epoch; nothing is selected by it.
        overwrite: Replace the run that stands in the run folder.
        tensorboard: Write TensorBoard files into the run folder.
        settings: Settings given on the command line.
    """
    arguments = {
        "source": absolute(source),
        "text_column": text_column,
        "label_column": one_or_several(label_columns),
        "label_separator": label_separator,
        **vars(written),
        "validation": absolute(validation),
        "test": absolute(test),
        "test_size": test_size,
        "test_each_epoch": preset == "tutorial" if test_each_epoch is None else test_each_epoch,
        "tensorboard": tensorboard,
    }
    _begin(
        "TextClassifier",
        settings,
        out,
        arguments,
        preset=preset,
        overwrite=overwrite,
        folds=cross_validate,
    )


app.command(
    with_settings(classify, options_of(known.settings_of("TextClassifier"))), name="classify"
)


def tag(
    source: str,
    /,
    *,
    out: Path,
    preset: str | None = None,
    column: str | None = None,
    token_column: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    validation: Path | None = None,
    test: Path | None = None,
    test_size: float | None = None,
    cross_validate: int | None = None,
    test_each_epoch: bool = False,
    overwrite: bool = False,
    tensorboard: bool = False,
    settings: Mapping[str, Any],
) -> None:
    """Train a sequence tagger (names, parts of speech) and write a run folder.

    Args:
        source: Name of a registered data set, a folder, or a file: CoNLL columns, CoNLL-U, JSON Lines.
        out: Run folder to write.
        preset: Named settings that the other options start from: chinese.
        column: Column of the tags: its name, or its number counted from 1; else the usual one.
        token_column: Column of the tokens in the same way; else the first that holds them.
        delimiter: What parts the fields of csv, such as ; or tab; else found out.
        encoding: Encoding of the text, such as gb18030; UTF-8 if not given.
        validation: File that chooses the best epoch; else the source's own, else a tenth of train.
        test: File that is measured at the end; else the source's own.
        test_size: Share of train that is drawn for the test part, where there is none.
        cross_validate: Train a model for each of so many folds of train, each measured on its fold.
        test_each_epoch: Also measure the test part after every epoch; nothing is selected by it.
        overwrite: Replace the run that stands in the run folder.
        tensorboard: Write TensorBoard files into the run folder.
        settings: Settings given on the command line.
    """
    arguments = {
        "source": absolute(source),
        "column": column,
        "token_column": token_column,
        "delimiter": delimiter,
        "encoding": encoding,
        "validation": absolute(validation),
        "test": absolute(test),
        "test_size": test_size,
        "test_each_epoch": test_each_epoch,
        "tensorboard": tensorboard,
    }
    _begin(
        "SequenceTagger",
        settings,
        out,
        arguments,
        preset=preset,
        overwrite=overwrite,
        folds=cross_validate,
    )


app.command(with_settings(tag, options_of(known.settings_of("SequenceTagger"))), name="tag")


def transcribe(
    source: str,
    /,
    *,
    out: Path,
    audio_column: str | None = None,
    text_column: str | None = None,
    speaker_column: str | None = None,
    written: Written = AS_FOUND,
    test_speaker: str | None = None,
    on_error: Literal["raise", "skip"] = "raise",
    validation: Path | None = None,
    test: Path | None = None,
    test_size: float | None = None,
    cross_validate: int | None = None,
    test_each_epoch: bool = False,
    overwrite: bool = False,
    tensorboard: bool = False,
    settings: Mapping[str, Any],
) -> None:
    """Train a speech recogniser and write a run folder.

    Args:
        source: Name of a registered data set; a csv, tsv, jsonl, json or parquet file with a recording a
            row; a folder of sound files, each beside a .txt of the same name; or one of LJSpeech,
            LibriSpeech or Kaldi.
        out: Run folder to write.
        audio_column: Column with the paths of the recordings; found by its name if not given.
        text_column: Column with the transcripts; found by its name if not given.
        speaker_column: Column with the speakers; found by its name, if there is one.
        written: How tables of text are written.
        test_speaker: Speaker all of whose recordings make the test part, and are in no other.
        on_error: What to do with a recording that cannot be read: stop, or skip it and say so.
        validation: File or folder that chooses the best epoch; else the source's own, else a tenth.
        test: File or folder that is measured at the end; else the source's own.
        test_size: Share of train that is drawn for the test part, where there is none.
        cross_validate: Train a model for each of so many folds of train, each measured on its fold.
        test_each_epoch: Also measure the test part after every epoch; nothing is selected by it.
        overwrite: Replace the run that stands in the run folder.
        tensorboard: Write TensorBoard files into the run folder.
        settings: Settings given on the command line.
    """
    arguments = {
        "source": absolute(source),
        "audio_column": audio_column,
        "text_column": text_column,
        "speaker_column": speaker_column,
        **vars(written),
        "test_speaker": test_speaker,
        "on_error": on_error,
        "validation": absolute(validation),
        "test": absolute(test),
        "test_size": test_size,
        "test_each_epoch": test_each_epoch,
        "tensorboard": tensorboard,
    }
    _begin("SpeechRecognizer", settings, out, arguments, overwrite=overwrite, folds=cross_validate)


app.command(
    with_settings(transcribe, options_of(known.settings_of("SpeechRecognizer"))), name="transcribe"
)


def classify_series(
    source: str,
    /,
    *,
    out: Path,
    id_columns: IdColumns = (),
    time_column: str | None = None,
    label_column: str | None = None,
    feature_columns: FeatureColumns = (),
    written: Written = AS_FOUND,
    validation: Path | None = None,
    test: Path | None = None,
    test_size: float | None = None,
    cross_validate: int | None = None,
    test_each_epoch: bool = False,
    overwrite: bool = False,
    tensorboard: bool = False,
    settings: Mapping[str, Any],
) -> None:
    """Train a classifier of sequences of numbers, or a regression, and write a run folder.

    Args:
        source: Name of a registered data set, a folder, or a file: .ts of sktime, .npz of NumPy, or a
            csv, tsv, jsonl or parquet table with a step a row.
        out: Run folder to write.
        id_columns: Column of a table that tells the sequences apart; found by its name; several are joined.
        time_column: Column that orders the steps; found by its name, else the rows are in order.
        label_column: Column with the labels; found by its name if not given.
        feature_columns: Column of a feature, one or several; none for all the other columns.
        written: How tables are written.
        validation: File that chooses the best epoch; else the source's own, else a tenth of train.
        test: File that is measured at the end; else the source's own.
        test_size: Share of train that is drawn for the test part, where there is none.
        cross_validate: Train a model for each of so many folds of train, each measured on its fold.
        test_each_epoch: Also measure the test part after every epoch; nothing is selected by it.
        overwrite: Replace the run that stands in the run folder.
        tensorboard: Write TensorBoard files into the run folder.
        settings: Settings given on the command line.
    """
    arguments = {
        "source": absolute(source),
        "id_column": one_or_several(id_columns),
        "time_column": time_column,
        "label_column": label_column,
        "feature_columns": list(feature_columns),
        **vars(written),
        "validation": absolute(validation),
        "test": absolute(test),
        "test_size": test_size,
        "test_each_epoch": test_each_epoch,
        "tensorboard": tensorboard,
    }
    _begin("SeriesClassifier", settings, out, arguments, overwrite=overwrite, folds=cross_validate)


app.command(
    with_settings(classify_series, options_of(known.settings_of("SeriesClassifier"))),
    name="classify-series",
)


def forecast(
    source: str,
    /,
    *,
    out: Path,
    id_columns: IdColumns = (),
    time_column: str | None = None,
    target_columns: TargetColumns = (),
    known_columns: KnownColumns = (),
    past_columns: PastColumns = (),
    static_columns: StaticColumns = (),
    wide: bool = False,
    rows: bool = False,
    written: Written = AS_FOUND,
    test_each_epoch: bool = False,
    overwrite: bool = False,
    tensorboard: bool = False,
    settings: Mapping[str, Any],
) -> None:
    """Train a forecaster and write a run folder; the last horizon of each series is for test.

    Args:
        source: Name of a registered data set, or a csv, tsv, jsonl or parquet table with a step a row.
        out: Run folder to write.
        id_columns: Column that tells the series apart, found by its name; several, each with the option,
            are joined; one series if there is none.
        time_column: Column of the times; found by its name if not given.
        target_columns: Column to forecast, one or several; found by its name if not given.
        known_columns: Column known before its time, such as a promotion, one or several.
        past_columns: Column known only once its time has come, one or several.
        static_columns: Attribute of a series, such as its region, one or several.
        wide: Each column but the time is a series.
        rows: Each row is a series, its steps in columns.
        written: How the table is written.
        test_each_epoch: Also measure the test part after every epoch; nothing is selected by it.
        overwrite: Replace the run that stands in the run folder.
        tensorboard: Write TensorBoard files into the run folder.
        settings: Settings given on the command line.
    """
    arguments = {
        "source": absolute(source),
        "id_column": one_or_several(id_columns),
        "time_column": time_column,
        "target_columns": list(target_columns),
        "known_columns": list(known_columns),
        "past_columns": list(past_columns),
        "static_columns": list(static_columns),
        "wide": wide,
        "rows": rows,
        **vars(written),
        "validation": None,
        "test": None,
        "test_each_epoch": test_each_epoch,
        "tensorboard": tensorboard,
    }
    _begin("Forecaster", settings, out, arguments, overwrite=overwrite)


app.command(with_settings(forecast, options_of(known.settings_of("Forecaster"))), name="forecast")


def resume(run: Path, /) -> None:
    """Go on with an interrupted run from its last checkpoint; it ends as if never interrupted.

    Args:
        run: Run folder of the interrupted run.
    """
    from ostinato.cli.commands import train
    from ostinato.runs import folder as run_folder
    from ostinato.runs import lock as run_lock
    from ostinato.tasks import task_of

    config = run_folder.read_config(run)
    run_lock.check(run)
    if (run / "metrics.json").exists():
        raise ConfigError(
            f"{run}: is finished; there is nothing to resume. See `ostinato report {run}`."
        )
    if config["data"]["arguments"] is None:
        raise ConfigError(
            f"{run}: was trained from Python; resume it there, with fit(..., out=..., resume=True)."
        )
    estimator = task_of(run).from_config(config, run)
    train(estimator, run, config["data"]["arguments"], resume=True)
