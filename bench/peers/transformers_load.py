"""From the start of the process to the first token with transformers, then a long prompt."""
import os
import time

from side import dtype, median_of_three, need, say, task

torch, transformers = need("torch", "transformers")

t = task()
torch.set_num_threads(t["threads"])
kind = dtype(torch, t["dtype"])
if os.path.isfile(t["model"]):
    need("gguf")
    folder, file = os.path.split(t["model"])
    source = dict(pretrained_model_name_or_path=folder, gguf_file=file)
else:
    source = dict(pretrained_model_name_or_path=t["model"])
tokenizer = transformers.AutoTokenizer.from_pretrained(**source)
model = transformers.AutoModelForCausalLM.from_pretrained(**source, dtype=kind).eval()
chat = tokenizer.apply_chat_template([{"role": "user", "content": t["prompt"]}], add_generation_prompt=True, return_tensors="pt", return_dict=True)["input_ids"]


def first(ids):
    model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=1, do_sample=False)


first(chat)
seconds = time.time() - int(os.environ["BENCH_STARTED"]) / 1000
long = chat.repeat(1, -(-t["prefill"] // chat.shape[1]))[:, : t["prefill"]]
first(long)
say(firstTokenSeconds=seconds, prefillTokensPerSecond=t["prefill"] / median_of_three(lambda: first(long)))
