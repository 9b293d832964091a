# SPDX-License-Identifier: Apache-2.0
"""Everything that is refused: exit code, one line that names the range, no file."""
import common

WHOLE = ["", " 5", "5 ", "0x10", "1e3", "5.0", "five", "nan", "inf", "+5", "--", "99999999999999999999",
         "-99999999999999999999", "5\n", "５"]
NUMBERS = ["", " 1", "1 ", "nan", "inf", "-inf", "infinity", "1e400", "0x1", "1,5", "1.2.3", "e", ".",
           "-0.001", "1e", "--1"]
RANGES = [
    ("--steps", WHOLE + ["0", "-1", "1001"], "from 1 to 1000"),
    ("--num-inference-steps", ["0"], "from 1 to 1000"),
    ("--width", WHOLE + ["0", "63", "2049", "-64"], "from 64 to 2048"),
    ("-H", WHOLE + ["63", "2049"], "from 64 to 2048"),
    ("--threads", WHOLE + ["-1", "513"], "from 0 to 512"),
    ("--batch-count", WHOLE + ["0", "-1", "10000"], "from 1 to 9999"),
    ("--cache", WHOLE + ["0", "-1", "1001"], "from 1 to 1000"),
    ("--guidance-interval", ["", "x", "0.5", "0.5,", ",0.5", "0.5,0.5", "0.6,0.5", "-0.1,1", "0,1.1", "0,nan", "0,0.5,1", "0, 1"],
     "must be START,END, from 0 to 1"),
    ("--batch-size", WHOLE + ["0", "-1", "65"], "from 1 to 64"),
    ("--cfg-scale", NUMBERS + ["100.001", "101"], "from 0 to 100"),
    ("-g", ["-1"], "from 0 to 100"),
    ("--eta", NUMBERS + ["1.0001", "2"], "from 0 to 1"),
    ("--seed", WHOLE + ["-2", "18446744073709551616", "-1x", "rand", ",1", "1,", "1,,2", "1,-1", "1,random", "1,18446744073709551616", "1, 2"], "from 0 to 18446744073709551615"),
    ("--max-ram", ["", " 6G", "6 G", "6GB", "6Gi", "G", "5X", "1.5", ".5G", "5.G", "1..5G", "1.2.3G", "-1", "+1M",
                   "1e3M", "0x10M", "inf", "infT", "nan", "1025T", "1024.1t", "1125899906842625", "9" * 40 + "M",
                   "99999999999999999999"], "must be a number of bytes up to 1024T"),
    ("--cache-max", ["", "16GB", "1.5", "-1", "1025T"], "must be a number of bytes up to 1024T"),
    ("--size", ["", "512", "512x", "x512", "512x512x512", "63x64", "64x2049", "512 x 512", "axb",
                "512*512", "-64x64", "1e2x100"], "WIDTHxHEIGHT"),
    ("--isa", ["", "sse", "avx", "avx5123"], "must be one of auto, ref, avx2, avx_vnni, avx512, avx512_vnni"),
    ("--color", ["", "yes", "1"], "must be one of auto, always, never"),
    ("--backend", ["", "gpu", "cuda"], "must be one of cpu, ttnn"),
    ("--sampler", ["euler", "plms", "ddim2"], "only ddim"),
    ("--scheduler", ["pndm"], "only ddim"),
    ("--precision", ["bf16"], "must be one of f32, fast"),
    ("--emulate", ["", "blackhole", "None"], "no machine"),
    ("--precision", ["int8", "INT8"], "not available yet; use f32, fast"),
]


