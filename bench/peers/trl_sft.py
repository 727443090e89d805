"""One epoch of fine-tuning with TRL (and PEFT where it is LoRA), rows in the order of the file. Where heldOutData is given, also
the losses on it before and after; where a text is given, those on its first passages; and the size of the saved weights."""
import json
import pathlib
import re
import tempfile
import time

from side import dtype, name, need, peak_megabytes, say, task

torch, transformers, peft, trl, datasets = need("torch", "transformers", "peft", "trl", "datasets")

t = task()
torch.set_num_threads(t["threads"])
torch.manual_seed(t["seed"])
kind = dtype(torch, t["dtype"])


def examples(file):
    with open(file) as f:
        return datasets.Dataset.from_list(
            [{"prompt": [{"role": "user", "content": r["prompt"]}], "completion": [{"role": "assistant", "content": r["answer"]}]} for r in json.load(f)]
        )


def losses(model, pairs):
    """For each of (ids, whether each is a target): the sum over its targets, and how many these are."""
    found = []
    model.eval()
    with torch.no_grad():
        for ids, mask in pairs:
            logits = model(input_ids=torch.tensor([ids])).logits[0, :-1].float()
            each = torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="none")
            target = torch.tensor(mask[1:], dtype=torch.bool)
            found.append((each[target].sum().item(), int(target.sum())))
    model.train()
    return found


def loss(model, pairs):
    """The mean over all target tokens."""
    sums, counts = zip(*losses(model, pairs))
    return sum(sums) / sum(counts)


def freeze_but_last(model, layers):
    first = model.config.num_hidden_layers - layers
    for key, parameter in model.named_parameters():
        layer = re.search(r"layers\.(\d+)\.", key)
        parameter.requires_grad = int(layer.group(1)) >= first if layer else key == "model.norm.weight"


quantization = {}
if t.get("weights", "plain") != "plain":
    need("bitsandbytes", "accelerate")
    quantization = dict(
        quantization_config=transformers.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=t["weights"] == "nf4-double", bnb_4bit_compute_dtype=kind
        ),
        device_map="cpu",
    )
model = transformers.AutoModelForCausalLM.from_pretrained(t["model"], dtype=kind, **quantization)
tokenizer = transformers.AutoTokenizer.from_pretrained(t["model"])
if t["trained"] == "partial":
    freeze_but_last(model, t["lastLayers"])
measured = "heldOutData" in t


class InOrder(trl.SFTTrainer):
    def _get_train_sampler(self, dataset=None):
        return torch.utils.data.SequentialSampler(self.train_dataset)


with tempfile.TemporaryDirectory() as out:
    trainer = InOrder(
        model=model,
        processing_class=tokenizer,
        train_dataset=examples(t["data"]),
        eval_dataset=examples(t["heldOutData"]) if measured else None,
        peft_config=None if t["trained"] != "lora" else peft.LoraConfig(r=t["rank"], lora_alpha=t["alpha"], lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"),
        args=trl.SFTConfig(
            output_dir=out,
            per_device_train_batch_size=t["batch"],
            num_train_epochs=1,
            learning_rate=t["learningRate"],
            lr_scheduler_type="linear",
            warmup_steps=0,
            weight_decay=0.0,
            max_grad_norm=1.0,
            max_length=t["maxLength"],
            completion_only_loss=True,
            bf16=kind == torch.bfloat16,
            use_cpu=True,
            gradient_checkpointing=False,
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            seed=t["seed"],
        ),
    )
    if t.get("adapterDtype") == "fp32":
        # As PEFT made them; TRL turns them into bfloat16 on a quantized base.
        for parameter in trainer.model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()
    extra = {}
    if measured:
        held_out = [(row["input_ids"], [label >= 0 for label in row["labels"]]) for row in trainer.eval_dataset]
        extra["heldOutBefore"] = loss(trainer.model, held_out)
    if "text" in t:
        ids = tokenizer(pathlib.Path(t["text"]).read_text(), add_special_tokens=False)["input_ids"]
        length = t["passageLength"]
        text = [(ids[i : i + length], [1] * length) for i in range(0, t["passages"] * length, length)]
        extra["textBefore"] = loss(trainer.model, text)
    start = time.perf_counter()
    outcome = trainer.train()
    seconds = time.perf_counter() - start
    if "text" in t:
        extra["textAfter"] = loss(trainer.model, text)
    if measured:
        extra["heldOutSums"], extra["heldOutTargets"] = zip(*losses(trainer.model, held_out))
        extra["heldOutAfter"] = sum(extra["heldOutSums"]) / sum(extra["heldOutTargets"])
        extra["trainingPeakMegabytes"] = peak_megabytes()
        trainer.save_model(out)
        extra["resultMegabytes"] = sum(f.stat().st_size for f in pathlib.Path(out).glob("*.safetensors")) / 1e6
        extra["losses"] = [h["loss"] for h in trainer.state.log_history if "loss" in h]
tokens = int([h["num_tokens"] for h in trainer.state.log_history if "num_tokens" in h][-1])
say(
    tokensPerSecond=tokens / seconds,
    seconds=seconds,
    tokens=tokens,
    steps=trainer.state.global_step,
    loss=round(outcome.training_loss, 4),
    dtype=name(kind),
    **extra,
)
