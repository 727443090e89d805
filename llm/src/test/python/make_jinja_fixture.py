"""Writes jinja_cases.json: what transformers renders of small templates, for ChatTemplateTest to compare with.
Cases with "error" are those that transformers refuses.
usage: make_jinja_fixture.py OUT.json   (pip install transformers jinja2)"""
import json
import sys

from transformers.utils.chat_template_utils import _compile_jinja_template as compile_template
ctx={"a":1,"b":2.5,"s":"Hello World","u":"naïve 👩‍🚀 日本","l":[3,1,2],"d":{"x":1,"y":{"z":[1,2]}},"e":[],"n":None,"t":True,"msgs":[{"role":"user","content":" hi "},{"role":"assistant","content":"yo","k":1},{"role":"user","content":"Bye"}]}
T=r'''{{ a + 2 * 3 ** 2 }}
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 4 / 2 }}
{{ -2 ** 2 }} {{ 2 ** 3 ** 2 }} {{ 2 ** -1 }}
{{ 1.0 }} {{ 1e20 }} {{ 1e-5 }} {{ 0.1 + 0.2 }} {{ 100000000000000000.0 }} {{ 1234567.891 }}
{{ s[0] }}{{ s[-1] }}{{ s[1:4] }}{{ s[::-1] }}{{ s[:-3] }} {{ u[6] }} {{ u|length }}
{{ l[::2] }} {{ l[5:] }} {{ l[-2:] }} {{ l + [4] }} {{ l * 2 }}
{{ d }} {{ d.x }} {{ d['y']['z'][1] }} {{ d.y.z }} {{ d.missing is defined }}
{{ [1, 'a', "it's", none, true, 2.0, (1,), (1,2), {}] }}
{{ 'a' ~ 1 ~ none ~ true ~ [1] }}
{{ 'x' if e else 'y' }} {{ 'x' if t }}{{ 'x' if not t }}|
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' in s }} {{ 'W' in s }} {{ 1 in l }} {{ 'x' in d }} {{ 4 not in l }} {{ not a == 2 }}
{{ 1 == 1.0 }} {{ true == 1 }} {{ none == false }} {{ '' or 'z' }} {{ 0 and 1 }} {{ [] == [] }}
{{ s|upper|lower|title }} {{ 'foo bar-baz (qux'|title }} {{ "they're bill's".title() }} {{ 'ABC def'|capitalize }}
{{ ' a b '|trim }}| {{ 'xxaxx'|trim('x') }} {{ '  a '.lstrip() }}| {{ 'abc'.strip('ac') }}
{{ l|sort }} {{ l|sort(reverse=true) }} {{ l|join(', ') }} {{ l|first }} {{ l|last }} {{ l|min }} {{ l|max }} {{ l|sum }} {{ l|reverse|list }} {{ 'abc'|reverse }}
{{ msgs|map(attribute='role')|list }} {{ msgs|selectattr('role','equalto','user')|map(attribute='content')|join('-') }} {{ msgs|rejectattr('k')|list|length }} {{ msgs|selectattr('k','defined')|list }}
{{ l|map('string')|join }} {{ l|select('odd')|list }} {{ l|reject('gt', 1)|list }} {{ l|unique|list }} {{ ['a','A','b']|unique|list }}
{{ d|tojson }} {{ u|tojson }} {{ d|tojson(indent=2) }} {{ [1,2.0,none,true,"a\"b\n</x>"]|tojson }} {{ d|tojson(sort_keys=true) }} {{ []|tojson(indent=2) }}
{{ d|items|list }} {{ d.items()|list }} {{ d.keys()|list }} {{ d.values()|list }} {{ d.get('q', 5) }} {{ d.get('q') }} {{ d|dictsort }}
{{ "a\nb\n\nc"|indent }}| {{ "a\nb\n\nc"|indent(2, true) }}| {{ "a\n\nb"|indent(2, blank=true) }}| {{ "a\nb"|indent('>> ') }} {{ "a\nb\n"|indent }}|
{{ 'a,b,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ''.split(',') }} {{ ''.split() }} {{ 'ab\ncd\r\ne'.splitlines() }}
{{ s.startswith('He') }} {{ s.endswith(('x','ld')) }} {{ s.replace('l','L') }} {{ s.replace('l','L',1) }} {{ 'abc'.replace('', '-') }} {{ s.find('o') }} {{ s.rfind('o') }} {{ s.count('l') }} {{ s.index('W') }}
{{ 'a'.isalpha() }} {{ '1'.isdigit() }} {{ ' '.isspace() }} {{ 'A'.isupper() }} {{ '7'.zfill(3) }} {{ '-7'.zfill(4) }} {{ 'a'.center(4) }}| {{ 'ab'.center(5,'*') }} {{ 'a'.ljust(3) }}| {{ 'a'.rjust(3) }}
{{ 'a-b-c'.partition('-') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ '-'.join(['a','b']) }}
{{ '%s is %d (%.2f) %5s|%-5s|%05d' % ('a', 3, 1.5, 'x', 'y', 42) }} {{ '{} {1} {x}'.format('a','b',x=1) if false }} {{ '{0}-{x}'.format('a', x=2) }} {{ "%s"|format(1) }}
{{ 1 is number }} {{ 1.5 is float }} {{ true is number }} {{ true is integer }} {{ 1 is integer }} {{ s is string }} {{ d is mapping }} {{ l is sequence }} {{ s is sequence }} {{ d is sequence }} {{ d is iterable }} {{ 1 is iterable }} {{ n is none }} {{ zz is undefined }} {{ l is string }} {{ 4 is divisibleby 2 }} {{ 3 is odd }} {{ 'a' is in 'abc' }} {{ 1 is sameas 1 }} {{ 'ABC' is upper }} {{ t is true }} {{ t is boolean }} {{ range is callable }}
{{ zz }}|{{ zz|default('q') }} {{ ''|default('q') }}| {{ ''|default('q', true) }} {{ zz|length }} {{ n|default('q') }}
{{ 42.55|round }} {{ 42.55|round(1) }} {{ 42.51|round(1,'ceil') }} {{ 2.5|round }} {{ '42'|int }} {{ 'x'|int }} {{ '3.7'|int }} {{ 3.9|int }} {{ '2.5'|float }} {{ -3|abs }}
{{ l|batch(2)|list }} {{ range(5)|list }} {{ range(1,10,3)|list }} {{ range(5,0,-2)|list }} {{ 'a b c'|wordcount }} {{ '<a>'|e }} {{ s|list }} {{ d|list }} {{ d|length }}
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.revindex }}{{ loop.length }}{{ loop.cycle('a','b') }} {{ loop.previtem }} {{ loop.nextitem }};{% endfor %}
{% for x in l if x > 1 %}{{ loop.index }}:{{ x }} {% else %}none{% endfor %}{% for x in e %}{% else %}empty{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for c in 'ab' %}{{ c }}.{% endfor %}
{% for x in [1,2,3,4] %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% set x = 1 %}{% for i in l %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}{% if t %}{% set x = 9 %}{% endif %}{{ x }}
{% set ns = namespace(c=0, d='q') %}{% for i in l %}{% set ns.c = ns.c + i %}{% endfor %}{{ ns.c }}{{ ns.d }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set z %}block {{ a }}{% endset %}[{{ z }}]{% set q | upper %}abc{% endset %}{{ q }}
{% macro m(x, y=2, z='k') %}{{ x }}-{{ y }}-{{ z }}-{{ varargs }}-{{ kwargs }};{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, z=5) }}{{ m(y=1, x=0) }}{{ m(1,2,3,4,5) }}
{% macro o() %}<{{ caller('p') }}>{% endmacro %}{% call(v) o() %}in {{ v }}{% endcall %}
{% filter upper %}abc {{ s }}{% endfilter %} {% with q = 5, r = a %}{{ q + r }}{% endwith %}
{% raw %}{{ x }} {% if %}{% endraw %}!
{%- if a %} x {%- endif -%} y
{# comment #}a{#- b -#}  c {#+ d #}
  {% if a %}
    in
  {% endif %}
  after
{%+ if a %}x{% endif +%}
z
a {{- ' b ' -}} c
{% for g, items in msgs|groupby('role') %}{{ g }}{{ items|length }};{% endfor %}
{% for x in [1,[2,[3]]] recursive %}{{ x if x is number else loop(x) }}.{{ loop.depth }} {% endfor %}
{{ "tab\tnl\\n\x41\u00e9\'\"" }} {{ 'a' 'b' "c" }} {{ 'don\'t' }} {{ '\d' }}
{{ {'a': {'b': 1}}['a']['b'] }} {{ (1, 2)[0] }} {{ [[1,2],[3]][1][0] }} {{ {'a':1}.a }} {{ dict(a=1, b=2) }} {{ d.x.y is defined }}
{{ l|length > 2 and s|length == 11 }} {{ a is defined and not n }} {{ a if a is defined else b }} {{ s is not none }} {{ not s is none }} {{ -a|abs }} {{ 1 if a == 1 else 2 if a == 3 else 4 }}
{{ msgs[0].content|trim ~ '!' }} {{ msgs[-1]['content'][:2] + '..' }} {{ (msgs|last).content }} {{ msgs|map(attribute='k', default='-')|list }} {{ msgs|sum(attribute='k') if false }}
{{ 'a' < 'b' }} {{ [1,2] < [1,3] }} {{ 'é'|upper }} {{ 'ß'.upper() }} {{ 'İ'|lower|length }} {{ 'x' * 3 }} {{ 3 * 'ab' }} {{ true + 1 }}
{{ [1,2,3] | select("in", [1,3]) | list }} {{ "a" is eq "a" }} {{ 5 is ge(3) }} {{ 1_000 }} {{ 'a'|center(5) }}| {{ none|string }} {{ 3|string + 'x' }} {{ [3,1]|tojson|length }}
{{ zz.foo }}
{{ 1 + 'a' }}
{{ 'a' + 1 }}
{{ n.foo is defined }} {{ n.foo }}|
{{ l.append(4) }}
{{ foo() }}
{{ s|nosuch }}
{% if %}x{% endif %}
{% for x in 5 %}{% endfor %}
{{ l[10] }}|{{ l['a'] }}|{{ s.nosuch }}|
{% set d.x = 1 %}
{{ ''.__class__ }}
{{ 1 in 5 }}
{{ '%s %s' % 'a' }}
{{ none|length }}
{{ none ~ zz ~ 'k' }} {{ zz == none }} {{ zz is none }} {{ zz in ['a'] }} {% for q in zz %}x{% endfor %}'''
cases=T.split('\n')
blocks=["{%- if a %} x {%- endif -%} y\n  {# c #}\nz","  {% if a %}\n    in\n  {% endif %}\n  after\n","{%+ if a %}x{% endif +%}\nz","a\n\n{{- ' b ' -}}\n\nc\n","x\n  {{ a }}\n  {#- c #}\ny\n\n","{% for x in l %}\n  {{ x }}\n{% endfor %}\nend","{% raw %}\n  {{ x }}\n{% endraw %}\nend","  {%- set q = 1 %}\n  {{ q }}  {% if q %} b{% endif %}\n\n","a\r\nb{% if t %}\r\nc{% endif %}\r\n","{% if t -%}\n\n  x\n\n{%- endif %}\n  y","{% macro f() %}\n  a\n  {% endmacro %}\n[{{ f() }}]\n\n{# x #}\nq","{%- for m in msgs %}\n    {%- if loop.first %}\n        {{- '<' + m.role + '>' }}\n    {%- else %}\n        {{ m.role }}\n    {%- endif %}\n{%- endfor %}"]
out=[]
for t in cases+blocks:
    try: r=compile_template(t).render(**ctx); out.append({"template":t,"expected":r})
    except Exception as e: out.append({"template":t,"error":type(e).__name__})
json.dump({"context":ctx,"cases":out},open(sys.argv[1], 'w', encoding='utf-8'),ensure_ascii=True,indent=0)
