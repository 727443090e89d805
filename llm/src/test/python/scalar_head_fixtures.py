"""Makes src/test/resources/scalar-head/FAMILY.json: scores that transformers' ...ForSequenceClassification with one label gives to
texts of unequal lengths, padded on the right, on the checkpoints and adapters of src/test/resources/families, and the gradients
of a weighted sum of them, and FAMILY, the adapter with its score as PEFT saves it. One text ends with the padding token itself.
usage: scalar_head_fixtures.py RESOURCES [FAMILY...]   (needs torch, transformers, peft)"""
import json, os, sys
import torch
import transformers
import peft
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

resources = sys.argv[1]
families = sys.argv[2:] or ["llama3-rope", "qwen2", "gpt2", "gemma2"]
made_with = dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__)
PAD = 0
ROWS = [[3, 7, 9, 12], [3, 7, 9, 12, 5, 21, 30], [8], [3, 7, 30, 2, PAD], [11, 6, 4, 19, 33, 2, 9, 14, 25]]
COEFFICIENTS = [0.7, -1.3, 0.4, 2.0, -0.9]


def fingerprint(gradient):
    """A gradient in two numbers: its norm, and its product with a fixed direction, cos(0.7 i) scaled to norm one."""
    flat = gradient.double().flatten()
    direction = torch.cos(0.7 * torch.arange(flat.numel(), dtype=torch.float64))
    return [flat.norm().item(), (flat @ direction / direction.norm()).item()]


os.makedirs(os.path.join(resources, "scalar-head"), exist_ok=True)
for name in families:
    folder = os.path.join(resources, "families", name)
    torch.manual_seed(5)
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1, torch_dtype=torch.float32, attn_implementation="eager")
    model.config.pad_token_id = PAD
    model.score.weight.data = torch.randn_like(model.score.weight) * 0.5
    weight = model.score.weight.data.flatten().tolist()
    config = peft.PeftConfig.from_pretrained(os.path.join(folder, "adapter"))
    config.task_type = "SEQ_CLS"
    config.inference_mode = False
    model = peft.get_peft_model(model, config).eval()
    state = load_file(os.path.join(folder, "adapter", "adapter_model.safetensors"))
    peft.set_peft_model_state_dict(model, state | {"base_model.model.score.weight": torch.tensor([weight])})
    score = model.get_base_model().score.modules_to_save["default"]
    assert torch.equal(score.weight.data, torch.tensor([weight]))
    longest = max(map(len, ROWS))
    ids = torch.tensor([row + [PAD] * (longest - len(row)) for row in ROWS])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ROWS])
    scores = model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, 0]
    (scores * torch.tensor(COEFFICIENTS)).sum().backward()
    gradients = {key.replace(".default", ""): fingerprint(parameter.grad)
                 for key, parameter in model.named_parameters() if "lora_" in key and parameter.grad is not None}
    result = dict(made_with=made_with, pad=PAD, rows=ROWS, coefficients=COEFFICIENTS, weight=weight, scores=scores.tolist(),
                  weight_gradient=score.weight.grad.flatten().tolist(), adapter_gradients=gradients)
    with open(os.path.join(resources, "scalar-head", name + ".json"), "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
    model.save_pretrained(os.path.join(resources, "scalar-head", name))
    os.remove(os.path.join(resources, "scalar-head", name, "README.md"))
    print(name, scores.tolist(), len(gradients))
