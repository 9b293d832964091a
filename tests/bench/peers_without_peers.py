# SPDX-License-Identifier: Apache-2.0
"""bench/peers with programs that only pretend to be peers: SD14 RUN_MODULE ROOT."""

import json
import pathlib
import sys
import tempfile
import unittest

try:
    import numpy as np
except ImportError:
    print("skipped: this Python has no numpy")
    sys.exit(77)

SD14, RUN_MODULE, ROOT = map(pathlib.Path, sys.argv[1:4])
sys.path.insert(0, str(ROOT / "bench" / "peers"))

import ddim  # noqa: E402
import engines  # noqa: E402
import environment  # noqa: E402
import figures  # noqa: E402
import measure  # noqa: E402
import offered  # noqa: E402
import rounds  # noqa: E402
import table  # noqa: E402
from work import NETWORKS, PICTURE, Work  # noqa: E402

HELP = """
      --precision NAME    f32: float32, the same bytes on every machine;
                          fast: 16-bit integer products, close to it; same bytes too;
                          int8 is not available yet
                          [default: f32]
      --emulate WHAT      another machine's numerics: none, or
                          wormhole,...
"""


def work_in(folder):
    return Work(folder / "model", folder, folder, 64, 1, 2, 3)


class Offered(unittest.TestCase):
    def test_help(self):
        ways = [("--precision", "f32"), ("--precision", "fast")]
        self.assertEqual(offered.ways_in_help(HELP), ways)
        with_exact = HELP + "      --exact             direct convolutions\n"
        f32, fast = ways
        self.assertEqual(offered.ways_in_help(with_exact), [f32, (*f32, "--exact"), fast])
        self.assertEqual(offered.ways_in_help("no such option"), [])

    def test_the_program_at_hand(self):
        self.assertIn(("--precision", "f32"), offered.ways_of(SD14))

    def test_names(self):
        made = engines.our_engines(offered.ways_in_help(HELP))
        self.assertEqual([engine.name for engine in made], ["sd14-f32", "sd14-fast"])
        self.assertTrue(all(engine.ours for engine in made))
        self.assertEqual(offered.name_of(("--precision", "f32", "--exact")), "f32-exact")


class Engines(unittest.TestCase):
    def test_chosen(self):
        found = engines.chosen(engines.PEERS, "openvino-*, pytorch-f32")
        self.assertEqual(
            [engine.name for engine in found],
            ["pytorch-f32", "openvino-f32", "openvino-bf16", "openvino-int8"],
        )
        with self.assertRaisesRegex(ValueError, "no engine 'tensorrt'; there are pytorch-f32, "):
            engines.chosen(engines.PEERS, "openvino-*,tensorrt")

    def test_commands(self):
        work = work_in(pathlib.Path("/w"))
        (ours,) = engines.our_engines([("--precision", "fast")])
        command = engines.network_command(ours, ("unet",), work, pathlib.Path("/b"))
        self.assertEqual(command[:3], ["/b/tools/run_module", "/w/model", "unet"])
        self.assertEqual(command[-4:], ["--runs", "2", "--precision", "fast"])
        command = engines.picture_command(ours, work, pathlib.Path("/b"))
        self.assertEqual(command[:2], ["/b/sd14", "generate"])
        self.assertIn("64x64", command)
        command = engines.network_command(engines.PEERS[0], ("unet",), work, pathlib.Path("/b"))
        self.assertEqual(command[2:4], ["pytorch-f32", "unet"])
        self.assertEqual(Work.from_json(command[4]), work)

    def test_workers_are_there(self):
        for engine in engines.PEERS:
            self.assertTrue((engines.HERE / engine.worker).is_file(), engine.worker)
        for path in (*environment.REQUIREMENTS, environment.SDCPP):
            for line in path.read_text().split("\n"):
                self.assertRegex(line, r"^$|^-r \S+$|^[\w-]+==[\w.]+$")


class Figures(unittest.TestCase):
    def test_spread(self):
        self.assertEqual(figures.spread_of([[3.0, 1.0], [2.0], [10.0]]), (2.5, 1.0, 10.0))

    def test_ratio_is_of_the_same_round(self):
        # Twice as slow in every round, while the machine slows down tenfold.
        self.assertEqual(figures.paired_ratio([[2.0], [20.0], [4.0]], [[1.0], [10.0], [2.0]]), 2.0)

    def test_errors(self):
        expected = np.array([[3.0, 4.0], [1.0, 0.0]], np.float32)
        values = np.array([[3.0, 4.5], [1.0, 0.0]], np.float32)
        self.assertAlmostEqual(figures.errors_by_row(values, expected)[0], 0.1)
        self.assertEqual(figures.errors_by_row(values, expected)[1], 0)
        with self.assertRaises(ValueError):
            figures.errors_by_row(values[:1], expected)

    def test_psnr(self):
        black = np.zeros((4, 4, 3), np.uint8)
        self.assertEqual(figures.psnr(black, black), float("inf"))
        self.assertAlmostEqual(figures.psnr(black + np.uint8(255), black), 0.0)
        self.assertAlmostEqual(figures.psnr(black, black + np.uint8(1)), 48.1308, 4)


