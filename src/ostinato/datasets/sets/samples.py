"""Bundled samples: generated reviews, English and Chinese, in which the order of words decides.

Reviews come as twins: the same template filled with the same words, the winning and the losing side
exchanged, so that one twin is positive and the other negative. In three of four twins both have
exactly the same words, and both twins lie in the same split; whatever a bag of words answers, it is
wrong for one of the two. A few plain reviews, in which single words do tell, are mixed in. No bag of
words can therefore have a higher accuracy than :data:`BAG_OF_WORDS_BOUND` on any split.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from ostinato._kinds import TEXTS
from ostinato.datasets.dataset import GENERATED, Dataset
from ostinato.datasets.records.texts import Examples

#: Raised with every change of the generated texts.
VERSION = 1
SIZES = {"train": 4000, "validation": 500, "test": 1000}
PLAIN_SHARE = 0.25
BAG_OF_WORDS_BOUND = PLAIN_SHARE + (1 - PLAIN_SHARE) / 2

T = TypeVar("T")

# A template has slots: {w} and {w2} hold words of the side that wins, {l} and {l2} of the side that
# loses; {a} and {b} are two aspects of one {thing}.
_ENGLISH_ORDER = (
    "The {a} is {l}, but the {b} is {w}.",
    "The {a} is {l}, I admit, but in the end the {b} is {w}.",
    "The {b} is {w}, although the {a} is {l}.",
    "Although the {a} is {l}, the {b} is {w}.",
    "Even though everyone told us that the {a} is {l}, the {b} is {w}.",
    "The {thing} is not {l}, it is {w}.",
    "The {thing} is {w}, not {l}.",
    "The {thing} is not {l} but {w}.",
    "I would not call the {a} {l}; I would call it {w}.",
    "I do not think, whatever others may write about it, that the {a} is {l}; I think it is {w}.",
    "The {thing} is never {l} and always {w}.",
    "The {a} is anything but {l}, and the {b} is nothing but {w}.",
    "The {thing} is more {w} than {l}.",
    "The {thing} is less {l} than {w}.",
    "I expected a {thing} that is {l} but got one that is {w}.",
    "I got a {thing} that is {w} where I had expected one that is {l}.",
    "What looked {l} at first turned out to be {w}.",
    "They promised a {thing} that is not only {l} but also {l2}; what we got is {w} and {w2}.",
    "They promised a {thing} that is {l} and {l2}; what we got is not only {w} but also {w2}.",
    "The {thing} is not only {w} but also {w2}, and neither {l} nor {l2}.",
    "The {thing} is neither {l} nor {l2}; it is not only {w} but also {w2}.",
    "Some call the {a} {l}, yet I found it {w}.",
    "I found the {a} {w}, whatever those who call it {l} may say.",
    "Nobody I know found the {a} {l}, and everybody found the {b} {w}.",
    "Everybody found the {b} {w}, and nobody I know found the {a} {l}.",
    "It used to be {l}; now the {a} is {w}.",
    "Now the {a} is {w}; it used to be {l}.",
    "Far from being {l}, the {a} is {w}.",
    "The {a} may be {l}; still, the {b} is so {w} that nothing else matters.",
    "The {b} is so {w} that nothing else matters, even if the {a} is {l}.",
)
_ENGLISH_PLAIN = (
    "The {a} is {w} and the {b} is {w2}.",
    "Not only is the {a} {w}, the {b} is {w2} too.",
    "A {thing} with a {a} that is {w}.",
    "Everything about this {thing} is {w}, above all the {a}.",
    "The {thing} is {w}, the {a} is {w2}, and so is the {b}.",
    "I found the {a} {w} and the {b} {w2}.",
)
_ENGLISH_OPENINGS = (
    "We went on a rainy Sunday.",
    "My sister chose this {thing}.",
    "I had read about it for weeks.",
    "It was our second {thing} that month.",
    "A friend gave me a hint about the {a}.",
    "This one was on offer.",
)
_ENGLISH_CLOSINGS = (
    "That is all I can say about this {thing}.",
    "My brother has the same opinion.",
    "I wrote this on the way home.",
    "We talked about it all evening.",
    "Ask me again in a year.",
    "So much for the {b}.",
)
_ENGLISH_GOOD = (
    *("good", "great", "wonderful", "excellent", "superb", "lovely", "delightful", "brilliant"),
    *("charming", "impressive", "memorable", "splendid", "pleasant", "remarkable", "enjoyable"),
    *("perfect", "beautiful", "fantastic", "amazing", "outstanding"),
)
_ENGLISH_BAD = (
    *("bad", "poor", "terrible", "awful", "dreadful", "dull", "boring", "weak", "disappointing"),
    *("horrible", "clumsy", "tedious", "annoying", "mediocre", "forgettable", "unpleasant"),
    *("miserable", "dismal", "sloppy", "lousy"),
)
_ENGLISH_THINGS = {
    "film": ("plot", "acting", "music", "ending", "dialogue", "first half", "camera work"),
    "book": ("story", "style", "cover", "translation", "first chapter", "hero"),
    "hotel": ("room", "breakfast", "service", "pool", "view", "bed"),
    "restaurant": ("soup", "dessert", "wine", "service", "fish", "bread"),
    "phone": ("screen", "battery", "keyboard", "sound", "case", "camera"),
}

_CHINESE_ORDER = (
    "虽然{a}很{l}，但是{b}很{w}。",
    "{a}很{l}，不过{b}很{w}。",
    "尽管大家都说{a}很{l}，{b}却很{w}。",
    "{b}很{w}，尽管{a}很{l}。",
    "{a}是很{l}，这一点我承认，但是说到底{b}很{w}。",
    "这{thing}不是很{l}，而是很{w}。",
    "这{thing}很{w}，并不{l}。",
    "这{thing}并不{l}，反而很{w}。",
    "与其说{a}很{l}，不如说它很{w}。",
    "我不觉得{a}很{l}，我觉得它很{w}。",
    "不管别人在网上怎么写，我都不觉得{a}很{l}，我只觉得它很{w}。",
    "{a}一点也不{l}，{b}更是{w}。",
    "本以为{a}很{l}，没想到很{w}。",
    "没想到{a}这么{w}，本以为会很{l}。",
    "刚开始看起来很{l}，后来才发现很{w}。",
    "广告说这{thing}不但{l}，而且{l2}，其实又{w}又{w2}。",
    "广告说这{thing}又{l}又{l2}，其实不但{w}，而且{w2}。",
    "这{thing}不但{w}，而且{w2}，既不{l}也不{l2}。",
    "这{thing}既不{l}也不{l2}，不但{w}，而且{w2}。",
    "有人说{a}很{l}，我却觉得很{w}。",
    "我觉得{a}很{w}，说它很{l}的人都错了。",
    "没有人觉得{a}很{l}，人人都觉得{b}很{w}。",
    "以前{a}很{l}，现在很{w}了。",
    "现在{a}很{w}了，以前很{l}。",
    "就算{a}很{l}，光是{b}就已经够{w}了。",
    "光是{b}就已经够{w}了，哪怕{a}很{l}。",
)
_CHINESE_PLAIN = (
    "{a}很{w}，{b}也很{w2}。",
    "不但{a}很{w}，而且{b}很{w2}。",
    "这{thing}真{w}，尤其是{a}。",
    "我觉得{a}很{w}，{b}很{w2}。",
    "这{thing}的{a}{w}，{b}{w2}，都是这样。",
)
_CHINESE_OPENINGS = (
    "上个周末下雨。",
    "这{thing}是姐姐挑的。",
    "早就听说过了。",
    "朋友提过这里的{a}。",
    "这是这个月的第二次。",
    "趁着打折买的。",
)
_CHINESE_CLOSINGS = (
    "关于这{thing}就说这么多。",
    "弟弟也是这样想的。",
    "在回家的路上写的。",
    "我们聊了一个晚上。",
    "明年再来问我吧。",
    "{b}就说到这里。",
)
_CHINESE_GOOD = (
    *("好", "棒", "出色", "优秀", "完美", "精致", "舒心", "迷人", "可爱", "细腻"),
    *("令人满意", "讨人喜欢", "让人惊喜", "有水平", "美妙", "值得"),
)
_CHINESE_BAD = (
    *("差", "烂", "糟糕", "平庸", "粗糙", "乏味", "拙劣", "俗气", "敷衍", "马虎"),
    *("令人失望", "惹人讨厌", "让人后悔", "没意思", "无聊", "闹心"),
)
_CHINESE_THINGS = {
    "部电影": ("情节", "演技", "音乐", "结局", "对白", "前半段", "画面"),
    "本书": ("故事", "文笔", "封面", "翻译", "第一章", "主角"),
    "家酒店": ("房间", "早餐", "服务", "泳池", "风景", "大床"),
    "家餐厅": ("汤", "甜点", "酒水", "服务", "鱼", "点心"),
    "部手机": ("屏幕", "电池", "键盘", "音质", "外壳", "相机"),
}

_LANGUAGES = (
    (
        *(_ENGLISH_ORDER, _ENGLISH_PLAIN, _ENGLISH_OPENINGS, _ENGLISH_CLOSINGS),
        *(_ENGLISH_GOOD, _ENGLISH_BAD, _ENGLISH_THINGS, " "),
    ),
    (
        *(_CHINESE_ORDER, _CHINESE_PLAIN, _CHINESE_OPENINGS, _CHINESE_CLOSINGS),
        *(_CHINESE_GOOD, _CHINESE_BAD, _CHINESE_THINGS, ""),
    ),
)


def words(text: str) -> list[str]:
    """Split a review into what a bag of words counts: English words and Chinese characters.

    Args:
        text: A review.

    Example:
        >>> words("Not bad: 很好。")
        ['not', 'bad', '很', '好']
    """
    return re.findall(r"[a-z]+|[\u4e00-\u9fff]", text.lower())


def generate(seed: int = 0) -> dict[str, Examples]:
    """Generate the splits: half ``"negative"``, half ``"positive"``; half of them Chinese.

    Args:
        seed: Another seed gives other reviews.

    Returns:
        Train, validation and test, with no text in two of them.

    Example:
        >>> generate()["test"].texts[2]
        'This one was on offer. The story is poor, but the style is remarkable.'
    """
    rng = random.Random(seed)
    seen: set[str] = set()
    splits = {}
    for name, size in SIZES.items():
        rows = []
        for number in range(size // 2):
            plain = number < int(PLAIN_SHARE * (size // 2))
            twins = _new_twins(rng, seen, language=number % 2, plain=plain)
            rows += list(zip(twins, ("positive", "negative"), strict=True))
        rows.sort(key=lambda _: rng.random())
        texts, labels = [text for text, _ in rows], [label for _, label in rows]
        splits[name] = Examples.make(texts, labels, "samples")
    return splits


def _new_twins(
    rng: random.Random, seen: set[str], *, language: int, plain: bool
) -> tuple[str, str]:
    while True:
        twins = _twins(rng, language=language, plain=plain)
        if not seen & set(twins):
            seen.update(twins)
            return twins


def _twins(rng: random.Random, *, language: int, plain: bool) -> tuple[str, str]:
    ordered, plains, openings, closings, good, bad, things, space = _LANGUAGES[language]
    template = _pick(rng, plains if plain else ordered)
    if rng.random() < 0.3:
        template = _pick(rng, openings) + space + template
    if rng.random() < 0.3:
        template = template + space + _pick(rng, closings)
    thing = _pick(rng, tuple(things))
    a, b = _pick_two(rng, things[thing])
    nouns = {"thing": thing, "a": a, "b": b}
    (good_1, good_2), (bad_1, bad_2) = _pick_two(rng, good), _pick_two(rng, bad)
    positive = template.format(w=good_1, w2=good_2, l=bad_1, l2=bad_2, **nouns)
    negative = template.format(w=bad_1, w2=bad_2, l=good_1, l2=good_2, **nouns)
    return positive, negative


# Only ``random()`` itself promises the same numbers in every version of Python.
def _pick(rng: random.Random, choices: Sequence[T]) -> T:
    return choices[int(rng.random() * len(choices))]


def _pick_two(rng: random.Random, choices: Sequence[T]) -> tuple[T, T]:
    first = _pick(rng, choices)
    return first, _pick(rng, [choice for choice in choices if choice != first])


def write(folder: Path) -> None:
    """Write the splits as JSON Lines files, for a look at them or for another tool.

    Args:
        folder: An existing folder.
    """
    for name, split in generate().items():
        rows = zip(split.texts, split.labels or [], strict=True)
        lines = [json.dumps({"text": t, "label": y}, ensure_ascii=False) + "\n" for t, y in rows]
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


DATASET = Dataset(
    name="samples",
    description="Generated reviews, English and Chinese, in which word order decides; 4,000 + 500 + 1,000",
    languages=("en", "zh"),
    kind=TEXTS,
    read=lambda _: generate(),
    generate=write,
    version=VERSION,
    **GENERATED,
)
