"""Makes src/test/resources/training/optimizers.json: what PyTorch's, bitsandbytes' and transformers' optimizers and
schedules do, step by step. Inputs are a formula that the test repeats, so that only results are kept.

    pip install torch transformers bitsandbytes; python optimizer_fixture.py ../resources/training/optimizers.json
"""
import json
import struct
import sys

import bitsandbytes
import torch
import transformers

SHAPES = {"wide": (45, 93), "small": (8, 12), "vector": (37,)}  # wide: enough for 8-bit state, and no whole blocks
RATES = [0.01, 0.02, 0.015, 0.005, 0.01]
DECAY = 0.05


def values(shape, salt, scale):
    """Numbers in (-1, 1), cubed so that their sizes differ, some exactly 0."""
    count = 1
    for size in shape:
        count *= size
    raw = [((i * 7919 + salt * 104729 + 17) % 2003) / 1001.0 - 1.0 for i in range(count)]
    return (torch.tensor(raw, dtype=torch.float64) ** 3 * scale).to(torch.float32).reshape(shape)


def sample(tensor):
    flat = tensor.detach().reshape(-1)
    return [float("%.9g" % flat[i]) for i in range(0, flat.numel(), max(1, flat.numel() // 23))]


def trace(make):
    parameters = {n: torch.nn.Parameter(values(s, k + 1, 0.5)) for k, (n, s) in enumerate(SHAPES.items())}
    optimizer = make(list(parameters.values()))
    steps = []
    for step, rate in enumerate(RATES):
        for k, (name, shape) in enumerate(SHAPES.items()):
            parameters[name].grad = values(shape, 10 * (step + 1) + k, 0.1 * (step + 1))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        steps.append({name: sample(p) for name, p in parameters.items()})
    return steps


def nearest(values, code, absmax, out, blocksize):
    """bitsandbytes' default backend: the nearest code. (Its CPU table misses it for values below 1e-4 of a block's.)"""
    padded = torch.nn.functional.pad(values.reshape(-1), (0, -values.numel() % blocksize)).view(-1, blocksize)
    largest = padded.abs().amax(1)
    scaled = padded / torch.where(largest == 0, 1, largest).unsqueeze(1)
    found = (scaled.unsqueeze(-1) - code).abs().argmin(-1).reshape(-1)[:values.numel()]
    out.copy_(found.reshape(out.shape))
    absmax.copy_(largest)


class Companded(torch.optim.Optimizer):
    """AdamW with companded 8-bit moments (FlashOptim, algorithms 2 and 3), value by value: blocks of 64 with float32
    scales, arrays of 4,096 elements or more, and no second moment rounded to 0."""

    def __init__(self, parameters, lr, weight_decay, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters, dict(lr=lr, weight_decay=weight_decay, betas=betas, eps=eps))

    @staticmethod
    def first(m):
        scale = m.abs().amax(1, keepdim=True)
        x = m / scale.clamp(min=1e-30)
        code = torch.floor(127 * (2 * x / (1 + x.abs())) + 0.5)
        y = code / 127
        return y / (2 - y.abs()) * scale

    @staticmethod
    def second(v):
        root = v.sqrt()
        scale = root.amax(1, keepdim=True)
        code = torch.floor(255 * root / scale.clamp(min=1e-30) + 0.5).clamp(min=1)
        return (code / 255 * scale) ** 2

    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                m, v = (state.get(k, torch.zeros_like(p)) for k in ("m", "v"))
                state["step"] = state.get("step", 0) + 1
                m = beta1 * m + (1 - beta1) * p.grad
                v = beta2 * v + (1 - beta2) * p.grad ** 2
                m_hat, v_hat = m / (1 - beta1 ** state["step"]), v / (1 - beta2 ** state["step"])
                p.data -= group["lr"] * (m_hat / (v_hat.sqrt() + group["eps"]) + group["weight_decay"] * p.data)
                if p.numel() >= 4096:
                    m, v = (self.blockwise(part, code) for part, code in ((m, self.first), (v, self.second)))
                state.update(m=m, v=v)

    @staticmethod
    def blockwise(x, code):
        padded = torch.nn.functional.pad(x.detach().reshape(-1), (0, -x.numel() % 64)).view(-1, 64)
        return code(padded).reshape(-1)[:x.numel()].reshape(x.shape)


def factors(schedule, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = schedule(optimizer)
    found = []
    for _ in range(steps):
        found.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return found


def bits(signed):
    table = bitsandbytes.functional.create_dynamic_map(signed=signed)
    return [struct.unpack("<i", struct.pack("<f", v))[0] for v in table.tolist()]


def adafactor(scale):
    return lambda p: transformers.optimization.Adafactor(
        p, lr=0.01, weight_decay=DECAY, scale_parameter=scale, relative_step=False, warmup_init=False)


bitsandbytes.backends.cpu.ops._quant_blockwise_fp32_direct = nearest
total, warmup, decay = 23, 4, 6
result = {
    "traces": {
        "adamw": trace(lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=DECAY)),
        "adamw_8bit": trace(lambda p: bitsandbytes.optim.AdamW8bit(p, lr=0.01, weight_decay=DECAY)),
        "adamw_companded": trace(lambda p: Companded(p, lr=0.01, weight_decay=DECAY)),
        "adafactor": trace(adafactor(False)),
        "adafactor_scaled": trace(adafactor(True)),
        "lion": trace(lambda p: bitsandbytes.optim.Lion32bit(p, lr=0.01, betas=(0.9, 0.99), weight_decay=DECAY)),
        "sgd": trace(lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=DECAY)),
        "sgd_nesterov": trace(lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=DECAY, nesterov=True)),
    },
    "maps": {"signed": bits(True), "unsigned": bits(False)},
    "schedules": {
        "constant": factors(lambda o: transformers.get_constant_schedule_with_warmup(o, warmup), total),
        "linear": factors(lambda o: transformers.get_linear_schedule_with_warmup(o, warmup, total), total),
        "cosine": factors(lambda o: transformers.get_cosine_schedule_with_warmup(o, warmup, total), total),
        "wsd": factors(lambda o: transformers.get_wsd_schedule(o, warmup, decay, num_training_steps=total), total),
        "wsd_floor": factors(
            lambda o: transformers.get_wsd_schedule(
                o, warmup, decay, num_training_steps=total, min_lr_ratio=0.1), total),
        "linear_floor": factors(
            lambda o: transformers.get_polynomial_decay_schedule_with_warmup(
                o, warmup, total, lr_end=0.1, power=1.0), total),
        "cosine_floor": factors(
            lambda o: transformers.get_cosine_with_min_lr_schedule_with_warmup(o, warmup, total, min_lr_rate=0.1),
            total),
    },
    "versions": {m.__name__: m.__version__ for m in (torch, transformers, bitsandbytes)},
}
with open(sys.argv[1], "w") as out:
    json.dump(result, out)
    out.write("\n")