class Processes(unittest.TestCase):
    def test_memory_and_time(self):
        code = "import time; x = bytearray(300 << 20); time.sleep(0.2); print('{\"seconds\": [1]}')"
        found = measure.run_process([sys.executable, "-c", code])
        self.assertGreaterEqual(found.seconds, 0.2)
        self.assertGreaterEqual(found.peak_rss_bytes, 300 << 20)
        self.assertEqual(measure.last_json(found.output), {"seconds": [1]})

    def test_failures_say_why(self):
        for code, why in (
            ("raise MemoryError('too much')", "exit code 1: MemoryError: too much"),
            ("import os; os.kill(os.getpid(), 9)", "killed by signal 9"),
        ):
            with self.assertRaisesRegex(measure.Failed, why):
                measure.run_process([sys.executable, "-c", code])
        with self.assertRaisesRegex(measure.Failed, "No such file"):
            measure.run_process(["/no/such/program"])
        for output in ("", "words", "[1]", "{"):
            with self.assertRaises(measure.Failed):
                measure.last_json(output)

    def test_answers(self):
        def answer(text, job):
            return rounds.seconds_by_network(measure.Measured(1.0, 1, text), job)

        self.assertEqual(answer('noise\n{"seconds":[1,2]}', ("unet",)), {"unet": [1, 2]})
        both = '{"seconds": {"unet": [1], "vae_decoder": [2]}}'
        self.assertEqual(set(answer(both, ("unet", "vae_decoder"))), {"unet", "vae_decoder"})
        for text in ('{"seconds": []}', '{"seconds": {"unet": []}}', "{}"):
            with self.assertRaises(measure.Failed):
                answer(text, ("unet",))


