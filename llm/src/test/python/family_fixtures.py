"""Makes src/test/resources/families: tiny random checkpoints of the families that the decoder covers, as transformers writes
them, each with a golden.json: what transformers computes from it in float32.
usage: family_fixtures.py OUT_DIR [FAMILY...]   (needs torch, transformers)"""
import json, math, os, sys
import torch
import transformers
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config

out = sys.argv[1]
shape = dict(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=64, rms_norm_eps=1e-6, bos_token_id=1, eos_token_id=2, pad_token_id=0, initializer_range=0.3)
rope = lambda kind, **more: dict(rope_type=kind, rope_theta=1000.0, **more)
families = {
    "llama3-rope": LlamaConfig(**shape, tie_word_embeddings=False, rope_parameters=rope(
        "llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)),
    "linear-rope": LlamaConfig(**shape, tie_word_embeddings=True, attention_bias=True, mlp_bias=True, rope_parameters=rope("linear", factor=2.0)),
    "yarn-rope": LlamaConfig(**shape, tie_word_embeddings=False, rope_parameters=rope(
        "yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=8.0, beta_slow=1.0)),
    "mistral": MistralConfig(**shape, tie_word_embeddings=False, sliding_window=5, head_dim=8),
    "qwen2": Qwen2Config(**shape, tie_word_embeddings=True),
    "qwen3": Qwen3Config(**shape, tie_word_embeddings=False, head_dim=8),
}
made_with = dict(torch=torch.__version__, transformers=transformers.__version__)
for name, config in families.items():
    if sys.argv[2:] and name not in sys.argv[2:]:
        continue
    torch.manual_seed(len(name))
    config.bos_token_id, config.eos_token_id = 1, 2
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    for key, parameter in model.named_parameters():
        if parameter.dim() == 1:                                     # norms of ones and biases of zeros would prove nothing
            parameter.data.add_(torch.randn_like(parameter) * 0.3)
    folder = os.path.join(out, name)
    model.save_pretrained(folder)
    if os.path.exists(os.path.join(folder, "generation_config.json")):
        os.remove(os.path.join(folder, "generation_config.json"))
    ids = torch.randint(3, 40, (1, 14))
    labels = ids.clone(); labels[:, :4] = -100
    result = model(input_ids=ids, labels=labels)
    result.loss.backward()
    norm = math.sqrt(sum((p.grad.double() ** 2).sum().item() for p in model.parameters()))
    whole = ids
    with torch.no_grad():
        logp = torch.log_softmax(result.logits[0], -1)
        for _ in range(8):                                           # without a cache: what a cache must agree with
            whole = torch.cat([whole, model(input_ids=whole).logits[:, -1:].argmax(-1)], 1)
    golden = dict(
        made_with=made_with, ids=ids[0].tolist(), prompt_length=4, loss=result.loss.item(), gradient_norm=norm, last_logits=result.logits[0, -1].tolist(),
        next_log_probabilities=[logp[i, ids[0, i + 1]].item() for i in range(13)], greedy=whole[0, 14:].tolist())
    json.dump(golden, open(os.path.join(folder, "golden.json"), "w"), indent=1)
