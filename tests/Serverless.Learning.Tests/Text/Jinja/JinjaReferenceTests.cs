using System.Text.Json;
using Serverless.Learning.Text;
using Serverless.Learning.Text.Jinja;

namespace Serverless.Learning.Tests.Text.Jinja;

/// <summary>
/// Renders the templates of jinja-cases.json; what is expected was rendered by Jinja2 itself, in the environment that the file names.
/// </summary>
public sealed class JinjaReferenceTests
{
    private static readonly JsonElement Cases = Load();

    public static TheoryData<int, string, string> All()
    {
        var data = new TheoryData<int, string, string>();
        foreach (var (i, entry) in Cases.GetProperty("cases").EnumerateArray().Index())
            data.Add(i, entry.GetProperty("group").GetString()!, entry.GetProperty("template").GetString()!);
        return data;
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Templates_render_as_Jinja2_renders_them(int index, string group, string source)
    {
        _ = group;
        var entry = Cases.GetProperty("cases")[index];
        Assert.Equal(entry.GetProperty("expected").GetString(), Render(source, source: 0).Value);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Marks_lie_inside_the_text_in_order_and_do_not_overlap(int index, string group, string source)
    {
        _ = (index, group);
        var text = Render(source, source: 3);
        var end = 0;
        foreach (var mark in text.Marks)
        {
            Assert.InRange(mark.Start, end, text.Length);
            Assert.InRange(mark.End, mark.Start + 1, text.Length);
            Assert.Equal(3, mark.Source);
            end = mark.End;
        }
    }

    private static MarkedText Render(string template, int source) => Template.Parse(template, "test").Render(
        Cases.GetProperty("variables").EnumerateObject().Select(member => KeyValuePair.Create(member.Name, JsonValues.Of(member.Value, source))),
        new FixedClock(new DateTimeOffset(2024, 7, 5, 9, 3, 2, TimeSpan.Zero)));

    private static JsonElement Load()
    {
        using var stream = typeof(JinjaReferenceTests).Assembly.GetManifestResourceStream("jinja-cases.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
