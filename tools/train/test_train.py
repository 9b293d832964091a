# SPDX-License-Identifier: Apache-2.0
"""Runs the chain with tiny networks, in two to five minutes: python -m tools.train.test_train.

Not part of the project's tests, which need no Python packages.
"""

import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "release" / "sd14"
# The command line, with a checkpoint after every step.
CODE = "from tools.train import __main__, loop; loop.CHECKPOINT_SECONDS = 0; __main__.main()"
TEXTS = (
    "a red apple",
    "",
    "Grinning Face, smiling",
    "it's 3 o'clock",
    "an unknownishword xyzzy",
    "caf\u00e9 \u732b \U0001f408 \u00fcber-co\u00f6l!!",
    "&amp; <b>12 monkeys</b>",
    "one " * 90,
)


def start(folder: Path, until: str = "all") -> subprocess.Popen:
    """A training of test size, on one thread."""
    command = [sys.executable, "-c", CODE, until, "--out", str(folder)]
    command += ["--budget", "test", "--threads", "1"]
    log = (folder.parent / f"{folder.name}.log").open("a")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


def kill_at(folder: Path, stage: str, number: int) -> int:
    """Starts, sends the signal as soon as the stage has a checkpoint, returns the exit status."""
    process = start(folder)
    while not (folder / f"{stage}.checkpoint.pt").exists():
        if process.poll() is not None:
            raise AssertionError((folder.parent / f"{folder.name}.log").read_text())
        time.sleep(0.002)
    process.send_signal(number)
    return process.wait()


