# SPDX-License-Identifier: Apache-2.0
"""Records what torch and diffusers compute, for tests/unit/{schedule,ddim,noise,noise_math}.c.

Writes tests/data/recorded_*.inc. Needs torch, diffusers and numpy, and glibc 2.28 or newer on x86-64;
takes about a minute:

    python tools/reference/record_sampling.py
"""

import ctypes
import hashlib
import os
from pathlib import Path

# torch rounds differently with AVX2 and AVX-512 (noise, and the schedule's linspace).
os.environ["ATEN_CPU_CAPABILITY"] = "default"

import diffusers  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from diffusers import DDIMScheduler  # noqa: E402
from exact_roots import ExactRoots  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"
SD14 = dict(
    num_train_timesteps=1000,
    beta_start=0.00085,
    beta_end=0.012,
    beta_schedule="scaled_linear",
    clip_sample=False,
    set_alpha_to_one=False,
    steps_offset=1,
)
LINEAR = SD14 | dict(beta_start=0.0001, beta_end=0.02, beta_schedule="linear", set_alpha_to_one=True)
SPACINGS = ("leading", "trailing", "linspace")


def sha256(*arrays):
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def bits(array):
    return ", ".join(f"0x{b:08x}" for b in np.ascontiguousarray(array, np.float32).view(np.uint32).ravel())


def wrapped(items):
    """Breaks a comma-separated list into lines."""
    items = items.split(", ")
    return ",\n".join("    " + ", ".join(items[i : i + 8]) for i in range(0, len(items), 8))


def write(name, text):
    head = (
        "/* Written by tools/reference/record_sampling.py with torch "
        f"{torch.__version__.split('+')[0]}, diffusers {diffusers.__version__}, numpy {np.__version__}.\n"
        " * Floats are the bits of float32; digests are SHA-256 of little-endian bytes. */\n"
    )
    (DATA / name).write_text(head + text)


def c_config(config):
    return (
        f"{{{config['num_train_timesteps']}, {config['beta_start']}, {config['beta_end']}, "
        f"BETA_SCHEDULE_{config['beta_schedule'].upper()}, "
        f"TIMESTEP_SPACING_{config.get('timestep_spacing', 'leading').upper()}, "
        f"{config['steps_offset']}, {str(config['set_alpha_to_one']).lower()}}}"
    )


def timesteps_of(scheduler, steps):
    """diffusers' timesteps, without the -1 that trailing has too many for some counts."""
    scheduler.set_timesteps(steps)
    found = scheduler.timesteps.numpy()
    assert len(found) == steps or (list(found[steps:]) == [-1] and len(found) == steps + 1)
    return found[:steps].astype(np.int32)


def record_schedule():
    text = "\nstatic const uint32_t recorded_alphas_cumprod[1000] = {\n"
    text += wrapped(bits(DDIMScheduler(**SD14).alphas_cumprod.numpy())) + "};\n"

    text += (
        "\n/* Digests of alphas_cumprod, and of the timesteps of every count from 1 on, one after the\n"
        " * other (to train_timesteps; one less where the offset forbids that). */\n"
        "static const struct {\n    schedule_config config;\n    uint32_t final_alpha_cumprod;\n    int counts;\n"
        "    const char *alphas_sha256;\n    const char *timesteps_sha256;\n} recorded_schedules[] = {\n"
    )
    for base in (SD14, LINEAR, LINEAR | dict(steps_offset=0, set_alpha_to_one=False)):
        for train_timesteps in (1000, 999, 37, 1):
            for spacing in SPACINGS:
                config = base | dict(num_train_timesteps=train_timesteps, timestep_spacing=spacing)
                if train_timesteps == 1:
                    config["steps_offset"] = 0
                scheduler = DDIMScheduler(**config)
                counts = train_timesteps
                if spacing == "leading":
                    counts -= config["steps_offset"]
                timesteps = [timesteps_of(scheduler, n) for n in range(1, counts + 1)]
                text += (
                    f"    {{{c_config(config)}, {bits(scheduler.final_alpha_cumprod.numpy())}, {counts},\n"
                    f'     "{sha256(scheduler.alphas_cumprod.numpy())}",\n     "{sha256(*timesteps)}"}},\n'
                )
    text += "};\n"

    text += (
        "\n/* Of Stable Diffusion's schedule. */\nstatic const struct {\n    timestep_spacing spacing;\n    int steps;\n"
        "    int32_t timesteps[50];\n} recorded_timesteps[] = {\n"
    )
    for spacing in SPACINGS:
        scheduler = DDIMScheduler(**SD14, timestep_spacing=spacing)
        for steps in (1, 2, 3, 4, 7, 20, 50):
            values = wrapped(", ".join(str(t) for t in timesteps_of(scheduler, steps)))
            text += f"    {{TIMESTEP_SPACING_{spacing.upper()}, {steps}, {{\n{values}}}}},\n"
    write("recorded_schedule.inc", text + "};\n")


