"""Makes src/test/resources/families: tiny random checkpoints of the families that the decoder covers, as transformers writes
them, each with a LoRA adapter as PEFT writes it and a golden.json: what transformers and PEFT compute from them in float32.
Those named -gguf are of the only form that GGUF has for their family.
usage: family_fixtures.py OUT_DIR [FAMILY...]   (needs torch, transformers, peft)"""
import json, os, sys
import torch
import transformers
import peft
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import (AutoModelForCausalLM, GPT2Config, GPTNeoXConfig, Gemma2Config, Gemma3Config, Gemma3TextConfig, GemmaConfig, LlamaConfig, MistralConfig,
                          Phi3Config, Qwen2Config, Qwen3Config, SmolLM3Config)
from transformers.pytorch_utils import Conv1D

out = sys.argv[1]
shape = dict(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=64, rms_norm_eps=1e-6, bos_token_id=1, eos_token_id=2, pad_token_id=0, initializer_range=0.3)
rope = lambda kind, **more: dict(rope_type=kind, rope_theta=1000.0, **more)
gpt2 = dict(vocab_size=40, n_positions=64, n_embd=16, n_layer=2, n_head=4, initializer_range=0.3)
neox = dict({k: v for k, v in shape.items() if k not in ("rms_norm_eps", "num_key_value_heads")}, num_attention_heads=2)
ramp = dict(shape, head_dim=16, max_position_embeddings=512)             # eight frequencies, so that some lie within a ramp
gemma = dict(shape, head_dim=8, tie_word_embeddings=True)
vision = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, image_size=4, patch_size=2, vision_use_head=False)
families = {
    "llama3-rope": LlamaConfig(**shape, tie_word_embeddings=False, rope_parameters=rope(
        "llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)),
    "llama3-ramp": LlamaConfig(**ramp, tie_word_embeddings=False, rope_parameters=rope(
        "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)),
    "linear-rope": LlamaConfig(**shape, tie_word_embeddings=True, attention_bias=True, mlp_bias=True, rope_parameters=rope("linear", factor=2.0)),
    "yarn-rope": LlamaConfig(**shape, tie_word_embeddings=False, rope_parameters=rope(
        "yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=8.0, beta_slow=1.0)),
    "yarn-ramp": LlamaConfig(**ramp, tie_word_embeddings=True, rope_parameters=rope(
        "yarn", factor=4.0, original_max_position_embeddings=128, beta_fast=8.0)),
    "yarn-mscale": LlamaConfig(**ramp, tie_word_embeddings=True, rope_parameters=rope(
        "yarn", factor=4.0, original_max_position_embeddings=128, beta_fast=8.0, truncate=False, mscale=0.7, mscale_all_dim=1.0)),
    "yarn-attention": Qwen3Config(**ramp, tie_word_embeddings=True, rope_parameters=rope(
        "yarn", factor=4.0, original_max_position_embeddings=128, attention_factor=1.25)),
    "mistral": MistralConfig(**shape, tie_word_embeddings=False, sliding_window=5, head_dim=8),
    "qwen2": Qwen2Config(**shape, tie_word_embeddings=True),
    "qwen2-window": Qwen2Config(**shape, tie_word_embeddings=False, head_dim=8, use_sliding_window=True, sliding_window=4, max_window_layers=1),
    "qwen3": Qwen3Config(**shape, tie_word_embeddings=False, head_dim=8),
    "qwen3-window": Qwen3Config(**shape, tie_word_embeddings=True, head_dim=8, attention_bias=True, use_sliding_window=True, sliding_window=4,
                                layer_types=["sliding_attention", "full_attention"]),
    "gpt2": GPT2Config(**gpt2),
    "gpt2-bare": GPT2Config(**gpt2 | dict(n_inner=24, scale_attn_weights=False, activation_function="gelu")),
    "smollm3": SmolLM3Config(**shape, tie_word_embeddings=True, no_rope_layer_interval=2),
    "smollm3-window": SmolLM3Config(**shape, tie_word_embeddings=False, attention_bias=True, mlp_bias=True, use_sliding_window=True, sliding_window=4,
                                    no_rope_layers=[0, 1]),
    "phi3": Phi3Config(**shape, tie_word_embeddings=False),
    "phi3-window": Phi3Config(**dict(shape, hidden_size=32), tie_word_embeddings=True, sliding_window=5, rope_parameters=rope("default", partial_rotary_factor=0.75)),
    "gemma": GemmaConfig(**gemma),
    "gemma2": Gemma2Config(**gemma, sliding_window=5, query_pre_attn_scalar=12, attn_logit_softcapping=2.0, final_logit_softcapping=3.0),
    "gemma2-uncapped": Gemma2Config(**gemma, sliding_window=5, query_pre_attn_scalar=8, attn_logit_softcapping=None, final_logit_softcapping=None,
                                    attention_bias=True, layer_types=["full_attention", "sliding_attention"]),
    "gemma3": Gemma3TextConfig(**dict(gemma, num_hidden_layers=3), sliding_window=5, query_pre_attn_scalar=12, sliding_window_pattern=3, rope_parameters={
        "full_attention": rope("linear", factor=4.0), "sliding_attention": dict(rope_type="default", rope_theta=50.0)}),
    "gemma3-capped": Gemma3TextConfig(**gemma, sliding_window=4, query_pre_attn_scalar=8, final_logit_softcapping=3.0, layer_types=["full_attention", "sliding_attention"]),
    "gemma3-vision": Gemma3Config(vision_config=vision, mm_tokens_per_image=1, text_config=dict(gemma, num_hidden_layers=3, sliding_window=5,
        query_pre_attn_scalar=12, sliding_window_pattern=3, rope_parameters={
            "full_attention": rope("linear", factor=8.0), "sliding_attention": dict(rope_type="default", rope_theta=50.0)})),
    "gemma3-vision-untied": Gemma3Config(vision_config=vision, mm_tokens_per_image=1, tie_word_embeddings=False, text_config=dict(
        gemma, tie_word_embeddings=False, sliding_window=4, query_pre_attn_scalar=8, final_logit_softcapping=3.0, layer_types=["full_attention", "sliding_attention"])),
    "gemma2-gguf": Gemma2Config(**gemma, sliding_window=5, query_pre_attn_scalar=8, attn_logit_softcapping=2.0, final_logit_softcapping=3.0),
    "gemma3-gguf": Gemma3TextConfig(**dict(gemma, num_hidden_layers=6), sliding_window=5, query_pre_attn_scalar=8, sliding_window_pattern=6, rope_parameters={
        "full_attention": rope("linear", factor=4.0), "sliding_attention": dict(rope_type="default", rope_theta=10000.0)}),
    "smollm3-gguf": SmolLM3Config(**dict(shape, num_hidden_layers=4), tie_word_embeddings=True, no_rope_layer_interval=4),
    "gpt-neox": GPTNeoXConfig(**neox, rotary_pct=0.5),
    "gpt-neox-sequential": GPTNeoXConfig(**neox, rotary_pct=1.0, rotary_emb_base=1000, use_parallel_residual=False, hidden_act="gelu_fast",
                                         attention_bias=False, tie_word_embeddings=True),
    "gpt-neox-other-names": GPTNeoXConfig(**neox, rotary_pct=0.5, rotary_emb_base=300),
    "tied-head-stored": LlamaConfig(**shape, tie_word_embeddings=False, rope_parameters=rope("default")),
    "dynamic-rope": LlamaConfig(**dict(shape, max_position_embeddings=10, head_dim=8), tie_word_embeddings=True, rope_parameters=rope("dynamic", factor=4.0)),
    "longrope": LlamaConfig(**dict(shape, head_dim=8), tie_word_embeddings=True, rope_parameters=rope(
        "longrope", short_factor=[1.0, 1.1, 1.2, 1.5], long_factor=[1.5, 3.0, 5.0, 9.0], original_max_position_embeddings=10, factor=6.4)),
    "phi3-longrope": Phi3Config(**dict(shape, hidden_size=32, initializer_range=0.2, max_position_embeddings=40), original_max_position_embeddings=10, rope_parameters=rope(
        "longrope", short_factor=[1.0, 1.1, 1.3], long_factor=[1.5, 3.0, 9.0], partial_rotary_factor=0.75)),
}
BY_LENGTH = {"dynamic-rope", "longrope", "phi3-longrope"}                    # whose rotary embeddings change with the length of the text
TEXT_PART = r".*\.language_model\.layers\.\d+\.(?:mlp\.down_proj|mlp\.gate_proj|mlp\.up_proj|self_attn\.k_proj|self_attn\.o_proj|self_attn\.q_proj|self_attn\.v_proj)"
made_with = dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__)
PROMPT, SHORT, NEW = 4, 7, 8


def randomise(named, deviation):
    for _, parameter in named:
        parameter.data.add_(torch.randn_like(parameter) * deviation)


def fingerprint(gradient):
    """A gradient in two numbers: its norm, and its product with a fixed direction, cos(0.7 i) scaled to norm one."""
    flat = gradient.double().flatten()
    direction = torch.cos(0.7 * torch.arange(flat.numel(), dtype=torch.float64))
    return [flat.norm().item(), (flat @ direction / direction.norm()).item()]


def as_linear(model, name, gradient):
    """[out, in] as everything else has it, where a layer stores [in, out]."""
    return gradient.t() if isinstance(model.get_submodule(name.rpartition(".")[0]), Conv1D) and gradient.dim() == 2 else gradient


def fresh(model):
    """Rotary embeddings keep the longest text that they have seen: forget it."""
    for module in model.modules():
        if hasattr(module, "original_inv_freq"):
            module.__init__(model.config)
    return model


def log_probabilities_by_length(model, ids):
    """Of each token in the text that ends with it: a text's length decides how all of it is rotated."""
    texts = [ids[:, :length] for length in range(2, ids.shape[1] + 1)]
    return [torch.log_softmax(fresh(model)(input_ids=t, use_cache=False).logits[0, -2], -1)[t[0, -1]].item() for t in texts]


def generated(model, ids):
    """Greedy tokens as generate() gives them, and their log-probabilities: with a cache, whose keys may be of an older length."""
    model.generation_config.eos_token_id = None
    result = fresh(model).generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW, do_sample=False, use_cache=True, output_logits=True,
                                   return_dict_in_generate=True)
    tokens = result.sequences[0, ids.shape[1]:].tolist()
    return tokens, [torch.log_softmax(logits[0], -1)[token].item() for logits, token in zip(result.logits, tokens)]


def greedy(model, ids):
    """Without a cache: what a cache must agree with."""
    whole = ids
    for _ in range(NEW):
        whole = torch.cat([whole, model(input_ids=whole, use_cache=False).logits[:, -1:].argmax(-1)], 1)
    return whole[0, ids.shape[1]:].tolist()


def computed(model, ids, key):
    labels = ids.clone()
    labels[:, :PROMPT] = -100
    result = model(input_ids=ids, labels=labels, use_cache=False)
    result.loss.backward()
    return dict(loss=result.loss.item(), last_logits=result.logits[0, -1].tolist(),
                gradients={key(n): fingerprint(as_linear(model, n, p.grad)) for n, p in model.named_parameters() if p.grad is not None}), result.logits[0]


def weight_key(family, name):
    """As the library names what it trains: the text model's own names."""
    return name.replace("lm_head", "embed_out") if family.startswith("gpt-neox") else name.replace("model.language_model.", "model.")


def strip_base(folder, prefix):
    """The file as openai-community/gpt2 has it: no prefix, and the causal masks that old versions saved."""
    path = os.path.join(folder, "model.safetensors")
    weights = {name.removeprefix(prefix): weight for name, weight in load_file(path).items()}
    for layer in range(2):
        weights[f"h.{layer}.attn.bias"] = torch.ones(1, 1, 4, 4)
    save_file(weights, path, metadata=dict(format="pt"))
    os.chmod(path, 0o644)


def edit_config(folder, remove=(), **fields):
    path = os.path.join(folder, "config.json")
    with open(path) as file:
        config = json.load(file)
    config = {name: value for name, value in config.items() if name not in remove} | fields
    with open(path, "w") as file:
        json.dump(config, file, indent=2)


for name, config in families.items():
    if sys.argv[2:] and name not in sys.argv[2:]:
        continue
    torch.manual_seed(len(name))
    config.bos_token_id, config.eos_token_id = 1, 2
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    randomise([(n, p) for n, p in model.named_parameters() if p.dim() == 1], 0.3)    # norms of ones and biases of zeros would prove nothing
    folder = os.path.join(out, name)
    model.save_pretrained(folder, save_original_format=name != "gemma3-vision-untied")    # the one by the names of the hub's files, the other by the modules'
    if name == "gpt2-bare":
        strip_base(folder, "transformer.")
    if name == "gpt-neox-other-names":    # what the reference ignores beside its own names
        edit_config(folder, remove=["rope_parameters"], rotary_pct=0.5, rotary_emb_base=300, rope_theta=77.0, partial_rotary_factor=1.0)
    if name == "tied-head-stored":        # says that the head is tied, and stores another: the reference takes what is stored
        edit_config(folder, tie_word_embeddings=True)
    if name in ("gpt-neox-other-names", "tied-head-stored"):
        model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").float().eval()
        model.name_or_path = model.config._name_or_path = ""
    ids = torch.randint(3, 40, (1, 24))
    golden, logits = computed(model, ids, lambda n: weight_key(name, n))
    with torch.no_grad():
        logp = torch.log_softmax(logits, -1)
        golden.update(ids=ids[0].tolist(), prompt_length=PROMPT, short_length=SHORT,
                      next_log_probabilities=[logp[i, ids[0, i + 1]].item() for i in range(ids.shape[1] - 1)],
                      greedy=greedy(model, ids), short_greedy=greedy(model, ids[:, :SHORT]))
        if name in BY_LENGTH:
            golden["next_log_probabilities"] = log_probabilities_by_length(model, ids)
            golden["greedy"], golden["greedy_log_probabilities"] = generated(model, ids)
            golden["short_greedy"], golden["short_greedy_log_probabilities"] = generated(model, ids[:, :SHORT])
            fresh(model)
    model.zero_grad()
    lora = get_peft_model(model, LoraConfig(r=4, lora_alpha=6, lora_dropout=0.0, target_modules=TEXT_PART if hasattr(config, "vision_config") else "all-linear", task_type="CAUSAL_LM"))
    randomise([(n, p) for n, p in lora.named_parameters() if p.requires_grad], 0.1)
    lora.eval()
    golden["adapter"], _ = computed(lora, ids, lambda n: n.replace(".default", ""))
    targets = lora.peft_config["default"].target_modules
    lora.peft_config["default"].target_modules = targets if isinstance(targets, str) else sorted(targets)    # a set: any order otherwise
    lora.save_pretrained(os.path.join(folder, "adapter"))
    for extra in ("generation_config.json", "adapter/README.md"):
        if os.path.exists(os.path.join(folder, extra)):
            os.remove(os.path.join(folder, extra))
    json.dump(dict(made_with=made_with, **golden), open(os.path.join(folder, "golden.json"), "w"), indent=1)
