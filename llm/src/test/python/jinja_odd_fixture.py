"""Writes jinja_odd_cases.json: what transformers renders when filters, tests and methods meet values that they were not made for (none, false, 0, undefined,
empty, nested, mixed), for JinjaOddInputsTest to compare with. Cases with "error" are those that transformers refuses.
usage: jinja_odd_fixture.py OUT.json   (needs transformers, jinja2)"""
import copy, itertools, json, sys
from transformers.utils.chat_template_utils import _compile_jinja_template as compile_template

context = dict(n=None, f=False, t=True, z=0, i=7, m=-3, x=2.5, e="", s="Hello World", w="  a b  ", p="a,b,,c", u="naïve ß 日本",
               l=[3, 1, 2], el=[], ln=[None, 1, 0, "", "b", False], ls=["b", "A", "c", "a"], ll=[[2, "x"], [1, "y"], [2, "a"]],
               d={"b": 1, "a": {"k": [1, 2]}}, ed={}, dm={"role": "user", "content": None, "items": [1]},
               ms=[{"role": "user", "k": 1}, {"role": "assistant"}, {"role": "user", "k": None}, {"role": "tool", "k": 0}])
values = ["n", "f", "t", "z", "i", "x", "e", "s", "w", "p", "u", "l", "el", "ln", "ls", "ll", "d", "ed", "dm", "ms", "nope", "dm.nope", "(1, 'a')"]   # a range prints as a list here, and is no key of these
filters = ["select", "reject", "select('odd')", "reject('none')", "select('defined')", "select('string')", "selectattr('k')", "rejectattr('k')", "selectattr('k', 'defined')",
           "selectattr('k', 'none')", "selectattr('role', 'equalto', 'user')", "rejectattr('role', 'in', ['user'])", "selectattr('0')", "selectattr(0)", "map('upper')",
           "map(attribute='role')", "map(attribute='k', default='-')", "map(attribute=0)", "map(attribute='a.k')", "map('default', '?')", "map('length')", "list", "length", "count", "first",
           "last", "join", "join(',')", "join('-', attribute='role')", "sort", "sort(reverse=true)", "sort(attribute='role')", "sort(attribute='k')", "sort(case_sensitive=true)", "unique", "unique(attribute='role')", "reverse",
           "min", "max", "sum", "sum(attribute='k')", "sum(start=10)", "batch(2)", "batch(2, '.')", "groupby('role')", "groupby('k')", "groupby('k', default='?')", "dictsort", "dictsort(by='value')", "items",
           "default('D')", "default('D', true)", "d", "string", "int", "int(9)", "float", "float(1.5)", "abs", "round", "round(1)", "upper", "lower", "title", "capitalize", "trim", "trim('a')",
           "replace('a', 'Z')", "replace('', '.')", "indent", "indent(2, true)", "wordcount", "center(9)", "tojson", "escape", "safe", "attr('role')", "attr('upper')", "format(1)", "truncate(5)", "truncate(5, true, '')", "slice(2)"]
shown = lambda expression: f"{{{{ {expression} }}}}"
templates = []
lazy = ("select", "reject", "map", "unique", "batch", "reverse", "items", "slice")
for value, name in itertools.product(values, filters):
    templates.append(shown(f"{value} | {name}" + (" | list" if name.split("(")[0] in lazy else "")))
tests = ["defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping", "sequence", "iterable", "callable", "odd", "even", "divisibleby(3)",
         "lower", "upper", "in([none, 0])", "in('Hello')", "equalto(0)", "eq(none)", "ne(false)", "gt(1)", "lt(1)", "ge('a')", "sameas(none)", "sameas(false)", "escaped"]
for value, name in itertools.product(values + ["'upper'", "'odd'"], tests):
    templates.append(shown(f"{value} is {name}"))