def coefficients(scheduler, steps, timestep, guidance, eta):
    """The factors of DDIMScheduler.step, as it computes them."""
    previous = timestep - scheduler.config.num_train_timesteps // steps
    alpha = scheduler.alphas_cumprod[timestep]
    alpha_prev = scheduler.alphas_cumprod[previous] if previous >= 0 else scheduler.final_alpha_cumprod
    sigma = eta * scheduler._get_variance(timestep, previous) ** 0.5
    return np.array(
        [
            np.float32(guidance),
            (1 - alpha) ** 0.5,
            alpha**0.5,
            alpha_prev**0.5,
            (1 - alpha_prev - sigma**2) ** 0.5,
            sigma,
        ],
        np.float32,
    )


def trajectory(scheduler, steps, guidance, eta, count=24):
    """Runs a whole denoising loop of diffusers' own step() on noise, as the pipeline would.

    One generator draws the first latent and then, per step, the two halves of the "model's" output
    and, inside of step(), the variance noise.
    """
    generator = torch.Generator("cpu").manual_seed(steps)
    timesteps = [int(t) for t in timesteps_of(scheduler, steps)]
    latent = torch.randn(count, generator=generator)
    factors, latents = [], []
    for timestep in timesteps:
        uncond, text = torch.randn(2, count, generator=generator)
        noise_pred = uncond + guidance * (text - uncond)
        latent = scheduler.step(noise_pred, timestep, latent, eta=eta, generator=generator).prev_sample
        latents.append(latent.numpy())
        factors.append(coefficients(scheduler, steps, timestep, guidance, eta))
    assert np.isfinite(latents).all() and np.isfinite(factors).all()
    return np.array(factors), np.array(latents)


def record_ddim():
    runs = [(SD14, n, 7.5, e) for n in (1, 2, 3, 4, 7, 20, 50, 333, 999) for e in (0.0, 0.5, 1.0)]
    runs += [(SD14 | dict(steps_offset=0), 1000, 7.5, e) for e in (0.0, 0.5, 1.0)]
    runs += [(SD14, 20, g, 0.7) for g in (0.0, 1.0, 7.1)]
    for spacing in SPACINGS[1:]:
        for base in (SD14, LINEAR):
            config = base | dict(timestep_spacing=spacing)
            runs += [(config, n, 7.5, e) for n in (1, 3, 50, 333, 1000) for e in (0.0, 0.3, 1.0)]

    text = (
        "\n/* Digests of a run's coefficients [steps, 6] and of its latents [steps, RECORDED_COUNT]; how the\n"
        " * run is made: trajectory() of the script. */\nenum { RECORDED_COUNT = 24 };\n"
        "static const struct {\n    schedule_config config;\n    int steps;\n    float guidance;\n    float eta;\n"
        "    const char *coefficients_sha256;\n    const char *latents_sha256;\n} recorded_runs[] = {\n"
    )
    for config, steps, guidance, eta in runs:
        with ExactRoots():
            factors, latents = trajectory(DDIMScheduler(**config), steps, guidance, eta)
        text += (
            f"    {{{c_config(config)}, {steps}, {guidance}F, {eta}F,\n"
            f'     "{sha256(factors)}",\n     "{sha256(latents)}"}},\n'
        )
    text += "};\n\n/* Stable Diffusion's, 7 steps, guidance 7.5, eta 0.5. */\n"
    with ExactRoots():
        factors, _ = trajectory(DDIMScheduler(**SD14), 7, 7.5, 0.5)
    text += "static const uint32_t recorded_coefficients[7][6] = {\n"
    text += "".join(f"    {{{bits(row)}}},\n" for row in factors) + "};\n"
    write("recorded_ddim.inc", text)


