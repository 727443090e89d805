"""The median LoRA step of PEFT on random tokens, all of them targets, once warm."""
import time

from side import dtype, name, need, say, task

torch, transformers, peft = need("torch", "transformers", "peft")

t = task()
torch.set_num_threads(t["threads"])
torch.manual_seed(t["seed"])
kind = dtype(torch, t["dtype"])
model = peft.get_peft_model(
    transformers.AutoModelForCausalLM.from_pretrained(t["model"], dtype=kind),
    peft.LoraConfig(r=t["rank"], lora_alpha=t["alpha"], lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"),
)
model.train()
trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=2e-4)
times = []
for _ in range(t["steps"]):
    ids = torch.randint(0, model.config.vocab_size, (t["batch"], t["length"]))
    start = time.perf_counter()
    model(input_ids=ids, labels=ids).loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    times.append(time.perf_counter() - start)
kept = times[t["warmUp"]:]
median = sorted(kept)[len(kept) // 2]
say(tokensPerSecond=t["batch"] * t["length"] / median, dtype=name(kind))
