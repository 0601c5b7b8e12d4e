using Serverless.Learning.Text;
using Serverless.Learning.Text.Jinja;

namespace Serverless.Learning.Tests.Text.Jinja;

public sealed class TemplateFaultTests
{
    [Theory]
    [InlineData("a\n{% if x %}b", "t.jinja line 2: found the end of the template; expected '{% endif %}'")]
    [InlineData("{% for a in b %}{% endif %}", "t.jinja line 1: found '{% endif %}' without its beginning")]
    [InlineData("{% for a b %}", "t.jinja line 1: found 'b'; expected 'in'")]
    [InlineData("{{ a", "t.jinja line 1: found the end of the template inside a tag; expected '}}'")]
    [InlineData("{{ a b }}", "t.jinja line 1: found 'b'; expected '}}'")]
    [InlineData("{{ }}", "t.jinja line 1: found '}}'; expected an expression")]
    [InlineData("{{ (1 }}", "t.jinja line 1: found '}' without its opening bracket")]
    [InlineData("{{ 'a }}", "t.jinja line 1: found a string without its closing '")]
    [InlineData("{{ a $ b }}", "t.jinja line 1: found '$', which no expression has")]
    [InlineData("\n\n{# a", "t.jinja line 3: found the end of the template inside a comment; expected '#}'")]
    [InlineData("{% raw %} {{", "t.jinja line 1: found the end of the template inside 'raw'; expected '{% endraw %}'")]
    [InlineData("{% include 'x' %}", "t.jinja line 1: found '{% include %}', which is not supported")]
    [InlineData("\n{{ a | urlize }}", "t.jinja line 2: found the filter 'urlize', which is not supported")]
    [InlineData("{{ a is funny }}", "t.jinja line 1: found the test 'funny', which is not supported")]
    [InlineData("{% for a in b recursive %}", "t.jinja line 1: found 'recursive', which is not supported")]
    [InlineData("{% break %}", "t.jinja line 1: found '{% break %}' without its beginning")]
    [InlineData("{% set loop = 1 %}", "t.jinja line 1: found an assignment to 'loop'")]
    [InlineData("{{ f(a=1, 2) }}", "t.jinja line 1: found '2'; expected an argument with a name")]
    [InlineData("{{ 99999999999999999999 }}", "t.jinja line 1: found 99999999999999999999, which exceeds 64 bits")]
    [InlineData("{{ '\\u12' }}", "t.jinja line 1: found '\\u' without 4 hexadecimal digits of a character")]
    public void Templates_that_cannot_be_parsed_are_refused_with_name_and_line(string source, string message) =>
        Assert.Equal(message, Assert.Throws<InputError>(() => Template.Parse(source, "t.jinja")).Message);

