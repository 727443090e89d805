"""Makes src/test/resources/checkpoint/quantized.safetensors: numbers and the blocks that the reference quantizers make of them.

Plain and small-block formats by the `gguf` package; formats with super-blocks, which that package does not quantize, by
ggml's own library (found beside llama-cpp-python).

usage: quantizer_fixtures.py OUT.safetensors
"""
import ctypes, glob, os, sys
import gguf, llama_cpp, numpy as np, torch
from gguf import GGMLQuantizationType as Q
from gguf.quants import dequantize, quantize
from safetensors.torch import save_file

rng = np.random.default_rng(20261125)
ggml = ctypes.CDLL(glob.glob(os.path.dirname(llama_cpp.__file__) + "/lib/libggml-base.so")[0])


def super_blocks(values, kind):
    out = np.zeros(values.size // 256 * gguf.GGML_QUANT_SIZES[kind][1], dtype=np.uint8)
    row = getattr(ggml, f"quantize_row_{kind.name.lower().replace('_k', '_K')}_ref")
    row.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    row(values.ctypes.data, out.ctypes.data, values.size)
    return out


# Ordinary weights, outliers, all positive, all negative, zeros, one number repeated, halves that round, tiny, large.
values = np.concatenate([
    rng.normal(0, 0.05, 1024), rng.standard_t(2, 1024) * 0.02, rng.random(256) + 0.5, -rng.random(256) - 0.25, np.zeros(256),
    np.full(256, 0.7), rng.integers(-8, 8, 256) / 2, rng.normal(0, 1e-6, 256), rng.normal(0, 300, 256),
    np.where(rng.random(256) < 0.9, 0, rng.normal(0, 1, 256))]).astype(np.float32)
tensors = {"values": torch.from_numpy(values)}
for kind in [Q.F16, Q.BF16, Q.Q8_0, Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1]:
    blocks = values.astype(np.float16).view(np.uint8) if kind == Q.F16 else quantize(values, kind).view(np.uint8)
    tensors[kind.name] = torch.from_numpy(blocks.copy())
for kind in [Q.Q4_K, Q.Q5_K, Q.Q6_K]:
    tensors[kind.name] = torch.from_numpy(super_blocks(values, kind))
save_file(tensors, sys.argv[1])
