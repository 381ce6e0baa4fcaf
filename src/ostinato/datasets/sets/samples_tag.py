"""Bundled tagged samples: generated sentences, English and Chinese, in which context and shape decide.

Half of the sentences come as twins: the same name once as one type of entity and once as another, as
Jordan is a person and a country, both in the same split; whatever a lookup from token to tag answers,
it is wrong in one of the two. No lookup can therefore tag more than :data:`LOOKUP_BOUND` of the
sentences of any split without a mistake. The names of the others are coined from syllables, and each
stands in the whole data set once: what it is must be read off the sentence around it or, where that
says nothing, off its ending.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from ostinato._kinds import TAGGED
from ostinato.datasets.dataset import GENERATED, Cut, Dataset
from ostinato.datasets.readers.tables.columns import check_column
from ostinato.datasets.readers.tagged.character_spans import tag_text
from ostinato.datasets.records.tagged import Tagged

#: Raised with every change of the generated texts.
VERSION = 1
SIZES = {"train": 2000, "validation": 300, "test": 500}
TWIN_SHARE = 0.5
LOOKUP_BOUND = 1 - TWIN_SHARE / 2

T = TypeVar("T")
Row = tuple[str, list[tuple[int, int, str]]]
"""A text, and start, end and type of each span of its characters."""


class _Language(NamedTuple):
    """What its sentences are made of; {x} and {y} are names, {PER} and so on coined entities."""

    frames: dict[str, tuple[str, ...]]
    neutral: tuple[str, ...]
    ambiguous: dict[tuple[str, str], tuple[str, ...]]
    before: dict[str, tuple[str, ...]]
    syllables: tuple[str, ...]
    endings: dict[str, tuple[str, ...]]
    dates: tuple[tuple[str, ...], ...]


_ENGLISH = _Language(
    frames={
        "PER": (
            "{x} told reporters that the plan had failed.",
            "Her uncle, {x}, plays the violin.",
            "{x}, who had slept badly, missed the bus.",
            "I met {x} at a party on {DATE}.",
            "{x} and her brother moved to {LOC}.",
            "When she was nine, {x} learned to swim.",
            "Nobody laughed when {x} fell off the chair.",
            "{x} works for {ORG} and likes it.",
            "Mrs {x} is ill again.",
        ),
        "LOC": (
            "The train to {x} was late again.",
            "It rained in {x} all week.",
            "{x}, where the river is wide, has two bridges.",
            "The mayor of {x} opened the new school.",
            "They drove through {x} on {DATE}.",
            "{x} and its villages were cut off by snow.",
            "North of {x}, the road gets steep.",
            "{PER} was born in {x}.",
            "{ORG} closed its factory in {x}.",
        ),
        "ORG": (
            "{x} hired two hundred engineers.",
            "Shares of {x} fell by three percent.",
            "{x}, whose profits doubled, will pay a dividend.",
            "The board of {x} met on {DATE}.",
            "{PER} was the first chairman of {x}.",
            "{x} and its rivals raised their prices.",
            "A spokesman for {x} denied it.",
            "{x} will open a branch in {LOC}.",
            "Customers of {x} complained about the app.",
        ),
        "DATE": (
            "The bridge will open in {x}.",
            "It snowed in early {x}.",
            "By late {x}, the work was done.",
            "{x} was the warmest month of the year.",
            "The shop is closed until {x}.",
            "{PER} will retire in {x}.",
            "They were married in the middle of {x}.",
        ),
    },
    neutral=(
        "Everybody knows {x}.",
        "The book is about {x}.",
        "Nobody had heard of {x} before.",
        "{x} is famous now.",
        "We talked about {x} and {y}.",
        "She often thinks of {x}.",
        "There are many stories about {x}.",
        "On {DATE}, I read about {x} for the first time.",
        "{x} was in the news again.",
    ),
    ambiguous={
        ("PER", "LOC"): (
            *("Jordan", "Washington", "Chad", "Florence", "Sydney", "Victoria", "Austin", "Troy"),
            *("Charlotte", "Lincoln", "Georgia", "Paris", "Madison", "Chelsea", "Kingston"),
        ),
        ("PER", "ORG"): (
            *("Ford", "Dell", "Cartier", "Siemens", "Morgan", "Disney", "Porsche", "Philips"),
            *("Benz", "Heinz", "Kellogg"),
        ),
        ("ORG", "LOC"): ("Amazon", "Toyota", "Nokia", "Corning", "Hershey", "Evian", "Vichy"),
        ("PER", "DATE"): ("April", "May", "June", "August"),
    },
    before={
        "PER": ("", "", "Anna ", "Peter ", "Maria ", "Karl ", "Ruth "),
        "LOC": ("", "", "", "New ", "Port "),
        "ORG": ("", "", "", "United ", "First "),
    },
    syllables=(
        *("ba", "bel", "cor", "da", "den", "fal", "gar", "ha", "hol", "ka", "kel", "lan", "lo"),
        *(
            "mar",
            "mi",
            "nor",
            "o",
            "pel",
            "ra",
            "ro",
            "sal",
            "sten",
            "ta",
            "tor",
            "va",
            "win",
            "za",
        ),
    ),
    endings={
        "PER": ("son", "sen", "ski", "ova", "escu"),
        "LOC": ("ville", "burg", "stan", "mouth", "land"),
        "ORG": ("tech", "soft", "corp", "ex", "air"),
    },
    dates=(
        tuple(f"{day} " for day in range(1, 29)),
        ("January", "February", "March", "July", "September", "October", "November", "December"),
        ("", "", *(f" {year}" for year in range(1980, 2020))),
    ),
)

_CHINESE = _Language(
    frames={
        "PER": (
            "{x}对记者说计划失败了。",
            "她的叔叔{x}会拉小提琴。",
            "{x}没睡好，错过了班车。",
            "大家都笑了，只有{x}没笑。",
            "我{DATE}在聚会上遇见了{x}。",
            "{x}和她的弟弟搬到了{LOC}。",
            "{x}九岁就学会了游泳。",
            "{x}在{ORG}上班。",
            "{x}先生又病了。",
        ),
        "LOC": (
            "去{x}的火车又晚点了。",
            "{x}下了一个星期的雨。",
            "{x}的河上有两座桥。",
            "他们{DATE}开车经过{x}。",
            "{x}附近的村子被大雪封住了。",
            "{x}以北，山路很陡。",
            "{PER}出生在{x}。",
            "{ORG}关闭了在{x}的工厂。",
            "半个{x}都停电了。",
        ),
        "ORG": (
            "{x}招聘了两百名工程师。",
            "{x}的股票跌了百分之三。",
            "{x}的利润翻了一倍。",
            "{x}的董事会{DATE}开会。",
            "{PER}是{x}的首任董事长。",
            "{x}和对手都涨了价。",
            "{x}的发言人否认了这件事。",
            "{x}要在{LOC}开分店。",
            "{x}的客户抱怨软件不好用。",
        ),
    },
    neutral=(
        "大家都知道{x}。",
        "这本书写的是{x}。",
        "以前谁也没听说过{x}。",
        "{x}现在很有名。",
        "我们谈到了{x}和{y}。",
        "她常常想起{x}。",
        "关于{x}的故事很多。",
        "{DATE}，我第一次读到{x}。",
    ),
    ambiguous={
        ("PER", "LOC"): (
            *("华盛顿", "林肯", "胡志明", "中山", "高平", "文山", "安康", "金华", "白云", "石林"),
            *("安吉", "常宁"),
        ),
        ("PER", "ORG"): ("福特", "李宁", "戴尔", "西门子", "迪士尼", "本田", "松下", "铃木"),
        ("ORG", "LOC"): ("丰田", "诺基亚", "亚马逊", "依云", "茅台", "青岛"),
    },
    before={
        "PER": ("张", "王", "李", "赵", "陈", "杨", "吴", "周", "刘", "郑"),
        "LOC": ("",),
        "ORG": ("",),
    },
    syllables=tuple("东海大天永德福兴和泰昌宏光明春秋安宁玉龙凤江河云石林清平长远新华嘉瑞丰顺"),
    endings={
        "PER": ("",),
        "LOC": ("市", "县", "镇", "村", "省"),
        "ORG": ("公司", "银行", "大学", "集团", "报社"),
    },
    dates=(
        ("", "", *(f"{year}年" for year in range(1980, 2020))),
        *(tuple(f"{n}月" for n in range(1, 13)), tuple(f"{n}日" for n in range(1, 29))),
    ),
)


def words(text: str) -> list[tuple[str, int, int]]:
    """Split a sentence into words, numbers, Chinese characters and marks with their places.

    Args:
        text: A sentence.

    Example:
        >>> words("Hi, 你好")
        [('Hi', 0, 2), (',', 2, 3), ('你', 4, 5), ('好', 5, 6)]
    """
    found = re.finditer(r"[A-Za-z]+|[0-9]+|\S", text)
    return [(match[0], match.start(), match.end()) for match in found]


def generate_rows(seed: int = 0) -> dict[str, list[Row]]:
    """Generate the sentences of each split, half of them Chinese.

    Args:
        seed: Another seed gives other sentences.

    Returns:
        Train, validation and test, with no sentence and no coined name in two of them.

    Example:
        >>> generate_rows()["test"][1]
        ('Port Winnorland, where the river is wide, has two bridges.', [(0, 15, 'LOC')])
    """
    maker = _Maker(seed)
    splits = {}
    for name, size in SIZES.items():
        rows: list[Row] = []
        for number in range(size // 2):
            language = (_ENGLISH, _CHINESE)[number % 2]
            twins = number < int(TWIN_SHARE * (size // 2))
            rows += maker.pair(language, twins=twins)
        rows.sort(key=lambda _: maker.rng.random())
        splits[name] = rows
    return splits


class _Maker:
    """Makes sentences of which none is like another, from coined names that are all different."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.seen: set[str] = set()

    # Only ``random()`` itself promises the same numbers in every version of Python.
    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self.rng.random() * len(choices))]

    def pair(self, language: _Language, *, twins: bool) -> list[Row]:
        while True:
            rows = self.twins(language) if twins else [self.single(language) for _ in range(2)]
            texts = {text for text, _ in rows}
            if len(texts) == len(rows) and not texts & self.seen:
                self.seen |= texts
                return rows

    def twins(self, language: _Language) -> list[Row]:
        kinds = self.pick([kinds for kinds, names in language.ambiguous.items() for _ in names])
        name = self.pick(language.ambiguous[kinds])
        return [
            self.fill(language, self.pick(language.frames[kind]), {"x": (name, kind)})
            for kind in kinds
        ]

    def single(self, language: _Language) -> Row:
        kinds = {slot: self.pick(("PER", "LOC", "ORG")) for slot in "xy"}
        frames = language.neutral if self.rng.random() < 0.5 else language.frames[kinds["x"]]
        names = {slot: (self.coin(language, kind), kind) for slot, kind in kinds.items()}
        return self.fill(language, self.pick(frames), names)

    def fill(self, language: _Language, frame: str, names: dict[str, tuple[str, str]]) -> Row:
        text, spans = "", []
        for number, piece in enumerate(re.split(r"\{(\w+)\}", frame)):
            if number % 2:
                name, kind = names.get(piece) or (self.coin(language, piece), piece)
                spans.append((len(text), len(text) + len(name), kind))
                text += name
            else:
                text += piece
        return text, spans

    def coin(self, language: _Language, kind: str) -> str:
        while True:
            if kind == "DATE":
                return "".join(self.pick(choices) for choices in language.dates)
            stem = self.pick(language.syllables) + self.pick(language.syllables)
            name = (stem + self.pick(language.endings[kind])).capitalize()
            if name not in self.seen:
                self.seen.add(name)
                return self.pick(language.before[kind]) + name


