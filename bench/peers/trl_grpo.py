"""One epoch of GRPO with TRL's GRPOTrainer and PEFT's LoRA, prompts in the order of the file; answers of few words are rewarded."""
import json
import tempfile
import time

from side import dtype, name, need, say, task

torch, transformers, peft, trl, datasets = need("torch", "transformers", "peft", "trl", "datasets")

t = task()
torch.set_num_threads(t["threads"])
torch.manual_seed(t["seed"])
kind = dtype(torch, t["dtype"])

with open(t["data"]) as f:
    prompts = [{"prompt": [{"role": "user", "content": text}]} for text in json.load(f)]


def short(completions, **_):
    return [float(len(c[0]["content"].split()) <= t["words"]) for c in completions]


with tempfile.TemporaryDirectory() as out:
    trainer = trl.GRPOTrainer(
        model=transformers.AutoModelForCausalLM.from_pretrained(t["model"], dtype=kind),
        processing_class=transformers.AutoTokenizer.from_pretrained(t["model"]),
        reward_funcs=short,
        train_dataset=datasets.Dataset.from_list(prompts),
        peft_config=peft.LoraConfig(r=t["rank"], lora_alpha=t["alpha"], lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"),
        args=trl.GRPOConfig(
            output_dir=out,
            per_device_train_batch_size=t["batch"] * t["group"],
            num_generations=t["group"],
            max_completion_length=t["newTokens"],
            num_train_epochs=1,
            learning_rate=t["learningRate"],
            lr_scheduler_type="linear",
            warmup_steps=0,
            weight_decay=0.0,
            max_grad_norm=1.0,
            beta=t["beta"],
            temperature=1.0,
            shuffle_dataset=False,
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
    trainer.train()
    seconds = time.perf_counter() - start
log = [h for h in trainer.state.log_history if "reward" in h]
say(
    completionsPerSecond=len(prompts) * t["group"] / seconds,
    seconds=seconds,
    steps=trainer.state.global_step,
    rewards=[round(h["reward"], 3) for h in log],
    lengths=[round(h["completions/mean_length"], 1) for h in log],
    dtype=name(kind),
)
