# Writes jinja-cases.json beside this file: templates with what Jinja2 makes of them. Run with Python 3 and Jinja2 3.1.2 (Debian: python3-jinja2).
# The environment is the one that Hugging Face transformers builds for chat templates.
import datetime
import json
import pathlib

from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"])
env.filters["tojson"] = tojson
env.globals["strftime_now"] = lambda f: datetime.datetime(2024, 7, 5, 9, 3, 2).strftime(f)

V={"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"  Hi <b>\"you\"</b>  "},{"role":"assistant","content":"Hello"},{"role":"tool","content":"é😀"}],
"n":None,"i":7,"f":2.5,"t":True,"s":"The quick brown fox","u":"naïve 😀 x","e":"","l":[3,1,2,3],"w":["b","a","C","a"],
"d":{"a":1,"b":[1,2,{"c":None}],"items":"x","k":"v"},"lines":"one\n two\n\nthree\n","people":[{"name":"Ann","age":30,"job":{"title":"x"}},{"name":"bob","age":25},{"name":"Cid","age":25,"job":{"title":"y"}}]}
C = []


def case(name, *templates):
    C.extend((name, t) for t in templates)


case("whitespace",
 "a\n{% if true %}\n  b\n{% endif %}\nc\n",
 "a\n  {% if true %}  \n  b\n   {% endif %} c\n\n",
 "a  {%- if true -%}  b  {%- endif -%}  c",
 "a\n  {%+ if true +%}\n  b\n  {%- endif +%}\nc",
 "  {# c #}\nx {# d #}\ny",
 "{{ 'a' }}\n{{ 'b' -}}  \n {{- 'c' }}\n",
 "  {{ 'a' }}  ",
 "x\n\n{%- set a = 1 %}\n\ny",
 "{% raw %}{{ x }} {% if %}{% endraw %}\nz",
 "a {%- raw -%}  {{ b }}  {%- endraw -%}  c",
 "a\r\nb\rc\n",
 "{%- for m in messages %}\n    {{- m.role }}\n{%- endfor %}\n",
 "{% set x = {'a': {'b': 1}} %}{{ {'q': {'z': 2}}['q']['z'] }}{{x}}",
 "{#- a -#}  b",
 "\n\n{% if true %}x{% endif %}\n\n\n",
 "{% if true %}{# x #}{% endif %}\ny",
 "   {% if true %}a{% endif %}   {% if true %}b{% endif %}\n   c",
 "{{ 'x' }}   {% if true %}a{% endif %}",
 "{{'x'}}\n   {#c#}   {% if true %}a{% endif %}\n\n b")
case("literals",
 "{{ 1 }} {{ 1.0 }} {{ 1e3 }} {{ 1_000 }} {{ -2 }} {{ +2 }} {{ 1.5e-7 }} {{ 123456789012345680.0 }} {{ 1e16 }} {{ 0.1 + 0.2 }} {{ 1e-5 }} {{ 0.0001 }} {{ 100.0 }} {{ -0.0 }}",
 "{{ 'a\\n\\t\\\\\\'b\\x41\\u00e9' }}{{ \"c'd\" }}{{ 'x' \"y\" }}",
 "{{ [] }}{{ [1, 'a', \"it's\", none, true] }}{{ (1,) }}{{ (1, 2) }}{{ () }}{{ {} }}{{ {'a': [1], 1: 'b'} }}",
 "{{ true }}{{ True }}{{ false }}{{ none }}{{ None }}",
 "{{ 1, 2 }}", "{{ d }}", "{{ u }}|{{ [u] }}|{{ ['a\\nb', '\"', '\\'\"'] }}")