class Values(common.Case):
    def test_ranges(self):
        count = 0
        for option, values, says in RANGES:
            for value in values:
                joined = [f"{option}={value}"] if option.startswith("--") else [option + value]
                for words in ([option, value], joined):
                    if words[0] == option and len(words) == 1:
                        continue  # -H with an empty value: a missing one
                    with self.subTest(words=words):
                        self.refused(2, "generate", "a cat", *words, says=[says])
                        count += 1
        self.assertGreater(count, 200)

    def test_missing_values(self):
        for option in ("-p", "--prompt", "--prompt-file", "-n", "--steps", "-g", "-s", "-W", "-H", "--size",
                       "--eta", "-o", "-b", "-m", "-t", "--max-ram", "--cache-max", "--isa", "--backend", "--precision", "--emulate", "--color",
                       "--sampler"):
            self.refused(2, "generate", "a cat", option, says="needs a value")
            self.refused(2, "generate", "a cat", option, "--json", says="--json follows")
        self.refused(2, "generate", "-o", "--steps=5", "a", says="--output=--steps=5")
        for option in ("--json", "--show", "--verbose", "--quiet", "--no-cache", "--exact"):
            self.refused(2, "generate", "a cat", option + "=1", says="takes no value")

    def test_usage(self):
        self.refused(2, says="no command")
        self.refused(2, "generate", says="no prompt")
        self.refused(2, "generate", "a", "cat", says="in quotes")
        self.refused(2, "generate", "a", "-p", "b", says="more than one prompt")
        self.refused(2, "generate", "-p", "a", "--prompt-file", "x", says="more than one prompt")
        self.refused(2, "generate", "a", "--prompts", "x", says="more than one prompt")
        self.refused(2, "generate", "a", "-s", "1,2", "-b", "2", says="give -s one seed")
        self.refused(2, "generate", "--prompts", "-", stdin=b"\n \r\n", says="standard input: has no prompt")
        self.refused(2, "generate", "--prompts", "-", stdin=b"a\n\xff\n", says="not valid UTF-8")
        self.refused(2, "generate", "--prompts", "-", "-b", "5000", stdin=b"a\nb", says="more than 9999 pictures")
        self.refused(2, "generate", "--prompts", "-", "-o", "-", stdin=b"a\nb", says="one picture")
        self.refused(3, "generate", "--prompts", "nowhere.txt", says="nowhere.txt")
        self.refused(2, "generate", "a", "-q", "-v", says="contradict")
        self.refused(2, "generate", "a", "-s", "18446744073709551615", "-b", "2", says="too large")
        self.refused(2, "generate", b"a \xff", says="UTF-8")
        self.refused(2, "generate", "a", "-n", b"\xc0\x80", says="negative prompt is not valid UTF-8")
        self.refused(2, "--steps", "5", says="--steps")
        self.refused(2, "bench", "a cat", says="options only")
        self.refused(2, "bench", "--steps", "1", says="from 2 to 1000")
        self.refused(2, "bench", "-r", "0", says="from 1 to 1000")
        self.refused(2, "bench", "--eta", "0", says="unknown option --eta")
        self.refused(2, "version", "x")
        self.refused(2, "help", "x")
        self.refused(2, "help", "generate", "x")
        self.refused(2, "", says="unknown command")
        self.refused(2, "-x", says="unknown option -x")

    def test_hostile_text_stays_one_line(self):
        text = self.refused(2, "generate", "a", "--steps", "1\n2\033[2J\r")
        self.assertNotIn("\033", text)
        self.refused(2, "gen\nerate\n")
        self.refused(2, "generate", "--" + "x" * 5000)
        self.refused(2, "generate", "a", "--steps", "9" * 10000)

    def test_prompt_files(self):
        self.refused(3, "generate", "--prompt-file", "nowhere.txt", says="nowhere.txt")
        self.refused(3, "generate", "--prompt-file", "m", says="m:")
        self.refused(3, "generate", "--prompt-file", "-", stdin=b"x" * 70000, says="longer than")
        self.refused(3, "generate", "--prompt-file", "-", stdin=b"a\0b", says="zero bytes")

    def test_library_failures(self):
        for prompt, code in (("@failed", 1), ("@argument", 2), ("@model", 3), ("@oom", 4), ("@device", 5),
                             ("@nan", 6)):
            self.refused(code, "generate", "-q", "-s", "1", prompt, says="planned failure")
        for command in (["generate", "a"], ["bench"]):
            self.refused(2, *command, "-W", "100", says="--width 100: must be a multiple of 8")
            self.refused(2, *command, "--size", "64x100", says="--height 100: must be a multiple of 8")
        self.refused(3, "generate", "-m", "nowhere", "a", says="nowhere")
        self.refused(5, "generate", "--isa", "avx512", "a", says="avx512")
        self.refused(3, "bench", "-m", "nowhere", says="nowhere")

    def test_memory_cap(self):
        for enough in ("0", "104857600", "100M", "100m", "102400K", "102400.5k", "0.09765625G", "1g", "2.5G", "1024T"):
            self.generate("a", "--max-ram", enough)
        for value, cap in (("1", 1), ("104857599", 104857599), ("99.9M", 104752742), ("0.5K", 512), ("0.01G", 10737418)):
            self.refused(4, "generate", "-qs1", "a", "--max-ram", value, says=f"the cap is {cap} bytes")
            self.refused(4, "bench", "--max-ram", value, "-q", says=f"the cap is {cap} bytes")
        text = self.generate("-v", "a").stderr.decode()
        self.assertIn("memory plan: text encoder 1.0 MiB of weights, 4.0 streamed, 2.0 of activations, 3.0 of scratch\n", text)
        self.assertIn("memory plan: 0.5 MiB for all else; at most 100 MiB at once\n", text)
        self.assertNotIn("memory plan", self.generate("a").stderr.decode())

    def test_no_model(self):
        env = self.environment()
        del env["SD14_MODEL"]
        self.refused(3, "generate", "a", env=env, says=["-m DIR", "SD14_MODEL"])


common.main()
