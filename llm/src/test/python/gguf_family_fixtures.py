"""Makes model.gguf beside each checkpoint in src/test/resources/families, as llama.cpp's converter would: float32, tensor
names from the gguf package's own table, rows and norms changed as llama.cpp's graphs expect. golden.json beside it holds.
usage: gguf_family_fixtures.py FAMILIES_DIR [FAMILY...]   (needs gguf, numpy, safetensors)"""
import json, os, sys
import gguf, numpy as np
from safetensors.numpy import load_file


def interleave(w, heads):
    """Rows of a head in llama.cpp's order: the two that are rotated together are neighbours."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def as_is(name, w, c):
    return w


def llama(name, w, c):
    if name.endswith(("q_proj.weight", "q_proj.bias")):
        return interleave(w, c["num_attention_heads"])
    if name.endswith(("k_proj.weight", "k_proj.bias")):
        return interleave(w, c["num_key_value_heads"])
    return w


def gemma(name, w, c):
    return w + 1 if name.endswith("norm.weight") else w


def gpt2(name, w, c):
    return w.T if w.ndim == 2 and ".h." in name else w


def neox(name, w, c):
    if "query_key_value" not in name:
        return w
    heads = c["num_attention_heads"]
    return w.reshape(heads, 3, w.shape[0] // heads // 3, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape)


def common(writer, c):
    writer.add_context_length(c["max_position_embeddings"])
    writer.add_embedding_length(c["hidden_size"])
    writer.add_block_count(c["num_hidden_layers"])
    writer.add_feed_forward_length(c["intermediate_size"])
    writer.add_head_count(c["num_attention_heads"])
    writer.add_head_count_kv(c["num_key_value_heads"])
    head = c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_vocab_size(c["vocab_size"])
    writer.add_layer_norm_rms_eps(c["rms_norm_eps"])
    rope = c["rope_parameters"]
    rope = rope.get("full_attention", rope)
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_rope_dimension_count(int(head * rope.get("partial_rotary_factor", 1)))
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])


def windowed(writer, c):
    common(writer, c)
    writer.add_sliding_window(c["sliding_window"])


def longrope(writer, c):
    common(writer, c)
    original, rope = c["original_max_position_embeddings"], c["rope_parameters"]
    scale = c["max_position_embeddings"] / original
    writer.add_rope_scaling_attn_factors(np.sqrt(1 + np.log(scale) / np.log(original)))
    writer.add_rope_scaling_orig_ctx_len(original)
    for length in ("long", "short"):
        writer.add_tensor(f"rope_factors_{length}.weight", np.array(rope[f"{length}_factor"], dtype=np.float32))


def capped(writer, c):
    windowed(writer, c)
    writer.add_attn_logit_softcapping(c["attn_logit_softcapping"])
    writer.add_final_logit_softcapping(c["final_logit_softcapping"])


def of_gpt2(writer, c):
    writer.add_context_length(c["n_positions"])
    writer.add_embedding_length(c["n_embd"])
    writer.add_block_count(c["n_layer"])
    writer.add_feed_forward_length(4 * c["n_embd"])
    writer.add_head_count(c["n_head"])
    writer.add_layer_norm_eps(c["layer_norm_epsilon"])


def of_neox(writer, c):
    writer.add_context_length(c["max_position_embeddings"])
    writer.add_embedding_length(c["hidden_size"])
    writer.add_block_count(c["num_hidden_layers"])
    writer.add_feed_forward_length(c["intermediate_size"])
    writer.add_head_count(c["num_attention_heads"])
    writer.add_rope_dimension_count(int(c["rope_parameters"]["partial_rotary_factor"] * c["hidden_size"] // c["num_attention_heads"]))
    writer.add_parallel_residual(c.get("use_parallel_residual", True))
    writer.add_layer_norm_eps(c["layer_norm_eps"])


# family: architecture, hyperparameters, tensors
A = gguf.MODEL_ARCH
FAMILIES = {
    "linear-rope": (A.LLAMA, common, llama),
    "mistral": (A.LLAMA, windowed, llama),
    "qwen2": (A.QWEN2, common, as_is),
    "qwen3": (A.QWEN3, common, as_is),
    "smollm3-gguf": (A.SMOLLM3, common, llama),
    "phi3": (A.PHI3, common, as_is),
    "phi3-window": (A.PHI3, windowed, as_is),
    "phi3-longrope": (A.PHI3, longrope, as_is),
    "gemma": (A.GEMMA, common, gemma),
    "gemma2-gguf": (A.GEMMA2, capped, gemma),
    "gemma3-gguf": (A.GEMMA3, windowed, gemma),
    "gpt2": (A.GPT2, of_gpt2, gpt2),
    "gpt-neox": (A.GPTNEOX, of_neox, neox),
}


def convert(folder, arch, hyperparameters, change):
    config = json.load(open(f"{folder}/config.json"))
    writer = gguf.GGUFWriter(f"{folder}/model.gguf", gguf.MODEL_ARCH_NAMES[arch])
    hyperparameters(writer, config)
    names = gguf.get_tensor_name_map(arch, config.get("num_hidden_layers") or config["n_layer"])
    for name, w in load_file(f"{folder}/model.safetensors").items():
        if name == "lm_head.weight" and config["tie_word_embeddings"]:
            continue
        new = names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert new, name
        writer.add_tensor(new, np.ascontiguousarray(change(name, w.astype(np.float32), config)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


for family, parts in FAMILIES.items():
    if not sys.argv[2:] or family in sys.argv[2:]:
        convert(os.path.join(sys.argv[1], family), *parts)