case("operators",
 "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 4 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 7.5 // 2 }} {{ 7.5 % 2 }} {{ 2 * 3 + 4 * 5 }} {{ (2 + 3) * 4 }}",
 "{{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 10 - 3 - 2 }} {{ 'a' * 3 }} {{ [1] * 2 }} {{ [1] + [2, 3] }} {{ 3 * 'ab' }}",
 "{{ 'a' ~ 1 ~ none ~ true ~ 2.0 ~ undefinedthing }}",
 "{{ 1 ~ 2 * 3 }} {{ 'x' + 'y' ~ 1 ~ 2 + 'z' }}", "{{ 'a' ~ 'b' | upper }}", "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 == true }} {{ 'a' < 'b' }} {{ [1,2] < [1,3] }} {{ 2 >= 2 != 3 }}",
 "{{ 'quick' in s }} {{ 9 in l }} {{ 3 in l }} {{ 'a' in d }} {{ 'z' not in d }} {{ not 'a' in d }} {{ 'x' in missing }}",
 "{{ 0 or 'x' }} {{ 'a' and 'b' }} {{ '' or none }} {{ 0 and 1 }} {{ not 1 }} {{ not not 1 }} {{ 1 or 0 and 0 }}",
 "{{ 'y' if t else 'n' }} {{ 'y' if e else 'n' }} [{{ 'y' if e }}] {{ 1 if false else 2 if false else 3 }}",
 "{{ i > 5 and f < 3 or false }} {{ - i }} {{ -i + 8 }} {{ t + 1 }}",
 "{{ none == none }} {{ missing == none }} {{ missing == other }} {{ {'a': [1]} == {'a': [1]} }} {{ [1] == (1,) }} {{ '1' == 1 }}")
case("access",
 "{{ messages[0].role }} {{ messages[-1]['role'] }} {{ messages[0]['content'] }} {{ d.a }} {{ d['b'][2].c }} {{ d.b.0 }}",
 "{{ d.items is string }} {{ d['items'] }} {{ d.items() | list }} {{ d.k }} {{ d.nope }}|{{ d['nope'] }}|{{ l[99] }}|{{ n.x }}",
 "{{ l[1:] }} {{ l[:-1] }} {{ l[::-1] }} {{ l[::2] }} {{ l[-2:] }} {{ l[5:] }} {{ l[3:0:-1] }} {{ l[-100:100] }} {{ l[::-2] }}",
 "{{ s[4:9] }} {{ s[::-1] }} {{ s[-3:] }} {{ s[0] }} {{ s[-1] }} {{ u[6] }} {{ u[::-1] }} {{ u[7:] }} {{ u[:7] }} {{ u | length }}",
 "{{ d.get('a') }} {{ d.get('zz') }} {{ d.get('zz', 5) }} {{ d.keys() | list }} {{ d.values() | list }}",
 "{{ messages[1:][0].role }} {{ messages | length }} {{ (messages | last).content }} {{ messages[1].content.strip() }}")
case("text methods",
 "[{{ '  a b '.strip() }}] [{{ '  a '.lstrip() }}] [{{ ' a  '.rstrip() }}] [{{ 'xxaxx'.strip('x') }}] [{{ 'abc\\n\\n'.rstrip('\\n') }}] [{{ '\\u00a0\\x1ca\\u2003'.strip() }}]",
 "{{ 'a,b,,c'.split(',') }} {{ ' a  b c '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a b  c d'.split(none, 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ 'a b c '.rsplit(none, 1) }} {{ 'a</think>b'.split('</think>')[-1] }} {{ 'a b  c '.split(None, 0) }}",
 "{{ s.startswith('The') }} {{ s.endswith(('x', 'y')) }} {{ s.startswith(('a', 'b')) }} {{ s.upper() }} {{ s.lower() }} {{ \"they're bill's\".title() }} {{ 'hELLO wORLD'.capitalize() }}",
 "{{ 'aXbXc'.replace('X', '-') }} {{ 'aXbXc'.replace('X', '', 1) }} {{ s.find('quick') }} {{ s.find('zz') }} {{ u.find('x') }} {{ s.rfind('o') }} {{ s.count('o') }} {{ 'aaa'.count('aa') }}",
 "{{ ', '.join(w) }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ 'abc'.removesuffix('x') }} {{ 'a\\nb\\r\\nc\\n'.splitlines() }} {{ '12'.isdigit() }} {{ 'ab1'.isalpha() }} {{ ' '.isspace() }} {{ 'Ab'.islower() }} {{ 'AB'.isupper() }}")
