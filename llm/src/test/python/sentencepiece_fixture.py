"""Makes src/test/resources/sentencepiece: small SentencePiece models, each as tokenizer.model and as the GGUF file that llama.cpp's converter
would make of it (without weights), and the ids that llama.cpp gives; where a text has no special token sentencepiece must agree.
usage: sentencepiece_fixture.py CORPUS.txt OUT_DIR   (needs sentencepiece, gguf, llama-cpp-python)"""
import json, os, sys
import gguf, sentencepiece
from llama_cpp import Llama

corpus, out = sys.argv[1:]
TEXTS = ["", " ", "a", "Hello world", " Hello  world   three ", "\n", "a\n\nb\t\tc\r\n", "the the the", "12345 3.14 1e-5", "naïve café Ünïcödé ÀÉ",
         "日本語 中文 한국어 العربية עברית", "🙂 👩‍👩‍👧‍👦 🏳️‍🌈", "e\u0301 vs é", "\u00a0nbsp\u200bzero", "▁ literal ▁▁", "<0x0A> is text", "aaaaaaaaaaaaaaaaa",
         "\u0000\u0001\u007f", "x" * 50, "    indented\n        more", "quotes \"'`“”", "https://example.org/a?b=c&d=%20", "\ufffd\ufeff", "½ ² ①"]
SPECIAL = ["<s>Hello</s>", "one</s> two", "one </s>two", "<|user|>Hi<|end|>\n<|assistant|>", "a<|user|> b", "<unk> here", "<s><s>", "</s>"]


def train(name, **options):
    sentencepiece.SentencePieceTrainer.train(
        input=corpus, model_prefix=f"{out}/{name}", model_type="bpe", vocab_size=600, byte_fallback=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, character_coverage=0.9995, minloglevel=2, num_threads=1, allow_whitespace_only_pieces=True, **options)
    os.remove(f"{out}/{name}.vocab")
    os.makedirs(f"{out}/{name}", exist_ok=True)
    os.replace(f"{out}/{name}.model", f"{out}/{name}/tokenizer.model")
    return sentencepiece.SentencePieceProcessor(model_file=f"{out}/{name}/tokenizer.model")


def gguf_of(processor, path, prefix):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    ids = range(processor.vocab_size())
    kind = lambda i: (2 if processor.is_unknown(i) else 3 if processor.is_control(i) else 5 if processor.is_unused(i) else 6 if processor.is_byte(i)
                      else 4 if processor.id_to_piece(i) in ("<|user|>", "<|end|>", "<|assistant|>") else 1)
    writer.add_token_list([processor.id_to_piece(i).encode() for i in ids])
    writer.add_token_scores([processor.get_score(i) for i in ids])
    writer.add_token_types([kind(i) for i in ids])
    writer.add_bos_token_id(processor.bos_id())
    writer.add_eos_token_id(processor.eos_id())
    writer.add_unk_token_id(processor.unk_id())
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(prefix)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


for name, prefix in [("llama", True), ("gemma", False)]:
    processor = train(name, add_dummy_prefix=prefix, user_defined_symbols=["<|user|>", "<|end|>", "<|assistant|>"])
    path = f"{out}/{name}/vocabulary.gguf"
    gguf_of(processor, path, prefix)
    reference = Llama(path, vocab_only=True, verbose=False)
    golden = []
    for text in TEXTS + SPECIAL:
        ids = reference.tokenize(text.encode(), add_bos=False, special=True)
        if text in TEXTS and text not in ("", "\u0000\u0001\u007f") and processor.encode(text) != ids:
            print(name, repr(text), "sentencepiece", processor.encode(text), "llama.cpp", ids)
        golden.append(dict(text=text, ids=ids))
    json.dump(golden, open(f"{out}/{name}/golden.json", "w"), indent=None)
    os.chmod(f"{out}/{name}/tokenizer.model", 0o644)