def generate(seed: int = 0, cut: Cut = words) -> dict[str, Tagged]:
    """Generate the splits, tagged in IOB2.

    Args:
        seed: Another seed gives other sentences.
        cut: The tokeniser.

    Example:
        >>> split = generate()["test"]
        >>> split.sentences[1][:4], split.tags[1][:4]
        (['Port', 'Winnorland', ',', 'where'], ['B-LOC', 'I-LOC', 'O', 'O'])
    """
    splits = {}
    for name, rows in generate_rows(seed).items():
        tagged = [tag_text(text, spans, cut, "samples-tag") for text, spans in rows]
        sentences, tags = [tokens for tokens, _ in tagged], [labels for _, labels in tagged]
        splits[name] = Tagged.make(sentences, tags, "samples-tag")
    return splits


def read(
    folder: Path, column: str | int | None = None, cut: Cut | None = None
) -> dict[str, Tagged]:
    """Generate the splits, tokenized by the tokeniser that is asked for.

    Args:
        folder: Where :func:`write` wrote them; it need not be there.
        column: ``"spans"``, or None for the same.
        cut: A tokeniser; None for :func:`words`.

    Raises:
        DatasetError: There is no such column.
    """
    if column is not None:
        check_column("tag", str(column), ["spans"], "Data set samples-tag")
    return generate(cut=cut or words)


def write(folder: Path) -> None:
    """Write the splits as JSON Lines files, for a look at them or for another tool.

    Args:
        folder: An existing folder.
    """
    for name, rows in generate_rows().items():
        lines = []
        for text, spans in rows:
            objects = [{"start": start, "end": end, "type": kind} for start, end, kind in spans]
            lines.append(json.dumps({"text": text, "spans": objects}, ensure_ascii=False) + "\n")
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


DATASET = Dataset(
    name="samples-tag",
    description="Generated sentences, English and Chinese, in which context and shape tell entities; "
    "2,000 + 300 + 500",
    languages=("en", "zh"),
    kind=TAGGED,
    read=read,
    generate=write,
    version=VERSION,
    **GENERATED,
)