case("filters",
 "[{{ '  a '|trim }}] [{{ 'xax'|trim('x') }}] {{ 'aB'|upper }} {{ 'aB'|lower }} {{ 'hello wORLD-foo (bar)'|title }} {{ 'hELLO'|capitalize }} {{ 5|string ~ 'x' }} {{ 'a b c'|wordcount }}",
 "{{ l|length }} {{ d|length }} {{ s|length }} {{ e|count }} {{ l|first }} {{ l|last }} [{{ []|first }}] {{ s|first }} {{ 'abc'|list }} {{ d|list }} {{ 'abc'|reverse }} {{ l|reverse|list }}",
 "{{ l|sort }} {{ l|sort(reverse=true) }} {{ w|sort }} {{ w|sort(case_sensitive=true) }} {{ people|sort(attribute='age')|map(attribute='name')|join(',') }} {{ people|sort(attribute='name', reverse=true)|map(attribute='name')|list }}",
 "{{ w|unique|list }} {{ ['b','B','a']|unique|list }} {{ ['b','B']|unique(case_sensitive=true)|list }} {{ l|unique|list }} {{ people|unique(attribute='age')|map(attribute='name')|list }}",
 "{{ l|join }} {{ l|join('-') }} {{ people|join(', ', attribute='name') }} {{ [none, true]|join(' ') }}",
 "{{ missing|default('x') }} {{ missing|d }} {{ e|default('x') }} {{ e|default('x', true) }} {{ n|default('x') }} {{ n|default('x', boolean=True) }} {{ d.zz|default(3) }}",
 "{{ '12'|int }} {{ 'x'|int }} {{ 'x'|int(5) }} {{ '1.9'|int }} {{ 2.9|int }} {{ '1.5'|float }} {{ 3|float }} {{ 'x'|float }} {{ -3|abs }} {{ (-3)|abs }} {{ 2.567|round(2) }} {{ 2.5|round }} {{ 3.5|round }} {{ 2.1|round(0, 'ceil') }} {{ 2.19|round(1, 'floor') }} {{ 5|round }}",
 "{{ l|sum }} {{ people|sum(attribute='age') }} {{ l|min }} {{ l|max }} {{ w|max }} {{ people|map(attribute='age')|max }} {{ [1,2]|sum(start=10) }}",
 "{{ people|selectattr('job')|map(attribute='name')|list }} {{ people|selectattr('age','equalto',25)|map(attribute='name')|list }} {{ people|rejectattr('job','defined')|map(attribute='name')|list }} {{ people|selectattr('job')|selectattr('job.title','==','y')|map(attribute='name')|first }} {{ people|map(attribute='job', default='-')|list }} {{ [[1,2],[3]]|map(attribute='0')|list }} {{ [[1,2],[3]]|map(attribute=0)|sum }}",
 "{{ l|select('odd')|list }} {{ l|reject('odd')|list }} {{ l|select('gt', 1)|list }} {{ [0,1,'','a',none]|select|list }} {{ w|map('upper')|list }} {{ w|map('replace','a','z')|join }} {{ ['a ',' b']|map('trim')|join('|') }}",
 "{{ none|selectattr('a')|list }}{{ none|map('upper')|list }}{{ 0|reject('odd')|list }}",
 "{{ messages|selectattr('role','in',['user','tool'])|map(attribute='role')|join(' ') }} {{ messages|rejectattr('role','equalto','system')|list|length }}",
 "{{ lines|indent }}|{{ lines|indent(2, true) }}|{{ lines|indent(2, blank=true) }}|{{ 'a\\nb'|indent('> ') }}|{{ 'a\\nb'|indent(width=3, first=True) }}",
 "{{ d|items|list }} {{ d|dictsort }} {{ {'b':1,'A':2}|dictsort }} {{ {'b':1,'a':2}|dictsort(by='value', reverse=true) }} {{ missing|items|list }}",
 "{{ 'aXb'|replace('X','-') }} {{ 'aaa'|replace('a','b',2) }} {{ 5|replace('5','6') }} {{ '<a>'|safe }}",
 "{{ -3|abs ~ 'x' }} {{ 'a'|upper|lower|list|join }} {{ 1|default(2)|string|int + 1 }}")
