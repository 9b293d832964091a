# SPDX-License-Identifier: Apache-2.0
"""Stage `words`: the text encoder learns to hear a phrase amid words that no caption has.

The embeddings of such words were never trained, and they led the encoder astray. It is taught by
itself as it was: amid random tokens its states must be those of the caption alone. So captions
keep their states, and the UNet, which was trained on these, needs no further training.
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from .captions import draw_caption
from .dataset import DataSet, load
from .loop import Plan, Step, train
from .settings import Settings
from .tokenizer import Tokenizer
from .train_text import FULL_LENGTH_EVERY, PREFIX, load_text_encoder

ALONE_SHARE = 0.5  # of the captions: nothing added
MOST_BEFORE, MOST_WITHIN = 4, 2  # tokens added before the caption, and anywhere in it


@dataclass(frozen=True)
class Heard:
    """A caption amid other tokens."""

    ids: list[int]
    source: list[int]  # for each position the one of the caption alone, whose state it must have
    counts: list[bool]  # false where a token was added: its state is free


def other_tokens(data: DataSet, tokenizer: Tokenizer) -> list[int]:
    """Tokens that are in no phrase: within a caption they change nothing of what it means."""
    named = {
        token
        for picture in data.pictures
        for phrase in (*picture.phrases, *picture.synonyms)
        for token in tokenizer(phrase)
    }
    return sorted(set(tokenizer.ids.values()) - named)


def amid(ids: list[int], end: int, every: list[int], others: list[int], step: Step) -> Heard:
    """The caption, or in one case of two the caption with tokens added, cut to the same length.

    Before it any token: the last thing named is what is meant.
    """
    draw = step.python
    length, last = len(ids), ids.index(end)
    heard = list(enumerate(ids[:last]))
    if draw.random() >= ALONE_SHARE:
        for _ in range(draw.randint(0, MOST_WITHIN)):
            heard.insert(draw.randint(1, len(heard)), (None, draw.choice(others)))
        for _ in range(draw.randint(0, MOST_BEFORE)):
            heard.insert(1, (None, draw.choice(every)))
    heard = heard[: length - 1]
    heard += [(place, end) for place in range(len(heard), length)]
    return Heard(
        [token for _, token in heard],
        [0 if place is None else place for place, _ in heard],
        [place is not None for place, _ in heard],
    )


def train_words(settings: Settings, folder: Path, device: torch.device) -> None:
    """Writes words.pt, the encoder that is exported."""
    data, tokenizer = load(folder), Tokenizer(folder / "tokenizer")
    seen, others = data.seen(), other_tokens(data, tokenizer)
    every = sorted(set(tokenizer.ids.values()) - {tokenizer.start, tokenizer.end})
    teacher = load_text_encoder(settings, tokenizer, folder, device, "text")
    encoder = load_text_encoder(settings, tokenizer, folder, device, "text").requires_grad_(True)

    def loss(step: Step) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        length = 77 if step.number % FULL_LENGTH_EVERY == 0 else PREFIX
        chosen = [seen[step.python.randrange(len(seen))] for _ in range(settings.text_batch)]
        alone = [tokenizer(draw_caption(data.pictures[k], step.python), length) for k in chosen]
        heard = [amid(ids, tokenizer.end, every, others, step) for ids in alone]
        ids, source, counts = (
            torch.tensor([getattr(one, part) for one in heard], device=device)
            for part in ("ids", "source", "counts")
        )
        with torch.no_grad():
            states = teacher(torch.tensor(alone, device=device)).last_hidden_state
            wanted = states.gather(1, source[..., None].expand_as(states))
        error = (encoder(ids).last_hidden_state - wanted).square().mean(2)
        return (error * counts).sum() / counts.sum(), {}

    plan = Plan(
        "words",
        settings.words_samples,
        settings.text_batch,
        settings.words_rate,
        settings.seed,
        device,
    )
    train(plan, encoder, loss, folder)
