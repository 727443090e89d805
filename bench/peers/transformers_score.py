"""Scores of prompts with answers by transformers' sequence classification, in padded batches; the adapter of ours, merged."""
import json
import os
import time

from side import dtype, name, need, say, task

torch, transformers, peft = need("torch", "transformers", "peft")

t = task()
torch.set_num_threads(t["threads"])
kind = dtype(torch, t["dtype"])
with open(os.path.join(t["adapter"], "reward_model.json")) as f:
    pad = json.load(f)["pad_token_id"]
tokenizer = transformers.AutoTokenizer.from_pretrained(t["model"])
tokenizer.pad_token_id = pad
base = transformers.AutoModelForSequenceClassification.from_pretrained(t["model"], num_labels=1, dtype=kind, pad_token_id=pad)
model = peft.PeftModel.from_pretrained(base, t["adapter"]).merge_and_unload().eval()
with open(t["texts"]) as f:
    texts = json.load(f)


def score(some):
    chats = [[{"role": "user", "content": p}, {"role": "assistant", "content": a}] for p, a in some]
    batch = tokenizer.apply_chat_template(chats, tokenize=True, return_dict=True, return_tensors="pt", padding=True)
    with torch.inference_mode():
        return model(**batch).logits[:, 0].float().tolist(), int(batch["attention_mask"].sum())


score([("a", "b")])
start = time.perf_counter()
scores, tokens = [], 0
for i in range(0, len(texts), t["batch"]):
    found, seen = score(texts[i : i + t["batch"]])
    scores += found
    tokens += seen
seconds = time.perf_counter() - start
say(pairsPerSecond=len(texts) / seconds, seconds=seconds, tokens=tokens, scores=[round(s, 4) for s in scores[:4]], dtype=name(kind))
