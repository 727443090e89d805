"""From the start of the process to the first token with llama.cpp, then a long prompt."""
import os
import time

from side import median_of_three, need, say, task

llama_cpp = need("llama_cpp")
from llama_cpp_chat import tokens

t = task()


def load():
    return llama_cpp.Llama(t["model"], n_ctx=1024, n_batch=512, n_threads=t["threads"], n_threads_batch=t["threads"], verbose=False)


model = load()
prompt = tokens(model, t["prompt"])


def first(ids, model=model):
    model.reset()
    next(model.generate(ids, temp=0.0, reset=False))


first(prompt)
seconds = time.time() - int(os.environ["BENCH_STARTED"]) / 1000
warm = median_of_three(lambda: first(prompt, load()))
long = (prompt * (t["prefill"] // len(prompt) + 1))[: t["prefill"]]
first(long)
say(firstTokenSeconds=seconds, warmFirstTokenSeconds=warm, prefillTokensPerSecond=t["prefill"] / median_of_three(lambda: first(long)))