case("tojson",
 "{{ d|tojson }} {{ messages|tojson }} {{ none|tojson }} {{ 1.0|tojson }} {{ u|tojson }} {{ 'a\"\\\\\\n\\t\\x01/\\u2028'|tojson }} {{ []|tojson }} {{ {}|tojson }} {{ (1,2)|tojson }}",
 "{{ d|tojson(indent=2) }}\n{{ [1,[2]]|tojson(indent=4) }} {{ {}|tojson(indent=2) }} {{ d|tojson(separators=(',', ':')) }} {{ {'b':1,'a':2}|tojson(sort_keys=true) }} {{ u|tojson(ensure_ascii=true) }} {{ {1:2, true: 3}|tojson }} {{ 1e100|tojson }}",
 "{{ d | tojson | safe }}{{ d.b|tojson|length }}")
case("tests",
 "{{ n is none }} {{ n is not none }} {{ missing is defined }} {{ missing is undefined }} {{ n is defined }} {{ s is string }} {{ d is mapping }} {{ l is mapping }} {{ l is sequence }} {{ s is sequence }} {{ d is sequence }} {{ l is iterable }} {{ i is iterable }} {{ missing is iterable }} {{ missing is sequence }} {{ n is iterable }}",
 "{{ i is number }} {{ f is number }} {{ t is number }} {{ i is integer }} {{ t is integer }} {{ f is float }} {{ t is boolean }} {{ t is true }} {{ i is true }} {{ false is false }} {{ i is odd }} {{ i is even }} {{ i is divisibleby 7 }} {{ i is divisibleby(2) }} {{ 'a' is lower }} {{ 'A' is upper }} {{ range is callable }}",
 "{{ i is eq 7 }} {{ i is equalto(7) }} {{ i is ne 7 }} {{ i is gt 5 }} {{ i is lt(5) }} {{ i is ge 7 }} {{ i is le 6 }} {{ 3 is in l }} {{ 9 is not in l }} {{ none is sameas none }} {{ t is sameas true }} {{ not d.x is defined }} {{ d.x is defined and d.x }} {{ 'y' if d.a is defined else 'n' }}",
 "{{ (messages[0].content is string) == true }} {{ s is not string or s }} {{ missing.foo if missing is defined else 'no' }}")
case("loops",
 "{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ x }} {% endfor %}",
 "{% for x in [] %}a{% else %}none{% endfor %}{% for x in missing %}a{% else %}gone{% endfor %}",
 "{% for x in l if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% else %}no{% endfor %}{% for x in l if x > 9 %}{% else %}no{% endfor %}",
 "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for c in 'a😀' %}[{{ c }}]{% endfor %}{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
 "{% for m in messages %}{{ loop.previtem.role if loop.previtem is defined else '-' }}>{{ m.role }}>{{ loop.nextitem.role if not loop.last else '-' }} {% endfor %}",
 "{% for i in range(3) %}{% for j in range(i) %}{{ loop.depth }}{{ i }}{{ j }} {% endfor %}{% endfor %}{{ i }}",
 "{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}",
 "{% for i in range(1, 10, 3) %}{{ i }} {% endfor %}{{ range(5, 0, -2)|list }} {{ range(0)|list }} {{ range(3)|list }} {{ range(5, 1)|list }}",
 "{% for i in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(i) }}{% endfor %}",
 "{% for m in messages[::-1] %}{{ m.role }} {% endfor %}{% for m in messages|reverse %}{{ m.role }} {% endfor %}",
 "{% for a in (1, 2) %}{{ a }}{% endfor %}{% for a in 1, 2 %}{{ a }}{% endfor %}")
