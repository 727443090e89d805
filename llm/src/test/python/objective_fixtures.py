"""Makes src/test/resources/objectives/FAMILY: an adapter that preference training has moved, and golden.json: what TRL's DPOTrainer
computes from it in float32 on pairs of uneven length, the family's own adapter being the reference (the stage's starting model).
usage: objective_fixtures.py RESOURCES   (needs torch, transformers, peft, trl, datasets)"""
import json, os, shutil, sys, tempfile
import torch, transformers, peft, trl
from datasets import Dataset
from peft import PeftModel
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer

resources = sys.argv[1]
BETA, SMOOTHING = 0.3, 0.1
END = 1
METRICS = ("rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies", "logps/chosen", "logps/rejected")
# prompt, chosen, rejected; the end token is the padding token, and stands inside a prompt
PAIRS = [
    ([5, 9, 12, 7], [20, 21, 22, 23, 24, END], [20, 21, 30, END]),
    ([8, END, 3], [11, END], [13, 14, 15, 16, 17, 18, 19, END]),
    ([4, 6, 10, 2, 33, 34, 35, 36, 31], [26, 27, END], [28, 29, 25, END]),
]


def tokenizer(vocabulary):
    """A word for each id, so that pairs of ids go through TRL's own preparation."""
    words = Tokenizer(models.WordLevel({word(i): i for i in range(vocabulary)}, unk_token=word(0)))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=words, eos_token=word(END), pad_token=word(END), unk_token=word(0))


def word(i):
    return {0: "[unknown]", END: "[end]"}.get(i, "t%d" % i)


def text(ids):
    return "".join(" " + word(i) for i in ids)


def fingerprint(gradient):
    """A gradient in two numbers: its norm, and its product with a fixed direction, cos(0.7 i) scaled to norm one."""
    flat = gradient.double().flatten()
    direction = torch.cos(0.7 * torch.arange(flat.numel(), dtype=torch.float64))
    return [flat.norm().item(), (flat @ direction / direction.norm()).item()]


def trainer(family, moved, **options):
    base = AutoModelForCausalLM.from_pretrained(os.path.join(resources, "families", family), attn_implementation="eager").float()
    model = PeftModel.from_pretrained(base, os.path.join(resources, "families", family, "adapter"), is_trainable=True)
    made = DPOTrainer(
        model=model,
        args=DPOConfig(output_dir=tempfile.mkdtemp(), beta=BETA, use_cpu=True, bf16=False, gradient_checkpointing=False, report_to=[], max_length=64, **options),
        train_dataset=Dataset.from_list([dict(prompt=text(p), chosen=text(c), rejected=text(r)) for p, c, r in PAIRS]),
        processing_class=tokenizer(base.config.vocab_size))
    for name, parameter in made.model.named_parameters():              # after the trainer has copied the adapter as "ref"
        if name in moved:
            parameter.data.copy_(moved[name])
    return made


def prepared(made):
    rows = [made.train_dataset[i] for i in range(len(PAIRS))]
    for row, (prompt, chosen, rejected) in zip(rows, PAIRS):
        assert (row["prompt_ids"], row["chosen_ids"], row["rejected_ids"]) == (prompt, chosen, rejected), row
    return rows


def result(made, rows):
    made.model.train()
    made.model.zero_grad()
    made._metrics["train"].clear()
    loss = made._compute_loss(made.model, made.data_collator(rows), False)
    loss.backward()
    return dict(
        loss=loss.item(),
        metrics={name: made._metrics["train"][name][-1] for name in METRICS},
        gradients={n.replace(".default", ""): p.grad.clone() for n, p in made.model.named_parameters() if ".default." in n and p.grad is not None})


def mean(results):
    """Of equally many pairs each."""
    average = lambda values: sum(values) / len(results)
    return dict(
        loss=average([r["loss"] for r in results]),
        metrics={name: average([r["metrics"][name] for r in results]) for name in METRICS},
        gradients={n: average([r["gradients"][n] for r in results]) for n in results[0]["gradients"]})


def written(r):
    return dict(r, gradients={name: fingerprint(gradient) for name, gradient in r["gradients"].items()})


for family in ("qwen2", "gpt2"):
    torch.manual_seed(len(family))
    plain = AutoModelForCausalLM.from_pretrained(os.path.join(resources, "families", family)).float()
    model = PeftModel.from_pretrained(plain, os.path.join(resources, "families", family, "adapter"), is_trainable=True)
    moved = {n: p.detach() + 0.1 * torch.randn_like(p) for n, p in model.named_parameters() if p.requires_grad}
    for name, parameter in model.named_parameters():
        if name in moved:
            parameter.data.copy_(moved[name])
    folder = os.path.join(resources, "objectives", family)
    shutil.rmtree(folder, ignore_errors=True)
    for config in model.peft_config.values():
        if isinstance(config.target_modules, set):
            config.target_modules = sorted(config.target_modules)      # a set: any order otherwise
        config.base_model_name_or_path = family
    model.save_pretrained(folder)
    os.path.exists(os.path.join(folder, "README.md")) and os.remove(os.path.join(folder, "README.md"))

    made = trainer(family, moved, loss_type="sigmoid")
    golden = dict(made_with=dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__, trl=trl.__version__),
                  beta=BETA, label_smoothing=SMOOTHING, pairs=PAIRS)
    golden["dpo"] = written(result(made, prepared(made)))
    # TRL's sigmoid loss leaves label_smoothing out. Its aot loss takes it, and is the sigmoid loss where a batch is one pair.
    made = trainer(family, moved, loss_type="aot", label_smoothing=SMOOTHING)
    golden["dpo_smoothed"] = written(mean([result(made, [row]) for row in prepared(made)]))
    made = trainer(family, moved, loss_type="ipo")
    golden["ipo"] = written(result(made, prepared(made)))
    json.dump(golden, open(os.path.join(folder, "golden.json"), "w"), indent=1)
    print(family, {k: (v["loss"], v["metrics"]) for k, v in golden.items() if isinstance(v, dict) and "loss" in v})
