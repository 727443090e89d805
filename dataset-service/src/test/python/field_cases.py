"""Writes the small twins of files that people have; run in the folder that shall hold them."""
import json

BREADS = ["rye loaf", "seed roll", "plum cake"]
TOOL = {"name": "oven", "description": "What is in the oven", "parameters": {"type": "object", "properties": {"bread": {"type": "string"}}, "required": ["bread"]}}


def lines(name, rows):
    with open(name, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def array(name, rows):
    with open(name, "w", encoding="utf-8") as out:
        json.dump(rows, out, ensure_ascii=False, indent=1)


def raw(name, text, encoding="utf-8"):
    with open(name, "wb") as out:
        out.write(text.encode(encoding))


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


def each(make):
    return [make(bread, i) for i, bread in enumerate(BREADS)]


lines("unpaired-label.jsonl", each(lambda b, i: {"prompt": f"Is the {b} fresh?", "completion": "Baked at six." if i != 1 else "Go away.", "label": i != 1}))
lines("unpaired-label-chat.jsonl", each(lambda b, i: {"messages": [user(f"Is the {b} fresh?"), assistant("Baked at six." if i != 1 else "Go away.")], "label": i != 1}))
raw("text-with-class.csv", "text,label\n" + "".join(f'"The {b} was dry, alas",{i % 2}\n' for i, b in enumerate(BREADS)))
lines("system-column.jsonl", each(lambda b, i: {"system": "You are a baker.", "prompt": f"One {b}.", "completion": "Here you are."}))
array("alpaca-history.json", each(lambda b, i: {"instruction": f"And the {b}?", "input": "", "output": "Two euros.", "history": [["What is the price of a bun?", "One euro."], ["Of two?", "Two euros."]]}))
lines("tools-as-text.jsonl", each(lambda b, i: {"conversations": [
    {"from": "human", "value": f"Is the {b} done?"},
    {"from": "function_call", "value": json.dumps({"name": "oven", "arguments": {"bread": b}})},
    {"from": "observation", "value": '{"minutes": 4}'},
    {"from": "gpt", "value": "In four minutes."}], "tools": json.dumps([TOOL])}))
lines("tool-calls-openai.jsonl", each(lambda b, i: {"messages": [
    user(f"Is the {b} done?"),
    assistant(None, tool_calls=[{"id": "call_1", "type": "function", "function": {"name": "oven", "arguments": json.dumps({"bread": b})}}]),
    {"role": "tool", "tool_call_id": "call_1", "content": '{"minutes": 4}'},
    assistant("In four minutes.")], "tools": [{"type": "function", "function": TOOL}]}))
lines("reasoning.jsonl", each(lambda b, i: {"messages": [user(f"Has the {b} nuts?"), assistant("No.", reasoning_content="Its recipe names none.")]}))
lines("rendered-with-bos.jsonl", each(lambda b, i: {"prompt": f"<s>[INST] One {b}. [/INST]", "completion": " Here you are.</s>"}))
lines("prompt-ends-in-space.jsonl", each(lambda b, i: {"prompt": f"Q: has the {b} nuts? A: ", "completion": "no"}))
lines("weights-per-turn.jsonl", each(lambda b, i: {"messages": [user("Good day"), assistant("WHAT?", weight=0), user(f"One {b}."), assistant("Here you are.", weight=1)]}))
lines("weights-last-zero.jsonl", each(lambda b, i: {"messages": [user("Good day"), assistant("Good day to you.", weight=1), user(f"One {b}."), assistant("WHAT?", weight=0)]}))
lines("answers-are-numbers.jsonl", each(lambda b, i: {"prompt": f"Slices of a {b}?", "completion": [12, 1.50, True][i]}))
raw("excel-utf16.csv", "\ufeffprompt,completion\r\n" + "".join(f'"One {b}, please","A ""{b}"" it is"\r\n' for b in BREADS), "utf-16-le")
raw("excel-semicolon.csv", "\ufeffprompt;completion\r\n" + "".join(f"Un {b}, merci;Voilà, un {b}\r\n" for b in BREADS))
raw("excel-latin1.csv", "prompt;completion\r\n" + "".join(f"Où est le {b} ?;À côté – 2 €\r\n" for b in BREADS), "windows-1252")
raw("array.jsonl", json.dumps(each(lambda b, i: {"prompt": f"A {b}?", "completion": "Yes."})))
raw("not-a-number.jsonl", "".join(f'{{"prompt": "A {b}?", "completion": "Yes.", "score": {s}}}\n' for b, s in zip(BREADS, ["NaN", "Infinity", "-Infinity"])))
raw("key-twice.jsonl", "".join(f'{{"prompt":"A {b}?","completion":"Yes.","completion":"No."}}\n' for b in BREADS))
raw("blank-lines.jsonl", "".join(f'{{"prompt":"A {b}?","completion":"Yes."}}\n\n' for b in BREADS))
lines("preference-whole-chats.jsonl", each(lambda b, i: {"prompt": f"A {b}?", "prompt_id": str(i), "chosen": [user(f"A {b}?"), assistant("Gladly.")], "rejected": [user(f"A {b}?"), assistant("No.")], "score_chosen": 8.5, "score_rejected": 3.0}))
array("preference-sharegpt.json", each(lambda b, i: {"conversations": [{"from": "human", "value": f"A {b}?"}], "chosen": {"from": "gpt", "value": "Gladly."}, "rejected": {"from": "gpt", "value": "No."}}))
lines("preference-openai.jsonl", each(lambda b, i: {"input": {"messages": [user(f"A {b}?")], "tools": [], "parallel_tool_calls": True}, "preferred_output": [assistant("Gladly.")], "non_preferred_output": [assistant("No.")]}))
lines("roles-repeated.jsonl", each(lambda b, i: {"messages": [user("Good day"), user(f"One {b}."), assistant("Here you are."), assistant("Anything else?")]}))
lines("assistant-first.jsonl", each(lambda b, i: {"conversations": [{"from": "gpt", "value": "Welcome!"}, {"from": "human", "value": f"One {b}."}, {"from": "gpt", "value": "Here you are."}]}))
lines("last-turn-user.jsonl", each(lambda b, i: {"messages": [user(f"One {b}."), assistant("Here you are."), user("Bye")]}))
lines("empty-system.jsonl", each(lambda b, i: {"messages": [{"role": "system", "content": ""}, user(f"One {b}."), assistant("Here you are.")]}))
lines("one-prompt.jsonl", each(lambda b, i: {"prompt": "Name a bread.", "completion": b}) * 2)
raw("plain-articles.txt", "\n\n".join(f"The {b}\n\nA {b} is baked here. It is sold until noon." for b in BREADS) + "\n")
