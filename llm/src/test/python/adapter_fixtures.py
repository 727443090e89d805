"""Makes src/test/resources/adapters/METHOD/FAMILY: adapters of the checkpoints in src/test/resources/families as PEFT writes them,
with values that training has moved, and golden.json: what PEFT computes from them in float32. PEFT has no bottleneck adapters (Houlsby
et al. 2019): those are modules of this script's own around transformers' layers.
usage: adapter_fixtures.py RESOURCES [METHOD...]   (needs torch, transformers, peft)"""
import json, os, shutil, sys
import torch, transformers, peft
from safetensors.torch import save_file
from peft import IA3Config, LoraConfig, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from transformers import AutoModelForCausalLM
from transformers.pytorch_utils import Conv1D

resources = sys.argv[1]
FAMILIES = ("qwen2", "gpt2", "gemma2-uncapped")              # biases and grouped queries; Conv1D; tied, scaled embeddings and norms of outputs
MORE = ("qwen3-window", "gpt-neox")                          # norms of keys, layers with windows; heads side by side, part of each rotated
PROMPT, RATE, STEPS = 4, 5e-3, 5
made_with = dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__)


def ia3(family):
    target, feed_forward = dict(gpt2=(["c_attn", "c_proj"], ["mlp.c_proj"])).get(family, (["k_proj", "v_proj", "down_proj"], ["down_proj"]))
    if family == "gpt2":
        target = ["attn.c_attn", "mlp.c_proj"]
    return IA3Config(target_modules=target, feedforward_modules=feed_forward, task_type="CAUSAL_LM")


