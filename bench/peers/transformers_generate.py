"""Greedy generation with transformers, a batch of prompts, shorter ones padded on the left."""
from side import dtype, median_of_three, name, need, say, task

torch, transformers = need("torch", "transformers")

t = task()
torch.set_num_threads(t["threads"])
tokenizer = transformers.AutoTokenizer.from_pretrained(t["model"], padding_side="left")
if tokenizer.pad_token is None:
    tokenizer.pad_token = tokenizer.eos_token
chats = [[{"role": "user", "content": text}] for text in t["prompts"]]
prompts = tokenizer.apply_chat_template(chats, add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True)



def speed(kind):
    model = transformers.AutoModelForCausalLM.from_pretrained(t["model"], dtype=kind).eval()

    def generate(count=t["newTokens"]):
        model.generate(**prompts, max_new_tokens=count, min_new_tokens=count, do_sample=False)

    generate(8)
    return len(chats) * t["newTokens"] / median_of_three(generate)


kind = dtype(torch, t["dtype"])
say(tokensPerSecond=speed(kind), promptTokens=int(prompts["attention_mask"].sum()), dtype=name(kind))
