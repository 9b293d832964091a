# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM: exit 130 within a step, no file; the second signal ends it at once."""
import signal
import subprocess
import time

import common


class Signals(common.Case):
    def start(self, *arguments, step_ms, hash_seconds=0, **options):
        process = subprocess.Popen([common.PROGRAM, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                                   env=self.environment(SD14_FAKE_STEP_MS=str(step_ms),
                                                        SD14_FAKE_HASH_SECONDS=str(hash_seconds)),
                                   stderr=subprocess.PIPE, text=True, **options)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        return process

    def wait_for(self, process, text):
        lines = ""
        while text not in lines:
            line = process.stderr.readline()
            self.assertTrue(line, lines)
            lines += line

    def test_one_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start("generate", "a", "-o", "x.png", step_ms=300)
            self.wait_for(process, "step 1/20")
            sent = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
            self.assertEqual(process.returncode, 130)
            self.assertLess(time.monotonic() - sent, 2.0)
            self.assertRegex(err, r"sd14: interrupted after step \d+ of 20; no picture was written\n\Z")
            self.assertEqual(out, "")
            self.assertEqual(self.files(), ["m", "m/model_index.json"])

    def test_in_a_batch(self):
        process = self.start("generate", "a", "--steps", "2", "-b", "50", "--batch-size", "1", "-o", "x.png", step_ms=50)
        self.wait_for(process, "picture 2/50  step 1/2")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)
        names = out.split()
        self.assertGreaterEqual(len(names), 1)
        self.assertRegex(err, rf"; {len(names)} of 50 pictures were written\n\Z")
        self.assertEqual(self.files(), sorted(["m", "m/model_index.json", *names]))
        for name in names:
            common.png_read((self.folder / name).read_bytes())

    def test_json_stays_empty(self):
        process = self.start("generate", "a", "--json", step_ms=300)
        self.wait_for(process, "step 1/20")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.communicate(timeout=20)[0], "")
        self.assertEqual(process.returncode, 130)

    def test_while_hashing(self):
        process = self.start("generate", "a", "--steps", "2", step_ms=0, hash_seconds=30)
        self.wait_for(process, "decoding")
        time.sleep(0.3)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=40)
        self.assertLess(time.monotonic() - sent, 10.0)
        self.assertEqual((process.returncode, out, err),
                         (130, "", "sd14: interrupted; no picture was written\n"))
        self.assertEqual(self.files(), ["m", "m/model_index.json"])

    def test_second_signal_kills(self):
        # A shell that waits in our place would hide how the program ended: the default action, itself.
        process = self.start("generate", "a", step_ms=300)
        self.wait_for(process, "step 1/20")
        process.send_signal(signal.SIGSTOP)  # both signals are there when it goes on
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=20)
        self.assertIn(process.returncode, (-signal.SIGINT, -signal.SIGTERM))

    def test_ignored_stays_ignored(self):
        process = self.start("generate", "a", "--steps", "3", step_ms=200,
                             preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        self.wait_for(process, "step 1/3")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0)

    def test_bench(self):
        process = self.start("bench", "--steps", "50", step_ms=300)
        self.wait_for(process, "step 1/50")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual((process.returncode, out), (130, ""))
        self.assertTrue(err.endswith("sd14: interrupted\n"), err)


common.main()
