"""Makes the files in src/test/resources/checkpoint with the reference implementations (gguf, safetensors, torch).

usage: checkpoint_fixtures.py OUT_DIR [SMOLLM2.gguf]
"""
import hashlib, json, os, sys
import gguf, numpy as np, torch
from gguf import GGMLQuantizationType as Q
from gguf.quants import dequantize, quantize
from safetensors.torch import save_file

out = sys.argv[1]
rng = np.random.default_rng(20261123)


def random_blocks(kind, count):
    """Random bytes, but scales that are ordinary half-precision numbers (a random one may be infinite or NaN)."""
    _, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (count, size), dtype=np.uint8)
    halves = {Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0], Q.Q5_1: [0, 2], Q.Q8_0: [0], Q.IQ4_NL: [0], Q.Q2_K: [80, 82],
              Q.Q3_K: [108], Q.Q4_K: [0, 2], Q.Q5_K: [0, 2], Q.Q6_K: [208], Q.IQ4_XS: [0]}[kind]
    for at in halves:
        blocks[:, at:at + 2] = rng.normal(0, 0.1, count).astype(np.float16).view(np.uint8).reshape(count, 2)
    return blocks


def to_hugging_face_rows(w, heads):
    """llama.cpp's row order of attn_q and attn_k undone."""
    return w.reshape(heads, w.shape[0] // heads // 2, 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def to_llama_cpp_rows(w, heads):
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def write_golden(name, tensors):
    """Shapes, first values, and the SHA-256 of the values as little-endian F32."""
    golden = {}
    for key, w in tensors.items():
        w = np.ascontiguousarray(w, dtype="<f4")
        golden[key] = {"shape": list(w.shape), "sha256": hashlib.sha256(w.tobytes()).hexdigest(), "first": [float(x) for x in w.flat[:2]]}
    with open(f"{out}/{name}", "w") as f:
        json.dump(golden, f, indent=1)
        f.write("\n")


# 1. Every block format: random blocks and what the reference makes of them.
pairs = {}
for kind in [Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0, Q.IQ4_NL, Q.Q2_K, Q.Q3_K, Q.Q4_K, Q.Q5_K, Q.Q6_K, Q.IQ4_XS]:
    blocks = random_blocks(kind, 5)
    pairs[kind.name + ".blocks"] = torch.from_numpy(blocks)
    pairs[kind.name + ".values"] = torch.from_numpy(dequantize(blocks, kind).reshape(-1).copy())
save_file(pairs, f"{out}/dequantized.safetensors")

# 2. Every half-precision number is tested in Java; here the plain types as the reference writes them.
save_file({
    "f32": torch.tensor([[1.5, -2.25, 3e-39], [float("inf"), 0.1, -0.0]]),
    "f16": torch.tensor([1.0, -65504.0, 6e-8, 0.1], dtype=torch.float16),
    "bf16": torch.tensor([[1.0], [-3e38], [1e-40], [0.1]], dtype=torch.bfloat16),
    "f64": torch.tensor([0.1, 1e300], dtype=torch.float64),
    "i64": torch.tensor([-(2 ** 62), 7]),
    "u8": torch.tensor([0, 255, 3], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "scalar": torch.tensor(42.0),
    "empty": torch.zeros(0, 4),
}, f"{out}/plain.safetensors", metadata={"format": "pt", "note": "made by the reference"})

# 3. A tiny Llama in GGUF, with grouped queries, and its tensors in Hugging Face's layout.
hidden, heads, kv_heads, head, feed, vocabulary, layers = 64, 4, 2, 16, 96, 40, 2
writer = gguf.GGUFWriter(f"{out}/tiny.gguf", "llama")
writer.add_name("tiny")
writer.add_block_count(layers)
writer.add_context_length(128)
writer.add_embedding_length(hidden)
writer.add_feed_forward_length(feed)
writer.add_head_count(heads)
writer.add_head_count_kv(kv_heads)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_rope_freq_base(12345.0)
writer.add_vocab_size(vocabulary)
for kind, value in [("uint8", 200), ("int8", -7), ("uint16", 60000), ("int16", -300), ("uint32", 4000000000), ("int32", -70000),
                    ("uint64", 2 ** 63 - 1), ("int64", -(2 ** 40)), ("float32", 0.1), ("float64", 0.1), ("bool", True)]:
    getattr(writer, "add_" + kind)("test." + kind, value)
writer.add_string("test.string", "Grüße ▁ 🙂")
writer.add_array("test.array.int", [1, -2, 3])
writer.add_array("test.array.float", [0.5, -1.5])
writer.add_array("test.array.bool", [True, False])
writer.add_array("test.array.nested", [[1, 2], [3]])
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("smollm")
writer.add_token_list([f"t{i}" for i in range(vocabulary - 1)] + ["Ġé"])
writer.add_token_types([3, 3] + [1] * (vocabulary - 2))
writer.add_token_merges(["t 0", "t 1"])
writer.add_bos_token_id(0)
writer.add_eos_token_id(1)
writer.add_add_bos_token(True)
writer.add_chat_template("{% for message in messages %}{{ message.content }}{% endfor %}")
expected = {}


def add(name, hf, shape, kind, permuted_heads=None):
    w = rng.normal(0, 0.05, shape).astype(np.float32)
    stored = to_llama_cpp_rows(w, permuted_heads) if permuted_heads else w
    if kind == Q.F16:
        data = stored.astype(np.float16)
        back = data.astype(np.float32)
        writer.add_tensor(name, data)
    elif kind == Q.F32:
        data = back = np.ascontiguousarray(stored)
        writer.add_tensor(name, data)
    else:
        data = quantize(np.ascontiguousarray(stored), kind)
        back = dequantize(data, kind).reshape(shape)
        writer.add_tensor(name, data, raw_dtype=kind)
    if permuted_heads:
        back = to_hugging_face_rows(back, permuted_heads)
    expected[hf] = back


add("token_embd.weight", "model.embed_tokens.weight", (vocabulary, hidden), Q.Q8_0)
add("output_norm.weight", "model.norm.weight", (hidden,), Q.F32)
for i in range(layers):
    b, m = f"blk.{i}.", f"model.layers.{i}."
    add(b + "attn_norm.weight", m + "input_layernorm.weight", (hidden,), Q.F32)
    add(b + "attn_q.weight", m + "self_attn.q_proj.weight", (heads * head, hidden), Q.Q4_1 if i else Q.Q4_0, heads)
    add(b + "attn_k.weight", m + "self_attn.k_proj.weight", (kv_heads * head, hidden), Q.F16, kv_heads)
    add(b + "attn_v.weight", m + "self_attn.v_proj.weight", (kv_heads * head, hidden), Q.Q5_0 if i else Q.BF16)
    add(b + "attn_output.weight", m + "self_attn.o_proj.weight", (hidden, heads * head), Q.Q5_1)
    add(b + "ffn_norm.weight", m + "post_attention_layernorm.weight", (hidden,), Q.F32)
    add(b + "ffn_gate.weight", m + "mlp.gate_proj.weight", (feed, hidden), Q.Q4_0)
    add(b + "ffn_up.weight", m + "mlp.up_proj.weight", (feed, hidden), Q.Q4_1)
    add(b + "ffn_down.weight", m + "mlp.down_proj.weight", (hidden, feed), Q.Q8_0)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
write_golden("tiny-golden.json", expected)

# 4. The real model: SHA-256 of some tensors as little-endian F32 in Hugging Face's layout.
if len(sys.argv) > 2:
    reader = gguf.GGUFReader(sys.argv[2])
    golden = {}
    for name, hf, h in [("token_embd.weight", "model.embed_tokens.weight", None), ("output_norm.weight", "model.norm.weight", None),
                        ("blk.0.attn_q.weight", "model.layers.0.self_attn.q_proj.weight", 9),
                        ("blk.29.attn_k.weight", "model.layers.29.self_attn.k_proj.weight", 3),
                        ("blk.7.attn_v.weight", "model.layers.7.self_attn.v_proj.weight", None),
                        ("blk.13.ffn_down.weight", "model.layers.13.mlp.down_proj.weight", None)]:
        tensor = next(t for t in reader.tensors if t.name == name)
        w = dequantize(tensor.data, tensor.tensor_type).reshape([int(n) for n in reversed(tensor.shape)])
        if h:
            w = to_hugging_face_rows(w, h)
        golden[hf] = w
    write_golden("smollm2-golden.json", golden)

# 5. An adapter's configuration as PEFT writes it.
from peft import LoraConfig
LoraConfig(r=16, lora_alpha=32, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM",
           base_model_name_or_path="x").save_pretrained(out)
