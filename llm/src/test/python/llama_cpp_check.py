"""Holds exported GGUF files to llama.cpp: it must load them and give the greedy texts of golden.json.

usage: llama_cpp_check.py golden.json MODEL.gguf...              greedy texts, how many are the reference's
       llama_cpp_check.py --adapter BASE.gguf ADAPTER.gguf MERGED.gguf golden.json   an adapter beside its base
                                                                 must give the logits of the merged model
       llama_cpp_check.py --family golden.json MODEL.gguf        a tiny model must give what transformers computes
"""
import json, sys
import numpy as np
from llama_cpp import Llama


def load(path, **options):
    return Llama(path, n_ctx=512, n_threads=2, verbose=False, logits_all=False, **options)


def greedy(model, item):
    model.reset()
    ids = []
    for token in model.generate(item["prompt_ids"], temp=0.0, top_k=1, repeat_penalty=1.0):
        ids.append(token)
        if token == 2 or len(ids) == len(item["new_ids"]):
            break
    return ids


def logits(model, ids):
    model.reset()
    model.eval(ids)
    return np.array(model._ctx.get_logits_ith(-1)[: model.n_vocab()])


if sys.argv[1] == "--adapter":
    base, adapter, merged, golden = sys.argv[2:]
    prompts = [item["prompt_ids"] for item in json.load(open(golden))["greedy"]]
    plain, tuned, whole = load(base), load(base, lora_path=adapter), load(merged)
    for ids in prompts:
        a, b, c = logits(plain, ids), logits(tuned, ids), logits(whole, ids)
        print(f"adapter's effect {np.abs(b - a).max():.4f}, adapter against merged {np.abs(b - c).max():.2e}")
elif sys.argv[1] == "--family":
    golden, path = json.load(open(sys.argv[2])), sys.argv[3]
    model = Llama(path, n_ctx=64, n_threads=2, verbose=False, logits_all=True, swa_full=True, type_k=0, type_v=0)
    ids, context = golden["ids"], int(next(v for k, v in model.metadata.items() if k.endswith("context_length")))
    length = min(len(ids) - 1, context)
    model.eval(ids[:length])
    scores = np.array(model.scores[:length], dtype=np.float64)
    log_probabilities = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    error = max(abs(log_probabilities[i, ids[i + 1]] - golden["next_log_probabilities"][i]) for i in range(length))
    new = []
    if len(ids) + len(golden["greedy"]) <= context:
        model.reset()
        for _ in golden["greedy"]:
            model.eval(ids if not new else new[-1:])
            new.append(int(np.argmax(model.scores[model.n_tokens - 1])))
    print(f"{path}: {length} log-probabilities within {error:.1e}, greedy",
          "beyond the context" if not new else "the same" if new == golden["greedy"] else f"{new}, not {golden['greedy']}")
else:
    golden = json.load(open(sys.argv[1]))["greedy"]
    for path in sys.argv[2:]:
        model = load(path)
        for item in golden:
            if model.tokenize(item["rendered"].encode(), add_bos=False, special=True) != item["prompt_ids"]:
                print("  other token ids for", item["rendered"][-60:])
        same = [greedy(model, item) == item["new_ids"] for item in golden]
        print(f"{path}: {sum(same)} of {len(same)} greedy texts are the reference's")
