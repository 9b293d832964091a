# SPDX-License-Identifier: Apache-2.0
"""sd14 compare itself on runs and files made here: what is equal passes, and each thing put wrong is named."""
import html.parser
import json
import math
import os
import re
import struct

import common
from run_folder import Run, npy_bytes, png_bytes, safetensors_bytes


class Compare(common.Case):
    def runs(self, change=lambda a, b: None, names=("apple", "bear")):
        """Two equal runs, changed, written as a and b."""
        a, b = Run(*names), Run(*names, producer="diffusers")
        change(a, b)
        return a.write(self.folder / "a"), b.write(self.folder / "b")

    def compare(self, code, *arguments):
        done = self.run_cli("compare", *map(str, arguments or ("a", "b")))
        self.assertEqual(done.returncode, code, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode()

    def fails(self, *words, arguments=("a", "b")):
        """Verdict fail, and a line of the findings holds all the words."""
        text = self.compare(6, *arguments)
        lines = [line for line in text.splitlines() if line.startswith("FAIL  ")]
        self.assertTrue(any(all(word in line for word in words) for line in lines), text)
        self.assertIn("verdict: FAIL", text)
        return text

    def result(self, code, *arguments):
        return json.loads(self.compare(code, "--json", *(arguments or ("a", "b"))))


class Equal(Compare):
    def test_equal_runs_pass(self):
        self.runs()
        text = self.compare(0)
        self.assertIn("verdict: pass: 2 of 2 items within the limits", text)
        self.assertIn("diffusers 0", text)
        self.assertIn("(the reference)", text)
        for name in ("input_ids", "text_embeddings", "noise", "latents_000", "latents_050", "latents_100", "picture"):
            self.assertIn(name, text)
        self.assertNotIn("FAIL", text)
        self.assertRegex(text, r"pass  apple  picture +PSNR inf dB")

    def test_with_itself(self):
        self.runs()
        (self.folder / "link").symlink_to("a")
        self.assertIn("note  paths: A and B are the same", self.compare(0, "a", "link"))
        self.assertNotIn("are the same", self.compare(0))

    def test_folder_of_any_bytes(self):
        self.runs()
        name = b"a\xff\x1b"
        (self.folder / "a").rename(self.folder / os.fsdecode(name))
        self.assertIn("A       a??  ", self.compare(0, os.fsdecode(name), "b"))
        self.assertEqual(self.result(0, os.fsdecode(name), "b")["a"]["path"], "a??")
        self.compare(0, os.fsdecode(name), "b", "--html", "r.html")
        self.assertIn("<code>a\ufffd\ufffd</code>", (self.folder / "r.html").read_text())

    def test_nobody_takes_a_long_result(self):  # more than a buffer holds
        self.runs()
        with open("/dev/full", "wb") as full:
            done = self.run_cli("compare", "a", "b", "--json", stdout=full)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"No space left", done.stderr)
        read, write = os.pipe()
        os.close(read)
        done = self.run_cli("compare", "a", "b", "--json", stdout=write)
        os.close(write)
        self.assertEqual((done.returncode, done.stderr), (1, b""))

    def test_json(self):
        self.runs()
        result = self.result(0)
        self.assertTrue(result["passed"])
        self.assertEqual([i["id"] for i in result["items"]], ["apple", "bear"])
        tensors = {t["name"]: t for t in result["items"][0]["tensors"]}
        self.assertEqual(len(tensors), 9)
        self.assertEqual(tensors["noise"]["shape_a"], [1, 4, 16, 8])
        self.assertEqual(tensors["noise"]["dtype_b"], "float32")
        self.assertEqual(tensors["noise"]["max_abs"], 0)
        self.assertEqual(tensors["latents_100"]["limits"], [{"check": "relative_l2_max", "limit": 1e-4, "used": 0}])
        self.assertEqual(tensors["picture"]["max_level"], 0)
        self.assertIsNone(tensors["picture"]["psnr"])  # infinite
        self.assertEqual(result["findings"], [])

    def test_the_worst_come_first(self):
        def change(a, b):
            for name, by in (("bear", 1e-5), ("cat", 5e-5)):
                a[name].arrays["latents_100"][0][5] += by
                a[name].pixels[0] ^= 1  # all of the picture's limit
            a["apple"].pixels[0] ^= 1
            a["dog"].arrays["latents_100"][0][5] += 1  # fails
        self.runs(change, names=("apple", "bear", "cat", "dog", "eel"))
        self.assertEqual([i["id"] for i in self.result(6)["items"]], ["dog", "cat", "bear", "apple", "eel"])

    def test_details(self):
        self.runs()
        self.assertEqual(self.compare(0, "-v", "a", "b").count("text_embeddings"), 3)
        self.assertEqual(self.compare(0).count("text_embeddings"), 1)