class Rounds(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.work = work_in(self.folder)
        for network in NETWORKS:
            np.save(self.work.expected(network), np.ones((1, 2), np.float32))

    def peer(self, name, code, **settings):
        (self.folder / f"{name}.py").write_text(code)
        return engines.Engine(name, name.title(), str(self.folder / f"{name}.py"), **settings)

    def measured(self, *peers, rounds_=2):
        results = {
            peer.name: {part: rounds.Result() for part in peer.parts(True, False)} for peer in peers
        }
        rounds.measure_networks(results, peers, self.work, self.folder, rounds_)
        return results

    def test_alternation_and_errors(self):
        code = f"""
import json, sys
sys.path.insert(0, {str(ROOT / "bench" / "peers")!r})
import numpy as np
from work import Work
name, network, work = sys.argv[1], sys.argv[2], Work.from_json(sys.argv[3])
(work.folder / "order").open("a").write(f"{{network}} {{name}}\\n")
np.save(work.output(name, network), np.array([[1, 1 + (name == "rough-f32") * 1.0]], np.float32))
print(json.dumps({{"seconds": {{network: [0.5, 1.5]}}}}))
"""
        results = self.measured(self.peer("exact-f32", code), self.peer("rough-f32", code))
        order = (self.folder / "order").read_text().splitlines()
        names = ("exact-f32", "rough-f32")
        self.assertEqual(order, [f"{part} {name}" for part in NETWORKS for name in names] * 2)
        self.assertEqual(results["exact-f32"]["unet"].seconds, [[0.5, 1.5]] * 2)
        self.assertEqual(results["exact-f32"]["unet"].errors, [0])
        self.assertAlmostEqual(results["rough-f32"]["unet"].errors[0], 0.5**0.5)

    def test_who_fails_is_left_out(self):
        good = "print('{\"seconds\": {\"' + __import__('sys').argv[2] + '\": [1.0]}}')"
        bad = "import sys; open(sys.argv[0] + '.ran', 'a').write('x'); sys.exit('no bfloat16 | here')"
        peers = [
            self.peer("good-f32", good),
            self.peer("bad-bf16", bad, jobs=(NETWORKS,)),
        ]
        results = self.measured(*peers)
        self.assertEqual((self.folder / "bad-bf16.py.ran").read_text(), "x")
        text = table.markdown(
            {
                "machine": "M",
                "versions": {"torch": "1"},
                "work": {"threads": 1, "size": 64, "rounds": 2},
                "engines": table.report_of(results, peers),
            }
        )
        self.assertEqual(text.count("left out: exit code 1: no bfloat16 / here"), 3)
        self.assertIn("| Good-F32 | 1.00 s | 1.00 s .. 1.00 s |", text)

    def test_run_module_is_what_is_expected(self):
        """Our own side on the small model: the answer's form, and its output's."""
        (self.folder / "tools").mkdir()
        (self.folder / "tools" / "run_module").symlink_to(RUN_MODULE)
        (ours,) = engines.our_engines([("--precision", "f32", "--exact")])
        ids = np.zeros((1, 77), "<i4")
        positions = np.arange(77, dtype="<i4")[None]
        write_safetensors(
            self.work.inputs("text_encoder"), {"input_ids": ids, "position_ids": positions}
        )
        (self.folder / "model").symlink_to(ROOT / "models" / "emoji")
        command = engines.network_command(ours, ("text_encoder",), self.work, self.folder)
        found = rounds.seconds_by_network(measure.run_process(command), ("text_encoder",))
        self.assertEqual(len(found["text_encoder"]), 2)
        self.assertTrue(all(seconds > 0 for seconds in found["text_encoder"]))
        with self.assertRaisesRegex(measure.Failed, "usage: run_module"):
            measure.run_process([*command, "--no-such-option"])


def write_safetensors(path, tensors):
    """The package may not be there. As it does: the header ends where int32 may begin."""
    header, data = {}, b""
    for name, values in tensors.items():
        end = len(data) + values.nbytes
        header[name] = {"dtype": "I32", "shape": values.shape, "data_offsets": [len(data), end]}
        data += values.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


class Table(unittest.TestCase):
    def test_rows(self):
        ours, peer = engines.our_engines([("--precision", "f32")])[0], engines.PEERS[0]
        results = {
            ours.name: {"unet": rounds.Result([[2.0], [3.0]], 1 << 30, [1e-6, 2e-6])},
            peer.name: {"unet": rounds.Result([[4.0], [9.0]], 2 << 30, [float("nan"), 0.01])},
        }
        found = table.report_of(results, [ours, peer])
        json.dumps(found, allow_nan=False)
        self.assertEqual(found[1]["parts"]["unet"]["ratios"], {"sd14-f32": 2.5})
        lines = list(table.part_table(found, "unet"))
        self.assertEqual(len({line.count("|") for line in lines if line.startswith("|")}), 1)
        self.assertIn("| sd14 f32 | 2.50 s | 2.00 s .. 3.00 s | 1.00 | 1.00 GiB | 1.0e-06, 2.0e-06 |", lines)
        self.assertIn(
            "| PyTorch float32 | 6.50 s | 4.00 s .. 9.00 s | 2.50 | 2.00 GiB | not finite, 1.0e-02 |", lines
        )

    def test_left_out_has_as_many_cells(self):
        ours, peer = engines.our_engines([("--precision", "f32")])[0], engines.PEERS[0]
        results = {
            ours.name: {PICTURE: rounds.Result([[0.0421]], 1 << 30, [float("inf")])},
            peer.name: {PICTURE: rounds.Result(left_out="not installed")},
        }
        lines = list(table.part_table(table.report_of(results, [ours, peer]), PICTURE))
        self.assertEqual(len({line.count("|") for line in lines if line.startswith("|")}), 1)
        self.assertIn("| sd14 f32 | 42 ms | 42 ms .. 42 ms | 1.00 | 1.00 GiB | equal |", lines)


class Ddim(unittest.TestCase):
    def test_noise_that_is_seen_wholly_is_taken_away(self):
        model = ROOT / "tools" / "reference" / "configs" / "sd14"
        alphas, offset = ddim.alphas_of(model)
        self.assertEqual(offset, 1)
        self.assertAlmostEqual(alphas[-1], 0.0047, 4)
        clean, noise = np.full((1, 4, 2, 2), 0.5), np.ones((1, 4, 2, 2))
        start = np.sqrt(alphas[951]) * clean + np.sqrt(1 - alphas[951]) * noise
        times = []

        def unet(pair, at):
            times.append(int(at[0]))
            return np.concatenate([noise, noise])

        end = ddim.sample(model, unet, start, 20, 7.5)
        self.assertEqual((times[0], times[-1], len(times)), (951, 1, 20))
        expected = np.sqrt(alphas[0]) * clean + np.sqrt(1 - alphas[0]) * noise
        np.testing.assert_allclose(end, expected, atol=1e-5)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
