"""Makes src/test/resources/bpe-files: small byte-level BPE tokenizers in the files of old, vocab.json and merges.txt, and the ids that
transformers gives from them, texts of several scripts and with special tokens among them.
usage: bpe_files_fixture.py CORPUS.txt OUT_DIR   (needs transformers)"""
import json, os, sys
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoTokenizer

corpus, out = sys.argv[1:]
TEXTS = ["", " ", "a", "Hello world", " Hello  world   three ", "\n", "a\n\nb\t\tc\r\n", "the the the", "12345 3.14 1e-5", "naïve café Ünïcödé ÀÉ",
         "日本語 中文 한국어 العربية עברית", "🙂 👩‍👩‍👧‍👦 🏳️‍🌈", "e\u0301 vs é", "\u00a0nbsp\u200bzero", "▁ literal", "aaaaaaaaaaaaaaaaa", "\u0000\u0001\u007f", "x" * 50,
         "    indented\n        more", "quotes \"'`“”", "we'll they've DON'T", "\ufffd\ufeff", "½ ² ①", "<|endoftext|>Hello<|endoftext|>", "one <|endoftext|> two",
         "<|im_start|>user\nHi<|im_end|>\n", "a <mask> b  <mask>", "<tool>x</tool> <tool >", "<|endoftext", "#version: 0.2"]
END, START, STOP = "<|endoftext|>", "<|im_start|>", "<|im_end|>"


def trained(alphabet_first):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=[] if alphabet_first else [END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train([corpus], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [" ".join(pair) for pair in model["merges"]]


def token(content, **flags):
    return dict(dict(content=content, lstrip=False, normalized=False, rstrip=False, single_word=False, special=True), **flags)


def write(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)


cases = {
    # As openai-community/gpt2 has it: nothing says which class but the model's configuration.
    "gpt2": (False, {"config.json": dict(model_type="gpt2"), "tokenizer_config.json": dict(model_max_length=1024)}),
    "gpt2-spaced": (False, {"tokenizer_config.json": dict(tokenizer_class="GPT2Tokenizer", add_prefix_space=True, add_bos_token=True),
                            "special_tokens_map.json": dict(bos_token=END, eos_token=END, unk_token=END, mask_token=token("<mask>", lstrip=True)),
                            "added_tokens.json": {"<mask>": 500, "<tool>": 501}}),
    "qwen2": (True, {"tokenizer_config.json": dict(
        tokenizer_class="Qwen2Tokenizer", bos_token=None, eos_token=STOP, pad_token=END, additional_special_tokens=[START, STOP], chat_template="{{ messages[0].content }}",
        added_tokens_decoder={"500": token(END), "501": token(START), "502": token(STOP), "503": token("<tool>", special=False, normalized=True)})}),
    "gpt-neox": (False, {"tokenizer_config.json": dict(tokenizer_class="GPTNeoXTokenizer", bos_token=END, eos_token=END, unk_token=END, pad_token=None)}),
}
for name, (alphabet_first, files) in cases.items():
    folder = os.path.join(out, name)
    os.makedirs(folder, exist_ok=True)
    vocabulary, merges = trained(alphabet_first)
    write(folder, "vocab.json", vocabulary)
    with open(os.path.join(folder, "merges.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(["#version: 0.2", *merges, ""]))
    for file, value in files.items():
        write(folder, file, value)
    reference = AutoTokenizer.from_pretrained(folder)
    write(folder, "golden.json", dict(tokenizer=type(reference).__name__, bos=reference.bos_token_id, eos=reference.eos_token_id, texts=[
        dict(text=text, ids=reference(text, add_special_tokens=False)["input_ids"], with_special=reference(text)["input_ids"],
             decoded=reference.decode(reference(text, add_special_tokens=False)["input_ids"], clean_up_tokenization_spaces=False)) for text in TEXTS]))
    print(name, type(reference).__name__, len(reference), {t.content: (i, t.special, t.normalized, t.lstrip) for i, t in reference.added_tokens_decoder.items()})