class Wrong(Compare):
    """One thing wrong in each."""

    def test_one_value(self):
        def change(a, b):
            a["bear"].arrays["latents_050"][0][17] += 0.5
        self.runs(change)
        text = self.fails("bear", "latents_050", "relative L2", "limit 0.0001")
        self.assertIn("1 of 2 items within the limits; 1 finding", text)
        item = self.result(6)["items"][0]
        self.assertEqual((item["id"], item["passed"]), ("bear", False))
        changed = next(t for t in item["tensors"] if t["name"] == "latents_050")
        self.assertAlmostEqual(changed["max_abs"], 0.5, places=6)
        self.assertAlmostEqual(changed["mean_abs"], 0.5 / 512, places=9)

    def test_noise_by_one_bit(self):
        def change(a, b):
            noise = a["apple"].arrays["noise"]
            bits = struct.unpack("<i", struct.pack("<f", noise[0][3]))[0] ^ 1
            noise[0][3] = struct.unpack("<f", struct.pack("<i", bits))[0]
        self.runs(change)
        self.fails("apple", "noise", "max abs", "limit 0")

    def test_text_embeddings(self):
        def change(a, b):
            a["apple"].named["text_embeddings"][0][8] += 0.01
        self.runs(change)
        self.fails("apple", "text_embeddings", "relative L2", "limit 1e-05")

    def test_tokens(self):
        def change(a, b):
            a["apple"].named["input_ids"][0][78] += 1
        self.runs(change)
        self.fails("apple", "input_ids", "1 of 154", "[1,1]")

    def test_picture(self):
        def change(a, b):
            b["apple"].pixels[5] = 100
            a["apple"].pixels[5] = 101
        self.runs(change)
        self.compare(0)  # one level is allowed

        data = Run("apple")
        data["apple"].pixels[5] = 102
        item = data["apple"]
        (self.folder / "a/apple/picture.png").write_bytes(png_bytes(item.pixels, item.width, item.height))
        self.fails("apple", "picture", "max level 2, limit 1", arguments=("--no-verify", "a", "b"))

    def test_swapped_seed(self):
        def change(a, b):
            a.items[0].settings["seed"], a.items[1].settings["seed"] = 2, 1
        self.runs(change)
        self.fails("apple", "seed", "2 in A, 1 in B")
        self.fails("bear", "seed", "1 in A, 2 in B")

    def test_settings(self):
        for name, value, shown in (("steps", 19, "19 in A, 20 in B"), ("guidance_scale", 7.0, "7.0 in A, 7.5 in B"),
                                   ("prompt", "a \"b\"", '"a \\"b\\"" in A'), ("negative_prompt", "x", '"x" in A'),
                                   ("width", 128, "128 in A, 64 in B"), ("height", 64, "64 in A, 128 in B"),
                                   ("seed", "9223372036854775808", '"9223372036854775808" in A, 1 in B')):
            with self.subTest(name):
                run = Run("apple")
                run["apple"].settings[name] = value
                run.write(self.folder / f"a-{name}")
                Run("apple").write(self.folder / f"b-{name}")
                self.fails("apple", name, shown, arguments=(f"a-{name}", f"b-{name}"))

    def test_long_prompts(self):
        def change(a, b):
            a["apple"].settings["prompt"] = "x" * 100000
            b["apple"].settings["prompt"] = "\u00e9" * 100000
        self.runs(change)
        self.fails("apple: prompt: \"" + "x" * 399 + "... in A, \"" + "\u00e9" * 199 + "... in B")

    def test_checkpoints(self):
        def change(a, b):
            a["apple"].checkpoints[2]["step"] = 9
            del a["bear"].checkpoints[3]
        self.runs(change)
        self.fails("apple", "latents_050", "after step 9 in A, 10 in B")
        self.fails("bear", "latents_075", "a checkpoint of B that A has not")

    def test_missing_and_extra_items(self):
        Run("apple", "cat").write(self.folder / "a")
        Run("apple", "bear").write(self.folder / "b")
        self.fails("bear", "missing in A")
        self.fails("cat", "missing in B")

    def test_other_model(self):
        def change(a, b):
            a.manifest["model"]["files"][0]["sha256"] = "2" * 64
        self.runs(change)
        self.fails("unet/config.json", "another model", "222222222222... in A")

    def test_other_sampler(self):
        def change(a, b):
            a.manifest["sampler"] = "pndm"
        self.runs(change)
        self.fails("sampler", '"pndm" in A, "ddim" in B')

    def test_dtype(self):
        def change(a, b):
            array = a["apple"].arrays["latents_100"]
            array[0], array[2] = [int(x) for x in array[0]], "int32"
        self.runs(change)
        self.fails("apple", "latents_100", "dtype int32 in A, float32 in B")

    def test_shape(self):
        def change(a, b):
            a["apple"].arrays["latents_100"][1] = (1, 4, 8, 16)
        self.runs(change)
        self.fails("apple", "latents_100", "shape [1,4,8,16] in A, [1,4,16,8] in B")

    def test_nan_and_infinity(self):
        for side, value, shown in (("A", math.nan, "NaN"), ("B", -math.inf, "-infinity"), ("A", math.inf, "infinity")):
            with self.subTest(shown):
                a, b = Run("apple"), Run("apple")
                where = a if side == "A" else b
                for index in (200, 300):
                    where["apple"].arrays["latents_075"][0][index] = value
                a.write(self.folder / f"a{shown}")
                b.write(self.folder / f"b{shown}")
                self.fails("apple", "latents_075", f"{shown} in {side} at [0,1,9,0], element 200",
                           arguments=(f"a{shown}", f"b{shown}"))
                result = self.result(6, f"a{shown}", f"b{shown}")
                tensor = next(t for t in result["items"][0]["tensors"] if t["name"] == "latents_075")
                self.assertEqual((tensor["measured"], tensor["pcc"], tensor["passed"]), (False, None, False))

    def test_the_two_copies_differ(self):
        a, _ = self.runs()
        run = Run("apple", "bear")
        arrays = run["apple"].arrays
        changed = [arrays["noise"][0][::-1], *arrays["noise"][1:]]
        (a / "apple/tensors.safetensors").write_bytes(
            safetensors_bytes({**arrays, **run["apple"].named, "noise": changed}))
        run.write_manifest(a)
        self.fails("apple", "noise.npy and tensors.safetensors of A do not hold the same")