methods = ["split()", "split(none)", "split(none, 0)", "split(none, 1)", "split(',')", "split(',', 0)", "split(',', 1)", "split(',', -1)", "split(sep=',', maxsplit=1)", "split(maxsplit=0)", "rsplit()",
           "rsplit(none, 0)", "rsplit(none, 1)", "rsplit(',', 0)", "rsplit(',', 1)", "rsplit(maxsplit=1)", "strip()", "strip(none)", "strip(' a')", "lstrip()", "rstrip('b ')", "splitlines()", "splitlines(true)", "partition(',')", "rpartition(' ')",
           "find('b')", "find('')", "find('l', 4)", "rfind('l', 0, 5)", "rfind('')", "index('zz')", "count('')", "count('l')", "startswith('')", "startswith(('a', 'H'))", "startswith('e', 1)", "endswith('d', 0, 3)", "replace('l', '')", "replace('', '-', 2)", "replace('l', 'L', 0)",
           "title()", "capitalize()", "swapcase()", "upper()", "casefold()", "isalpha()", "isdigit()", "isnumeric()", "isalnum()", "isspace()", "isupper()", "islower()", "istitle()", "isidentifier()", "isascii()",
           "zfill(12)", "center(14, '*')", "ljust(13) ~ '|'", "rjust(13)", "expandtabs(2)", "join(['x', 'y'])", "join([])", "removeprefix('He')", "removesuffix('ld')", "format(1)"]
for value, name in itertools.product(["e", "s", "w", "p", "u", "'Éa1'", "'a\\tb\\nc'", "'x'", "'٣'", "'½'"], methods):
    templates.append(shown(f"{value}.{name}"))
templates += [shown(f"{value}.{name}") for value, name in itertools.product(["d", "ed", "dm", "ms[1]"], [
    "get('a')", "get('q')", "get('q', 3)", "get(none)", "keys() | list", "values() | list", "items() | list", "items", "copy()", "role", "k", "nope", "nope.more", "a.k.1", "a.k.9", "update({})", "pop('a')", "setdefault('a', 1)"])]
