"""Greedy generation with transformers, a batch of equal prompts."""
from side import dtype, median_of_three, name, need, say, task

torch, transformers = need("torch", "transformers")

t = task()
torch.set_num_threads(t["threads"])
tokenizer = transformers.AutoTokenizer.from_pretrained(t["model"])
prompt = tokenizer.apply_chat_template([{"role": "user", "content": t["prompt"]}], add_generation_prompt=True, return_tensors="pt", return_dict=True)
prompt = {key: value.repeat(t["batch"], 1) for key, value in prompt.items()}


def speed(kind):
    model = transformers.AutoModelForCausalLM.from_pretrained(t["model"], dtype=kind).eval()

    def generate(count=t["newTokens"]):
        model.generate(**prompt, max_new_tokens=count, min_new_tokens=count, do_sample=False)

    generate(8)
    return t["batch"] * t["newTokens"] / median_of_three(generate)


kind = dtype(torch, t["dtype"])
say(tokensPerSecond=speed(kind), dtype=name(kind))
