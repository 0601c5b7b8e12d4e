using System.Diagnostics;
using System.Text.Json;
using Serverless.Learning.Text;
using Serverless.Learning.Text.Jinja;

namespace Serverless.Learning.Tests.Text.Jinja;

/// <summary>A template is foreign code: whatever it does with a long string ends soon and in little memory.</summary>
public sealed class RenderBudgetTests
{
    private const string Bytes = "the template makes values of more than 268435456 bytes in all", Looks = "the template looks at more than 1073741824 characters in all",
        Steps = "the template takes more than 10000000 steps";

    /// <summary>With a string of a million characters, 1,100 times over.</summary>
    [Theory]
    [InlineData("{% set ns.l = ns.l + [ns.s[1:]] %}")]
    [InlineData("{% set ns.l = ns.l + [(' ' ~ ns.s) | trim] %}")]
    [InlineData("{% set ns.l = ns.l + [ns.s.strip('b')[:-1]] %}")]
    [InlineData("{% set ns.l = ns.l + [ns.s.removeprefix('a')] %}")]
    [InlineData("{% set ns.l = ns.l + [ns.s.removesuffix('a')] %}")]
    [InlineData("{% set ns.l = ns.l + ns.s.split('b') %}")]
    [InlineData("{% set ns.l = ns.l + ns.s.split() %}")]
    [InlineData("{% set ns.l = ns.l + ns.s.rsplit(none, 1) %}")]
    [InlineData("{% set ns.l = ns.l + ns.s.splitlines() %}")]
    [InlineData("{% set ns.l = ns.l + [ns.s | upper] %}")]
    [InlineData("{% set ns.l = ns.l + [ns.s | title] %}")]
    [InlineData("{% set ns.l = ns.l + [ns.s.capitalize()] %}")]
    [InlineData("{% set ns.l = ns.l + [[ns.s] | string] %}")]
    [InlineData("{% set ns.l = ns.l + [ns.s | tojson] %}")]
    [InlineData("{% set ns.l = ns.l + [ns.s | replace('b', 'c')] %}{{ ns.s | sort }}")]
    [InlineData("{% set ns.l = ns.l + [ns.s[::-1]] %}")]
    [InlineData("{% set ns.l = ns.l + [ns.s | list] %}")]
    [InlineData("{% for c in ns.s %}{% endfor %}")]
    [InlineData("{{ [ns.s, ns.s] | sort | length }}")]
    [InlineData("{{ [ns.s, ns.s] | unique | length }}")]
    [InlineData("{{ ([ns.s] | max)[:1] }}{{ ([ns.s, ns.s] | max)[:1] }}")]
    [InlineData("{{ [1] | map(attribute=ns.s) | length }}")]
    [InlineData("{{ strftime_now(ns.s)[:1] }}")]
    [InlineData("{{ 1 if ns.s ~ 'a' == ns.s ~ 'a' }}")]
    [InlineData("{{ 1 if ns.s == ns.t }}{{ 1 if ns.s < ns.t }}")]
    [InlineData("{{ 1 if ns.s in ns.s }}")]
    [InlineData("{{ ns.s.find('b') }}")]
    [InlineData("{{ ns.s.rfind('ab') }}")]
    [InlineData("{{ ns.s.count('b') }}")]
    [InlineData("{{ ns.s.startswith(ns.t) }}{{ ns.s.endswith(ns.t) }}")]
    [InlineData("{{ ns.s | length }}")]
    [InlineData("{{ ns.s[-1] }}")]
    [InlineData("{{ ns.s.isalpha() }}")]
    [InlineData("{{ ns.s is lower }}")]
    [InlineData("{{ ns.s | int }}{{ ns.s | float }}")]
    [InlineData("{{ ns.s | wordcount }}")]
    [InlineData("{{ {'a': 1}[ns.s] }}")]
    [InlineData("{{ {'a': 1}.get(ns.s) }}")]
    [InlineData("{{ 1 if ns.s in {'a': 1} }}")]
    [InlineData("{{ {ns.s: 1} | length }}")]
    [InlineData("{{ ns.s.lstrip('a') }}")]
    [InlineData("{{ (ns.s ~ ' ' ~ ns.s).split('a' * 100) }}")]
    public void A_long_string_is_paid_for_by_whatever_makes_another_of_it_or_looks_through_it(string body) =>
        AssertStops(
            "{% set ns = namespace(s='aaaaaaaaaaaaaaaa', t='aaaaaaaaaaaaaaaa', l=[]) %}{% for i in range(16) %}{% set ns.s = ns.s + ns.s %}{% set ns.t = ns.t + ns.t %}{% endfor %}"
            + "{% for i in range(1100) %}" + body + "{% endfor %}");

