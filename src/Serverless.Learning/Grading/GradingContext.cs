using System.Text.Json;
using Serverless.Learning.Text;

namespace Serverless.Learning.Grading;

/// <summary>One answer being graded: the item, the sample, and the models' answers in the order of their questions.</summary>
internal sealed class GradingContext(JsonElement item, GraderSample sample, IReadOnlyList<GraderAnswer> answers)
{
    private static readonly JsonElement NoTools = JsonSerializer.SerializeToElement(Array.Empty<int>());

    private JsonElement? _outputJson;
    private string? _outputJsonFault;
    private int _nextAnswer;

    /// <summary>What the parts of a grader share of time; null: as much as they take.</summary>
    public GradingTime? Time { get; init; }

    public JsonElement Item => item;

    public GraderSample Sample => sample;

    public JsonElement OutputTools => sample.OutputTools ?? NoTools;

    /// <summary>The next answer of a model, or null if the caller brought none.</summary>
    public GraderAnswer? NextAnswer() => _nextAnswer < answers.Count ? answers[_nextAnswer++] : null;

    /// <summary>The answer's text as JSON, what it thought before left out, parsed once; false with the reason if it is none.</summary>
    public bool TryOutputJson(out JsonElement json, out string fault)
    {
        if (_outputJson is null && _outputJsonFault is null)
            Parse();
        (json, fault) = (_outputJson.GetValueOrDefault(), _outputJsonFault ?? "");
        return _outputJson is not null;
    }

    private void Parse()
    {
        try
        {
            using var document = StrictJson.Parse(Thought.LeadsIn(sample.OutputText) ? Thought.Without(sample.OutputText) : sample.OutputText);
            _outputJson = document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            _outputJsonFault = $"the answer is not JSON (line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1})";
        }
    }
}