class Damaged(Compare):
    """Files that are not what their manifest says, or are no such files."""

    def test_cut_array(self):
        a, _ = self.runs()
        file = a / "apple/latents_050.npy"
        whole = file.read_bytes()
        file.write_bytes(whole[:-100])
        self.fails("apple", "latents_050.npy", "shorter or longer than recorded in A")
        self.fails("apple", "latents_050.npy", "unreadable in A", "damaged", arguments=("--no-verify", "a", "b"))

    def test_changed_file(self):
        a, b = self.runs()
        file = b / "bear/latents_100.npy"
        data = bytearray(file.read_bytes())
        data[-4] ^= 1  # the lowest bit: far below any limit
        file.write_bytes(data)
        self.fails("bear", "latents_100.npy", "changed, by its SHA-256, in B")

    def test_every_file_is_hashed(self):
        a, _ = self.runs(names=("apple",))
        for file in sorted((a / "apple").iterdir()):
            with self.subTest(file.name):
                whole = file.read_bytes()
                file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
                self.fails("apple", file.name, "changed, by its SHA-256, in A")
                file.write_bytes(whole)
        self.compare(0)

    def test_changed_hash(self):
        a, _ = self.runs()
        manifest = json.loads((a / "manifest.json").read_text())
        file = manifest["items"][0]["files"][2]
        file["sha256"] = "0" * 64
        (a / "manifest.json").write_text(json.dumps(manifest))
        self.fails("apple", file["name"].split("/")[1], "changed, by its SHA-256, in A")
        self.compare(0, "--no-verify", "a", "b")

    def test_missing_files(self):
        a, _ = self.runs(names=("apple",))
        for file in sorted((a / "apple").iterdir()):
            with self.subTest(file.name):
                whole = file.read_bytes()
                file.unlink()
                self.fails("apple", file.name, "missing in A")
                self.fails("apple", "unreadable", file.name, arguments=("--no-verify", "a", "b"))
                file.write_bytes(whole)

    def test_unlisted_file(self):
        a, _ = self.runs()
        manifest = json.loads((a / "manifest.json").read_text())
        del manifest["items"][0]["files"][0]
        (a / "manifest.json").write_text(json.dumps(manifest))
        self.fails("apple", "the manifest of A does not list it")

    def test_broken_picture_and_tensors(self):
        a, _ = self.runs()
        (a / "apple/picture.png").write_bytes(b"hello")
        (a / "bear/tensors.safetensors").write_bytes(b"hello")
        self.fails("apple", "picture", "not a PNG")
        self.fails("bear", "tensors.safetensors", "unreadable in A")

    def test_unreadable_folders(self):
        a, _ = self.runs()
        (self.folder / "empty").mkdir()
        self.refused(3, "compare", "empty", "b", says=["empty", "no manifest.json"])
        self.refused(3, "compare", "a", "nowhere", says="nowhere")
        (self.folder / "empty/manifest.partial.json").write_text("{}")
        self.refused(3, "compare", "empty", "b", says="not finished")
        whole = json.loads((a / "manifest.json").read_text())
        for name, damage in (("half", None), ("kind", {"kind": "bench"}), ("format", {"format": 2}),
                             ("items", {"items": []}), ("items", {"items": [{**whole["items"][0], "id": "../x"}]}),
                             ("files", {"items": [{**whole["items"][0], "files": [
                                 {"name": "apple/../../x", "sha256": "0" * 64, "bytes": 1}]}]}),
                             ("name", {"items": [{**whole["items"][0], "checkpoints": [
                                 {"name": "../x", "percent": 0, "step": 0}]}]}),
                             ("twice", {"items": [whole["items"][0]] * 2})):
            with self.subTest(name):
                text = json.dumps({**whole, **(damage or {})})
                (a / "manifest.json").write_text(text if damage else text[:100])
                self.refused(3, "compare", "a", "b", says="a/manifest.json")