templates += [shown(f"{value}.{name}") for value, name in itertools.product(["l", "el", "ln", "(1, 2)"], ["index(1)", "index(9)", "count(1)", "count(true)", "copy()", "append(1)", "sort()", "pop()", "0", "0.1", "nope"])]
# numbers behind dots, slices, operators
templates += [shown(e) for e in [
    "ll.0.1", "ll.1.0", "ll[0].1", "ll.0.1 ~ '!'", "ll.5.1", "d.a.k.0", "d.a.k.1", "ms.0.role", "ms.0.k", "ms.3.k", "ll.0.1.0", "ll.0 .1", "ll.0. 1", "1.5", "1.5.2", "x.0", "s.0", "s.0.0", "(1, (2, 3)).1.0", "l.0 + l.1", "ll.0.0 * 2", "ll.2.1|upper", "l.0.1.2",
    "l[1:]", "l[:-1]", "l[::-1]", "l[5:1]", "s[::2]", "s[-3:]", "n[0]", "n.x", "n['x']", "z[0]", "nope[0]", "nope.x", "l[none]", "l['0']", "l[true]", "d[1]", "d[none]", "d[[1]]", "l[1.0]", "s[none:2]", "l[0:2:none]", "d[0:1]", "e[0]", "el[0]", "el[-1]", "l[-4]", "l[-3]",
    "n + 1", "n ~ f", "n == z", "f == z", "t == 1", "n < 1", "'a' < 1", "[1] + [2]", "[1] + 'a'", "'a' * 0", "'a' * -1", "[0] * 2", "t + t", "-t", "+f", "not n", "n and 1", "n or 'o'", "z or f", "e or el", "1 if n", "n is none and f is false",
    "1 // 0", "1 % 0", "1 / 0", "7 // -2", "-7 % 3", "7 % -3", "2 ** -1", "0 ** 0", "2 ** 0.5", "1e400", "-1e400", "'%s' % n", "'%s' % [1]", "'%d' % 2.7", "'%d' % 'a'", "'%s %s' % (1,)", "'%%' % ()", "'%s' % ()", "'%(a)s' % {'a': 1}",
    "1 in n", "1 in l", "'1' in s", "n in ln", "f in [0]", "'' in s", "1 in s", "n in s", "1 in d", "[1] in ll", "nope in l", "1 in nope", "'k' in ms.0", "(1, 2) == (1, 2)", "[1] == (1,)", "{} == {}", "d == {'a': {'k': [1, 2]}, 'b': 1}", "1 == 1.0", "'1' == 1", "nope == n", "nope == nope",
    "[nope, 1]", "[nope] | sort", "[nope, nope] | sort | list | length", "[nope, 1] | sort", "[1, nope] | sort", "[n, n] | sort", "[n, 1] | sort", "[f, 1, t, 0] | sort", "['a', 1] | sort", "[[1], [0, 5]] | sort", "[(1, 'b'), (1, 'a')] | sort", "[{}] | sort", "[{}, {}] | sort", "[nope] | join", "[n, f, 1] | join(',')",
    "[nope, 2, 1] | min", "[1, nope] | max", "[n] | min", "[] | min", "[nope] | sum", "[n] | sum", "[1, 2.5] | sum", "[[1], [2]] | sum(start=[])", "['a'] | sum", "[nope, nope] | unique | list | length", "[1, 1.0, t, '1'] | unique | list", "['a', 'A', n, n] | unique | list",
    "nope | length", "nope | list", "nope | first", "nope | upper", "nope | int", "nope | tojson", "nope | join", "nope | sort", "nope | map('upper') | list", "nope ~ 'x'", "nope + 1", "nope | default(n)", "nope is sameas nope", "dm.content | trim", "dm.content | length", "dm.content | upper", "dm.content ~ ''", "dm.content + ''",
    "'' | default('x')", "n | default('x')", "n | default('x', true)", "f | default('x', boolean=true)", "z | string", "n | string | length", "none", "None", "true", "True", "not true", "nope", "[none, true, 1.0]", "{'a': none}", "{1: 2}", "{none: 1}", "{true: 1}", "{1.5: 'x'}", "(1,)", "()", "[()]",
    "range(0) | list", "range(3, 0) | list", "range(3, 0, -1) | list", "range(1.5)", "range('a')", "range(n)", "range(t) | list", "dict() ", "dict(a=none)", "dict([['a', 1]])", "namespace(a=1).a", "namespace(a=1).b", "joiner(',')()",
    "n | tojson", "x | tojson", "u | tojson", "ln | tojson", "dm | tojson", "(1, 2) | tojson", "{1: 'a', none: 'b'} | tojson", "'<>&\\'' | tojson", "{'b': 1, 'a': 2} | tojson(sort_keys=true)", "el | tojson(indent=2)", "dm | tojson(indent=1)", "'\\u2028' | tojson", "1e400 | tojson", "dm | tojson(ensure_ascii=true)", "u | tojson(ensure_ascii=true)", "dm | tojson(separators=(',', ':'))",
    "'5' | int", "' 5 ' | int", "'5.9' | int", "'0x1f' | int(base=16)", "'1_0' | int", "'1e3' | int", "'inf' | int", "n | int", "t | int", "el | int", "'nan' | float", "'1e3' | float", "' 2 ' | float", "'1_0' | float", "1e18 | int", "2.5 | round", "3.5 | round", "-2.5 | round", "2.675 | round(2)", "1234.5 | round(-2)", "7 | round", "2.1 | round(0, 'ceil')", "2.9 | round(0, 'floor')", "2.5 | round(method='odd')", "n | round", "-7 | abs", "'a' | abs", "t | abs", "5.0", "5.0 | string", "1e16", "1e15", "123456789012345678.0", "0.1 + 0.2", "1e-7", "-0.0", "100000.0 ** 4"]]
loops = ["{% for a in V %}[{{ a }}]{% else %}none{% endfor %}", "{% for a in V | list %}{{ loop.index }}{{ loop.last }}{% endfor %}", "{% for a, b in V %}{{ a }}={{ b }};{% endfor %}", "{% if V %}yes{% else %}no{% endif %}", "{% set q = V %}{{ q is defined }}",
         "{% for a in V if a %}{{ loop.length }}{% endfor %}", "{% set a, b = V %}{{ a }}{{ b }}", "{{ 'x' if V else 'y' }}"]
for value, loop in itertools.product(values, loops):
    templates.append(loop.replace("V", value))
cases = []
for template in dict.fromkeys(templates):
    try:
        cases.append(dict(template=template, output=compile_template(template).render(**copy.deepcopy(context))))
    except Exception as problem:
        cases.append(dict(template=template, error=type(problem).__name__))
addresses = [case for case in cases if " at 0x" in case.get("output", "") or "<built-in" in case.get("output", "") or "<function" in case.get("output", "") or "<generator" in case.get("output", "")]
cases = [case for case in cases if case not in addresses]                  # an object's address is no text to compare
with open(sys.argv[1], "w") as out:
    out.write('{"context": ' + json.dumps(context) + ',\n "cases": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]}\n")
print(len(cases), "cases,", sum("error" in case for case in cases), "of them errors,", len(addresses), "left out")
