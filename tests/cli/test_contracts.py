# SPDX-License-Identifier: Apache-2.0
"""sd14 contracts: its options and output."""
import json

import common


class Contracts(common.Case):
    def test_table(self):
        done = self.run_cli("contracts")
        self.assertEqual(done.returncode, 0, done.stderr)
        text = done.stdout.decode()
        self.assertIn("unet: diffusers UNet.forward\n  Noise.\n  in  ids ", text)
        for piece in (" int32 ", " [batch,77] ", " NT\n", "range: 0 to below tokens (rows)\n",
                      "diffusers: t, int64 N\n", "  batch   "):
            self.assertIn(piece, text)
        self.assertEqual(json.loads(self.run_cli("contracts", "--json").stdout)["contracts"][0]["name"], "unet")

    def test_check(self):
        done = self.run_cli("contracts", "--check", "-m", "m")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(done.stdout, b"backend: 3 tensors checked\ngraph: 4 tensors checked\n")

    def test_a_violation_is_named(self):
        done = self.run_cli("contracts", "--run", "broken")
        self.assertEqual(done.returncode, 6)
        self.assertEqual(done.stdout.decode(), "unet: ids: dtype: expected int32, found int64 (run a.npy)\n"
                                               "run: 1 tensors checked\n")
        self.assertEqual(done.stderr, b"sd14: 1 violation of the contracts\n")
        done = self.run_cli("contracts", "--run", "broken", "--json")
        self.assertEqual((done.returncode, len(json.loads(done.stdout)["violations"])), (6, 1))

    def test_refusals(self):
        self.refused(3, "contracts", "--contracts", "nowhere", says="nowhere/unet.json")
        self.refused(3, "contracts", "--run", "nowhere", says="no run")
        self.refused(3, "contracts", "--check", "-m", "nowhere", says="not a model folder")
        self.refused(2, "contracts", "unet", says="unexpected")


common.main()