class Files(Compare):
    """Single files."""

    def put(self, name, data):
        (self.folder / name).write_bytes(data)
        return name

    def test_npy(self):
        self.put("a.npy", npy_bytes([1.0, 2.0, 3.0], (3,)))
        self.put("latents_100.npy", npy_bytes([1.0, 2.0, 3.001], (3,)))
        text = self.fails("relative L2 0.000267, limit 0.0001", arguments=("a.npy", "latents_100.npy"))
        self.assertIn("latents_100", text)
        self.compare(0, "a.npy", "a.npy")

    def test_safetensors(self):
        self.put("a.safetensors", safetensors_bytes({"x": ([1.0], (1,), "float32"), "y": ([2.0], (1,), "float32")}))
        self.put("b.safetensors", safetensors_bytes({"x": ([1.5], (1,), "float32"), "z": ([2.0], (1,), "float32")}))
        text = self.fails("x: relative L2 0.333", arguments=("a.safetensors", "b.safetensors"))
        self.assertIn("y: missing in B", text)
        self.assertIn("z: missing in A", text)
        self.compare(0, "a.safetensors", "a.safetensors")

    def test_png(self):
        pixels = list(range(256)) * 3
        self.put("a.png", png_bytes(pixels, 16, 16))
        self.put("b.png", png_bytes([255 - p for p in pixels], 16, 16))
        self.put("c.png", png_bytes(pixels, 8, 32))
        self.fails("picture: max level 255", arguments=("a.png", "b.png"))
        self.fails("picture: 16x16 pixels in A, 8x32 in B", arguments=("a.png", "c.png"))
        result = self.result(6, "a.png", "b.png")["items"][0]["tensors"][0]
        self.assertAlmostEqual(result["psnr"], 10 * math.log10(255 ** 2 * 768 / sum(
            (255 - 2 * p) ** 2 for p in pixels)), places=9)
        self.compare(0, "a.png", "a.png")

    def test_kinds(self):
        self.runs()
        self.put("a.npy", npy_bytes([1.0], (1,)))
        self.put("a.png", png_bytes([0] * 300, 10, 10))
        self.put("a.txt", b"hello")
        self.put("broken.npy", b"hello")
        self.refused(2, "compare", "a", "a.npy", says=["a is a folder", "a.npy is a file"])
        self.refused(2, "compare", "a.png", "a.npy", says="two .npy")
        self.refused(2, "compare", "a.txt", "a.txt", says="two .npy")
        self.refused(3, "compare", "broken.npy", "a.npy", says="broken.npy")