def dora(family):
    target = ["c_attn", "c_proj", "c_fc"] if family == "gpt2" else ["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]
    return LoraConfig(use_dora=True, r=3, lora_alpha=5, lora_dropout=0.0, target_modules=target, task_type="CAUSAL_LM")


methods = dict(
    ia3=ia3, dora=dora,
    prompt_tuning=lambda family: PromptTuningConfig(num_virtual_tokens=3, task_type="CAUSAL_LM"),
    prefix_tuning=lambda family: PrefixTuningConfig(num_virtual_tokens=3, task_type="CAUSAL_LM"),
)


class Bottleneck(torch.nn.Module):
    """A layer's output, and what two small layers make of it, added."""

    def __init__(self, layer, hidden, width, activation):
        super().__init__()
        self.layer, self.activation = layer, activation
        self.adapter_down = torch.nn.Sequential(torch.nn.Linear(hidden, width))
        self.adapter_up = torch.nn.Linear(width, hidden)

    def forward(self, x):
        y = self.layer(x)
        return y + self.adapter_up(self.activation(self.adapter_down(y)))


# by family: the reduction factor (no divisor of the width in all), the activation by AdapterHub's name, the places
BOTTLENECKS = dict(qwen2=(5, "swish", ("attention", "output")), gpt2=(8, "relu", ("attention", "output")), **{"gemma2-uncapped": (3.5, "gelu_new", ("output",))})
ACTIVATIONS = dict(swish=torch.nn.functional.silu, relu=torch.relu, gelu_new=lambda x: torch.nn.functional.gelu(x, approximate="tanh"))


def bottleneck(base, family):
    """The base with bottlenecks behind the output layers of attention and feed-forward, its own weights frozen."""
    factor, activation, places = BOTTLENECKS[family]
    base.requires_grad_(False)
    hidden = base.config.hidden_size
    for block in base.transformer.h if family == "gpt2" else base.model.layers:
        attention, name = (block.attn, "c_proj") if family == "gpt2" else (block.self_attn, "o_proj")
        last = "c_proj" if family == "gpt2" else "down_proj"
        for place, module, layer in (("attention", attention, name), ("output", block.mlp, last)):
            if place in places:
                setattr(module, layer, Bottleneck(getattr(module, layer), hidden, int(hidden // factor), ACTIVATIONS[activation]))
    return base


def bottleneck_key(name):
    for module, place in (("self_attn.o_proj.", "attention_adapters."), ("attn.c_proj.", "attention_adapters."), ("mlp.down_proj.", "output_adapters."), ("mlp.c_proj.", "output_adapters.")):
        name = name.replace(module, place)
    return "base_model.model." + name


def save_bottleneck(model, family, folder):
    factor, activation, places = BOTTLENECKS[family]
    os.makedirs(folder)
    save_file({bottleneck_key(n): p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}, os.path.join(folder, "adapter_model.safetensors"))
    json.dump(dict(peft_type="BOTTLENECK", task_type="CAUSAL_LM", base_model_name_or_path=family, revision=None, inference_mode=True, reduction_factor=factor,
                   non_linearity=activation, mh_adapter="attention" in places, output_adapter="output" in places), open(os.path.join(folder, "adapter_config.json"), "w"), indent=2)


def fingerprint(gradient):
    """A gradient in two numbers: its norm, and its product with a fixed direction, cos(0.7 i) scaled to norm one."""
    flat = gradient.double().flatten()
    direction = torch.cos(0.7 * torch.arange(flat.numel(), dtype=torch.float64))
    return [flat.norm().item(), (flat @ direction / direction.norm()).item()]


def loss_of(model, texts):
    """Mean over target tokens of texts of different lengths, padded on the right."""
    longest = max(len(t) for t in texts)
    ids = torch.tensor([t + [0] * (longest - len(t)) for t in texts])
    mask = torch.tensor([[1] * len(t) + [0] * (longest - len(t)) for t in texts])
    labels = torch.tensor([[-100] * PROMPT + t[PROMPT:] + [-100] * (longest - len(t)) for t in texts])
    return model(input_ids=ids, attention_mask=mask, labels=labels).loss


def key(name):
    return name.replace(".default", "")


def save(model, family, folder):
    config = model.peft_config["default"]
    for field in ("target_modules", "feedforward_modules"):
        if isinstance(getattr(config, field, None), set):
            setattr(config, field, sorted(getattr(config, field)))      # a set: any order otherwise
    config.base_model_name_or_path = family
    model.save_pretrained(folder)
    if os.path.exists(os.path.join(folder, "README.md")):
        os.remove(os.path.join(folder, "README.md"))


for method in (*methods, "bottleneck"):
    if sys.argv[2:] and method not in sys.argv[2:]:
        continue
    for family in FAMILIES + (MORE if method == "prefix_tuning" else ()):
        torch.manual_seed(len(method) + len(family))
        base = AutoModelForCausalLM.from_pretrained(os.path.join(resources, "families", family), attn_implementation="eager").float().eval()
        golden = json.load(open(os.path.join(resources, "families", family, "golden.json")))
        texts = [golden["ids"], golden["ids"][:9], golden["ids"][3:20]]
        own = method == "bottleneck"
        model = (bottleneck(base, family) if own else get_peft_model(base, methods[method](family))).eval()
        for _, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.data.add_(torch.randn_like(parameter) * 0.15)
        folder = os.path.join(resources, "adapters", method, family)
        shutil.rmtree(folder, ignore_errors=True)
        if own:
            save_bottleneck(model, family, folder)
        else:
            save(model, family, folder)
        result = dict(made_with=made_with, prompt_length=PROMPT, rate=RATE, texts=texts)
        loss = loss_of(model, texts)
        loss.backward()
        result["loss"] = loss.item()
        result["gradients"] = {(bottleneck_key if own else key)(n): fingerprint(p.grad) for n, p in model.named_parameters() if p.requires_grad}
        with torch.no_grad():
            result["last_logits"] = [model(input_ids=torch.tensor([t])).logits[0, -1].tolist() for t in texts]
        optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=RATE, weight_decay=0.0)
        result["trace"] = []
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = loss_of(model, texts)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)          # as the trainer clips
            result["trace"].append([loss.item(), norm.item()])
            optimizer.step()
        json.dump(result, open(os.path.join(folder, "golden.json"), "w"), indent=1)
        print(method, family, result["loss"], result["trace"][-1], {k: v for k, v in list(result["gradients"].items())[:3]})