def draws(seed, sizes):
    generator = torch.Generator("cpu").manual_seed(seed)
    return [torch.randn(n, generator=generator).numpy() for n in sizes]


def record_noise():
    seeds = (0, 1, 42, 2**31, 2**32 - 1, 2**32 + 5, 2**63 + 11)
    sizes = [(n,) for n in (1, 4, 15, 16, 17, 20, 31, 33, 100, 1024, 16384)]
    sizes += [(1,) * 7, (16, 16), (3, 16, 1, 20, 2), (20, 4, 1, 16, 1, 15, 33), (16384, 16384, 7, 16384)]
    text = (
        "\n/* Draws in a row from one generator, and the digest of all their numbers. */\n"
        "static const struct {\n    uint64_t seed;\n    size_t counts[8]; /* ends at 0 */\n    const char *sha256;\n"
        "} recorded_draws[] = {\n"
    )
    runs = [(seed, counts) for seed in seeds for counts in sizes]
    # Holds a u1 of exactly 1, so a radius of -0; one draw of 1024 in 33,000 does.
    runs.append((52372, (1024,)))
    for seed, counts in runs:
        listed = ", ".join(str(n) for n in counts)
        text += f'    {{UINT64_C({seed}), {{{listed}}},\n     "{sha256(*draws(seed, counts))}"}},\n'
    text += "};\n\n/* The first numbers of one draw. */\nstatic const struct {\n    uint64_t seed;\n    size_t count;\n"
    text += "    size_t listed;\n    uint32_t bits[20];\n} recorded_values[] = {\n"
    for seed in (42, 2**63 + 11):
        for count in (4, 15, 16, 20, 16384):
            values = draws(seed, (count,))[0][:20]
            text += f"    {{UINT64_C({seed}), {count}, {len(values)}, {{\n{wrapped(bits(values))}}}}},\n"
    write("recorded_noise.inc", text + "};\n")


def record_noise_math():
    """glibc's own results for every uniform there is: u = 0, 2^-24, ..., 1 - 2^-24."""
    u = np.arange(2**24, dtype=np.float64) * 2.0**-24
    theta = (2 * np.pi * u).astype(np.float32)
    library = ctypes.CDLL("libm.so.6")
    text = "\n/* Of all 2^24 results: log(1 - u), and sin and cos of the float32 2·pi·u. */\n"
    for name, x in (("log", (1 - u).astype(np.float32)), ("sin", theta), ("cos", theta)):
        function = getattr(library, name + "f")
        function.restype, function.argtypes = ctypes.c_float, [ctypes.c_float]
        digest = hashlib.sha256()
        for block in x.reshape(256, -1):
            digest.update(np.array([function(v) for v in block.tolist()], np.float32).tobytes())
        text += f'static const char recorded_{name}_sha256[] =\n    "{digest.hexdigest()}";\n'
    write("recorded_noise_math.inc", text)


if __name__ == "__main__":
    torch.set_num_threads(1)
    assert torch.backends.cpu.get_cpu_capability() == "DEFAULT"
    DATA.mkdir(exist_ok=True)
    record_schedule()
    record_ddim()
    record_noise()
    record_noise_math()
