# SPDX-License-Identifier: Apache-2.0
"""Where pictures go, and what is refused before anything is drawn."""
import json
import os
import pathlib
import resource
import shutil
import subprocess

import common


class Outputs(common.Case):
    def names(self, *arguments):
        return self.generate("a", "--steps", "2", *arguments).stdout.decode().splitlines()

    def test_names(self):
        self.assertEqual(self.names(), ["output.png"])
        self.assertEqual(self.names(), ["output-1.png"])
        self.assertEqual(self.names("-b", "2"), ["output-2.png", "output-3.png"])
        self.assertEqual(self.names("-o", "x.png"), ["x.png"])
        self.assertEqual(self.names("-ox.png"), ["x.png"])  # overwriting a named file is allowed
        self.assertEqual(self.names("--output=x.png", "-b3"), ["x-1.png", "x-2.png", "x-3.png"])
        self.assertEqual(self.names("-o", "y-%d.png", "-b", "2"), ["y-1.png", "y-2.png"])
        self.assertEqual(self.names("-o", "z-%03d.png", "--batch-count", "2"), ["z-001.png", "z-002.png"])
        self.assertEqual(self.names("-o", "z-%02d.png"), ["z-01.png"])
        self.assertEqual(self.names("-o", "100%%-%q-%5d.png"), ["100%-%q-%5d.png"])
        (self.folder / "d.x").mkdir()
        self.assertEqual(self.names("-o", "d.x/f", "--batch_count=2"), ["d.x/f-1", "d.x/f-2"])
        self.assertEqual(self.names("-o", "d.x/.png", "-b2"), ["d.x/.png-1", "d.x/.png-2"])
        for name in self.files():
            if not name.startswith("m") and name != "d.x":
                common.png_read((self.folder / name).read_bytes())

    def test_seeds_in_names(self):
        self.assertEqual(self.names("-s", "7,1,42", "-o", "s-%s.png"), ["s-7.png", "s-1.png", "s-42.png"])
        self.assertEqual(self.names("-s", "7,1", "-o", "s-%d-%s.png"), ["s-1-7.png", "s-2-1.png"])
        (self.folder / "p").write_text("a\nb\n")  # prompts have their seeds in common
        done = self.generate("--prompts", "p", "-s", "7,1", "-o", "p-%s.png")
        self.assertEqual(done.stdout.split(), [b"p-7-1.png", b"p-1-2.png", b"p-7-3.png", b"p-1-4.png"])

    def test_prompts_and_seeds(self):
        """Every prompt with every seed; each picture has its own recipe, and how many are drawn at a time is not in it."""
        drawn = {}
        for size in ("1", "3", "4", "64"):
            done = self.generate("--prompts", "-", "-s", "5,3", "-o", "%02d.png", "--batch-size", size, "--json",
                                 stdin="ein Füchslein\r\n\n  \n# 2\n c \n".encode())
            result = json.loads(done.stdout)
            pictures = [(i["path"], i["prompt"], i["seed"]) for i in result["images"]]
            self.assertEqual(pictures, [(f"0{n + 1}.png", ("ein Füchslein", "# 2", " c ")[n // 2], (5, 3)[n % 2])
                                        for n in range(6)])
            self.assertEqual((result["prompt"], result["seed"]), ("ein Füchslein", 5))
            for path, prompt, seed in pictures:
                data = (self.folder / path).read_bytes()
                recipe = json.loads(common.png_read(data)[2]["sd14"])
                self.assertEqual((recipe["prompt"], recipe["seed"]), (prompt, seed))
                self.assertEqual(drawn.setdefault(path, data), data)
            self.assertEqual(len(result["images"][0]["step_seconds"]), 20)
            self.assertAlmostEqual(result["images"][0]["step_seconds"][0], 0.26 / min(6, int(size)))

    def test_many_prompts(self):
        """Texts are encoded 256 pictures at a time."""
        lines = "".join(f"p{i}\n" for i in range(300)).encode()
        done = self.generate("--prompts", "-", "--steps", "1", "-o", "x.png", "-vv", "--batch-size", "10", stdin=lines)
        text = done.stderr.decode()
        self.assertIn("256 encoded", text)
        self.assertIn("44 encoded", text)
        self.assertEqual(text.count(" encoded"), 2)
        self.assertIn("pictures 251-256/300", text)
        self.assertEqual(len(done.stdout.split()), 300)

    def test_what_was_drawn_stays(self):
        """One line says what went wrong and how many pictures there are; the exit code is the failure's."""
        for size, prompts, code, written in ((1, "a\nb\n@oom\nc", 4, 2), (2, "a\nb\n@oom\nc", 4, 2),
                                             (4, "a\nb\n@oom\nc", 4, 0), (4, "a\n@decode\nc", 6, 1),
                                             (4, "a\nb\nc\nd\n@nan", 6, 4)):
            done = self.run_cli("generate", "--prompts", "-", "-q", "-s", "1", "-o", f"{size}{code}-%d.png",
                                "--batch-size", str(size), stdin=prompts.encode())
            self.assertEqual(done.returncode, code)
            self.assertEqual(done.stdout.decode().split(), [f"{size}{code}-{i + 1}.png" for i in range(written)])
            text = done.stderr.decode()
            self.assertEqual(text.count("\n"), 1, text)
            self.assertEqual(f"; {written} of {len(prompts.split())} pictures were written" in text, written > 0, text)
            for name in done.stdout.decode().split():
                common.png_read((self.folder / name).read_bytes())
        (self.folder / "full-3.png").symlink_to("/dev/full")
        done = self.run_cli("generate", "a", "-b", "4", "-o", "full.png")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stdout.split(), [b"full-1.png", b"full-2.png"])
        self.assertIn("2 of 4 pictures were written", done.stderr.decode().splitlines()[-1])

    def test_room_for_fewer(self):
        done = self.generate("a", "-b", "4", "--max-ram", "200M", "-o", "r.png")
        self.assertIn("3 at a time: --max-ram has no room for more", done.stderr.decode())
        self.assertIn("pictures 1-3/4", done.stderr.decode())
        self.assertNotIn("at a time", self.generate("a", "-b", "4", "-o", "r.png").stderr.decode())

    def test_seeds_of_a_batch(self):
        result = json.loads(self.generate("a", "-b", "3", "-s", "41", "--json").stdout)
        self.assertEqual([i["seed"] for i in result["images"]], [41, 42, 43])
        for image in result["images"]:
            texts = common.png_read((self.folder / image["path"]).read_bytes())[2]
            self.assertEqual(json.loads(texts["sd14"])["seed"], image["seed"])

    def test_standard_output(self):
        done = self.generate("a", "-o", "-", "--size", "64x96")
        self.assertEqual(common.png_read(done.stdout)[:2], (64, 96))
        self.assertEqual(self.files(), ["m", "m/model_index.json"])
        self.refused(2, "generate", "a", "-o", "-", "-b", "2", says="one picture")
        self.refused(2, "generate", "a", "-o", "-", "--json", says="--json")
        code, text = self.on_terminal("generate", "a", "-o", "-", stdout="terminal")
        self.assertEqual(code, 2)
        self.assertIn("not for a terminal", text)

    def test_refused(self):
        slow = self.environment(SD14_FAKE_STEP_MS="60000")  # nothing may be drawn
        (self.folder / "dir").mkdir()
        (self.folder / "file").write_text("x")
        for output in ("nowhere/x.png", "file/x.png", "dir", "dir/", "nowhere/", "/proc/x.png", "nowhere/%d.png",
                       "x" * 300 + ".png"):
            self.refused(3, "generate", "a", "-o", output, env=slow)
        for output in ("", "x.jpg", "x.JPEG", "x.webp", "x" * 5000):
            self.refused(2, "generate", "a", "-o", output, env=slow)
        (self.folder / "b-2.png").mkdir()
        self.refused(3, "generate", "a", "-o", "b.png", "-b", "3", env=slow, says="b-2.png: is a folder")

    def test_unwritable(self):
        (self.folder / "locked").mkdir(mode=0o555)
        (self.folder / "kept.png").write_text("x")
        (self.folder / "kept.png").chmod(0o444)
        if os.getuid() != 0:  # root writes everywhere
            self.refused(3, "generate", "a", "-o", "locked/x.png", says="locked")
            self.refused(3, "generate", "a", "-o", "kept.png", says="kept.png")
        self.refused(3, "generate", "a", "-o", "/proc/self/x.png", says="/proc/self")

    def test_devices_are_written_into(self):
        self.assertEqual(self.names("-o", "/dev/null"), ["/dev/null"])
        self.assertTrue(pathlib.Path("/dev/null").is_char_device())

    def test_standard_output_fails(self):
        with open("/dev/full", "wb") as full:
            for words in (["a"], ["a", "--json"], ["a", "-o", "-"]):
                done = self.run_cli("generate", *words, "-q", "-s", "1", stdout=full)
                self.assertEqual(done.returncode, 3, words)
                self.assertIn(b"No space left", done.stderr)
            done = self.run_cli("help", stdout=full)
            self.assertEqual((done.returncode, done.stderr.count(b"\n")), (3, 1))

    def test_file_size_limit(self):  # an error, not the end of the process
        done = self.run_cli("generate", "a", "-q", "-s", "1", "-o", "x.png",
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (3, 1))

    def test_reader_went_away(self):
        for words in (["help"], ["generate", "a", "-q", "-s", "1"], ["generate", "a", "-q", "-s1", "--json"]):
            read, write = os.pipe()
            os.close(read)
            done = self.run_cli(*words, stdout=write)
            os.close(write)
            self.assertEqual((done.returncode, done.stderr), (1, b""), words)

    def test_closed_streams(self):
        shell = f'exec "$0" generate a -q -s 1 -o x.png >&-'
        done = subprocess.run(["sh", "-c", shell, common.PROGRAM], cwd=self.folder, env=self.environment(),
                              stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output is closed", done.stderr)
        common.png_read((self.folder / "x.png").read_bytes())
        shell = 'exec "$0" generate a -q -o - >&-'
        done = subprocess.run(["sh", "-c", shell, common.PROGRAM], cwd=self.folder, stderr=subprocess.PIPE,
                              env=self.environment(SD14_FAKE_STEP_MS="60000"), timeout=30)  # nothing is drawn
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"standard output is closed", done.stderr)
        shell = 'exec "$0" generate a -o y.png 2>&- <&-'
        done = subprocess.run(["sh", "-c", shell, common.PROGRAM], cwd=self.folder, env=self.environment(),
                              stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout), (0, b"y.png\n"))
        common.png_read((self.folder / "y.png").read_bytes())

    def test_builtin_model(self):
        env = self.environment()
        del env["SD14_MODEL"]
        for program, model in (("build/release/sd14", "models/emoji"), ("bin/sd14", "share/sd14/models/emoji")):
            (self.folder / program).parent.mkdir(parents=True)
            (self.folder / model).mkdir(parents=True)
            (self.folder / model / "model_index.json").write_text("{}")
            shutil.copy(common.PROGRAM, self.folder / program)
            done = subprocess.run([self.folder / program, "generate", "a", "--json"], cwd=self.folder, env=env,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout)["model"]["path"], str((self.folder / model).resolve()))
            shutil.rmtree(self.folder / model)


common.main()
