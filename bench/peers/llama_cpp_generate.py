"""Greedy generation with llama.cpp, batch 1, from the file's own quantized weights."""
import itertools

from side import median_of_three, need, say, task

llama_cpp = need("llama_cpp")
from llama_cpp_chat import tokens

t = task()
model = llama_cpp.Llama(t["model"], n_ctx=1024, n_threads=t["threads"], n_threads_batch=t["threads"], verbose=False)
prompt = tokens(model, t["prompts"][0])


def generate(count=t["newTokens"]):
    # Without the cache of the call before, as the other sides.
    model.reset()
    for _ in itertools.islice(model.generate(prompt, temp=0.0, reset=False), count):
        pass


generate(8)
say(tokensPerSecond=t["newTokens"] / median_of_three(generate), promptTokens=len(prompt))
