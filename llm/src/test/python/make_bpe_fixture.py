"""Writes bpe_fixture.json: what Hugging Face's BpeTrainer learns, for BpeTrainerTest to compare with.
usage: make_bpe_fixture.py CORPUS.en OUT.json   (pip install tokenizers)
Of CORPUS.en (tokenizer-bpe-train of the shared data) only the learned merges are kept."""
import json
import sys

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"]
SMALL = [
    "The courier left the parcel with a neighbour. Where's my parcel? It's order 10472, I'd like it today!\n",
    "aaaaaaaa aaaa aa a aaaaa\n\n\n   banana bananas ananas  anna\tann\r\n",
    "Grüße aus Köln — naïve café, “quoted” … ½ £5.00 日本語のテキスト 日本語 한국어 العربية 👩‍🚀👩‍🚀 🚀\n",
    "def add(a, b):\n    return a + b  # adds\n\ndef sub(a, b):\n    return a - b  # subtracts\n",
    "we'll they've DON'T I'm you're he'd she's we'll they've\u00a0I'm\u2003you\n",
] * 3


def merges(texts, size, frequency):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=frequency, special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    pairs = json.loads(tokenizer.to_str())["model"]["merges"]
    return tokenizer, [pair if isinstance(pair, str) else " ".join(pair) for pair in pairs]


corpus = open(sys.argv[1], encoding="utf-8", newline="").read()
small, small_merges = merges(SMALL, 600, 2)
large, large_merges = merges([corpus], 1000, 2)
json.dump(
    {
        "small": {"texts": SMALL, "vocabulary_size": 600, "merges": small_merges,
                  "ids": [small.encode(text).ids for text in SMALL[:5]]},
        "corpus": {"vocabulary_size": 1000, "merges": large_merges},
    },
    open(sys.argv[2], "w", encoding="utf-8"), ensure_ascii=True, indent=0)
