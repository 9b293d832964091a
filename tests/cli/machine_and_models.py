# SPDX-License-Identifier: Apache-2.0
"""sd14 probe and sd14 list of the real program, on this machine and on caches made for them.

    machine_and_models.py PROGRAM MODEL
"""
import json
import os
import pathlib
import sys

MODEL = pathlib.Path(sys.argv.pop(2)).resolve()

import common  # noqa: E402  reads PROGRAM from what is left of the arguments
from model_folder import UNET, copy_model, edit_json  # noqa: E402

TOKEN = "hf_QqXxZzNeverShownAnywhere0123456789"
COMMIT = "133a221b8aa7292a167afc5127cb63fb5005638b"


class Real(common.Case):
    def environment(self, **extra):
        """Of the machine's own, nothing that names models or tokens."""
        return {**{k: v for k, v in super().environment().items() if k != "SD14_MODEL"},
                "HOME": str(self.folder), **extra}

    def cache(self, name="models--CompVis--stable-diffusion-v1-4"):
        """A model in a Hugging Face cache; returns its snapshot's folder."""
        repository = self.folder / ".cache/huggingface/hub" / name
        (repository / "refs").mkdir(parents=True)
        (repository / "refs/main").write_text(COMMIT)
        snapshot = repository / "snapshots" / COMMIT
        copy_model(MODEL, snapshot)
        (snapshot / "sd14.json").unlink()  # no such file in a download
        return snapshot

    def json_of(self, code, *arguments, **options):
        done = self.run_cli(*arguments, "--json", **options)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout)


class Probe(Real):
    def test_json(self):
        report = self.json_of(0, "probe", str(MODEL))
        self.assertEqual(set(report), {
            "version", "program", "cpu", "memory", "huge_pages", "folders", "models", "hugging_face",
            "tenstorrent", "ttnn", "backend", "problems"})
        self.assertEqual(report["backend"], {"name": "cpu", "runs": True, "problem": None})
        self.assertEqual(report["cpu"]["cores_allowed"], len(os.sched_getaffinity(0)))
        self.assertLessEqual(report["cpu"]["cores_usable"], report["cpu"]["cores_allowed"])
        self.assertIn(report["cpu"]["isa"], report["cpu"]["isa_levels"])
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        self.assertAlmostEqual(report["memory"]["total_bytes"], pages, delta=1 << 20)
        self.assertEqual(report["program"]["kernel"], os.uname().release)
        for library in ("libc", "libpng", "jansson", "utf8proc", "libcrypto"):
            self.assertRegex(report["program"][library], r"\d+\.\d+")
        self.assertEqual([(m["path"], m["loads"]) for m in report["models"]["found"] if m["source"] == "given"],
                         [(str(MODEL), True)])
        for problem in report["problems"]:
            self.assertEqual(set(problem), {"section", "item", "mark", "what", "remedy"})
            self.assertIn(problem["section"], report)

    def test_nothing_of_ttnn(self):
        environment = self.environment(SD14_TTNN_PYTHON="/nowhere")
        report = self.json_of(5, "probe", "--backend", "ttnn", env=environment)
        self.assertFalse(report["backend"]["runs"])
        self.assertIn("/nowhere: no Python there", report["backend"]["problem"])
        done = self.run_cli("probe", "--backend", "ttnn", env=environment)
        self.assertEqual(done.returncode, 5)
        self.assertEqual(done.stderr.count(b"\n"), 1)
        self.assertIn(b"backend ttnn cannot run here: /nowhere: no Python there: name an interpreter", done.stderr)
        self.assertIn(b"->", done.stdout)

    def test_cache(self):
        self.cache()
        found = self.json_of(0, "probe")["models"]["found"]
        cached = [m for m in found if m["source"] == "Hugging Face cache"]
        self.assertEqual([(m["name"], m["revision"], m["main"], m["loads"]) for m in cached],
                         [("CompVis/stable-diffusion-v1-4", COMMIT, True, True)])

    def test_broken_link_in_the_cache(self):
        snapshot = self.cache()
        (snapshot / UNET).unlink()
        (snapshot / UNET).symlink_to("../../../blobs/0123456789abcdef")
        report = self.json_of(0, "probe")
        cached = [m for m in report["models"]["found"] if m["source"] == "Hugging Face cache"]
        self.assertFalse(cached[0]["loads"])
        self.assertIn("unet", cached[0]["problem"])
        self.assertIn("models", [p["section"] for p in report["problems"]])

    def test_token_is_never_shown(self):
        (self.folder / "token").write_text(TOKEN + "\n")
        home = self.folder / "hf"
        home.mkdir()
        (home / "token").write_text(TOKEN)
        environments = [{"HF_TOKEN": TOKEN}, {"HUGGING_FACE_HUB_TOKEN": TOKEN}, {"HF_TOKEN_PATH": "token"},
                        {"HF_TOKEN_PATH": TOKEN}, {"HF_HOME": str(home)}]
        for extra in environments:
            for arguments in ([], ["--json"], ["-v", "-v"], ["--backend", "ttnn"]):
                done = self.run_cli("probe", *arguments, env=self.environment(**extra))
                said = done.stdout + done.stderr
                self.assertNotIn(TOKEN.encode(), said, extra)
                self.assertNotIn(TOKEN[3:].encode(), said, extra)
            report = self.json_of(0, "probe", env=self.environment(**extra))
            self.assertEqual(report["hugging_face"]["token_present"], extra != {"HF_TOKEN_PATH": TOKEN})


class List(Real):
    def test_builtin(self):
        given = self.json_of(0, "list", str(MODEL))["models"]
        about = json.loads((MODEL / "sd14.json").read_text())
        for key in ("description", "width", "height", "steps", "guidance_scale", "prompts"):
            self.assertEqual(given[-1][key], about[key], key)
        text = self.run_cli("list", str(MODEL)).stdout.decode()
        self.assertIn(f"knows these {len(about['prompts'])}", text)
        for prompt in about["prompts"]:
            self.assertIn(prompt, text)

    def test_cache(self):
        self.cache()
        self.cache("models--someone--small--emoji")
        other = self.cache("models--someone--sdxl")
        edit_json(other, "model_index.json", _class_name="StableDiffusionXLPipeline")
        listed = [m for m in self.json_of(0, "list")["models"] if m["source"] == "Hugging Face cache"]
        self.assertEqual([m["name"] for m in listed], ["CompVis/stable-diffusion-v1-4", "someone/small--emoji"])
        self.assertEqual([m["prompts"] for m in listed], [[], []])

    def test_damaged_sd14_json(self):
        for prompts in ("apple", [1], [None]):
            folder = self.folder / f"m-{prompts}"
            copy_model(MODEL, folder)
            edit_json(folder, "sd14.json", prompts=prompts)
            self.refused(3, "generate", "-m", str(folder), "a fox", says=["sd14.json", "prompts"])

    def test_an_unknown_word_is_no_error(self):
        done = self.run_cli("generate", "-m", str(MODEL), "--steps", "1", "--size", "64x64", "-s", "1", "-o", "x.png",
                            "a zxqv wombat of 狐")
        self.assertEqual((done.returncode, done.stdout), (0, b"x.png\n"), done.stderr)


common.main()
