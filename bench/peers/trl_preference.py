"""One epoch of preference pairs with PEFT's LoRA, in the order of the file: TRL's DPOTrainer, or its RewardTrainer."""
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


reward = t["objective"] == "reward"
model = transformers.AutoModelForSequenceClassification if reward else transformers.AutoModelForCausalLM
config = trl.RewardConfig if reward else trl.DPOConfig
own = {"center_rewards_coefficient": t["centering"]} if reward else {"beta": t["beta"]}


class InOrder(trl.RewardTrainer if reward else trl.DPOTrainer):
    def _get_train_sampler(self, dataset=None):
        return torch.utils.data.SequentialSampler(self.train_dataset)


with tempfile.TemporaryDirectory() as out:
    tokenizer = transformers.AutoTokenizer.from_pretrained(t["model"])
    policy = model.from_pretrained(t["model"], dtype=kind, **({"num_labels": 1} if reward else {}))
    if reward:
        policy.config.pad_token_id = tokenizer.pad_token_id
    trainer = InOrder(
        model=policy,
        processing_class=tokenizer,
        train_dataset=datasets.Dataset.from_list(pairs),
        peft_config=peft.LoraConfig(r=t["rank"], lora_alpha=t["alpha"], lora_dropout=0.0, target_modules="all-linear", task_type="SEQ_CLS" if reward else "CAUSAL_LM"),
        args=config(
            output_dir=out,
            per_device_train_batch_size=t["batch"],
            num_train_epochs=1,
            learning_rate=t["learningRate"],
            lr_scheduler_type="linear",
            warmup_steps=0,
            weight_decay=0.0,
            max_grad_norm=1.0,
            max_length=t["maxLength"],
            bf16=kind == torch.bfloat16,
            use_cpu=True,
            gradient_checkpointing=False,
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            seed=t["seed"],
            **own,
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