    [Theory]
    [InlineData("{% set d = dict(a=1) %}{% for i in range(2000000) %}{% set ns.l = d.items %}{% endfor %}")]
    [InlineData("{% for i in range(2000000) %}{% set ns.l = [ns.l, {}] %}{% endfor %}")]
    [InlineData("{% for i in range(2000000) %}{% macro m() %}{% endmacro %}{% set ns.l = [ns.l, m] %}{% endfor %}")]
    [InlineData("{% for i in range(2000000) %}{% set ns.l = namespace(l=ns.l) %}{% endfor %}")]
    [InlineData("{% for i in range(20) %}{% set ns.l = ns.l + [range(999999)] %}{% endfor %}")]
    [InlineData("{% for i in range(2000) %}{% set ns.l = ns.l + [m | items] %}{% endfor %}")]
    public void Values_that_are_kept_are_paid_for(string body) =>
        AssertStops("{% set ns = namespace(l=[]) %}" + body, new JinjaMap(Enumerable.Range(0, 9000).Select(i => KeyValuePair.Create<object, object?>((long)i, i))));

    [Fact]
    public void A_search_that_fits_nearly_everywhere_is_paid_for_in_full() => AssertStops(
        "{% set x = 'a' * 500000 %}{% set y = 'a' * 1000 ~ 'b' ~ 'a' * 1000 %}{% for i in range(1000) %}{{ y in x }}{% endfor %}");

    [Fact]
    public void A_string_of_many_marked_parts_is_taken_apart_in_time_proportional_to_it()
    {
        var parts = new JinjaList([.. Enumerable.Range(0, 100_000).SelectMany(_ => (object?[])[MarkedText.From("a", 0), (MarkedText)"."])]);
        var clock = Stopwatch.StartNew();
        var processor = Environment.CpuUsage.TotalTime;

        var text = Render("{{ (l | join).split('.') | length }}", [new("l", parts)], TimeProvider.System);

        Assert.Equal("100001", text.Value);
        Assert.InRange(Shorter(clock.Elapsed, Environment.CpuUsage.TotalTime - processor), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(6, 6, true)]
    [InlineData(6, 4, false)]
    [InlineData(4, 6, false)]
    public void A_rendering_that_takes_too_long_ends_by_the_clock_unless_the_machine_was_busy_with_others(int seconds, int processorSeconds, bool ends)
    {
        var processor = TimeSpan.Zero;
        var clock = new HandClock();
        var budget = new RenderBudget(clock, processorTime: () => processor);
        (clock.Now, processor) = (seconds, TimeSpan.FromSeconds(processorSeconds));

        void Steps()
        {
            for (var i = 0; i < 1000; i++)
                budget.Step();
        }

        if (ends)
            Assert.Equal("the template takes longer than 5 seconds", Assert.Throws<BudgetError>(Steps).Message);
        else
            Steps();
    }

    [Fact]
    public void A_rendering_ends_when_nobody_waits_for_it_any_more()
    {
        using var left = new CancellationTokenSource();
        left.Cancel();

        Assert.Throws<OperationCanceledException>(() => Render("{% for a in range(900000) %}{% endfor %}", [], TimeProvider.System, left.Token));
    }

    [Fact]
    public void A_message_that_quotes_a_long_string_quotes_its_beginning()
    {
        var fault = Assert.Throws<InputError>(() => Render("{{ raise_exception('x' * 1000000) }}", [], TimeProvider.System));

        Assert.Equal($"the chat template refuses the conversation: {new string('x', 2000)}… (t.jinja line 1)", fault.Message);
    }

    [Fact]
    public void An_integer_of_more_digits_than_Python_reads_is_refused()
    {
        using var tools = JsonDocument.Parse($"[{new string('9', 4301)}]");

        Assert.Equal(
            "tools: found an integer of 4301 digits; allowed: at most 4300",
            Assert.Throws<InputError>(() => ChatTemplate.Parse("{{ tools | tojson }}", "t").Render([new ChatMessage { Role = "user", Content = "x" }], true, tools.RootElement)).Message);
    }

    /// <summary>Which of the bounds a template meets first is not the point.</summary>
    private static void AssertStops(string source, JinjaMap? map = null)
    {
        var clock = Stopwatch.StartNew();
        var processor = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var fault = Assert.Throws<InputError>(() => Render(source, map is null ? [] : [new("m", map)], new StandingClock()));
        Assert.Contains(fault.Message, new[] { Bytes, Looks, Steps }.Select(bound => $"t.jinja line 1: {bound}"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 3L << 29);
        // Many times what it takes on a machine with nothing else to do.
        Assert.InRange(Shorter(clock.Elapsed, Environment.CpuUsage.TotalTime - processor), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    /// <summary>The machine may be busy with others.</summary>
    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static MarkedText Render(string source, IEnumerable<KeyValuePair<string, object?>> variables, TimeProvider clock, CancellationToken ct = default) =>
        Template.Parse(source, "t.jinja").Render(variables, clock, ct);

    /// <summary>A busy machine shall not end the renderings before their other bounds do.</summary>
    private sealed class StandingClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }

    private sealed class HandClock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Now;
    }
}