@unittest.skipUnless(
    importlib.util.find_spec("torch") and importlib.util.find_spec("diffusers"),
    "needs the packages of tools/train/requirements.txt",
)
class Chain(unittest.TestCase):
    """One training at a stretch, and one that is killed in four stages."""

    @classmethod
    def setUpClass(cls) -> None:
        """Trains both."""
        cls.folder = Path(tempfile.mkdtemp(prefix="sd14-train-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.whole, cls.killed = cls.folder / "whole", cls.folder / "killed"
        whole = start(cls.whole)
        cls.status = []
        cls.status.append(kill_at(cls.killed, "vae", signal.SIGKILL))
        cls.status.append(kill_at(cls.killed, "reader", signal.SIGKILL))
        cls.status.append(kill_at(cls.killed, "unet", signal.SIGTERM))
        (cls.killed / "new-unet.checkpoint.pt").write_bytes(b"cut off while it was written")
        cls.status.append(kill_at(cls.killed, "words", signal.SIGKILL))
        cls.status.append(start(cls.killed).wait())
        cls.status.append(whole.wait())

    def test_ends_as_asked(self) -> None:
        """Killed by a signal; after SIGTERM saved and 128 + 15; else success."""
        log = (self.folder / "whole.log").read_text()
        kill = -signal.SIGKILL
        self.assertEqual(self.status, [kill, kill, 143, kill, 0, 0], log)

    def test_resumed_run_gives_the_same_bytes(self) -> None:
        """All files of the model, and no checkpoint is left."""
        for path in sorted((self.whole / "model").rglob("*")):
            other = self.killed / path.relative_to(self.whole)
            if path.is_file():
                self.assertEqual(path.read_bytes(), other.read_bytes(), path.name)
        self.assertFalse(list(self.killed.glob("*.checkpoint.pt")))

    def test_other_settings_are_refused(self) -> None:
        """A folder holds one training."""
        command = [sys.executable, "-m", "tools.train", "data", "--out", str(self.whole)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("other settings", done.stderr)

    def test_goes_on_from_a_model(self) -> None:
        """Other networks are kept to the bit in float16, the UNet is trained further."""
        model, folder = self.whole / "model", self.folder / "further"
        command = [sys.executable, "-m", "tools.train", "all", "--out", str(folder)]
        command += ["--budget", "test", "--threads", "1", "--from", str(model)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        files = {
            name: [(f / name).read_bytes() for f in (model, folder / "model")]
            for name in (
                "vae/diffusion_pytorch_model.safetensors",
                "text_encoder/model.safetensors",
                "unet/diffusion_pytorch_model.safetensors",
            )
        }
        same = {name.split("/")[0]: a == b for name, (a, b) in files.items()}
        self.assertEqual(same, {"vae": True, "text_encoder": True, "unet": False})
        self.assertFalse((folder / "vae.jsonl").exists())

    def test_keeps_what_is_finished(self) -> None:
        """A folder without a UNet: its networks are adopted, the UNet starts from nothing."""
        kept, folder = self.folder / "kept", self.folder / "begun"
        run = [sys.executable, "-m"]
        keep = [*run, "tools.train.keep", "--out", str(self.whole), str(kept)]
        go_on = [*run, "tools.train", "latents", "--budget", "test", "--out", str(folder)]
        for command in (keep, [*go_on, "--from", str(kept)]):
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
        import torch

        for name in ("vae.pt", "text.pt"):
            ours, theirs = torch.load(folder / name), torch.load(self.whole / name)
            self.assertEqual(ours.keys(), theirs.keys())
            for key, value in theirs.items():
                self.assertTrue(torch.equal(ours[key], value.half().float()), key)
        self.assertFalse((folder / "unet.start.pt").exists())

    def test_tokenizer_is_clips(self) -> None:
        """As transformers reads the exported files; caption words split as with all merges."""
        from transformers import CLIPTokenizer

        from . import captions, dataset, tokenizer

        ours = tokenizer.Tokenizer(self.whole / "tokenizer")
        theirs = CLIPTokenizer.from_pretrained(self.whole / "model" / "tokenizer")
        texts = [*TEXTS, *captions.every_text(dataset.load(self.whole).pictures)]
        for text in texts:
            ids = theirs(text, padding="max_length", max_length=77, truncation=True).input_ids
            self.assertEqual(ours(text), ids, text)
        rank = {pair: k for k, pair in enumerate(tokenizer.read_merges(tokenizer.FULL))}
        pieces = {index: piece for piece, index in ours.ids.items()}
        for text in texts[len(TEXTS) :]:
            full = [p for w in tokenizer.split_words(text) for p in tokenizer.merge_word(w, rank)]
            self.assertEqual([pieces[k] for k in ours(text)[1 : len(full) + 1]], full)

    def test_list(self) -> None:
        """At least 300 emoji, each once; both examples of unseen pairs are held out."""
        from . import captions, emoji_names

        emoji = emoji_names.chosen_emoji()
        self.assertGreaterEqual(len(emoji), 300)
        self.assertEqual(len({one.code_point for one in emoji}), len(emoji))
        pictures = captions.all_pictures(emoji)
        held_out = {p.phrases[0] for p in pictures if p.held_out}
        self.assertLessEqual({"blue apple", "green heart"}, held_out)
        shown = {phrase for p in pictures if not p.held_out for phrase in (*p.phrases, *p.synonyms)}
        self.assertFalse(held_out & shown)

    def test_words_are_added_around_captions(self) -> None:
        """All of a caption stays, in order; what is added has no wanted state; the padding has."""
        import torch

        from . import dataset, loop, tokenizer, train_words

        coder = tokenizer.Tokenizer(self.whole / "tokenizer")
        data = dataset.load(self.whole)
        others = train_words.other_tokens(data, coder)
        self.assertIn(coder("photo")[1], others)
        self.assertNotIn(coder(data.names[0])[1], others)
        caption = coder(f"a photo of a {data.names[0]}", 24)
        end = caption.index(coder.end)
        chance, lengths = random.Random(0), set()
        step = loop.Step(0, 0, torch.device("cpu"), torch.Generator(), chance)
        for _ in range(200):
            heard = train_words.amid(caption, coder.end, others, others, step)
            last = heard.ids.index(coder.end)
            kept = [k for k in range(last) if heard.counts[k]]
            self.assertEqual(kept[0], 0)
            self.assertEqual([heard.ids[k] for k in kept], caption[:end])
            self.assertEqual([heard.source[k] for k in kept], list(range(end)))
            self.assertEqual(heard.source[last:], list(range(last, 24)))
            self.assertTrue(all(heard.counts[last:]))
            lengths.add(last - end)
        most = train_words.MOST_BEFORE + train_words.MOST_WITHIN
        self.assertEqual(lengths, set(range(most + 1)))

    def test_words_change_the_encoder(self) -> None:
        """What is exported is the taught encoder, not its teacher."""
        import torch

        teacher, taught = (torch.load(self.whole / f"{name}.pt") for name in ("text", "words"))
        token = "embeddings.token_embedding.weight"
        self.assertEqual(teacher.keys(), taught.keys())
        self.assertFalse(torch.equal(teacher[token], taught[token]))
        from safetensors.torch import load_file

        tensors = load_file(self.whole / "model" / "text_encoder" / "model.safetensors")
        self.assertTrue(torch.equal(tensors[f"text_model.{token}"], taught[token].half()))

    def test_diffusers_draws(self) -> None:
        """The exported folder is a pipeline."""
        import torch

        from .drawing import with_diffusers

        draw = with_diffusers(self.whole / "model", torch.device("cpu"))
        self.assertEqual(draw(["a red apple", "xyzzy"], [0, 1], 4.0).shape, (2, 128, 128, 3))

    def test_sd14_draws_the_same(self) -> None:
        """The C program draws what diffusers draws from the same noise."""
        if not PROGRAM.exists():
            self.skipTest("build/release/sd14 is not built")
        import torch

        from .drawing import with_diffusers, with_sd14

        model, asked = self.whole / "model", (["a red apple"], [1], 4.0)
        theirs = with_diffusers(model, torch.device("cpu"))(*asked).astype(int)
        ours = with_sd14(model, PROGRAM)(*asked).astype(int)
        self.assertLessEqual(abs(ours - theirs).max(), 1)

    def test_evaluation_writes_its_table(self) -> None:
        """On the tiny model: everything fails but the program."""
        command = [sys.executable, "-m", "tools.train.evaluate", "--out", str(self.whole)]
        command += ["--guidance", "4", "--threads", "1"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("held-out captions", (self.whole / "evaluation.md").read_text())
        self.assertTrue((self.whole / "sheet-names.png").exists())
        done = subprocess.run(
            [*command, "--groups", "names"], cwd=ROOT, capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("held-out captions", (self.whole / "evaluation.md").read_text())


if __name__ == "__main__":
    unittest.main()
