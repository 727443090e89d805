"""One epoch of DPO with TRL's DPOTrainer and PEFT's LoRA, pairs in the order of the file."""
import json
import tempfile
import time

from side import dtype, name, need, say, task

torch, transformers, peft, trl, datasets = need("torch", "transformers", "peft", "trl", "datasets")

t = task()
torch.set_num_threads(t["threads"])
torch.manual_seed(t["seed"])
kind = dtype(torch, t["dtype"])


def turn(role, text):
    return [{"role": role, "content": text}]


with open(t["data"]) as f:
    pairs = [{"prompt": turn("user", r["prompt"]), "chosen": turn("assistant", r["chosen"]), "rejected": turn("assistant", r["rejected"])} for r in json.load(f)]


class InOrder(trl.DPOTrainer):
    def _get_train_sampler(self, dataset=None):
        return torch.utils.data.SequentialSampler(self.train_dataset)


with tempfile.TemporaryDirectory() as out:
    trainer = InOrder(
        model=transformers.AutoModelForCausalLM.from_pretrained(t["model"], dtype=kind),
        processing_class=transformers.AutoTokenizer.from_pretrained(t["model"]),
        train_dataset=datasets.Dataset.from_list(pairs),
        peft_config=peft.LoraConfig(r=t["rank"], lora_alpha=t["alpha"], lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"),
        args=trl.DPOConfig(
            output_dir=out,
            per_device_train_batch_size=t["batch"],
            num_train_epochs=1,
            learning_rate=t["learningRate"],
            lr_scheduler_type="linear",
            warmup_steps=0,
            weight_decay=0.0,
            max_grad_norm=1.0,
            max_length=t["maxLength"],
            beta=t["beta"],
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
    start = time.perf_counter()
    outcome = trainer.train()
    seconds = time.perf_counter() - start
log = [h for h in trainer.state.log_history if "num_tokens" in h]
tokens = int(log[-1]["num_tokens"])
say(
    tokensPerSecond=tokens / seconds,
    seconds=seconds,
    tokens=tokens,
    steps=trainer.state.global_step,
    loss=round(outcome.training_loss, 4),
    losses=[round(h["loss"], 4) for h in log if "loss" in h],
    dtype=name(kind),
)
