"""Makes src/test/resources/nf4: what bitsandbytes' NF4 gives for given numbers (values.json), and FAMILY, a tiny checkpoint of
src/test/resources/families as transformers saves it quantized, with logits of the dequantized weights.
Numbers are made by a hash, in float32, as Nf4Test makes them. One thread: the order of PyTorch's sums depends on their number.
usage: nf4_fixtures.py RESOURCES   (needs torch, transformers, bitsandbytes, accelerate, numpy; x86)"""
import hashlib, json, os, shutil, sys
import numpy as np
import torch
import transformers
import bitsandbytes
import bitsandbytes.functional as F
from bitsandbytes.backends.default.ops import _dequantize_4bit_compute
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

torch.set_num_threads(1)
resources = sys.argv[1]
target = os.path.join(resources, "nf4")
os.makedirs(target, exist_ok=True)
made_with = dict(torch=torch.__version__, transformers=transformers.__version__, bitsandbytes=bitsandbytes.__version__)


def numbers(count, seed):
    """Bell-shaped numbers, some thousand times larger than others, in float32."""
    i = np.arange(count, dtype=np.uint64)
    total = np.zeros(count, np.float32)
    for k in range(4):
        h = (i * np.uint64(2654435761) + np.uint64(seed + k) * np.uint64(40503) + np.uint64(12345)) & np.uint64(0xFFFFFFFF)
        h ^= h >> np.uint64(15)
        h = (h * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
        h ^= h >> np.uint64(13)
        total = total + ((h >> np.uint64(8)).astype(np.float32) * np.float32(2.0 ** -24) - np.float32(0.5))
    scale = np.float32(0.01) * (np.float32(1) + (i // 64 % 7).astype(np.float32))
    return torch.from_numpy(total * scale)


def digest(tensor):
    array = tensor.contiguous()
    if array.dtype == torch.bfloat16:
        array = array.view(torch.int16)
    return hashlib.sha256(array.numpy().tobytes()).hexdigest()


def state_of(double_state):
    return bytes(double_state.as_dict(packed=True)["quant_state.bitsandbytes__nf4"].tolist()).decode()


def result(x):
    packed, plain = F.quantize_4bit(x.clone(), blocksize=64, quant_type="nf4", compress_statistics=False)
    _, nested = F.quantize_4bit(x.clone(), blocksize=64, quant_type="nf4", compress_statistics=True)
    found = dict(packed=digest(packed), scales=digest(plain.absmax), codes=digest(nested.absmax), magnitudes=digest(nested.state2.absmax),
                 mean=nested.offset.item(), state=state_of(nested), plain_state=state_of(plain))
    for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        for kind, state in (("plain", plain), ("nested", nested)):
            state.dtype = dtype
            found[kind + "_" + name] = digest(F.dequantize_4bit(packed, state))
    return found


cases = []
for count, seed, dtype in ((64, 1, "float32"), (384, 2, "float32"), (150, 3, "float32"), (64 * 256 + 64 * 3, 4, "bfloat16"), (576 * 192, 5, "bfloat16"),
                           (1536 * 576, 6, "bfloat16"), (64 * 256 * 8, 7, "float16"), (1000, 8, "float32"), (64 * 8 * 4 * 16, 9, "float32"), (64 * 777, 10, "float32")):
    x = numbers(count, seed).to(getattr(torch, dtype))
    cases.append(dict(count=count, seed=seed, dtype=dtype, input=digest(x.float())) | result(x))
codebook = F.get_4bit_type("nf4", device="cpu")
middle = (codebook[1:] + codebook[:-1]) / 2
odd = dict(zeros=torch.zeros(192), midpoints=torch.cat([middle, torch.tensor([1.0]), codebook, -middle, torch.tensor([-1.0]), torch.zeros(16)]),
           tiny=torch.cat([torch.full((64,), 1e-40), torch.full((64,), -3e-39), torch.full((32,), 1e-39)]), one_large=torch.cat([torch.full((63,), 1e-3), torch.tensor([3e38])]),
           equal=torch.full((640,), 0.25), one=torch.tensor([-0.3, 0.1]), negative_zero=torch.cat([torch.full((32,), -0.0), torch.full((32,), 0.5)]))
# bitsandbytes' conversion to bfloat16 takes numbers below 1e-38 for 0 where the processor's does, so those are left out.
hand = [dict(name=name, values=[float(v) for v in x], input=digest(x)) | result(x) for name, x in odd.items()]
for each in hand:
    if each["name"] == "tiny":
        del each["plain_bfloat16"], each["nested_bfloat16"]
with open(os.path.join(target, "values.json"), "w") as file:
    json.dump(dict(made_with=made_with, cases=cases, hand=hand), file, indent=1)
    file.write("\n")

ROWS = [[3, 7, 9, 12, 5, 21], [11, 6, 4, 19, 33, 2, 9, 14]]
for family, double, dtype in (("llama3-rope", True, torch.float32), ("qwen2", True, torch.bfloat16), ("gpt2", True, torch.float32), ("phi3", False, torch.float32)):
    source = os.path.join(resources, "families", family)
    folder = os.path.join(target, family)
    shutil.rmtree(folder, ignore_errors=True)
    quantization = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=double, bnb_4bit_compute_dtype=dtype)
    model = AutoModelForCausalLM.from_pretrained(source, quantization_config=quantization, dtype=dtype, device_map="cpu")
    model.save_pretrained(folder)
    for name in os.listdir(folder):
        if name not in ("config.json", "model.safetensors"):
            os.remove(os.path.join(folder, name))
    plain = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32, attn_implementation="eager").eval()
    layers = {}
    for name, module in model.named_modules():
        if isinstance(module, bitsandbytes.nn.Linear4bit):
            state = module.weight.quant_state
            scales = F.dequantize_blockwise(state.absmax, state.state2) + state.offset if state.nested else state.absmax
            # Not dequantize_4bit: on x86 with AVX-512 bitsandbytes 0.50 takes a wrong block's scale where rows are no multiple of 64.
            weight = _dequantize_4bit_compute(module.weight.data.reshape(-1), scales, state.code, 64, state.shape, torch.float32)
            old = plain.get_submodule(name).weight
            old.data = weight if old.shape == weight.shape and family != "gpt2" else weight.T.contiguous()
            layers[name] = digest(weight)
    logits = [plain(input_ids=torch.tensor([row])).logits[0].tolist() for row in ROWS] if dtype == torch.float32 else None
    with open(os.path.join(folder, "golden.json"), "w") as file:
        json.dump(dict(made_with=made_with, rows=ROWS, layers=layers, logits=logits), file, indent=1)
        file.write("\n")
    print(family, len(layers))
