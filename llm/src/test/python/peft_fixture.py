"""Makes src/test/resources/peft: a tiny random Llama and a LoRA adapter of it as transformers and PEFT write them, with the
logits, loss and adapter gradients that they compute in float32.
usage: peft_fixture.py OUT_DIR   (needs torch, transformers, peft)"""
import json, os, sys
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

out = sys.argv[1]
torch.manual_seed(0)
config = LlamaConfig(vocab_size=48, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1,
                     head_dim=8, max_position_embeddings=64, rms_norm_eps=1e-6, rope_theta=5000.0, tie_word_embeddings=False,
                     bos_token_id=1, eos_token_id=2, initializer_range=0.2)
model = LlamaForCausalLM(config).float().eval()
model.save_pretrained(os.path.join(out, "base"))
peft = get_peft_model(model, LoraConfig(r=3, lora_alpha=5, use_rslora=True, lora_dropout=0.0, task_type="CAUSAL_LM",
                                        target_modules=["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]))
for name, parameter in peft.named_parameters():
    if "lora_" in name:
        parameter.data.normal_(0, 0.3)
peft.eval()
ids = torch.randint(3, 48, (1, 12))
labels = ids.clone(); labels[:, :5] = -100
result = peft(input_ids=ids, labels=labels)
result.loss.backward()
gradients = {n.replace(".default", ""): p.grad.norm().item() for n, p in peft.named_parameters() if p.requires_grad}
with torch.no_grad():
    last = peft(input_ids=ids).logits[0, -1].tolist()
peft.save_pretrained(os.path.join(out, "adapter"))
for extra in ("base/generation_config.json", "adapter/README.md"):
    if os.path.exists(os.path.join(out, extra)):
        os.remove(os.path.join(out, extra))
json.dump(dict(ids=ids[0].tolist(), prompt_length=5, loss=result.loss.item(), last_logits=last, gradient_norms=gradients),
          open(os.path.join(out, "golden.json"), "w"), indent=1)
