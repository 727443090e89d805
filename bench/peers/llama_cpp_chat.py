"""A prompt in the chat template of the file, as the other sides render it."""
from llama_cpp.llama_chat_format import Jinja2ChatFormatter


def tokens(model, text):
    def special(kind):
        id = model.metadata.get(f"tokenizer.ggml.{kind}_token_id")
        return "" if id is None else model.detokenize([int(id)], special=True).decode()

    template = Jinja2ChatFormatter(model.metadata["tokenizer.chat_template"], eos_token=special("eos"), bos_token=special("bos"))
    prompt = template(messages=[{"role": "user", "content": text}]).prompt
    return model.tokenize(prompt.encode(), add_bos=False, special=True)
