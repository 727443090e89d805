"""Makes src/test/resources/conversations: chat templates as models have them and as TRL marks them for training, one small byte-level BPE tokenizer with their special
tokens, and what transformers makes of conversations: ids and assistant mask of the marked template, and of the model's own the ids of every prompt and of every
conversation up to and with an answer. The templates are TRL's (Apache-2.0, trl/chat_templates).
usage: conversation_fixture.py CORPUS.txt OUT_DIR   (needs transformers, trl)"""
import json, os, re, sys
import trl
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

corpus, out = sys.argv[1:]
folder = os.path.join(os.path.dirname(trl.__file__), "chat_templates")
STOPS = {"qwen2_5": "<|im_end|>", "qwen3": "<|im_end|>", "qwen3_5_think": "<|im_end|>", "llama3": "<|eot_id|>", "phi3": "<|end|>", "gemma": "<end_of_turn>", "gemma3": "<end_of_turn>",
         "deepseek_r1_distill": "<｜end▁of▁sentence｜>", "deepseekv3": "<｜end▁of▁sentence｜>", "glm4moe": "<|user|>", "cohere": "<|END_OF_TURN_TOKEN|>", "lfm2": "<|im_end|>"}
BOS = {"llama3": "<|begin_of_text|>", "gemma": "<bos>", "gemma3": "<bos>", "deepseek_r1_distill": "<｜begin▁of▁sentence｜>", "deepseekv3": "<｜begin▁of▁sentence｜>", "cohere": "<BOS_TOKEN>"}
TOOLS = [{"type": "function", "function": {"name": "stock", "description": "How many are left", "parameters": {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]}}}]


def turn(role, content, **more):
    return dict(role=role, content=content, **more)


def call(item):
    return turn("assistant", "", tool_calls=[{"type": "function", "function": {"name": "stock", "arguments": {"item": item}}}])


CONVERSATIONS = {
    "one": ([turn("user", "Is a lamp heavy?"), turn("assistant", "No, it is not.")], None),
    "three": ([turn("user", "Hello"), turn("assistant", "Hi! 👩‍🚀 How can I help?"), turn("user", "Is a lamp heavy?"), turn("assistant", "No."), turn("user", "A car?"),
               turn("assistant", "  Yes,\nvery.  ")], None),
    "system": ([turn("system", "Be brief."), turn("user", "Hello"), turn("assistant", "Hi."), turn("user", "Bye"), turn("assistant", "See you.")], None),
    "first": ([turn("assistant", "What is it?"), turn("user", "Is a lamp heavy?"), turn("assistant", "No.")], None),
    "reasoning": ([turn("user", "Is a lamp heavy?"), turn("assistant", "No.", reasoning_content="Most of them weigh little."), turn("user", "A car?"),
                   turn("assistant", "Yes.", reasoning_content="Cars weigh a ton.")], None),
    "tools": ([turn("user", "Is the lamp in stock?"), call("lamp"), turn("tool", '{"count": 2}', name="stock"), turn("assistant", "Yes, two.")], TOOLS),
    "two-calls": ([turn("system", "Be brief."), turn("user", "Lamp or radio?"), call("lamp"), turn("tool", "none", name="stock"), call("radio"), turn("tool", "5", name="stock"),
                   turn("assistant", "The radio."), turn("user", "Thanks"), turn("assistant", "Welcome.")], TOOLS),
}

templates = {}
for name in STOPS:
    for kind in ("", "_training"):
        templates[name + kind] = open(os.path.join(folder, name + kind + ".jinja"), encoding="utf-8").read()
specials = sorted({token for text in templates.values() for token in re.findall(r"<\|[A-Za-z_]+\|>|<｜[^｜]+｜>|<end_of_turn>|<start_of_turn>|</?think>|</?tool_call>", text)}
                  | set(STOPS.values()) | set(BOS.values()))
engine = Tokenizer(models.BPE())
engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
engine.decoder = decoders.ByteLevel()
engine.train([corpus], trainers.BpeTrainer(vocab_size=500, special_tokens=[], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
engine.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in specials])
os.makedirs(out, exist_ok=True)
engine.save(os.path.join(out, "tokenizer.json"))

cases = []
for name, stop in STOPS.items():
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=engine, eos_token=stop, bos_token=BOS.get(name))

    def ids(template, messages, tools, **options):
        return tokenizer.apply_chat_template(messages, tools=tools, chat_template=template, tokenize=True, return_dict=True, **options)

    conversations = []
    for title, (messages, tools) in CONVERSATIONS.items():
        case = dict(name=title, messages=messages, tools=tools)
        try:
            marked = ids(templates[name + "_training"], messages, tools, return_assistant_tokens_mask=True)
            case.update(ids=marked["input_ids"], mask=marked["assistant_masks"])
        except Exception as refused:
            case["refused"] = type(refused).__name__
        answers = []
        for i, message in enumerate(messages):
            if message["role"] == "assistant":
                answer = dict(turn=i)
                try:
                    answer["up_to"] = ids(templates[name], messages[:i + 1], tools)["input_ids"]
                    answer["prompt"] = ids(templates[name], messages[:i], tools, add_generation_prompt=True)["input_ids"]
                except Exception as refused:
                    answer["refused"] = type(refused).__name__
                answers.append(answer)
        case["answers"] = answers
        conversations.append(case)
    cases.append(dict(name=name, stop=stop, bos=BOS.get(name), template=templates[name], training=templates[name + "_training"], conversations=conversations))
    print(name, [(c["name"], c.get("refused") or sum(c["mask"]), [a.get("refused") or a["up_to"][:len(a["prompt"])] == a["prompt"] for a in c["answers"]]) for c in conversations])
with open(os.path.join(out, "golden.json"), "w", encoding="utf-8") as file:
    json.dump(dict(source="transformers, trl " + trl.__version__, cases=cases), file, ensure_ascii=False)
