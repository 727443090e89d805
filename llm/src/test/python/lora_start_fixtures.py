"""Makes src/test/resources/lora-start/FAMILY.json: what PEFT's PiSSA and LoftQ make of the checkpoints in src/test/resources/families.
PiSSA: products and what is left of the weights, five steps of training, PEFT's conversion to a plain LoRA of rank 2r and the logits that this
gives when it is loaded beside the original base. LoftQ (PEFT's loftq_init needs CUDA, so its loop is here, with its own decomposition and
bitsandbytes' NF4): products and logits after one and three iterations, at scaling 1, where PEFT's start is the one of the paper.
usage: lora_start_fixtures.py RESOURCES   (needs torch, transformers, peft, bitsandbytes; x86)"""
import json, os, sys, tempfile
import torch, transformers, peft, bitsandbytes
import bitsandbytes.functional as F
from bitsandbytes.backends.default.ops import _dequantize_4bit_compute
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils.loftq_utils import _low_rank_decomposition
from transformers import AutoModelForCausalLM
from transformers.pytorch_utils import Conv1D

resources = sys.argv[1]
PROMPT, RATE, STEPS, RANK = 4, 5e-3, 5, 2
TARGETS = dict(qwen2=["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"], gpt2=["c_attn", "c_proj", "c_fc"])
made_with = dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__, bitsandbytes=bitsandbytes.__version__)


def load(family):
    return AutoModelForCausalLM.from_pretrained(os.path.join(resources, "families", family), attn_implementation="eager").float().eval()


def adapted(model):
    """(PEFT's name of the module, module) of every adapted layer."""
    return [(name.removeprefix("base_model.model."), module) for name, module in model.named_modules() if hasattr(module, "lora_A") and len(module.lora_A)]


def weight(module):
    """[out, in]"""
    base = module.get_base_layer()
    return (base.weight.T if isinstance(base, Conv1D) else base.weight).detach()


def product(module):
    return module.scaling["default"] * module.lora_B["default"].weight.detach() @ module.lora_A["default"].weight.detach()


def matrices(model):
    return {name: dict(product=product(m)[0].tolist(), product_norm=product(m).norm().item(), base=weight(m)[0].tolist(), base_norm=weight(m).norm().item())
            for name, m in adapted(model)}


def loss_of(model, texts):
    longest = max(len(t) for t in texts)
    ids = torch.tensor([t + [0] * (longest - len(t)) for t in texts])
    mask = torch.tensor([[1] * len(t) + [0] * (longest - len(t)) for t in texts])
    labels = torch.tensor([[-100] * PROMPT + t[PROMPT:] + [-100] * (longest - len(t)) for t in texts])
    return model(input_ids=ids, attention_mask=mask, labels=labels).loss


def logits(model, text):
    with torch.no_grad():
        return model(input_ids=torch.tensor([text])).logits[0, -1].tolist()


def config(family, alpha, **more):
    return LoraConfig(r=RANK, lora_alpha=alpha, lora_dropout=0.0, target_modules=TARGETS[family], task_type="CAUSAL_LM", **more)


def pissa(family, texts):
    model = get_peft_model(load(family), config(family, 6, init_lora_weights="pissa")).eval()
    result = dict(alpha=6, matrices=matrices(model), trace=[])
    with tempfile.TemporaryDirectory() as folder:
        initial, converted = os.path.join(folder, "initial"), os.path.join(folder, "converted")
        model.peft_config["default"].init_lora_weights = True
        model.save_pretrained(initial)
        model.peft_config["default"].init_lora_weights = "pissa"
        optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=RATE, weight_decay=0.0)
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = loss_of(model, texts)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
            result["trace"].append([loss.item(), norm.item()])
            optimizer.step()
        result["trained_logits"] = logits(model, texts[0])
        model.save_pretrained(converted, path_initial_model_for_weight_conversion=initial)
        saved = json.load(open(os.path.join(converted, "adapter_config.json")))
        result["converted"] = dict(r=saved["r"], lora_alpha=saved["lora_alpha"])
        again = PeftModel.from_pretrained(load(family), converted).eval()
        result["converted_logits"] = logits(again, texts[0])
    return result


def nf4(x):
    packed, state = F.quantize_4bit(x.contiguous().clone(), blocksize=64, quant_type="nf4", compress_statistics=False)
    # Not dequantize_4bit: see nf4_fixtures.py.
    return _dequantize_4bit_compute(packed.reshape(-1), state.absmax, state.code, 64, list(x.shape), torch.float32).reshape(x.shape)


def loftq(family, texts, iterations):
    model = get_peft_model(load(family), config(family, RANK)).eval()
    for _, module in adapted(model):
        own = weight(module).clone()
        rest = own.clone()
        for i in range(iterations):
            quantized = nf4(rest)
            found = _low_rank_decomposition(own - quantized, reduced_rank=RANK)
            rest = own - found["L"] @ found["R"]
        module.lora_A["default"].weight.data, module.lora_B["default"].weight.data = found["R"], found["L"]
        base = module.get_base_layer()
        base.weight.data = quantized.T.contiguous() if isinstance(base, Conv1D) else quantized
    # Layers without an adapter are quantized too.
    for name, module in model.named_modules():
        if isinstance(module, (torch.nn.Linear, Conv1D)) and "lora" not in name and "base_layer" not in name and "lm_head" not in name:
            turned = isinstance(module, Conv1D)
            rounded = nf4((module.weight.T if turned else module.weight).detach())
            module.weight.data = rounded.T.contiguous() if turned else rounded
    return dict(alpha=RANK, iterations=iterations, matrices=matrices(model), start_logits=logits(model, texts[0]))


os.makedirs(os.path.join(resources, "lora-start"), exist_ok=True)
for family in TARGETS:
    golden = json.load(open(os.path.join(resources, "families", family, "golden.json")))
    texts = [golden["ids"], golden["ids"][:9], golden["ids"][3:20]]
    result = dict(made_with=made_with, rank=RANK, targets=TARGETS[family], prompt_length=PROMPT, rate=RATE, texts=texts,
                  pissa=pissa(family, texts), loftq=[loftq(family, texts, n) for n in (1, 3)])
    json.dump(result, open(os.path.join(resources, "lora-start", family + ".json"), "w"), indent=1)
    difference = max(abs(a - b) for a, b in zip(result["pissa"]["trained_logits"], result["pissa"]["converted_logits"]))
    print(family, result["pissa"]["trace"], result["pissa"]["converted"], difference)
