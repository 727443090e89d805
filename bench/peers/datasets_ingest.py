"""JSONL to deduplicated splits with Hugging Face datasets, caches empty."""
import hashlib
import os
import tempfile
import time

from side import need, say, task

datasets = need("datasets")
datasets.disable_progress_bars()

t = task()
seen = set()


def is_new(instruction, input, output):
    digest = hashlib.sha256("\0".join((instruction, input, output)).encode()).digest()
    if digest in seen:
        return False
    seen.add(digest)
    return True


with tempfile.TemporaryDirectory(dir=t["work"]) as work:
    start = time.perf_counter()
    rows = datasets.load_dataset("json", data_files=t["data"], split="train", cache_dir=os.path.join(work, "cache"))
    rows = rows.filter(is_new, input_columns=["instruction", "input", "output"])
    held = rows.train_test_split(test_size=0.1, seed=0)
    half = held["test"].train_test_split(test_size=0.5, seed=0)
    held["train"].to_json(os.path.join(work, "train.jsonl"))
    half["train"].to_json(os.path.join(work, "validation.jsonl"))
    half["test"].to_json(os.path.join(work, "test.jsonl"))
    seconds = time.perf_counter() - start
say(megabytesPerSecond=os.path.getsize(t["data"]) / 1e6 / seconds, seconds=seconds, rows=len(rows))