class Limits(Compare):
    def limits(self, **changes):
        whole = {"name": "mine", "description": "d", "same_model": False,
                 "tensors": {"latents": {"pcc_min": {"limit": 0.9, "reason": "r"}}}}
        (self.folder / "limits.json").write_text(json.dumps({**whole, **changes}))
        return "--thresholds=limits.json", "a", "b"

    def test_own_limits(self):
        def change(a, b):
            a["apple"].arrays["latents_050"][0][17] += 0.5
            a["bear"].arrays["latents_100"][0].reverse()
            a["bear"].arrays["noise"][0][0] += 1
            a.manifest["model"]["files"][0]["sha256"] = "2" * 64
        self.runs(change)
        text = self.fails("bear", "latents_100", "PCC", "limit 0.9", arguments=self.limits())
        self.assertEqual(len(re.findall("^FAIL  ", text, re.M)), 2, text)  # the item, and its one reason
        self.assertIn("note  unet/config.json: another model", text)

        one = {"limit": 60, "reason": "r"}
        text = self.compare(0, *self.limits(tensors={"picture": {"psnr_min": one}}))
        self.assertIn("mine (limits.json)", text)

    def test_refused(self):
        self.runs()
        good = {"limit": 1, "reason": "r"}
        for says, changes in (
                ('did you mean "pcc_min"', {"tensors": {"noise": {"pcc_mim": good}}}),
                ("psnr_min", {"tensors": {"noise": {"psnr_min": good}}}),
                ("pcc_min", {"tensors": {"picture": {"pcc_min": good}}}),
                ("latents_NNN", {"tensors": {"latent": {"pcc_min": good}}}),
                ("reason", {"tensors": {"noise": {"pcc_min": {"limit": 1}}}}),
                ("say why", {"tensors": {"noise": {"pcc_min": {"limit": 1, "reason": ""}}}}),
                ("limit", {"tensors": {"noise": {"pcc_min": {"limit": 2, "reason": "r"}}}}),
                ("why", {"tensors": {"noise": {"pcc_min": {**good, "why": "r"}}}}),
                ("no limits", {"tensors": {"noise": {}}}), ("no limits", {"tensors": {}}),
                ("sam_model", {"sam_model": True}), ("same_model", {"same_model": 1})):
            with self.subTest(says):
                self.refused(3, "compare", *self.limits(**changes), says=["limits.json", says])
        self.refused(3, "compare", "--thresholds=none.json", "a", "b", says="none.json")