    [Fact]
    public void A_template_that_is_longer_than_any_is_refused_by_its_length_and_one_of_many_parts_is_parsed_in_little_memory()
    {
        Assert.Equal("t.jinja: found a template of 200,001 characters; allowed: at most 200,000", Assert.Throws<InputError>(() => Template.Parse(new string('a', 200_001), "t.jinja")).Message);
        // Strings beside each other are one.
        var parts = "{{ " + string.Concat(Enumerable.Repeat("'a' ", 49_990)) + "}}";
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        _ = Template.Parse(parts, "t.jinja");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 50_000_000);
    }

    [Theory]
    [InlineData("a\n{{ x.y }}", "t.jinja line 2: 'x' is undefined, and '.y' needs its value")]
    [InlineData("{{ x + 1 }}", "t.jinja line 1: 'x' is undefined, and + needs its value")]
    [InlineData("{{ x[0] }}", "t.jinja line 1: 'x' is undefined, and [] needs its value")]
    [InlineData("{{ 1 + 'a' }}", "t.jinja line 1: an integer and a string cannot be combined by +")]
    [InlineData("{{ 1 < 'a' }}", "t.jinja line 1: an integer and a string cannot be compared by <")]
    [InlineData("{{ 1 in 2 }}", "t.jinja line 1: an integer cannot be searched by in")]
    [InlineData("{{ f(1) }}", "t.jinja line 1: 'f' is undefined, so it cannot be called")]
    [InlineData("{{ 'a'.nope() }}", "t.jinja line 1: 'nope' is undefined, so it cannot be called")]
    [InlineData("{{ 5() }}", "t.jinja line 1: an integer cannot be called")]
    [InlineData("{% for a in 5 %}{% endfor %}", "t.jinja line 1: an integer cannot be iterated over")]
    [InlineData("{% for a in none %}{% endfor %}", "t.jinja line 1: none cannot be iterated over")]
    [InlineData("{% for a, b in [[1]] %}{% endfor %}", "t.jinja line 1: 1 values cannot be assigned to 2 variables")]
    [InlineData("{% set d = {} %}{% set d.a = 1 %}", "t.jinja line 1: 'd' is no namespace, so 'd.a' cannot be set")]
    [InlineData("{{ 1 // 0 }}", "t.jinja line 1: division by zero")]
    [InlineData("{{ 9223372036854775807 + 1 }}", "t.jinja line 1: the result of + exceeds 64 bits")]
    [InlineData("{{ [1].append(2) }}", "t.jinja line 1: lists cannot be changed by '.append'")]
    [InlineData("{{ {}.update({}) }}", "t.jinja line 1: dictionaries cannot be changed by '.update'")]
    [InlineData("{{ 'a' | trim(1) }}", "t.jinja line 1: trim: 'chars' is an integer, not a string")]
    [InlineData("{{ 'a' | trim('a', 'b') }}", "t.jinja line 1: trim takes at most 2 arguments, not 3")]
    [InlineData("{{ 'a' | trim(x='b') }}", "t.jinja line 1: trim has no argument 'x'")]
    [InlineData("{{ 'a'.split('') }}", "t.jinja line 1: split: the separator is empty")]
    [InlineData("{{ x | tojson }}", "t.jinja line 1: tojson: undefined ('x') has no JSON")]
    [InlineData("{{ strftime_now('%Q') }}", "t.jinja line 1: strftime_now: the directive '%Q' is not supported")]
    [InlineData("{% macro m(a) %}{% endmacro %}\n{{ m(1, 2) }}", "t.jinja line 2: m takes at most 1 arguments, not 2")]
    [InlineData("{{ {[1]: 2} }}", "t.jinja line 1: a list cannot be the key of a dictionary")]
    public void Templates_that_fail_name_themselves_and_the_line(string source, string message) => AssertFails(source, message);

    [Fact]
    public void A_refusal_is_told_in_the_templates_own_words() =>
        AssertFails("\n{{ raise_exception('No ' ~ 'tools here!') }}", "the chat template refuses the conversation: No tools here! (t.jinja line 2)");

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "the template takes more than 10000000 steps")]
    [InlineData("{{ range(9223372036854775807) }}", "the template takes more than 10000000 steps")]
    [InlineData("{{ [1] * 999999999999 }}", "the template takes more than 10000000 steps")]
    [InlineData("{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}", "the template takes more than 10000000 steps")]
    [InlineData("{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "the template makes values of more than 268435456 bytes in all")]
    [InlineData("{{ 'a' * 99999999999 }}", "the template takes more than 10000000 steps")]
    [InlineData("{% set x = 'a' * 1000000 %}{% for i in range(99) %}{{ x }}{% endfor %}", "the template writes more than 33554432 characters")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "the template nests or recurses deeper than 400 levels")]
    [InlineData("{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}", "the values are nested too deep")]
    [InlineData("{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l | tojson }}", "the values are nested too deep")]
    public void Templates_that_would_not_end_or_fit_are_stopped(string source, string message) => AssertFails(source, $"t.jinja line 1: {message}");

    [Fact]
    public void Templates_nested_too_deep_are_refused() =>
        Assert.Equal(
            "t.jinja line 1: found blocks or brackets nested deeper than 100 levels",
            Assert.Throws<InputError>(() => Template.Parse("{{ " + new string('(', 5000) + "1" + new string(')', 5000) + " }}", "t.jinja")).Message);

    [Theory]
    [InlineData("{{ u }}", "[<x>]")]
    [InlineData("a{{ u | trim }}b", "a[<x>]b")]
    [InlineData("{{ 'a' + u + 'b' }}", "a[<x>]b")]
    [InlineData("{{ 'a' ~ u[1:] ~ 'b' }}", "a[x>]b")]
    [InlineData("{{ u | upper }}{{ u | replace('x', '-') }}", "[<X><]-[>]")]
    [InlineData("{{ u.split('x') | join('|') }}", "[<]|[>]")]
    [InlineData("{{ [u] | tojson }}", "[[\"<x>\"]]")]
    [InlineData("{{ {'k': u} }}", "{'k': ['<x>']}")]
    [InlineData("{% set z %}a{{ u }}{% endset %}{{ z | indent(2, true) }}", "  a[<x>]")]
    [InlineData("{% macro m(t) %}<{{ t }}>{% endmacro %}{{ m(u) }}{{ m(u) | length }}", "<[<x>]>5")]
    [InlineData("{{ u | list | reverse | join }}{{ u[::-1] }}", "[>x<>x<]")]
    [InlineData("{{ u[0] }}{{ '%' }}{{ u | first }}", "[<]%[<]")]
    [InlineData("{% for c in u %}{{ loop.index }}{{ c }}{% endfor %}", "1[<]2[x]3[>]")]
    [InlineData("{{ '-'.join(['a', u]) }}{{ u.strip('<') }}{{ u | title }}", "a-[<x>x><X>]")]
    public void What_comes_from_the_conversation_stays_marked(string source, string marked)
    {
        var text = Render(source, [new("u", MarkedText.From("<x>", 0))]);
        var shown = text.Value;
        foreach (var mark in text.Marks.Reverse())
            shown = shown.Insert(mark.End, "]").Insert(mark.Start, "[");
        Assert.Equal(marked, shown);
    }

    private static void AssertFails(string source, string message) => Assert.Equal(message, Assert.Throws<InputError>(() => Render(source, [])).Message);

    private static MarkedText Render(string source, IEnumerable<KeyValuePair<string, object?>> variables) =>
        Template.Parse(source, "t.jinja").Render(variables, new FixedClock(DateTimeOffset.UnixEpoch));
}