case("set and scope",
 "{% set x = 1 %}{% for i in l %}{% set x = i %}{{ x }}{% endfor %}{{ x }}",
 "{% set ns = namespace(found=false, c=0) %}{% for i in l %}{% if i == 2 %}{% set ns.found = true %}{% endif %}{% set ns.c = ns.c + i %}{% endfor %}{{ ns.found }}{{ ns.c }}{{ ns.nope }}",
 "{% if true %}{% set y = 5 %}{% endif %}{{ y }}{% set a, b = 1, 2 %}{{ a }}{{ b }}",
 "{% set x %}a {{ 1 + 1 }} b{% endset %}[{{ x }}]{% set z | upper | trim %} q {% endset %}[{{ z }}]",
 "{% for i in [1,2] %}{% set q = (q or 0) + i %}{{ q }}{% endfor %}",
 "{% with a = 1, b = 2 %}{{ a + b }}{% set c = 9 %}{% endwith %}{{ a }}{{ c }}",
 "{% filter upper %}a{{ s }}{% endfilter %}",
 "{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}",
 "{% set m = messages[1:] %}{{ m|length }}{% set loop_messages = messages %}{% for message in loop_messages %}{% if loop.index0 == 0 %}{% set content = 'S:' + message.content %}{% else %}{% set content = message.content %}{% endif %}{{ content|trim }};{% endfor %}",
 "{% set ns = namespace() %}{% set ns.a = [] %}{% for i in l %}{% set ns.a = ns.a + [i] %}{% endfor %}{{ ns.a }}{% set ns2 = namespace({'x': 1}, y=2) %}{{ ns2.x }}{{ ns2.y }}{{ dict(a=1) }}")
case("conditions",
 "{% if e %}a{% elif n %}b{% elif l %}c{% else %}d{% endif %}{% if missing %}x{% else %}y{% endif %}{% if d.zz is defined and d.zz.y %}1{% endif %}",
 "{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}{% endif %}{% if not messages[0].tool_calls %}no{% endif %}{% if (messages|length > 1) and messages[1].role != 'x' %}ok{% endif %}")
case("macros",
 "{% macro f(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }} {{ f(1, 3) }} {{ f(1, c='z') }} {{ f() }}",
 "{% macro fac(n) %}{% if n <= 1 %}1{% else %}{{ n * (fac(n - 1)|int) }}{% endif %}{% endmacro %}{{ fac(10) }}",
 "{% macro t(p) -%}\n  {%- if p.type is string -%}{{ p.type }}{%- else -%}any{%- endif -%}\n{%- endmacro %}{{ t({'type': 'int'}) }}|{{ t({}) }}|{{ t({'type': 'a'})|upper ~ '!' }}",
 "{% macro g(x=i) %}{{ x }}{% endmacro %}{{ g() }}{% macro h(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ h(4) }}",
 "{%- macro render(m, indent=0) %}{% for k, v in m.items() %}{{ ' ' * indent }}{{ k }}:{% if v is mapping %}\n{{ render(v, indent + 2) }}{% else %} {{ v }}\n{% endif %}{% endfor %}{% endmacro %}{{ render({'a': 1, 'b': {'c': 2, 'd': {'e': 3}}}) }}")
case("generation and clock",
 "a{% generation %}b{{ s }}{% endgeneration %}c",
 "{{ strftime_now('%d %b %Y') }} {{ strftime_now('%Y-%m-%d %H:%M:%S %B %A %a %j %p %I %y %-d %%') }}",
 "{% if strftime_now is defined %}{{ strftime_now('%d %B %Y') }}{% else %}26 Jul 2024{% endif %}")

out = [{"group": name, "template": t, "expected": env.from_string(t).render(**V)} for name, t in C]
document = {"reference": "Jinja2 3.1.2; see jinja-cases.py", "variables": V, "cases": out}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