class Page(html.parser.HTMLParser):
    """Every tag opened is closed; what stands in the page."""

    EMPTY = {"meta", "img", "path", "circle"}  # the last two end themselves: <path .../>

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links, self.words = [], {}, [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.links += [v for k, v in attributes if k in ("src", "href")]
        assert not any(k.startswith("on") for k, _ in attributes), attributes
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1

    def handle_endtag(self, tag):
        if tag in ("p", "li", "tr", "td", "th") or tag not in self.EMPTY:
            assert self.open and self.open[-1] == tag, (tag, self.open)
            self.open.pop()

    def handle_data(self, data):
        self.words.append(data)


class Html(Compare):
    def page(self, code, *arguments):
        done = self.run_cli("compare", "--html", "r.html", *(arguments or ("a", "b")))
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(b"report: r.html", done.stderr)
        text = (self.folder / "r.html").read_text()
        page = Page(text)
        self.assertEqual(page.open, [])
        self.assertTrue(all(link.startswith("data:image/png;base64,") for link in page.links), page.links)
        self.assertNotRegex(text, r"https?://|<script|@import|url\(")
        return page, "".join(page.words)

    def test_whole(self):
        def change(a, b):
            a["bear"].arrays["latents_050"][0][17] += 0.5
            a["bear"].pixels[0] ^= 1
            a["apple"].arrays["latents_050"][0][17] += 1e-4
        self.runs(change)
        page, words = self.page(6)
        self.assertEqual(page.tags["svg"], 1)
        self.assertEqual(page.tags["img"], 12)  # 2 items, three pictures, on the sheets and by themselves
        for said in ("FAIL", "1 of 2 items within the limits", "bear", "The noise is read from a file",
                     "difference ×255, max level 1", "relative L2 <= 0.0001", "latents_050", "diffusers"):
            self.assertIn(said, words)
        self.assertLess(words.index("a picture of bear"), words.index("a picture of apple"))  # the worst first

    def test_prompts_cannot_become_markup(self):
        def change(a, b):
            for run in (a, b):
                run["apple"].settings["prompt"] = "</p><script>alert('x')</script> \"quoted\" & \u00e9"
            a["bear"].settings["prompt"] = "<b onmouseover=alert(1)>"
        self.runs(change)
        page, words = self.page(6)
        self.assertNotIn("script", page.tags)
        self.assertIn("</p><script>alert('x')</script> \"quoted\" & \u00e9", words)

    def test_damaged_runs_have_a_page(self):
        a, _ = self.runs(lambda a, b: a["apple"].arrays["latents_050"][0].__setitem__(0, math.nan))
        (a / "apple/picture.png").unlink()
        (a / "bear/latents_100.npy").unlink()
        _, words = self.page(6)
        self.assertIn("NaN in A at [0,0,0,0]", words)
        self.assertIn("none", words)

    def test_files(self):
        (self.folder / "a.npy").write_bytes(npy_bytes([1.0, 2.0], (2,)))
        (self.folder / "a.png").write_bytes(png_bytes([9] * 1200, 20, 20))
        self.page(0, "a.npy", "a.npy")
        self.assertEqual(self.page(0, "a.png", "a.png")[0].tags["img"], 3)

    def test_cannot_be_written(self):
        self.runs()
        done = self.run_cli("compare", "--html", "nowhere/r.html", "a", "b")
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"nowhere/r.html", done.stderr)


common.main()
